// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IPckRegistry} from "../interfaces/IPckRegistry.sol";
import {ITcbPolicy} from "../interfaces/ITcbPolicy.sol";
import {P256Signature} from "./P256Signature.sol";
import {PlatformTcb, TcbLevel, TcbLevelLib} from "../types/TcbLevel.sol";
import {QeIdentity, TcbInfo, TcbText} from "./TcbText.sol";

/// @title TcbPolicy
/// @dev A level comes out of Intel's own text and lasts no longer than that. Whoever brings texts can choose among those that
/// Intel has signed, of the evaluation that governance has named, and never go back to an earlier one.
contract TcbPolicy is ITcbPolicy, AccessManaged {
    using TcbLevelLib for TcbLevel;

    /// @inheritdoc ITcbPolicy
    uint40 public constant MAX_GRACE = 30 days;

    /// @notice Where levels are kept.
    IPckRegistry public immutable PCKS;
    /// @inheritdoc ITcbPolicy
    bytes32 public immutable TD_QE_SIGNER;
    /// @inheritdoc ITcbPolicy
    bytes32 public immutable SGX_QE_SIGNER;

    /// @inheritdoc ITcbPolicy
    uint32 public evaluation;
    /// @inheritdoc ITcbPolicy
    uint40 public graceSeconds = 14 days;

    mapping(bytes6 fmspc => bool) private _banned;
    mapping(bytes32 advisory => bool) private _advisories;

    /// @param evaluation_ Intel's tcbEvaluationDataNumber that texts must have at first.
    constructor(
        address authority,
        IPckRegistry pcks,
        bytes32 tdQeSigner,
        bytes32 sgxQeSigner,
        uint32 evaluation_
    ) AccessManaged(authority) {
        PCKS = pcks;
        TD_QE_SIGNER = tdQeSigner;
        SGX_QE_SIGNER = sgxQeSigner;
        evaluation = evaluation_;
    }

    /// @inheritdoc ITcbPolicy
    function submitTcb(
        bytes calldata tcbInfo,
        bytes calldata tcbSignature,
        bytes calldata qeIdentity,
        bytes calldata qeSignature
    ) external {
        _requireSigned(tcbInfo, tcbSignature, qeIdentity, qeSignature);
        TcbInfo memory info = TcbText.readTcbInfo(tcbInfo, _advisories);
        QeIdentity memory identity = TcbText.readQeIdentity(qeIdentity, _advisories);
        _requireIdentity(info.tdx, identity);
        TcbLevel memory level = info.level;
        _requireText(level.issuedAt, level.validUntil, level.evaluation);
        _requireText(identity.issuedAt, identity.validUntil, identity.evaluation);
        if (_banned[info.fmspc]) revert TcbModelIsBanned(info.fmspc);
        level.qeSvn = identity.svn;
        level.validUntil = uint40(Math.min(level.validUntil, identity.validUntil));

        (TcbLevel memory stored, TcbLevel memory replaced) = PCKS.levelOf(info.fmspc, info.tdx);
        if (level.evaluation == stored.evaluation && level.issuedAt < stored.issuedAt) {
            revert TcbLevelNotNewer(info.fmspc, level.issuedAt, stored.issuedAt);
        }
        // What has just sufficed suffices a while longer, unless it still does.
        if (stored.validUntil > block.timestamp && !level.isMetBy(_leastOf(stored))) {
            replaced = stored;
            replaced.validUntil = uint40(Math.min(stored.validUntil, block.timestamp + graceSeconds));
            emit TcbGraceSet(info.fmspc, info.tdx, replaced.validUntil);
        }
        emit TcbLevelSet(info.fmspc, info.tdx, level);
        PCKS.setLevel(info.fmspc, info.tdx, level, replaced);
    }

    /// @inheritdoc ITcbPolicy
    function raiseEvaluation(uint32 evaluation_, uint40 grace) external restricted {
        if (evaluation_ < evaluation) revert TcbEvaluationNotHigher(evaluation_, evaluation);
        if (grace > MAX_GRACE) revert TcbGraceTooLong(grace, MAX_GRACE);
        evaluation = evaluation_;
        graceSeconds = grace;
        emit TcbEvaluationSet(evaluation_, grace);
    }

    /// @inheritdoc ITcbPolicy
    function lowerEvaluation(uint32 evaluation_) external restricted {
        if (evaluation_ >= evaluation) revert TcbEvaluationNotLower(evaluation_, evaluation);
        evaluation = evaluation_;
        emit TcbEvaluationSet(evaluation_, graceSeconds);
    }

    /// @inheritdoc ITcbPolicy
    function endGrace(bytes6 fmspc, bool tdx) external restricted {
        (TcbLevel memory level,) = PCKS.levelOf(fmspc, tdx);
        TcbLevel memory none;
        emit TcbGraceEnded(fmspc, tdx);
        PCKS.setLevel(fmspc, tdx, level, none);
    }

    /// @inheritdoc ITcbPolicy
    function banModel(bytes6 fmspc) external restricted {
        _banned[fmspc] = true;
        TcbLevel memory none;
        emit TcbModelBanned(fmspc);
        PCKS.setLevel(fmspc, false, none, none);
        PCKS.setLevel(fmspc, true, none, none);
    }

    /// @inheritdoc ITcbPolicy
    function allowAdvisory(string calldata name) external restricted {
        bytes32 advisory = keccak256(bytes(name));
        _advisories[advisory] = true;
        emit AdvisoryAllowed(advisory, name);
    }

    /// @inheritdoc ITcbPolicy
    function removeAdvisory(string calldata name) external restricted {
        bytes32 advisory = keccak256(bytes(name));
        _advisories[advisory] = false;
        emit AdvisoryRemoved(advisory, name);
    }

    /// @inheritdoc ITcbPolicy
    function isAdvisoryAllowed(string calldata name) external view returns (bool) {
        return _advisories[keccak256(bytes(name))];
    }

    /// @inheritdoc ITcbPolicy
    function isModelBanned(bytes6 fmspc) external view returns (bool) {
        return _banned[fmspc];
    }

    function _requireSigned(
        bytes calldata tcbInfo,
        bytes calldata tcbSignature,
        bytes calldata qeIdentity,
        bytes calldata qeSignature
    ) private view {
        (bytes32 x, bytes32 y, uint40 goodUntil) = PCKS.tcbSigner();
        if (block.timestamp >= goodUntil) revert TcbSignerNotValid(goodUntil, block.timestamp);
        _requireSignature(sha256(tcbInfo), tcbSignature, x, y);
        _requireSignature(sha256(qeIdentity), qeSignature, x, y);
    }

    function _requireIdentity(bool tdx, QeIdentity memory identity) private view {
        if (identity.tdx != tdx) revert TcbTextsMismatched(tdx, identity.tdx);
        bytes32 wanted = tdx ? TD_QE_SIGNER : SGX_QE_SIGNER;
        if (identity.mrSigner != wanted) revert TcbQeSignerUnknown(identity.mrSigner, wanted);
    }

    function _requireText(uint40 issuedAt, uint40 nextUpdate, uint32 got) private view {
        if (got != evaluation) revert TcbEvaluationOther(got, evaluation);
        if (block.timestamp < issuedAt || block.timestamp >= nextUpdate) {
            revert TcbTextNotValidNow(issuedAt, nextUpdate, block.timestamp);
        }
    }

    function _requireSignature(bytes32 digest, bytes calldata signature, bytes32 x, bytes32 y) private view {
        bool valid = signature.length == 64
            && P256Signature.isValid(digest, bytes32(signature[:32]), bytes32(signature[32:]), x, y);
        if (!valid) revert TcbSignatureInvalid(digest);
    }

    /// @dev A platform that has just what the level asks. Of modules it has the first.
    function _leastOf(TcbLevel memory level) private pure returns (PlatformTcb memory platform) {
        platform.cpuSvn = level.cpuSvn;
        platform.teeTcbSvn = level.teeTcbSvn;
        platform.pceSvn = level.pceSvn;
        platform.qeSvn = level.qeSvn;
    }
}
