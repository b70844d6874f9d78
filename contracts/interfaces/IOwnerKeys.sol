// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @dev None → Open by a person or the second wallet → Vetoed by the owner or the second wallet. Vetoed stays so as long as
/// the custody has the version under which it was made; Open counts under that version only.
enum RecoveryStatus {
    None,
    Open,
    Vetoed
}

/// @notice How an owner keeps its root key. As stored: three slots, `secondWallet` in the lowest bits of the third.
/// @param rootKeyId keccak of the root key's KEM public key.
/// @param planHash keccak(abi(RecoveryPlan)); zero where nobody is named.
/// @param secondWallet may recover and veto; zero where there is none.
/// @param delay seconds from a request, or from the announcement of a change, to its effect.
/// @param version from 1; 0 where the owner has none. One more with each change.
struct Custody {
    bytes32 rootKeyId;
    bytes32 planHash;
    address secondWallet;
    uint32 delay;
    uint32 version;
}

/// @notice What an owner announced. Nothing of it counts before it is concluded.
/// @param readyAt Unix seconds; first moment to conclude it. 0 where there is none.
struct CustodyChange {
    bytes32 rootKeyId;
    bytes32 planHash;
    address secondWallet;
    uint32 delay;
    uint40 readyAt;
}

/// @notice As stored: two slots.
/// @param deviceKeyId keccak of the KEM public key that shares are to be sealed to.
/// @param requestedAt Unix seconds.
/// @param ripeAt Unix seconds; first moment at which it counts.
/// @param version of the custody under which it was made; void under any other.
struct RecoveryRequest {
    bytes32 deviceKeyId;
    uint40 requestedAt;
    uint40 ripeAt;
    uint32 version;
    RecoveryStatus status;
}

/// @notice Who holds shares of a root key. The chain knows its hash only, until somebody asks.
/// @param people at most 16; each may ask for the owner.
/// @param digest sha256 of the plan as the people keep it: threshold, keys, commitments.
struct RecoveryPlan {
    address[] people;
    bytes32 digest;
}

/// @title Owners' root keys and the way back to them
/// @notice Keeps, for each owner, the commitment to its root key, its second wallet and the people who hold shares of the
/// key, and says which recovery has waited long enough without a veto. It moves nothing: people release shares and
/// DatasetRegistry hands datasets over because of what stands here. Nothing but a veto has a twin by signature: a page that
/// fishes for signatures must not change who can get at an owner's data.
interface IOwnerKeys {
    /// @notice The owner's custody is this from now on: its first, or a change that has waited.
    event CustodySet(
        address indexed owner,
        uint32 version,
        bytes32 rootKeyId,
        bytes32 planHash,
        address indexed secondWallet,
        uint32 delay
    );

    /// @notice The owner wants another custody. Replaces an earlier announcement.
    /// @param readyAt Unix seconds; first moment to conclude it.
    event CustodyChangeAnnounced(
        address indexed owner,
        bytes32 rootKeyId,
        bytes32 planHash,
        address indexed secondWallet,
        uint32 delay,
        uint256 readyAt
    );

    /// @param by the owner or its second wallet.
    event CustodyChangeCancelled(address indexed owner, address indexed by);

    /// @notice Where the owner's encrypted backup is: sha256 of a DAG-CBOR block. Earlier ones stay in earlier events.
    event BackupSet(address indexed owner, bytes32 digest);

    /// @notice Somebody the owner has named asks for a recovery. The owner's device should ring now.
    /// @param ripeAt Unix seconds; first moment at which it counts.
    /// @param expiresAt Unix seconds; from then on it is void.
    event RecoveryRequested(
        address indexed owner,
        address indexed requester,
        bytes32 deviceKeyId,
        uint32 version,
        uint256 ripeAt,
        uint256 expiresAt
    );

    /// @param by the owner or its second wallet.
    event RecoveryVetoed(address indexed owner, address indexed requester, address indexed by);

