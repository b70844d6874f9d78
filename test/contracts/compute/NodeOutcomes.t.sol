// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {
    ClaimOutcome,
    INodeRegistry,
    KeyState,
    NodeStatus,
    SlashCause
} from "../../../contracts/interfaces/INodeRegistry.sol";
import {NodeId} from "../../../contracts/types/Ids.sol";
import {NodeKit} from "../helpers/NodeKit.sol";
import {vm} from "../helpers/Vm.sol";

/// @dev What the end of a claim does to counters, reputation and stake.
contract NodeOutcomesTest is NodeKit {
    uint96 private constant PART = BOND / 20;

    function test_closeClaim_Settled() public {
        openClaim();
        vm.prank(address(market));
        (NodeId id, address operator) = nodes.closeClaim(WORKER, ClaimOutcome.Settled, 7, REQUESTER, 0);
        yes(id == nodeId);
        eq(operator, OPERATOR);
        expectCounters(0, 1, 0, 7);
        eq(node().stake, STAKE);
        eq(nodes.slashCount(), 0);
    }

    function test_Attack_AnOperatorBurnsForItself() public {
        openClaim();
        closeClaim(ClaimOutcome.Settled, 7, OPERATOR, 0);
        expectCounters(0, 1, 0, 0);
    }

    function test_closeClaim_ProvedFailure() public {
        openClaim();
        closeClaim(ClaimOutcome.ProvedFailure, 7, REQUESTER, 0);
        expectCounters(0, 0, 0, 0);
        eq(node().stake, STAKE);
    }

    function test_closeClaim_UnprovedFailure() public {
        openClaim();
        vm.expectEmit(address(nodes));
        emit INodeRegistry.NodeSlashed(
            nodeId, 1, SlashCause.UnprovedFailure, PART, address(0), 0, uint40(START + 3 days)
        );
        vm.expectEmit(address(nodes));
        emit INodeRegistry.NodeWeightChanged(nodeId, (STAKE - PART) / 2, (STAKE - PART) / 2);
        closeClaim(ClaimOutcome.UnprovedFailure, 7, REQUESTER, 9);
        expectCounters(0, 0, 1, 0);
        eq(node().stake, STAKE - PART);
    }

    function test_closeClaim_UnprovedFailure_KeepsReputation() public {
        burn(6250);
        refresh();
        openClaim();
        closeClaim(ClaimOutcome.UnprovedFailure);
        eq(node().burned, 62.5e18);
        eq(node().weight, ((STAKE - PART) * 131_071) / 131_072);
    }

    function test_closeClaim_TimedOut() public {
        burn(9);
        openClaim();
        vm.expectEmit(address(nodes));
        emit INodeRegistry.NodeSlashed(
            nodeId, 1, SlashCause.TimedOut, BOND, REQUESTER, 5, uint40(START + 3 days)
        );
        vm.expectEmit(address(nodes));
        emit INodeRegistry.NodeWeightChanged(nodeId, (STAKE - BOND) / 2, (STAKE - BOND) / 2);
        closeClaim(ClaimOutcome.TimedOut, 7, REQUESTER, 5);
        expectCounters(0, 1, 1, 4);
        eq(node().stake, STAKE - BOND);
    }

    function test_closeClaim_TimedOutAgain() public {
        burn(9);
        openClaim();
        closeClaim(ClaimOutcome.TimedOutAgain, 7, REQUESTER, 5);
        expectCounters(0, 1, 1, 9);
        eq(node().stake, STAKE);
        eq(nodes.slashCount(), 0);
    }

    function test_closeClaim_Displaced() public {
        openClaims(2);
        closeClaim(ClaimOutcome.Displaced, 7, REQUESTER, 5);
        expectCounters(1, 0, 0, 0);
        eq(node().stake, STAKE);
        eq(nodes.slashCount(), 0);
    }

    function test_closeClaim_SlashIsCappedAtTheStake() public {
        openClaim();
        forgeStake(3);
        closeClaim(ClaimOutcome.TimedOut);
        eq(nodes.slashOf(1).amount, 3);
        eq(node().stake, 0);
        eq(node().weight, 0);
    }

    function test_closeClaim_NothingLeftToSlash() public {
        openClaims(2);
        forgeStake(0);
        closeClaim(ClaimOutcome.TimedOut);
        eq(nodes.slashCount(), 0);
        eq(node().failed, 1);
    }

    function test_closeClaim_CountersSaturate() public {
        openClaims(4);
        forge(160, 24, type(uint24).max);
        forge(184, 16, type(uint16).max);
        forge(200, 32, type(uint32).max - 1);
        closeClaim(ClaimOutcome.Settled, 1, REQUESTER, 0);
        eq(node().burned, uint256(type(uint32).max) * 1e16);
        closeClaim(ClaimOutcome.Settled, type(uint32).max, REQUESTER, 0);
        closeClaim(ClaimOutcome.UnprovedFailure);
        closeClaim(ClaimOutcome.TimedOutAgain);
        expectCounters(0, type(uint24).max, type(uint16).max, type(uint32).max);
    }

    function test_RevertWhen_NoClaimIsOpen() public {
        for (uint256 i = 0; i < 6; ++i) {
            expectPanic(0x11);
            closeClaim(ClaimOutcome(i));
        }
    }

    // Keys that may end nothing by a receipt

    function test_RevertWhen_ReceiptsKeyIsFrozen() public {
        openClaims(3);
        nodes.freezeEnclaveKey(WORKER);
        expectReceiptsRefused(KeyState.Frozen, false);
    }

    function test_RevertWhen_ReceiptsKeyIsDestroyed() public {
        openClaims(3);
        vm.prank(OPERATOR);
        nodes.destroyEnclaveKey(WORKER);
        expectReceiptsRefused(KeyState.Destroyed, false);
    }

    function test_RevertWhen_ReceiptsKeyIsBanned() public {
        openClaims(3);
        measurements.ban(MEASUREMENT);
        expectReceiptsRefused(KeyState.Active, true);
    }

    function test_closeClaim_SilenceOfAUselessKey() public {
        openClaims(3);
        nodes.freezeEnclaveKey(WORKER);
        measurements.ban(MEASUREMENT);
        closeClaim(ClaimOutcome.Displaced);
        closeClaim(ClaimOutcome.TimedOutAgain);
        closeClaim(ClaimOutcome.TimedOut);
        eq(node().failed, 2);
        eq(node().openClaims, 0);
    }

    function test_closeClaim_DrainingAndExpiredKeysFinish() public {
        openClaims(4);
        vm.prank(OPERATOR);
        nodes.drainEnclaveKey(WORKER);
        closeClaim(ClaimOutcome.Settled);
        drain();
        closeClaim(ClaimOutcome.Settled);
        exit();
        closeClaim(ClaimOutcome.Settled);
        vm.warp(START + 8 days);
        closeClaim(ClaimOutcome.ProvedFailure);
        eq(node().settled, 3);
        yes(node().status == NodeStatus.Exiting);
    }

    /// Counters count, and the stake is what came in less what was slashed, whatever the outcomes.
    function testFuzz_closeClaim(uint8[8] memory outcomes, uint32[8] memory burned, bool[8] memory own) public {
        uint256 settled = 0;
        uint256 failed = 0;
        uint256 sum = 0;
        uint256 slashed = 0;
        for (uint256 i = 0; i < outcomes.length; ++i) {
            ClaimOutcome outcome = ClaimOutcome(outcomes[i] % 6);
            openClaim();
            closeClaim(outcome, burned[i], own[i] ? OPERATOR : REQUESTER, 0);
            if (outcome == ClaimOutcome.Settled) {
                ++settled;
                if (!own[i]) sum += burned[i];
                if (sum > type(uint32).max) sum = type(uint32).max;
            } else if (outcome == ClaimOutcome.UnprovedFailure) {
                ++failed;
                slashed += PART;
            } else if (outcome == ClaimOutcome.TimedOut) {
                ++failed;
                sum /= 2;
                slashed += BOND;
            } else if (outcome == ClaimOutcome.TimedOutAgain) {
                ++failed;
            }
        }
        expectCounters(0, settled, failed, sum);
        eq(node().stake, STAKE - slashed);
        eq(node().weight, (STAKE - slashed) / 2);
        eq(totalWeight(), node().weight);
    }

    function expectCounters(uint256 open, uint256 settled, uint256 failed, uint256 units) private view {
        eq(node().openClaims, open);
        eq(node().settled, settled);
        eq(node().failed, failed);
        eq(node().burned, units * 1e16);
    }

    function expectReceiptsRefused(KeyState state, bool banned) private {
        for (uint256 i = 0; i < 3; ++i) {
            vm.expectRevert(
                abi.encodeWithSelector(INodeRegistry.EnclaveKeyNotUsable.selector, WORKER, state, banned)
            );
            closeClaim(ClaimOutcome(i));
        }
        eq(node().openClaims, 3);
    }

    /// @dev Below what open claims hold, which slashes alone reach only by turns.
    function forgeStake(uint96 stake) private {
        forge(0, 96, stake);
    }
}
