// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IEvidenceVerifier} from "../../../contracts/interfaces/IEvidenceVerifier.sol";
import {IPlatformJudge} from "../../../contracts/interfaces/IPlatformJudge.sol";

/// @dev Believes everything: evidence = abi.encode(measurement, reportData, validUntil, vendor).
contract StubVerifier is IEvidenceVerifier, IPlatformJudge {
    uint8 public immutable kind;
    bool public immutable simulated;

    /// @dev What it says of every platform that it has let in.
    bytes30 public constant PLATFORM = "platform";
    uint40 public standing = type(uint40).max;

    constructor(uint8 kind_, bool simulated_) {
        kind = kind_;
        simulated = simulated_;
    }

    function verify(bytes calldata evidence) external pure returns (bytes32, bytes memory, uint40, uint8, bytes30) {
        (bytes32 measurement, bytes memory reportData, uint40 validUntil, uint8 vendor) =
            abi.decode(evidence, (bytes32, bytes, uint40, uint8));
        return (measurement, reportData, validUntil, vendor, PLATFORM);
    }

    function recheck(bytes30 platform) external view returns (uint40) {
        return platform == PLATFORM ? standing : 0;
    }

    function judge() external view returns (IPlatformJudge) {
        return this;
    }

    function setStanding(uint40 validUntil) external {
        standing = validUntil;
    }
}
