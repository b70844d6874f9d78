// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @dev Reads DER as strictly as it is defined: definite lengths in their shortest form, and nothing beyond a range's end.
library Der {
    uint8 internal constant BOOLEAN = 0x01;
    uint8 internal constant INTEGER = 0x02;
    uint8 internal constant BIT_STRING = 0x03;
    uint8 internal constant OCTET_STRING = 0x04;
    uint8 internal constant ENUMERATED = 0x0a;
    uint8 internal constant UTC_TIME = 0x17;
    uint8 internal constant GENERALIZED_TIME = 0x18;
    uint8 internal constant SEQUENCE = 0x30;
    uint8 internal constant SET = 0x31;

    /// @param cursor where in the input it stops making sense.
    error DerInvalid(uint256 cursor);

    /// @return start of the content of the element at `cursor`, which has this tag.
    /// @return next first byte behind it, at most `end`.
    function open(bytes calldata der, uint256 cursor, uint256 end, uint8 tag)
        internal
        pure
        returns (uint256 start, uint256 next)
    {
        if (!isAt(der, cursor, end, tag)) revert DerInvalid(cursor);
        if (cursor + 1 >= end) revert DerInvalid(cursor);
        uint256 length = uint8(der[cursor + 1]);
        start = cursor + 2;
        if (length > 0x7f) {
            uint256 size = length & 0x7f;
            // Nothing here is of 16 MiB. The indefinite form has no size.
            if (size == 0 || size > 3 || start + size > end) revert DerInvalid(cursor);
            length = 0;
            for (uint256 i = 0; i < size; ++i) {
                length = (length << 8) | uint8(der[start + i]);
            }
            start += size;
            if (length < 0x80 || length >> (8 * (size - 1)) == 0) revert DerInvalid(cursor);
        }
        next = start + length;
        if (next > end) revert DerInvalid(cursor);
    }

    function isAt(bytes calldata der, uint256 cursor, uint256 end, uint8 tag) internal pure returns (bool) {
        return cursor < end && end <= der.length && uint8(der[cursor]) == tag;
    }

    /// @dev Where these very bytes are.
    /// @return next first byte behind them.
    function skip(bytes calldata der, uint256 cursor, uint256 end, bytes memory wanted)
        internal
        pure
        returns (uint256 next)
    {
        next = cursor + wanted.length;
        if (next > end || keccak256(der[cursor:next]) != keccak256(wanted)) revert DerInvalid(cursor);
    }

    /// @dev A positive INTEGER of at most 32 bytes, in its shortest form.
    function readUint(bytes calldata der, uint256 cursor, uint256 end)
        internal
        pure
        returns (uint256 value, uint256 next)
    {
        uint256 start;
        (start, next) = open(der, cursor, end, INTEGER);
        if (start == next || uint8(der[start]) > 0x7f) revert DerInvalid(cursor);
        if (der[start] == 0 && next - start > 1) {
            ++start;
            if (uint8(der[start]) < 0x80) revert DerInvalid(cursor);
        }
        value = word(der, start, next, cursor);
    }

    /// @dev The OCTET STRING at `cursor`, which has `length` bytes, at most 32; right aligned.
    function readOctets(bytes calldata der, uint256 cursor, uint256 end, uint256 length)
        internal
        pure
        returns (uint256 value, uint256 next)
    {
        uint256 start;
        (start, next) = open(der, cursor, end, OCTET_STRING);
        if (next - start != length) revert DerInvalid(cursor);
        value = word(der, start, next, cursor);
    }

    /// @return Unix seconds of a UTCTime or GeneralizedTime in UTC, with seconds, as RFC 5280 wants both.
    function readTime(bytes calldata der, uint256 cursor, uint256 end) internal pure returns (uint40, uint256 next) {
        bool short = isAt(der, cursor, end, UTC_TIME);
        uint256 start;
        (start, next) = open(der, cursor, end, short ? UTC_TIME : GENERALIZED_TIME);
        if (next - start != (short ? 13 : 15) || der[next - 1] != "Z") revert DerInvalid(cursor);
        uint256 year = _digits(der, start);
        if (short) {
            year += year < 50 ? 2000 : 1900;
            start += 2;
        } else {
            year = year * 100 + _digits(der, start + 2);
            start += 4;
        }
        return (
            unixTime(
                year,
                _digits(der, start),
                _digits(der, start + 2),
                _digits(der, start + 4),
                _digits(der, start + 6),
                _digits(der, start + 8)
            ),
            next
        );
    }

    /// @dev r and s of an ECDSA signature: BIT STRING of SEQUENCE of two INTEGERs, which ends at `end`.
    function readSignature(bytes calldata der, uint256 cursor, uint256 end)
        internal
        pure
        returns (bytes32 r, bytes32 s)
    {
        (uint256 start, uint256 next) = open(der, cursor, end, BIT_STRING);
        if (next != end) revert DerInvalid(cursor);
        start = skip(der, start, end, hex"00");
        (start, next) = open(der, start, end, SEQUENCE);
        if (next != end) revert DerInvalid(cursor);
        uint256 value;
        (value, start) = readUint(der, start, end);
        r = bytes32(value);
        (value, start) = readUint(der, start, end);
        s = bytes32(value);
        if (start != end) revert DerInvalid(cursor);
    }

    /// @dev Days by Howard Hinnant's `days_from_civil`. Reverts on what is no date after 1969.
    function unixTime(uint256 year, uint256 month, uint256 day, uint256 hour, uint256 minute, uint256 second)
        internal
        pure
        returns (uint40)
    {
        bool valid = year > 1969 && year < 10_000 && month > 0 && month < 13 && day > 0 && day < 32 && hour < 24
            && minute < 60 && second < 60;
        if (!valid) revert DerInvalid(year);
        if (month < 3) {
            --year;
            month += 12;
        }
        uint256 era = year / 400;
        uint256 yearOfEra = year % 400;
        uint256 dayOfYear = (153 * (month - 3) + 2) / 5 + day - 1;
        uint256 dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear;
        // 719,468 days from March of year 0 to 1970.
        return uint40((era * 146_097 + dayOfEra - 719_468) * 86_400 + hour * 3600 + minute * 60 + second);
    }

    /// @dev Bytes `start` to `next`, at most 32 of them, as a number.
    function word(bytes calldata der, uint256 start, uint256 next, uint256 cursor) internal pure returns (uint256) {
        uint256 length = next - start;
        if (length > 32) revert DerInvalid(cursor);
        // A shift by 256 leaves nothing.
        return uint256(bytes32(der[start:next])) >> (8 * (32 - length));
    }

    function _digits(bytes calldata der, uint256 cursor) private pure returns (uint256) {
        uint256 tens = uint256(uint8(der[cursor])) - 48;
        uint256 ones = uint256(uint8(der[cursor + 1])) - 48;
        if (tens > 9 || ones > 9) revert DerInvalid(cursor);
        return tens * 10 + ones;
    }
}
