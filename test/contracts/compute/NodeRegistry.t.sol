// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";
import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";
import {IERC5192} from "../../../contracts/interfaces/IERC5192.sol";
import {ClaimOutcome, INodeRegistry, KeyState, Node, NodeStatus} from "../../../contracts/interfaces/INodeRegistry.sol";
import {NodeId} from "../../../contracts/types/Ids.sol";
import {Kit} from "../helpers/Kit.sol";
import {vm} from "../helpers/Vm.sol";

contract NodeRegistryTest is Kit {
    function test_registerNode() public {
        token.mint(STRANGER, 5);
        vm.startPrank(STRANGER);
        token.approve(address(nodes), 5);
        NodeId wanted = NodeId.wrap(2);
        vm.expectEmit(address(nodes));
        emit IERC721.Transfer(address(0), STRANGER, 2);
        vm.expectEmit(address(nodes));
        emit IERC5192.Locked(2);
        vm.expectEmit(address(nodes));
        emit INodeRegistry.NodeRegistered(wanted, STRANGER, 3, 5, "here");
        yes(nodes.registerNode(3, 5, "here") == wanted);
        vm.stopPrank();

        Node memory node = nodes.nodeOf(wanted);
        eq(node.operator, STRANGER);
        eq(node.stake, 5);
        eq(node.roles, 3);
        yes(node.status == NodeStatus.Active);
        eq(keccak256(bytes(node.endpoint)), keccak256("here"));
        eq(nodes.nodeCount(), 2);
        eq(token.balanceOf(address(nodes)), STAKE + 5);
        eq(IERC721(address(nodes)).ownerOf(2), STRANGER);
    }

    function test_registerNode_WithoutStake() public {
        vm.prank(STRANGER);
        eq(nodes.nodeOf(nodes.registerNode(4, 0, "")).stake, 0);
    }

    function test_RevertWhen_RolesAreNoneOrUnknown() public {
        vm.expectRevert(abi.encodeWithSelector(INodeRegistry.NodeRolesInvalid.selector, 0));
        nodes.registerNode(0, 0, "");
        vm.expectRevert(abi.encodeWithSelector(INodeRegistry.NodeRolesInvalid.selector, 8));
        nodes.registerNode(8, 0, "");
    }

    function test_RevertWhen_EndpointIsTooLong() public {
        nodes.registerNode(1, 0, string(new bytes(256)));
        vm.expectRevert(abi.encodeWithSelector(INodeRegistry.NodeEndpointTooLong.selector, 257, 256));
        nodes.registerNode(1, 0, string(new bytes(257)));
    }

    function test_RevertWhen_StakeIsNotAllowed() public {
        vm.expectRevert();
        nodes.registerNode(1, 1, "");
    }

    // Soulbound

    function test_locked() public view {
        yes(IERC5192(address(nodes)).locked(1));
    }

    function test_RevertWhen_LockedTokenIsUnknown() public {
        vm.expectRevert();
        IERC5192(address(nodes)).locked(2);
    }

    function test_supportsInterface() public view {
        yes(IERC165(address(nodes)).supportsInterface(0xb45a3c0e)); // ERC-5192
        yes(IERC165(address(nodes)).supportsInterface(0x80ac58cd)); // ERC-721
        yes(IERC165(address(nodes)).supportsInterface(0x01ffc9a7)); // ERC-165
        yes(!IERC165(address(nodes)).supportsInterface(0xffffffff));
    }

    function test_RevertWhen_TokenIsMovedOrApproved() public {
        IERC721 nft = IERC721(address(nodes));
        bytes memory wanted = abi.encodeWithSelector(INodeRegistry.NodeSoulbound.selector);
        vm.startPrank(OPERATOR);
        vm.expectRevert(wanted);
        nft.transferFrom(OPERATOR, STRANGER, 1);
        vm.expectRevert(wanted);
        nft.safeTransferFrom(OPERATOR, STRANGER, 1);
        vm.expectRevert(wanted);
        nft.safeTransferFrom(OPERATOR, STRANGER, 1, "");
        vm.expectRevert(wanted);
        nft.approve(STRANGER, 1);
        vm.expectRevert(wanted);
        nft.setApprovalForAll(STRANGER, true);
    }

    // Endpoint

    function test_setEndpoint() public {
        vm.expectEmit(address(nodes));
        emit INodeRegistry.NodeEndpointChanged(nodeId, "there");
        vm.prank(OPERATOR);
        nodes.setEndpoint(nodeId, "there");
        eq(keccak256(bytes(nodes.nodeOf(nodeId).endpoint)), keccak256("there"));
    }

    function test_RevertWhen_EndpointSetterIsNotOperator() public {
        expectNotOperator();
        vm.prank(STRANGER);
        nodes.setEndpoint(nodeId, "there");
    }

    function test_RevertWhen_EndpointIsOfAnUnknownNode() public {
        vm.expectRevert(abi.encodeWithSelector(INodeRegistry.NodeUnknown.selector, 9));
        nodes.setEndpoint(NodeId.wrap(9), "there");
    }

    function test_RevertWhen_EndpointIsOfAnExitingNode() public {
        exit();
        vm.expectRevert(
            abi.encodeWithSelector(INodeRegistry.NodeNotActive.selector, nodeId, NodeStatus.Exiting)
        );
        vm.prank(OPERATOR);
        nodes.setEndpoint(nodeId, "there");
    }

    function test_RevertWhen_NewEndpointIsTooLong() public {
        vm.expectRevert(abi.encodeWithSelector(INodeRegistry.NodeEndpointTooLong.selector, 257, 256));
        vm.prank(OPERATOR);
        nodes.setEndpoint(nodeId, string(new bytes(257)));
    }

    // Exit

    function test_requestExit() public {
        vm.expectEmit(address(nodes));
        emit INodeRegistry.NodeExitRequested(nodeId, OPERATOR, uint40(START + 14 days));
        exit();
        Node memory node = nodes.nodeOf(nodeId);
        yes(node.status == NodeStatus.Exiting);
        eq(node.exitAt, START + 14 days);
        yes(nodes.keyStatusOf(WORKER).state == KeyState.Draining);
    }

    function test_RevertWhen_ExitIsRequestedByStranger() public {
        expectNotOperator();
        vm.prank(STRANGER);
        nodes.requestExit(nodeId);
    }

    function test_RevertWhen_ExitIsRequestedTwice() public {
        exit();
        vm.expectRevert(
            abi.encodeWithSelector(INodeRegistry.NodeNotActive.selector, nodeId, NodeStatus.Exiting)
        );
        exit();
    }

    function test_withdrawStake() public {
        exit();
        vm.warp(START + 14 days);
        vm.expectEmit(address(nodes));
        emit INodeRegistry.NodeExited(nodeId, OPERATOR, uint128(STAKE));
        withdraw();
        eq(token.balanceOf(OPERATOR), STAKE);
        eq(token.balanceOf(address(nodes)), 0);
        eq(nodes.nodeOf(nodeId).stake, 0);
        yes(nodes.nodeOf(nodeId).status == NodeStatus.Exited);
        yes(nodes.keyStatusOf(WORKER).state == KeyState.Destroyed);
    }

    function test_RevertWhen_StakeIsWithdrawnByStranger() public {
        exit();
        vm.warp(START + 14 days);
        expectNotOperator();
        vm.prank(STRANGER);
        nodes.withdrawStake(nodeId);
    }

    function test_RevertWhen_StakeIsWithdrawnWithoutExit() public {
        vm.expectRevert(
            abi.encodeWithSelector(INodeRegistry.NodeExitNotRequested.selector, nodeId, NodeStatus.Active)
        );
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

    function test_RevertWhen_StakeIsWithdrawnTwice() public {
        exit();
        vm.warp(START + 14 days);
        withdraw();
        vm.expectRevert(
            abi.encodeWithSelector(INodeRegistry.NodeExitNotRequested.selector, nodeId, NodeStatus.Exited)
        );
        withdraw();
    }

    // Outcomes

    function test_recordOutcome_Counts() public {
        vm.startPrank(address(market));
        nodes.recordOutcome(WORKER, ClaimOutcome.Settled);
        nodes.recordOutcome(WORKER, ClaimOutcome.ProvedFailure);
        nodes.recordOutcome(WORKER, ClaimOutcome.UnprovedFailure);
        (NodeId id, address operator) = nodes.recordOutcome(WORKER, ClaimOutcome.TimedOut);
        yes(id == nodeId);
        eq(operator, OPERATOR);
        eq(nodes.nodeOf(nodeId).settled, 1);
        eq(nodes.nodeOf(nodeId).failed, 2);
    }

    function test_recordOutcome_TimeOutOfAUselessKey() public {
        measurements.ban(MEASUREMENT);
        vm.prank(address(market));
        nodes.recordOutcome(WORKER, ClaimOutcome.TimedOut);
        eq(nodes.nodeOf(nodeId).failed, 1);
    }

    function test_RevertWhen_RecorderIsNotMarket() public {
        vm.expectRevert(
            abi.encodeWithSelector(INodeRegistry.NodeCallerNotMarket.selector, OPERATOR, address(market))
        );
        vm.prank(OPERATOR);
        nodes.recordOutcome(WORKER, ClaimOutcome.Settled);
    }

    function test_RevertWhen_RecordedKeyIsFrozen() public {
        nodes.freezeEnclaveKey(WORKER);
        vm.expectRevert(
            abi.encodeWithSelector(INodeRegistry.EnclaveKeyNotUsable.selector, WORKER, KeyState.Frozen, false)
        );
        vm.prank(address(market));
        nodes.recordOutcome(WORKER, ClaimOutcome.ProvedFailure);
    }

    function testFuzz_registerNode(uint8 roles, uint128 stake, string calldata endpoint) public {
        roles = uint8(bound(roles, 1, 7));
        vm.assume(bytes(endpoint).length <= 256);
        token.mint(STRANGER, stake);
        vm.startPrank(STRANGER);
        token.approve(address(nodes), stake);
        Node memory node = nodes.nodeOf(nodes.registerNode(roles, stake, endpoint));
        eq(node.stake, stake);
        eq(node.roles, roles);
        eq(keccak256(bytes(node.endpoint)), keccak256(bytes(endpoint)));
        eq(token.balanceOf(address(nodes)), STAKE + stake);
    }

    function testFuzz_withdrawStake_NeverEarly(uint40 wait) public {
        exit();
        vm.warp(START + wait);
        if (wait < 14 days) vm.expectPartialRevert(INodeRegistry.NodeStillBonded.selector);
        withdraw();
        eq(token.balanceOf(OPERATOR), wait < 14 days ? 0 : STAKE);
    }

    function exit() private {
        vm.prank(OPERATOR);
        nodes.requestExit(nodeId);
    }

    function withdraw() private {
        vm.prank(OPERATOR);
        nodes.withdrawStake(nodeId);
    }

    function expectNotOperator() private {
        vm.expectRevert(
            abi.encodeWithSelector(INodeRegistry.NodeCallerNotOperator.selector, nodeId, STRANGER, OPERATOR)
        );
    }
}
