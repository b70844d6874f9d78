// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {DatasetId, GrantHash} from "../types/Ids.sol";
import {Reason} from "../types/Reason.sol";
import {Terms} from "../types/Terms.sol";

/// @dev Active → Revoked, and None → Revoked (a tombstone), by the owner. Nothing leaves Revoked.
enum GrantStatus {
    None,
    Active,
    Revoked
}

/// @dev As stored, in one slot, `status` in the lowest bits. `expiresAt` is in Unix seconds.
/// @param uses jobs counted so far.
/// @param outputBytes result bytes reserved so far.
struct Grant {
    GrantStatus status;
    uint32 uses;
    uint64 outputBytes;
    uint32 ownerEpoch;
    uint32 keyEpoch;
    uint40 measurementEpoch;
    uint40 expiresAt;
    bool followUpgrades;
}

/// @dev A field of Terms that must not be zero.
enum TermsField {
    Grantee,
    Token,
    MaxUses,
    MaxOutputBytes,
    VerifierKinds,
    Vendors,
    ScopeHash
}

/// @title Permissions to compute on a dataset
/// @notice A grant is a struct that its owner signs or sends; one storage slot says whether it lives and how much of it
/// is used. Whoever acts under it brings the struct; owner and hash find the slot, so nobody writes to a stranger's.
interface IGrantRegistry {
    /// @notice A grant is active. What a wallet lists and needs to revoke; the rest of the Terms is in the transaction, and
    /// whoever holds them proves them by the hash.
    /// @param expiresAt Unix seconds.
    event GrantCreated(
        GrantHash indexed grantHash,
        address indexed owner,
        address indexed grantee,
        DatasetId datasetId,
        uint32 maxUses,
        uint40 expiresAt
    );

    /// @notice The grant is over for ever. It may never have been active.
    event GrantRevoked(GrantHash indexed grantHash, address indexed owner);

    /// @notice Every grant that `owner` signed for an earlier epoch is over.
    event OwnerEpochBumped(address indexed owner, uint32 epoch);

    error GrantCallerNotOwner(GrantHash grantHash, address caller, address owner);
    error GrantCallerNotMarket(address caller, address market);
    error GrantSignatureInvalid(GrantHash grantHash, address owner);
    error GrantEpochSignatureInvalid(address owner, uint32 ownerEpoch);
    error GrantEpochNotCurrent(address owner, uint32 got, uint32 current);
    error GrantBatchEmpty();
    /// @notice A word of the terms has bits beyond its type.
    error GrantWordDirty(GrantHash grantHash);
    /// @notice Zero never means "everything".
    error GrantFieldZero(GrantHash grantHash, TermsField field);
    error GrantKindUnsupported(GrantHash grantHash, uint8 kind);
    error GrantPeriodEmpty(GrantHash grantHash, uint40 notBefore, uint40 expiresAt);
    error GrantAlreadyExpired(GrantHash grantHash, uint40 expiresAt, uint256 timestamp);
    error GrantAlreadyRevoked(GrantHash grantHash);
    error GrantDatasetNotActive(GrantHash grantHash, DatasetId datasetId);
    error GrantDatasetNotOwned(GrantHash grantHash, address got, address wanted);
    error GrantKeyEpochStale(GrantHash grantHash, uint32 got, uint32 wanted);
    error GrantOwnerEpochStale(GrantHash grantHash, uint32 got, uint32 wanted);
    /// @notice A moment still to come would accept supervisors that nobody has seen.
    error GrantMeasurementEpochAhead(GrantHash grantHash, uint40 got, uint256 timestamp);
    /// @notice Who reads data itself, not results, is let in by a transaction of the owner, never by a signature.
    error GrantReadBySignature(GrantHash grantHash);
    /// @notice The owner has until `earliest` to revoke what it did not mean.
    error GrantReadTooSoon(GrantHash grantHash, uint40 notBefore, uint256 earliest);
    /// @notice The grant does not allow this job now.
    error GrantNotUsable(GrantHash grantHash, Reason reason);

    /// @notice Seconds between the transaction that gives a `GRANT_READ` and its `notBefore`, at least.
    function READ_DELAY() external view returns (uint256);

    /// @notice Activates a grant of the caller. A grant already active stays as it is.
    /// @dev Emits {GrantCreated}, unless already active.
    ///
    /// Requirements:
    /// - The caller is `terms.owner` and owns the dataset, which is active.
    /// - Not revoked, not expired, its period not empty.
    /// - Grantee, token, maxUses, maxOutputBytes, verifierKinds, vendors, scopeHash are not zero.
    /// - The kind is `GRANT_COMPUTE`, or `GRANT_READ` with `notBefore` at least {READ_DELAY} ahead.
    /// - Key and owner epoch are the current ones; the measurement epoch is not in the future.
    function grant(Terms calldata terms) external returns (GrantHash grantHash);

