// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import {DatasetStatus, IDatasetRegistry} from "../interfaces/IDatasetRegistry.sol";
import {Grant, GrantStatus, IGrantRegistry} from "../interfaces/IGrantRegistry.sol";
import {OwnerSignature} from "../storage/OwnerSignature.sol";
import {DatasetId, GrantHash} from "../types/Ids.sol";
import {Reason} from "../types/Reason.sol";
import {GRANT_READ, Terms, TermsLib} from "../types/Terms.sol";
import {DatasetOwnership} from "./DatasetOwnership.sol";
import {GrantChecks} from "./GrantChecks.sol";
import {GrantSlot, GrantSlotLib} from "./GrantSlot.sol";
import {GrantStorage} from "./GrantStorage.sol";

/// @title GrantRegistry
contract GrantRegistry is GrantStorage, IGrantRegistry, EIP712 {
    using TermsLib for Terms;

    /// @inheritdoc IGrantRegistry
    uint256 public constant READ_DELAY = 1 days;

    IDatasetRegistry public immutable DATASETS;

    /// @dev The market is deployed after this contract; its address is computed beforehand.
    address public immutable MARKET;

    modifier onlyMarket() {
        if (msg.sender != MARKET) revert GrantCallerNotMarket(msg.sender, MARKET);
        _;
    }

    constructor(IDatasetRegistry datasets, address market) EIP712("Persona GrantRegistry", "1") {
        DATASETS = datasets;
        MARKET = market;
    }

    /// @inheritdoc IGrantRegistry
    function grant(Terms calldata terms) external returns (GrantHash) {
        return _grant(terms);
    }

    /// @inheritdoc IGrantRegistry
    function grantBatch(Terms[] calldata terms) external returns (GrantHash[] memory grantHashes) {
        if (terms.length == 0) revert GrantBatchEmpty();
        grantHashes = new GrantHash[](terms.length);
        for (uint256 i = 0; i < terms.length; ++i) {
            grantHashes[i] = _grant(terms[i]);
        }
    }

    /// @inheritdoc IGrantRegistry
    function grantBySig(Terms calldata terms, bytes calldata signature) external returns (GrantHash grantHash) {
        grantHash = hashTerms(terms);
        Grant storage stored = _grants[terms.owner][grantHash];
        if (_isNew(grantHash, stored)) {
            if (terms.kind == GRANT_READ) revert GrantReadBySignature(grantHash);
            _requireSigned(grantHash, GrantHash.unwrap(grantHash), terms.owner, signature);
            _activate(grantHash, stored, terms);
        }
    }

    /// @inheritdoc IGrantRegistry
    function revoke(GrantHash grantHash) external {
        _revoke(msg.sender, grantHash);
    }

    /// @inheritdoc IGrantRegistry
    function revokeBatch(GrantHash[] calldata grantHashes) external {
        if (grantHashes.length == 0) revert GrantBatchEmpty();
        for (uint256 i = 0; i < grantHashes.length; ++i) {
            _revoke(msg.sender, grantHashes[i]);
        }
    }

    /// @inheritdoc IGrantRegistry
    function revokeBySig(address owner, GrantHash grantHash, bytes calldata signature) external {
        _requireSigned(grantHash, revocationDigest(grantHash), owner, signature);
        _revoke(owner, grantHash);
    }

    /// @inheritdoc IGrantRegistry
    function revokeAll() external returns (uint32) {
        return _revokeAll(msg.sender);
    }

    /// @inheritdoc IGrantRegistry
    function revokeAllBySig(address owner, uint32 ownerEpoch, bytes calldata signature) external {
        uint32 current = _ownerEpochs[owner];
        if (ownerEpoch != current) revert GrantEpochNotCurrent(owner, ownerEpoch, current);
        if (!OwnerSignature.isValid(owner, revokeAllDigest(owner, ownerEpoch), signature)) {
            revert GrantEpochSignatureInvalid(owner, ownerEpoch);
        }
        _revokeAll(owner);
    }

    /// @inheritdoc IGrantRegistry
    function consume(Terms[] calldata terms, uint8 kind, address requester, uint64 outputBytes)
        external
        onlyMarket
        returns (GrantHash[] memory grantHashes)
    {
        grantHashes = new GrantHash[](terms.length);
        bytes32 domain = _domainSeparatorV4();
        for (uint256 i = 0; i < terms.length; ++i) {
            Terms calldata term = terms[i];
            GrantHash grantHash = GrantHash.wrap(MessageHashUtils.toTypedDataHash(domain, term.hashStruct()));
            Grant storage stored = _grants[term.owner][grantHash];
            GrantSlot slot = GrantSlotLib.load(stored);
            Reason reason = _check(slot, term, kind, requester, outputBytes);
            if (reason != Reason.None) revert GrantNotUsable(grantHash, reason);
            GrantSlotLib.store(stored, slot.consume(outputBytes));
            grantHashes[i] = grantHash;
        }
    }

    /// @inheritdoc IGrantRegistry
    function giveBack(address owner, GrantHash grantHash, uint64 outputBytes) external onlyMarket {
        Grant storage stored = _grants[owner][grantHash];
        --stored.uses;
        stored.outputBytes -= outputBytes;
    }

    /// @inheritdoc IGrantRegistry
    function check(Terms calldata terms, address requester, uint64 outputBytes)
        external
        view
        returns (bool ok, Reason reason)
    {
        GrantSlot slot = GrantSlotLib.load(_grants[terms.owner][hashTerms(terms)]);
        reason = _check(slot, terms, terms.kind, requester, outputBytes);
        ok = reason == Reason.None;
    }

    /// @inheritdoc IGrantRegistry
    function checkRelease(GrantHash grantHash, address owner, DatasetId datasetId, uint40 measurementEpoch)
        external
        view
        returns (Reason)
    {
        (address datasetOwner, uint32 keyEpoch, DatasetStatus status) = DatasetOwnership.ownershipOf(DATASETS, datasetId);
        if (status == DatasetStatus.None) return Reason.DatasetUnknown;
        if (status != DatasetStatus.Active) return Reason.DatasetErased;
        GrantSlot slot = GrantSlotLib.load(_grants[owner][grantHash]);
        if (slot.hasStatus(GrantStatus.None)) return Reason.GrantUnknown;
        if (_isRevoked(slot, owner)) return Reason.GrantRevoked;
        if (block.timestamp >= slot.expiresAt()) return Reason.GrantExpired;
        if (owner != datasetOwner) return Reason.OwnerMismatch;
        if (slot.keyEpoch() != keyEpoch) return Reason.KeyEpochOld;
        if (measurementEpoch > slot.measurementEpoch() && !slot.followUpgrades()) {
            return Reason.MeasurementNotGranted;
        }
        return Reason.None;
    }

    /// @inheritdoc IGrantRegistry
    function grantOf(address owner, GrantHash grantHash) external view returns (Grant memory) {
        return _grants[owner][grantHash];
    }

    /// @inheritdoc IGrantRegistry
    function ownerEpochOf(address owner) external view returns (uint32) {
        return _ownerEpochs[owner];
    }

    /// @inheritdoc IGrantRegistry
    function hashTerms(Terms calldata terms) public view returns (GrantHash) {
        return GrantHash.wrap(_hashTypedDataV4(terms.hashStruct()));
    }

    /// @inheritdoc IGrantRegistry
    function revocationDigest(GrantHash grantHash) public view returns (bytes32) {
        return _hashTypedDataV4(TermsLib.hashRevoke(grantHash));
    }

    /// @inheritdoc IGrantRegistry
    function revokeAllDigest(address owner, uint32 ownerEpoch) public view returns (bytes32) {
        return _hashTypedDataV4(TermsLib.hashRevokeAll(owner, ownerEpoch));
    }

    function _grant(Terms calldata terms) private returns (GrantHash grantHash) {
        grantHash = hashTerms(terms);
        if (msg.sender != terms.owner) revert GrantCallerNotOwner(grantHash, msg.sender, terms.owner);
        Grant storage stored = _grants[terms.owner][grantHash];
        if (_isNew(grantHash, stored)) _activate(grantHash, stored, terms);
    }

    /// @dev False where active already; reverts where revoked.
    function _isNew(GrantHash grantHash, Grant storage stored) private view returns (bool) {
        GrantSlot slot = GrantSlotLib.load(stored);
        if (slot.hasStatus(GrantStatus.Revoked)) revert GrantAlreadyRevoked(grantHash);
        return slot.hasStatus(GrantStatus.None);
    }

    function _activate(GrantHash grantHash, Grant storage stored, Terms calldata terms) private {
        GrantChecks.requireMeaningful(grantHash, terms, READ_DELAY);
        _requireCurrent(grantHash, terms);

        GrantSlot slot = GrantSlotLib.create(
            terms.ownerEpoch, terms.keyEpoch, terms.measurementEpoch, terms.expiresAt, terms.followUpgrades
        );
        GrantSlotLib.store(stored, slot);

        emit GrantCreated(
            grantHash, terms.owner, terms.grantee, terms.datasetId, terms.maxUses, terms.expiresAt
        );
    }

    function _revoke(address owner, GrantHash grantHash) private {
        Grant storage stored = _grants[owner][grantHash];
        if (stored.status == GrantStatus.Revoked) return;

        stored.status = GrantStatus.Revoked;

        emit GrantRevoked(grantHash, owner);
    }

    function _revokeAll(address owner) private returns (uint32 epoch) {
        epoch = ++_ownerEpochs[owner];
        emit OwnerEpochBumped(owner, epoch);
    }

    function _requireSigned(GrantHash grantHash, bytes32 digest, address owner, bytes calldata signature)
        private
        view
    {
        if (!OwnerSignature.isValid(owner, digest, signature)) revert GrantSignatureInvalid(grantHash, owner);
    }

    /// @dev What the rest of the chain says of the terms.
    function _requireCurrent(GrantHash grantHash, Terms calldata terms) private view {
        (address owner, uint32 keyEpoch, DatasetStatus status) = DatasetOwnership.ownershipOf(DATASETS, terms.datasetId);
        if (status != DatasetStatus.Active) revert GrantDatasetNotActive(grantHash, terms.datasetId);
        if (terms.owner != owner) revert GrantDatasetNotOwned(grantHash, terms.owner, owner);
        if (terms.keyEpoch != keyEpoch) revert GrantKeyEpochStale(grantHash, terms.keyEpoch, keyEpoch);
        uint32 ownerEpoch = _ownerEpochs[owner];
        if (terms.ownerEpoch != ownerEpoch) revert GrantOwnerEpochStale(grantHash, terms.ownerEpoch, ownerEpoch);
    }

    /// @dev Checks in the order of {Reason}.
    function _check(GrantSlot slot, Terms calldata terms, uint8 kind, address requester, uint64 outputBytes)
        private
        view
        returns (Reason)
    {
        (address owner, uint32 keyEpoch, DatasetStatus status) = DatasetOwnership.ownershipOf(DATASETS, terms.datasetId);
        if (status == DatasetStatus.None) return Reason.DatasetUnknown;
        if (status != DatasetStatus.Active) return Reason.DatasetErased;
        if (slot.hasStatus(GrantStatus.None)) return Reason.GrantUnknown;
        if (_isRevoked(slot, terms.owner)) return Reason.GrantRevoked;
        if (block.timestamp < terms.notBefore) return Reason.GrantNotYetValid;
        if (block.timestamp >= terms.expiresAt) return Reason.GrantExpired;
        if (slot.uses() >= terms.maxUses) return Reason.GrantExhausted;
        if (uint256(slot.outputBytes()) + outputBytes > terms.maxOutputBytes) return Reason.GrantOutputExhausted;
        if (terms.kind != kind) return Reason.GrantKindMismatch;
        if (terms.grantee != requester) return Reason.GranteeMismatch;
        if (terms.owner != owner) return Reason.OwnerMismatch;
        if (terms.keyEpoch != keyEpoch) return Reason.KeyEpochOld;
        return Reason.None;
    }

    function _isRevoked(GrantSlot slot, address owner) private view returns (bool) {
        return slot.hasStatus(GrantStatus.Revoked) || slot.ownerEpoch() != _ownerEpochs[owner];
    }
}
