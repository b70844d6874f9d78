// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {DatasetStatus, IDatasetRegistry} from "../interfaces/IDatasetRegistry.sol";
import {Grant, GrantStatus, IGrantRegistry, TermsField} from "../interfaces/IGrantRegistry.sol";
import {IMeasurementPolicy} from "../interfaces/IMeasurementPolicy.sol";
import {DatasetId, GrantHash} from "../types/Ids.sol";
import {Reason} from "../types/Reason.sol";
import {GRANT_COMPUTE, Terms, TermsLib} from "../types/Terms.sol";
import {GrantStorage} from "./GrantStorage.sol";
import {OwnerSignature} from "./OwnerSignature.sol";

/// @title GrantRegistry
contract GrantRegistry is GrantStorage, IGrantRegistry, EIP712 {
    using TermsLib for Terms;

    IDatasetRegistry public immutable DATASETS;
    IMeasurementPolicy public immutable MEASUREMENTS;

    /// @dev The market is deployed after this contract; its address is computed beforehand.
    address public immutable MARKET;

    modifier onlyMarket() {
        if (msg.sender != MARKET) revert GrantCallerNotMarket(msg.sender, MARKET);
        _;
    }

    constructor(IDatasetRegistry datasets, IMeasurementPolicy measurements, address market)
        EIP712("Persona GrantRegistry", "1")
    {
        DATASETS = datasets;
        MEASUREMENTS = measurements;
        MARKET = market;
    }

    /// @inheritdoc IGrantRegistry
    function grant(Terms calldata terms) external returns (GrantHash grantHash) {
        grantHash = hashTerms(terms);
        if (msg.sender != terms.owner) revert GrantCallerNotOwner(grantHash, msg.sender, terms.owner);
        if (_isNew(grantHash)) _activate(grantHash, terms);
    }

    /// @inheritdoc IGrantRegistry
    function grantBySig(Terms calldata terms, bytes calldata signature) external returns (GrantHash grantHash) {
        grantHash = hashTerms(terms);
        if (_isNew(grantHash)) {
            _requireSigned(grantHash, GrantHash.unwrap(grantHash), terms.owner, signature);
            _activate(grantHash, terms);
        }
    }

    /// @inheritdoc IGrantRegistry
    function revoke(Terms calldata terms) external returns (GrantHash grantHash) {
        grantHash = hashTerms(terms);
        if (msg.sender != terms.owner) revert GrantCallerNotOwner(grantHash, msg.sender, terms.owner);
        _revoke(grantHash, terms);
    }

    /// @inheritdoc IGrantRegistry
    function revokeBySig(Terms calldata terms, bytes calldata signature) external returns (GrantHash grantHash) {
        grantHash = hashTerms(terms);
        _requireSigned(grantHash, revocationDigest(grantHash), terms.owner, signature);
        _revoke(grantHash, terms);
    }

    /// @inheritdoc IGrantRegistry
    function revokeAll() external returns (uint32 epoch) {
        epoch = ++_ownerEpochs[msg.sender];
        emit OwnerEpochBumped(msg.sender, epoch);
    }

    /// @inheritdoc IGrantRegistry
    function consume(Terms[] calldata terms, address requester, uint64 outputBytes)
        external
        onlyMarket
        returns (GrantHash[] memory grantHashes)
    {
        grantHashes = new GrantHash[](terms.length);
        for (uint256 i = 0; i < terms.length; ++i) {
            GrantHash grantHash = hashTerms(terms[i]);
            Reason reason = _check(grantHash, terms[i], requester, outputBytes);
            if (reason != Reason.None) revert GrantNotUsable(grantHash, reason);
            Grant storage stored = _grants[grantHash];
            // Checked just now: uses < maxUses and outputBytes + reserved <= maxOutputBytes, of the same types.
            unchecked {
                ++stored.uses;
                stored.outputBytes += outputBytes;
            }
            grantHashes[i] = grantHash;
        }
    }

    /// @inheritdoc IGrantRegistry
    function giveBack(GrantHash grantHash, uint64 outputBytes) external onlyMarket {
        Grant storage stored = _grants[grantHash];
        --stored.uses;
        stored.outputBytes -= outputBytes;
    }

    /// @inheritdoc IGrantRegistry
    function check(Terms calldata terms, address requester, uint64 outputBytes)
        external
        view
        returns (bool ok, Reason reason)
    {
        reason = _check(hashTerms(terms), terms, requester, outputBytes);
        ok = reason == Reason.None;
    }

    /// @inheritdoc IGrantRegistry
    function checkRelease(GrantHash grantHash, address owner, DatasetId datasetId, uint32 measurementEpoch)
        external
        view
        returns (Reason)
    {
        (address datasetOwner, uint32 keyEpoch, DatasetStatus status) = DATASETS.ownershipOf(datasetId);
        if (status == DatasetStatus.None) return Reason.DatasetUnknown;
        if (status == DatasetStatus.Erased) return Reason.DatasetErased;
        Grant memory stored = _grants[grantHash];
        if (stored.status == GrantStatus.None) return Reason.GrantUnknown;
        if (_isRevoked(stored, owner)) return Reason.GrantRevoked;
        if (block.timestamp >= stored.expiresAt) return Reason.GrantExpired;
        if (owner != datasetOwner) return Reason.OwnerMismatch;
        if (stored.keyEpoch != keyEpoch) return Reason.KeyEpochOld;
        if (measurementEpoch > stored.measurementEpoch && !stored.followUpgrades) return Reason.MeasurementNotGranted;
        return Reason.None;
    }

    /// @inheritdoc IGrantRegistry
    function grantOf(GrantHash grantHash) external view returns (Grant memory) {
        return _grants[grantHash];
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

    /// @dev False where active already; reverts where revoked.
    function _isNew(GrantHash grantHash) private view returns (bool) {
        GrantStatus status = _grants[grantHash].status;
        if (status == GrantStatus.Revoked) revert GrantAlreadyRevoked(grantHash);
        return status == GrantStatus.None;
    }

    function _activate(GrantHash grantHash, Terms calldata terms) private {
        _requireMeaningful(grantHash, terms);
        _requireCurrent(grantHash, terms);

        _grants[grantHash] = Grant({
            status: GrantStatus.Active,
            uses: 0,
            outputBytes: 0,
            ownerEpoch: terms.ownerEpoch,
            keyEpoch: terms.keyEpoch,
            measurementEpoch: terms.measurementEpoch,
            expiresAt: terms.expiresAt,
            followUpgrades: terms.followUpgrades
        });

        emit GrantCreated(grantHash, terms.owner, terms.grantee, terms);
    }

    function _revoke(GrantHash grantHash, Terms calldata terms) private {
        Grant storage stored = _grants[grantHash];
        if (stored.status == GrantStatus.Revoked) return;

        stored.status = GrantStatus.Revoked;

        emit GrantRevoked(grantHash, terms.owner, terms.datasetId);
    }

    function _requireSigned(GrantHash grantHash, bytes32 digest, address owner, bytes calldata signature)
        private
        view
    {
        if (!OwnerSignature.isValid(owner, digest, signature)) revert GrantSignatureInvalid(grantHash, owner);
    }

    /// @dev What can be said of the terms alone. Zero never means "everything".
    function _requireMeaningful(GrantHash grantHash, Terms calldata terms) private view {
        if (terms.kind != GRANT_COMPUTE) revert GrantKindUnsupported(grantHash, terms.kind);
        if (terms.grantee == address(0)) revert GrantFieldZero(grantHash, TermsField.Grantee);
        if (terms.token == address(0)) revert GrantFieldZero(grantHash, TermsField.Token);
        if (terms.maxUses == 0) revert GrantFieldZero(grantHash, TermsField.MaxUses);
        if (terms.maxOutputBytes == 0) revert GrantFieldZero(grantHash, TermsField.MaxOutputBytes);
        if (terms.nodePolicy.verifierKinds == 0) revert GrantFieldZero(grantHash, TermsField.VerifierKinds);
        if (terms.nodePolicy.vendors == 0) revert GrantFieldZero(grantHash, TermsField.Vendors);
        if (terms.scopeHash == 0) revert GrantFieldZero(grantHash, TermsField.ScopeHash);
        if (terms.notBefore >= terms.expiresAt) {
            revert GrantPeriodEmpty(grantHash, terms.notBefore, terms.expiresAt);
        }
        if (block.timestamp >= terms.expiresAt) {
            revert GrantAlreadyExpired(grantHash, terms.expiresAt, block.timestamp);
        }
    }

    /// @dev What the rest of the chain says of the terms.
    function _requireCurrent(GrantHash grantHash, Terms calldata terms) private view {
        (address owner, uint32 keyEpoch, DatasetStatus status) = DATASETS.ownershipOf(terms.datasetId);
        if (status != DatasetStatus.Active) revert GrantDatasetNotActive(grantHash, terms.datasetId);
        if (terms.owner != owner) revert GrantDatasetNotOwned(grantHash, terms.owner, owner);
        if (terms.keyEpoch != keyEpoch) revert GrantKeyEpochStale(grantHash, terms.keyEpoch, keyEpoch);
        uint32 ownerEpoch = _ownerEpochs[owner];
        if (terms.ownerEpoch != ownerEpoch) revert GrantOwnerEpochStale(grantHash, terms.ownerEpoch, ownerEpoch);
        uint32 measurementEpoch = MEASUREMENTS.currentEpoch();
        if (terms.measurementEpoch > measurementEpoch) {
            revert GrantMeasurementEpochUnknown(grantHash, terms.measurementEpoch, measurementEpoch);
        }
    }

    /// @dev Checks in the order of {Reason}.
    function _check(GrantHash grantHash, Terms calldata terms, address requester, uint64 outputBytes)
        private
        view
        returns (Reason)
    {
        (address owner, uint32 keyEpoch, DatasetStatus status) = DATASETS.ownershipOf(terms.datasetId);
        if (status == DatasetStatus.None) return Reason.DatasetUnknown;
        if (status == DatasetStatus.Erased) return Reason.DatasetErased;
        Grant memory stored = _grants[grantHash];
        if (stored.status == GrantStatus.None) return Reason.GrantUnknown;
        if (_isRevoked(stored, terms.owner)) return Reason.GrantRevoked;
        if (block.timestamp < terms.notBefore) return Reason.GrantNotYetValid;
        if (block.timestamp >= terms.expiresAt) return Reason.GrantExpired;
        if (stored.uses >= terms.maxUses) return Reason.GrantExhausted;
        if (uint256(stored.outputBytes) + outputBytes > terms.maxOutputBytes) return Reason.GrantOutputExhausted;
        if (terms.kind != GRANT_COMPUTE) return Reason.GrantKindMismatch;
        if (terms.grantee != requester) return Reason.GranteeMismatch;
        if (terms.owner != owner) return Reason.OwnerMismatch;
        if (terms.keyEpoch != keyEpoch) return Reason.KeyEpochOld;
        return Reason.None;
    }

    function _isRevoked(Grant memory stored, address owner) private view returns (bool) {
        return stored.status == GrantStatus.Revoked || stored.ownerEpoch != _ownerEpochs[owner];
    }
}
