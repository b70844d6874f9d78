// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC5267} from "@openzeppelin/contracts/interfaces/IERC5267.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IAttestedKeys} from "../interfaces/IAttestedKeys.sol";
import {IBanWatcher} from "../interfaces/IBanWatcher.sol";
import {IEvidenceVerifier} from "../interfaces/IEvidenceVerifier.sol";
import {Admission, IMeasurementPolicy} from "../interfaces/IMeasurementPolicy.sol";
import {EnclaveKey, EnclaveKeyStatus, INodeRegistry, KeyState, NodeStatus} from "../interfaces/INodeRegistry.sol";
import {IPlatformJudge} from "../interfaces/IPlatformJudge.sol";
import {isDevChain} from "../types/DevChain.sol";
import {EnclaveBinding, EnclaveBindingLib, KEY_GUARDIAN, KEY_WORKER} from "../types/EnclaveBinding.sol";
import {NodeId} from "../types/Ids.sol";
import {NodeDomain} from "../types/NodeDomain.sol";
import {NodeAccounts} from "./NodeAccounts.sol";

/// @dev The keys of NodeRegistry and the verifiers that let them in.
abstract contract EnclaveKeys is NodeAccounts, IAttestedKeys, IBanWatcher, IERC5267 {
    using EnclaveBindingLib for EnclaveBinding;

    /// @dev Bitmaps of verifier kinds have 32 bits.
    uint8 private constant KINDS = 32;
    uint8 private constant KIND_SIMULATED = 0;

    /// @dev Of a verifier that was allowed at this index: who judges its platforms, and whether it still is.
    struct JudgeRecord {
        IPlatformJudge judge;
        bool allowed;
    }

    IMeasurementPolicy public immutable MEASUREMENTS;

    /// @dev Each index is given once; a verifier that is allowed again gets another. Behind all that is read through proofs.
    mapping(uint16 index => JudgeRecord) private _judges;

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
        _add(nodeId, msg.sender, binding, evidence, verifier, signature);
    }

    /// @inheritdoc INodeRegistry
    function addEnclaveKeyBySig(
        NodeId nodeId,
        EnclaveBinding calldata binding,
        bytes calldata evidence,
        IEvidenceVerifier verifier,
        bytes calldata signature,
        uint40 deadline,
        bytes calldata consent
    ) external {
        // Of a node that there is not it is zero, in whose name nobody can sign.
        address operator = _operatorOf(nodeId);
        MEASUREMENTS.requireConsent(operator, nodeId, binding, deadline, consent);
        _add(nodeId, operator, binding, evidence, verifier, signature);
    }

    /// @inheritdoc INodeRegistry
    function renewEnclaveKey(
        EnclaveBinding calldata binding,
        bytes calldata evidence,
        IEvidenceVerifier verifier,
        bytes calldata signature
    ) external {
        address signer = binding.signer;
        EnclaveKey storage key = _requireKey(signer);
        KeyState state = key.state;
        if (state != KeyState.Active && state != KeyState.Draining) revert EnclaveKeyStateInvalid(signer, state);
        NodeId nodeId = key.nodeId;
        VerifierRecord memory by = _requireVerifier(verifier);
        Admission memory proved = MEASUREMENTS.admit(binding, evidence, verifier, signature, _operatorOf(nodeId));
        bool same = binding.keyClass == key.keyClass && binding.kemKeyHash == key.kemKeyHash
            && proved.measurement == key.measurement;
        if (!same) revert EnclaveKeyNotTheSame(signer);

        key.verifierKind = by.kind;
        key.vendor = proved.vendor;
        key.sealUntil = proved.sealUntil;
        key.openUntil = proved.openUntil;
        key.verifierIndex = by.index;
        key.platform = proved.platform;

        emit EnclaveKeyRenewed(
            nodeId, signer, keccak256(evidence), verifier, proved.sealUntil, proved.openUntil
        );
    }

    /// @inheritdoc INodeRegistry
    function poke(address signer) external returns (uint40 openUntil) {
        EnclaveKey storage key = _requireKey(signer);
        JudgeRecord memory judge = _judges[key.verifierIndex];
        // A verifier that was removed vouches for nobody.
        uint256 until = judge.allowed ? judge.judge.recheck(key.platform) : 0;
        openUntil = key.openUntil;
        // A guardian's key outlives its evidence, until the evidence is refuted.
        if (until != 0 && key.keyClass != KEY_WORKER) return openUntil;
        until = Math.max(until, block.timestamp);
        if (until >= openUntil) return openUntil;

        openUntil = uint40(until);
        uint40 sealUntil = uint40(Math.min(key.sealUntil, until));
        key.openUntil = openUntil;
        key.sealUntil = sealUntil;

        emit EnclaveKeyShortened(key.nodeId, signer, sealUntil, openUntil);
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

    /// @inheritdoc IBanWatcher
    function measurementBanned() external {
        if (msg.sender != address(MEASUREMENTS)) revert NodeCallerNotPolicy(msg.sender, address(MEASUREMENTS));
        ++_totals.bans;
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

        uint16 index = ++_totals.verifierCount;
        _verifiers[verifier] = VerifierRecord({allowed: true, kind: kind, index: index});
        _judges[index] = JudgeRecord({judge: verifier.judge(), allowed: true});

        emit VerifierAllowed(verifier, kind);
    }

    /// @inheritdoc INodeRegistry
    function removeVerifier(IEvidenceVerifier verifier) external restricted {
        VerifierRecord memory stored = _requireVerifier(verifier);

        _verifiers[verifier].allowed = false;
        _judges[stored.index].allowed = false;

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
        KeyState state = _stateOf(key.state, _nodes[key.nodeId].status);
        usable = (state == KeyState.Active || state == KeyState.Draining) && block.timestamp < key.openUntil
            && MEASUREMENTS.isAllowed(measurement);
    }

    /// @inheritdoc INodeRegistry
    function verifierOf(IEvidenceVerifier verifier) external view returns (bool allowed, uint8 kind) {
        VerifierRecord storage stored = _verifiers[verifier];
        return (stored.allowed, stored.kind);
    }

    /// @inheritdoc IERC5267
    function eip712Domain()
        external
        view
        returns (bytes1, string memory, string memory, uint256, address, bytes32, uint256[] memory)
    {
        // All but a salt and extensions.
        return (0x0f, NodeDomain.NAME, NodeDomain.VERSION, block.chainid, address(this), 0, new uint256[](0));
    }

    /// @inheritdoc INodeRegistry
    function bindingDigest(EnclaveBinding calldata binding) external view returns (bytes32) {
        return NodeDomain.digest(address(this), binding.hashStruct());
    }

    /// @inheritdoc INodeRegistry
    function hashBinding(EnclaveBinding calldata binding) external pure returns (bytes32) {
        return binding.hashStruct();
    }

    /// @dev Asks the policy only where something was banned since the key came.
    function _isBanned(EnclaveKey storage key, uint32 bans) internal view returns (bool) {
        return key.bansSeen != bans && !MEASUREMENTS.isAllowed(key.measurement);
    }

    /// @dev Once for each key. Also where its operator has destroyed it meanwhile, which undoes nothing that it signed.
    /// @return nodeId of the key's node.
    function _condemnKey(address signer) internal returns (NodeId nodeId) {
        EnclaveKey storage key = _requireKey(signer);
        if (_condemned[signer]) revert EnclaveKeyStateInvalid(signer, key.state);
        _condemned[signer] = true;
        if (key.state != KeyState.Destroyed) _setKeyState(signer, key, KeyState.Destroyed);
        return key.nodeId;
    }

    function _setKeyState(address signer, EnclaveKey storage key, KeyState state) private {
        key.state = state;
        emit EnclaveKeyStateChanged(key.nodeId, signer, state);
    }

    function _add(
        NodeId nodeId,
        address operator,
        EnclaveBinding calldata binding,
        bytes calldata evidence,
        IEvidenceVerifier verifier,
        bytes calldata signature
    ) private {
        _requireNodeTakesClass(nodeId, binding);
        VerifierRecord memory by = _requireVerifier(verifier);
        Admission memory proved = MEASUREMENTS.admit(binding, evidence, verifier, signature, operator);
        if (_keys[binding.signer].state != KeyState.None) revert EnclaveKeyAlreadyExists(binding.signer);

        _keys[binding.signer] = EnclaveKey({
            nodeId: nodeId,
            keyClass: binding.keyClass,
            state: KeyState.Active,
            verifierKind: by.kind,
            vendor: proved.vendor,
            registeredAt: uint40(block.timestamp),
            sealUntil: proved.sealUntil,
            openUntil: proved.openUntil,
            measurementEpoch: proved.measurementEpoch,
            bansSeen: _totals.bans,
            measurement: proved.measurement,
            kemKeyHash: binding.kemKeyHash,
            verifierIndex: by.index,
            platform: proved.platform
        });

        emit EnclaveKeyAdded(
            nodeId,
            binding.signer,
            binding.keyClass,
            proved.measurement,
            binding.kemKeyHash,
            keccak256(evidence),
            verifier,
            by.kind,
            proved.vendor,
            proved.sealUntil,
            proved.openUntil
        );
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

    function _requireVerifier(IEvidenceVerifier verifier) private view returns (VerifierRecord memory stored) {
        stored = _verifiers[verifier];
        if (!stored.allowed) revert VerifierUnknown(verifier);
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
