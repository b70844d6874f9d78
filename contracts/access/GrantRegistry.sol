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
import {TermsWord} from "../types/TermsWord.sol";
import {DatasetOwnership, DatasetSlot, DatasetSlots} from "./DatasetOwnership.sol";
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
        DatasetSlots datasets = DatasetOwnership.load(DATASETS, terms);
        for (uint256 i = 0; i < terms.length; ++i) {
            Terms calldata term = terms[i];
            GrantHash grantHash = GrantHash.wrap(MessageHashUtils.toTypedDataHash(domain, term.hashStruct()));
            Grant storage stored = _grants[address(uint160(term.word(TermsWord.OWNER)))][grantHash];
            GrantSlot slot = GrantSlotLib.load(stored);
            Reason reason = _check(slot, datasets.slotAt(i), term, kind, requester, outputBytes);
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
        DatasetSlot dataset = DatasetOwnership.slotOf(DATASETS, terms.datasetId);
        reason = _check(slot, dataset, terms, terms.kind, requester, outputBytes);
        ok = reason == Reason.None;
    }

    /// @inheritdoc IGrantRegistry
    function checkRelease(GrantHash grantHash, address owner, DatasetId datasetId, uint40 measurementEpoch)
        external
        view
        returns (Reason)
    {
        DatasetSlot dataset = DatasetOwnership.slotOf(DATASETS, datasetId);
        if (dataset.hasStatus(DatasetStatus.None)) return Reason.DatasetUnknown;
        if (!dataset.hasStatus(DatasetStatus.Active)) return Reason.DatasetErased;
        GrantSlot slot = GrantSlotLib.load(_grants[owner][grantHash]);
        if (slot.hasStatus(GrantStatus.None)) return Reason.GrantUnknown;
        if (_isRevoked(slot, owner)) return Reason.GrantRevoked;
        if (block.timestamp >= slot.expiresAt()) return Reason.GrantExpired;
        if (owner != dataset.owner()) return Reason.OwnerMismatch;
        if (slot.keyEpoch() != dataset.keyEpoch()) return Reason.KeyEpochOld;
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
        Grant storage stored = _grants[msg.sender][grantHash];
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
        address owner = terms.owner;
        (uint32 ownerEpoch, uint32 keyEpoch) = _requireCurrent(grantHash, owner, terms);

        uint40 expiresAt = terms.expiresAt;
        GrantSlot slot = GrantSlotLib.create(
            ownerEpoch, keyEpoch, terms.measurementEpoch, expiresAt, terms.followUpgrades
        );
        GrantSlotLib.store(stored, slot);

        emit GrantCreated(grantHash, owner, terms.grantee, terms.datasetId, terms.maxUses, expiresAt);
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
    function _requireCurrent(GrantHash grantHash, address owner, Terms calldata terms)
        private
        view
        returns (uint32 ownerEpoch, uint32 keyEpoch)
    {
        DatasetSlot dataset = DatasetOwnership.slotOf(DATASETS, terms.datasetId);
        if (!dataset.hasStatus(DatasetStatus.Active)) revert GrantDatasetNotActive(grantHash, terms.datasetId);
        if (owner != dataset.owner()) revert GrantDatasetNotOwned(grantHash, owner, dataset.owner());
        keyEpoch = dataset.keyEpoch();
        if (terms.keyEpoch != keyEpoch) revert GrantKeyEpochStale(grantHash, terms.keyEpoch, keyEpoch);
        ownerEpoch = _ownerEpochs[owner];
        if (terms.ownerEpoch != ownerEpoch) revert GrantOwnerEpochStale(grantHash, terms.ownerEpoch, ownerEpoch);
    }

    /// @dev Checks in the order of {Reason}.
    function _check(
        GrantSlot slot,
        DatasetSlot dataset,
        Terms calldata terms,
        uint8 kind,
        address requester,
        uint64 outputBytes
    ) private view returns (Reason) {
        if (!dataset.hasStatus(DatasetStatus.Active)) {
            return dataset.hasStatus(DatasetStatus.None) ? Reason.DatasetUnknown : Reason.DatasetErased;
        }
        if (slot.hasStatus(GrantStatus.None)) return Reason.GrantUnknown;
        // The hash has found a grant: these words are those that it was stored with.
        address owner = address(uint160(terms.word(TermsWord.OWNER)));
        if (_isRevoked(slot, owner)) return Reason.GrantRevoked;
        if (block.timestamp < terms.word(TermsWord.NOT_BEFORE)) return Reason.GrantNotYetValid;
        if (block.timestamp >= terms.word(TermsWord.EXPIRES_AT)) return Reason.GrantExpired;
        if (slot.uses() >= terms.word(TermsWord.MAX_USES)) return Reason.GrantExhausted;
        uint256 reserved = uint256(slot.outputBytes()) + outputBytes;
        if (reserved > terms.word(TermsWord.MAX_OUTPUT_BYTES)) return Reason.GrantOutputExhausted;
        if (terms.word(TermsWord.KIND) != kind) return Reason.GrantKindMismatch;
        if (terms.word(TermsWord.GRANTEE) != uint160(requester)) return Reason.GranteeMismatch;
        if (owner != dataset.owner()) return Reason.OwnerMismatch;
        if (terms.word(TermsWord.KEY_EPOCH) != dataset.keyEpoch()) return Reason.KeyEpochOld;
        return Reason.None;
    }

    function _isRevoked(GrantSlot slot, address owner) private view returns (bool) {
        return slot.hasStatus(GrantStatus.Revoked) || slot.ownerEpoch() != _ownerEpochs[owner];
    }
}
