// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {PlatformTcb, TcbLevel, TcbLevelLib} from "../../../contracts/types/TcbLevel.sol";

/// @dev Deployed from its artifact, so that a changed library is what is tested.
contract TcbLevelHarness {
    function isMetBy(TcbLevel memory level, PlatformTcb memory platform) external pure returns (bool) {
        return TcbLevelLib.isMetBy(level, platform);
    }

    function covers(uint256 has, uint256 least) external pure returns (bool) {
        return TcbLevelLib.covers(has, least);
    }
}
