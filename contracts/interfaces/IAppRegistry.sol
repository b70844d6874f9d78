// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {AppConsent} from "../types/AppConsent.sol";
import {DomainProof} from "../types/DomainProof.sol";
import {AppId} from "../types/Ids.sol";

/// @dev Active → Retired by the owner. Nothing leaves Retired.
enum AppStatus {
    None,
    Active,
    Retired
}

/// @dev None → Allowed, None → Removed, Allowed → Removed, by governance. Nothing leaves Removed.
enum AttestorStatus {
    None,
    Allowed,
    Removed
}

/// @dev As stored.
/// @param epoch from 1; one more with each new owner. Accounts and invitations belong to an epoch.
/// @param pendingOwner who may accept the app; zero for nobody.
/// @param metadataDigest sha256 of the metadata document; its CID follows.
/// @param name chosen by the owner, proved by nobody, not unique.
/// @param domain claimed by the owner; {domainOf} says whether it is proved.
struct App {
    address owner;
    AppStatus status;
    uint32 epoch;
    address pendingOwner;
    bytes32 metadataDigest;
    string name;
    string domain;
}

/// @dev The newest proof of an app's domain, as stored, in one slot. `attestor` is zero where there is none, or where it
/// was dropped; `checkedAt` then says since when: no proof checked earlier is taken.
struct StoredProof {
    address attestor;
    uint40 checkedAt;
    uint40 expiresAt;
}

/// @title Apps: who is behind a grantee's address
/// @notice Maps a requester's account to an app, and the app to a domain, so that a wallet can say "app X of example.com,
/// checked until date" before an owner grants. Three agree: the app's owner, the account, and for the domain an attestor
/// that governance allows.
interface IAppRegistry {
    /// @notice An app exists. Its domain is not proved.
    event AppRegistered(
        AppId indexed appId, address indexed owner, bytes32 salt, string name, string domain, bytes32 metadataDigest
    );

    /// @notice What the app says of itself changed.
    event AppUpdated(
        AppId indexed appId, address indexed owner, string name, string domain, bytes32 metadataDigest
    );

    /// @notice `newOwner` may accept the app; zero: nobody may.
    event AppTransferStarted(AppId indexed appId, address indexed owner, address indexed newOwner);

    /// @notice The app has a new owner, no proved domain and no accounts.
    event AppTransferred(AppId indexed appId, address indexed previousOwner, address indexed owner);

    /// @notice The app is over for ever: no account acts for it, its domain is not proved.
    event AppRetired(AppId indexed appId, address indexed owner);

    /// @notice The owner lets `account` act for the app, if it agrees.
    event AccountInvited(AppId indexed appId, address indexed account);

    /// @notice `account` agreed and acts for the app.
    event AccountJoined(AppId indexed appId, address indexed account);

    /// @notice `account` does not act for the app, or is not invited any more.
    event AccountRemoved(AppId indexed appId, address indexed account);

    /// @notice Domains that `attestor` has checked count.
    event AttestorAllowed(address indexed attestor);

    /// @notice No proof of `attestor` counts any more, for ever.
    event AttestorRemoved(address indexed attestor);

    /// @notice The app's domain is proved until `proof.expiresAt`.
    event DomainAttested(AppId indexed appId, address indexed attestor, DomainProof proof);

    /// @notice The app's domain is not proved any more.
    event DomainProofDropped(AppId indexed appId, address indexed attestor);

