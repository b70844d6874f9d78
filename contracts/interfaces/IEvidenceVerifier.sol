// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IPlatformJudge} from "./IPlatformJudge.sol";

/// @title Checks one kind of attestation evidence
/// @notice A plug-in of NodeRegistry. Reverts on evidence that is not genuine.
interface IEvidenceVerifier {
    error EvidenceInvalid();

    /// @notice Checks evidence and says what it proves.
    /// @dev Not `view`: a verifier may cache collateral.
    /// @return measurement what runs, as MeasurementPolicy knows it.
    /// @return reportData the 64 bytes that the enclave chose.
    /// @return validUntil Unix seconds; the evidence proves nothing later.
    /// @return vendor index of the TEE's vendor in `NodePolicy.vendors`: 0 none (simulated), 1 Intel, 2 AMD, 3 AWS.
    /// @return platform what {judge} needs to judge the platform once more, without the evidence.
    function verify(bytes calldata evidence)
        external
        returns (
            bytes32 measurement,
            bytes memory reportData,
            uint40 validUntil,
            uint8 vendor,
            bytes30 platform
        );

    /// @notice Who judges the platforms that {verify} lets pass, later on.
    function judge() external view returns (IPlatformJudge);

    /// @notice Index of this kind in `NodePolicy.verifierKinds`; 0 is simulated, 1 DCAP, 2 a quorum.
    function kind() external view returns (uint8);

    /// @notice True where the evidence proves nothing about hardware.
    function simulated() external view returns (bool);
}
