// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {SignedText} from "./SignedText.sol";
import {TcbLevel, TcbLevelLib} from "../types/TcbLevel.sol";

/// @param tdx of TDX, not of SGX.
/// @param level `validUntil` is the text's nextUpdate; `qeSvn` is zero: another text says it.
struct TcbInfo {
    bool tdx;
    bytes6 fmspc;
    TcbLevel level;
}

/// @param svn least one that is up to date.
struct QeIdentity {
    bool tdx;
    bytes32 mrSigner;
    uint16 svn;
    uint32 evaluation;
    uint40 issuedAt;
    uint40 validUntil;
}

/// @dev Reads Intel's TCB Info (version 3) and enclave identities (version 2) as Intel spells them. A level is taken where it is
/// up to date, or where all that is known against it was accepted.
library TcbText {
    using SignedText for bytes;

    bytes private constant MODULE_IDENTITY =
        "\"mrsigner\":\"000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000\",\"attributes\":\"0000000000000000\",\"attributesMask\":\"FFFFFFFFFFFFFFFF\"";
    bytes private constant QE_REPORT =
        ",\"miscselect\":\"00000000\",\"miscselectMask\":\"FFFFFFFF\",\"attributes\":\"11000000000000000000000000000000\",\"attributesMask\":\"FBFFFFFFFFFFFFFF0000000000000000\",\"mrsigner\":\"";

    bytes32 private constant UP_TO_DATE = keccak256("UpToDate");
    bytes32 private constant HARDENING = keccak256("SWHardeningNeeded");
    bytes32 private constant CONFIGURATION = keccak256("ConfigurationNeeded");
    bytes32 private constant BOTH = keccak256("ConfigurationAndSWHardeningNeeded");

    /// @notice Where nothing of a text can be taken: even its best level is out of date, or has an advisory that was not
    /// accepted.
    error TcbLevelMissing();
    error TcbModulesTooMany();

    /// @param accepted by keccak of an advisory's name.
    function readTcbInfo(bytes calldata text, mapping(bytes32 advisory => bool) storage accepted)
        internal
        view
        returns (TcbInfo memory info)
    {
        uint256 cursor = text.skip(0, "{\"id\":\"");
        info.tdx = text.isAt(cursor, "TDX");
        cursor = text.skip(cursor, info.tdx ? bytes("TDX") : bytes("SGX"));
        cursor = text.skip(cursor, "\",\"version\":3");
        TcbLevel memory level = info.level;
        (level.issuedAt, level.validUntil, cursor) = _readTimes(text, cursor);
        cursor = text.skip(cursor, ",\"fmspc\":\"");
        uint256 value;
        (value, cursor) = text.readHex(cursor, 6);
        info.fmspc = bytes6(uint48(value));
        cursor = text.skip(cursor, "\",\"pceId\":\"0000\",\"tcbType\":0");
        (level.evaluation, cursor) = _readEvaluation(text, cursor);
        if (info.tdx) {
            cursor = text.skip(cursor, ",\"tdxModule\":{");
            cursor = text.skip(cursor, MODULE_IDENTITY);
            cursor = text.skip(cursor, "},\"tdxModuleIdentities\":[");
            (level.modules, cursor) = _readModules(text, cursor, accepted);
        }
        cursor = text.skip(cursor, ",\"tcbLevels\":[");
        _readLevels(text, cursor, info, accepted);
    }

    function readQeIdentity(bytes calldata text, mapping(bytes32 advisory => bool) storage accepted)
        internal
        view
        returns (QeIdentity memory identity)
    {
        uint256 cursor = text.skip(0, "{\"id\":\"");
        identity.tdx = text.isAt(cursor, "TD_QE\"");
        cursor = text.skip(cursor, identity.tdx ? bytes("TD_QE") : bytes("QE"));
        cursor = text.skip(cursor, "\",\"version\":2");
        (identity.issuedAt, identity.validUntil, cursor) = _readTimes(text, cursor);
        (identity.evaluation, cursor) = _readEvaluation(text, cursor);
        cursor = text.skip(cursor, QE_REPORT);
        uint256 value;
        (value, cursor) = text.readHex(cursor, 32);
        identity.mrSigner = bytes32(value);
        cursor = text.skip(cursor, identity.tdx ? bytes("\",\"isvprodid\":2") : bytes("\",\"isvprodid\":1"));
        cursor = text.skip(cursor, ",\"tcbLevels\":[");
        (value, cursor) = _readSvns(text, cursor, accepted);
        cursor = text.skip(cursor, "}");
        if (cursor != text.length) revert SignedText.TextUnexpected(cursor);
        if (value > type(uint16).max) revert TcbLevelMissing();
        identity.svn = uint16(value);
    }

    /// @dev Levels come from the best to the worst. Taken is the last of those at the top that are good, as long as each asks
    /// no more than the one before: who meets it meets the first level that it matches in the whole list, too.
    function _readLevels(
        bytes calldata text,
        uint256 cursor,
        TcbInfo memory info,
        mapping(bytes32 advisory => bool) storage accepted
    ) private view {
        TcbLevel memory level = info.level;
        bool found;
        while (true) {
            bytes16 cpuSvn;
            bytes16 teeTcbSvn;
            uint256 pceSvn;
            bool good;
            cursor = text.skip(cursor, "{\"tcb\":{\"sgxtcbcomponents\":[");
            (cpuSvn, cursor) = _readComponents(text, cursor);
            cursor = text.skip(cursor, ",\"pcesvn\":");
            (pceSvn, cursor) = text.readNumber(cursor);
            if (pceSvn > type(uint16).max) revert SignedText.TextUnexpected(cursor);
            if (info.tdx) {
                cursor = text.skip(cursor, ",\"tdxtcbcomponents\":[");
                (teeTcbSvn, cursor) = _readComponents(text, cursor);
            }
            (good, cursor) = _readStatus(text, cursor, accepted);
            bool lower = !found
                || (pceSvn <= level.pceSvn
                    && TcbLevelLib.covers(_join(level.cpuSvn, level.teeTcbSvn), _join(cpuSvn, teeTcbSvn)));
            if (!good || !lower) break;
            found = true;
            (level.cpuSvn, level.teeTcbSvn, level.pceSvn) = (cpuSvn, teeTcbSvn, uint16(pceSvn));
            if (!text.isAt(cursor, ",")) break;
            ++cursor;
        }
        if (!found) revert TcbLevelMissing();
    }

    /// @dev `{"svn":2,"category":"BIOS","type":"…"}` sixteen times; category and type say nothing that is judged.
    function _readComponents(bytes calldata text, uint256 cursor) private pure returns (bytes16 components, uint256) {
        uint256 packed = 0;
        for (uint256 i = 0; i < 16; ++i) {
            uint256 svn;
            cursor = text.skip(cursor, "{\"svn\":");
            (svn, cursor) = text.readNumber(cursor);
            if (svn > type(uint8).max) revert SignedText.TextUnexpected(cursor);
            packed = (packed << 8) | svn;
            if (text.isAt(cursor, ",\"category\":\"")) (, cursor) = text.readString(cursor + 13);
            if (text.isAt(cursor, ",\"type\":\"")) (, cursor) = text.readString(cursor + 9);
            cursor = text.skip(cursor, i == 15 ? bytes("}]") : bytes("},"));
        }
        return (bytes16(uint128(packed)), cursor);
    }

    /// @dev Modules of which no level is good are left out: a platform that runs one is not up to date.
    function _readModules(bytes calldata text, uint256 cursor, mapping(bytes32 advisory => bool) storage accepted)
        private
        view
        returns (uint96 modules, uint256)
    {
        uint256 count = 0;
        while (!text.isAt(cursor, "]")) {
            if (count == TcbLevelLib.MAX_MODULES) revert TcbModulesTooMany();
            uint256 version;
            uint256 svn;
            cursor = text.skip(cursor, "{\"id\":\"TDX_");
            (version, cursor) = text.readHex(cursor, 1);
            cursor = text.skip(cursor, "\",");
            cursor = text.skip(cursor, MODULE_IDENTITY);
            cursor = text.skip(cursor, ",\"tcbLevels\":[");
            (svn, cursor) = _readSvns(text, cursor, accepted);
            cursor = text.skip(cursor, "}");
            // Version 0 is the platform's own module, which has no levels.
            if (version != 0 && svn <= type(uint8).max) {
                modules |= uint96(((svn << 8) | version) << (16 * count));
                ++count;
            }
            if (text.isAt(cursor, ",")) ++cursor;
        }
        return (modules, cursor + 1);
    }

    /// @dev Levels of one number, from the best to the worst.
    /// @return least one of those at the top that are good; the greatest number where none is.
    function _readSvns(bytes calldata text, uint256 cursor, mapping(bytes32 advisory => bool) storage accepted)
        private
        view
        returns (uint256 least, uint256)
    {
        least = type(uint256).max;
        bool best = true;
        while (true) {
            uint256 svn;
            bool good;
            cursor = text.skip(cursor, "{\"tcb\":{\"isvsvn\":");
            (svn, cursor) = text.readNumber(cursor);
            (good, cursor) = _readStatus(text, cursor, accepted);
            best = best && good && svn < least;
            if (best) least = svn;
            if (!text.isAt(cursor, ",")) return (least, text.skip(cursor, "]"));
            ++cursor;
        }
        // Unreachable; the compiler does not see it.
        return (least, cursor);
    }

    /// @dev `},"tcbDate":"…","tcbStatus":"…","advisoryIDs":[…]}`, the last where there are any.
    function _readStatus(bytes calldata text, uint256 cursor, mapping(bytes32 advisory => bool) storage accepted)
        private
        view
        returns (bool good, uint256)
    {
        bytes calldata word;
        cursor = text.skip(cursor, "},\"tcbDate\":\"");
        (, cursor) = text.readTime(cursor);
        cursor = text.skip(cursor, "\",\"tcbStatus\":\"");
        (word, cursor) = text.readString(cursor);
        bytes32 status = keccak256(word);
        bool known = status == HARDENING || status == CONFIGURATION || status == BOTH;
        // Where none is named, none was accepted.
        good = status == UP_TO_DATE;
        if (text.isAt(cursor, ",\"advisoryIDs\":[")) {
            cursor += 16;
            good = good || (known && !text.isAt(cursor, "]"));
            while (!text.isAt(cursor, "]")) {
                cursor = text.skip(cursor, "\"");
                (word, cursor) = text.readString(cursor);
                good = good && (status == UP_TO_DATE || accepted[keccak256(word)]);
                if (text.isAt(cursor, ",")) ++cursor;
            }
            ++cursor;
        }
        return (good, text.skip(cursor, "}"));
    }

    function _readTimes(bytes calldata text, uint256 cursor)
        private
        pure
        returns (uint40 issuedAt, uint40 nextUpdate, uint256)
    {
        cursor = text.skip(cursor, ",\"issueDate\":\"");
        (issuedAt, cursor) = text.readTime(cursor);
        cursor = text.skip(cursor, "\",\"nextUpdate\":\"");
        (nextUpdate, cursor) = text.readTime(cursor);
        return (issuedAt, nextUpdate, text.skip(cursor, "\""));
    }

    function _readEvaluation(bytes calldata text, uint256 cursor) private pure returns (uint32, uint256) {
        uint256 value;
        (value, cursor) = text.readNumber(text.skip(cursor, ",\"tcbEvaluationDataNumber\":"));
        // Nine digits are below 2^32.
        return (uint32(value), cursor);
    }

    function _join(bytes16 high, bytes16 low) private pure returns (uint256) {
        return (uint256(uint128(high)) << 128) | uint128(low);
    }
}
