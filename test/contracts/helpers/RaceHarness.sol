// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {WeightedRace} from "../../../contracts/compute/WeightedRace.sol";
import {JobId, NodeId} from "../../../contracts/types/Ids.sol";

/// @dev The library as a contract of its own: a test that has it inside would be no judge of its mutants (docs/assurance.md).
contract RaceHarness {
    function negativeLog(uint256 x) external pure returns (uint256) {
        return WeightedRace.negativeLog(x);
    }

    function delayOf(
        bytes32 seed,
        JobId jobId,
        uint256 attempt,
        NodeId nodeId,
        uint256 unit,
        uint256 weight,
        uint256 totalWeight
    ) external pure returns (uint256) {
        return WeightedRace.delayOf(seed, jobId, attempt, nodeId, unit, weight, totalWeight);
    }
}
