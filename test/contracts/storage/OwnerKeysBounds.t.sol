// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IOwnerKeys} from "../../../contracts/interfaces/IOwnerKeys.sol";
import {OwnerKeysKit} from "../helpers/OwnerKeysKit.sol";
import {vm} from "../helpers/Vm.sol";

/// @dev The shortest and longest delays, and the seconds in which one ends.
contract OwnerKeysBoundsTest is OwnerKeysKit {
    function setUp() public {
        begin();
    }

    function test_setCustody_ShortestAndLongestDelay() public {
        announce("next", SECOND, 2 days, 2);
        eq(keys.changeOf(OWNER).delay, 2 days);
        announce("next", SECOND, 60 days, 2);
        eq(keys.changeOf(OWNER).delay, 60 days);
    }

    function test_RevertWhen_DelayIsJustOutside() public {
        uint32[2] memory delays = [uint32(2 days - 1), uint32(60 days + 1)];
        for (uint256 i = 0; i < delays.length; ++i) {
            expect(
                abi.encodeWithSelector(
                    IOwnerKeys.CustodyDelayInvalid.selector, OWNER, delays[i], 2 days, 60 days
                )
            );
            announce("next", SECOND, delays[i], 2);
        }
    }

    function test_concludeChange_InItsFirstSecondAndOnce() public {
        announce("next", BERT, 9 days, 2);
        uint256 readyAt = START + DELAY;
        vm.warp(readyAt - 1);
        expect(abi.encodeWithSelector(IOwnerKeys.ChangeNotReady.selector, OWNER, readyAt, readyAt - 1));
        keys.concludeChange(OWNER);
        vm.warp(readyAt);
        keys.concludeChange(OWNER);
        eq(keys.custodyOf(OWNER).version, 2);
        eq(keys.custodyOf(OWNER).secondWallet, BERT);
        expect(abi.encodeWithSelector(IOwnerKeys.ChangeUnknown.selector, OWNER));
        keys.concludeChange(OWNER);
    }

    function test_isRipe_FromItsFirstSecondToItsLast() public {
        ask(SECOND);
        uint256 ripeAt = START + DELAY;
        vm.warp(ripeAt - 1);
        yes(!keys.isRipe(OWNER, SECOND));
        vm.warp(ripeAt);
        yes(keys.isRipe(OWNER, SECOND));
        vm.warp(ripeAt + 30 days - 1);
        yes(keys.isRipe(OWNER, SECOND));
        vm.warp(ripeAt + 30 days);
        yes(!keys.isRipe(OWNER, SECOND));
    }

    /// A signature is spent by what it has done.
    function test_RevertWhen_VetoSignatureComesTwice() public {
        ask(ANNA);
        bytes32 digest = keys.vetoDigest(OWNER, ANNA);
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(OWNER_KEY, digest);
        keys.vetoRecoveryBySig(OWNER, ANNA, abi.encodePacked(r, s, v));
        expect(abi.encodeWithSelector(IOwnerKeys.RecoveryUnknown.selector, OWNER, ANNA));
        keys.vetoRecoveryBySig(OWNER, ANNA, abi.encodePacked(r, s, v));
    }
}
