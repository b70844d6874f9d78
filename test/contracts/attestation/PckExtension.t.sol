// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Der} from "../../../contracts/attestation/Der.sol";
import {IPckRegistry, PckRecord} from "../../../contracts/interfaces/IPckRegistry.sol";
import {Damage} from "../helpers/DerKit.sol";
import {Parts, PkiKit} from "../helpers/PkiKit.sol";
import {vm} from "../helpers/Vm.sol";

/// @dev Intel's extension in certificates that their issuer has signed.
contract PckExtensionTest is PkiKit {
    uint256 private keys;

    function setUp() public override {
        super.setUp();
        feedAuthorities();
        pcks.registerPck(certificate(pck(), CA_KEY));
    }

    // Every element is damaged in every way, and none may be.

    function test_Attack_TrailingBytes() public {
        damageEach(Damage.Trailing);
    }

    function test_Attack_OtherTags() public {
        damageEach(Damage.Tag);
    }

    function test_Attack_MissingElements() public {
        damageEach(Damage.Missing);
    }

    function test_Attack_ElementsTwice() public {
        damageEach(Damage.Twice);
    }

    function test_Attack_LongLengths() public {
        damageEach(Damage.LongLength);
    }

    function test_Attack_LengthsTooLarge() public {
        damageEach(Damage.Longer);
    }

    function test_Attack_LengthsTooSmall() public {
        damageEach(Damage.Shorter);
    }

    // Components

    /// A component of each size that there is, at either end of the list.
    function test_registerPck_ComponentsOfEachValue() public {
        uint8[6] memory values = [0, 1, 0x7f, 0x80, 0xfe, 0xff];
        for (uint256 i = 0; i < values.length; ++i) {
            PckRecord memory record = register(sgxOf(tcbWith(1, integer(values[i])), 0));
            eq(uint8(record.cpuSvn[0]), values[i]);
            eq(uint8(record.cpuSvn[1]), 2);
            record = register(sgxOf(tcbWith(16, integer(values[i])), 0));
            eq(uint8(record.cpuSvn[15]), values[i]);
            eq(uint8(record.cpuSvn[14]), 15);
        }
    }

    function test_registerPck_PceSvnOfEachSize() public {
        uint16[10] memory values = [0, 1, 0x7f, 0x80, 0xff, 0x100, 0x1234, 0x7fff, 0x8000, 0xffff];
        for (uint256 i = 0; i < values.length; ++i) {
            eq(register(sgxOf(tcb(values[i]), 0)).pceSvn, values[i]);
        }
    }

    function test_RevertWhen_ComponentIsLarge() public {
        refused(sgxOf(tcbWith(1, integer(0x100)), 0));
        refused(sgxOf(tcbWith(16, integer(0x7fff)), 0));
        refused(sgxOf(tcbWith(5, integer(0xffff)), 0));
    }

    /// Of each size, what is negative, or has a zero too many, or is too large for sixteen bits.
    function test_RevertWhen_SvnIsNotDer() public {
        bytes[12] memory values = [
            bytes(hex"0200"),
            hex"020180",
            hex"0201ff",
            hex"02020000",
            hex"0202007f",
            hex"02028000",
            hex"0202ffff",
            hex"0203000000",
            hex"0203007fff",
            hex"0203010000",
            hex"02040000ffff",
            hex"0a0101"
        ];
        for (uint256 i = 0; i < values.length; ++i) {
            refused(sgxOf(tcbWith(17, values[i]), 0));
            refused(sgxOf(tcbWith(1, values[i]), 0));
        }
    }

    /// Components in another order, one under another's number, one more and one less.
    function test_RevertWhen_ComponentsAreNotInOrder() public {
        refused(sgxOf(tcbWith(1, integer(1), 2), 0));
        refused(sgxOf(tcbWith(16, integer(1), 17), 0));
        refused(sgxOf(tcbWith(17, integer(1), 16), 0));
        refused(sgxOf(tcbWith(18, hex"04100102030405060708090a0b0c0d0e0f10", 19), 0));
    }

    function test_RevertWhen_WholeTcbIsOfAnotherSize() public {
        refused(sgxOf(tcbWith(18, hex"040f0102030405060708090a0b0c0d0e0f"), 0));
        refused(sgxOf(tcbWith(18, hex"04110102030405060708090a0b0c0d0e0f1011"), 0));
        // One element more behind it.
        bytes memory more = bytes.concat(list(18, hex"04100102030405060708090a0b0c0d0e0f10", 18), component(19, integer(1)));
        refused(sgxOf(sequence(more), 0));
    }

    /// The TCB cut off anywhere: in a component's head, its value, or between two.
    function test_RevertWhen_TcbEndsEarly() public {
        bytes memory whole = list(0, "", 0);
        for (uint256 length = 0; length < whole.length; length += length < 40 ? 1 : 7) {
            refused(sgxOf(sequence(slice(whole, 0, length)), 0));
        }
    }

    // Elements

    function test_registerPck_WithWhatLargePlatformsHave() public {
        bytes memory first = element(6, hex"041005f5448a4251ac8fd94e9cfe5d61d97d");
        bytes memory second = element(7, hex"3000");
        register(with(first));
        register(with(bytes.concat(first, second)));
        refused(with(second));
        refused(with(bytes.concat(first, first)));
        refused(with(bytes.concat(first, second, element(8, hex"3000"))));
        refused(with(bytes.concat(first, second, hex"0500")));
    }

    function test_RevertWhen_ElementsAreOfAnotherSize() public {
        bytes[8] memory others = [
            bytes(hex"040f000102030405060708090a0b0c0d0e"),
            hex"0411000102030405060708090a0b0c0d0e0f10",
            hex"040100",
            hex"0403000000",
            hex"040500de7e5700",
            hex"040700de7e57000000",
            hex"0a00",
            hex"0a020000"
        ];
        uint8[8] memory numbers = [1, 1, 3, 3, 4, 4, 5, 5];
        for (uint256 i = 0; i < others.length; ++i) {
            refused(replaced(numbers[i], numbers[i], others[i]));
        }
    }

    function test_RevertWhen_ElementsAreNotInOrder() public {
        refused(replaced(1, 2, hex"0410000102030405060708090a0b0c0d0e0f"));
        refused(replaced(3, 4, hex"04020000"));
        refused(replaced(4, 5, hex"040600de7e570001"));
        refused(replaced(5, 6, hex"0a0100"));
        refused(replaced(2, 3, tcb(13)));
    }

    function test_RevertWhen_PceIsAnother() public {
        for (uint16 id = 1; id != 0; id <<= 5) {
            bytes memory der = certificate(pckWith(sgxOf(tcb(13), id)), CA_KEY);
            vm.expectRevert(abi.encodeWithSelector(IPckRegistry.PckNotALeaf.selector));
            pcks.registerPck(der);
        }
    }

    /// Another processor, another PPID.
    function test_registerPck_PpidIsOfSixteenBytes() public {
        bytes32 keyId = keyOf(replaced(1, 1, hex"0410ff0102030405060708090a0b0c0d0eff"));
        eq(pcks.ppidHashOf(keyId), keccak256(hex"ff0102030405060708090a0b0c0d0eff"));
    }

    function test_registerPck_KindOfPlatformIsAny() public {
        register(replaced(5, 5, hex"0a0101"));
        register(replaced(5, 5, hex"0a01ff"));
    }

    function damageEach(Damage damage) private {
        bytes memory content = sgx();
        Walk memory walk = Walk(type(uint256).max, 0, damage);
        eq(keccak256(damaged(content, walk)), keccak256(content));
        for (uint256 i = 0; i < walk.seen; ++i) {
            // Only an empty element can be one less without being one more.
            bytes memory der = certificate(pckWith(damaged(content, Walk(i, 0, damage))), CA_KEY);
            try pcks.registerPck(der) {
                revert UintUnequal(i, uint256(damage));
            } catch (bytes memory reason) {
                if (bytes4(reason) != Der.DerInvalid.selector) revert UintUnequal(i, uint256(damage));
            }
        }
    }

    /// @dev Of another key each time.
    function keyOf(bytes memory content) private returns (bytes32) {
        Parts memory parts = pckWith(content);
        parts.serial = integer(0x100 + ++keys);
        parts.key = keyInfo(publicKey(0xf100 + keys));
        return pcks.registerPck(certificate(parts, CA_KEY));
    }

    function register(bytes memory content) private returns (PckRecord memory record) {
        (record,) = pcks.standingOf(keyOf(content));
    }

    function refused(bytes memory content) private {
        bytes memory der = certificate(pckWith(content), CA_KEY);
        vm.expectPartialRevert(Der.DerInvalid.selector);
        pcks.registerPck(der);
    }

    /// @dev One component has another value, and perhaps another number.
    function tcbWith(uint8 number, bytes memory value) private pure returns (bytes memory) {
        return tcbWith(number, value, number);
    }

    function tcbWith(uint8 number, bytes memory value, uint8 as_) private pure returns (bytes memory) {
        return sequence(list(number, value, as_));
    }

    function list(uint8 number, bytes memory value, uint8 as_) private pure returns (bytes memory out) {
        for (uint8 i = 1; i < 19; ++i) {
            bytes memory usual =
                i == 18 ? bytes(hex"04100102030405060708090a0b0c0d0e0f10") : integer(i == 17 ? 13 : i);
            out = bytes.concat(out, i == number ? component(as_, value) : component(i, usual));
        }
    }

    /// @dev With more behind the kind of platform.
    function with(bytes memory more) private pure returns (bytes memory) {
        bytes memory whole = sgx();
        // SEQUENCE, 0x82 and two bytes of length.
        return sequence(bytes.concat(slice(whole, 4, whole.length), more));
    }

    /// @dev One element has another value, and perhaps another number.
    function replaced(uint8 number, uint8 as_, bytes memory value) private pure returns (bytes memory out) {
        bytes[5] memory values = [
            bytes(hex"0410000102030405060708090a0b0c0d0e0f"),
            tcb(13),
            hex"04020000",
            hex"040600de7e570001",
            hex"0a0100"
        ];
        for (uint8 i = 1; i < 6; ++i) {
            out = bytes.concat(out, i == number ? element(as_, value) : element(i, values[i - 1]));
        }
        return sequence(out);
    }
}
