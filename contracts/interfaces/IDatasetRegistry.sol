// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {DatasetId} from "../types/Ids.sol";
import {DatasetHead} from "../types/DatasetHead.sol";
import {Publication, WriterPublication} from "../types/Publication.sol";
import {Writer} from "../types/Writer.sol";

/// @dev None → Active → Erasing by the owner. Erasing → Active by the owner within 7 days, → Erased by anyone after.
/// Nothing leaves Erased. Whatever is not Active gives nothing away.
enum DatasetStatus {
    None,
    Active,
    Erased,
    Erasing
}

/// @dev As stored: slot 0 holds all but the hash, `owner` in the lowest bits; slot 1 the hash.
/// @param keyEpoch from 1; a new epoch means new keys, and ends every grant and every writer.
/// @param version from 1; one more with each publication.
/// @param headHash keccak(abi(DatasetHead)).
struct Dataset {
    address owner;
    uint32 keyEpoch;
    uint48 version;
    DatasetStatus status;
    bytes32 headHash;
}

/// @notice What a writer may do.
/// @param segments bitmap of catalogue indexes.
/// @param setAt Unix seconds; when the owner gave it.
/// @param until Unix seconds; from then on it is void.
/// @param keyEpoch the dataset's when it was given; void in any other. 0 where there is none.
/// @param maxVersions publications in all.
/// @param usedVersions publications so far.
struct Delegation {
    uint256 segments;
    uint40 setAt;
    uint40 until;
    uint32 keyEpoch;
    uint32 maxVersions;
    uint32 usedVersions;
}

/// @title Datasets and what they hold now
/// @notice Keeps, for each dataset, its owner and one hash over manifest, KeyBox, guardians and catalogue. The parts are
/// in events and come back as calldata. The owner may let others publish manifests, hand the dataset on and erase it.
interface IDatasetRegistry {
    /// @notice A dataset exists at version 1, key epoch 1.
    /// @param commitments of the segment indexes 0, 1, …
    event DatasetRegistered(
        DatasetId indexed datasetId, address indexed owner, bytes32 salt, DatasetHead head, bytes32[] commitments
    );

    /// @notice The owner replaced the head.
    /// @param appended commitments of the segment indexes from the previous catalogue's length on.
    event DatasetPublished(
        DatasetId indexed datasetId,
        address indexed owner,
        uint48 version,
        uint32 keyEpoch,
        DatasetHead head,
        bytes32[] appended
    );

    /// @notice A writer replaced the manifest. An event of its own, so that no reader takes it for the owner's: who reads
    /// it compares both manifests and refuses the new one where any other segment than `segments` differs.
    /// @param signer the key that sent or signed it.
    /// @param segments bitmap of what may differ from the version before.
    /// @param head differs from the one before in `manifestDigest` only.
    event DatasetWritten(
        DatasetId indexed datasetId,
        bytes32 indexed writerId,
        address indexed signer,
        Writer writer,
        uint48 version,
        uint32 keyEpoch,
        uint256 segments,
        DatasetHead head
    );

    /// @notice The owner lets a writer publish. Replaces what the writer had before.
    event DatasetWriterSet(
        DatasetId indexed datasetId,
        address indexed owner,
        bytes32 indexed writerId,
        Writer writer,
        Delegation delegation
    );

    event DatasetWriterRemoved(
        DatasetId indexed datasetId, address indexed owner, bytes32 indexed writerId, Writer writer
    );

    /// @notice The owner offers the dataset. Replaces an earlier offer.
    /// @param acceptableAt Unix seconds; first moment to accept.
    /// @param expiresAt Unix seconds; from then on it is void.
    event DatasetOffered(
        DatasetId indexed datasetId, address indexed owner, address indexed to, uint256 acceptableAt, uint256 expiresAt
    );

    /// @notice The owner took the offer back, or it ended because the dataset is being erased.
    event DatasetOfferWithdrawn(DatasetId indexed datasetId, address indexed owner, address indexed to);

    /// @notice The dataset has another owner. Every grant and writer of before is void.
    /// @param keyEpoch the new one. Nothing can be released until the new owner has published a KeyBox of it.
    event DatasetTransferred(DatasetId indexed datasetId, address indexed from, address indexed to, uint32 keyEpoch);

