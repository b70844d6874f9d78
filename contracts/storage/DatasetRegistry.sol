// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Dataset, DatasetStatus, IDatasetRegistry} from "../interfaces/IDatasetRegistry.sol";
import {DatasetHead, DatasetHeadLib} from "../types/DatasetHead.sol";
import {DatasetId} from "../types/Ids.sol";

/// @title DatasetRegistry
/// @dev Storage, read by enclaves through proofs and therefore part of the interface:
/// slot 0: mapping(DatasetId => Dataset)
///   + 0: owner:160 | keyEpoch:32 | version:48 | status:8    (first field in the lowest bits)
///   + 1: headHash
contract DatasetRegistry is IDatasetRegistry {
    using DatasetHeadLib for DatasetHead;

    uint256 private constant MAX_CATALOGUE = 256;

    mapping(DatasetId datasetId => Dataset) private _datasets;

    /// @inheritdoc IDatasetRegistry
    function registerDataset(
        bytes32 salt,
        bytes32 manifestDigest,
        bytes32 keyBoxDigest,
        bytes32 guardianSetHash,
        bytes32[] calldata commitments
    ) external returns (DatasetId datasetId) {
        datasetId = datasetIdOf(msg.sender, salt);
        Dataset storage dataset = _datasets[datasetId];
        if (dataset.status != DatasetStatus.None) revert DatasetAlreadyExists(datasetId);

        DatasetHead memory head =
            _headAfter(datasetId, 0, 0, manifestDigest, keyBoxDigest, guardianSetHash, commitments);
        dataset.owner = msg.sender;
        dataset.keyEpoch = 1;
        dataset.version = 1;
        dataset.status = DatasetStatus.Active;
        dataset.headHash = head.hash();

        emit DatasetRegistered(datasetId, msg.sender, salt, head, commitments);
    }

    /// @inheritdoc IDatasetRegistry
    function publish(
        DatasetId datasetId,
        DatasetHead calldata previous,
        bytes32 manifestDigest,
        bytes32 keyBoxDigest,
        bytes32 guardianSetHash,
        uint32 keyEpoch,
        bytes32[] calldata appended
    ) external {
        Dataset storage dataset = _datasets[datasetId];
        _requireActiveOwned(datasetId, dataset);
        bytes32 previousHash = hashHead(previous);
        if (previousHash != dataset.headHash) revert DatasetHeadStale(datasetId, previousHash, dataset.headHash);
        uint32 currentEpoch = dataset.keyEpoch;
        // Widened: the last epoch has no next one.
        if (keyEpoch != currentEpoch && keyEpoch != uint256(currentEpoch) + 1) {
            revert DatasetKeyEpochInvalid(datasetId, keyEpoch, currentEpoch);
        }

        DatasetHead memory head = _headAfter(
            datasetId,
            previous.catalogueHash,
            previous.catalogueLength,
            manifestDigest,
            keyBoxDigest,
            guardianSetHash,
            appended
        );
        uint48 version = dataset.version + 1;
        dataset.keyEpoch = keyEpoch;
        dataset.version = version;
        dataset.headHash = head.hash();

        emit DatasetPublished(datasetId, msg.sender, version, keyEpoch, head, appended);
    }

    /// @inheritdoc IDatasetRegistry
    function eraseDataset(DatasetId datasetId) external {
        Dataset storage dataset = _datasets[datasetId];
        _requireActiveOwned(datasetId, dataset);

        dataset.status = DatasetStatus.Erased;

        emit DatasetErased(datasetId, msg.sender);
    }

    /// @inheritdoc IDatasetRegistry
    function datasetOf(DatasetId datasetId) external view returns (Dataset memory) {
        return _datasets[datasetId];
    }

    /// @inheritdoc IDatasetRegistry
    function ownershipOf(DatasetId datasetId)
        external
        view
        returns (address owner, uint32 keyEpoch, DatasetStatus status)
    {
        Dataset storage dataset = _datasets[datasetId];
        return (dataset.owner, dataset.keyEpoch, dataset.status);
    }

    /// @inheritdoc IDatasetRegistry
    function datasetIdOf(address owner, bytes32 salt) public view returns (DatasetId) {
        return DatasetId.wrap(keccak256(abi.encode(block.chainid, address(this), owner, salt)));
    }

    /// @inheritdoc IDatasetRegistry
    function hashHead(DatasetHead calldata head) public pure returns (bytes32) {
        return keccak256(abi.encode(head));
    }

    function _requireActiveOwned(DatasetId datasetId, Dataset storage dataset) private view {
        if (dataset.status != DatasetStatus.Active) revert DatasetNotActive(datasetId, dataset.status);
        if (dataset.owner != msg.sender) revert DatasetCallerNotOwner(datasetId, msg.sender, dataset.owner);
    }

    function _headAfter(
        DatasetId datasetId,
        bytes32 catalogueHash,
        uint32 catalogueLength,
        bytes32 manifestDigest,
        bytes32 keyBoxDigest,
        bytes32 guardianSetHash,
        bytes32[] calldata appended
    ) private pure returns (DatasetHead memory head) {
        if (manifestDigest == 0 || keyBoxDigest == 0 || guardianSetHash == 0) revert DatasetDigestMissing(datasetId);
        uint256 length = uint256(catalogueLength) + appended.length;
        if (length > MAX_CATALOGUE) revert DatasetCatalogueTooLong(datasetId, length, MAX_CATALOGUE);
        head.manifestDigest = manifestDigest;
        head.keyBoxDigest = keyBoxDigest;
        head.guardianSetHash = guardianSetHash;
        head.catalogueHash = DatasetHeadLib.fold(catalogueHash, appended);
        head.catalogueLength = uint32(length);
    }
}
