// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {IAttestedKeys} from "../interfaces/IAttestedKeys.sol";
import {Dataset, Delegation, IDatasetRegistry} from "../interfaces/IDatasetRegistry.sol";
import {DatasetHead, DatasetHeadLib} from "../types/DatasetHead.sol";
import {DatasetId} from "../types/Ids.sol";
import {PublicationLib, WriterPublication} from "../types/Publication.sol";
import {Writer, WriterKind, WriterLib} from "../types/Writer.sol";
import {DatasetChecks} from "./DatasetChecks.sol";
import {OwnerSignature} from "./OwnerSignature.sol";

/// @dev Publishing for an owner. A writer is nobody but in the key epoch in which it was set, so that new keys or a new
/// owner end all writers without a loop.
abstract contract DatasetWriters is DatasetChecks {
    using DatasetHeadLib for DatasetHead;
    using PublicationLib for WriterPublication;
    using WriterLib for Writer;

    /// @dev Knows which code holds a key: the registry of nodes, deployed after this contract.
    IAttestedKeys public immutable KEYS;

    constructor(IAttestedKeys keys) {
        KEYS = keys;
    }

    /// @inheritdoc IDatasetRegistry
    function setWriter(
        DatasetId datasetId,
        DatasetHead calldata head,
        Writer calldata writer,
        uint256 segments,
        uint40 until,
        uint32 maxVersions
    ) external {
        Dataset storage dataset = _datasets[datasetId];
        _requireActiveOwned(datasetId, dataset);
        if (!writer.isValid()) revert WriterInvalid(datasetId, writer);
        _requireHead(datasetId, dataset, hashHead(head));
        _requireWithin(datasetId, segments, _catalogueMask(head.catalogueLength));
        if (maxVersions == 0) revert WriterVersionsMissing(datasetId);
        if (block.timestamp >= until) revert WriterExpired(datasetId, until, block.timestamp);

        Delegation memory delegation = Delegation({
            segments: segments,
            setAt: uint40(block.timestamp),
            until: until,
            keyEpoch: dataset.keyEpoch,
            maxVersions: maxVersions,
            usedVersions: 0
        });
        _delegations[datasetId][writer.hash()] = delegation;

        emit DatasetWriterSet(datasetId, msg.sender, writer.id, writer, delegation);
    }

    /// @inheritdoc IDatasetRegistry
    function removeWriter(DatasetId datasetId, Writer calldata writer) external {
        _requireOwned(datasetId, _datasets[datasetId]);
        _removeWriter(datasetId, msg.sender, writer);
    }

    /// @inheritdoc IDatasetRegistry
    function removeWriterBySig(DatasetId datasetId, Writer calldata writer, bytes calldata signature) external {
        address owner = _datasets[datasetId].owner;
        bytes32 digest = writerRemovalDigest(datasetId, writer);
        _requireOwnerSigned(datasetId, owner, digest, signature);
        _removeWriter(datasetId, owner, writer);
    }

    /// @inheritdoc IDatasetRegistry
    function publishAsWriter(WriterPublication calldata publication, DatasetHead calldata previous) external {
        DatasetId datasetId = publication.datasetId;
        Delegation storage delegation = _requireDelegated(publication, previous);
        if (publication.writer.kind == WriterKind.Key) {
            address key = publication.writer.key();
            if (msg.sender != key) revert WriterCallerMismatch(datasetId, msg.sender, key);
        } else {
            _requireAttested(datasetId, publication.writer.id, msg.sender);
        }
        _write(publication, previous, delegation, msg.sender);
    }

    /// @inheritdoc IDatasetRegistry
    function publishAsWriterBySig(
        WriterPublication calldata publication,
        DatasetHead calldata previous,
        bytes calldata signature
    ) external {
        Delegation storage delegation = _requireDelegated(publication, previous);
        address signer = _requireWriterSigned(publication, signature);
        _write(publication, previous, delegation, signer);
    }

    /// @inheritdoc IDatasetRegistry
    function delegationOf(DatasetId datasetId, Writer calldata writer) external view returns (Delegation memory) {
        return _delegations[datasetId][writer.hash()];
    }

    /// @inheritdoc IDatasetRegistry
    function writerPublicationDigest(WriterPublication calldata publication) public view returns (bytes32) {
        return _hashTypedDataV4(publication.hashStruct());
    }

    /// @inheritdoc IDatasetRegistry
    function writerRemovalDigest(DatasetId datasetId, Writer calldata writer) public view returns (bytes32) {
        uint40 setAt = _delegations[datasetId][writer.hash()].setAt;
        return _hashTypedDataV4(writer.hashRemoval(datasetId, setAt));
    }

    function _removeWriter(DatasetId datasetId, address owner, Writer calldata writer) private {
        bytes32 writerHash = writer.hash();
        if (_delegations[datasetId][writerHash].setAt == 0) revert WriterUnknown(datasetId, writer);

        delete _delegations[datasetId][writerHash];

        emit DatasetWriterRemoved(datasetId, owner, writer.id, writer);
    }

    /// @dev The writer is who it says; all else has been checked.
    function _write(
        WriterPublication calldata publication,
        DatasetHead calldata previous,
        Delegation storage delegation,
        address signer
    ) private {
        DatasetId datasetId = publication.datasetId;
        // All of it but the manifest: neither guardians nor KeyBox nor catalogue are a writer's to change.
        DatasetHead memory head = previous;
        head.manifestDigest = publication.manifestDigest;

        ++delegation.usedVersions;
        Dataset storage dataset = _datasets[datasetId];
        dataset.version = publication.version;
        dataset.headHash = head.hash();

        emit DatasetWritten(
            datasetId,
            publication.writer.id,
            signer,
            publication.writer,
            publication.version,
            publication.keyEpoch,
            publication.segments,
            head
        );
    }

    /// @dev All that can be asked before who sent it.
    function _requireDelegated(WriterPublication calldata publication, DatasetHead calldata previous)
        private
        view
        returns (Delegation storage delegation)
    {
        DatasetId datasetId = publication.datasetId;
        Dataset storage dataset = _datasets[datasetId];
        _requireActive(datasetId, dataset);
        uint32 current = dataset.keyEpoch;
        if (publication.keyEpoch != current) {
            revert DatasetKeyEpochInvalid(datasetId, publication.keyEpoch, current);
        }
        _requireNext(datasetId, dataset, publication.previousHead, publication.version, publication.deadline);
        _requireHead(datasetId, dataset, hashHead(previous));
        bytes32 digest = publication.manifestDigest;
        if (digest == 0) revert DatasetDigestMissing(datasetId);
        if (digest == previous.manifestDigest) revert WriterManifestUnchanged(datasetId, digest);

        delegation = _delegations[datasetId][publication.writer.hash()];
        if (delegation.setAt == 0) revert WriterUnknown(datasetId, publication.writer);
        if (delegation.keyEpoch != current) revert WriterKeyEpochOld(datasetId, delegation.keyEpoch, current);
        if (block.timestamp >= delegation.until) revert WriterExpired(datasetId, delegation.until, block.timestamp);
        if (delegation.usedVersions >= delegation.maxVersions) {
            revert WriterExhausted(datasetId, delegation.usedVersions, delegation.maxVersions);
        }
        _requireWithin(datasetId, publication.segments, delegation.segments);
    }

    function _requireWriterSigned(WriterPublication calldata publication, bytes calldata signature)
        private
        view
        returns (address signer)
    {
        DatasetId datasetId = publication.datasetId;
        bytes32 digest = writerPublicationDigest(publication);
        if (publication.writer.kind == WriterKind.Key) {
            signer = publication.writer.key();
            if (!OwnerSignature.isValid(signer, digest, signature)) {
                revert WriterSignatureInvalid(datasetId, publication.writer);
            }
        } else {
            ECDSA.RecoverError problem;
            (signer, problem,) = ECDSA.tryRecoverCalldata(digest, signature);
            if (problem != ECDSA.RecoverError.NoError) revert WriterSignatureInvalid(datasetId, publication.writer);
            _requireAttested(datasetId, publication.writer.id, signer);
        }
    }

    function _requireAttested(DatasetId datasetId, bytes32 wanted, address signer) private view {
        (bytes32 measurement, bool usable) = KEYS.attestedKeyOf(signer);
        if (!usable || measurement != wanted) revert WriterKeyNotUsable(datasetId, signer, measurement, usable);
    }

    function _requireWithin(DatasetId datasetId, uint256 segments, uint256 allowed) private pure {
        if (segments == 0 || segments & ~allowed != 0) revert WriterSegmentsInvalid(datasetId, segments, allowed);
    }

    /// @dev One bit for each index. At most 256 of them; a shift by all 256 bits gives zero, and that minus one all bits.
    function _catalogueMask(uint32 length) private pure returns (uint256) {
        unchecked {
            return (1 << uint256(length)) - 1;
        }
    }
}
