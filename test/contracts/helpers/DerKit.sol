// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Check} from "./Check.sol";

/// @dev What is wrong with one element of a DER tree. Lengths around it are right.
enum Damage {
    Trailing, // a NULL behind its content
    Tag, // another tag
    Missing,
    Twice,
    LongLength, // its length in one byte more than it takes
    Longer, // its length is one more than its content
    Shorter, // its length is one less
    Indefinite // no length, and two zeros at the end
}

/// @dev Writes DER.
abstract contract DerKit is Check {
    struct Walk {
        uint256 wanted;
        uint256 seen;
        Damage damage;
    }

    function tlv(uint8 tag, bytes memory content) internal pure returns (bytes memory) {
        return bytes.concat(bytes1(tag), lengthOf(content.length), content);
    }

    function sequence(bytes memory content) internal pure returns (bytes memory) {
        return tlv(0x30, content);
    }

    function lengthOf(uint256 length) internal pure returns (bytes memory) {
        if (length < 0x80) return abi.encodePacked(uint8(length));
        if (length < 0x100) return abi.encodePacked(uint8(0x81), uint8(length));
        return abi.encodePacked(uint8(0x82), uint16(length));
    }

    /// @dev An INTEGER in its shortest form.
    function integer(uint256 value) internal pure returns (bytes memory) {
        uint256 size = 1;
        while (size < 32 && value >> (8 * size) != 0) ++size;
        bytes memory content = slice(abi.encode(value), 32 - size, 32);
        if (uint8(content[0]) > 0x7f) content = bytes.concat(hex"00", content);
        return tlv(0x02, content);
    }

    function slice(bytes memory from, uint256 start, uint256 next) internal pure returns (bytes memory part) {
        part = new bytes(next - start);
        for (uint256 i = 0; i < part.length; ++i) {
            part[i] = from[start + i];
        }
    }

    /// @dev These bytes with others at `position`.
    function patch(bytes memory from, uint256 position, bytes memory with) internal pure returns (bytes memory) {
        return bytes.concat(
            slice(from, 0, position), with, slice(from, position + with.length, from.length)
        );
    }

    /// @dev The elements one after the other, that with the wanted number damaged; parents come before their children.
    function damaged(bytes memory der, Walk memory walk) internal pure returns (bytes memory out) {
        uint256 cursor = 0;
        while (cursor < der.length) {
            (uint256 start, uint256 next) = contentAt(der, cursor);
            uint8 tag = uint8(der[cursor]);
            bytes memory content = slice(der, start, next);
            bool isWanted = walk.seen++ == walk.wanted;
            if (tag & 0x20 != 0) content = damaged(content, walk);
            out = bytes.concat(out, isWanted ? spoil(tag, content, walk.damage) : tlv(tag, content));
            cursor = next;
        }
    }

    function contentAt(bytes memory der, uint256 cursor) private pure returns (uint256 start, uint256 next) {
        uint256 length = uint8(der[cursor + 1]);
        start = cursor + 2;
        if (length > 0x7f) {
            uint256 size = length & 0x7f;
            length = 0;
            for (uint256 i = 0; i < size; ++i) {
                length = (length << 8) | uint8(der[start++]);
            }
        }
        next = start + length;
    }

    function spoil(uint8 tag, bytes memory content, Damage damage) private pure returns (bytes memory) {
        uint256 length = content.length;
        bytes memory whole = tlv(tag, content);
        if (damage == Damage.Trailing) return tlv(tag, bytes.concat(content, hex"0500"));
        if (damage == Damage.Tag) return tlv(tag ^ 0x01, content);
        if (damage == Damage.Missing) return "";
        if (damage == Damage.Twice) return bytes.concat(whole, whole);
        if (damage == Damage.Longer) return bytes.concat(bytes1(tag), lengthOf(length + 1), content);
        if (damage == Damage.Shorter) return bytes.concat(bytes1(tag), lengthOf(length == 0 ? 1 : length - 1), content);
        if (damage == Damage.Indefinite) return bytes.concat(bytes1(tag), hex"80", content, hex"0000");
        bytes memory long = length < 0x80
            ? abi.encodePacked(uint8(0x81), uint8(length))
            : length < 0x100
            ? abi.encodePacked(uint8(0x82), uint16(length))
            : abi.encodePacked(uint8(0x83), uint24(length));
        return bytes.concat(bytes1(tag), long, content);
    }
}
