// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IAppRegistry} from "../interfaces/IAppRegistry.sol";
import {AppId} from "../types/Ids.sol";

/// @notice Is this text a name that a wallet can show beside its own words?
/// @dev Keeps out what changes how the text around it reads, not what looks like another name: names are not unique and
/// prove nothing. UTF-8 is decoded strictly, because a lenient reader would find forbidden characters in malformed bytes
/// and a strict one would refuse the whole answer.
library AppName {
    uint256 internal constant MAX_BYTES = 64;

    function requireValid(AppId appId, string calldata name) internal pure {
        bytes calldata text = bytes(name);
        if (text.length == 0 || text.length > MAX_BYTES) {
            revert IAppRegistry.AppNameLengthInvalid(appId, text.length, MAX_BYTES);
        }
        if (text[0] == " ") revert IAppRegistry.AppNameCharacterForbidden(appId, 0, 0x20);
        if (text[text.length - 1] == " ") {
            revert IAppRegistry.AppNameCharacterForbidden(appId, text.length - 1, 0x20);
        }
        uint256 i = 0;
        while (i < text.length) {
            (uint256 codePoint, uint256 size) = _decode(text, i);
            if (size == 0) revert IAppRegistry.AppNameMalformed(appId, i);
            if (_isForbidden(codePoint)) revert IAppRegistry.AppNameCharacterForbidden(appId, i, codePoint);
            i += size;
        }
    }

    function _isForbidden(uint256 c) private pure returns (bool) {
        if (c < 0x20 || (c >= 0x7f && c <= 0x9f)) return true; // controls
        if (c == 0x3c || c == 0x3e) return true; // < and >
        if (c == 0xad || c == 0x61c || c == 0x180e || c == 0xfeff) return true; // invisible
        if (c == 0x200b || c == 0x200e || c == 0x200f) return true; // zero width space, direction marks
        if (c >= 0x2028 && c <= 0x202e) return true; // line and paragraph separators, direction embeddings, overrides
        if (c >= 0x2060 && c <= 0x206f) return true; // invisible operators, direction isolates
        if (c >= 0xfff9 && c <= 0xfffb) return true; // interlinear annotations
        return c >= 0xe0000 && c <= 0xe0fff; // tags: a whole hidden text
    }

    /// @dev The character at byte `i` and its length in bytes, 0 where it is not well-formed: cut off, longer than needed,
    /// a surrogate, or beyond U+10FFFF (Unicode, table 3-7).
    function _decode(bytes calldata text, uint256 i) private pure returns (uint256 codePoint, uint256 size) {
        uint256 first = uint8(text[i]);
        if (first < 0x80) return (first, 1);
        uint256 least;
        if (first >= 0xc2 && first <= 0xdf) (codePoint, size, least) = (first & 0x1f, 2, 0x80);
        else if (first >= 0xe0 && first <= 0xef) (codePoint, size, least) = (first & 0x0f, 3, 0x800);
        else if (first >= 0xf0 && first <= 0xf4) (codePoint, size, least) = (first & 0x07, 4, 0x10000);
        else return (0, 0);
        if (i + size > text.length) return (0, 0);
        for (uint256 k = 1; k < size; ++k) {
            uint256 next = uint8(text[i + k]);
            if (next & 0xc0 != 0x80) return (0, 0);
            codePoint = (codePoint << 6) | (next & 0x3f);
        }
        if (codePoint < least || (codePoint >= 0xd800 && codePoint <= 0xdfff) || codePoint > 0x10ffff) return (0, 0);
    }
}
