// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title Checks one kind of attestation evidence
/// @notice A plug-in of NodeRegistry. Reverts on evidence that is not genuine.
interface IEvidenceVerifier {
    error EvidenceInvalid();

    /// @notice Checks evidence and says what it proves.
    /// @dev Not `view`: a verifier may cache collateral.
    /// @return measurement what runs, as MeasurementPolicy knows it.
    /// @return reportData the 64 bytes that the enclave chose.
    /// @return validUntil Unix seconds; the evidence proves nothing later.
    /// @return vendor index of the TEE's vendor in `NodePolicy.vendors`.
    function verify(bytes calldata evidence)
        external
        returns (bytes32 measurement, bytes memory reportData, uint40 validUntil, uint8 vendor);

    /// @notice Index of this kind in `NodePolicy.verifierKinds`; 0 is simulated.
    function kind() external view returns (uint8);

    /// @notice True where the evidence proves nothing about hardware.
    function simulated() external view returns (bool);
}
