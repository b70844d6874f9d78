// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";
import {IERC721Receiver} from "@openzeppelin/contracts/token/ERC721/IERC721Receiver.sol";
import {IERC721Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";
import {IERC5192} from "../../../contracts/interfaces/IERC5192.sol";
import {INodeRegistry, Node, NodeStatus} from "../../../contracts/interfaces/INodeRegistry.sol";
import {NodeId} from "../../../contracts/types/Ids.sol";
import {NodeKit} from "../helpers/NodeKit.sol";
import {SmartWallet} from "../helpers/SmartWallet.sol";
import {vm} from "../helpers/Vm.sol";

/// @dev Would register once more from within, if anybody asked it.
contract ReentrantReceiver is IERC721Receiver {
    INodeRegistry private immutable NODES;
    bool public called;

    constructor(INodeRegistry nodes) {
        NODES = nodes;
    }

    function register() external returns (NodeId) {
        return NODES.registerNode(1, 0, "");
    }

    function onERC721Received(address, address, uint256, bytes calldata) external returns (bytes4) {
        called = true;
        NODES.registerNode(1, 0, "");
        return IERC721Receiver.onERC721Received.selector;
    }
}

/// @dev Registration, and the token that a node is.
contract NodeRegistryTest is NodeKit {
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
        vm.expectEmit(address(nodes));
        emit INodeRegistry.NodeWeightChanged(wanted, 2, STAKE / 2 + 2);
        yes(nodes.registerNode(3, 5, "here") == wanted);
        vm.stopPrank();

        Node memory made = nodes.nodeOf(wanted);
        eq(made.operator, STRANGER);
        eq(made.stake, 5);
        eq(made.roles, 3);
        yes(made.status == NodeStatus.Active);
        eq(made.exitAt, 0);
        eq(made.openClaims, 0);
        eq(made.settled, 0);
        eq(made.failed, 0);
        eq(made.burned, 0);
        eq(made.weight, 2);
        eq(made.weightSince, block.number);
        eq(keccak256(bytes(made.endpoint)), keccak256("here"));
        eq(nodes.nodeCount(), 2);
        eq(token.balanceOf(address(nodes)), STAKE + 5);
        eq(IERC721(address(nodes)).ownerOf(2), STRANGER);
    }

    function test_registerNode_WithoutStake() public {
        vm.prank(STRANGER);
        Node memory made = nodes.nodeOf(nodes.registerNode(1, 0, ""));
        eq(made.stake, 0);
        eq(made.weight, 0);
        eq(made.weightSince, block.number);
        eq(totalWeight(), STAKE / 2);
        eq(bytes(made.endpoint).length, 0);
    }

    function test_registerNode_ManyOfOneOperator() public {
        NodeId second = registerNode(OPERATOR, 4, 1);
        yes(second == NodeId.wrap(2));
        eq(IERC721(address(nodes)).balanceOf(OPERATOR), 2);
    }

    function test_nodeOf_Unknown() public view {
        Node memory none = nodes.nodeOf(NodeId.wrap(9));
        eq(none.operator, address(0));
        yes(none.status == NodeStatus.None);
        eq(none.stake + none.weight + none.roles + none.weightSince, 0);
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
        token.mint(address(this), 1);
        vm.expectRevert();
        nodes.registerNode(1, 1, "");
        eq(nodes.nodeCount(), 1);
    }

    function test_RevertWhen_StakeIsNotThere() public {
        token.approve(address(nodes), 1);
        vm.expectRevert();
        nodes.registerNode(1, 1, "");
    }

    // Operators that are contracts

    function test_registerNode_ByAContractWithoutReceiver() public {
        SmartWallet wallet = new SmartWallet(OWNER);
        wallet.run(address(nodes), abi.encodeCall(INodeRegistry.registerNode, (1, 0, "")));
        eq(nodes.nodeOf(NodeId.wrap(2)).operator, address(wallet));
    }

    function test_registerNode_CallsNoReceiver() public {
        ReentrantReceiver receiver = new ReentrantReceiver(nodes);
        yes(receiver.register() == NodeId.wrap(2));
        yes(!receiver.called());
        eq(nodes.nodeCount(), 2);
    }

    // Soulbound

    function test_token() public view {
        eq(keccak256(bytes(nft().name())), keccak256("Persona Node"));
        eq(keccak256(bytes(nft().symbol())), keccak256("PNODE"));
        eq(nft().getApproved(1), address(0));
        yes(!nft().isApprovedForAll(OPERATOR, STRANGER));
    }

    function test_locked() public view {
        yes(IERC5192(address(nodes)).locked(1));
    }

    function test_RevertWhen_LockedTokenIsUnknown() public {
        vm.expectRevert(abi.encodeWithSelector(IERC721Errors.ERC721NonexistentToken.selector, 2));
        IERC5192(address(nodes)).locked(2);
    }

    function test_supportsInterface() public view {
        eq(bytes32(type(IERC5192).interfaceId), bytes32(bytes4(0xb45a3c0e)));
        yes(nft().supportsInterface(0xb45a3c0e)); // ERC-5192
        yes(nft().supportsInterface(0x80ac58cd)); // ERC-721
        yes(nft().supportsInterface(0x5b5e139f)); // its metadata
        yes(nft().supportsInterface(0x01ffc9a7)); // ERC-165
        yes(!nft().supportsInterface(0xffffffff));
    }

    function test_RevertWhen_TokenIsMovedOrApproved() public {
        vm.startPrank(OPERATOR);
        expectSoulbound();
        nft().transferFrom(OPERATOR, STRANGER, 1);
        expectSoulbound();
        nft().transferFrom(OPERATOR, OPERATOR, 1);
        expectSoulbound();
        nft().safeTransferFrom(OPERATOR, STRANGER, 1);
        expectSoulbound();
        nft().safeTransferFrom(OPERATOR, STRANGER, 1, "");
        expectSoulbound();
        nft().approve(STRANGER, 1);
        expectSoulbound();
        nft().setApprovalForAll(STRANGER, true);
        expectSoulbound();
        nft().transferFrom(OPERATOR, address(0), 1);
        eq(nft().ownerOf(1), OPERATOR);
    }

    function test_RevertWhen_TokenIsMovedAfterExit() public {
        exitAndWithdraw();
        eq(nft().ownerOf(1), OPERATOR);
        expectSoulbound();
        vm.prank(OPERATOR);
        nft().transferFrom(OPERATOR, STRANGER, 1);
    }

    function testFuzz_RevertWhen_TokenIsMoved(address mover, address to) public {
        if (mover == OPERATOR && to != address(0)) expectSoulbound();
        else vm.expectRevert();
        vm.prank(mover);
        nft().transferFrom(OPERATOR, to, 1);
    }

    // Endpoint

    function test_setEndpoint() public {
        vm.expectEmit(address(nodes));
        emit INodeRegistry.NodeEndpointChanged(nodeId, "there");
        vm.prank(OPERATOR);
        nodes.setEndpoint(nodeId, "there");
        eq(keccak256(bytes(node().endpoint)), keccak256("there"));
    }

    function test_RevertWhen_EndpointSetterIsNotOperator() public {
        expectNotOperator(STRANGER);
        vm.prank(STRANGER);
        nodes.setEndpoint(nodeId, "there");
    }

    function test_RevertWhen_EndpointIsOfAnUnknownNode() public {
        expectUnknownNode();
        nodes.setEndpoint(NodeId.wrap(9), "there");
    }

    function test_RevertWhen_EndpointIsOfANodeNotActive() public {
        drain();
        expectNotActive(NodeStatus.Draining);
        exit();
        expectNotActive(NodeStatus.Exiting);
        vm.warp(START + 14 days);
        withdraw();
        expectNotActive(NodeStatus.Exited);
    }

    function test_RevertWhen_NewEndpointIsTooLong() public {
        vm.startPrank(OPERATOR);
        nodes.setEndpoint(nodeId, string(new bytes(256)));
        vm.expectRevert(abi.encodeWithSelector(INodeRegistry.NodeEndpointTooLong.selector, 257, 256));
        nodes.setEndpoint(nodeId, string(new bytes(257)));
    }

    function testFuzz_setEndpoint(string calldata endpoint) public {
        vm.assume(bytes(endpoint).length <= 256);
        vm.prank(OPERATOR);
        nodes.setEndpoint(nodeId, endpoint);
        eq(keccak256(bytes(node().endpoint)), keccak256(bytes(endpoint)));
    }

    function testFuzz_registerNode(uint8 roles, uint96 stake, string calldata endpoint) public {
        roles = uint8(bound(roles, 1, 7));
        vm.assume(bytes(endpoint).length <= 256);
        token.mint(STRANGER, stake);
        vm.startPrank(STRANGER);
        token.approve(address(nodes), stake);
        Node memory made = nodes.nodeOf(nodes.registerNode(roles, stake, endpoint));
        eq(made.stake, stake);
        eq(made.roles, roles);
        eq(made.weight, roles & 1 == 1 ? stake / 2 : 0);
        eq(keccak256(bytes(made.endpoint)), keccak256(bytes(endpoint)));
        eq(token.balanceOf(address(nodes)), STAKE + stake);
        eq(totalWeight(), sumOfWeights());
    }

    function testFuzz_RevertWhen_RolesAreUnknown(uint8 roles) public {
        vm.assume(roles == 0 || roles > 7);
        vm.expectRevert(abi.encodeWithSelector(INodeRegistry.NodeRolesInvalid.selector, roles));
        nodes.registerNode(roles, 0, "");
    }

    function nft() private view returns (Soulbound) {
        return Soulbound(address(nodes));
    }

    function expectSoulbound() private {
        vm.expectRevert(abi.encodeWithSelector(INodeRegistry.NodeSoulbound.selector));
    }

    function expectNotActive(NodeStatus status) private {
        vm.expectRevert(abi.encodeWithSelector(INodeRegistry.NodeNotActive.selector, nodeId, status));
        vm.prank(OPERATOR);
        nodes.setEndpoint(nodeId, "there");
    }
}

interface Soulbound is IERC721 {
    function name() external view returns (string memory);
    function symbol() external view returns (string memory);
}
