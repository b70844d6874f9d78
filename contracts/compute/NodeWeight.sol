// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {NodeStatus} from "../interfaces/INodeRegistry.sol";
import {KEY_WORKER} from "../types/EnclaveBinding.sol";
import {NodeStorage} from "./NodeStorage.sol";

/// @dev What a node weighs in the race for jobs: half its stake, and of the other half as much as its reputation says.
library NodeWeight {
    /// @dev A node that has burned a sixteenth of its stake in fees has full reputation. Relative to the stake, so that
    /// neither splitting a node nor joining two gains anything.
    uint256 internal constant FULL_REPUTATION_SHARE = 16;

    uint256 private constant FACTOR_ONE = 65_536;

    /// @dev Zero where the node may not claim.
    function weightOf(NodeStorage.NodeRecord memory node) internal pure returns (uint256) {
        if (node.status != NodeStatus.Active || node.roles & KEY_WORKER == 0) return 0;
        return (uint256(node.stake) * (FACTOR_ONE + node.factor)) / (2 * FACTOR_ONE);
    }

    /// @param burnedWei fees burned, in the stake token's smallest unit.
    function factorOf(uint256 stake, uint256 burnedWei) internal pure returns (uint16) {
        uint256 counted = burnedWei * FULL_REPUTATION_SHARE;
        // Also where both are zero.
        if (counted >= stake) return type(uint16).max;
        return uint16((counted * FACTOR_ONE) / stake);
    }
}