    /// @notice Activates several grants of the caller.
    /// @dev Emits {GrantCreated} for each that is not active already.
    ///
    /// Requirements: as {grant}, for each; at least one.
    function grantBatch(Terms[] calldata terms) external returns (GrantHash[] memory grantHashes);

    /// @notice Activates a grant that its owner has signed; anyone may send it, any number of times.
    /// @dev Emits {GrantCreated}, unless already active: then the signature is not looked at.
    /// @param signature of the EIP-712 digest of `terms`: 65 bytes of the owner's key, else for ERC-1271.
    ///
    /// Requirements: as {grant}, the signature in place of the caller; the kind is `GRANT_COMPUTE`.
    function grantBySig(Terms calldata terms, bytes calldata signature) external returns (GrantHash grantHash);

    /// @notice Ends a grant of the caller for ever; one never submitted, too. Repeating it does nothing.
    /// @dev Emits {GrantRevoked}, unless already revoked. A running job is not stopped by the market, but guardians
    /// release nothing more. Whose grant the hash is need not be shown: the slot is the caller's own, whatever the hash.
    function revoke(GrantHash grantHash) external;

    /// @notice Ends several grants of the caller.
    /// @dev Emits {GrantRevoked} for each that is not revoked already.
    ///
    /// Requirements:
    /// - At least one.
    function revokeBatch(GrantHash[] calldata grantHashes) external;

    /// @notice Ends a grant by its owner's signature over `Revoke(bytes32 grantHash)`. No deadline and no nonce: a
    /// revocation can be prepared, kept, and sent by anyone.
    /// @dev Emits {GrantRevoked}, unless already revoked.
    ///
    /// Requirements:
    /// - The signature is the owner's, checked as in {grantBySig}.
    function revokeBySig(address owner, GrantHash grantHash, bytes calldata signature) external;

    /// @notice Ends all grants that the caller has signed up to now, submitted or not.
    /// @dev Emits {OwnerEpochBumped}.
    /// @return epoch that grants must name from now on.
    function revokeAll() external returns (uint32 epoch);

    /// @notice {revokeAll} by the owner's signature over `RevokeAll(address owner,uint32 ownerEpoch)`, for the epoch that
    /// it ends. No deadline: sent late it ends nothing that the owner has not meant to end.
    /// @dev Emits {OwnerEpochBumped}.
    ///
    /// Requirements:
    /// - `ownerEpoch` is the current one.
    /// - The signature is the owner's, checked as in {grantBySig}.
    function revokeAllBySig(address owner, uint32 ownerEpoch, bytes calldata signature) external;

    /// @notice Takes one use and `outputBytes` of each grant.
    /// @dev Emits nothing: the market's events name each grant.
    /// @param kind what the grants are used for.
    /// @return grantHashes of `terms`, in order.
    ///
    /// Requirements:
    /// - The caller is the market.
    /// - {check} says yes for each.
    function consume(Terms[] calldata terms, uint8 kind, address requester, uint64 outputBytes)
        external
        returns (GrantHash[] memory grantHashes);

    /// @notice Returns what a job took. Works on revoked grants too, so that no job is stuck.
    /// @dev Emits nothing: the market's events say whether uses came back.
    ///
    /// Requirements:
    /// - The caller is the market, which took it before.
    function giveBack(address owner, GrantHash grantHash, uint64 outputBytes) external;

    /// @notice Whether `requester` may use the grant now, for what its kind says, reserving `outputBytes`.
    /// @return ok whether `reason` is `None`.
    /// @return reason the first failing check in the order of {Reason}.
    function check(Terms calldata terms, address requester, uint64 outputBytes)
        external
        view
        returns (bool ok, Reason reason);

    /// @notice Whether a grant that a job has consumed still lets data out.
    /// @param owner the owner that the job names.
    /// @param datasetId the dataset that the job names.
    /// @param measurementEpoch Unix seconds at which the supervisor that asks was allowed; 0 where none asks.
    /// @return reason the first failing check in the order of {Reason}, or `None`.
    function checkRelease(GrantHash grantHash, address owner, DatasetId datasetId, uint40 measurementEpoch)
        external
        view
        returns (Reason reason);

    /// @notice The grant as stored; all zero where there is none.
    function grantOf(address owner, GrantHash grantHash) external view returns (Grant memory);

    /// @notice The epoch that a grant signed now must name.
    function ownerEpochOf(address owner) external view returns (uint32);

    /// @notice EIP-712 digest of `terms`.
    function hashTerms(Terms calldata terms) external view returns (GrantHash);

    /// @notice EIP-712 digest that {revokeBySig} wants signed.
    function revocationDigest(GrantHash grantHash) external view returns (bytes32);

    /// @notice EIP-712 digest that {revokeAllBySig} wants signed.
    function revokeAllDigest(address owner, uint32 ownerEpoch) external view returns (bytes32);
}
