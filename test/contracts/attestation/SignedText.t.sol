// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Der} from "../../../contracts/attestation/Der.sol";
import {SignedText} from "../../../contracts/attestation/SignedText.sol";
import {DerKit} from "../helpers/DerKit.sol";
import {SignedTextHarness} from "../helpers/SignedTextHarness.sol";
import {vm} from "../helpers/Vm.sol";

/// @dev The reader of texts by itself, to the last character of each bound.
/// hardhat-config: default.fuzz.runs = 64
contract SignedTextTest is DerKit {
    SignedTextHarness private reader;

    function setUp() public {
        bytes memory code = vm.getCode("test/contracts/helpers/SignedTextHarness.sol:SignedTextHarness");
        address made;
        assembly ("memory-safe") {
            made := create(0, add(code, 0x20), mload(code))
        }
        reader = SignedTextHarness(made);
    }

    function test_skip() public {
        eq(reader.skip("abc", 1, "bc"), 3);
        eq(reader.skip("abc", 1, "b"), 2);
        yes(reader.isAt("abc", 1, "bc"));
        yes(!reader.isAt("abc", 1, "bcd"));
        yes(!reader.isAt("abc", 1, "bd"));
        yes(!reader.isAt("abc", 3, "a"));
        refused(1);
        reader.skip("abc", 1, "bcd");
        refused(0);
        reader.skip("abc", 0, "b");
    }

    // readNumber

    function test_readNumber() public view {
        isNumber("0", 0, 1);
        isNumber("7,", 7, 1);
        isNumber("10", 10, 2);
        isNumber("90:", 90, 2);
        isNumber("123456789", 123_456_789, 9);
        isNumber("987654321}", 987_654_321, 9);
        // Nine digits at most: a tenth is what follows.
        isNumber("1234567890", 123_456_789, 9);
        isNumber("5/", 5, 1);
        (uint256 value, uint256 next) = reader.readNumber("x42", 1);
        eq(value, 42);
        eq(next, 3);
    }

    function test_RevertWhen_NumberIsNone() public {
        string[8] memory texts = ["", "x", "-1", "00", "01", "0123", ":1", "/1"];
        for (uint256 i = 0; i < texts.length; ++i) {
            refused(0);
            reader.readNumber(bytes(texts[i]), 0);
        }
        refused(2);
        reader.readNumber("42", 2);
    }

    function testFuzz_readNumber(uint32 number, uint8 before) public view {
        number %= 1_000_000_000;
        bytes memory text = bytes(vm.toString(number));
        (uint256 value, uint256 next) = reader.readNumber(bytes.concat(new bytes(before), text, "}"), before);
        eq(value, number);
        eq(next, before + text.length);
    }

    // readTime

    function test_readTime() public {
        (uint40 time, uint256 next) = reader.readTime("x2027-01-15T08:00:01Zy", 1);
        eq(time, 1_800_000_001);
        eq(next, 21);
        (time, next) = reader.readTime("2024-02-29T12:34:56Z", 0);
        eq(time, 1_709_210_096);
        refused(0);
        reader.readTime("2024-02-29T12:34:56", 0);
        refused(1);
        reader.readTime("2024-02-29T12:34:56Z", 1);
        vm.expectPartialRevert(Der.DerInvalid.selector);
        reader.readTime("2024-13-29T12:34:56Z", 0);
    }

    /// No digit may be anything else, and nothing may stand between the parts but what does.
    function test_RevertWhen_TimeHasAnotherCharacter() public {
        bytes memory text = "2024-02-29T12:34:56Z";
        for (uint256 i = 0; i < text.length; ++i) {
            bool isDigit = text[i] >= "0" && text[i] <= "9";
            bytes memory characters = isDigit ? bytes("/:Ax ") : bytes("0 t_z");
            for (uint256 j = 0; j < characters.length; ++j) {
                bytes memory other = slice(text, 0, text.length);
                other[i] = characters[j];
                refused(isDigit ? i : 0);
                reader.readTime(other, 0);
            }
        }
    }

    // readHex

    function test_readHex() public {
        (uint256 value, uint256 next) = reader.readHex("x0123456789ABCDEFy", 1, 8);
        eq(value, 0x0123456789abcdef);
        eq(next, 17);
        (value, next) = reader.readHex("FF", 0, 1);
        eq(value, 0xff);
        eq(next, 2);
        (value, next) = reader.readHex("", 0, 0);
        eq(value, 0);
        refused(0);
        reader.readHex("FF", 0, 2);
        refused(1);
        reader.readHex("FF0", 1, 2);
        // The neighbours of digits and letters, and lower case.
        bytes memory characters = "/:@Gabfg ";
        for (uint256 i = 0; i < characters.length; ++i) {
            refused(1);
            reader.readHex(bytes.concat("0", characters[i]), 0, 1);
        }
    }

    // readString

    function test_readString() public {
        (bytes memory value, uint256 next) = reader.readString("xBIOS\",", 1);
        eq(keccak256(value), keccak256("BIOS"));
        eq(next, 6);
        (value, next) = reader.readString("\"", 0);
        eq(value.length, 0);
        eq(next, 1);
        (value, next) = reader.readString("a\"b\"", 0);
        eq(next, 2);
        refused(0);
        reader.readString("BIOS", 0);
        refused(0);
        reader.readString("", 0);
        refused(1);
        reader.readString("a\\\"b\"", 0);
    }

    function isNumber(string memory text, uint256 wanted, uint256 end) private view {
        (uint256 value, uint256 next) = reader.readNumber(bytes(text), 0);
        eq(value, wanted);
        eq(next, end);
    }

    function refused(uint256 cursor) private {
        vm.expectRevert(abi.encodeWithSelector(SignedText.TextUnexpected.selector, cursor));
    }
}
