// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Der} from "../../../contracts/attestation/Der.sol";
import {DerHarness} from "../helpers/DerHarness.sol";
import {DerKit} from "../helpers/DerKit.sol";
import {vm} from "../helpers/Vm.sol";

/// @dev The reader of DER by itself, to the last byte of each bound.
/// hardhat-config: default.fuzz.runs = 64
contract DerTest is DerKit {
    DerHarness private reader;

    function setUp() public {
        bytes memory code = vm.getCode("test/contracts/helpers/DerHarness.sol:DerHarness");
        address made;
        assembly ("memory-safe") {
            made := create(0, add(code, 0x20), mload(code))
        }
        reader = DerHarness(made);
    }

    // open

    function test_open_LengthsInTheirShortestForm() public view {
        uint256[9] memory lengths = [uint256(0), 1, 0x7e, 0x7f, 0x80, 0x81, 0xff, 0x100, 0x7fff];
        for (uint256 i = 0; i < lengths.length; ++i) {
            bytes memory der = tlv(0x30, new bytes(lengths[i]));
            (uint256 start, uint256 next) = reader.open(der, 0, der.length, 0x30);
            eq(start, der.length - lengths[i]);
            eq(next, der.length);
            // And anywhere, with more behind it.
            der = bytes.concat(hex"abcd", der, hex"ef");
            (start, next) = reader.open(der, 2, der.length, 0x30);
            eq(next, der.length - 1);
            eq(next - start, lengths[i]);
        }
    }

    function test_open_OfThreeBytes() public view {
        bytes memory der = bytes.concat(hex"3083010000", new bytes(0x10000));
        (uint256 start, uint256 next) = reader.open(der, 0, der.length, 0x30);
        eq(start, 5);
        eq(next, der.length);
    }

    /// Lengths that are not the shortest, of no size, of more than three bytes, cut off, or beyond the end.
    function test_RevertWhen_LengthIsNotDer() public {
        bytes memory content = new bytes(0x200);
        bytes[14] memory heads = [
            bytes(hex"3080"), // indefinite
            hex"308100",
            hex"308101",
            hex"30817f",
            hex"30820000",
            hex"3082007f",
            hex"30820080",
            hex"308200ff",
            hex"3083000080",
            hex"3083000100",
            hex"308300ffff",
            hex"308400000001",
            hex"308401000000",
            hex"30ff"
        ];
        for (uint256 i = 0; i < heads.length; ++i) {
            bytes memory der = bytes.concat(heads[i], content);
            refused(0);
            reader.open(der, 0, der.length, 0x30);
        }
        // The same where all of what it might mean is there.
        bytes memory large = bytes.concat(hex"308401000000", new bytes(0x200));
        refused(0);
        reader.open(large, 0, large.length, 0x30);
    }

    function test_RevertWhen_ElementIsCutOff() public {
        bytes[6] memory heads = [bytes(hex"30"), hex"3001", hex"3081", hex"308180", hex"308201", hex"30820100"];
        for (uint256 i = 0; i < heads.length; ++i) {
            refused(0);
            reader.open(heads[i], 0, heads[i].length, 0x30);
            // Behind its end lies more, which is not its own.
            bytes memory der = bytes.concat(heads[i], new bytes(0x200));
            refused(0);
            reader.open(der, 0, heads[i].length, 0x30);
        }
        refused(0);
        reader.open("", 0, 0, 0x30);
        // A length that ends where the range does, with nothing behind it.
        refused(0);
        reader.open(hex"308280", 0, 3, 0x30);
    }

    function test_RevertWhen_RangeIsLongerThanTheBytes() public {
        refused(0);
        reader.open(hex"300100", 0, 4, 0x30);
        yes(!reader.isAt(hex"300100", 0, 4, 0x30));
        yes(reader.isAt(hex"300100", 0, 3, 0x30));
        yes(!reader.isAt(hex"300100", 0, 3, 0x31));
        yes(!reader.isAt(hex"30", 1, 1, 0x30));
        yes(!reader.isAt(hex"3030", 1, 1, 0x30));
    }

    function testFuzz_open(uint16 length, uint8 tag, uint8 before, uint8 behind) public {
        length %= 0x300;
        bytes memory der = bytes.concat(new bytes(before), tlv(tag, new bytes(length)), new bytes(behind));
        (uint256 start, uint256 next) = reader.open(der, before, der.length, tag);
        eq(next - start, length);
        eq(next, der.length - behind);
        refused(before);
        reader.open(der, before, der.length, tag ^ 0x01);
        refused(before);
        reader.open(der, before, next - 1, tag);
    }

    // skip

    function test_skip() public {
        eq(reader.skip(hex"aabbcc", 1, 3, hex"bbcc"), 3);
        eq(reader.skip(hex"aabbcc", 1, 2, hex"bb"), 2);
        refused(1);
        reader.skip(hex"aabbcc", 1, 2, hex"bbcc");
        refused(1);
        reader.skip(hex"aabbcc", 1, 3, hex"bbcd");
        refused(2);
        reader.skip(hex"aabbcc", 2, 3, hex"ccdd");
    }

    // readUint

    function test_readUint() public view {
        uint256[8] memory values =
            [uint256(0), 1, 0x7f, 0x80, 0xff, 0x8000, uint256(1) << 255, type(uint256).max];
        for (uint256 i = 0; i < values.length; ++i) {
            bytes memory der = bytes.concat(hex"ff", integer(values[i]), hex"ee");
            (uint256 value, uint256 next) = reader.readUint(der, 1, der.length);
            eq(value, values[i]);
            eq(next, der.length - 1);
        }
    }

    /// Without a byte, negative, with a zero too many, or of more than 32 bytes.
    function test_RevertWhen_IntegerIsNotPositiveOrNotShort() public {
        bytes[9] memory ders = [
            bytes(hex"0200"),
            hex"020180",
            hex"0201ff",
            hex"0202ff80",
            hex"02020000",
            hex"0202007f",
            hex"0203000080",
            hex"02020001",
            hex"030101"
        ];
        for (uint256 i = 0; i < ders.length; ++i) {
            refused(0);
            reader.readUint(ders[i], 0, ders[i].length);
        }
        bytes memory large = bytes.concat(hex"022101", new bytes(32));
        refused(0);
        reader.readUint(large, 0, large.length);
    }

    function testFuzz_readUint(uint256 value, uint8 shift) public view {
        value >>= shift;
        bytes memory der = integer(value);
        (uint256 got, uint256 next) = reader.readUint(der, 0, der.length);
        eq(got, value);
        eq(next, der.length);
    }

    // readOctets

    function test_readOctets() public {
        (uint256 value, uint256 next) = reader.readOctets(hex"04020102", 0, 4, 2);
        eq(value, 0x0102);
        eq(next, 4);
        (value, next) = reader.readOctets(hex"0400", 0, 2, 0);
        eq(value, 0);
        bytes memory full = bytes.concat(hex"0420", bytes32(type(uint256).max));
        (value, next) = reader.readOctets(full, 0, full.length, 32);
        eq(value, type(uint256).max);
        for (uint256 length = 0; length < 5; ++length) {
            if (length == 2) continue;
            refused(0);
            reader.readOctets(hex"04020102", 0, 4, length);
        }
        full = bytes.concat(hex"0421", new bytes(33));
        refused(0);
        reader.readOctets(full, 0, full.length, 33);
        refused(0);
        reader.readOctets(hex"03020102", 0, 4, 2);
    }

    // readTime

    function test_readTime() public view {
        isTime("700101000000Z", 0x17, 0);
        isTime("991231235959Z", 0x17, 946_684_799);
        isTime("000101000000Z", 0x17, 946_684_800);
        isTime("491231235959Z", 0x17, 2_524_607_999);
        isTime("270115080001Z", 0x17, 1_800_000_001);
        isTime("20270115080001Z", 0x18, 1_800_000_001);
        isTime("20500101000000Z", 0x18, 2_524_608_000);
        isTime("19700101000000Z", 0x18, 0);
        isTime("99991231235959Z", 0x18, 253_402_300_799);
        isTime("20240229123456Z", 0x18, 1_709_210_096);
    }

    /// Year 1950: before 1970, hence no time here, and nothing else than 2050 written short.
    function test_RevertWhen_TimeIsNone() public {
        string[14] memory texts = [
            "500101000000Z",
            "691231235959Z",
            "2701150800Z",
            "270115080001+",
            "2701150800010Z",
            "270115080001",
            "2A0115080001Z",
            "27/115080001Z",
            "27011508000:Z",
            "271315080001Z",
            "270015080001Z",
            "270100080001Z",
            "270132080001Z",
            "270115240001Z"
        ];
        for (uint256 i = 0; i < texts.length; ++i) {
            bytes memory der = tlv(0x17, bytes(texts[i]));
            vm.expectRevert();
            reader.readTime(der, 0, der.length);
        }
        string[8] memory long = [
            "270115080001Z",
            "20270115080001z",
            "20270115080001",
            "20270115080001.0Z",
            "20270115086001Z",
            "20270115080060Z",
            "19691231235959Z",
            "2027011508000 Z"
        ];
        for (uint256 i = 0; i < long.length; ++i) {
            bytes memory der = tlv(0x18, bytes(long[i]));
            vm.expectRevert();
            reader.readTime(der, 0, der.length);
        }
        // 13 characters are of a UTCTime, 15 of the other.
        bytes memory swapped = tlv(0x17, "20270115080001Z");
        refused(0);
        reader.readTime(swapped, 0, swapped.length);
        swapped = tlv(0x19, "20270115080001Z");
        refused(0);
        reader.readTime(swapped, 0, swapped.length);
    }

    // unixTime

    /// Each day from 1970 on is 86,400 seconds after the one before, in months as long as they are.
    function test_unixTime_EachMonthOfFourCenturies() public view {
        uint256 time = 0;
        uint8[12] memory lengths = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
        for (uint256 year = 1970; year < 2402; ++year) {
            bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
            for (uint256 month = 1; month < 13; ++month) {
                uint256 days_ = lengths[month - 1] + (leap && month == 2 ? 1 : 0);
                // Every month near the ends of centuries, one of each other year.
                if (year % 100 < 2 || month == 1 + year % 12) {
                    eq(reader.unixTime([year, month, 1, 0, 0, 0]), time);
                    eq(reader.unixTime([year, month, days_, 23, 59, 59]), time + days_ * 86_400 - 1);
                }
                time += days_ * 86_400;
            }
        }
    }

    function test_unixTime_Bounds() public {
        eq(reader.unixTime([uint256(9999), 12, 31, 23, 59, 59]), 253_402_300_799);
        uint256[6][11] memory none = [
            [uint256(1969), 12, 31, 23, 59, 59],
            [uint256(10_000), 1, 1, 0, 0, 0],
            [uint256(2027), 0, 1, 0, 0, 0],
            [uint256(2027), 13, 1, 0, 0, 0],
            [uint256(2027), 1, 0, 0, 0, 0],
            [uint256(2027), 1, 32, 0, 0, 0],
            [uint256(2027), 1, 1, 24, 0, 0],
            [uint256(2027), 1, 1, 0, 60, 0],
            [uint256(2027), 1, 1, 0, 0, 60],
            [uint256(2027), 1, 1, 99, 0, 0],
            [uint256(0), 1, 1, 0, 0, 0]
        ];
        for (uint256 i = 0; i < none.length; ++i) {
            vm.expectRevert(abi.encodeWithSelector(Der.DerInvalid.selector, none[i][0]));
            reader.unixTime(none[i]);
        }
    }

    // readSignature

    function test_readSignature() public {
        bytes memory both = bytes.concat(integer(7), integer(uint256(1) << 255));
        bytes memory der = tlv(0x03, bytes.concat(hex"00", sequence(both)));
        (bytes32 r, bytes32 s) = reader.readSignature(der, 0, der.length);
        eq(uint256(r), 7);
        eq(uint256(s), uint256(1) << 255);
        bytes[6] memory wrong = [
            bytes.concat(der, hex"00"),
            tlv(0x03, bytes.concat(hex"01", sequence(both))),
            tlv(0x03, bytes.concat(hex"00", sequence(both), hex"00")),
            tlv(0x03, bytes.concat(hex"00", sequence(bytes.concat(both, integer(1))))),
            tlv(0x03, bytes.concat(hex"00", sequence(integer(7)))),
            tlv(0x04, bytes.concat(hex"00", sequence(both)))
        ];
        for (uint256 i = 0; i < wrong.length; ++i) {
            vm.expectPartialRevert(Der.DerInvalid.selector);
            reader.readSignature(wrong[i], 0, wrong[i].length);
        }
    }

    function isTime(string memory text, uint8 tag, uint256 wanted) private view {
        bytes memory der = bytes.concat(hex"00", tlv(tag, bytes(text)), hex"00");
        (uint40 time, uint256 next) = reader.readTime(der, 1, der.length);
        eq(time, wanted);
        eq(next, der.length - 1);
    }

    function refused(uint256 cursor) private {
        vm.expectRevert(abi.encodeWithSelector(Der.DerInvalid.selector, cursor));
    }
}
