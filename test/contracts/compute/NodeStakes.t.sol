// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {
    ClaimOutcome,
    INodeRegistry,
    KeyState,
    NodeStatus
} from "../../../contracts/interfaces/INodeRegistry.sol";
import {NodeId} from "../../../contracts/types/Ids.sol";
import {NodeKit} from "../helpers/NodeKit.sol";
import {vm} from "../helpers/Vm.sol";

/// @dev Stake comes in, and goes out after unbonding.
contract NodeStakesTest is NodeKit {
    function test_constants() public view {
        eq(address(nodes.STAKE_TOKEN()), address(token));
        eq(nodes.CLAIM_BOND(), BOND);
        eq(nodes.UNBONDING(), 14 days);
        eq(nodes.APPEAL_DELAY(), 3 days);
        eq(nodes.MAX_PAUSE(), 3 days);
    }

    /// Some tokens refuse to move nothing.
    function test_registerNode_WithoutStakeMovesNoToken() public {
        vm.recordLogs();
        vm.prank(STRANGER);
        nodes.registerNode(2, 0, "");
        eq(logsOf(address(token), IERC20.Transfer.selector), 0);
    }

    // Adding

    function test_addStake() public {
        vm.roll(2000);
        token.mint(OPERATOR, 10);
        vm.startPrank(OPERATOR);
        token.approve(address(nodes), 10);
        vm.expectEmit(address(nodes));
        emit INodeRegistry.NodeStakeAdded(nodeId, OPERATOR, 10, uint96(STAKE + 10));
        vm.expectEmit(address(nodes));
        emit INodeRegistry.NodeWeightChanged(nodeId, STAKE / 2 + 5, STAKE / 2 + 5);
        nodes.addStake(nodeId, 10);
        vm.stopPrank();
        eq(node().stake, STAKE + 10);
        eq(node().weight, STAKE / 2 + 5);
        eq(node().weightSince, 2000);
        eq(token.balanceOf(address(nodes)), STAKE + 10);
    }

    function test_addStake_ToADrainingNode() public {
        drain();
        vm.recordLogs();
        addStake(10);
        eq(logsOf(address(nodes), INodeRegistry.NodeWeightChanged.selector), 0);
        eq(node().stake, STAKE + 10);
        eq(node().weight, 0);
        eq(totalWeight(), 0);
        resume();
        eq(node().weight, STAKE / 2 + 5);
    }

    /// A gift of two wei would take a competitor out of the race for a job whose seed is known.
    function test_Attack_AStrangersStakeTakesANodeOutOfARace() public {
        vm.roll(2000);
        token.mint(STRANGER, 2);
        vm.startPrank(STRANGER);
        token.approve(address(nodes), 2);
        expectNotOperator(STRANGER);
        nodes.addStake(nodeId, 2);
        eq(node().weightSince, 1000);
    }

    function test_RevertWhen_AddedStakeIsZero() public {
        vm.expectRevert(abi.encodeWithSelector(INodeRegistry.NodeStakeMissing.selector, nodeId));
        vm.prank(OPERATOR);
        nodes.addStake(nodeId, 0);
    }

    function test_RevertWhen_AddedStakeIsNotAllowed() public {
        token.mint(OPERATOR, 1);
        vm.expectRevert();
        vm.prank(OPERATOR);
        nodes.addStake(nodeId, 1);
        eq(node().stake, STAKE);
    }

    function test_RevertWhen_StakeOverflows() public {
        token.mint(OPERATOR, type(uint128).max);
        vm.startPrank(OPERATOR);
        token.approve(address(nodes), type(uint256).max);
        expectPanic(0x11);
        nodes.addStake(nodeId, uint96(type(uint96).max - STAKE + 1));
        nodes.addStake(nodeId, uint96(type(uint96).max - STAKE));
        vm.stopPrank();
        eq(node().stake, type(uint96).max);
        eq(totalWeight(), uint256(type(uint96).max) / 2);
    }

    function test_RevertWhen_StakeIsAddedToANodeThatLeaves() public {
        exit();
        expectStatus(NodeStatus.Exiting);
        vm.prank(OPERATOR);
        nodes.addStake(nodeId, 1);
        vm.warp(START + 14 days);
        withdraw();
        expectStatus(NodeStatus.Exited);
        vm.prank(OPERATOR);
        nodes.addStake(nodeId, 1);
    }

    function testFuzz_addStake(uint96 first, uint96 second) public {
        first = uint96(bound(first, 1, type(uint96).max / 2 - STAKE));
        second = uint96(bound(second, 1, type(uint96).max / 2));
        addStake(first);
        addStake(second);
        uint256 sum = STAKE + first + second;
        eq(node().stake, sum);
        eq(node().weight, sum / 2);
        eq(totalWeight(), sum / 2);
        eq(token.balanceOf(address(nodes)), sum);
        exitAndWithdraw();
        eq(token.balanceOf(OPERATOR), sum);
    }

    // Drain and resume

    function test_drainNode() public {
        vm.expectEmit(address(nodes));
        emit INodeRegistry.NodeWeightChanged(nodeId, 0, 0);
        vm.expectEmit(address(nodes));
        emit INodeRegistry.NodeDrained(nodeId, OPERATOR);
        drain();
        yes(node().status == NodeStatus.Draining);
        eq(node().weight, 0);
        eq(node().stake, STAKE);
        yes(nodes.keyStatusOf(WORKER).state == KeyState.Draining);
    }

    function test_resumeNode() public {
        drain();
        vm.roll(2000);
        vm.expectEmit(address(nodes));
        emit INodeRegistry.NodeWeightChanged(nodeId, STAKE / 2, STAKE / 2);
        vm.expectEmit(address(nodes));
        emit INodeRegistry.NodeResumed(nodeId, OPERATOR);
        resume();
        yes(node().status == NodeStatus.Active);
        eq(node().weightSince, 2000);
        yes(nodes.keyStatusOf(WORKER).state == KeyState.Active);
    }

    function test_RevertWhen_DrainedOrResumedByStranger() public {
        expectNotOperator(STRANGER);
        vm.prank(STRANGER);
        nodes.drainNode(nodeId);
        drain();
        expectNotOperator(STRANGER);
        vm.prank(STRANGER);
        nodes.resumeNode(nodeId);
    }

    function test_RevertWhen_NodeIsUnknown() public {
        NodeId unknown = NodeId.wrap(9);
        expectUnknownNode();
        nodes.drainNode(unknown);
        expectUnknownNode();
        nodes.resumeNode(unknown);
        expectUnknownNode();
        nodes.requestExit(unknown);
        expectUnknownNode();
        nodes.withdrawStake(unknown);
        expectUnknownNode();
        nodes.refreshWeight(unknown);
        expectUnknownNode();
        nodes.addStake(unknown, 1);
    }

    function test_RevertWhen_DrainedNodeIsNotActive() public {
        drain();
        expectNotActive(NodeStatus.Draining);
        drain();
        exit();
        expectNotActive(NodeStatus.Exiting);
        drain();
        vm.warp(START + 14 days);
        withdraw();
        expectNotActive(NodeStatus.Exited);
        drain();
    }

    function test_RevertWhen_ResumedNodeIsNotDraining() public {
        expectStatus(NodeStatus.Active);
        resume();
        exit();
        expectStatus(NodeStatus.Exiting);
        resume();
        vm.warp(START + 14 days);
        withdraw();
        expectStatus(NodeStatus.Exited);
        resume();
    }

    // Exit

    function test_requestExit() public {
        vm.expectEmit(address(nodes));
        emit INodeRegistry.NodeWeightChanged(nodeId, 0, 0);
        vm.expectEmit(address(nodes));
        emit INodeRegistry.NodeExitRequested(nodeId, OPERATOR, uint40(START + 14 days));
        exit();
        yes(node().status == NodeStatus.Exiting);
        eq(node().exitAt, START + 14 days);
        yes(nodes.keyStatusOf(WORKER).state == KeyState.Draining);
    }

    function test_requestExit_OfADrainingNode() public {
        drain();
        exit();
        yes(node().status == NodeStatus.Exiting);
    }

    function test_RevertWhen_ExitIsRequestedByStranger() public {
        expectNotOperator(STRANGER);
        vm.prank(STRANGER);
        nodes.requestExit(nodeId);
    }

    function test_RevertWhen_ExitIsRequestedTwice() public {
        exit();
        expectStatus(NodeStatus.Exiting);
        exit();
        vm.warp(START + 14 days);
        withdraw();
        expectStatus(NodeStatus.Exited);
        exit();
    }

    function test_withdrawStake() public {
        exit();
        vm.warp(START + 14 days);
        vm.expectEmit(address(nodes));
        emit INodeRegistry.NodeExited(nodeId, OPERATOR, uint96(STAKE));
        withdraw();
        eq(token.balanceOf(OPERATOR), STAKE);
        eq(token.balanceOf(address(nodes)), 0);
        eq(node().stake, 0);
        yes(node().status == NodeStatus.Exited);
        yes(nodes.keyStatusOf(WORKER).state == KeyState.Destroyed);
    }

    function test_withdrawStake_OfAnotherNodeStays() public {
        addWorker(SECOND_OPERATOR, OWNER_KEY);
        exitAndWithdraw();
        eq(token.balanceOf(address(nodes)), STAKE);
        eq(totalWeight(), STAKE / 2);
    }

    function test_RevertWhen_StakeIsWithdrawnByStranger() public {
        exit();
        vm.warp(START + 14 days);
        expectNotOperator(STRANGER);
        vm.prank(STRANGER);
        nodes.withdrawStake(nodeId);
    }

    function test_RevertWhen_StakeIsWithdrawnWithoutExit() public {
        expectExitNotRequested(NodeStatus.Active);
        withdraw();
        drain();
        expectExitNotRequested(NodeStatus.Draining);
        withdraw();
    }

    function test_RevertWhen_StakeIsStillBonded() public {
        exit();
        vm.warp(START + 14 days - 1);
        vm.expectRevert(
            abi.encodeWithSelector(
                INodeRegistry.NodeStillBonded.selector, nodeId, START + 14 days, START + 14 days - 1
            )
        );
        withdraw();
    }

    function test_RevertWhen_ClaimsAreOpen() public {
        openClaims(2);
        exit();
        vm.warp(START + 14 days);
        expectOpenClaims(2);
        withdraw();
        closeClaim(ClaimOutcome.Settled);
        expectOpenClaims(1);
        withdraw();
        closeClaim(ClaimOutcome.TimedOut);
        withdraw();
        eq(token.balanceOf(OPERATOR), STAKE - BOND);
    }

    function test_RevertWhen_StakeIsWithdrawnTwice() public {
        exitAndWithdraw();
        expectExitNotRequested(NodeStatus.Exited);
        withdraw();
    }

    function testFuzz_withdrawStake_NeverEarly(uint40 wait) public {
        exit();
        vm.warp(START + wait);
        if (wait < 14 days) vm.expectPartialRevert(INodeRegistry.NodeStillBonded.selector);
        withdraw();
        eq(token.balanceOf(OPERATOR), wait < 14 days ? 0 : STAKE);
    }

    /// The states are those that the interface draws, in whatever order an operator calls.
    function testFuzz_Status_FollowsTheDiagram(uint8[16] memory calls) public {
        vm.startPrank(OPERATOR);
        for (uint256 i = 0; i < calls.length; ++i) {
            vm.warp(block.timestamp + 7 days);
            NodeStatus before = node().status;
            NodeStatus wanted = before;
            uint256 kind = calls[i] % 4;
            bytes memory data;
            if (kind == 0) {
                data = abi.encodeCall(INodeRegistry.drainNode, (nodeId));
                if (before == NodeStatus.Active) wanted = NodeStatus.Draining;
            } else if (kind == 1) {
                data = abi.encodeCall(INodeRegistry.resumeNode, (nodeId));
                if (before == NodeStatus.Draining) wanted = NodeStatus.Active;
            } else if (kind == 2) {
                data = abi.encodeCall(INodeRegistry.requestExit, (nodeId));
                if (before == NodeStatus.Active || before == NodeStatus.Draining) wanted = NodeStatus.Exiting;
            } else {
                data = abi.encodeCall(INodeRegistry.withdrawStake, (nodeId));
                if (before == NodeStatus.Exiting && block.timestamp >= node().exitAt) wanted = NodeStatus.Exited;
            }
            (bool success,) = address(nodes).call(data);
            yes(success == (wanted != before));
            yes(node().status == wanted);
            eq(node().weight, wanted == NodeStatus.Active ? STAKE / 2 : 0);
            eq(totalWeight(), node().weight);
        }
    }

    function expectNotActive(NodeStatus status) private {
        vm.expectRevert(abi.encodeWithSelector(INodeRegistry.NodeNotActive.selector, nodeId, status));
    }

    function expectStatus(NodeStatus status) private {
        vm.expectRevert(abi.encodeWithSelector(INodeRegistry.NodeStatusInvalid.selector, nodeId, status));
    }

    function expectExitNotRequested(NodeStatus status) private {
        vm.expectRevert(abi.encodeWithSelector(INodeRegistry.NodeExitNotRequested.selector, nodeId, status));
    }

    function expectOpenClaims(uint16 count) private {
        vm.expectRevert(abi.encodeWithSelector(INodeRegistry.NodeHasOpenClaims.selector, nodeId, count));
    }
}
