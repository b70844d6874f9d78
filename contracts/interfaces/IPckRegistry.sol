// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {TcbLevel} from "../types/TcbLevel.sol";
import {IPlatformJudge} from "./IPlatformJudge.sol";

/// @dev What the root has signed a certificate for.
enum AuthorityRole {
    None,
    PckIssuer, // certifies the keys of platforms, and says which it has revoked
    TcbSigner // signs what is up to date
}

/// @notice An authority that the root has certified.
/// @param notBefore Unix seconds, of its newest certificate.
/// @param notAfter Unix seconds, of the same.
/// @param listedAt Unix seconds; thisUpdate of its newest list of revoked certificates. Issuers only.
/// @param goodUntil Unix seconds; from then on nothing that it has certified counts. 0 before its first list, and where it was
/// revoked.
struct Authority {
    bytes32 x;
    bytes32 y;
    uint40 notBefore;
    uint40 notAfter;
    uint40 listedAt;
    uint40 goodUntil;
    AuthorityRole role;
    bool revoked;
}

/// @notice A platform's key, as its certificate has it. One slot.
/// @param cpuSvn the sixteen components of its TCB.
/// @param fmspc its model.
/// @param notAfter Unix seconds.
/// @param authority who certified it; 0 where the key was revoked.
/// @param number of the key in this registry, from 1.
struct PckRecord {
    bytes16 cpuSvn;
    bytes6 fmspc;
    uint16 pceSvn;
    uint32 notAfter;
    uint8 authority;
    uint24 number;
}

/// @title Platforms that a manufacturer has certified
/// @notice Anyone may bring certificates and lists of revoked ones; nothing counts that does not come, by signatures, from the
/// root. A key's id is keccak256(x ‖ y). Beside them lies what TcbPolicy asks of each model, so that one call judges a platform,
/// which is `PCK number:24 | tdx:8 | QE svn:16 | module and TDX svns:128`, left aligned.
interface IPckRegistry is IPlatformJudge {
    event AuthorityRegistered(bytes32 indexed name, uint8 indexed authority, AuthorityRole role, uint40 notAfter);
    event AuthorityRevoked(uint8 indexed authority);
    event PckRegistered(
        bytes32 indexed keyId, bytes6 indexed fmspc, bytes32 indexed ppidHash, uint24 number, uint8 authority
    );
    event PckRevoked(bytes32 indexed keyId);

    /// @notice All entries of an authority's list count from now on.
    event RevocationsListed(bytes32 indexed name, uint40 thisUpdate, uint40 nextUpdate);

    /// @notice A part of a list is done; the same list again goes on behind it.
    event RevocationsPartlyListed(bytes32 indexed name, bytes32 indexed digest, uint256 next);

    error RootNotTrusted(uint256 chainId);
    error CertificateIssuerUnknown(bytes32 issuer);
    error CertificateSignatureInvalid(bytes32 digest);
    error CertificateNotValidNow(uint40 notBefore, uint40 notAfter, uint256 timestamp);
    error CertificateRevoked(bytes32 issuer, uint256 serial);
    error AuthorityRoleUnknown(bytes16 nameEnd, bool ca);
    error AuthorityNotNewer(bytes32 name, uint40 notBefore, uint40 stored);
    error AuthoritiesTooMany();
    error PckNotALeaf();
    error PckAlreadyRegistered(bytes32 keyId);
    error PckUnknown(bytes32 keyId);
    error PckPlatformBanned(bytes32 ppidHash);
    error PckCallerNotPolicy(address caller, address policy);
    error RevocationsOld(bytes32 name, uint40 thisUpdate, uint40 stored);
    error RevocationsNotValidNow(uint40 thisUpdate, uint40 nextUpdate, uint256 timestamp);

    /// @notice Registers who the root has certified: an issuer of platform certificates, or the signer of TCB texts. A newer
    /// certificate of the same name takes the place of an older one.
    /// @dev Emits {AuthorityRegistered}. An issuer counts from its first list of revoked certificates on.
    /// @param certificate X.509, DER.
    ///
    /// Requirements:
    /// - Signed by the root, valid now, not revoked by it.
    /// - An issuer is a CA whose name ends in "PCK Platform CA" or "PCK Processor CA"; the signer is none, and its name ends
    /// in "TCB Signing".
    /// - Newer than what is registered under its name.
    function registerAuthority(bytes calldata certificate) external returns (uint8 authority);

