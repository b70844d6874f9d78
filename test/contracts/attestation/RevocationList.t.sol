// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Der} from "../../../contracts/attestation/Der.sol";
import {IPckRegistry} from "../../../contracts/interfaces/IPckRegistry.sol";
import {Damage} from "../helpers/DerKit.sol";
import {PkiKit} from "../helpers/PkiKit.sol";
import {vm} from "../helpers/Vm.sol";

/// @dev Lists of revoked certificates that their issuer has signed.
contract RevocationListTest is PkiKit {
    bytes private constant NUMBER = hex"300a0603551d140403020101";
    bytes private constant AUTHORITY = hex"300b0603551d2304048002cafe";

    function setUp() public override {
        super.setUp();
        feedAuthorities();
    }

    // Every element is damaged in every way. Numbers are where an element comes in the tree, parents first: 0 the version,
    // 3 to 7 the issuer, 10 the list of entries, 11 an entry, 12 its serial, 13 its time, which is not looked at, 14 the
    // extensions.

    function test_Attack_TrailingBytes() public {
        uint256[] memory may = new uint256[](4);
        (may[0], may[1], may[2], may[3]) = (11, 12, 13, 21);
        damageEach(Damage.Trailing, may);
    }

    function test_Attack_OtherTags() public {
        damageEach(Damage.Tag, one(13));
    }

    /// There need be no entries, nothing in an entry but a serial, and nothing about whose key it was.
    function test_Attack_MissingElements() public {
        uint256[] memory may = new uint256[](4);
        (may[0], may[1], may[2], may[3]) = (10, 11, 13, 19);
        damageEach(Damage.Missing, may);
    }

    function test_Attack_ElementsTwice() public {
        uint256[] memory may = new uint256[](4);
        (may[0], may[1], may[2], may[3]) = (11, 12, 13, 19);
        damageEach(Damage.Twice, may);
    }

    function test_Attack_LongLengths() public {
        damageEach(Damage.LongLength, one(13));
    }

    function test_Attack_LengthsTooLarge() public {
        uint256[] memory may = new uint256[](2);
        (may[0], may[1]) = (12, 13);
        damageEach(Damage.Longer, may);
    }

    function test_Attack_LengthsTooSmall() public {
        uint256[] memory may = new uint256[](2);
        (may[0], may[1]) = (12, 13);
        damageEach(Damage.Shorter, may);
    }

    // Around what is signed

    function test_RevertWhen_SomethingFollows() public {
        bytes memory whole = revocations(caName(), CA_KEY, entry(7));
        refused(bytes.concat(whole, hex"00"));
        bytes memory inner = slice(whole, whole.length > 0x102 ? 4 : 3, whole.length);
        refused(sequence(bytes.concat(inner, hex"0500")));
    }

    // Extensions

    function test_submitRevocations_WithWhoseKeyItWas() public {
        submit(bytes.concat(AUTHORITY, NUMBER));
        submit(bytes.concat(NUMBER, AUTHORITY));
    }

    /// Without a number, with two, of one that is none, and of a part of what there is: a delta or a scope.
    function test_RevertWhen_ListIsNotComplete() public {
        bytes memory delta = hex"300d0603551d1b0101ff0403020101";
        bytes memory scope = hex"300f0603551d1c0101ff040530038101ff";
        refusedWith("");
        refusedWith(AUTHORITY);
        refusedWith(bytes.concat(NUMBER, NUMBER));
        refusedWith(hex"300b0603551d14040402010100");
        refusedWith(hex"300a0603551d140403020180");
        refusedWith(hex"300d0603551d140101ff0403020101");
        refusedWith(bytes.concat(NUMBER, delta));
        refusedWith(bytes.concat(NUMBER, scope));
        refusedWith(bytes.concat(NUMBER, hex"300906035504010402cafe"));
    }

    /// Version 1 has no extensions, and a list of another algorithm is none that is read here.
    function test_RevertWhen_ListIsOfAnotherKind() public {
        bytes memory times = bytes.concat(time(UPDATE), time(NEXT_UPDATE));
        bytes memory rest = bytes.concat(caName(), times, LIST_EXTENSIONS);
        refused(signed(CA_KEY, sequence(bytes.concat(ALGORITHM, rest))));
        refused(signed(CA_KEY, sequence(bytes.concat(hex"020100", ALGORITHM, rest))));
        refused(signed(CA_KEY, sequence(bytes.concat(hex"020101", hex"300a06082a8648ce3d040303", rest))));
        refused(signed(CA_KEY, sequence(bytes.concat(hex"020101", ALGORITHM, caName(), times))));
    }

    // Entries

    function test_submitRevocations_EachEntryCounts() public {
        bytes memory der = certificate(pck(), CA_KEY);
        pcks.registerPck(der);
        bytes32 keyId = pcks.keyIdOf(1);
        submitEntries(bytes.concat(entry(1), entry(2), entry(3)));
        (, uint40 until) = pcks.standingOf(keyId);
        eq(until, LIST_DUE);
        submitEntries(bytes.concat(entry(1), entry(0x8000000000000001), entry(2)));
        (, until) = pcks.standingOf(keyId);
        eq(until, 0);
        vm.expectPartialRevert(IPckRegistry.CertificateRevoked.selector);
        pcks.registerPck(der);
    }

    function test_RevertWhen_EntryIsNone() public {
        bytes memory der = revocations(caName(), CA_KEY, hex"0500");
        refused(der);
        refused(revocations(caName(), CA_KEY, bytes.concat(entry(1), hex"30020500")));
        refused(revocations(caName(), CA_KEY, hex"3000"));
        // The entry's serial reaches beyond it.
        refused(revocations(caName(), CA_KEY, hex"3003020201ff"));
    }

    function damageEach(Damage damage, uint256[] memory may) private {
        bytes memory times = bytes.concat(time(UPDATE), time(NEXT_UPDATE));
        bytes memory entries = sequence(bytes.concat(sequence(bytes.concat(integer(0x112233), time(UPDATE)))));
        bytes memory more = tlv(0xa0, sequence(bytes.concat(NUMBER, AUTHORITY)));
        bytes memory tbs = listBody(caName(), times, entries, more);
        Walk memory walk = Walk(type(uint256).max, 0, damage);
        eq(keccak256(damaged(tbs, walk)), keccak256(tbs));
        for (uint256 i = 1; i < walk.seen; ++i) {
            bytes memory der = signed(CA_KEY, damaged(tbs, Walk(i, 0, damage)));
            bool allowed = false;
            for (uint256 j = 0; j < may.length; ++j) {
                if (may[j] + 1 == i) allowed = true;
            }
            try pcks.submitRevocations(der, 10) {
                if (!allowed) revert UintUnequal(i - 1, uint256(damage));
            } catch (bytes memory reason) {
                bytes4 selector = bytes4(reason);
                bool right = selector == Der.DerInvalid.selector
                    || selector == IPckRegistry.CertificateIssuerUnknown.selector;
                if (allowed || !right) revert UintUnequal(i - 1, uint256(damage));
            }
        }
    }

    function one(uint256 number) private pure returns (uint256[] memory may) {
        may = new uint256[](1);
        may[0] = number;
    }

    function submitEntries(bytes memory entries) private {
        pcks.submitRevocations(revocations(caName(), CA_KEY, entries), 10);
    }

    function listWith(bytes memory more) private pure returns (bytes memory) {
        bytes memory times = bytes.concat(time(UPDATE), time(NEXT_UPDATE));
        return signed(CA_KEY, listBody(caName(), times, "", tlv(0xa0, sequence(more))));
    }

    function submit(bytes memory more) private {
        pcks.submitRevocations(listWith(more), 10);
    }

    function refusedWith(bytes memory more) private {
        refused(listWith(more));
    }

    function refused(bytes memory der) private {
        vm.expectPartialRevert(Der.DerInvalid.selector);
        pcks.submitRevocations(der, 10);
    }
}
