// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {DatasetId} from "../types/Ids.sol";
import {DatasetHead} from "../types/DatasetHead.sol";

/// @dev Active → Erased by the owner. Nothing leaves Erased.
enum DatasetStatus {
    None,
    Active,
    Erased
}

/// @dev As stored: slot 0 holds all but the hash, `owner` in the lowest bits; slot 1 the hash.
/// @param keyEpoch from 1; a new epoch means new keys, and ends every grant.
/// @param version from 1; one more with each publication.
/// @param headHash keccak(abi(DatasetHead)).
struct Dataset {
    address owner;
    uint32 keyEpoch;
    uint48 version;
    DatasetStatus status;
    bytes32 headHash;
}

/// @title Datasets and what they hold now
/// @notice Keeps, for each dataset, its owner and one hash over manifest, KeyBox, guardians and catalogue. The parts are
/// in events and come back as calldata.
interface IDatasetRegistry {
    /// @notice A dataset exists at version 1, key epoch 1.
    /// @param commitments of the segment indexes 0, 1, …
    event DatasetRegistered(
        DatasetId indexed datasetId, address indexed owner, bytes32 salt, DatasetHead head, bytes32[] commitments
    );

    /// @notice A new head replaced the previous one.
    /// @param appended commitments of the segment indexes from the previous catalogue's length on.
    event DatasetPublished(
        DatasetId indexed datasetId,
        address indexed owner,
        uint48 version,
        uint32 keyEpoch,
        DatasetHead head,
        bytes32[] appended
    );

    /// @notice Nothing is released from the dataset any more.
    event DatasetErased(DatasetId indexed datasetId, address indexed owner);

    /// @notice The owner has used this salt before.
    error DatasetAlreadyExists(DatasetId datasetId);
    error DatasetNotActive(DatasetId datasetId, DatasetStatus status);
    error DatasetCallerNotOwner(DatasetId datasetId, address caller, address owner);
    /// @notice Someone published in between, or the previous head is not what its publisher thinks.
    error DatasetHeadStale(DatasetId datasetId, bytes32 got, bytes32 wanted);
    error DatasetKeyEpochInvalid(DatasetId datasetId, uint32 got, uint32 current);
    error DatasetDigestMissing(DatasetId datasetId);
    error DatasetCatalogueTooLong(DatasetId datasetId, uint256 got, uint256 max);

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

    /// @notice Replaces the head, if it is still the one that the caller knows.
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

    /// @notice Ends the dataset at once and for ever. Jobs already released finish.
    /// @dev Emits {DatasetErased}.
    ///
    /// Requirements:
    /// - The dataset is active and the caller owns it.
    function eraseDataset(DatasetId datasetId) external;

    /// @notice The dataset as stored; all zero where there is none.
    function datasetOf(DatasetId datasetId) external view returns (Dataset memory);

    /// @notice What a grant depends on; one storage read.
    function ownershipOf(DatasetId datasetId)
        external
        view
        returns (address owner, uint32 keyEpoch, DatasetStatus status);

    /// @notice The id that `owner` gets for `salt`.
    function datasetIdOf(address owner, bytes32 salt) external view returns (DatasetId);

    /// @notice keccak(abi(head)).
    function hashHead(DatasetHead calldata head) external pure returns (bytes32);
}
