// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IEvidenceVerifier} from "../interfaces/IEvidenceVerifier.sol";
import {Admission, IMeasurementPolicy} from "../interfaces/IMeasurementPolicy.sol";
import {INodeRegistry} from "../interfaces/INodeRegistry.sol";
import {EnclaveBinding, EnclaveBindingLib, KEY_WORKER} from "../types/EnclaveBinding.sol";
import {NodeId} from "../types/Ids.sol";
import {NodeDomain} from "../types/NodeDomain.sol";

/// @dev What NodeRegistry asks of a key. It keeps nothing: a registry that is told otherwise by nobody stores what comes back.
abstract contract KeyAdmission is IMeasurementPolicy {
    using EnclaveBindingLib for EnclaveBinding;

    /// @dev A worker renews its attestation weekly.
    uint256 private constant WORKER_LIFETIME = 7 days;

    /// @dev A guardian's key must open for years what was sealed to it; so it is sealed to for a season only.
    uint256 private constant GUARDIAN_SEAL_LIFETIME = 90 days;
    uint256 private constant GUARDIAN_OPEN_LIFETIME = 400 days;

    bytes4 private constant REPORT_TAG = "PSN1";

    /// @dev Of EIP-2935: answers with the hash of one of the last 8,191 blocks.
    address private constant BLOCK_HASHES = 0x0000F90827F1C53a10cb7A02335B175320002935;

    bytes32 private constant CONSENT_TYPEHASH = keccak256("KeyConsent(uint32 nodeId,bytes32 bindingHash,uint40 deadline)");

    /// @inheritdoc IMeasurementPolicy
    function admit(
        EnclaveBinding calldata binding,
        bytes calldata evidence,
        IEvidenceVerifier verifier,
        bytes calldata signature,
        address operator
    ) external returns (Admission memory admission) {
        bytes32 bindingHash = binding.hashStruct();
        _requireBinding(binding, bindingHash, signature, operator);
        bytes memory reportData;
        uint40 validUntil;
        (admission.measurement, reportData, validUntil, admission.vendor, admission.platform) =
            verifier.verify(evidence);
        uint64 askedUntil = _requireReport(binding.signer, bindingHash, reportData);
        bool banned;
        (admission.measurementEpoch, banned) = measurementOf(admission.measurement);
        if (admission.measurementEpoch == 0 || banned) {
            revert INodeRegistry.EvidenceMeasurementNotAllowed(binding.signer, admission.measurement);
        }
        _setTimes(admission, binding, validUntil, askedUntil == 0 ? type(uint64).max : askedUntil);
    }

    /// @inheritdoc IMeasurementPolicy
    function requireConsent(
        address operator,
        NodeId nodeId,
        EnclaveBinding calldata binding,
        uint40 deadline,
        bytes calldata signature
    ) external view {
        if (block.timestamp > deadline) revert INodeRegistry.ConsentExpired(nodeId, deadline, block.timestamp);
        bytes32 digest = consentDigest(binding.registry, nodeId, binding.hashStruct(), deadline);
        if (!SignatureChecker.isValidSignatureNowCalldata(operator, digest, signature)) {
            revert INodeRegistry.ConsentSignatureInvalid(nodeId, operator);
        }
    }

    /// @inheritdoc IMeasurementPolicy
    function consentDigest(address registry, NodeId nodeId, bytes32 bindingHash, uint40 deadline)
        public
        view
        returns (bytes32)
    {
        return NodeDomain.digest(registry, keccak256(abi.encode(CONSENT_TYPEHASH, nodeId, bindingHash, deadline)));
    }

    /// @inheritdoc IMeasurementPolicy
    function measurementOf(bytes32 measurement) public view virtual returns (uint40 epoch, bool banned);

    function _setTimes(
        Admission memory admission,
        EnclaveBinding calldata binding,
        uint256 validUntil,
        uint256 askedUntil
    ) private view {
        uint256 openUntil;
        uint256 sealUntil;
        if (binding.keyClass == KEY_WORKER) {
            openUntil = Math.min(Math.min(block.timestamp + WORKER_LIFETIME, validUntil), askedUntil);
            sealUntil = openUntil;
        } else {
            openUntil = Math.min(block.timestamp + GUARDIAN_OPEN_LIFETIME, askedUntil);
            sealUntil = Math.min(block.timestamp + GUARDIAN_SEAL_LIFETIME, openUntil);
        }
        // A guardian's key outlives its evidence, but the evidence must hold now.
        uint256 until = Math.min(openUntil, validUntil);
        if (until <= block.timestamp) {
            revert INodeRegistry.EnclaveKeyExpired(binding.signer, until, block.timestamp);
        }
        // Both are far below 2^40.
        admission.openUntil = uint40(openUntil);
        admission.sealUntil = uint40(sealUntil);
    }

    function _requireBinding(
        EnclaveBinding calldata binding,
        bytes32 bindingHash,
        bytes calldata signature,
        address operator
    ) private view {
        address signer = binding.signer;
        if (binding.chainId != block.chainid) {
            revert INodeRegistry.BindingChainMismatch(signer, binding.chainId, block.chainid);
        }
        if (binding.registry != msg.sender) {
            revert INodeRegistry.BindingRegistryMismatch(signer, binding.registry, msg.sender);
        }
        if (binding.operator != operator) {
            revert INodeRegistry.BindingOperatorMismatch(signer, binding.operator, operator);
        }
        if (binding.kemKeyHash == 0) revert INodeRegistry.BindingKemKeyMissing(signer);
        if (!_isRecent(binding.blockNumber, binding.blockHash)) {
            revert INodeRegistry.BindingBlockUnknown(signer, binding.blockNumber, binding.blockHash);
        }
        (address recovered, ECDSA.RecoverError problem,) =
            ECDSA.tryRecoverCalldata(NodeDomain.digest(msg.sender, bindingHash), signature);
        if (problem != ECDSA.RecoverError.NoError || recovered != signer) {
            revert INodeRegistry.BindingSignatureInvalid(signer);
        }
    }

    /// @dev By `blockhash`, which is zero beyond the last 256 blocks, then by the history contract, where there is one.
    function _isRecent(uint256 number, bytes32 hash) private view returns (bool) {
        if (hash == 0) return false;
        if (blockhash(number) == hash) return true;
        (bool known, bytes memory answer) = BLOCK_HASHES.staticcall(abi.encode(number));
        // Where there is none, the call succeeds and answers nothing.
        return known && answer.length == 32 && bytes32(answer) == hash;
    }

    /// @dev The 64 bytes must be `signer ‖ hashStruct(binding) ‖ "PSN1" ‖ expiry asked for`; the last is returned.
    function _requireReport(address signer, bytes32 bindingHash, bytes memory reportData)
        private
        pure
        returns (uint64 askedUntil)
    {
        assembly ("memory-safe") {
            // Bytes 56 to 63. What is beyond 64 bytes is shifted out; other lengths fail below.
            askedUntil := shr(192, mload(add(reportData, 0x58)))
        }
        bytes32 got = keccak256(reportData);
        bytes32 wanted = keccak256(abi.encodePacked(signer, bindingHash, REPORT_TAG, askedUntil));
        if (got != wanted) revert INodeRegistry.EvidenceReportMismatch(signer, got, wanted);
    }
}
