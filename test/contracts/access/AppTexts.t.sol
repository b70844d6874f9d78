// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IAppRegistry} from "../../../contracts/interfaces/IAppRegistry.sol";
import {AppId} from "../../../contracts/types/Ids.sol";
import {AppKit} from "../helpers/AppKit.sol";
import {vm} from "../helpers/Vm.sol";

/// @dev What an app may call itself, and which domains it may claim.
contract AppTextsTest is AppKit {
    uint256 private salt;

    // Names

    function test_Name_PlainTextOfAnyAlphabet() public {
        named("a");
        named("Example & Sons, 100% O'Neil (beta)");
        named(unicode"Größe · 例え · пример · مثال");
        named(unicode"👩‍👩‍👧 family"); // with zero width joiners, which many alphabets need, too
        named(string(filled(64, "x")));
    }

    function test_RevertWhen_NameLengthIsInvalid() public {
        expectNameLength(0);
        apps.registerApp(bytes32(salt), "", DOMAIN, METADATA);
        expectNameLength(65);
        apps.registerApp(bytes32(salt), string(filled(65, "x")), DOMAIN, METADATA);
    }

    function test_RevertWhen_NameHasControlCharacters() public {
        for (uint256 c = 0; c < 0x20; ++c) {
            refusedCharacter(bytes.concat("a", bytes1(uint8(c)), "b"), 1, c);
        }
        refusedCharacter(bytes.concat("a", hex"7f"), 1, 0x7f);
        refusedCharacter(bytes.concat("a", hex"c285"), 1, 0x85); // a line break of C1
        refusedCharacter(bytes.concat("a", hex"c29f"), 1, 0x9f);
    }

    function test_RevertWhen_NameTurnsTheDirectionOfText() public {
        for (uint256 c = 0x2028; c <= 0x202e; ++c) {
            refusedCharacter(bytes.concat("bank", utf8(c), "x"), 4, c);
        }
        for (uint256 c = 0x2060; c <= 0x206f; ++c) {
            refusedCharacter(bytes.concat("bank", utf8(c), "x"), 4, c);
        }
        uint16[3] memory marks = [0x061c, 0x200e, 0x200f];
        for (uint256 i = 0; i < marks.length; ++i) {
            refusedCharacter(utf8(marks[i]), 0, marks[i]);
        }
    }

    function test_RevertWhen_NameHidesText() public {
        uint24[10] memory hidden =
            [0xad, 0x180e, 0x200b, 0xfeff, 0xfff9, 0xfffb, 0xe0000, 0xe0041, 0xe01ef, 0xe0fff];
        for (uint256 i = 0; i < hidden.length; ++i) {
            refusedCharacter(bytes.concat("a", utf8(hidden[i]), "b"), 1, hidden[i]);
        }
    }

    function test_RevertWhen_NameIsMarkup() public {
        refusedCharacter("<b>x</b>", 0, 0x3c);
        refusedCharacter("x>", 1, 0x3e);
    }

    function test_RevertWhen_NameStartsOrEndsWithASpace() public {
        refusedCharacter(" ", 0, 0x20);
        refusedCharacter(" a", 0, 0x20);
        refusedCharacter("a ", 1, 0x20);
    }

    function test_RevertWhen_NameIsNotUtf8() public {
        refusedBytes(hex"80", 0); // a continuation alone
        refusedBytes(hex"61c3", 1); // cut off
        refusedBytes(hex"e28261", 0);
        refusedBytes(hex"f09f9261", 0);
        refusedBytes(hex"c080", 0); // longer than needed: zero
        refusedBytes(hex"c1bf", 0);
        refusedBytes(hex"e080af", 0);
        refusedBytes(hex"e09fbf", 0);
        refusedBytes(hex"f08280ae", 0); // U+202E in four bytes
        refusedBytes(hex"eda080", 0); // a surrogate
        refusedBytes(hex"edbfbf", 0);
        refusedBytes(hex"f4908080", 0); // beyond U+10FFFF
        refusedBytes(hex"f5808080", 0);
        refusedBytes(hex"ff", 0);
    }

    function test_Name_AroundWhatIsForbidden() public {
        uint24[17] memory fine = [
            0x21,
            0x7e,
            0xa0,
            0xd7ff,
            0xe000,
            0x200a,
            0x200c,
            0x200d,
            0x2010,
            0x2027,
            0x202f,
            0x205f,
            0x2070,
            0xfff8,
            0xfffc,
            0xdffff,
            0x10ffff
        ];
        for (uint256 i = 0; i < fine.length; ++i) {
            named(string(utf8(fine[i])));
        }
    }

    // Domains

    function test_Domain_Valid() public {
        claimed("a.b");
        claimed("example.com");
        claimed("1.2.3.com");
        claimed("a--b.co.uk");
        claimed("xn--80ak6aa92e.com"); // reads as apple.com: a wallet shows it as it is written here
        claimed(string.concat(string(filled(63, "a")), ".", string(filled(63, "b"))));
        claimed(longest());
    }

    function test_RevertWhen_DomainIsTooLong() public {
        string memory domain = string.concat(longest(), "b");
        vm.expectRevert(
            abi.encodeWithSelector(
                IAppRegistry.AppDomainTooLong.selector, apps.appIdOf(address(this), bytes32(salt)), 254, 253
            )
        );
        apps.registerApp(bytes32(salt), NAME, domain, METADATA);
    }

    function test_RevertWhen_DomainIsMalformed() public {
        refusedDomain("", 0);
        refusedDomain("localhost", 9);
        refusedDomain(".com", 0);
        refusedDomain("a..com", 2);
        refusedDomain("example.com.", 12);
        refusedDomain(".", 0);
        refusedDomain("-a.com", 0);
        refusedDomain("a-.com", 2);
        refusedDomain("a.-com", 2);
        refusedDomain("a.com-", 6);
        refusedDomain("Example.com", 0);
        refusedDomain("exa mple.com", 3);
        refusedDomain("exa_mple.com", 3);
        refusedDomain("example.com/a", 11);
        refusedDomain("example.com:443", 11);
        refusedDomain("user@example.com", 4);
        refusedDomain(unicode"exämple.com", 2);
        refusedDomain(unicode"example。com", 7);
        refusedDomain("a\x00.com", 1);
        refusedDomain(string.concat(string(filled(64, "a")), ".com"), 63);
        refusedDomain(string.concat("a.", string(filled(64, "b"))), 65);
    }

    function test_RevertWhen_DomainIsAnAddress() public {
        refusedDomain("127.0.0.1", 9);
        refusedDomain("127.1", 5);
        refusedDomain("127.0.0.0x1", 11);
        refusedDomain("10.0x7f", 7);
        refusedDomain("a.1", 3);
        refusedDomain("[::1]", 0);
        refusedDomain("::1", 0);
    }

    // Fuzz

    /// Whatever bytes are taken as a name, a second and simpler reading finds nothing forbidden in them.
    function testFuzz_Name_NothingForbiddenPasses(bytes memory noise, uint16 start, uint8 pick) public {
        bytes memory text = noise.length > 64 ? slice(noise, 64) : noise;
        // Noise alone is hardly ever UTF-8: plain letters with one piece of it, too.
        if (pick % 2 == 0) {
            for (uint256 i = 0; i < text.length; ++i) {
                if (i < start % 64 || i >= start % 64 + 4) text[i] = bytes1(uint8(0x61) + (uint8(text[i]) % 26));
            }
        }
        try apps.registerApp("fuzz", string(text), DOMAIN, METADATA) {
            yes(text.length >= 1 && text.length <= 64);
            for (uint256 i = 0; i < text.length; ++i) {
                uint8 c = uint8(text[i]);
                yes(c >= 0x20 && c != 0x7f && c != 0x3c && c != 0x3e && c != 0xc0 && c != 0xc1 && c < 0xf5);
                if (i + 2 >= text.length) continue;
                uint256 three = (uint256(c) << 16) | (uint256(uint8(text[i + 1])) << 8) | uint8(text[i + 2]);
                yes(three < 0xe280a8 || three > 0xe280ae);
                yes(three < 0xe281a0 || three > 0xe281af);
            }
        } catch {}
    }

    function testFuzz_Name_EveryOtherCharacterPasses(uint256 codePoint) public {
        codePoint = bound(codePoint, 0xa1, 0x10ffff);
        if (codePoint == 0xad || codePoint == 0x61c || codePoint == 0x180e || codePoint == 0xfeff) return;
        if (codePoint >= 0x200b && codePoint <= 0x206f) return;
        if (codePoint >= 0xd800 && codePoint <= 0xdfff) return;
        if (codePoint >= 0xfff9 && codePoint <= 0xfffb) return;
        if (codePoint >= 0xe0000 && codePoint <= 0xe0fff) return;
        named(string(utf8(codePoint)));
    }

    /// Against a second writing of the rules: split first, then look at each label.
    function testFuzz_Domain_AsByTheRules(bytes memory noise, uint8 length) public {
        bytes memory alphabet = "ab-z019...A";
        uint256 size = noise.length < length % 24 ? noise.length : length % 24;
        bytes memory text = new bytes(size);
        for (uint256 i = 0; i < size; ++i) {
            text[i] = alphabet[uint8(noise[i]) % alphabet.length];
        }
        bool good = isDomain(text);
        try apps.registerApp("fuzz", NAME, string(text), METADATA) {
            yes(good);
        } catch {
            yes(!good);
        }
    }

    function testFuzz_Domain_OfValidLabels(uint256 seed, uint8 labels) public {
        bytes memory text = "";
        for (uint256 i = 0; i <= bound(labels, 1, 3); ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            bytes memory label = filled(1 + seed % 62, bytes1(uint8(0x61 + (seed >> 8) % 26)));
            text = bytes.concat(text, i == 0 ? bytes("") : bytes("."), label);
        }
        claimed(string(text));
    }

    function isDomain(bytes memory text) private pure returns (bool) {
        uint256 labels = 0;
        uint256 from = 0;
        for (uint256 i = 0; i <= text.length; ++i) {
            if (i < text.length && text[i] != ".") {
                bytes1 c = text[i];
                if (!((c >= "a" && c <= "z") || (c >= "0" && c <= "9") || c == "-")) return false;
                continue;
            }
            if (i == from || text[from] == "-" || text[i - 1] == "-") return false;
            ++labels;
            if (i == text.length) return labels > 1 && text[from] >= "a";
            from = i + 1;
        }
        return false;
    }

    // Helpers

    function named(string memory name) private {
        AppId id = apps.registerApp(bytes32(++salt), name, DOMAIN, METADATA);
        eq(keccak256(bytes(apps.appById(id).name)), keccak256(bytes(name)));
    }

    function claimed(string memory domain) private {
        AppId id = apps.registerApp(bytes32(++salt), NAME, domain, METADATA);
        eq(keccak256(bytes(apps.appById(id).domain)), keccak256(bytes(domain)));
    }

    function expectNameLength(uint256 got) private {
        vm.expectRevert(
            abi.encodeWithSelector(
                IAppRegistry.AppNameLengthInvalid.selector, apps.appIdOf(address(this), bytes32(salt)), got, 64
            )
        );
    }

    function refusedCharacter(bytes memory name, uint256 index, uint256 codePoint) private {
        AppId id = apps.appIdOf(address(this), bytes32(salt));
        vm.expectRevert(
            abi.encodeWithSelector(IAppRegistry.AppNameCharacterForbidden.selector, id, index, codePoint)
        );
        apps.registerApp(bytes32(salt), string(name), DOMAIN, METADATA);
    }

    function refusedBytes(bytes memory name, uint256 index) private {
        AppId id = apps.appIdOf(address(this), bytes32(salt));
        vm.expectRevert(abi.encodeWithSelector(IAppRegistry.AppNameMalformed.selector, id, index));
        apps.registerApp(bytes32(salt), string(name), DOMAIN, METADATA);
    }

    function refusedDomain(string memory domain, uint256 index) private {
        AppId id = apps.appIdOf(address(this), bytes32(salt));
        vm.expectRevert(abi.encodeWithSelector(IAppRegistry.AppDomainMalformed.selector, id, index));
        apps.registerApp(bytes32(salt), NAME, domain, METADATA);
    }

    /// @dev 253 bytes.
    function longest() private pure returns (string memory) {
        string memory label = string.concat(string(filled(63, "a")), ".");
        return string.concat(label, label, label, string(filled(61, "b")));
    }

    function filled(uint256 length, bytes1 c) private pure returns (bytes memory text) {
        text = new bytes(length);
        for (uint256 i = 0; i < length; ++i) {
            text[i] = c;
        }
    }

    function slice(bytes memory text, uint256 length) private pure returns (bytes memory part) {
        part = new bytes(length);
        for (uint256 i = 0; i < length; ++i) {
            part[i] = text[i];
        }
    }

    function utf8(uint256 c) private pure returns (bytes memory) {
        if (c < 0x80) return bytes.concat(byteOf(c));
        if (c < 0x800) return bytes.concat(byteOf(0xc0 | (c >> 6)), tail(c));
        if (c < 0x10000) return bytes.concat(byteOf(0xe0 | (c >> 12)), tail(c >> 6), tail(c));
        return bytes.concat(byteOf(0xf0 | (c >> 18)), tail(c >> 12), tail(c >> 6), tail(c));
    }

    function tail(uint256 c) private pure returns (bytes1) {
        return byteOf(0x80 | (c & 0x3f));
    }

    function byteOf(uint256 c) private pure returns (bytes1) {
        return bytes1(uint8(c));
    }
}
