// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IJobMarket, JobStatus} from "../../../contracts/interfaces/IJobMarket.sol";
import {INodeRegistry, KeyState, Node, Slash, SlashCause} from "../../../contracts/interfaces/INodeRegistry.sol";
import {JobId} from "../../../contracts/types/Ids.sol";
import {Receipt} from "../../../contracts/types/Receipt.sol";
import {JobKit} from "../helpers/JobKit.sol";
import {Posted} from "../helpers/Kit.sol";
import {vm} from "../helpers/Vm.sol";

contract EquivocationTest is JobKit {
    function test_slashEquivocation_WhileClaimed() public {
        Posted memory job = claimedJob();
        (Receipt memory first, Receipt memory second) = both(job);
        (bytes memory a, bytes memory b) = (signed(first, WORKER_KEY), signed(second, WORKER_KEY));
        (bytes32 one_, bytes32 two) = (market.receiptDigest(first), market.receiptDigest(second));
        vm.expectEmit(address(market));
        emit IJobMarket.EquivocationSlashed(job.id, nodeId, WORKER, one_, two);
        vm.prank(STRANGER);
        market.slashEquivocation(first, a, second, b);
        yes(nodes.keyStatusOf(WORKER).state == KeyState.Destroyed);
        Node memory node = nodes.nodeOf(nodeId);
        eq(node.stake, 0);
        eq(node.weight, 0);
        eq(node.openClaims, 1);
        Slash memory slash = nodes.slashOf(nodes.slashCount());
        yes(slash.cause == SlashCause.Equivocation);
        eq(slash.amount, STAKE);
        eq(slash.cost, 0);
        // Neither receipt counts any more; the job ends by time.
        vm.expectPartialRevert(INodeRegistry.EnclaveKeyNotUsable.selector);
        market.failJob(job.id, job.params, first, a);
        timeOut(job);
        yes(statusOf(job) == JobStatus.TimedOut);
        eq(nodes.nodeOf(nodeId).openClaims, 0);
    }

    /// At any time: what was settled stays settled.
    function test_slashEquivocation_AfterTheJobIsSettled() public {
        Posted memory job = claimedJob();
        settle(job, 0);
        Receipt memory first = makeReceipt(job, 1, 0);
        Receipt memory second = makeReceipt(job, 1, 16);
        bytes32 receipt = market.receiptOf(job.id);
        vm.warp(START + 300 days);
        market.slashEquivocation(first, signed(first, WORKER_KEY), second, signed(second, WORKER_KEY));
        eq(nodes.nodeOf(nodeId).stake, 0);
        eq(nodes.nodeOf(nodeId).burned, 0);
        eq(market.receiptOf(job.id), receipt);
        eq(owed(OPERATOR), FEE);
    }

    /// What its operator has destroyed is not destroyed once more.
    function test_slashEquivocation_OfADestroyedKey() public {
        Posted memory job = claimedJob();
        (Receipt memory first, Receipt memory second) = both(job);
        vm.prank(OPERATOR);
        nodes.destroyEnclaveKey(WORKER);
        vm.recordLogs();
        market.slashEquivocation(first, signed(first, WORKER_KEY), second, signed(second, WORKER_KEY));
        eq(logsOf(address(nodes), INodeRegistry.EnclaveKeyStateChanged.selector), 0);
    }

    /// Two attempts are one job.
    /// A reorganisation may undo an attempt: its key answers once more, and has not lied.
    function test_RevertWhen_AttemptsAreTwo() public {
        Posted memory job = claimedJob();
        (Receipt memory first, Receipt memory second) = (makeReceipt(job, 1, 0), makeReceipt(job, 2, 0));
        expectUnproved(job, first, signed(first, WORKER_KEY), second, signed(second, WORKER_KEY));
    }

    function test_RevertWhen_ReceiptsAreOne() public {
        Posted memory job = claimedJob();
        Receipt memory first = makeReceipt(job, 1, 0);
        bytes memory proof = signed(first, WORKER_KEY);
        expectUnproved(job, first, proof, first, proof);
        // Another signature of the same digest is no other receipt.
        expectUnproved(job, first, proof, first, malleated(proof));
    }

    function test_RevertWhen_SignatureIsMalleable() public {
        Posted memory job = claimedJob();
        (Receipt memory first, Receipt memory second) = both(job);
        bytes memory a = signed(first, WORKER_KEY);
        bytes memory b = signed(second, WORKER_KEY);
        expect(job, IJobMarket.ReceiptSignatureInvalid.selector, abi.encode(address(0)));
        market.slashEquivocation(first, malleated(a), second, b);
        expect(job, IJobMarket.ReceiptSignatureInvalid.selector, abi.encode(WORKER));
        market.slashEquivocation(first, a, second, malleated(b));
        expect(job, IJobMarket.ReceiptSignatureInvalid.selector, abi.encode(address(0)));
        market.slashEquivocation(first, "", second, b);
    }

    function test_RevertWhen_JobsAreTwo() public {
        Posted memory job = claimedJob();
        (Receipt memory first, Receipt memory second) = both(job);
        second.jobId = JobId.wrap("another");
        expectUnproved(job, first, signed(first, WORKER_KEY), second, signed(second, WORKER_KEY));
    }

    function test_RevertWhen_KeysAreTwo() public {
        Posted memory job = claimedJob();
        addWorker(SECOND_OPERATOR, SECOND_KEY);
        (Receipt memory first, Receipt memory second) = both(job);
        bytes memory a = signed(first, WORKER_KEY);
        bytes memory b = signed(second, SECOND_KEY);
        expect(job, IJobMarket.ReceiptSignatureInvalid.selector, abi.encode(WORKER));
        market.slashEquivocation(first, a, second, b);
        expect(job, IJobMarket.ReceiptSignatureInvalid.selector, abi.encode(SECOND));
        market.slashEquivocation(second, b, first, a);
    }

    function test_RevertWhen_KeyIsUnknown() public {
        (Receipt memory first, Receipt memory second) = both(claimedJob());
        bytes memory a = signed(first, THIRD_KEY);
        bytes memory b = signed(second, THIRD_KEY);
        vm.expectRevert(abi.encodeWithSelector(INodeRegistry.EnclaveKeyUnknown.selector, THIRD));
        market.slashEquivocation(first, a, second, b);
    }

    /// Once is enough, and a key that was destroyed in time costs nothing.
    function test_RevertWhen_KeyIsDestroyed() public {
        (Receipt memory first, Receipt memory second) = both(claimedJob());
        bytes memory a = signed(first, WORKER_KEY);
        bytes memory b = signed(second, WORKER_KEY);
        market.slashEquivocation(first, a, second, b);
        vm.expectRevert(
            abi.encodeWithSelector(INodeRegistry.EnclaveKeyStateInvalid.selector, WORKER, KeyState.Destroyed)
        );
        market.slashEquivocation(first, a, second, b);
    }

    /// Neither a frozen key nor a banned measurement saves the stake.
    function test_slashEquivocation_OfAFrozenKey() public {
        Posted memory job = claimedJob();
        nodes.freezeEnclaveKey(WORKER);
        measurements.ban(MEASUREMENT);
        vm.prank(OPERATOR);
        nodes.requestExit(nodeId);
        (Receipt memory first, Receipt memory second) = both(job);
        market.slashEquivocation(first, signed(first, WORKER_KEY), second, signed(second, WORKER_KEY));
        eq(nodes.nodeOf(nodeId).stake, 0);
    }

    function testFuzz_slashEquivocation_AnyTwoReceiptsOfAJob(Receipt memory first, Receipt memory second, bool same)
        public
    {
        if (same) second = abi.decode(abi.encode(first), (Receipt));
        second.jobId = first.jobId;
        second.attempt = first.attempt;
        bytes memory a = signed(first, WORKER_KEY);
        bytes memory b = signed(second, WORKER_KEY);
        bool equal = market.receiptDigest(first) == market.receiptDigest(second);
        if (equal) vm.expectPartialRevert(IJobMarket.EquivocationUnproved.selector);
        market.slashEquivocation(first, a, second, b);
        eq(nodes.nodeOf(nodeId).stake, equal ? STAKE : 0);
    }

    function testFuzz_RevertWhen_JobsDiffer(JobId a, JobId b) public {
        vm.assume(a != b);
        Posted memory job = claimedJob();
        (Receipt memory first, Receipt memory second) = both(job);
        (first.jobId, second.jobId, job.id) = (a, b, a);
        expectUnproved(job, first, signed(first, WORKER_KEY), second, signed(second, WORKER_KEY));
    }

    function both(Posted memory job) private pure returns (Receipt memory, Receipt memory) {
        return (makeReceipt(job, 1, 1), makeReceipt(job, 1, 2));
    }

    function expectUnproved(
        Posted memory job,
        Receipt memory first,
        bytes memory a,
        Receipt memory second,
        bytes memory b
    ) private {
        bytes memory rest = abi.encode(market.receiptDigest(first), market.receiptDigest(second));
        expect(job, IJobMarket.EquivocationUnproved.selector, rest);
        market.slashEquivocation(first, a, second, b);
    }
}