    /// @notice Registers a platform's key.
    /// @dev Emits {PckRegistered}.
    /// @param certificate X.509, DER: a PCK leaf.
    /// @return keyId keccak256(x ‖ y).
    ///
    /// Requirements:
    /// - Signed by a registered issuer, valid now, not revoked by it; no CA, with Intel's SGX extension.
    /// - The key is not registered, and its processor not banned.
    function registerPck(bytes calldata certificate) external returns (bytes32 keyId);

    /// @notice Makes an authority's list of revoked certificates count.
    /// @dev Emits {PckRevoked} and {AuthorityRevoked} for each that is registered, and {RevocationsListed}, or
    /// {RevocationsPartlyListed} where entries are left.
    /// @param list X.509 CRL, DER, of the root or of an issuer.
    /// @param entries how many are done at most; more than a block's gas allows are done by several calls.
    ///
    /// Requirements:
    /// - Signed by who it names, in force now, not older than what counts already.
    function submitRevocations(bytes calldata list, uint256 entries) external;

    /// @notice Revokes a key and bans its processor: no other key of it is registered any more.
    /// @dev Emits {PckRevoked}.
    ///
    /// Requirements:
    /// - The authority lets the caller.
    /// - The key is registered and not revoked.
    function banPlatform(bytes32 keyId) external;

    /// @notice Sets what platforms of a model must have from now on.
    /// @dev Only from TcbPolicy, which says it by an event.
    /// @param replaced what suffices beside it, until its `validUntil`.
    function setLevel(bytes6 fmspc, bool tdx, TcbLevel calldata level, TcbLevel calldata replaced) external;

    /// @notice Judges the platform of a quote.
    /// @param qeSvn of its quoting enclave.
    /// @param teeTcbSvn of its module and of TDX, as in the quote; zero for SGX.
    /// @return pckUntil Unix seconds until which its key counts; 0 where that is unknown or revoked.
    /// @return tcbUntil Unix seconds until which its TCB suffices; 0 where it does not.
    /// @return platform for {recheck}.
    function judgePlatform(bytes32 keyId, bool tdx, uint16 qeSvn, bytes16 teeTcbSvn)
        external
        view
        returns (uint40 pckUntil, uint40 tcbUntil, bytes30 platform);

    /// @notice What counts for a model, and what suffices beside it. All zero where nothing does.
    function levelOf(bytes6 fmspc, bool tdx)
        external
        view
        returns (TcbLevel memory level, TcbLevel memory replaced);

    /// @notice Who sets levels.
    function TCBS() external view returns (address);

    /// @notice First coordinate of the root's key.
    function ROOT_X() external view returns (bytes32);

    /// @notice Second coordinate of the root's key.
    function ROOT_Y() external view returns (bytes32);

    /// @notice keccak of the root's name as its certificate encodes it.
    function ROOT_NAME() external view returns (bytes32);

    /// @notice Whether the root is a development root: what it certifies proves nothing about hardware.
    function SIMULATED() external view returns (bool);

    /// @notice A key, and until when it counts.
    /// @return record all zero where the key is unknown.
    /// @return validUntil Unix seconds; 0 where it is unknown or revoked.
    function standingOf(bytes32 keyId) external view returns (PckRecord memory record, uint40 validUntil);

    /// @notice Id of the key with this number; 0 where there is none.
    function keyIdOf(uint24 number) external view returns (bytes32);

    /// @notice Which processor a key is of: keccak256(PPID).
    function ppidHashOf(bytes32 keyId) external view returns (bytes32);

    /// @notice The newest authority of that role that was registered, and until when it counts.
    function tcbSigner() external view returns (bytes32 x, bytes32 y, uint40 goodUntil);

    /// @notice The authority with this index; all zero where there is none.
    function authorityOf(uint8 authority) external view returns (Authority memory);

    /// @notice Index of the authority of this name; 0 where there is none.
    function authorityNamed(bytes32 name) external view returns (uint8);
}
