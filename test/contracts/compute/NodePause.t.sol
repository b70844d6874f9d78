// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {ClaimOutcome, INodeRegistry, NodeStatus} from "../../../contracts/interfaces/INodeRegistry.sol";
import {NodeKit} from "../helpers/NodeKit.sol";
import {vm} from "../helpers/Vm.sol";

/// @dev Governance stops new claims for a while, and nothing else.
contract NodePauseTest is NodeKit {
    function test_pauseClaims() public {
        vm.expectEmit(address(nodes));
        emit INodeRegistry.ClaimsPaused(address(this), uint40(START + 1 days));
        nodes.pauseClaims(1 days);
        eq(nodes.pausedUntil(), START + 1 days);
        expectPaused(START + 1 days);
    }

    function test_pauseClaims_LapsesByItself() public {
        nodes.pauseClaims(1 days);
        vm.warp(START + 1 days - 1);
        expectPaused(START + 1 days);
        vm.warp(START + 1 days);
        openClaim();
    }

    function test_pauseClaims_KeepsTheTotals() public {
        nodes.pauseClaims(3 days);
        eq(nodes.nodeCount(), 1);
        eq(totalWeight(), STAKE / 2);
        registerNode(STRANGER, 1, 2);
        eq(nodes.pausedUntil(), START + 3 days);
    }

    function test_RevertWhen_PausedOrUnpausedByStranger() public {
        bytes memory wanted = abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, STRANGER);
        vm.expectRevert(wanted);
        vm.prank(STRANGER);
        nodes.pauseClaims(1);
        nodes.pauseClaims(1 days);
        vm.expectRevert(wanted);
        vm.prank(STRANGER);
        nodes.unpauseClaims();
    }

    function test_pauseClaims_ByItsRole() public {
        bytes4[] memory selectors = new bytes4[](2);
        selectors[0] = INodeRegistry.pauseClaims.selector;
        selectors[1] = INodeRegistry.unpauseClaims.selector;
        authority.setTargetFunctionRole(address(nodes), selectors, 7);
        authority.grantRole(7, STRANGER, 0);
        vm.startPrank(STRANGER);
        nodes.pauseClaims(1 days);
        nodes.unpauseClaims();
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, STRANGER));
        nodes.freezeEnclaveKey(WORKER);
    }

    function test_RevertWhen_PauseIsTooLong() public {
        vm.expectRevert(abi.encodeWithSelector(INodeRegistry.PauseTooLong.selector, 3 days + 1, 3 days));
        nodes.pauseClaims(3 days + 1);
        nodes.pauseClaims(3 days);
    }

    function test_RevertWhen_PausedAgainWithinTheCoolDown() public {
        nodes.pauseClaims(1 days);
        expectTooSoon(START + 4 days);
        nodes.pauseClaims(1);
        vm.warp(START + 4 days - 1);
        expectTooSoon(START + 4 days);
        nodes.pauseClaims(1);
        vm.warp(START + 4 days);
        nodes.pauseClaims(3 days);
        expectPaused(START + 7 days);
    }

    function test_unpauseClaims() public {
        nodes.pauseClaims(2 days);
        vm.warp(START + 1 days);
        vm.expectEmit(address(nodes));
        emit INodeRegistry.ClaimsUnpaused(address(this));
        nodes.unpauseClaims();
        eq(nodes.pausedUntil(), START + 1 days);
        openClaim();
        // The cool-down begins where the pause ended.
        expectTooSoon(START + 4 days);
        nodes.pauseClaims(1);
        vm.warp(START + 4 days);
        nodes.pauseClaims(1);
    }

    function test_RevertWhen_ClaimsAreNotPaused() public {
        bytes memory wanted = abi.encodeWithSelector(INodeRegistry.ClaimsNotPaused.selector);
        vm.expectRevert(wanted);
        nodes.unpauseClaims();
        nodes.pauseClaims(1 days);
        nodes.unpauseClaims();
        vm.expectRevert(wanted);
        nodes.unpauseClaims();
        vm.warp(START + 5 days);
        nodes.pauseClaims(1 days);
        vm.warp(START + 6 days);
        vm.expectRevert(wanted);
        nodes.unpauseClaims();
    }

    /// A pause holds nobody's money and nobody's results.
    function test_Attack_PauseAsCensorship() public {
        openClaims(6);
        closeClaim(ClaimOutcome.TimedOut, 0, REQUESTER, 5);
        exit();
        vm.warp(START + 14 days);
        nodes.pauseClaims(3 days);
        for (uint256 i = 0; i < 5; ++i) {
            // A receipt's outcomes, silence and displacement alike.
            closeClaim(ClaimOutcome(i < 3 ? i : i + 1));
        }
        nodes.executeSlash(1);
        vm.prank(REQUESTER);
        eq(nodes.withdrawCompensation(), 5);
        withdraw();
        yes(node().status == NodeStatus.Exited);
        registerNode(STRANGER, 1, 1);
        equivocate();
    }

    function testFuzz_unpauseClaims(uint40 duration, uint40 wait) public {
        duration = uint40(bound(duration, 0, 3 days));
        wait = uint40(bound(wait, 0, 6 days));
        nodes.pauseClaims(duration);
        vm.warp(START + wait);
        bool paused = wait < duration;
        if (!paused) vm.expectRevert(abi.encodeWithSelector(INodeRegistry.ClaimsNotPaused.selector));
        nodes.unpauseClaims();
        eq(nodes.pausedUntil(), START + (paused ? wait : duration));
        openClaim();
    }

    /// Of any long time, claims are open for half at least.
    function testFuzz_Attack_PausingAgainAndAgain(uint40[12] memory waits, uint40[12] memory durations) public {
        uint256 paused = 0;
        for (uint256 i = 0; i < waits.length; ++i) {
            vm.warp(block.timestamp + bound(waits[i], 0, 6 days));
            uint256 until = nodes.pausedUntil();
            uint40 duration = uint40(bound(durations[i], 0, 4 days));
            bool allowed = duration <= 3 days && (until == 0 || block.timestamp >= until + 3 days);
            (bool success,) = address(nodes).call(abi.encodeCall(INodeRegistry.pauseClaims, (duration)));
            yes(success == allowed);
            if (!success) continue;
            paused += duration;
            yes(paused <= (block.timestamp - START) / 2 + 3 days);
        }
    }

    function expectPaused(uint256 until) private {
        vm.expectRevert(abi.encodeWithSelector(INodeRegistry.ClaimsArePaused.selector, until));
        openClaim();
    }

    function expectTooSoon(uint256 earliest) private {
        vm.expectRevert(
            abi.encodeWithSelector(INodeRegistry.PauseTooSoon.selector, earliest, block.timestamp)
        );
    }
}
