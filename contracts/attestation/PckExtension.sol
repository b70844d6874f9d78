// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Der} from "./Der.sol";

/// @param ppidHash keccak of the PPID: which processor.
/// @param cpuSvn the sixteen components, as levels of TCB Info compare them.
struct Pck {
    bytes32 ppidHash;
    bytes16 cpuSvn;
    uint16 pceSvn;
    bytes2 pceId;
    bytes6 fmspc;
}

/// @dev Intel's SGX extension of a PCK certificate, 1.2.840.113741.1.13.1: each element by its full identifier, in Intel's
/// order and once, to the last byte. So what looks like an element inside another one is never taken for it.
library PckExtension {
    using Der for bytes;

    /// @dev Identifiers 1.2.840.113741.1.13.1.N and 1.2.840.113741.1.13.1.2.N.
    bytes private constant FIRST = hex"060a2a864886f84d010d01";
    bytes private constant TCB = hex"060b2a864886f84d010d0102";

    /// @dev `30 00 060b2a864886f84d010d0102 00 00`: what a component begins with, but for its length and its number.
    uint256 private constant SVN = 0x3000060b2a864886f84d010d01020000;

    function read(bytes calldata der, uint256 cursor, uint256 end) internal pure returns (Pck memory pck) {
        uint256 next;
        uint256 value;
        (cursor, next) = der.open(cursor, end, Der.SEQUENCE);
        if (next != end) revert Der.DerInvalid(next);

        (value, cursor) = _readOctets(der, cursor, end, 1, 16);
        pck.ppidHash = keccak256(abi.encodePacked(uint128(value)));

        uint256 start;
        (start, next) = _open(der, cursor, end, FIRST, 2);
        (start, cursor) = der.open(start, next, Der.SEQUENCE);
        if (cursor != next) revert Der.DerInvalid(cursor);
        _readTcb(der, start, next, pck);

        (value, cursor) = _readOctets(der, next, end, 3, 2);
        pck.pceId = bytes2(uint16(value));
        (value, cursor) = _readOctets(der, cursor, end, 4, 6);
        pck.fmspc = bytes6(uint48(value));

        (start, next) = _open(der, cursor, end, FIRST, 5);
        (start, cursor) = der.open(start, next, Der.ENUMERATED);
        if (cursor != next || cursor - start != 1) revert Der.DerInvalid(start);

        // What a platform with several processors has beside: its instance and its configuration. Neither is judged here.
        for (uint8 number = 6; cursor < end; ++number) {
            if (number > 7) revert Der.DerInvalid(cursor);
            (, cursor) = _open(der, cursor, end, FIRST, number);
        }
    }

    /// @dev Eighteen elements of one shape, most of what a certificate costs to read: taken a word at a time.
    function _readTcb(bytes calldata der, uint256 cursor, uint256 end, Pck memory pck) private pure {
        uint256 components = 0;
        uint256 value;
        for (uint256 number = 1; number < 17; ++number) {
            (value, cursor) = _readSvn(der, cursor, end, number);
            if (value > type(uint8).max) revert Der.DerInvalid(cursor);
            components = (components << 8) | value;
        }
        pck.cpuSvn = bytes16(uint128(components));
        (value, cursor) = _readSvn(der, cursor, end, 17);
        pck.pceSvn = uint16(value);
        (uint256 first, uint256 behind) = _open(der, cursor, end, TCB, 18);
        (, cursor) = der.readOctets(first, behind, 16);
        if (cursor != behind || cursor != end) revert Der.DerInvalid(cursor);
    }

    /// @dev `30 length 06 0b 2a864886f84d010d0102 number 02 length value`: SEQUENCE of the identifier that ends in `number`, and a
    /// positive INTEGER of at most sixteen bits in its shortest form.
    function _readSvn(bytes calldata der, uint256 cursor, uint256 end, uint256 number)
        private
        pure
        returns (uint256 value, uint256 next)
    {
        if (cursor + 18 > end) revert Der.DerInvalid(cursor);
        // The last byte of the word is the third of the INTEGER where it has as many.
        uint256 head = uint256(bytes32(der[cursor:cursor + 18])) >> 112;
        uint256 size = (head >> 8) & 0xff;
        // The length of the SEQUENCE follows from that of the INTEGER.
        if (size == 0 || size > 3 || head >> 16 != (SVN | ((15 + size) << 112) | (number << 8) | Der.INTEGER)) {
            revert Der.DerInvalid(cursor);
        }
        next = cursor + 17 + size;
        if (next > end) revert Der.DerInvalid(cursor);
        value = head & 0xff;
        if (size == 1) {
            if (value > 0x7f) revert Der.DerInvalid(cursor);
            return (value, next);
        }
        // A zero stands before what would be negative without, and before nothing else.
        uint256 second = uint8(der[cursor + 18]);
        if (size == 2) {
            if (value > 0x7f || (value == 0 && second < 0x80)) revert Der.DerInvalid(cursor);
            return ((value << 8) | second, next);
        }
        if (value != 0 || second < 0x80) revert Der.DerInvalid(cursor);
        return ((second << 8) | uint8(der[cursor + 19]), next);
    }

    function _readOctets(bytes calldata der, uint256 cursor, uint256 end, uint8 number, uint256 length)
        private
        pure
        returns (uint256 value, uint256 next)
    {
        (cursor, end) = _open(der, cursor, end, FIRST, number);
        (value, next) = der.readOctets(cursor, end, length);
        if (next != end) revert Der.DerInvalid(next);
    }

    /// @return start of the value of the element with this number.
    function _open(bytes calldata der, uint256 cursor, uint256 end, bytes memory prefix, uint8 number)
        private
        pure
        returns (uint256 start, uint256 next)
    {
        (start, next) = der.open(cursor, end, Der.SEQUENCE);
        start = der.skip(start, next, prefix);
        start = der.skip(start, next, abi.encodePacked(number));
    }
}