    /// @notice Nothing is released from the dataset any more, unless its owner restores it.
    /// @param finalAt Unix seconds; from then on it cannot be restored.
    event DatasetErasureBegun(DatasetId indexed datasetId, address indexed owner, uint256 finalAt);

    /// @notice The dataset is as it was before the erasure began.
    event DatasetRestored(DatasetId indexed datasetId, address indexed owner);

    /// @notice The dataset is gone for ever: whoever keeps shares, keys or segments of it destroys them now.
    event DatasetErased(DatasetId indexed datasetId, address indexed owner);

    /// @notice The owner has used this salt before.
    error DatasetAlreadyExists(DatasetId datasetId);
    error DatasetNotActive(DatasetId datasetId, DatasetStatus status);
    error DatasetNotErasing(DatasetId datasetId, DatasetStatus status);
    error DatasetCallerNotOwner(DatasetId datasetId, address caller, address owner);
    /// @param successor zero where nobody may take over.
    error DatasetCallerNotSuccessor(DatasetId datasetId, address caller, address successor);
    /// @notice Neither the owner's key nor the owner's contract has signed this.
    error DatasetSignatureInvalid(DatasetId datasetId, address owner);
    /// @notice Someone published in between, or the previous head is not what its publisher thinks.
    error DatasetHeadStale(DatasetId datasetId, bytes32 got, bytes32 wanted);
    error DatasetVersionStale(DatasetId datasetId, uint48 got, uint48 wanted);
    error DatasetKeyEpochInvalid(DatasetId datasetId, uint32 got, uint32 current);
    error DatasetDigestMissing(DatasetId datasetId);
    error DatasetCatalogueTooLong(DatasetId datasetId, uint256 got, uint256 max);
    /// @notice The message was to be submitted before.
    error DatasetDeadlinePassed(DatasetId datasetId, uint40 deadline, uint256 now_);

    /// @notice The writer names nobody.
    error WriterInvalid(DatasetId datasetId, Writer writer);
    error WriterUnknown(DatasetId datasetId, Writer writer);
    /// @notice No segment, or one that is not in the catalogue or not delegated.
    error WriterSegmentsInvalid(DatasetId datasetId, uint256 got, uint256 allowed);
    error WriterVersionsMissing(DatasetId datasetId);
    /// @notice The delegation is over, or would be before it begins.
    error WriterExpired(DatasetId datasetId, uint40 until, uint256 now_);
    /// @notice The delegation was given under other keys.
    error WriterKeyEpochOld(DatasetId datasetId, uint32 got, uint32 current);
    error WriterExhausted(DatasetId datasetId, uint32 usedVersions, uint32 maxVersions);
    error WriterManifestUnchanged(DatasetId datasetId, bytes32 manifestDigest);
    error WriterCallerMismatch(DatasetId datasetId, address caller, address key);
    error WriterSignatureInvalid(DatasetId datasetId, Writer writer);
    /// @notice The key runs other code than the writer's, or may not be relied on.
    error WriterKeyNotUsable(DatasetId datasetId, address signer, bytes32 measurement, bool usable);

    /// @notice Zero, or the owner.
    error OfferRecipientInvalid(DatasetId datasetId, address to);
    error OfferUnknown(DatasetId datasetId);
    error OfferCallerNotRecipient(DatasetId datasetId, address caller, address to);
    error OfferNotYetAcceptable(DatasetId datasetId, uint256 acceptableAt, uint256 now_);
    error OfferExpired(DatasetId datasetId, uint256 expiresAt, uint256 now_);

    error ErasureFinal(DatasetId datasetId, uint256 finalAt, uint256 now_);
    error ErasureNotYetFinal(DatasetId datasetId, uint256 finalAt, uint256 now_);

    /// @notice Registers a dataset of the caller.
    /// @dev Emits {DatasetRegistered}.
    ///
    /// Requirements:
    /// - The caller has not used `salt` before.
    /// - No digest is zero.
    /// - At most 256 commitments.
    /// @return datasetId keccak(abi(chainId, this, caller, salt)).
    function registerDataset(
        bytes32 salt,
        bytes32 manifestDigest,
        bytes32 keyBoxDigest,
        bytes32 guardianSetHash,
        bytes32[] calldata commitments
    ) external returns (DatasetId datasetId);

