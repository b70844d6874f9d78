// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IJobMarket, JobStatus, Settlement} from "../../../contracts/interfaces/IJobMarket.sol";
import {INodeRegistry, KeyState, SlashCause} from "../../../contracts/interfaces/INodeRegistry.sol";
import {JobRequest} from "../../../contracts/types/JobParams.sol";
import {Receipt} from "../../../contracts/types/Receipt.sol";
import {AttackKit} from "../helpers/AttackKit.sol";
import {Posted} from "../helpers/Kit.sol";
import {vm} from "../helpers/Vm.sol";

/// @dev Against the end of jobs: the wrong receipt, a late one, or two.
contract ReceiptAttacksTest is AttackKit {
    function test_Attack_StaleReceiptOfAnEarlierAttempt() public {
        Posted memory job = claimedJob();
        Settlement memory stale = makeSettlement(job, makeReceipt(job, 1, 0), WORKER_KEY);
        settle(job, 32);
        addWorker(SECOND_OPERATOR, SECOND_KEY);
        claim(job, SECOND_OPERATOR, vm.addr(SECOND_KEY));
        vm.expectRevert(abi.encodeWithSelector(IJobMarket.ReceiptAttemptMismatched.selector, job.id, 1, 2));
        market.settleJob(stale);
        // Nor does the first key speak for the second attempt.
        Settlement memory fresh = makeSettlement(job, makeReceipt(job, 2, 0), WORKER_KEY);
        vm.expectPartialRevert(IJobMarket.ReceiptSignatureInvalid.selector);
        market.settleJob(fresh);
        eq(owed(OPERATOR), 0);
    }

    function test_Attack_FailureReceiptTwice() public {
        Posted memory job = claimedJob();
        Receipt memory receipt = makeReceipt(job, 1, 32);
        bytes memory signed = signature(WORKER_KEY, market.receiptDigest(receipt));
        market.failJob(job.id, job.params, receipt, signed);
        eq(nodes.nodeOf(nodeId).stake, STAKE - BOND / 20);
        vm.expectPartialRevert(IJobMarket.JobNotClaimed.selector);
        market.failJob(job.id, job.params, receipt, signed);
        // Nor against the next attempt.
        addWorker(SECOND_OPERATOR, SECOND_KEY);
        claim(job, SECOND_OPERATOR, vm.addr(SECOND_KEY));
        vm.expectPartialRevert(IJobMarket.ReceiptAttemptMismatched.selector);
        market.failJob(job.id, job.params, receipt, signed);
        eq(nodes.nodeOf(nodeId).stake, STAKE - BOND / 20);
    }

    function test_Attack_AnotherJobsReceipt() public {
        Posted memory first = claimedJob();
        JobRequest memory request = makeRequest(one(makeTerms()));
        request.salt = "second";
        Posted memory second = submit(request, one(makeTerms()));
        claim(second);
        Settlement memory settlement = makeSettlement(second, makeReceipt(first, 1, 0), WORKER_KEY);
        vm.expectRevert(
            abi.encodeWithSelector(IJobMarket.ReceiptJobMismatched.selector, second.id, first.id)
        );
        market.settleJob(settlement);
        // With the first job's parameters it is the first job, or none.
        settlement = makeSettlement(first, makeReceipt(first, 1, 0), WORKER_KEY);
        settlement.jobId = second.id;
        vm.expectPartialRevert(IJobMarket.ReceiptJobMismatched.selector);
        // Both jobs have the same parameters here; their ids keep them apart.
        market.settleJob(settlement);
    }

    /// The order comes from whoever brings the receipt; another fee, owner or price has another hash.
    function testFuzz_Attack_SettleWithOtherParameters(uint8 field, uint256 value) public {
        Posted memory job = claimedJob();
        Settlement memory settlement = makeSettlement(job, makeReceipt(job, 1, 0), WORKER_KEY);
        bytes32 before = keccak256(abi.encode(settlement));
        field %= 7;
        if (field == 0) settlement.order.fee = uint96(value);
        else if (field == 1) settlement.order.requester = address(uint160(value));
        else if (field == 2) settlement.order.inputs[0].owner = address(uint160(value));
        else if (field == 3) settlement.order.inputs[0].price = uint96(value);
        else if (field == 4) settlement.order.protocolFee = uint96(value);
        else if (field == 5) settlement.order.token = address(uint160(value));
        else settlement.offerHash = bytes32(value);
        vm.assume(keccak256(abi.encode(settlement)) != before);
        vm.expectPartialRevert(IJobMarket.JobParamsMismatched.selector);
        market.settleJob(settlement);
        eq(owed(ATTACKER), 0);
    }

    /// The price, once more with bits beyond its type: hashed as it is, read as it is, it is not the job's.
    function test_Attack_SettleWithDirtyWords() public {
        Posted memory job = claimedJob();
        Settlement memory settlement = makeSettlement(job, makeReceipt(job, 1, 0), WORKER_KEY);
        bytes memory data = abi.encodeCall(IJobMarket.settleJob, (settlement));
        // The highest bit of each word in turn.
        for (uint256 at = 4; at < data.length; at += 32) {
            bytes memory dirty = bytes.concat(data);
            assembly ("memory-safe") {
                let word := add(add(dirty, 0x20), at)
                mstore(word, xor(mload(word), shl(255, 1)))
            }
            (bool ok,) = address(market).call(dirty);
            yes(!ok);
        }
        eq(owed(OPERATOR), 0);
        (bool clean,) = address(market).call(data);
        yes(clean);
        eq(owed(OPERATOR), FEE);
    }

    function test_Attack_SecondReceiptAfterTheEnd() public {
        Posted memory job = claimedJob();
        settle(job, 0);
        Receipt memory receipt = makeReceipt(job, 1, 16);
        bytes memory signed = signature(WORKER_KEY, market.receiptDigest(receipt));
        vm.expectRevert(
            abi.encodeWithSelector(IJobMarket.JobNotClaimed.selector, job.id, JobStatus.Settled)
        );
        market.failJob(job.id, job.params, receipt, signed);
        Settlement memory again = makeSettlement(job, makeReceipt(job, 1, 0), WORKER_KEY);
        vm.expectPartialRevert(IJobMarket.JobNotClaimed.selector);
        market.settleJob(again);
        vm.warp(block.timestamp + 2 hours);
        vm.expectPartialRevert(IJobMarket.JobNotClaimed.selector);
        market.timeOutJob(job.id, job.params);
        vm.expectPartialRevert(IJobMarket.JobNotOpen.selector);
        cancel(job);
        eq(owed(OPERATOR), FEE);
        eq(owed(OWNER), PRICE);
        eq(owed(REQUESTER), 0);
    }

    /// Another result than the enclave's, in the host's own words.
    function test_Attack_SwapTheResult() public {
        Posted memory job = claimedJob();
        Settlement memory settlement = makeSettlement(job, makeReceipt(job, 1, 0), WORKER_KEY);
        settlement.ciphertext = "swapped value";
        vm.expectPartialRevert(IJobMarket.ReceiptCiphertextMismatched.selector);
        market.settleJob(settlement);
        settlement.ciphertext = "";
        vm.expectPartialRevert(IJobMarket.ReceiptOutputInvalid.selector);
        market.settleJob(settlement);
    }

    /// Who brings the receipt first gains nothing, and turns nobody else back.
    function test_Attack_FrontRunASettlement() public {
        Posted memory job = claimedJob();
        JobRequest memory request = makeRequest(one(makeTerms()));
        request.salt = "second";
        Posted memory second = submit(request, one(makeTerms()));
        claim(second);
        Settlement[] memory all = new Settlement[](2);
        all[0] = makeSettlement(job, makeReceipt(job, 1, 0), WORKER_KEY);
        all[1] = makeSettlement(second, makeReceipt(second, 1, 0), WORKER_KEY);
        vm.prank(ATTACKER);
        market.settleJob(all[0]);
        vm.prank(OPERATOR);
        market.settleMany(all);
        eq(worth(ATTACKER), 0);
        eq(owed(OPERATOR), 2 * FEE);
        eq(owed(OWNER), 2 * PRICE);
    }

    /// A second late is too late, whoever brings it: the owners are paid once, the node not at all.
    function test_Attack_ReceiptAfterTheDeadline() public {
        Posted memory job = claimedJob();
        Settlement memory settlement = makeSettlement(job, makeReceipt(job, 1, 0), WORKER_KEY);
        vm.warp(market.jobOf(job.id).dueBy + 1);
        vm.expectPartialRevert(IJobMarket.JobDeadlinePassed.selector);
        market.settleJob(settlement);
        market.timeOutJob(job.id, job.params);
        vm.expectPartialRevert(IJobMarket.JobNotClaimed.selector);
        market.settleJob(settlement);
        eq(owed(OWNER), PRICE);
        eq(owed(OPERATOR), 0);
    }

    function test_Attack_TimeOutASecondTooEarly() public {
        Posted memory job = claimedJob();
        vm.warp(market.jobOf(job.id).dueBy);
        vm.expectPartialRevert(IJobMarket.JobDeadlineAhead.selector);
        vm.prank(ATTACKER);
        market.timeOutJob(job.id, job.params);
        settle(job, 0);
    }

    // Two receipts

    function test_Attack_TwoReceiptsOfOneKey() public {
        Posted memory job = claimedJob();
        settle(job, 0);
        uint256 before = worth(OPERATOR);
        equivocate(job);
        eq(before - worth(OPERATOR), STAKE);
        yes(nodes.enclaveKeyOf(WORKER).state == KeyState.Destroyed);
        yes(nodes.slashOf(1).cause == SlashCause.Equivocation);
        executeSlashes();
        eq(token.balanceOf(BURNED), STAKE);
        eq(nodes.nodeOf(nodeId).weight, 0);
    }

    /// Who reports it, and how often, gains nothing.
    function test_Attack_FarmEquivocations() public {
        Posted memory job = claimedJob();
        equivocate(job);
        vm.expectPartialRevert(INodeRegistry.EnclaveKeyStateInvalid.selector);
        this.equivocate(job);
        executeSlashes();
        eq(worth(ATTACKER), 0);
        eq(nodes.slashCount(), 1);
    }

    /// The operator sees the proof coming and destroys the key itself: what it has signed is signed.
    function test_Attack_DestroyTheKeyInFrontOfTheProof() public {
        Posted memory job = claimedJob();
        settle(job, 0);
        uint256 before = worth(OPERATOR);
        vm.prank(OPERATOR);
        nodes.destroyEnclaveKey(WORKER);
        equivocate(job);
        eq(before - worth(OPERATOR), STAKE);
        // Once.
        vm.expectPartialRevert(INodeRegistry.EnclaveKeyStateInvalid.selector);
        this.equivocate(job);
        eq(nodes.slashCount(), 1);
    }

    /// Draining, exiting and freezing do not help either.
    function test_Attack_LeaveInFrontOfTheProof() public {
        Posted memory job = claimedJob();
        settle(job, 0);
        vm.startPrank(OPERATOR);
        nodes.drainNode(nodeId);
        nodes.requestExit(nodeId);
        vm.stopPrank();
        vm.warp(block.timestamp + 14 days - 1);
        equivocate(job);
        vm.warp(block.timestamp + 1);
        uint256 before = token.balanceOf(OPERATOR);
        vm.prank(OPERATOR);
        nodes.withdrawStake(nodeId);
        eq(token.balanceOf(OPERATOR), before);
    }

    /// Receipts of two jobs are what a key is for.
    function test_Attack_TwoJobsAsEquivocation() public {
        Posted memory job = claimedJob();
        Receipt memory first = makeReceipt(job, 1, 0);
        Receipt memory second = makeReceipt(job, 1, 0);
        second.jobId = market.jobIdOf(REQUESTER, "second");
        bytes memory a = signature(WORKER_KEY, market.receiptDigest(first));
        bytes memory b = signature(WORKER_KEY, market.receiptDigest(second));
        vm.expectPartialRevert(IJobMarket.EquivocationUnproved.selector);
        market.slashEquivocation(first, a, second, b);
        // Nor two keys of one node.
        second = makeReceipt(job, 1, 1);
        b = signature(SECOND_KEY, market.receiptDigest(second));
        vm.expectPartialRevert(IJobMarket.ReceiptSignatureInvalid.selector);
        market.slashEquivocation(first, a, second, b);
        eq(nodes.nodeOf(nodeId).stake, STAKE);
    }

    /// A receipt by the market's own account of a key that no node has.
    function test_Attack_EquivocationOfNobody() public {
        Posted memory job = claimedJob();
        Receipt memory first = makeReceipt(job, 1, 0);
        Receipt memory second = makeReceipt(job, 1, 1);
        bytes memory a = signature(SECOND_KEY, market.receiptDigest(first));
        bytes memory b = signature(SECOND_KEY, market.receiptDigest(second));
        vm.expectRevert(
            abi.encodeWithSelector(INodeRegistry.EnclaveKeyUnknown.selector, vm.addr(SECOND_KEY))
        );
        market.slashEquivocation(first, a, second, b);
    }

    function equivocate(Posted memory job) public {
        Receipt memory first = makeReceipt(job, 1, 0);
        Receipt memory second = makeReceipt(job, 1, 1);
        bytes memory a = signature(WORKER_KEY, market.receiptDigest(first));
        bytes memory b = signature(WORKER_KEY, market.receiptDigest(second));
        vm.prank(ATTACKER);
        market.slashEquivocation(first, a, second, b);
    }
}
