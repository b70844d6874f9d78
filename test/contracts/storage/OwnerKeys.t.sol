// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Custody, CustodyChange, IOwnerKeys} from "../../../contracts/interfaces/IOwnerKeys.sol";
import {OwnerKeysKit} from "../helpers/OwnerKeysKit.sol";
import {vm} from "../helpers/Vm.sol";

/// @dev Custodies, their changes and the backup. Requests: OwnerRecovery.t.sol.
contract OwnerKeysTest is OwnerKeysKit {
    function setUp() public {
        begin();
    }

    // setCustody

    function test_setCustody_First() public {
        vm.expectEmit(address(keys));
        emit IOwnerKeys.CustodySet(ANNA, 1, "hers", 0, address(0), 2 days);
        vm.prank(ANNA);
        keys.setCustody("hers", 0, address(0), 2 days, 1);
        Custody memory custody = keys.custodyOf(ANNA);
        eq(custody.rootKeyId, "hers");
        eq(custody.planHash, 0);
        eq(custody.secondWallet, address(0));
        eq(custody.delay, 2 days);
        eq(custody.version, 1);
        eq(keys.changeOf(ANNA).readyAt, 0);
    }

    /// The present delay decides, not the wanted one, and nothing counts before it is over.
    function test_setCustody_Change() public {
        vm.expectEmit(address(keys));
        emit IOwnerKeys.CustodyChangeAnnounced(OWNER, "next", planHash(), BERT, 2 days, START + DELAY);
        announce("next", BERT, 2 days, 2);
        eq(keys.custodyOf(OWNER).rootKeyId, ROOT);
        eq(keys.custodyOf(OWNER).version, 1);
        CustodyChange memory change = keys.changeOf(OWNER);
        eq(change.rootKeyId, "next");
        eq(change.readyAt, START + DELAY);
    }

    /// The time starts again.
    function test_setCustody_ReplacesAChange() public {
        announce("next", BERT, 2 days, 2);
        vm.warp(START + DELAY);
        announce("other", BERT, 2 days, 2);
        expect(abi.encodeWithSelector(IOwnerKeys.ChangeNotReady.selector, OWNER, START + 2 * DELAY, START + DELAY));
        keys.concludeChange(OWNER);
    }

    function test_RevertWhen_CustodyVersionIsNotTheNext() public {
        for (uint32 version = 0; version < 4; ++version) {
            if (version == 2) continue;
            expect(abi.encodeWithSelector(IOwnerKeys.CustodyVersionStale.selector, OWNER, version, 2));
            announce("next", SECOND, DELAY, version);
        }
    }

    function test_RevertWhen_CustodyHasNoRootKey() public {
        expect(abi.encodeWithSelector(IOwnerKeys.CustodyRootKeyMissing.selector, OWNER));
        announce(0, SECOND, DELAY, 2);
    }

    function test_RevertWhen_SecondWalletIsTheOwner() public {
        expect(abi.encodeWithSelector(IOwnerKeys.CustodySecondWalletInvalid.selector, OWNER, OWNER));
        announce("next", OWNER, DELAY, 2);
    }

    function testFuzz_setCustody_Delay(uint32 delay) public {
        bool valid = delay >= 2 days && delay <= 60 days;
        if (!valid) {
            expect(abi.encodeWithSelector(IOwnerKeys.CustodyDelayInvalid.selector, ANNA, delay, 2 days, 60 days));
        }
        vm.prank(ANNA);
        keys.setCustody("hers", 0, SECOND, delay, 1);
        eq(keys.custodyOf(ANNA).delay, valid ? delay : 0);
    }

    // concludeChange

    function testFuzz_concludeChange(uint256 later) public {
        announce("next", BERT, 9 days, 2);
        later = bound(later, 0, 100 days);
        vm.warp(START + later);
        if (later < DELAY) {
            expect(abi.encodeWithSelector(IOwnerKeys.ChangeNotReady.selector, OWNER, START + DELAY, START + later));
            keys.concludeChange(OWNER);
            eq(keys.custodyOf(OWNER).version, 1);
            return;
        }
        vm.expectEmit(address(keys));
        emit IOwnerKeys.CustodySet(OWNER, 2, "next", planHash(), BERT, 9 days);
        vm.prank(STRANGER);
        keys.concludeChange(OWNER);
        eq(keys.custodyOf(OWNER).secondWallet, BERT);
        eq(keys.custodyOf(OWNER).delay, 9 days);
        expect(abi.encodeWithSelector(IOwnerKeys.ChangeUnknown.selector, OWNER));
        keys.concludeChange(OWNER);
    }

    function test_RevertWhen_ConcludedChangeIsUnknown() public {
        expect(abi.encodeWithSelector(IOwnerKeys.ChangeUnknown.selector, OWNER));
        keys.concludeChange(OWNER);
    }

    // cancelChange

    function test_cancelChange() public {
        for (uint256 i = 0; i < 2; ++i) {
            address by = i == 0 ? OWNER : SECOND;
            announce("next", BERT, DELAY, 2);
            vm.warp(block.timestamp + 2 * DELAY);
            vm.expectEmit(address(keys));
            emit IOwnerKeys.CustodyChangeCancelled(OWNER, by);
            vm.prank(by);
            keys.cancelChange(OWNER);
            expect(abi.encodeWithSelector(IOwnerKeys.ChangeUnknown.selector, OWNER));
            keys.concludeChange(OWNER);
        }
    }

    function test_RevertWhen_CancelledByAnother() public {
        announce("next", BERT, DELAY, 2);
        address[3] memory others = [ANNA, BERT, STRANGER];
        for (uint256 i = 0; i < others.length; ++i) {
            expect(abi.encodeWithSelector(IOwnerKeys.CustodyCallerInvalid.selector, OWNER, others[i]));
            vm.prank(others[i]);
            keys.cancelChange(OWNER);
        }
    }

    function test_RevertWhen_CancelledChangeIsUnknown() public {
        expect(abi.encodeWithSelector(IOwnerKeys.ChangeUnknown.selector, OWNER));
        vm.prank(OWNER);
        keys.cancelChange(OWNER);
    }

    /// A second wallet that was stolen and vetoed must not be able to keep itself in.
    function test_RevertWhen_CancelledByAVetoedSecondWallet() public {
        ask(SECOND);
        veto(OWNER, SECOND);
        announce("next", address(0), DELAY, 2);
        expect(abi.encodeWithSelector(IOwnerKeys.CustodyCallerInvalid.selector, OWNER, SECOND));
        vm.prank(SECOND);
        keys.cancelChange(OWNER);
        vm.warp(START + DELAY);
        keys.concludeChange(OWNER);
        eq(keys.custodyOf(OWNER).secondWallet, address(0));
    }

    // setBackup

    function test_setBackup() public {
        vm.expectEmit(address(keys));
        emit IOwnerKeys.BackupSet(OWNER, "backup");
        vm.prank(OWNER);
        keys.setBackup("backup");
        eq(keys.backupOf(OWNER), "backup");
        eq(keys.backupOf(ANNA), 0);
    }

    // Slots

    function test_Slots() public {
        ask(ANNA);
        bytes32 place = keccak256(abi.encode(OWNER, 0));
        eq(load(place, 0), ROOT);
        eq(load(place, 1), planHash());
        uint256 word = uint256(load(place, 2));
        eq(address(uint160(word)), SECOND);
        eq(uint32(word >> 160), DELAY);
        eq(uint32(word >> 192), 1); // version
        eq(word >> 224, 0);

        place = keccak256(abi.encode(ANNA, keccak256(abi.encode(OWNER, 1))));
        eq(load(place, 0), DEVICE);
        word = uint256(load(place, 1));
        eq(uint40(word), START);
        eq(uint40(word >> 40), START + DELAY);
        eq(uint32(word >> 80), 1); // version
        eq(uint8(word >> 112), 1); // status: open
        eq(word >> 120, 0);
        veto(OWNER, ANNA);
        eq(uint8(uint256(load(place, 1)) >> 112), 2); // status: vetoed

        vm.prank(OWNER);
        keys.setBackup("backup");
        eq(load(keccak256(abi.encode(OWNER, 2)), 0), "backup");
    }

    function load(bytes32 place, uint256 offset) private view returns (bytes32) {
        return vm.load(address(keys), bytes32(uint256(place) + offset));
    }
}
