// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Custody, IOwnerKeys} from "../../../contracts/interfaces/IOwnerKeys.sol";
import {Check} from "../helpers/Check.sol";
import {CustodyHandler} from "./CustodyHandler.sol";

/// @dev Numbered in docs/invariants.md. Each looks at runs of everything that CustodyHandler does.
contract CustodyInvariantsTest is Check {
    error SeldomDone(bytes32 what, uint256 count);

    CustodyHandler private handler;

    function setUp() public {
        handler = new CustodyHandler();
    }

    function targetContracts() public view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    /// An invariant that never sees a veto proves nothing: the handler does everything.
    function test_HandlerDoesEverything() public {
        uint256 dice = 1;
        for (uint256 i = 0; i < 600; ++i) {
            dice = uint256(keccak256(abi.encode(dice)));
            uint256 action = dice % 6;
            if (action == 0) handler.change(dice >> 8, dice >> 40, uint32(dice >> 80), uint32(dice >> 120));
            else if (action == 1 && (dice >> 8) % 3 == 0) handler.cancel(dice >> 16);
            else if (action == 2) handler.conclude(dice >> 8);
            else if (action == 3) handler.request(dice >> 8, (dice >> 40) % 4 == 0);
            else if (action == 4) handler.vetoOf(dice >> 8, dice >> 40);
            else if (action == 5) handler.pass(uint32(dice >> 8));
        }
        bytes32[6] memory whats = [bytes32("change"), "cancel", "conclude", "request", "veto", "pass"];
        for (uint256 i = 0; i < whats.length; ++i) {
            if (handler.countOf(whats[i]) < 3) revert SeldomDone(whats[i], handler.countOf(whats[i]));
        }
        invariant_48_ACustodyChangesOnlyByItsOwnersWordAfterItsDelay();
        invariant_49_ARecoveryCountsOnlyAfterItsDelayAndWithoutAVeto();
        invariant_50_OnlyTheNamedAskAndOnlyOwnersVeto();
    }

    function invariant_48_ACustodyChangesOnlyByItsOwnersWordAfterItsDelay() public view {
        (IOwnerKeys keys, address owner) = handler.registry();
        Custody memory custody = keys.custodyOf(owner);
        eq(custody.version, handler.version());
        eq(custody.delay, handler.delay());
        eq(custody.secondWallet, handler.second());
        eq(keys.changeOf(owner).readyAt, handler.readyAt());
    }

    function invariant_49_ARecoveryCountsOnlyAfterItsDelayAndWithoutAVeto() public view {
        (IOwnerKeys keys, address owner) = handler.registry();
        for (uint256 i = 0; i < 6; ++i) {
            address requester = handler.actor(i);
            yes(keys.isRipe(owner, requester) == handler.mustBeRipe(requester));
        }
        address second = handler.second();
        eq(keys.successorOf(owner), handler.mustBeRipe(second) ? second : address(0));
    }

    function invariant_50_OnlyTheNamedAskAndOnlyOwnersVeto() public view {
        yes(!handler.broken());
    }
}