    /// @notice The owner has used this salt before.
    error AppAlreadyExists(AppId appId);
    error AppNotActive(AppId appId, AppStatus status);
    error AppCallerNotOwner(AppId appId, address caller, address owner);
    error AppCallerNotPendingOwner(AppId appId, address caller, address pendingOwner);
    error AppDigestMissing(AppId appId);
    /// @notice In bytes of UTF-8.
    error AppNameLengthInvalid(AppId appId, uint256 got, uint256 max);
    /// @notice A control, a direction override, an invisible character, markup, or a space at an end.
    error AppNameCharacterForbidden(AppId appId, uint256 index, uint256 codePoint);
    /// @notice No well-formed UTF-8 at this byte.
    error AppNameMalformed(AppId appId, uint256 index);
    error AppDomainTooLong(AppId appId, uint256 got, uint256 max);
    /// @notice Not lower-case labels of letters, digits and hyphens, two at least, the last one starting with a letter.
    /// `index` is the byte where this shows.
    error AppDomainMalformed(AppId appId, uint256 index);
    error AccountNotInvited(AppId appId, address account);
    error AccountAlreadyJoined(AppId appId, address account, AppId current);
    error AccountNotJoined(address account);
    error AccountConsentExpired(AppId appId, uint40 deadline, uint256 timestamp);
    error AccountSignatureInvalid(AppId appId, address account);
    error AttestorMissing();
    error AttestorAlreadyAllowed(address attestor);
    error AttestorAlreadyRemoved(address attestor);
    error AttestorNotAllowed(address attestor, AttestorStatus status);
    error DomainProofMissing(AppId appId);
    error DomainProofCallerInvalid(AppId appId, address caller, address owner, address attestor);
    error DomainProofOwnerMismatched(AppId appId, address got, address wanted);
    error DomainProofDomainMismatched(AppId appId, bytes32 got, bytes32 wanted);
    error DomainProofTooEarly(AppId appId, uint40 checkedAt, uint256 timestamp);
    error DomainProofTooOld(AppId appId, uint40 checkedAt, uint256 timestamp);
    error DomainProofExpired(AppId appId, uint40 expiresAt, uint256 timestamp);
    error DomainProofTooLong(AppId appId, uint256 got, uint256 max);
    /// @notice A check as new, or newer, is known; or the proof was dropped since.
    error DomainProofSuperseded(AppId appId, uint40 got, uint40 newest);
    error DomainProofSignatureInvalid(AppId appId, address attestor);

    /// @notice Registers an app of the caller.
    /// @dev Emits {AppRegistered}.
    /// @param name 1 to 64 bytes of UTF-8, plain text on one line.
    /// @param domain in lower case, without a dot at its end; other alphabets as punycode (`xn--`). What looks like another
    /// domain is not refused: a wallet shows the punycode as it is.
    /// @param metadataDigest sha256 of the metadata document.
    /// @return appId keccak(abi(chainId, this, caller, salt)).
    ///
    /// Requirements:
    /// - The caller has not used `salt` before; a retired app has used it, too.
    /// - `name`: 1 to 64 bytes of well-formed UTF-8; no control characters, line separators, direction marks or overrides,
    ///   invisible spaces, tags, `<` or `>`; no space at either end.
    /// - `domain`: at most 253 bytes, at least two labels of 1 to 63 letters `a`-`z`, digits and hyphens, no hyphen at
    ///   either end of a label, the last label starts with a letter (else it could be an IP address).
    /// - `metadataDigest` is not zero.
    function registerApp(bytes32 salt, string calldata name, string calldata domain, bytes32 metadataDigest)
        external
        returns (AppId appId);

    /// @notice Replaces what the app says of itself. Another domain drops the proof.
    /// @dev Emits {AppUpdated}; {DomainProofDropped} where a proof was dropped.
    ///
    /// Requirements:
    /// - The app is active and the caller owns it.
    /// - Name, domain and digest as in {registerApp}.
    function updateApp(AppId appId, string calldata name, string calldata domain, bytes32 metadataDigest) external;

    /// @notice Invites an account to act for the app, or ends that it does. What is so already stays so.
    /// @dev Emits {AccountInvited} or {AccountRemoved}, unless nothing changes.
    ///
    /// Requirements:
    /// - The app is active and the caller owns it.
    function setAccount(AppId appId, address account, bool allowed) external;

    /// @notice The caller agrees to act for the app. Uses the invitation up.
    /// @dev Emits {AccountJoined}.
    ///
    /// Requirements:
    /// - The app is active and its present owner has invited the caller.
    /// - The caller acts for no active app.
    function acceptAccount(AppId appId) external;

    /// @notice As {acceptAccount}, by the account's signature over {AppConsent}; anyone may send it.
    /// @dev Emits {AccountJoined}.
    /// @param deadline Unix seconds, inclusive.
    /// @param signature 65 bytes of the account's key, else for ERC-1271.
    ///
    /// Requirements: as {acceptAccount} for `account`, and
    /// - The deadline has not passed.
    /// - The signature is the account's, for the app's present owner and the account's present nonce.
    function acceptAccountBySig(AppId appId, address account, uint40 deadline, bytes calldata signature) external;

