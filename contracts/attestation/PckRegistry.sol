// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {Authority, AuthorityRole, IPckRegistry, PckRecord} from "../interfaces/IPckRegistry.sol";
import {IPlatformJudge} from "../interfaces/IPlatformJudge.sol";
import {isDevChain} from "../types/DevChain.sol";
import {Certificate, CertificateLib} from "./Certificate.sol";
import {INTEL_ROOT_NAME, INTEL_ROOT_X, INTEL_ROOT_Y} from "./IntelRoot.sol";
import {Pck, PckExtension} from "./PckExtension.sol";
import {RevocationList, RevocationListLib} from "./RevocationList.sol";
import {PlatformTcb, TcbLevel, TcbLevelLib} from "../types/TcbLevel.sol";

/// @title PckRegistry
/// @dev Nobody is trusted but the root. Governance has one function, and that one only takes away.
contract PckRegistry is IPckRegistry, AccessManaged {
    using CertificateLib for Certificate;
    using RevocationListLib for RevocationList;
    using TcbLevelLib for TcbLevel;

    bytes32 private constant REVOKED = bytes32(uint256(1));
    /// @dev Entries of `_serials` that stand for an authority come behind REVOKED and are below this.
    uint256 private constant AUTHORITIES_END = 256;

    /// @inheritdoc IPckRegistry
    bytes32 public immutable ROOT_X;
    /// @inheritdoc IPckRegistry
    bytes32 public immutable ROOT_Y;
    /// @inheritdoc IPckRegistry
    bytes32 public immutable ROOT_NAME;
    /// @inheritdoc IPckRegistry
    bool public immutable SIMULATED;
    /// @inheritdoc IPckRegistry
    address public immutable TCBS;

    mapping(bytes32 keyId => PckRecord) private _pcks;
    /// @dev By index, from 1: 0 is nobody, whose `goodUntil` is 0 for ever.
    mapping(uint256 index => Authority) private _authorities;
    mapping(bytes32 name => uint8 index) private _named;
    mapping(uint24 number => bytes32 keyId) private _numbered;
    mapping(bytes32 keyId => bytes32 ppidHash) private _ppids;
    mapping(bytes32 ppidHash => bool) private _banned;
    /// @dev By keccak(issuer, serial): REVOKED, else a key's id, or REVOKED and an authority's index.
    mapping(bytes32 certificate => bytes32) private _serials;
    /// @dev Of a list of which a part is done: where to go on.
    mapping(bytes32 digest => uint256 next) private _progress;
    /// @dev By keccak(fmspc, tdx), as `_replaced` is.
    mapping(bytes32 model => TcbLevel) private _levels;
    mapping(bytes32 model => TcbLevel) private _replaced;
    uint24 private _pckCount;
    uint8 private _authorityCount;
    uint8 private _tcbSigner;
    uint40 private _rootListedAt;
    uint40 private _rootGoodUntil;

    /// @param tcbs TcbPolicy; deployed after this contract.
    /// @param rootX first coordinate of the root's key.
    /// @param rootName keccak of the root's name as its certificate encodes it.
    constructor(address authority, address tcbs, bytes32 rootX, bytes32 rootY, bytes32 rootName)
        AccessManaged(authority)
    {
        bool intel = rootX == INTEL_ROOT_X && rootY == INTEL_ROOT_Y && rootName == INTEL_ROOT_NAME;
        if (!intel && !isDevChain()) revert RootNotTrusted(block.chainid);
        ROOT_X = rootX;
        ROOT_Y = rootY;
        ROOT_NAME = rootName;
        SIMULATED = !intel;
        TCBS = tcbs;
    }

    /// @inheritdoc IPckRegistry
    function registerAuthority(bytes calldata der) external returns (uint8 index) {
        Certificate memory certificate = CertificateLib.read(der);
        if (certificate.issuer != ROOT_NAME) revert CertificateIssuerUnknown(certificate.issuer);
        bytes32 serial = _requireIssued(certificate, ROOT_X, ROOT_Y);
        AuthorityRole role = _roleOf(certificate);

        index = _named[certificate.subject];
        if (index == 0) {
            if (_authorityCount == AUTHORITIES_END - 3) revert AuthoritiesTooMany();
            index = ++_authorityCount;
            _named[certificate.subject] = index;
        }
        Authority storage stored = _authorities[index];
        // Not the one before it again, whose key Intel may have given up.
        if (certificate.notBefore <= stored.notBefore) {
            revert AuthorityNotNewer(certificate.subject, certificate.notBefore, stored.notBefore);
        }
        stored.x = certificate.x;
        stored.y = certificate.y;
        stored.notBefore = certificate.notBefore;
        stored.notAfter = certificate.notAfter;
        stored.role = role;
        stored.goodUntil = uint40(Math.min(stored.goodUntil, certificate.notAfter));
        if (role == AuthorityRole.TcbSigner) _tcbSigner = index;
        _serials[serial] = bytes32(uint256(REVOKED) + index);

        emit AuthorityRegistered(certificate.subject, index, role, certificate.notAfter);
    }

    /// @inheritdoc IPckRegistry
    function registerPck(bytes calldata der) external returns (bytes32 keyId) {
        Certificate memory certificate = CertificateLib.read(der);
        uint8 index = _named[certificate.issuer];
        Authority storage issuer = _authorities[index];
        if (issuer.role != AuthorityRole.PckIssuer) revert CertificateIssuerUnknown(certificate.issuer);
        bytes32 serial = _requireIssued(certificate, issuer.x, issuer.y);
        if (certificate.ca || certificate.sgxStart == 0) revert PckNotALeaf();
        Pck memory pck = PckExtension.read(der, certificate.sgxStart, certificate.sgxEnd);
        if (pck.pceId != 0) revert PckNotALeaf();

        keyId = keccak256(abi.encode(certificate.x, certificate.y));
        if (_pcks[keyId].number != 0) revert PckAlreadyRegistered(keyId);
        if (_banned[pck.ppidHash]) revert PckPlatformBanned(pck.ppidHash);
        uint24 number = ++_pckCount;
        _pcks[keyId] = PckRecord({
            cpuSvn: pck.cpuSvn,
            fmspc: pck.fmspc,
            pceSvn: pck.pceSvn,
            notAfter: uint32(Math.min(certificate.notAfter, type(uint32).max)),
            authority: index,
            number: number
        });
        _numbered[number] = keyId;
        _ppids[keyId] = pck.ppidHash;
        _serials[serial] = keyId;

        emit PckRegistered(keyId, pck.fmspc, pck.ppidHash, number, index);
    }

    /// @inheritdoc IPckRegistry
    function submitRevocations(bytes calldata der, uint256 entries) external {
        RevocationList memory list = RevocationListLib.read(der);
        bool ofRoot = list.issuer == ROOT_NAME;
        uint8 index = _named[list.issuer];
        Authority storage issuer = _authorities[index];
        if (!ofRoot && issuer.role != AuthorityRole.PckIssuer) revert CertificateIssuerUnknown(list.issuer);
        bool valid = ofRoot ? list.isSignedBy(ROOT_X, ROOT_Y) : list.isSignedBy(issuer.x, issuer.y);
        if (!valid) revert CertificateSignatureInvalid(list.digest);
        if (block.timestamp < list.thisUpdate || block.timestamp >= list.nextUpdate) {
            revert RevocationsNotValidNow(list.thisUpdate, list.nextUpdate, block.timestamp);
        }
        uint40 listedAt = ofRoot ? _rootListedAt : issuer.listedAt;
        // The same once more is welcome: after one of the root's it lasts longer.
        if (list.thisUpdate < listedAt) revert RevocationsOld(list.issuer, list.thisUpdate, listedAt);

        if (!_revoke(der, list, entries)) return;
        if (ofRoot) {
            _rootListedAt = list.thisUpdate;
            _rootGoodUntil = list.nextUpdate;
        } else if (!issuer.revoked) {
            issuer.listedAt = list.thisUpdate;
            issuer.goodUntil = uint40(Math.min(Math.min(list.nextUpdate, issuer.notAfter), _rootGoodUntil));
        }
        emit RevocationsListed(list.issuer, list.thisUpdate, list.nextUpdate);
    }

    /// @inheritdoc IPckRegistry
    function banPlatform(bytes32 keyId) external restricted {
        if (_pcks[keyId].authority == 0) revert PckUnknown(keyId);
        _banned[_ppids[keyId]] = true;
        _revokePck(keyId);
    }

    /// @inheritdoc IPckRegistry
    function setLevel(bytes6 fmspc, bool tdx, TcbLevel calldata level, TcbLevel calldata replaced) external {
        if (msg.sender != TCBS) revert PckCallerNotPolicy(msg.sender, TCBS);
        bytes32 model = _modelOf(fmspc, tdx);
        _levels[model] = level;
        _replaced[model] = replaced;
    }

    /// @inheritdoc IPckRegistry
    function judgePlatform(bytes32 keyId, bool tdx, uint16 qeSvn, bytes16 teeTcbSvn)
        external
        view
        returns (uint40 pckUntil, uint40 tcbUntil, bytes30 platform)
    {
        PckRecord memory pck;
        (pck, pckUntil) = standingOf(keyId);
        tcbUntil = _judge(pck, tdx, qeSvn, teeTcbSvn);
        platform = bytes30(abi.encodePacked(pck.number, tdx, qeSvn, teeTcbSvn));
    }

    /// @inheritdoc IPlatformJudge
    function recheck(bytes30 platform) external view returns (uint40 validUntil) {
        (PckRecord memory pck, uint40 pckUntil) = standingOf(_numbered[uint24(bytes3(platform))]);
        // Nor does it suffice any more when it was revoked.
        if (pckUntil == 0) return 0;
        uint40 tcbUntil =
            _judge(pck, platform[3] != 0, uint16(bytes2(platform << 32)), bytes16(platform << 48));
        return uint40(Math.min(pckUntil, tcbUntil));
    }

    /// @inheritdoc IPckRegistry
    function levelOf(bytes6 fmspc, bool tdx)
        external
        view
        returns (TcbLevel memory level, TcbLevel memory replaced)
    {
        bytes32 model = _modelOf(fmspc, tdx);
        return (_levels[model], _replaced[model]);
    }

    /// @inheritdoc IPckRegistry
    function standingOf(bytes32 keyId) public view returns (PckRecord memory record, uint40 validUntil) {
        record = _pcks[keyId];
        validUntil = uint40(Math.min(record.notAfter, _authorities[record.authority].goodUntil));
    }

    /// @inheritdoc IPckRegistry
    function keyIdOf(uint24 number) external view returns (bytes32) {
        return _numbered[number];
    }

    /// @inheritdoc IPckRegistry
    function ppidHashOf(bytes32 keyId) external view returns (bytes32) {
        return _ppids[keyId];
    }

    /// @inheritdoc IPckRegistry
    function tcbSigner() external view returns (bytes32 x, bytes32 y, uint40 goodUntil) {
        Authority storage signer = _authorities[_tcbSigner];
        goodUntil = signer.revoked ? 0 : uint40(Math.min(signer.notAfter, _rootGoodUntil));
        return (signer.x, signer.y, goodUntil);
    }

    /// @inheritdoc IPckRegistry
    function authorityOf(uint8 authority) external view returns (Authority memory) {
        return _authorities[authority];
    }

    /// @inheritdoc IPckRegistry
    function authorityNamed(bytes32 name) external view returns (uint8) {
        return _named[name];
    }

    /// @return done whether no entry is left.
    function _revoke(bytes calldata der, RevocationList memory list, uint256 entries) private returns (bool done) {
        uint256 cursor = _progress[list.digest];
        if (cursor == 0) cursor = list.start;
        for (; cursor < list.end && entries != 0; --entries) {
            uint256 serial;
            (serial, cursor) = RevocationListLib.readEntry(der, cursor, list.end);
            _revokeSerial(keccak256(abi.encode(list.issuer, serial)));
        }
        if (cursor == list.end) return true;
        _progress[list.digest] = cursor;
        emit RevocationsPartlyListed(list.issuer, list.digest, cursor);
    }

    function _revokeSerial(bytes32 certificate) private {
        bytes32 known = _serials[certificate];
        if (known == REVOKED) return;
        _serials[certificate] = REVOKED;
        if (known == 0) return;
        if (uint256(known) >= AUTHORITIES_END) {
            // Banned before, perhaps.
            if (_pcks[known].authority != 0) _revokePck(known);
            return;
        }
        uint8 index = uint8(uint256(known) - uint256(REVOKED));
        _authorities[index].revoked = true;
        _authorities[index].goodUntil = 0;
        emit AuthorityRevoked(index);
    }

    function _revokePck(bytes32 keyId) private {
        _pcks[keyId].authority = 0;
        emit PckRevoked(keyId);
    }

    /// @return Unix seconds; in the past where what counts is due; 0 where the platform does not suffice.
    function _judge(PckRecord memory pck, bool tdx, uint16 qeSvn, bytes16 teeTcbSvn) private view returns (uint40) {
        PlatformTcb memory tcb =
            PlatformTcb({cpuSvn: pck.cpuSvn, teeTcbSvn: teeTcbSvn, pceSvn: pck.pceSvn, qeSvn: qeSvn});
        bytes32 model = _modelOf(pck.fmspc, tdx);
        TcbLevel memory level = _levels[model];
        if (level.issuedAt != 0 && level.isMetBy(tcb)) return level.validUntil;
        level = _replaced[model];
        return level.validUntil > block.timestamp && level.isMetBy(tcb) ? level.validUntil : 0;
    }

    /// @return serial of the certificate, as a key of `_serials`.
    function _requireIssued(Certificate memory certificate, bytes32 x, bytes32 y)
        private
        view
        returns (bytes32 serial)
    {
        if (!certificate.isSignedBy(x, y)) revert CertificateSignatureInvalid(certificate.digest);
        if (block.timestamp < certificate.notBefore || block.timestamp > certificate.notAfter) {
            revert CertificateNotValidNow(certificate.notBefore, certificate.notAfter, block.timestamp);
        }
        serial = keccak256(abi.encode(certificate.issuer, certificate.serial));
        if (_serials[serial] == REVOKED) revert CertificateRevoked(certificate.issuer, certificate.serial);
    }

    function _roleOf(Certificate memory certificate) private pure returns (AuthorityRole) {
        bytes16 end = certificate.nameEnd;
        if (certificate.sgxStart == 0) {
            // The last 15, 16 and 11 bytes.
            bool issuer = end << 8 == bytes16("PCK Platform CA") || end == bytes16("PCK Processor CA");
            if (issuer && certificate.ca) return AuthorityRole.PckIssuer;
            if (end << 40 == bytes16("TCB Signing") && !certificate.ca) return AuthorityRole.TcbSigner;
        }
        revert AuthorityRoleUnknown(end, certificate.ca);
    }

    function _modelOf(bytes6 fmspc, bool tdx) private pure returns (bytes32) {
        return keccak256(abi.encode(fmspc, tdx));
    }
}
