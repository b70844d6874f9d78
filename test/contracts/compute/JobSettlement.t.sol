// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IJobMarket, Job, JobStatus, Settlement} from "../../../contracts/interfaces/IJobMarket.sol";
import {INodeRegistry, KeyState, Node} from "../../../contracts/interfaces/INodeRegistry.sol";
import {JobId} from "../../../contracts/types/Ids.sol";
import {Receipt} from "../../../contracts/types/Receipt.sol";
import {Terms} from "../../../contracts/types/Terms.sol";
import {JobKit} from "../helpers/JobKit.sol";
import {Posted} from "../helpers/Kit.sol";
import {vm} from "../helpers/Vm.sol";

contract JobSettlementTest is JobKit {
    function test_settleJob() public {
        Posted memory job = claimedJob();
        Receipt memory receipt = makeReceipt(job, 1, 0);
        Settlement memory settlement = makeSettlement(job, receipt, WORKER_KEY);
        vm.expectEmit(address(market));
        emit IJobMarket.JobSettled(job.id, nodeId, WORKER, receipt);
        vm.prank(STRANGER);
        market.settleJob(settlement);
        Job memory stored = market.jobOf(job.id);
        yes(stored.status == JobStatus.Settled && !stored.tainted);
        eq(stored.signer, WORKER);
        eq(market.receiptOf(job.id), market.receiptDigest(receipt));
        eq(owed(OWNER), PRICE);
        eq(owed(OPERATOR), FEE);
        eq(owed(REQUESTER), 0);
        eq(collected(), PROTOCOL_FEE);
        eq(usesOf(job), 1);
        Node memory node = nodes.nodeOf(nodeId);
        eq(node.settled, 1);
        eq(node.failed, 0);
        eq(node.openClaims, 0);
        eq(node.burned, PROTOCOL_FEE);
    }

    function test_settleJob_AtTheLastSecond() public {
        Posted memory job = claimedJob();
        vm.warp(market.jobOf(job.id).dueBy);
        settle(job, 0);
    }

    function test_settleJob_EmptyResult() public {
        expectLength(claimedJob(), 0, 0);
    }

    function test_settleJob_KeyExpiredAfterTheClaim() public {
        vm.warp(START + 7 days - 90 minutes);
        Posted memory job = claimedJob();
        vm.warp(START + 7 days - 30 minutes - 1);
        settle(job, 0);
        job = openJob("late");
        vm.warp(START + 7 days - 1);
        claim(job);
        vm.warp(START + 7 days + 10 minutes);
        settle(job, 0);
        yes(statusOf(job) == JobStatus.Settled);
    }

    function test_settleJob_WhileDraining() public {
        Posted memory job = claimedJob();
        vm.startPrank(OPERATOR);
        nodes.drainEnclaveKey(WORKER);
        nodes.requestExit(nodeId);
        vm.stopPrank();
        settle(job, 0);
    }

    function test_settleJob_WhileClaimsArePaused() public {
        Posted memory job = claimedJob();
        nodes.pauseClaims(1 hours);
        settle(job, 0);
    }

    /// After release a job is finished and paid, revoked, erased or not.
    function test_settleJob_GrantRevokedMeanwhile() public {
        Posted memory job = claimedJob();
        vm.startPrank(OWNER);
        grants.revoke(job.params.order.inputs[0].grantHash);
        datasets.eraseDataset(datasetId);
        vm.stopPrank();
        settle(job, 0);
        eq(owed(OWNER), PRICE);
        eq(owed(OPERATOR), FEE);
    }

    function test_settleJob_PaysEachOwner() public {
        Terms[] memory list = giveGrants(4);
        list[3].owner = STRANGER;
        list[3].datasetId = registerDataset(STRANGER, "theirs");
        giveGrant(list[3]);
        Posted memory job = openJob("many", list, FEE);
        claim(job);
        settle(job, 0);
        eq(owed(OWNER), 3 * uint256(PRICE));
        eq(owed(STRANGER), PRICE);
        eq(owed(OPERATOR), FEE);
    }

    function test_settleJob_SecondAttempt() public {
        Posted memory job = claimedJob();
        settle(job, 48);
        claimAnew(job, SECOND_OPERATOR, SECOND_KEY);
        settle(job, 0, SECOND_KEY);
        yes(statusOf(job) == JobStatus.Settled);
        yes(market.jobOf(job.id).tainted);
        eq(owed(OWNER), PRICE);
        eq(owed(SECOND_OPERATOR), FEE);
        eq(owed(OPERATOR), 0);
    }

    /// A year later, with its key gone and its measurement banned.
    function test_receiptOf_ForEver() public {
        Posted memory job = claimedJob();
        eq(market.receiptOf(job.id), 0);
        settle(job, 0);
        bytes32 digest = market.receiptDigest(makeReceipt(job, 1, 0));
        vm.prank(OPERATOR);
        nodes.destroyEnclaveKey(WORKER);
        measurements.ban(MEASUREMENT);
        market.removeToken(address(token));
        vm.warp(START + 365 days);
        eq(market.receiptOf(job.id), digest);
        eq(market.receiptOf(market.jobIdOf(REQUESTER, "unknown")), 0);
    }

    // Requirements

    function test_RevertWhen_JobIsNotClaimed() public {
        Posted memory job = claimedJob();
        settle(job, 32);
        expectSettle(job, makeReceipt(job, 2, 0), IJobMarket.JobNotClaimed.selector, abi.encode(JobStatus.Open));
        claimAnew(job, SECOND_OPERATOR, SECOND_KEY);
        settle(job, 0, SECOND_KEY);
        expectSettle(job, makeReceipt(job, 2, 0), IJobMarket.JobNotClaimed.selector, abi.encode(JobStatus.Settled));
    }

    function test_RevertWhen_JobIsUnknown() public {
        Posted memory job = claimedJob();
        Receipt memory receipt = makeReceipt(job, 1, 0);
        bytes32 hash = market.hashParams(job.params);
        job.id = market.jobIdOf(REQUESTER, "unknown");
        expectSettle(job, receipt, IJobMarket.JobParamsMismatched.selector, abi.encode(hash, bytes32(0)));
    }

    function test_RevertWhen_OrderIsNotTheJobs() public {
        Posted memory job = claimedJob();
        bytes32 stored = market.hashParams(job.params);
        job.params.order.fee = 0;
        expectSettle(
            job,
            makeReceipt(job, 1, 0),
            IJobMarket.JobParamsMismatched.selector,
            abi.encode(market.hashParams(job.params), stored)
        );
    }

    function test_RevertWhen_OfferHashIsNotTheJobs() public {
        Posted memory job = claimedJob();
        bytes32 stored = market.hashParams(job.params);
        job.params.offer.runSeconds += 1;
        expectSettle(
            job,
            makeReceipt(job, 1, 0),
            IJobMarket.JobParamsMismatched.selector,
            abi.encode(market.hashParams(job.params), stored)
        );
    }

    function test_RevertWhen_DeadlineIsPassed() public {
        Posted memory job = claimedJob();
        uint32 dueBy = market.jobOf(job.id).dueBy;
        vm.warp(uint256(dueBy) + 1);
        expectSettle(
            job, makeReceipt(job, 1, 0), IJobMarket.JobDeadlinePassed.selector, abi.encode(dueBy, dueBy + 1)
        );
    }

    function test_RevertWhen_ReceiptIsOfAnotherJob() public {
        Posted memory job = claimedJob();
        Receipt memory receipt = makeReceipt(job, 1, 0);
        receipt.jobId = JobId.wrap("another");
        expectSettle(job, receipt, IJobMarket.ReceiptJobMismatched.selector, abi.encode(bytes32("another")));
    }

    function test_RevertWhen_ReceiptIsOfAnotherSpec() public {
        Posted memory job = claimedJob();
        Receipt memory receipt = makeReceipt(job, 1, 0);
        receipt.jobSpecHash = "another";
        expectSettle(
            job, receipt, IJobMarket.ReceiptSpecMismatched.selector, abi.encode(bytes32("another"), bytes32("spec"))
        );
    }

    function test_RevertWhen_ReceiptIsOfAnotherAttempt() public {
        Posted memory job = claimedJob();
        uint32[4] memory attempts = [uint32(0), 2, 257, type(uint32).max]; // 257 has 1 in its low byte
        for (uint256 i = 0; i < 4; ++i) {
            expectSettle(
                job,
                makeReceipt(job, attempts[i], 0),
                IJobMarket.ReceiptAttemptMismatched.selector,
                abi.encode(attempts[i], 1)
            );
        }
    }

    function test_RevertWhen_SignerIsNotTheClaims() public {
        Posted memory job = claimedJob();
        Settlement memory settlement = makeSettlement(job, makeReceipt(job, 1, 0), OWNER_KEY);
        expect(job, IJobMarket.ReceiptSignatureInvalid.selector, abi.encode(WORKER));
        market.settleJob(settlement);
        settlement.signature = "";
        expect(job, IJobMarket.ReceiptSignatureInvalid.selector, abi.encode(WORKER));
        market.settleJob(settlement);
    }

    /// The other half of the curve: valid in the precompile, refused here.
    function test_RevertWhen_SignatureIsMalleable() public {
        Posted memory job = claimedJob();
        Settlement memory settlement = makeSettlement(job, makeReceipt(job, 1, 0), WORKER_KEY);
        settlement.signature = malleated(settlement.signature);
        expect(job, IJobMarket.ReceiptSignatureInvalid.selector, abi.encode(WORKER));
        market.settleJob(settlement);
    }

    function test_RevertWhen_KeyIsFrozen() public {
        Posted memory job = claimedJob();
        nodes.freezeEnclaveKey(WORKER);
        expectNotUsable(job, KeyState.Frozen, false);
        nodes.unfreezeEnclaveKey(WORKER);
        settle(job, 0);
    }

    function test_RevertWhen_KeyIsDestroyed() public {
        Posted memory job = claimedJob();
        vm.prank(OPERATOR);
        nodes.destroyEnclaveKey(WORKER);
        expectNotUsable(job, KeyState.Destroyed, false);
    }

    function test_RevertWhen_MeasurementIsBanned() public {
        Posted memory job = claimedJob();
        measurements.ban(MEASUREMENT);
        expectNotUsable(job, KeyState.Active, true);
    }

    function test_RevertWhen_CiphertextIsAnother() public {
        Posted memory job = claimedJob();
        Settlement memory settlement = makeSettlement(job, makeReceipt(job, 1, 0), WORKER_KEY);
        settlement.ciphertext = "another resul";
        expect(
            job,
            IJobMarket.ReceiptCiphertextMismatched.selector,
            abi.encode(sha256("another resul"), sha256(RESULT))
        );
        market.settleJob(settlement);
    }

    function test_RevertWhen_CiphertextHasAnotherLength() public {
        Posted memory job = claimedJob();
        Receipt memory receipt = makeReceipt(job, 1, 0);
        receipt.outputBytes += 1;
        expectSettle(
            job,
            receipt,
            IJobMarket.ReceiptOutputInvalid.selector,
            abi.encode(RESULT.length, RESULT.length + 1, 2048)
        );
    }

    function test_CiphertextAsLongAsTheJobAllows() public {
        expectLength(claimedJob(), 2049, 2048);
        Terms memory terms = makeTerms();
        terms.salt = "large";
        giveGrant(terms);
        Posted memory job = claimedJob("large", terms, 10_000);
        expectLength(job, 4097, 4096);
        expectLength(job, 4096, 4096);
    }

    // Fuzz

    function testFuzz_receiptDigest(Receipt memory receipt) public view {
        bytes32 receiptType = keccak256(
            bytes.concat(
                "Receipt(bytes32 jobId,bytes32 jobSpecHash,uint32 attempt,uint16 code,bytes32 ciphertextDigest,",
                "bytes32 plaintextCommitment,bytes32 releasesHash,uint32 outputBytes)"
            )
        );
        bytes32 hash = keccak256(abi.encode(receiptType, receipt));
        eq(market.receiptDigest(receipt), typedDigest("Persona JobMarket", address(market), hash));
    }

    function testFuzz_settleJob_AnyCiphertext(bytes memory ciphertext) public {
        Posted memory job = claimedJob();
        Receipt memory receipt = makeReceipt(job, 1, 0);
        receipt.outputBytes = uint32(ciphertext.length);
        receipt.ciphertextDigest = sha256(ciphertext);
        Settlement memory settlement = makeSettlement(job, receipt, WORKER_KEY);
        settlement.ciphertext = ciphertext;
        if (ciphertext.length > 2048) vm.expectPartialRevert(IJobMarket.ReceiptOutputInvalid.selector);
        market.settleJob(settlement);
    }

    function testFuzz_RevertWhen_ReceiptChangesAfterSigning(uint8 field, bytes32 value) public {
        Posted memory job = claimedJob();
        Settlement memory settlement = makeSettlement(job, makeReceipt(job, 1, 0), WORKER_KEY);
        bytes32 before = market.receiptDigest(settlement.receipt);
        if (field % 2 == 0) settlement.receipt.plaintextCommitment = value;
        else settlement.receipt.releasesHash = value;
        vm.assume(market.receiptDigest(settlement.receipt) != before);
        expect(job, IJobMarket.ReceiptSignatureInvalid.selector, abi.encode(WORKER));
        market.settleJob(settlement);
    }

    function testFuzz_RevertWhen_CodeIsNotZero(uint16 code) public {
        Posted memory job = claimedJob();
        Receipt memory receipt = makeReceipt(job, 1, 0);
        receipt.code = code;
        Settlement memory settlement = makeSettlement(job, receipt, WORKER_KEY);
        if (code != 0) expect(job, IJobMarket.ReceiptCodeInvalid.selector, abi.encode(code));
        market.settleJob(settlement);
    }

    function testFuzz_settleJob_InTime(uint40 time) public {
        Posted memory job = claimedJob();
        Settlement memory settlement = makeSettlement(job, makeReceipt(job, 1, 0), WORKER_KEY);
        uint32 dueBy = market.jobOf(job.id).dueBy;
        time = uint40(bound(time, START, type(uint40).max));
        vm.warp(time);
        if (time > dueBy) vm.expectPartialRevert(IJobMarket.JobDeadlinePassed.selector);
        market.settleJob(settlement);
    }

    function expectSettle(Posted memory job, Receipt memory receipt, bytes4 selector, bytes memory rest) private {
        Settlement memory settlement = makeSettlement(job, receipt, WORKER_KEY);
        expect(job, selector, rest);
        market.settleJob(settlement);
    }

    function expectNotUsable(Posted memory job, KeyState state, bool banned) private {
        Settlement memory settlement = makeSettlement(job, makeReceipt(job, 1, 0), WORKER_KEY);
        vm.expectRevert(
            abi.encodeWithSelector(INodeRegistry.EnclaveKeyNotUsable.selector, WORKER, state, banned)
        );
        market.settleJob(settlement);
    }

    /// @dev A result of `length` zeros is taken where it is not above `max`.
    function expectLength(Posted memory job, uint256 length, uint256 max) private {
        bytes memory ciphertext = new bytes(length);
        Receipt memory receipt = makeReceipt(job, 1, 0);
        receipt.outputBytes = uint32(length);
        receipt.ciphertextDigest = sha256(ciphertext);
        Settlement memory settlement = makeSettlement(job, receipt, WORKER_KEY);
        settlement.ciphertext = ciphertext;
        if (length > max) expect(job, IJobMarket.ReceiptOutputInvalid.selector, abi.encode(length, length, max));
        market.settleJob(settlement);
        yes((statusOf(job) == JobStatus.Settled) == (length <= max));
    }
}
