// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Der} from "./Der.sol";

/// @dev Reads a JSON text whose exact spelling is known, from its first byte on. It is no JSON reader: what is spelled
/// otherwise, has other members, another order or white space is refused. Only texts whose signature was checked come here, so
/// a text is either as its signer has always written it, or of a format that nobody here has seen.
library SignedText {
    /// @param cursor where in the text it is something else than was expected.
    error TextUnexpected(uint256 cursor);

    function isAt(bytes calldata text, uint256 cursor, bytes memory wanted) internal pure returns (bool) {
        uint256 next = cursor + wanted.length;
        return next <= text.length && keccak256(text[cursor:next]) == keccak256(wanted);
    }

    /// @return next first byte behind `wanted`, which is at `cursor`.
    function skip(bytes calldata text, uint256 cursor, bytes memory wanted) internal pure returns (uint256 next) {
        if (!isAt(text, cursor, wanted)) revert TextUnexpected(cursor);
        return cursor + wanted.length;
    }

    /// @dev A number without a sign, of at most nine digits.
    function readNumber(bytes calldata text, uint256 cursor) internal pure returns (uint256 value, uint256 next) {
        next = cursor;
        while (next < text.length && next < cursor + 9 && _isDigit(text[next])) {
            value = value * 10 + uint8(text[next]) - 48;
            ++next;
        }
        if (next == cursor || (next > cursor + 1 && text[cursor] == "0")) revert TextUnexpected(cursor);
    }

    /// @dev `2025-06-19T10:16:03Z` as Unix seconds.
    function readTime(bytes calldata text, uint256 cursor) internal pure returns (uint40 time, uint256 next) {
        next = cursor + 20;
        if (next > text.length) revert TextUnexpected(cursor);
        bool shaped = text[cursor + 4] == "-" && text[cursor + 7] == "-" && text[cursor + 10] == "T" && text[cursor + 13] == ":"
            && text[cursor + 16] == ":" && text[cursor + 19] == "Z";
        if (!shaped) revert TextUnexpected(cursor);
        time = Der.unixTime(
            _digits(text, cursor, 4),
            _digits(text, cursor + 5, 2),
            _digits(text, cursor + 8, 2),
            _digits(text, cursor + 11, 2),
            _digits(text, cursor + 14, 2),
            _digits(text, cursor + 17, 2)
        );
    }

    /// @dev `length` bytes, at most 32, as upper-case hexadecimal digits; right aligned.
    function readHex(bytes calldata text, uint256 cursor, uint256 length)
        internal
        pure
        returns (uint256 value, uint256 next)
    {
        next = cursor + 2 * length;
        if (next > text.length) revert TextUnexpected(cursor);
        for (uint256 i = cursor; i < next; ++i) {
            uint256 digit = uint8(text[i]);
            if (_isDigit(text[i])) digit -= 48;
            else if (digit > 64 && digit < 71) digit -= 55;
            else revert TextUnexpected(i);
            value = (value << 4) | digit;
        }
    }

    /// @dev The characters of a string up to its closing quote, which is skipped. None is escaped.
    function readString(bytes calldata text, uint256 cursor) internal pure returns (bytes calldata value, uint256 next) {
        next = cursor;
        while (next < text.length && text[next] != "\"") {
            if (text[next] == "\\") revert TextUnexpected(next);
            ++next;
        }
        if (next == text.length) revert TextUnexpected(cursor);
        return (text[cursor:next], next + 1);
    }

    function _digits(bytes calldata text, uint256 cursor, uint256 count) private pure returns (uint256 value) {
        for (uint256 i = cursor; i < cursor + count; ++i) {
            if (!_isDigit(text[i])) revert TextUnexpected(i);
            value = value * 10 + uint8(text[i]) - 48;
        }
    }

    function _isDigit(bytes1 character) private pure returns (bool) {
        return character > 0x2f && character < 0x3a;
    }
}
