// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {IAttestedKeys} from "../interfaces/IAttestedKeys.sol";
import {Dataset, DatasetStatus, IDatasetRegistry} from "../interfaces/IDatasetRegistry.sol";
import {IOwnerKeys} from "../interfaces/IOwnerKeys.sol";
import {DatasetHead, DatasetHeadLib} from "../types/DatasetHead.sol";
import {DatasetId} from "../types/Ids.sol";
import {Publication, PublicationLib} from "../types/Publication.sol";
import {DatasetLifecycle} from "./DatasetLifecycle.sol";
import {DatasetStorage} from "./DatasetStorage.sol";
import {DatasetWriters} from "./DatasetWriters.sol";

/// @title DatasetRegistry
contract DatasetRegistry is DatasetStorage, DatasetLifecycle, DatasetWriters {
    using DatasetHeadLib for DatasetHead;
    using PublicationLib for Publication;

    uint256 private constant MAX_CATALOGUE = 256;

    constructor(IAttestedKeys keys, IOwnerKeys ownerKeys)
        EIP712("Persona DatasetRegistry", "1")
        DatasetLifecycle(ownerKeys)
        DatasetWriters(keys)
    {}

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
        _requireHead(datasetId, dataset, hashHead(previous));
        DatasetHead memory head = _headAfter(
            datasetId,
            previous.catalogueHash,
            previous.catalogueLength,
            manifestDigest,
            keyBoxDigest,
            guardianSetHash,
            appended
        );
        _publish(datasetId, keyEpoch, head, appended);
    }

    /// @inheritdoc IDatasetRegistry
    function publishBySig(Publication calldata publication, DatasetHead calldata previous, bytes calldata signature)
        external
    {
        DatasetId datasetId = publication.datasetId;
        Dataset storage dataset = _datasets[datasetId];
        _requireActive(datasetId, dataset);
        _requireNext(datasetId, dataset, publication.previousHead, publication.version, publication.deadline);
        _requireHead(datasetId, dataset, hashHead(previous));
        _requireOwnerSigned(datasetId, dataset.owner, publicationDigest(publication), signature);
        DatasetHead memory head = _headAfter(
            datasetId,
            previous.catalogueHash,
            previous.catalogueLength,
            publication.manifestDigest,
            publication.keyBoxDigest,
            publication.guardianSetHash,
            publication.appended
        );
        _publish(datasetId, publication.keyEpoch, head, publication.appended);
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
    /// @dev Every grant of every job comes by here, so the answer is written where it leaves from.
    function slotsOf(DatasetId[] calldata datasetIds) external view returns (uint256[] memory) {
        assembly ("memory-safe") {
            let answer := mload(0x40)
            mstore(answer, 0x20)
            mstore(add(answer, 0x20), datasetIds.length)
            mstore(0x20, _datasets.slot)
            let size := shl(5, datasetIds.length)
            for { let offset := 0 } lt(offset, size) { offset := add(offset, 0x20) } {
                mstore(0x00, calldataload(add(datasetIds.offset, offset)))
                mstore(add(add(answer, 0x40), offset), sload(keccak256(0x00, 0x40)))
            }
            return(answer, add(0x40, size))
        }
    }

    /// @inheritdoc IDatasetRegistry
    function datasetIdOf(address owner, bytes32 salt) public view returns (DatasetId) {
        return DatasetId.wrap(keccak256(abi.encode(block.chainid, address(this), owner, salt)));
    }

    /// @inheritdoc IDatasetRegistry
    function publicationDigest(Publication calldata publication) public view returns (bytes32) {
        return _hashTypedDataV4(publication.hashStruct());
    }

    /// @dev By the owner, whether it called or signed.
    function _publish(DatasetId datasetId, uint32 keyEpoch, DatasetHead memory head, bytes32[] calldata appended)
        private
    {
        Dataset storage dataset = _datasets[datasetId];
        uint32 currentEpoch = dataset.keyEpoch;
        // Widened: the last epoch has no next one.
        if (keyEpoch != currentEpoch && keyEpoch != uint256(currentEpoch) + 1) {
            revert DatasetKeyEpochInvalid(datasetId, keyEpoch, currentEpoch);
        }

        uint48 version = dataset.version + 1;
        dataset.keyEpoch = keyEpoch;
        dataset.version = version;
        dataset.headHash = head.hash();

        emit DatasetPublished(datasetId, dataset.owner, version, keyEpoch, head, appended);
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
