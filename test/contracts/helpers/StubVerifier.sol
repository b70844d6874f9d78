// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IEvidenceVerifier} from "../../../contracts/interfaces/IEvidenceVerifier.sol";

/// @dev Believes everything: evidence = abi.encode(measurement, reportData, validUntil, vendor).
contract StubVerifier is IEvidenceVerifier {
    uint8 public immutable kind;
    bool public immutable simulated;

    constructor(uint8 kind_, bool simulated_) {
        kind = kind_;
        simulated = simulated_;
    }

    function verify(bytes calldata evidence) external pure returns (bytes32, bytes memory, uint40, uint8) {
        return abi.decode(evidence, (bytes32, bytes, uint40, uint8));
    }
}
