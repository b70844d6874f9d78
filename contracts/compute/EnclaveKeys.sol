// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IAttestedKeys} from "../interfaces/IAttestedKeys.sol";
import {IEvidenceVerifier} from "../interfaces/IEvidenceVerifier.sol";
import {IMeasurementPolicy} from "../interfaces/IMeasurementPolicy.sol";
import {EnclaveKey, EnclaveKeyStatus, INodeRegistry, KeyState, NodeStatus} from "../interfaces/INodeRegistry.sol";
import {isDevChain} from "../types/DevChain.sol";
import {EnclaveBinding, EnclaveBindingLib, KEY_GUARDIAN, KEY_WORKER} from "../types/EnclaveBinding.sol";
import {NodeId} from "../types/Ids.sol";
import {NodeAccounts} from "./NodeAccounts.sol";

/// @dev The keys of NodeRegistry and the verifiers that let them in.
abstract contract EnclaveKeys is NodeAccounts, IAttestedKeys, EIP712 {
    using EnclaveBindingLib for EnclaveBinding;

    /// @dev A worker renews its attestation weekly, with a new key.
    uint256 private constant WORKER_LIFETIME = 7 days;

    /// @dev A guardian's key must open for years what was sealed to it; so it is sealed to for a season only.
    uint256 private constant GUARDIAN_SEAL_LIFETIME = 90 days;
    uint256 private constant GUARDIAN_OPEN_LIFETIME = 400 days;

    bytes4 private constant REPORT_TAG = "PSN1";

    /// @dev Bitmaps of verifier kinds have 32 bits.
    uint8 private constant KINDS = 32;
    uint8 private constant KIND_SIMULATED = 0;

    IMeasurementPolicy public immutable MEASUREMENTS;

    struct Evidence {
        bytes32 measurement;
        uint8 vendor;
        uint40 sealUntil;
        uint40 openUntil;
        uint40 measurementEpoch;
    }

    constructor(IMeasurementPolicy measurements) {
        MEASUREMENTS = measurements;
    }

    /// @inheritdoc INodeRegistry
    function addEnclaveKey(
        NodeId nodeId,
        EnclaveBinding calldata binding,
        bytes calldata evidence,
        IEvidenceVerifier verifier,
        bytes calldata signature
    ) external onlyOperator(nodeId) {
        _requireNodeTakesClass(nodeId, binding);
        _requireBinding(binding, signature);
        uint8 kind = _requireVerifier(verifier);
        Evidence memory proved = _examine(binding, evidence, verifier);
        if (_keys[binding.signer].state != KeyState.None) revert EnclaveKeyAlreadyExists(binding.signer);

        _keys[binding.signer] = EnclaveKey({
            nodeId: nodeId,
            keyClass: binding.keyClass,
            state: KeyState.Active,
            verifierKind: kind,
            vendor: proved.vendor,
            registeredAt: uint40(block.timestamp),
            sealUntil: proved.sealUntil,
            openUntil: proved.openUntil,
            measurementEpoch: proved.measurementEpoch,
            measurement: proved.measurement,
            kemKeyHash: binding.kemKeyHash
        });

        emit EnclaveKeyAdded(
            nodeId,
            binding.signer,
            binding.keyClass,
            proved.measurement,
            binding.kemKeyHash,
            keccak256(evidence),
            verifier,
            kind,
            proved.vendor,
            proved.sealUntil,
            proved.openUntil
        );
    }

    /// @inheritdoc INodeRegistry
    function drainEnclaveKey(address signer) external {
        EnclaveKey storage key = _requireOwnKey(signer);
        if (key.state != KeyState.Active) revert EnclaveKeyStateInvalid(signer, key.state);
        _setKeyState(signer, key, KeyState.Draining);
    }

    /// @inheritdoc INodeRegistry
    function destroyEnclaveKey(address signer) external {
        EnclaveKey storage key = _requireOwnKey(signer);
        if (key.state == KeyState.Destroyed) revert EnclaveKeyStateInvalid(signer, key.state);
        _setKeyState(signer, key, KeyState.Destroyed);
    }

    /// @inheritdoc INodeRegistry
    function freezeEnclaveKey(address signer) external restricted {
        EnclaveKey storage key = _requireKey(signer);
        if (key.state != KeyState.Active && key.state != KeyState.Draining) {
            revert EnclaveKeyStateInvalid(signer, key.state);
        }
        _setKeyState(signer, key, KeyState.Frozen);
    }

    /// @inheritdoc INodeRegistry
    function unfreezeEnclaveKey(address signer) external restricted {
        EnclaveKey storage key = _requireKey(signer);
        if (key.state != KeyState.Frozen) revert EnclaveKeyStateInvalid(signer, key.state);
        _setKeyState(signer, key, KeyState.Active);
    }

    /// @inheritdoc INodeRegistry
    function allowVerifier(IEvidenceVerifier verifier) external restricted {
        if (_verifiers[verifier].allowed) revert VerifierAlreadyAllowed(verifier);
        uint8 kind = verifier.kind();
        if (kind >= KINDS) revert VerifierKindInvalid(verifier, kind);
        bool simulated = verifier.simulated();
        // Both ways: kind 0 is what owners read as "simulated", and nothing simulated may pass for another kind.
        if (simulated != (kind == KIND_SIMULATED)) revert VerifierKindInvalid(verifier, kind);
        if (simulated && !isDevChain()) revert VerifierSimulated(verifier, block.chainid);

        _verifiers[verifier] = VerifierRecord({allowed: true, kind: kind});

        emit VerifierAllowed(verifier, kind);
    }

    /// @inheritdoc INodeRegistry
    function removeVerifier(IEvidenceVerifier verifier) external restricted {
        _requireVerifier(verifier);

        delete _verifiers[verifier];

        emit VerifierRemoved(verifier);
    }

    /// @inheritdoc INodeRegistry
    function enclaveKeyOf(address signer) external view returns (EnclaveKey memory) {
        return _keys[signer];
    }

    /// @inheritdoc INodeRegistry
    function keyStatusOf(address signer) external view returns (EnclaveKeyStatus memory status) {
        EnclaveKey storage key = _keys[signer];
        if (key.state == KeyState.None) return status;
        NodeRecord storage node = _nodes[key.nodeId];
        status.nodeId = key.nodeId;
        status.operator = _operatorOf(key.nodeId);
        status.stake = node.stake;
        status.keyClass = key.keyClass;
        status.state = _stateOf(key.state, node.status);
        status.verifierKind = key.verifierKind;
        status.vendor = key.vendor;
        status.sealUntil = key.sealUntil;
        status.openUntil = key.openUntil;
        status.measurement = key.measurement;
        status.measurementEpoch = key.measurementEpoch;
        status.banned = !MEASUREMENTS.isAllowed(key.measurement);
    }

    /// @inheritdoc INodeRegistry
    function operatorOf(address signer) external view returns (address) {
        return _operatorOf(_keys[signer].nodeId);
    }

    /// @inheritdoc IAttestedKeys
    function attestedKeyOf(address signer) external view returns (bytes32 measurement, bool usable) {
        EnclaveKey storage key = _keys[signer];
        measurement = key.measurement;
        usable = _stateOf(key.state, _nodes[key.nodeId].status) == KeyState.Active && block.timestamp < key.openUntil
            && MEASUREMENTS.isAllowed(measurement);
    }

    /// @inheritdoc INodeRegistry
    function verifierOf(IEvidenceVerifier verifier) external view returns (bool allowed, uint8 kind) {
        VerifierRecord storage stored = _verifiers[verifier];
        return (stored.allowed, stored.kind);
    }

    /// @inheritdoc INodeRegistry
    function bindingDigest(EnclaveBinding calldata binding) public view returns (bytes32) {
        return _hashTypedDataV4(binding.hashStruct());
    }

    /// @inheritdoc INodeRegistry
    function hashBinding(EnclaveBinding calldata binding) external pure returns (bytes32) {
        return binding.hashStruct();
    }

    /// @dev Once for each key, destroyed or not: its operator, which sees the proof coming, could destroy it first.
    /// @return nodeId of the key's node.
    function _condemnKey(address signer) internal returns (NodeId nodeId) {
        EnclaveKey storage key = _requireKey(signer);
        if (_equivocated[signer]) revert EnclaveKeyStateInvalid(signer, key.state);
        _equivocated[signer] = true;
        if (key.state != KeyState.Destroyed) _setKeyState(signer, key, KeyState.Destroyed);
        return key.nodeId;
    }

    function _setKeyState(address signer, EnclaveKey storage key, KeyState state) private {
        key.state = state;
        emit EnclaveKeyStateChanged(key.nodeId, signer, state);
    }

    /// @dev Asks the verifier, holds what it says against the binding, and sets the key's times.
    function _examine(EnclaveBinding calldata binding, bytes calldata evidence, IEvidenceVerifier verifier)
        private
        returns (Evidence memory proved)
    {
        (bytes32 measurement, bytes memory reportData, uint40 validUntil, uint8 vendor) = verifier.verify(evidence);
        (uint40 epoch, bool banned) = MEASUREMENTS.measurementOf(measurement);
        if (epoch == 0 || banned) revert EvidenceMeasurementNotAllowed(binding.signer, measurement);
        uint64 askedUntil = _requireReport(binding, reportData);
        if (askedUntil == 0) askedUntil = type(uint64).max;

        uint256 openUntil;
        uint256 sealUntil;
        if (binding.keyClass == KEY_WORKER) {
            openUntil = Math.min(Math.min(block.timestamp + WORKER_LIFETIME, validUntil), askedUntil);
            sealUntil = openUntil;
        } else {
            openUntil = Math.min(block.timestamp + GUARDIAN_OPEN_LIFETIME, askedUntil);
            sealUntil = Math.min(block.timestamp + GUARDIAN_SEAL_LIFETIME, openUntil);
        }
        uint256 until = Math.min(validUntil, sealUntil);
        if (block.timestamp >= until) revert EnclaveKeyExpired(binding.signer, until, block.timestamp);

        proved.measurement = measurement;
        proved.measurementEpoch = epoch;
        proved.vendor = vendor;
        // At most now + 400 days.
        proved.sealUntil = uint40(sealUntil);
        proved.openUntil = uint40(openUntil);
    }

    /// @dev The 64 bytes must be `signer ‖ hashStruct(binding) ‖ "PSN1" ‖ expiry asked for`; the last is returned.
    function _requireReport(EnclaveBinding calldata binding, bytes memory reportData)
        private
        pure
        returns (uint64 askedUntil)
    {
        assembly ("memory-safe") {
            // Bytes 56 to 63. What is beyond 64 bytes is shifted out; other lengths fail below.
            askedUntil := shr(192, mload(add(reportData, 0x58)))
        }
        bytes32 got = keccak256(reportData);
        bytes32 wanted =
            keccak256(abi.encodePacked(binding.signer, binding.hashStruct(), REPORT_TAG, askedUntil));
        if (got != wanted) revert EvidenceReportMismatch(binding.signer, got, wanted);
    }

    function _requireNodeTakesClass(NodeId nodeId, EnclaveBinding calldata binding) private view {
        NodeRecord storage node = _nodes[nodeId];
        if (node.status != NodeStatus.Active) revert NodeNotActive(nodeId, node.status);
        // A class has the number of its role's bit.
        bool known = binding.keyClass == KEY_WORKER || binding.keyClass == KEY_GUARDIAN;
        if (!known || node.roles & binding.keyClass == 0) {
            revert EnclaveKeyClassInvalid(binding.signer, binding.keyClass, node.roles);
        }
    }

    function _requireBinding(EnclaveBinding calldata binding, bytes calldata signature) private view {
        address signer = binding.signer;
        if (binding.chainId != block.chainid) revert BindingChainMismatch(signer, binding.chainId, block.chainid);
        if (binding.registry != address(this)) {
            revert BindingRegistryMismatch(signer, binding.registry, address(this));
        }
        if (binding.operator != msg.sender) revert BindingOperatorMismatch(signer, binding.operator, msg.sender);
        if (binding.kemKeyHash == 0) revert BindingKemKeyMissing(signer);
        // blockhash is zero beyond the last 256 blocks.
        if (binding.blockHash == 0 || blockhash(binding.blockNumber) != binding.blockHash) {
            revert BindingBlockUnknown(signer, binding.blockNumber, binding.blockHash);
        }
        (address recovered, ECDSA.RecoverError problem,) =
            ECDSA.tryRecoverCalldata(bindingDigest(binding), signature);
        if (problem != ECDSA.RecoverError.NoError || recovered != signer) revert BindingSignatureInvalid(signer);
    }

    function _requireVerifier(IEvidenceVerifier verifier) private view returns (uint8 kind) {
        VerifierRecord storage stored = _verifiers[verifier];
        if (!stored.allowed) revert VerifierUnknown(verifier);
        return stored.kind;
    }

    function _requireKey(address signer) private view returns (EnclaveKey storage key) {
        key = _keys[signer];
        if (key.state == KeyState.None) revert EnclaveKeyUnknown(signer);
    }

    function _requireOwnKey(address signer) private view returns (EnclaveKey storage key) {
        key = _requireKey(signer);
        _requireOperator(key.nodeId);
    }
}
