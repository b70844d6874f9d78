// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {EnclaveBinding} from "../types/EnclaveBinding.sol";
import {NodeId} from "../types/Ids.sol";
import {IEvidenceVerifier} from "./IEvidenceVerifier.sol";

/// @notice What evidence has proved of a key. Times are Unix seconds.
/// @param measurement what runs.
/// @param measurementEpoch when governance allowed it.
/// @param sealUntil nothing new is sealed to the key from then on.
/// @param openUntil the key is of no use from then on.
/// @param vendor index, as in `NodePolicy.vendors`.
/// @param platform for {IPlatformJudge-recheck}.
struct Admission {
    bytes32 measurement;
    uint40 measurementEpoch;
    uint40 sealUntil;
    uint40 openUntil;
    uint8 vendor;
    bytes30 platform;
}

/// @title Which supervisors may run
/// @notice Apart from who runs them. Allowing is slow (AccessManager delay), a ban is at once and for ever.
interface IMeasurementPolicy {
    /// @notice Enclaves of this measurement may register keys.
    /// @param epoch Unix seconds of this block. Grants name the moment up to which they accept allowances.
    event MeasurementAllowed(bytes32 indexed measurement, uint40 epoch);

    /// @notice Every key of this measurement is dead.
    event MeasurementBanned(bytes32 indexed measurement);

    error MeasurementMissing();
    error MeasurementAlreadyAllowed(bytes32 measurement, uint40 epoch);
    error MeasurementAlreadyBanned(bytes32 measurement);

    /// @notice Allows a measurement from now on.
    /// @dev Emits {MeasurementAllowed}.
    ///
    /// Requirements:
    /// - The authority lets the caller.
    /// - Not zero, not allowed before, not banned.
    /// @return epoch of the measurement.
    function allow(bytes32 measurement) external returns (uint40 epoch);

    /// @notice Bans a measurement for ever, allowed before or not.
    /// @dev Emits {MeasurementBanned}.
    ///
    /// Requirements:
    /// - The authority lets the caller.
    /// - Not zero, not banned before.
    function ban(bytes32 measurement) external;

    /// @notice Unix seconds of the newest allowance; 0 before the first. What a careful owner signs.
    function currentEpoch() external view returns (uint40);

    /// @notice What is known of a measurement.
    /// @return epoch Unix seconds of its allowance; 0 where never allowed.
    /// @return banned whether it is dead.
    function measurementOf(bytes32 measurement) external view returns (uint40 epoch, bool banned);

    /// @notice Allowed and not banned.
    function isAllowed(bytes32 measurement) external view returns (bool);

    /// @notice Checks all that must hold of an enclave's key before a registry takes it, and for how long.
    /// @dev Called by a registry, for itself. Changes nothing here. The errors are those of {INodeRegistry}.
    /// @param evidence what `verifier` reads.
    /// @param signature of the binding's digest, in the domain of the calling registry, by `binding.signer`.
    /// @param operator of the node that the key is for.
    ///
    /// Requirements:
    /// - The binding names this chain, the caller, `operator`, a KEM key, and a block of the last 256; of the last 8,191 where
    /// the chain keeps them (EIP-2935).
    /// - The verifier accepts the evidence, whose report data is that of the binding.
    /// - The measurement is allowed; the key is not expired already.
    function admit(
        EnclaveBinding calldata binding,
        bytes calldata evidence,
        IEvidenceVerifier verifier,
        bytes calldata signature,
        address operator
    ) external returns (Admission memory);

    /// @notice Reverts where `operator` has not agreed to this key.
    /// @param signature by the operator over {consentDigest}; of a contract as ERC-1271 has it.
    ///
    /// Requirements:
    /// - Not after `deadline`, Unix seconds.
    function requireConsent(
        address operator,
        NodeId nodeId,
        EnclaveBinding calldata binding,
        uint40 deadline,
        bytes calldata signature
    ) external view;

    /// @notice EIP-712 digest by which an operator agrees to a key: `KeyConsent(uint32 nodeId,bytes32 bindingHash,uint40
    /// deadline)` in the registry's domain.
    function consentDigest(address registry, NodeId nodeId, bytes32 bindingHash, uint40 deadline)
        external
        view
        returns (bytes32);
}
