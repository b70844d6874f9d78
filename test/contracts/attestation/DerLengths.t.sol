// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Der} from "../../../contracts/attestation/Der.sol";
import {DerHarness} from "../helpers/DerHarness.sol";
import {PkiKit} from "../helpers/PkiKit.sol";
import {vm} from "../helpers/Vm.sol";

/// @dev What is signed stays as it was, and a length around it is one too short.
contract DerLengthsTest is PkiKit {
    DerHarness private reader;

    function setUp() public override {
        super.setUp();
        reader = DerHarness(make("test/contracts/helpers/DerHarness.sol:DerHarness", ""));
        feedAuthorities();
    }

    function test_RevertWhen_ASignaturesLengthIsShort() public {
        bytes memory both = bytes.concat(integer(7), integer(9));
        bytes memory whole = tlv(0x03, bytes.concat(hex"00", sequence(both)));
        // Of the BIT STRING, then of the SEQUENCE in it.
        for (uint256 at = 1; at < 5; at += 3) {
            bytes memory der = bytes.concat(whole);
            der[at] = bytes1(uint8(der[at]) - 1);
            vm.expectPartialRevert(Der.DerInvalid.selector);
            reader.readSignature(der, 0, der.length);
        }
    }

    /// ':' follows '9'.
    function test_RevertWhen_ADigitIsNone() public {
        bytes memory good = "300101000000Z";
        (uint40 time,) = reader.readTime(tlv(0x17, good), 0, 15);
        eq(time, 1_893_456_000);
        for (uint256 i = 0; i < 12; ++i) {
            bytes memory text = bytes.concat(good);
            text[i] = ":";
            bytes memory der = tlv(0x17, text);
            vm.expectPartialRevert(Der.DerInvalid.selector);
            reader.readTime(der, 0, der.length);
        }
    }

    function test_RevertWhen_AListsLengthIsShort() public {
        bytes memory der = revocations(caName(), CA_KEY, hex"");
        // SEQUENCE with a length of two bytes: 30 82 hi lo, or of one: 30 81 len.
        uint256 last = uint8(der[1]) == 0x82 ? 3 : uint8(der[1]) == 0x81 ? 2 : 1;
        der[last] = bytes1(uint8(der[last]) - 1);
        vm.expectPartialRevert(Der.DerInvalid.selector);
        pcks.submitRevocations(der, 10);
    }

    /// 00 80 00 01: no component has as many bytes, and its first three would be one that is good.
    function test_RevertWhen_AnSvnHasFourBytes() public {
        bytes memory der = certificate(pckWith(sgxOf(tcb(0x800001), 0)), CA_KEY);
        vm.expectPartialRevert(Der.DerInvalid.selector);
        pcks.registerPck(der);
    }
}
