// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {
    ClaimOutcome,
    INodeRegistry,
    KeyState,
    NodeStatus,
    Slash,
    SlashCause
} from "../../../contracts/interfaces/INodeRegistry.sol";
import {NodeKit} from "../helpers/NodeKit.sol";
import {vm} from "../helpers/Vm.sol";

/// @dev What is slashed waits for an appeal, then pays who was hurt and burns the rest.
contract NodeSlashesTest is NodeKit {
    function test_slashOf() public {
        eq(timeOut(REQUESTER, 5), 1);
        Slash memory slash = nodes.slashOf(1);
        yes(slash.nodeId == nodeId);
        eq(slash.executableAt, START + 3 days);
        yes(slash.cause == SlashCause.TimedOut);
        eq(slash.amount, BOND);
        eq(slash.victim, REQUESTER);
        eq(slash.cost, 5);
        eq(timeOut(REQUESTER, 0), 2);
        eq(nodes.slashOf(3).amount, 0);
        // Nothing has left yet.
        eq(token.balanceOf(address(nodes)), STAKE);
    }

    // Execution

    function test_executeSlash() public {
        uint256 slashId = timeOut(REQUESTER, 5);
        vm.warp(START + 3 days);
        vm.expectEmit(address(nodes));
        emit INodeRegistry.SlashExecuted(slashId, nodeId, 5, BOND - 5);
        vm.prank(STRANGER);
        nodes.executeSlash(slashId);
        eq(nodes.compensationOf(REQUESTER), 5);
        eq(token.balanceOf(BURNED), BOND - 5);
        eq(token.balanceOf(address(nodes)), STAKE - BOND + 5);
        eq(nodes.slashOf(slashId).amount, 0);
        eq(nodes.slashCount(), 1);
    }

    function test_executeSlash_VictimGetsNoMoreThanThereIs() public {
        uint256 slashId = timeOut(REQUESTER, BOND + 5);
        execute(slashId);
        eq(nodes.compensationOf(REQUESTER), BOND);
        eq(token.balanceOf(BURNED), 0);
    }

    function test_executeSlash_AllOfIt() public {
        uint256 slashId = timeOut(REQUESTER, BOND);
        vm.recordLogs();
        execute(slashId);
        eq(logsOf(address(token), IERC20.Transfer.selector), 0);
        eq(nodes.compensationOf(REQUESTER), BOND);
        eq(token.balanceOf(BURNED), 0);
    }

    function test_executeSlash_WithoutVictim() public {
        openClaim();
        closeClaim(ClaimOutcome.UnprovedFailure);
        execute(1);
        eq(nodes.compensationOf(address(0)), 0);
        eq(token.balanceOf(BURNED), BOND / 20);
    }

    function test_RevertWhen_SlashIsExecutedInTheAppeal() public {
        uint256 slashId = timeOut(REQUESTER, 5);
        vm.warp(START + 3 days - 1);
        vm.expectRevert(
            abi.encodeWithSelector(
                INodeRegistry.SlashAppealOpen.selector, slashId, START + 3 days, START + 3 days - 1
            )
        );
        nodes.executeSlash(slashId);
    }

    function test_RevertWhen_SlashIsExecutedTwice() public {
        uint256 slashId = timeOut(REQUESTER, 5);
        execute(slashId);
        expectUnknown(slashId);
        nodes.executeSlash(slashId);
        expectUnknown(slashId);
        nodes.cancelSlash(slashId);
    }

    function test_RevertWhen_SlashIsUnknown() public {
        expectUnknown(0);
        nodes.executeSlash(0);
        expectUnknown(1);
        nodes.executeSlash(1);
        expectUnknown(1);
        nodes.cancelSlash(1);
    }

    // Appeal

    function test_cancelSlash() public {
        uint256 slashId = timeOut(REQUESTER, 5);
        vm.warp(START + 3 days - 1);
        vm.roll(2000);
        vm.expectEmit(address(nodes));
        emit INodeRegistry.NodeWeightChanged(nodeId, STAKE / 2, STAKE / 2);
        vm.expectEmit(address(nodes));
        emit INodeRegistry.SlashCancelled(slashId, nodeId, BOND);
        nodes.cancelSlash(slashId);
        eq(node().stake, STAKE);
        eq(node().weightSince, 2000);
        eq(nodes.slashOf(slashId).amount, 0);
    }

    function test_cancelSlash_OfAnExitingNode() public {
        uint256 slashId = timeOut(REQUESTER, 5);
        exit();
        nodes.cancelSlash(slashId);
        eq(node().stake, STAKE);
        eq(node().weight, 0);
        vm.warp(START + 14 days);
        withdraw();
        eq(token.balanceOf(OPERATOR), STAKE);
    }

    function test_cancelSlash_OfANodeThatHasLeft() public {
        exit();
        vm.warp(START + 14 days);
        uint256 slashId = equivocate();
        withdraw();
        eq(token.balanceOf(OPERATOR), 0);
        nodes.cancelSlash(slashId);
        eq(node().stake, 0);
        eq(nodes.compensationOf(OPERATOR), STAKE);
        vm.prank(OPERATOR);
        nodes.withdrawCompensation();
        eq(token.balanceOf(OPERATOR), STAKE);
        eq(token.balanceOf(address(nodes)), 0);
    }

    function test_RevertWhen_AppealIsOver() public {
        uint256 slashId = timeOut(REQUESTER, 5);
        vm.warp(START + 3 days);
        vm.expectRevert(
            abi.encodeWithSelector(
                INodeRegistry.SlashAppealOver.selector, slashId, START + 3 days, START + 3 days
            )
        );
        nodes.cancelSlash(slashId);
    }

    function test_RevertWhen_CancelledTwiceOrExecutedAfter() public {
        uint256 slashId = timeOut(REQUESTER, 5);
        nodes.cancelSlash(slashId);
        expectUnknown(slashId);
        nodes.cancelSlash(slashId);
        vm.warp(START + 3 days);
        expectUnknown(slashId);
        nodes.executeSlash(slashId);
    }

    function test_RevertWhen_CancelledByTheOperatorItself() public {
        uint256 slashId = timeOut(REQUESTER, 5);
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, OPERATOR));
        vm.prank(OPERATOR);
        nodes.cancelSlash(slashId);
    }

    // Compensation

    function test_withdrawCompensation() public {
        execute(timeOut(REQUESTER, 5));
        execute(timeOut(REQUESTER, 6));
        uint256 before = token.balanceOf(REQUESTER);
        vm.expectEmit(address(nodes));
        emit INodeRegistry.CompensationWithdrawn(REQUESTER, 11);
        vm.prank(REQUESTER);
        eq(nodes.withdrawCompensation(), 11);
        eq(token.balanceOf(REQUESTER), before + 11);
        eq(nodes.compensationOf(REQUESTER), 0);
    }

    function test_RevertWhen_NothingIsOwed() public {
        execute(timeOut(REQUESTER, 5));
        vm.startPrank(REQUESTER);
        nodes.withdrawCompensation();
        bytes memory wanted = abi.encodeWithSelector(INodeRegistry.CompensationEmpty.selector, REQUESTER);
        vm.expectRevert(wanted);
        nodes.withdrawCompensation();
    }

    // Equivocation

    function test_slashEquivocation() public {
        burn(6250);
        refresh();
        openClaim();
        vm.expectEmit(address(nodes));
        emit INodeRegistry.EnclaveKeyStateChanged(nodeId, WORKER, KeyState.Destroyed);
        vm.expectEmit(address(nodes));
        emit INodeRegistry.NodeSlashed(
            nodeId, 1, SlashCause.Equivocation, uint96(STAKE), address(0), 0, uint40(START + 3 days)
        );
        vm.expectEmit(address(nodes));
        emit INodeRegistry.NodeWeightChanged(nodeId, 0, 0);
        vm.prank(address(market));
        yes(nodes.slashEquivocation(WORKER) == nodeId);
        eq(node().stake, 0);
        eq(node().burned, 0);
        eq(node().openClaims, 1);
        yes(nodes.enclaveKeyOf(WORKER).state == KeyState.Destroyed);
        // Its reputation does not come back with a new stake.
        addStake(uint96(STAKE));
        eq(node().weight, STAKE / 2);
        vm.warp(START + 3 days);
        nodes.executeSlash(1);
        eq(token.balanceOf(BURNED), STAKE);
    }

    function test_slashEquivocation_OfAFrozenKey() public {
        nodes.freezeEnclaveKey(WORKER);
        equivocate();
        yes(nodes.enclaveKeyOf(WORKER).state == KeyState.Destroyed);
    }

    function test_slashEquivocation_WhereNothingIsStaked() public {
        exitAndWithdraw();
        equivocate();
        eq(nodes.slashCount(), 0);
        yes(node().status == NodeStatus.Exited);
    }

    function test_RevertWhen_EquivocationIsSlashedTwice() public {
        equivocate();
        addStake(5);
        vm.expectRevert(
            abi.encodeWithSelector(INodeRegistry.EnclaveKeyStateInvalid.selector, WORKER, KeyState.Destroyed)
        );
        equivocate();
        eq(node().stake, 5);
    }

    function test_RevertWhen_EquivocatingKeyIsUnknown() public {
        vm.expectRevert(abi.encodeWithSelector(INodeRegistry.EnclaveKeyUnknown.selector, STRANGER));
        vm.prank(address(market));
        nodes.slashEquivocation(STRANGER);
    }

    // Who would dodge

    function test_Attack_ExitDoesNotDodgeASlash() public {
        openClaim();
        exit();
        // A job lasts a week at most: the claim is over long before unbonding is.
        vm.warp(START + 8 days);
        closeClaim(ClaimOutcome.TimedOut);
        vm.warp(START + 14 days);
        withdraw();
        eq(token.balanceOf(OPERATOR), STAKE - BOND);
        nodes.executeSlash(1);
        eq(token.balanceOf(address(nodes)), 0);
    }

    function test_Attack_UnbondingDoesNotDodgeEquivocation() public {
        exit();
        vm.warp(START + 14 days);
        equivocate();
        withdraw();
        eq(token.balanceOf(OPERATOR), 0);
    }

    /// Who has signed twice would destroy the key before anybody shows the receipts.
    function test_Attack_DestroyingTheKeyDoesNotDodgeEquivocation() public {
        vm.prank(OPERATOR);
        nodes.destroyEnclaveKey(WORKER);
        eq(nodes.slashOf(equivocate()).amount, STAKE);
        eq(node().stake, 0);
        addStake(5);
        vm.expectRevert(
            abi.encodeWithSelector(INodeRegistry.EnclaveKeyStateInvalid.selector, WORKER, KeyState.Destroyed)
        );
        equivocate();
    }

    /// The same two receipts do not undo an appeal.
    function test_Attack_EquivocationIsNotSlashedAgainAfterItsAppeal() public {
        nodes.cancelSlash(equivocate());
        vm.expectRevert(
            abi.encodeWithSelector(INodeRegistry.EnclaveKeyStateInvalid.selector, WORKER, KeyState.Destroyed)
        );
        equivocate();
        eq(node().stake, STAKE);
    }

    function test_Attack_DrainingDoesNotDodgeASlash() public {
        openClaim();
        drain();
        closeClaim(ClaimOutcome.TimedOut);
        eq(node().stake, STAKE - BOND);
    }

    /// Stakes, pending slashes and compensations are the registry's tokens.
    function testFuzz_executeSlash_PaysAllThereIs(uint96 cost, bool cancelled) public {
        uint256 slashId = timeOut(REQUESTER, cost);
        if (cancelled) {
            nodes.cancelSlash(slashId);
        } else {
            execute(slashId);
        }
        uint256 paid = cancelled ? 0 : cost < BOND ? cost : BOND;
        eq(nodes.compensationOf(REQUESTER), paid);
        eq(token.balanceOf(BURNED), cancelled ? 0 : BOND - paid);
        eq(token.balanceOf(address(nodes)), node().stake + paid);
    }

    function testFuzz_withdrawCompensation(uint96[4] memory costs, bool[4] memory mine) public {
        uint256 before = token.balanceOf(REQUESTER);
        uint256 wanted = 0;
        for (uint256 i = 0; i < costs.length; ++i) {
            uint256 slashId = timeOut(mine[i] ? REQUESTER : STRANGER, costs[i]);
            vm.warp(block.timestamp + 1 days);
            if (mine[i]) wanted += costs[i] < BOND ? costs[i] : BOND;
            eq(nodes.slashOf(slashId).cost, costs[i]);
        }
        for (uint256 i = 1; i <= costs.length; ++i) {
            execute(i);
        }
        eq(nodes.compensationOf(REQUESTER), wanted);
        if (wanted == 0) vm.expectPartialRevert(INodeRegistry.CompensationEmpty.selector);
        vm.prank(REQUESTER);
        nodes.withdrawCompensation();
        eq(token.balanceOf(REQUESTER), before + wanted);
        eq(token.balanceOf(address(nodes)), node().stake + nodes.compensationOf(STRANGER));
    }

    /// Whatever was staked, burned and slashed before: all that is left is taken.
    function testFuzz_slashEquivocation(uint96 added, uint32 burned, uint8 timeOuts) public {
        addStake(uint96(bound(added, 1, type(uint96).max - STAKE)));
        burn(burned);
        refresh();
        timeOuts %= 6;
        for (uint256 i = 0; i < timeOuts; ++i) {
            timeOut(REQUESTER, 0);
        }
        uint256 left = node().stake;
        Slash memory slash = nodes.slashOf(equivocate());
        eq(slash.amount, left);
        yes(slash.cause == SlashCause.Equivocation);
        eq(node().stake + node().weight + node().burned + totalWeight(), 0);
        eq(token.balanceOf(address(nodes)), left + timeOuts * BOND);
    }

    function testFuzz_Slash_IsEitherCancelledOrExecuted(uint40 wait) public {
        uint256 slashId = timeOut(REQUESTER, 5);
        vm.warp(START + wait);
        if (wait < 3 days) {
            vm.expectPartialRevert(INodeRegistry.SlashAppealOpen.selector);
            nodes.executeSlash(slashId);
            nodes.cancelSlash(slashId);
        } else {
            vm.expectPartialRevert(INodeRegistry.SlashAppealOver.selector);
            nodes.cancelSlash(slashId);
            nodes.executeSlash(slashId);
        }
        eq(node().stake, wait < 3 days ? STAKE : STAKE - BOND);
    }

    function execute(uint256 slashId) private {
        vm.warp(block.timestamp + 3 days);
        nodes.executeSlash(slashId);
    }

    function expectUnknown(uint256 slashId) private {
        vm.expectRevert(abi.encodeWithSelector(INodeRegistry.SlashUnknown.selector, slashId));
    }
}