    /// @notice The caller stops acting for its app; what it signed for an app and nobody sent is void.
    /// @dev Emits {AccountRemoved}.
    ///
    /// Requirements:
    /// - The caller acts for an active app.
    function leaveApp() external;

    /// @notice Offers the app to a new owner; zero takes the offer back.
    /// @dev Emits {AppTransferStarted}.
    ///
    /// Requirements:
    /// - The app is active and the caller owns it.
    function transferApp(AppId appId, address newOwner) external;

    /// @notice Takes an offered app over. Drops the proof, the accounts and the invitations: none of them knew this owner.
    /// @dev Emits {AppTransferred}; {DomainProofDropped} where a proof was dropped.
    ///
    /// Requirements:
    /// - The app is active and was offered to the caller.
    function acceptApp(AppId appId) external;

    /// @notice Ends the app for ever, with its proof and its accounts.
    /// @dev Emits {AppRetired}; {DomainProofDropped} where a proof was dropped.
    ///
    /// Requirements:
    /// - The app is active and the caller owns it.
    function retireApp(AppId appId) external;

    /// @notice Lets an attestor's proofs count.
    /// @dev Emits {AttestorAllowed}.
    ///
    /// Requirements:
    /// - The authority lets the caller.
    /// - Not zero, not allowed before, not removed.
    function allowAttestor(address attestor) external;

    /// @notice Ends all proofs of an attestor at once and for ever, allowed before or not.
    /// @dev Emits {AttestorRemoved}.
    ///
    /// Requirements:
    /// - The authority lets the caller.
    /// - Not zero, not removed before.
    function removeAttestor(address attestor) external;

    /// @notice Proves the app's domain by the word of an attestor; anyone may send it. Replaces an earlier proof.
    /// @dev Emits {DomainAttested}.
    /// @param signature of the attestor over `proof`: 65 bytes of its key, else for ERC-1271.
    ///
    /// Requirements:
    /// - The app is active; `owner` and `domainHash` are its present ones.
    /// - `checkedAt` is not in the future, and at most a day ago.
    /// - `expiresAt` is in the future, and at most 90 days after `checkedAt`.
    /// - `checkedAt` is later than that of the newest proof, and than the last dropping of one.
    /// - Governance allows the attestor, and the signature is its own.
    function attestDomain(DomainProof calldata proof, address attestor, bytes calldata signature) external;

    /// @notice Ends the proof of the app's domain. The same check cannot come back.
    /// @dev Emits {DomainProofDropped}.
    ///
    /// Requirements:
    /// - The app has a proof, alive or not.
    /// - The caller is the app's owner or the proof's attestor.
    function revokeDomainProof(AppId appId) external;

    /// @notice The app as stored; all zero where there is none.
    function appById(AppId appId) external view returns (App memory);

    /// @notice The app that `account` acts for: active, and both sides agree. Zero where there is none.
    function appOf(address account) external view returns (AppId);

    /// @notice The app's domain, and whether it is proved now.
    /// @return domain as claimed; empty where there is no app.
    /// @return proved whether an allowed attestor has checked it and the proof holds.
    /// @return expiresAt Unix seconds; 0 unless proved.
    function domainOf(AppId appId) external view returns (string memory domain, bool proved, uint40 expiresAt);

    /// @notice The newest proof as stored. It counts only as {domainOf} says.
    function proofOf(AppId appId) external view returns (StoredProof memory);

    /// @notice Whether the app's present owner has invited `account`, which has not joined since.
    function isInvited(AppId appId, address account) external view returns (bool);

    /// @notice The nonce that the account's next consent must name.
    function consentNonceOf(address account) external view returns (uint64);

    /// @notice Whether proofs of `attestor` count.
    function attestorStatusOf(address attestor) external view returns (AttestorStatus);

    /// @notice The id that `owner` gets for `salt`.
    function appIdOf(address owner, bytes32 salt) external view returns (AppId);

    /// @notice EIP-712 digest that {attestDomain} wants signed.
    function proofDigest(DomainProof calldata proof) external view returns (bytes32);

    /// @notice EIP-712 digest that {acceptAccountBySig} wants signed.
    function consentDigest(AppConsent calldata consent) external view returns (bytes32);
}