    error CustodyUnknown(address owner);
    error CustodyVersionStale(address owner, uint32 got, uint256 wanted);
    error CustodyRootKeyMissing(address owner);
    error CustodyDelayInvalid(address owner, uint32 got, uint256 min, uint256 max);
    error CustodySecondWalletInvalid(address owner, address secondWallet);
    /// @notice Neither the owner nor a second wallet that still has a say.
    error CustodyCallerInvalid(address owner, address caller);
    error ChangeUnknown(address owner);
    error ChangeNotReady(address owner, uint256 readyAt, uint256 now_);
    error RecoveryPlanMismatched(address owner, bytes32 got, bytes32 wanted);
    error RecoveryCallerNotNamed(address owner, address caller);
    error RecoveryDeviceMissing(address owner);
    /// @notice Vetoed under this custody: it takes another one to ask again.
    error RecoveryBarred(address owner, address requester);
    /// @notice No request that is open under the present custody.
    error RecoveryUnknown(address owner, address requester);
    error RecoverySignatureInvalid(address owner);

    /// @notice Registers the caller's first custody at once, or announces another, which counts once it has waited as long
    /// as the present one says and {concludeChange} is called.
    /// @dev Emits {CustodySet} or {CustodyChangeAnnounced}.
    /// @param version the one that it makes: the present one and one more.
    ///
    /// Requirements:
    /// - `version` is the next.
    /// - `rootKeyId` is not zero.
    /// - `delay` is 2 to 60 days.
    /// - `secondWallet` is not the caller.
    function setCustody(bytes32 rootKeyId, bytes32 planHash, address secondWallet, uint32 delay, uint32 version) external;

    /// @notice Ends an announcement, ripe or not.
    /// @dev Emits {CustodyChangeCancelled}.
    ///
    /// Requirements:
    /// - There is one.
    /// - The caller is the owner, or its second wallet unless that was vetoed under this custody.
    function cancelChange(address owner) external;

    /// @notice Makes the announced custody the present one. Open requests are void from then on. Anyone may call it.
    /// @dev Emits {CustodySet}.
    ///
    /// Requirements:
    /// - There is an announcement, and its time has come.
    function concludeChange(address owner) external;

    /// @notice Says where the caller's encrypted backup is.
    /// @dev Emits {BackupSet}.
    function setBackup(bytes32 digest) external;

    /// @notice Asks for a recovery of `owner`'s root key to a new device, and, by the second wallet, of its datasets. A
    /// request of the same caller is replaced, and its time starts again.
    /// @dev Emits {RecoveryRequested}.
    /// @param plan not looked at where the second wallet asks.
    ///
    /// Requirements:
    /// - The owner has a custody.
    /// - The caller is its second wallet, or one of the people of the plan that it names.
    /// - `deviceKeyId` is not zero.
    /// - The caller was not vetoed under this custody.
    function requestRecovery(address owner, RecoveryPlan calldata plan, bytes32 deviceKeyId) external;

    /// @notice Ends a request, ripe or not, and bars who made it as long as this custody lasts.
    /// @dev Emits {RecoveryVetoed}.
    ///
    /// Requirements:
    /// - The request is open under the present custody.
    /// - The caller is the owner, or its second wallet unless that was vetoed under this custody.
    function vetoRecovery(address owner, address requester) external;

    /// @notice {vetoRecovery} with the owner's signature over {vetoDigest}, sent by anyone. It needs no deadline: it names
    /// one request.
    /// @dev Emits {RecoveryVetoed}.
    ///
    /// Requirements:
    /// - The request is open under the present custody.
    /// - The signature is the owner's.
    function vetoRecoveryBySig(address owner, address requester, bytes calldata signature) external;

    /// @notice All zero where the owner has none.
    function custodyOf(address owner) external view returns (Custody memory);

    /// @notice All zero where nothing is announced.
    function changeOf(address owner) external view returns (CustodyChange memory);

    /// @notice As stored, void or not.
    function recoveryOf(address owner, address requester) external view returns (RecoveryRequest memory);

    /// @notice sha256 of the block; zero where there is none.
    function backupOf(address owner) external view returns (bytes32);

    /// @notice Open, of the present custody, its delay over and less than 30 days past it.
    function isRipe(address owner, address requester) external view returns (bool);

    /// @notice The second wallet while its request is ripe; else zero. It may take over the owner's datasets.
    function successorOf(address owner) external view returns (address);

    /// @notice keccak(abi(plan)).
    function hashPlan(RecoveryPlan calldata plan) external pure returns (bytes32);

    /// @notice EIP-712 digest of `RecoveryVeto(address owner,address requester,uint32 version,uint40 requestedAt)` over the
    /// request as stored, domain `Persona OwnerKeys`, version `1`.
    function vetoDigest(address owner, address requester) external view returns (bytes32);
}