    /// @notice Replaces the head, if it is still the one that the caller knows. Alone this changes KeyBox, guardians,
    /// catalogue or, with {acceptDataset}, the key epoch.
    /// @dev Emits {DatasetPublished}.
    /// @param previous the head that is replaced.
    /// @param keyEpoch the current one, or one more with new keys.
    /// @param appended commitments of new segments; existing indexes stay.
    ///
    /// Requirements:
    /// - The dataset is active and the caller owns it.
    /// - `previous` hashes to the stored head.
    /// - `keyEpoch` is the current one or the next.
    /// - No digest is zero.
    /// - At most 256 segments in all.
    function publish(
        DatasetId datasetId,
        DatasetHead calldata previous,
        bytes32 manifestDigest,
        bytes32 keyBoxDigest,
        bytes32 guardianSetHash,
        uint32 keyEpoch,
        bytes32[] calldata appended
    ) external;

    /// @notice {publish} with the owner's signature over {publicationDigest}, sent by anyone.
    /// @dev Emits {DatasetPublished}.
    ///
    /// Requirements:
    /// - As for {publish}, but that the owner has signed instead of called.
    /// - The deadline has not passed.
    /// - `previousHead` is the stored head and `version` the next.
    /// - The signature is the owner's: of its key, or by ERC-1271.
    function publishBySig(Publication calldata publication, DatasetHead calldata previous, bytes calldata signature)
        external;

    /// @notice Lets a writer publish manifests until then, so often, for these segments. A writer that is there already
    /// starts again from zero.
    /// @dev Emits {DatasetWriterSet}. There is no twin by signature: a writer's enclaves are given the segments' keys.
    /// @param head the current one, for the catalogue's length.
    /// @param until Unix seconds; from then on it is void.
    ///
    /// Requirements:
    /// - The dataset is active and the caller owns it.
    /// - The writer is an address or a measurement, not zero.
    /// - `head` hashes to the stored head.
    /// - At least one segment, each in the catalogue.
    /// - At least one version.
    /// - `until` is in the future.
    function setWriter(
        DatasetId datasetId,
        DatasetHead calldata head,
        Writer calldata writer,
        uint256 segments,
        uint40 until,
        uint32 maxVersions
    ) external;

    /// @notice Ends a delegation at once, whatever the dataset's status.
    /// @dev Emits {DatasetWriterRemoved}.
    ///
    /// Requirements:
    /// - The caller owns the dataset.
    /// - The writer has a delegation, void or not.
    function removeWriter(DatasetId datasetId, Writer calldata writer) external;

    /// @notice {removeWriter} with the owner's signature over {writerRemovalDigest}. It needs no deadline: it names one
    /// delegation and does not touch a later one.
    /// @dev Emits {DatasetWriterRemoved}.
    ///
    /// Requirements:
    /// - The writer has a delegation, void or not.
    /// - The signature is the owner's, and over the delegation's `setAt`.
    function removeWriterBySig(DatasetId datasetId, Writer calldata writer, bytes calldata signature) external;

    /// @notice Replaces the manifest, and nothing else, in the name of a writer.
    /// @dev Emits {DatasetWritten}.
    /// @param previous the head whose manifest is replaced.
    ///
    /// Requirements:
    /// - The dataset is active.
    /// - The deadline has not passed.
    /// - `keyEpoch` is the current one, `previousHead` the stored head, `version` the next.
    /// - `previous` hashes to the stored head.
    /// - The manifest digest is neither zero nor the one that is there.
    /// - The writer has a delegation of this key epoch, not expired and not used up.
    /// - At least one segment, each of them delegated.
    /// - The caller is the writer's key, or a usable enclave key with the writer's measurement.
    function publishAsWriter(WriterPublication calldata publication, DatasetHead calldata previous) external;

    /// @notice {publishAsWriter} with the writer's signature over {writerPublicationDigest}, sent by anyone.
    /// @dev Emits {DatasetWritten}.
    ///
    /// Requirements:
    /// - As for {publishAsWriter}, but that the key has signed instead of called.
    /// - The signature is that of the writer's key (or by its ERC-1271), or of a usable enclave key with the writer's
    ///   measurement.
    function publishAsWriterBySig(
        WriterPublication calldata publication,
        DatasetHead calldata previous,
        bytes calldata signature
    ) external;

