// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {NodeStorage} from "../../../contracts/compute/NodeStorage.sol";
import {NodeWeight} from "../../../contracts/compute/NodeWeight.sol";
import {Claimer, ClaimOutcome, INodeRegistry, NodeStatus} from "../../../contracts/interfaces/INodeRegistry.sol";
import {NodeId} from "../../../contracts/types/Ids.sol";
import {NodeKit} from "../helpers/NodeKit.sol";
import {vm} from "../helpers/Vm.sol";

/// @dev Half of the stake weighs from the start, the other half as reputation grows.
contract NodeWeightTest is NodeKit {
    /// @dev Units of burned fees that make a full reputation of the first node's stake: a sixteenth of it.
    uint32 private constant FULL = 6250;

    function test_Weight_BeginsWithHalfTheStake() public view {
        eq(node().weight, STAKE / 2);
        eq(node().weightSince, 1000);
        Claimer memory claimer = nodes.claimerOf(WORKER);
        yes(claimer.nodeId == nodeId);
        eq(claimer.weight, STAKE / 2);
        eq(claimer.weightSince, 1000);
        eq(claimer.totalWeight, STAKE / 2);
    }

    function test_Weight_OfNodesThatDoNotCompute() public {
        NodeId guardian = registerNode(OPERATOR, 2, 100);
        NodeId ingestor = registerNode(OPERATOR, 6, 100);
        eq(nodes.nodeOf(guardian).weight, 0);
        eq(nodes.nodeOf(ingestor).weight, 0);
        eq(totalWeight(), STAKE / 2);
    }

    function test_claimerOf_Unknown() public view {
        Claimer memory claimer = nodes.claimerOf(STRANGER);
        yes(claimer.nodeId == ANY);
        eq(claimer.weight + claimer.weightSince, 0);
        eq(claimer.totalWeight, STAKE / 2);
    }

    // Reputation

    function test_refreshWeight() public {
        burn(FULL / 2);
        // Not before the operator asks for it.
        eq(node().weight, STAKE / 2);
        vm.roll(2000);
        vm.expectEmit(address(nodes));
        emit INodeRegistry.NodeWeightChanged(nodeId, (STAKE * 3) / 4, (STAKE * 3) / 4);
        refresh();
        eq(node().weight, (STAKE * 3) / 4);
        eq(node().weightSince, 2000);
        eq(totalWeight(), (STAKE * 3) / 4);
    }

    function test_refreshWeight_ReachesAlmostTheStake() public {
        burn(FULL);
        refresh();
        uint256 full = (STAKE * 131_071) / 131_072;
        eq(node().weight, full);
        burn(type(uint32).max);
        refresh();
        eq(node().weight, full);
    }

    function test_refreshWeight_WithoutChange() public {
        vm.roll(2000);
        refresh();
        eq(node().weight, STAKE / 2);
        eq(node().weightSince, 1000);
    }

    function test_refreshWeight_WithoutStake() public {
        burn(FULL);
        equivocate();
        refresh();
        eq(node().weight, 0);
    }

    function test_addStake_CountsWhatWasBurned() public {
        burn(FULL);
        addStake(uint96(STAKE));
        // The same fees are half a reputation of twice the stake.
        eq(node().weight, (2 * STAKE * 3) / 4);
    }

    function test_RevertWhen_WeightIsRefreshedByStranger() public {
        expectNotOperator(STRANGER);
        vm.prank(STRANGER);
        nodes.refreshWeight(nodeId);
    }

    function test_RevertWhen_RefreshedNodeIsNotActive() public {
        drain();
        vm.expectRevert(
            abi.encodeWithSelector(INodeRegistry.NodeNotActive.selector, nodeId, NodeStatus.Draining)
        );
        refresh();
    }

    function test_TimeOut_HalvesReputation() public {
        burn(FULL);
        refresh();
        vm.roll(2000);
        timeOut(REQUESTER, 0);
        eq(node().burned, uint256(FULL / 2) * 1e16);
        eq(node().weight, ((STAKE - BOND) * (65_536 + 32_767)) / 131_072);
        eq(node().weightSince, 1000);
        eq(totalWeight(), node().weight);
    }

    function test_weightSince_MovesOnlyOnIncrease() public {
        vm.roll(1001);
        drain();
        eq(node().weightSince, 1000);
        vm.roll(1002);
        resume();
        eq(node().weightSince, 1002);
        vm.roll(1003);
        uint256 slashId = timeOut(REQUESTER, 0);
        eq(node().weightSince, 1002);
        vm.roll(1004);
        openClaim();
        closeClaim(ClaimOutcome.Settled);
        eq(node().weightSince, 1002);
        vm.roll(1005);
        nodes.cancelSlash(slashId);
        eq(node().weightSince, 1005);
        vm.roll(1006);
        addStake(2);
        eq(node().weightSince, 1006);
        vm.roll(1007);
        exit();
        eq(node().weightSince, 1006);
    }

    /// A dwarf's full reputation is not that of the giant it becomes again.
    function test_Attack_ReputationIsWeighedWhileTheStakeIsSlashed() public {
        // A tenth of a full reputation, once halved nine times.
        burn(625 * 512);
        for (uint256 i = 0; i < 9; ++i) {
            timeOut(REQUESTER, 0);
        }
        refresh();
        eq(node().weight, (BOND * uint256(131_071)) / 131_072);
        for (uint256 i = 1; i <= 9; ++i) {
            nodes.cancelSlash(i);
        }
        eq(node().weight, (STAKE * (65_536 + 6_553)) / 131_072);
        eq(totalWeight(), node().weight);
    }

    function testFuzz_refreshWeight(uint96 stake, uint32 units) public {
        stake = uint96(bound(stake, STAKE + 1, type(uint96).max));
        addStake(uint96(stake - STAKE));
        burn(units);
        refresh();
        uint256 reputation = uint256(units) * 1e16 * 16;
        uint256 ideal = (uint256(stake) + (reputation < stake ? reputation : stake)) / 2;
        yes(node().weight <= ideal);
        yes(node().weight + stake / 131_072 + 1 >= ideal);
    }

    // Splitting and joining, on the formula itself: what rounding gives is below a unit for each node

    function testFuzz_Attack_SplittingEquallyGainsNothing(uint96 stake, uint96 burned, uint8 parts) public pure {
        parts = uint8(bound(parts, 1, 255));
        stake = uint96(bound(stake, 1, type(uint96).max / parts));
        burned = uint96(bound(burned, 0, type(uint96).max / parts));
        uint256 split = parts * weightOf(stake, burned);
        uint256 joined = weightOf(uint256(stake) * parts, uint256(burned) * parts);
        yes(split <= joined && joined < split + parts);
    }

    function testFuzz_Attack_SplittingUnequallyGainsNothing(uint96 stake, uint96 other, uint96 burned, uint96 more)
        public
        pure
    {
        stake = uint96(bound(stake, 1, type(uint96).max / 2));
        other = uint96(bound(other, 1, type(uint96).max / 2));
        burned /= 2;
        more /= 2;
        uint256 split = weightOf(stake, burned) + weightOf(other, more);
        uint256 whole = uint256(stake) + other;
        // The factor is rounded down to 2^-16.
        yes(split <= weightOf(whole, uint256(burned) + more) + whole / 131_072 + 2);
    }

    function testFuzz_factorOf(uint96 stake, uint96 burned, uint96 more) public pure {
        uint256 factor = NodeWeight.factorOf(stake, burned);
        yes(factor == type(uint16).max || uint256(burned) * 16 < stake);
        yes(NodeWeight.factorOf(stake, uint256(burned) + more) >= factor);
        eq(NodeWeight.factorOf(0, burned), type(uint16).max);
        yes(stake == 0 || NodeWeight.factorOf(stake, 0) == 0);
    }

    // The total

    /// After whatever happens to whichever node.
    function testFuzz_totalWeight_IsTheSum(uint16[24] memory steps) public {
        addWorker(SECOND_OPERATOR, OWNER_KEY);
        registerNode(STRANGER, 6, uint96(STAKE));
        token.mint(OPERATOR, STAKE);
        vm.prank(OPERATOR);
        token.approve(address(nodes), STAKE);
        for (uint256 i = 0; i < steps.length; ++i) {
            vm.roll(block.number + 1);
            vm.warp(block.timestamp + 1 days);
            uint256[3] memory before = weights();
            step(steps[i]);
            uint256[3] memory later = weights();
            for (uint32 j = 0; j < 3; ++j) {
                bool moved = nodes.nodeOf(NodeId.wrap(j + 1)).weightSince == block.number;
                yes(moved == (later[j] > before[j]));
            }
            eq(totalWeight(), sumOfWeights());
        }
    }

    function step(uint256 choice) private {
        bool second = choice & 1 == 1;
        NodeId id = NodeId.wrap(second ? 2 : 1);
        address signer = second ? OWNER : WORKER;
        address operator = second ? SECOND_OPERATOR : OPERATOR;
        uint256 kind = (choice >> 1) % 12;
        uint256 amount = choice >> 5;
        address by = kind < 6 ? operator : kind < 10 ? address(market) : address(this);
        bytes memory data;
        if (kind == 0) data = abi.encodeCall(INodeRegistry.refreshWeight, (id));
        else if (kind == 1) data = abi.encodeCall(INodeRegistry.drainNode, (id));
        else if (kind < 4) data = abi.encodeCall(INodeRegistry.resumeNode, (id));
        else if (kind == 4) data = abi.encodeCall(INodeRegistry.addStake, (id, uint96(amount)));
        else if (kind == 5) data = exitCall(id, amount);
        else if (kind == 6) data = abi.encodeCall(INodeRegistry.openClaim, (JOB, signer, operator, ANY, anyPolicy()));
        else if (kind < 10) data = closeCall(signer, amount);
        else if (kind == 10) data = abi.encodeCall(INodeRegistry.cancelSlash, (nodes.slashCount()));
        else data = abi.encodeCall(INodeRegistry.executeSlash, (nodes.slashCount()));
        vm.prank(by);
        (bool success,) = address(nodes).call(data);
        success;
    }

    function exitCall(NodeId id, uint256 amount) private pure returns (bytes memory) {
        if (amount % 4 == 0) return abi.encodeCall(INodeRegistry.requestExit, (id));
        return abi.encodeCall(INodeRegistry.withdrawStake, (id));
    }

    function closeCall(address signer, uint256 amount) private pure returns (bytes memory) {
        if (amount % 7 == 6) return abi.encodeCall(INodeRegistry.slashEquivocation, (signer));
        ClaimOutcome outcome = ClaimOutcome(amount % 7);
        return abi.encodeCall(INodeRegistry.closeClaim, (signer, outcome, uint32(amount), REQUESTER, uint96(amount)));
    }

    function weights() private view returns (uint256[3] memory list) {
        for (uint32 i = 0; i < 3; ++i) {
            list[i] = nodes.nodeOf(NodeId.wrap(i + 1)).weight;
        }
    }

    /// @dev Of a node with so much staked and burned, both in the token's smallest unit.
    function weightOf(uint256 stake, uint256 burned) private pure returns (uint256) {
        NodeStorage.NodeRecord memory record;
        record.stake = uint96(stake);
        record.status = NodeStatus.Active;
        record.roles = 1;
        record.factor = NodeWeight.factorOf(stake, burned);
        return NodeWeight.weightOf(record);
    }
}
