// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Grant} from "../../../contracts/interfaces/IGrantRegistry.sol";
import {IJobMarket, Job, JobStatus} from "../../../contracts/interfaces/IJobMarket.sol";
import {INodeRegistry, KeyState, Node, Slash, SlashCause} from "../../../contracts/interfaces/INodeRegistry.sol";
import {JobId, NodeId} from "../../../contracts/types/Ids.sol";
import {Receipt} from "../../../contracts/types/Receipt.sol";
import {Terms} from "../../../contracts/types/Terms.sol";
import {JobKit} from "../helpers/JobKit.sol";
import {Posted} from "../helpers/Kit.sol";
import {vm} from "../helpers/Vm.sol";

contract JobFailureTest is JobKit {
    uint256 private constant ESCROW = uint256(PRICE) + FEE + PROTOCOL_FEE;

    // Proved: the end, and the node is paid

    function test_failJob_ProvedBeforeRelease() public {
        Posted memory job = claimedJob();
        Receipt memory receipt = makeReceipt(job, 1, 1);
        bytes memory proof = signed(receipt, WORKER_KEY);
        vm.expectEmit(address(market));
        emit IJobMarket.JobFailed(job.id, nodeId, WORKER, 1, true, receipt);
        vm.prank(STRANGER);
        market.failJob(job.id, job.params, receipt, proof);
        expectEnd(job, JobStatus.Failed, 0, FEE, PRICE, false);
        eq(collected(), PROTOCOL_FEE);
        eq(market.receiptOf(job.id), market.receiptDigest(receipt));
        eq(market.jobOf(job.id).signer, WORKER);
        yes(!market.jobOf(job.id).tainted);
        Node memory node = nodes.nodeOf(nodeId);
        eq(node.settled + node.failed + node.burned + node.openClaims, 0);
        eq(node.stake, STAKE);
    }

    function test_failJob_ProvedAfterRelease() public {
        Posted memory job = claimedJob();
        settle(job, 16);
        expectEnd(job, JobStatus.Failed, PRICE, FEE, 0, true);
        yes(market.jobOf(job.id).tainted);
    }

    function test_failJob_ProvedBeforeRelease_Tainted() public {
        Posted memory job = claimedJob();
        settle(job, 48);
        claimAnew(job, SECOND_OPERATOR, SECOND_KEY);
        settle(job, 15, SECOND_KEY);
        expectEnd(job, JobStatus.Failed, PRICE, 0, 0, true);
        eq(owed(SECOND_OPERATOR), FEE);
        eq(collected(), PROTOCOL_FEE);
    }

    /// The protocol fee is kept where a node is paid, also where it is paid by itself.
    function test_failJob_RequesterIsOperator() public {
        Terms memory terms = makeTerms();
        terms.grantee = OPERATOR;
        giveGrant(terms);
        fund(OPERATOR, 100e18);
        Posted memory job = submit(makeRequest(one(terms)), one(terms), OPERATOR);
        claim(job);
        settle(job, 1);
        eq(owed(OPERATOR), uint256(PRICE) + FEE);
        eq(collected(), PROTOCOL_FEE);
    }

    // Unproved: another node may try

    function test_failJob_UnprovedBeforeRelease() public {
        Posted memory job = claimedJob();
        Receipt memory receipt = makeReceipt(job, 1, 32);
        bytes memory proof = signed(receipt, WORKER_KEY);
        vm.roll(block.number + 5);
        vm.expectEmit(address(market));
        emit IJobMarket.JobReopened(job.id, nodeId, WORKER, 32, 2, false);
        market.failJob(job.id, job.params, receipt, proof);
        expectEnd(job, JobStatus.Open, 0, 0, 0, true);
        eq(collected(), 0);
        Job memory stored = market.jobOf(job.id);
        eq(stored.attempt, 2);
        eq(stored.signer, address(0));
        eq(stored.dueBy, 0);
        eq(stored.raceBlock, block.number);
        eq(stored.commitment, market.hashParams(job.params));
        eq(market.receiptOf(job.id), 0);
        yes(!stored.tainted);
    }

    /// The requester wanted this node and no other.
    function test_failJob_UnprovedByTheNamedNodeIsTheEnd() public {
        Posted memory job = namedJob(nodeId);
        claim(job);
        settle(job, 32);
        yes(statusOf(job) == JobStatus.Failed);
    }

    /// A twentieth of a bond, for nobody.
    function test_failJob_UnprovedCostsALittle() public {
        settle(claimedJob(), 32);
        Node memory node = nodes.nodeOf(nodeId);
        eq(node.failed, 1);
        eq(node.openClaims, 0);
        eq(node.stake, STAKE - BOND / 20);
        Slash memory slash = nodes.slashOf(nodes.slashCount());
        yes(slash.cause == SlashCause.UnprovedFailure && slash.nodeId == nodeId);
        eq(slash.amount, BOND / 20);
        eq(slash.victim, address(0));
        eq(slash.cost, 0);
    }

    function test_failJob_UnprovedAfterRelease() public {
        Posted memory job = claimedJob();
        Receipt memory receipt = makeReceipt(job, 1, 63);
        bytes memory proof = signed(receipt, WORKER_KEY);
        vm.expectEmit(address(market));
        emit IJobMarket.JobReopened(job.id, nodeId, WORKER, 63, 2, true);
        market.failJob(job.id, job.params, receipt, proof);
        expectEnd(job, JobStatus.Open, 0, 0, 0, true);
        yes(market.jobOf(job.id).tainted);
    }

    function test_failJob_ThirdUnprovedFailure() public {
        Posted memory job = claimedJob();
        failTwice(job, 32, 32);
        Receipt memory receipt = makeReceipt(job, 3, 47);
        bytes memory proof = signed(receipt, THIRD_KEY);
        NodeId third = nodes.claimerOf(THIRD).nodeId;
        vm.expectEmit(address(market));
        emit IJobMarket.JobFailed(job.id, third, THIRD, 47, true, receipt);
        market.failJob(job.id, job.params, receipt, proof);
        expectEnd(job, JobStatus.Failed, 0, 0, ESCROW, false);
        eq(owed(THIRD_OPERATOR) + collected(), 0);
        eq(market.receiptOf(job.id), market.receiptDigest(receipt));
    }

    function test_failJob_ThirdUnprovedFailure_TaintedByTheFirst() public {
        expectThirdTainted(48, 32, 32);
    }

    function test_failJob_ThirdUnprovedFailure_TaintedByTheSecond() public {
        expectThirdTainted(32, 48, 32);
    }

    function test_failJob_ThirdUnprovedFailure_TaintedByTheThird() public {
        expectThirdTainted(32, 32, 48);
    }

    /// Nobody could claim it again: the last second of the claim window is the first too late.
    function test_failJob_ReopensOnlyBeforeClaimBy() public {
        Posted memory job = claimedJob();
        Posted memory other = openJob("other");
        claim(other);
        vm.warp(job.params.offer.claimBy - 1);
        settle(other, 32);
        yes(statusOf(other) == JobStatus.Open);
        vm.warp(job.params.offer.claimBy);
        settle(job, 32);
        yes(statusOf(job) == JobStatus.Failed);
        eq(owed(REQUESTER), ESCROW);
        eq(owed(OPERATOR) + owed(OWNER) + collected(), 0);
        eq(market.jobOf(job.id).attempt, 1);
    }

    function test_failJob_AfterClaimByAfterRelease() public {
        Posted memory job = openJob();
        vm.warp(START + 10 minutes);
        claim(job);
        vm.warp(job.params.offer.claimBy + 1);
        settle(job, 48);
        expectEnd(job, JobStatus.Failed, PRICE, 0, FEE + PROTOCOL_FEE, true);
    }

    /// A grant that was revoked meanwhile takes its use back all the same: no job is stuck.
    function test_failJob_GrantRevokedMeanwhile() public {
        Posted memory job = claimedJob();
        vm.prank(OWNER);
        grants.revoke(job.params.order.inputs[0].grantHash);
        settle(job, 1);
        expectEnd(job, JobStatus.Failed, 0, FEE, PRICE, false);
    }

    function test_failJob_ReturnsTheUseOfEachGrant() public {
        Terms[] memory list = giveGrants(3);
        Posted memory job = openJob("three", list, FEE);
        claim(job);
        settle(job, 1);
        for (uint256 i = 0; i < 3; ++i) {
            Grant memory stored = grants.grantOf(OWNER, job.params.order.inputs[i].grantHash);
            eq(stored.uses + stored.outputBytes, 0);
        }
        eq(owed(REQUESTER), 3 * uint256(PRICE));
    }

    // Requirements

    function test_RevertWhen_FailedJobIsNotClaimed() public {
        Posted memory job = openJob();
        expectFail(job, makeReceipt(job, 1, 1), IJobMarket.JobNotClaimed.selector, abi.encode(JobStatus.Open));
        claim(job);
        settle(job, 1);
        expectFail(job, makeReceipt(job, 1, 1), IJobMarket.JobNotClaimed.selector, abi.encode(JobStatus.Failed));
    }

    function test_RevertWhen_ParamsAreNotTheJobs() public {
        Posted memory job = claimedJob();
        bytes32 stored = market.hashParams(job.params);
        job.params.offer.claimBy += 1;
        bytes32 hash = market.hashParams(job.params);
        expectFail(job, makeReceipt(job, 1, 1), IJobMarket.JobParamsMismatched.selector, abi.encode(hash, stored));
        job.params.offer.claimBy -= 1;
        job.params.order.inputs[0].owner = STRANGER;
        hash = market.hashParams(job.params);
        expectFail(job, makeReceipt(job, 1, 1), IJobMarket.JobParamsMismatched.selector, abi.encode(hash, stored));
    }

    function test_RevertWhen_DeadlineIsPassed() public {
        Posted memory job = claimedJob();
        uint32 dueBy = market.jobOf(job.id).dueBy;
        vm.warp(uint256(dueBy) + 1);
        expectFail(
            job, makeReceipt(job, 1, 1), IJobMarket.JobDeadlinePassed.selector, abi.encode(dueBy, dueBy + 1)
        );
        vm.warp(dueBy);
        settle(job, 1);
    }

    function test_RevertWhen_ReceiptIsAnothers() public {
        Posted memory job = claimedJob();
        Receipt memory receipt = makeReceipt(job, 1, 1);
        receipt.jobId = JobId.wrap("another");
        expectFail(job, receipt, IJobMarket.ReceiptJobMismatched.selector, abi.encode(bytes32("another")));
        receipt = makeReceipt(job, 1, 1);
        receipt.jobSpecHash = "another";
        expectFail(
            job, receipt, IJobMarket.ReceiptSpecMismatched.selector, abi.encode(bytes32("another"), bytes32("spec"))
        );
        receipt = makeReceipt(job, 2, 1);
        expectFail(job, receipt, IJobMarket.ReceiptAttemptMismatched.selector, abi.encode(2, 1));
    }

    function test_RevertWhen_FailureCarriesOutput() public {
        Posted memory job = claimedJob();
        Receipt memory receipt = makeReceipt(job, 1, 16);
        receipt.outputBytes = 1;
        expectFail(job, receipt, IJobMarket.ReceiptOutputInvalid.selector, abi.encode(0, 1, 0));
    }

    function test_RevertWhen_SignerIsNotTheClaims() public {
        Posted memory job = claimedJob();
        Receipt memory receipt = makeReceipt(job, 1, 1);
        bytes memory proof = signed(receipt, OWNER_KEY);
        expect(job, IJobMarket.ReceiptSignatureInvalid.selector, abi.encode(WORKER));
        market.failJob(job.id, job.params, receipt, proof);
        expect(job, IJobMarket.ReceiptSignatureInvalid.selector, abi.encode(WORKER));
        market.failJob(job.id, job.params, receipt, "");
    }

    /// Neither kind of failure is believed of a key that is not.
    function test_RevertWhen_KeyIsNotUsable() public {
        Posted memory job = claimedJob();
        nodes.freezeEnclaveKey(WORKER);
        for (uint16 code = 1; code <= 32; code += 31) {
            Receipt memory receipt = makeReceipt(job, 1, code);
            bytes memory proof = signed(receipt, WORKER_KEY);
            vm.expectRevert(
                abi.encodeWithSelector(INodeRegistry.EnclaveKeyNotUsable.selector, WORKER, KeyState.Frozen, false)
            );
            market.failJob(job.id, job.params, receipt, proof);
        }
    }

    // Fuzz

    function testFuzz_failJob_OnlyKnownCodes(uint16 code) public {
        Posted memory job = claimedJob();
        Receipt memory receipt = makeReceipt(job, 1, code);
        receipt.outputBytes = 0;
        bytes memory proof = signed(receipt, WORKER_KEY);
        bool known = code != 0 && code < 64;
        if (!known) expect(job, IJobMarket.ReceiptCodeInvalid.selector, abi.encode(code));
        market.failJob(job.id, job.params, receipt, proof);
        if (known) yes(statusOf(job) == (code < 32 ? JobStatus.Failed : JobStatus.Open));
    }

    /// What comes in goes out, to whom the table says, whatever three attempts bring.
    function testFuzz_failJob_MoneyAndUses(uint16[3] memory codes, bool last) public {
        Posted memory job = claimedJob();
        uint256[3] memory keys = [WORKER_KEY, SECOND_KEY, THIRD_KEY];
        address[3] memory operators = [OPERATOR, SECOND_OPERATOR, THIRD_OPERATOR];
        bool tainted = false;
        for (uint256 i = 0; i < 3; ++i) {
            if (i != 0) claimAnew(job, operators[i], keys[i]);
            uint16 code = uint16(bound(codes[i], last && i == 2 ? 0 : 1, 63));
            settle(job, code, keys[i]);
            tainted = tainted || code % 32 >= 16 || code == 0;
            bool paid = code < 32;
            bool over = paid || i == 2;
            eq(owed(operators[i]), paid ? FEE : 0);
            eq(owed(OWNER), over && tainted ? PRICE : 0);
            eq(owed(REQUESTER), over ? (tainted ? 0 : PRICE) + (paid ? 0 : FEE + PROTOCOL_FEE) : 0);
            eq(collected(), paid ? PROTOCOL_FEE : 0);
            eq(usesOf(job), over && !tainted ? 0 : 1);
            eq(nodes.nodeOf(nodes.claimerOf(vm.addr(keys[i])).nodeId).openClaims, 0);
            if (!over) continue;
            eq(owed(operators[i]) + owed(OWNER) + owed(REQUESTER) + collected(), ESCROW);
            yes(statusOf(job) == (code == 0 ? JobStatus.Settled : JobStatus.Failed));
            break;
        }
        eq(token.balanceOf(address(market)), ESCROW);
    }

    function expectEnd(Posted memory job, JobStatus status, uint256 owner, uint256 operator, uint256 requester, bool used)
        private
        view
    {
        eq(uint256(statusOf(job)), uint256(status));
        eq(owed(OWNER), owner);
        eq(owed(OPERATOR), operator);
        eq(owed(REQUESTER), requester);
        Grant memory stored = grants.grantOf(OWNER, job.params.order.inputs[0].grantHash);
        eq(stored.uses, used ? 1 : 0);
        eq(stored.outputBytes, used ? job.params.order.maxOutputBytes : 0);
    }

    function expectThirdTainted(uint16 first, uint16 second, uint16 third) private {
        Posted memory job = claimedJob();
        failTwice(job, first, second);
        settle(job, third, THIRD_KEY);
        expectEnd(job, JobStatus.Failed, PRICE, 0, FEE + PROTOCOL_FEE, true);
    }

    function expectFail(Posted memory job, Receipt memory receipt, bytes4 selector, bytes memory rest) private {
        bytes memory proof = signed(receipt, WORKER_KEY);
        expect(job, selector, rest);
        market.failJob(job.id, job.params, receipt, proof);
    }
}