    /// @notice Offers the dataset to someone, who may accept it after 2 days and within 30. Nothing changes before.
    /// @dev Emits {DatasetOffered}. There is no twin by signature: a page that fishes for one must not get a dataset.
    ///
    /// Requirements:
    /// - The dataset is active and the caller owns it.
    /// - `to` is neither zero nor the owner.
    function offerDataset(DatasetId datasetId, address to) external;

    /// @notice Takes the offer back.
    /// @dev Emits {DatasetOfferWithdrawn}.
    ///
    /// Requirements:
    /// - The caller owns the dataset.
    /// - There is an offer, expired or not.
    function withdrawOffer(DatasetId datasetId) external;

    /// @notice Makes the caller the owner, in a new key epoch. Head and version stay.
    /// @dev Emits {DatasetTransferred}.
    ///
    /// Requirements:
    /// - The dataset is active.
    /// - It is offered to the caller.
    /// - The offer is at least 2 and less than 30 days old.
    function acceptDataset(DatasetId datasetId) external;

    /// @notice Makes the caller the owner, in a new key epoch, because the owner's wallet is lost and the caller is the second
    /// wallet that OwnerKeys names, its delay over without a veto. Head and version stay; an offer ends.
    /// @dev Emits {DatasetTransferred}.
    ///
    /// Requirements:
    /// - The dataset is active.
    /// - The caller is the successor of the dataset's owner.
    function recoverDataset(DatasetId datasetId) external;

    /// @notice Freezes the dataset at once; after 7 days the erasure is final. Jobs already released finish.
    /// @dev Emits {DatasetErasureBegun}, and {DatasetOfferWithdrawn} where there is an offer. There is no twin by signature.
    ///
    /// Requirements:
    /// - The dataset is active and the caller owns it.
    function eraseDataset(DatasetId datasetId) external;

    /// @notice Takes the erasure back. Grants and writers that are not void otherwise are good again; an offer is not.
    /// @dev Emits {DatasetRestored}.
    ///
    /// Requirements:
    /// - The dataset is being erased and the caller owns it.
    /// - 7 days have not passed.
    function restoreDataset(DatasetId datasetId) external;

    /// @notice Says for all readers that an erasure is final. Anyone may call it; nothing depends on it being called.
    /// @dev Emits {DatasetErased}.
    ///
    /// Requirements:
    /// - The dataset is being erased.
    /// - 7 days have passed.
    function concludeErasure(DatasetId datasetId) external;

    /// @notice The dataset as stored; all zero where there is none.
    function datasetOf(DatasetId datasetId) external view returns (Dataset memory);

    /// @notice What a grant depends on; one storage read.
    function ownershipOf(DatasetId datasetId)
        external
        view
        returns (address owner, uint32 keyEpoch, DatasetStatus status);

    /// @notice First storage slots of several datasets, for contracts that must not pay for more: `owner` in the lowest 160
    /// bits, then `keyEpoch:32 | version:48 | status:8`; zero where there is none.
    function slotsOf(DatasetId[] calldata datasetIds) external view returns (uint256[] memory slots);

    /// @notice The delegation as stored, void or not; all zero where there is none.
    function delegationOf(DatasetId datasetId, Writer calldata writer) external view returns (Delegation memory);

    /// @notice The offer as stored, expired or not; all zero where there is none.
    /// @return to who may accept it.
    /// @return offeredAt Unix seconds.
    function offerOf(DatasetId datasetId) external view returns (address to, uint40 offeredAt);

    /// @notice When the erasure that was last begun and not taken back is final, in Unix seconds; 0 where there is none.
    function erasureFinalAt(DatasetId datasetId) external view returns (uint256);

    /// @notice The id that `owner` gets for `salt`.
    function datasetIdOf(address owner, bytes32 salt) external view returns (DatasetId);

    /// @notice keccak(abi(head)).
    function hashHead(DatasetHead calldata head) external pure returns (bytes32);

    /// @notice EIP-712 digest under the domain `Persona DatasetRegistry`, version `1`.
    function publicationDigest(Publication calldata publication) external view returns (bytes32);

    /// @notice EIP-712 digest that a writer signs.
    function writerPublicationDigest(WriterPublication calldata publication) external view returns (bytes32);

    /// @notice EIP-712 digest of `WriterRemoval(bytes32 datasetId,uint8 kind,bytes32 id,uint40 setAt)` over the writer's
    /// delegation as stored.
    function writerRemovalDigest(DatasetId datasetId, Writer calldata writer) external view returns (bytes32);
}
