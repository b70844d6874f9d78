// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Claimer, ClaimOutcome, INodeRegistry, Node} from "../../../contracts/interfaces/INodeRegistry.sol";
import {JobId, NodeId} from "../../../contracts/types/Ids.sol";
import {NodePolicy} from "../../../contracts/types/NodePolicy.sol";
import {Kit} from "./Kit.sol";
import {vm} from "./Vm.sol";

interface VmStore {
    function store(address target, bytes32 slot, bytes32 value) external;
}

/// @dev What the market, an operator and governance do to the first node, in a line each.
abstract contract NodeKit is Kit {
    JobId internal constant JOB = JobId.wrap("job");
    NodeId internal constant ANY = NodeId.wrap(0);
    address internal constant BURNED = 0x000000000000000000000000000000000000dEaD;

    // The market

    function anyPolicy() internal pure returns (NodePolicy memory) {
        return NodePolicy({verifierKinds: 1, vendors: 1, minStake: 0, requesterMayNameNode: false});
    }

    function openClaim() internal returns (Claimer memory) {
        return openClaim(WORKER, OPERATOR, ANY, anyPolicy());
    }

    function openClaim(address signer, address caller, NodeId named, NodePolicy memory policy)
        internal
        returns (Claimer memory)
    {
        vm.prank(address(market));
        return nodes.openClaim(JOB, signer, caller, named, policy);
    }

    function openClaims(uint256 count) internal {
        for (uint256 i = 0; i < count; ++i) {
            openClaim();
        }
    }

    function closeClaim(ClaimOutcome outcome) internal {
        closeClaim(outcome, 0, REQUESTER, 0);
    }

    function closeClaim(ClaimOutcome outcome, uint32 burned, address requester, uint96 cost) internal {
        vm.prank(address(market));
        nodes.closeClaim(WORKER, outcome, burned, requester, cost);
    }

    /// @return slashId of what it took.
    function timeOut(address victim, uint96 cost) internal returns (uint256 slashId) {
        openClaim();
        closeClaim(ClaimOutcome.TimedOut, 0, victim, cost);
        return nodes.slashCount();
    }

    function equivocate() internal returns (uint256 slashId) {
        vm.prank(address(market));
        nodes.slashEquivocation(WORKER);
        return nodes.slashCount();
    }

    /// @dev One settled job of so many units, each a ten-thousandth of the bond.
    function burn(uint32 units) internal {
        openClaim();
        closeClaim(ClaimOutcome.Settled, units, REQUESTER, 0);
    }

    // The operator

    function addStake(uint96 amount) internal {
        token.mint(OPERATOR, amount);
        vm.startPrank(OPERATOR);
        token.approve(address(nodes), amount);
        nodes.addStake(nodeId, amount);
        vm.stopPrank();
    }

    function refresh() internal {
        vm.prank(OPERATOR);
        nodes.refreshWeight(nodeId);
    }

    function drain() internal {
        vm.prank(OPERATOR);
        nodes.drainNode(nodeId);
    }

    function resume() internal {
        vm.prank(OPERATOR);
        nodes.resumeNode(nodeId);
    }

    function exit() internal {
        vm.prank(OPERATOR);
        nodes.requestExit(nodeId);
    }

    function withdraw() internal {
        vm.prank(OPERATOR);
        nodes.withdrawStake(nodeId);
    }

    function exitAndWithdraw() internal {
        exit();
        vm.warp(block.timestamp + 14 days);
        withdraw();
    }

    // What is there

    function node() internal view returns (Node memory) {
        return nodes.nodeOf(nodeId);
    }

    function totalWeight() internal view returns (uint256) {
        return nodes.claimerOf(WORKER).totalWeight;
    }

    function sumOfWeights() internal view returns (uint256 sum) {
        for (uint32 id = 1; id <= nodes.nodeCount(); ++id) {
            sum += nodes.nodeOf(NodeId.wrap(id)).weight;
        }
    }

    /// @dev Overwrites bits of the node's record. Some counters take too long to fill.
    function forge(uint256 offset, uint256 bits, uint256 value) internal {
        bytes32 place = keccak256(abi.encode(nodeId, 1));
        uint256 mask = (2 ** bits - 1) << offset;
        uint256 word = uint256(vm.load(address(nodes), place)) & ~mask;
        VmStore(address(vm)).store(address(nodes), place, bytes32(word | value << offset));
    }

    // What comes next

    function expectNotOperator(address caller) internal {
        vm.expectRevert(
            abi.encodeWithSelector(INodeRegistry.NodeCallerNotOperator.selector, nodeId, caller, OPERATOR)
        );
    }

    function expectUnknownNode() internal {
        vm.expectRevert(abi.encodeWithSelector(INodeRegistry.NodeUnknown.selector, 9));
    }

    function expectPanic(uint256 code) internal {
        vm.expectRevert(abi.encodeWithSignature("Panic(uint256)", code));
    }
}
