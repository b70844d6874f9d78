// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Grant} from "../../../contracts/interfaces/IGrantRegistry.sol";
import {IJobMarket, Job, JobStatus} from "../../../contracts/interfaces/IJobMarket.sol";
import {INodeRegistry, KeyState} from "../../../contracts/interfaces/INodeRegistry.sol";
import {JobId} from "../../../contracts/types/Ids.sol";
import {JobParams} from "../../../contracts/types/JobParams.sol";
import {Receipt} from "../../../contracts/types/Receipt.sol";
import {Terms} from "../../../contracts/types/Terms.sol";
import {Kit} from "../helpers/Kit.sol";
import {vm} from "../helpers/Vm.sol";

contract JobSettlementTest is Kit {
    uint256 private constant SECOND_KEY = 0xc001;
    uint256 private constant THIRD_KEY = 0xc002;
    address private constant THIRD_OPERATOR = address(0xb005);

    JobId private id;
    bytes private encoded;

    function setUp() public override {
        super.setUp();
        JobParams memory claimed = claimedJob();
        id = idOf(claimed);
        encoded = abi.encode(claimed);
    }

    // Success

    function test_settleJob() public {
        Receipt memory receipt = makeReceipt(job(), 1, 0);
        bytes32 digest = market.receiptDigest(receipt);
        bytes memory signed = signature(WORKER_KEY, digest);
        vm.expectEmit(address(market));
        emit IJobMarket.JobSettled(id, nodeId, WORKER, receipt, signed, RESULT);
        vm.prank(STRANGER);
        market.settleJob(job(), receipt, signed, RESULT);
        expectEnd(JobStatus.Settled, PRICE, FEE, 0, true);
        eq(market.receiptOf(id), digest);
        eq(nodes.nodeOf(nodeId).settled, 1);
    }

    function test_settleJob_AtTheDeadline() public {
        vm.warp(job().deadline);
        settle(job(), 0);
    }

    function test_settleJob_EmptyResult() public {
        Receipt memory receipt = makeReceipt(job(), 1, 0);
        receipt.outputBytes = 0;
        receipt.ciphertextDigest = sha256("");
        bytes memory signed = signature(WORKER_KEY, market.receiptDigest(receipt));
        market.settleJob(job(), receipt, signed, "");
    }

    function test_settleJob_WhileDraining() public {
        vm.startPrank(OPERATOR);
        nodes.drainEnclaveKey(WORKER);
        nodes.requestExit(nodeId);
        vm.stopPrank();
        settle(job(), 0);
    }

    function test_settleJob_KeyExpiredAfterTheClaim() public {
        vm.warp(START + 7 days - 90 minutes);
        JobParams memory late = anotherOpenJob();
        claim(late);
        vm.warp(START + 7 days + 10 minutes);
        settle(late, 0);
        yes(market.jobOf(idOf(late)).status == JobStatus.Settled);
    }

    /// After release a job is finished and paid, revoked or not.
    function test_settleJob_GrantRevokedMeanwhile() public {
        vm.prank(OWNER);
        grants.revoke(makeTerms());
        settle(job(), 0);
        expectEnd(JobStatus.Settled, PRICE, FEE, 0, true);
    }

    function test_settleJob_PaysEachOwner() public {
        Terms[] memory list = giveGrants(4);
        list[3].owner = STRANGER;
        list[3].datasetId = registerDataset(STRANGER, "theirs");
        giveGrant(list[3]);
        JobParams memory many = makeParams(list);
        many.salt = "many";
        submit(many, list);
        claim(many);
        settle(many, 0);
        eq(owed(OWNER), 3 * uint256(PRICE));
        eq(owed(STRANGER), PRICE);
        eq(owed(OPERATOR), FEE);
    }

    // Failures, edge by edge of the table

    function test_settleJob_ProvedBeforeRelease() public {
        Receipt memory receipt = makeReceipt(job(), 1, 1);
        bytes memory signed = signature(WORKER_KEY, market.receiptDigest(receipt));
        vm.expectEmit(address(market));
        emit IJobMarket.JobFailed(id, nodeId, WORKER, 1, true, receipt, signed);
        market.settleJob(job(), receipt, signed, "");
        expectEnd(JobStatus.Failed, 0, FEE, PRICE, false);
        eq(market.receiptOf(id), market.receiptDigest(receipt));
        eq(nodes.nodeOf(nodeId).settled + nodes.nodeOf(nodeId).failed, 0);
    }

    function test_settleJob_ProvedBeforeRelease_Tainted() public {
        settle(job(), 48);
        claimAgain(SECOND_OPERATOR, SECOND_KEY);
        settle(job(), makeReceipt(job(), 2, 15), SECOND_KEY);
        yes(market.jobOf(id).status == JobStatus.Failed);
        eq(owed(OWNER), PRICE);
        eq(owed(SECOND_OPERATOR), FEE);
        eq(owed(REQUESTER), 0);
        eq(uses(), 1);
    }

    function test_settleJob_ProvedAfterRelease() public {
        settle(job(), 16);
        expectEnd(JobStatus.Failed, PRICE, FEE, 0, true);
        yes(market.jobOf(id).tainted);
    }

    function test_settleJob_UnprovedBeforeRelease() public {
        vm.expectEmit(address(market));
        emit IJobMarket.JobReopened(id, nodeId, WORKER, 32, 2, false);
        settle(job(), 32);
        expectEnd(JobStatus.Open, 0, 0, 0, true);
        Job memory stored = market.jobOf(id);
        eq(stored.attempt, 2);
        eq(stored.signer, address(0));
        eq(stored.receiptDigest, 0);
        yes(!stored.tainted);
        eq(nodes.nodeOf(nodeId).failed, 1);
    }

    function test_settleJob_UnprovedAfterRelease() public {
        vm.expectEmit(address(market));
        emit IJobMarket.JobReopened(id, nodeId, WORKER, 63, 2, true);
        settle(job(), 63);
        expectEnd(JobStatus.Open, 0, 0, 0, true);
        yes(market.jobOf(id).tainted);
    }

    function test_settleJob_ThirdUnprovedFailure() public {
        failTwice(32, 32);
        settle(job(), makeReceipt(job(), 3, 47), THIRD_KEY);
        expectEnd(JobStatus.Failed, 0, 0, FEE + PRICE, false);
        eq(owed(THIRD_OPERATOR), 0);
    }

    function test_settleJob_ThirdUnprovedFailure_Tainted() public {
        failTwice(32, 48);
        settle(job(), makeReceipt(job(), 3, 32), THIRD_KEY);
        expectEnd(JobStatus.Failed, PRICE, 0, FEE, true);
    }

    function test_settleJob_ThirdUnprovedFailure_TaintedByTheFirst() public {
        failTwice(48, 32);
        yes(market.jobOf(id).tainted);
        settle(job(), makeReceipt(job(), 3, 32), THIRD_KEY);
        expectEnd(JobStatus.Failed, PRICE, 0, FEE, true);
    }

    function test_settleJob_ThirdUnprovedFailureAfterRelease() public {
        failTwice(32, 32);
        settle(job(), makeReceipt(job(), 3, 48), THIRD_KEY);
        expectEnd(JobStatus.Failed, PRICE, 0, FEE, true);
    }

    function test_settleJob_SecondAttemptSucceeds() public {
        settle(job(), 48);
        claimAgain(SECOND_OPERATOR, SECOND_KEY);
        settle(job(), makeReceipt(job(), 2, 0), SECOND_KEY);
        yes(market.jobOf(id).status == JobStatus.Settled);
        eq(owed(OWNER), PRICE);
        eq(owed(SECOND_OPERATOR), FEE);
        eq(owed(OPERATOR), 0);
    }

    // Requirements of settleJob

    function test_RevertWhen_JobIsNotClaimed() public {
        settle(job(), 32);
        expectSettle(makeReceipt(job(), 2, 0), IJobMarket.JobNotClaimed.selector, abi.encode(JobStatus.Open));
    }

    function test_RevertWhen_ParamsAreNotTheJobs() public {
        Receipt memory receipt = makeReceipt(job(), 1, 0);
        bytes32 stored = market.hashParams(job());
        JobParams memory changed = job();
        changed.fee = 0;
        bytes memory signed = signature(WORKER_KEY, market.receiptDigest(receipt));
        expect(IJobMarket.JobParamsMismatched.selector, abi.encode(market.hashParams(changed), stored));
        market.settleJob(changed, receipt, signed, RESULT);
    }

    function test_RevertWhen_DeadlineIsPassed() public {
        vm.warp(job().deadline + 1);
        expectSettle(
            makeReceipt(job(), 1, 0),
            IJobMarket.JobDeadlinePassed.selector,
            abi.encode(job().deadline, job().deadline + 1)
        );
    }

    function test_RevertWhen_ReceiptIsOfAnotherSpec() public {
        Receipt memory receipt = makeReceipt(job(), 1, 0);
        receipt.jobSpecHash = "another";
        expectSettle(
            receipt, IJobMarket.ReceiptSpecMismatched.selector, abi.encode(bytes32("another"), job().specHash)
        );
    }

    function test_RevertWhen_ReceiptIsOfAnotherAttempt() public {
        for (uint32 attempt = 0; attempt <= 258; attempt += 1) {
            if (attempt == 1) continue;
            if (attempt == 3) attempt = 257; // 1 in its low byte
            expectSettle(
                makeReceipt(job(), attempt, 0),
                IJobMarket.ReceiptAttemptMismatched.selector,
                abi.encode(attempt, 1)
            );
        }
    }

    function test_RevertWhen_CodeIsUnknown() public {
        expectSettle(makeReceipt(job(), 1, 64), IJobMarket.ReceiptCodeUnknown.selector, abi.encode(64));
        expectSettle(makeReceipt(job(), 1, 256), IJobMarket.ReceiptCodeUnknown.selector, abi.encode(256));
    }

    function test_RevertWhen_SignerIsNotTheClaims() public {
        Receipt memory receipt = makeReceipt(job(), 1, 0);
        bytes memory signed = signature(OWNER_KEY, market.receiptDigest(receipt));
        expect(IJobMarket.ReceiptSignatureInvalid.selector, abi.encode(WORKER));
        market.settleJob(job(), receipt, signed, RESULT);
        expect(IJobMarket.ReceiptSignatureInvalid.selector, abi.encode(WORKER));
        market.settleJob(job(), receipt, "", RESULT);
    }

    function test_RevertWhen_KeyIsFrozen() public {
        nodes.freezeEnclaveKey(WORKER);
        expectNotUsable(KeyState.Frozen, false);
    }

    function test_RevertWhen_KeyIsDestroyed() public {
        vm.prank(OPERATOR);
        nodes.destroyEnclaveKey(WORKER);
        expectNotUsable(KeyState.Destroyed, false);
    }

    function test_RevertWhen_MeasurementIsBanned() public {
        measurements.ban(MEASUREMENT);
        expectNotUsable(KeyState.Active, true);
    }

    function test_RevertWhen_CiphertextIsAnother() public {
        Receipt memory receipt = makeReceipt(job(), 1, 0);
        bytes memory signed = signature(WORKER_KEY, market.receiptDigest(receipt));
        expect(
            IJobMarket.ReceiptCiphertextMismatched.selector,
            abi.encode(sha256("another resul"), receipt.ciphertextDigest)
        );
        market.settleJob(job(), receipt, signed, "another resul");
    }

    function test_RevertWhen_CiphertextHasAnotherLength() public {
        Receipt memory receipt = makeReceipt(job(), 1, 0);
        receipt.outputBytes += 1;
        bytes memory signed = signature(WORKER_KEY, market.receiptDigest(receipt));
        expect(
            IJobMarket.ReceiptOutputInvalid.selector, abi.encode(RESULT.length, RESULT.length + 1, 2048)
        );
        market.settleJob(job(), receipt, signed, RESULT);
    }

    function test_RevertWhen_CiphertextIsLongerThanTheJobAllows() public {
        expectTooLong(job(), 2049, 2048);
    }

    function test_RevertWhen_CiphertextIsLongerThanInlineResults() public {
        Terms memory terms = makeTerms();
        terms.salt = "large";
        giveGrant(terms);
        JobParams memory large = makeParams(one(terms));
        large.salt = "large";
        large.maxOutputBytes = 10_000;
        submit(large, one(terms));
        claim(large);
        expectTooLong(large, 4097, 4096);
    }

    function test_RevertWhen_FailureCarriesOutput() public {
        Receipt memory receipt = makeReceipt(job(), 1, 16);
        receipt.outputBytes = uint32(RESULT.length);
        bytes memory signed = signature(WORKER_KEY, market.receiptDigest(receipt));
        expect(IJobMarket.ReceiptOutputInvalid.selector, abi.encode(RESULT.length, RESULT.length, 0));
        market.settleJob(job(), receipt, signed, RESULT);
    }

    // Time out, cancel, withdraw

    function test_timeOutJob() public {
        vm.warp(job().deadline + 1);
        vm.expectEmit(address(market));
        emit IJobMarket.JobTimedOut(id, nodeId, WORKER);
        vm.prank(STRANGER);
        market.timeOutJob(job());
        expectEnd(JobStatus.TimedOut, PRICE, 0, FEE, true);
        eq(nodes.nodeOf(nodeId).failed, 1);
    }

    function test_timeOutJob_KeyIsBanned() public {
        measurements.ban(MEASUREMENT);
        vm.warp(job().deadline + 1);
        market.timeOutJob(job());
        expectEnd(JobStatus.TimedOut, PRICE, 0, FEE, true);
    }

    function test_RevertWhen_TimedOutJobIsNotClaimed() public {
        settle(job(), 32);
        vm.warp(job().deadline + 1);
        expect(IJobMarket.JobNotClaimed.selector, abi.encode(JobStatus.Open));
        market.timeOutJob(job());
    }

    function test_RevertWhen_TimedOutBeforeTheDeadline() public {
        vm.warp(job().deadline);
        expect(IJobMarket.JobDeadlineAhead.selector, abi.encode(job().deadline, job().deadline));
        market.timeOutJob(job());
    }

    function test_RevertWhen_TimedOutParamsAreNotTheJobs() public {
        vm.warp(job().deadline + 1);
        JobParams memory changed = job();
        changed.fee = 0;
        vm.expectPartialRevert(IJobMarket.JobParamsMismatched.selector);
        market.timeOutJob(changed);
    }

    function test_cancelJob_NeverClaimed() public {
        JobParams memory open = anotherOpenJob();
        vm.warp(open.claimBy + 1);
        vm.expectEmit(address(market));
        emit IJobMarket.JobCancelled(idOf(open), REQUESTER, true);
        cancel(open);
        yes(market.jobOf(idOf(open)).status == JobStatus.Cancelled);
        eq(owed(REQUESTER), FEE + PRICE);
        eq(uses(), 1); // that of the first job
    }

    function test_cancelJob_Reopened() public {
        settle(job(), 32);
        vm.warp(job().claimBy + 1);
        cancel(job());
        expectEnd(JobStatus.Cancelled, 0, 0, FEE + PRICE, false);
    }

    function test_cancelJob_Tainted() public {
        settle(job(), 48);
        vm.warp(job().claimBy + 1);
        vm.expectEmit(address(market));
        emit IJobMarket.JobCancelled(id, REQUESTER, false);
        cancel(job());
        expectEnd(JobStatus.Cancelled, PRICE, 0, FEE, true);
    }

    function test_RevertWhen_CancellerIsNotRequester() public {
        vm.warp(job().claimBy + 1);
        expect(IJobMarket.JobCallerNotRequester.selector, abi.encode(STRANGER, REQUESTER));
        vm.prank(STRANGER);
        market.cancelJob(job());
    }

    function test_RevertWhen_CancelledJobIsClaimed() public {
        vm.warp(job().claimBy + 1);
        expect(IJobMarket.JobNotOpen.selector, abi.encode(JobStatus.Claimed));
        cancel(job());
    }

    function test_RevertWhen_CancelledBeforeTheClaimWindowEnds() public {
        settle(job(), 32);
        vm.warp(job().claimBy);
        expect(IJobMarket.JobClaimWindowOpen.selector, abi.encode(job().claimBy, job().claimBy));
        cancel(job());
    }

    function test_withdraw() public {
        settle(job(), 0);
        vm.expectEmit(address(market));
        emit IJobMarket.Withdrawn(address(token), OWNER, PRICE);
        vm.prank(OWNER);
        eq(market.withdraw(address(token)), PRICE);
        vm.prank(OPERATOR);
        market.withdraw(address(token));
        eq(token.balanceOf(OWNER), PRICE);
        eq(token.balanceOf(OPERATOR), FEE);
        eq(token.balanceOf(address(market)), 0);
        eq(owed(OWNER), 0);
    }

    function test_RevertWhen_NothingIsOwed() public {
        vm.expectRevert(
            abi.encodeWithSelector(IJobMarket.BalanceEmpty.selector, address(token), STRANGER)
        );
        vm.prank(STRANGER);
        market.withdraw(address(token));
    }

    // Digests and fuzz

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

    function testFuzz_settleJob_MoneyIsConserved(uint16 code) public {
        code = uint16(bound(code, 0, 63));
        settle(job(), code);
        bool open = code >= 32;
        eq(owed(OWNER) + owed(OPERATOR) + owed(REQUESTER) + (open ? PRICE + FEE : 0), PRICE + FEE);
        bool returned = code >= 1 && code <= 15;
        eq(uses(), returned ? 0 : 1);
        eq(owed(OPERATOR), open ? 0 : FEE);
        eq(owed(OWNER), open || returned ? 0 : PRICE);
    }

    function testFuzz_settleJob_AnyCiphertext(bytes memory ciphertext) public {
        Receipt memory receipt = makeReceipt(job(), 1, 0);
        receipt.outputBytes = uint32(ciphertext.length);
        receipt.ciphertextDigest = sha256(ciphertext);
        bytes memory signed = signature(WORKER_KEY, market.receiptDigest(receipt));
        if (ciphertext.length > 2048) vm.expectPartialRevert(IJobMarket.ReceiptOutputInvalid.selector);
        market.settleJob(job(), receipt, signed, ciphertext);
    }

    function testFuzz_RevertWhen_ReceiptChangesAfterSigning(uint8 field, bytes32 value) public {
        Receipt memory receipt = makeReceipt(job(), 1, 16);
        bytes memory signed = signature(WORKER_KEY, market.receiptDigest(receipt));
        bytes32 before = market.receiptDigest(receipt);
        field %= 4;
        if (field == 0) receipt.code = uint16(bound(uint256(value), 1, 63));
        else if (field == 1) receipt.ciphertextDigest = value;
        else if (field == 2) receipt.plaintextCommitment = value;
        else receipt.releasesHash = value;
        vm.assume(market.receiptDigest(receipt) != before);
        expect(IJobMarket.ReceiptSignatureInvalid.selector, abi.encode(WORKER));
        market.settleJob(job(), receipt, signed, "");
    }

    function testFuzz_timeOutJob_NeverEarly(uint40 time) public {
        time = uint40(bound(time, START, type(uint40).max));
        vm.warp(time);
        if (time <= job().deadline) vm.expectPartialRevert(IJobMarket.JobDeadlineAhead.selector);
        market.timeOutJob(job());
    }

    /// @dev The claimed job, as its requester keeps it.
    function job() private view returns (JobParams memory) {
        return abi.decode(encoded, (JobParams));
    }

    function expectEnd(JobStatus status, uint256 owner, uint256 operator, uint256 requester, bool used) private view {
        eq(uint256(market.jobOf(id).status), uint256(status));
        eq(owed(OWNER), owner);
        eq(owed(OPERATOR), operator);
        eq(owed(REQUESTER), requester);
        Grant memory stored = grants.grantOf(job().inputs[0].grantHash);
        eq(stored.uses, used ? 1 : 0);
        eq(stored.outputBytes, used ? job().maxOutputBytes : 0);
    }

    function uses() private view returns (uint256) {
        return grants.grantOf(job().inputs[0].grantHash).uses;
    }

    function claimAgain(address operator, uint256 key) private {
        addWorker(operator, key);
        vm.prank(operator);
        market.claimJob(job(), vm.addr(key));
    }

    /// @dev Leaves the job claimed by the third node.
    function failTwice(uint16 first, uint16 second) private {
        settle(job(), first);
        claimAgain(SECOND_OPERATOR, SECOND_KEY);
        settle(job(), makeReceipt(job(), 2, second), SECOND_KEY);
        claimAgain(THIRD_OPERATOR, THIRD_KEY);
    }

    function anotherOpenJob() private returns (JobParams memory open) {
        open = makeParams(one(makeTerms()));
        open.salt = "another";
        submit(open, one(makeTerms()));
    }

    function cancel(JobParams memory params) private {
        vm.prank(REQUESTER);
        market.cancelJob(params);
    }

    function expect(bytes4 selector, bytes memory rest) private {
        vm.expectRevert(bytes.concat(selector, abi.encode(id), rest));
    }

    function expectSettle(Receipt memory receipt, bytes4 selector, bytes memory rest) private {
        bytes memory signed = signature(WORKER_KEY, market.receiptDigest(receipt));
        expect(selector, rest);
        market.settleJob(job(), receipt, signed, receipt.code == 0 ? RESULT : bytes(""));
    }

    function expectNotUsable(KeyState state, bool banned) private {
        Receipt memory receipt = makeReceipt(job(), 1, 0);
        bytes memory signed = signature(WORKER_KEY, market.receiptDigest(receipt));
        vm.expectRevert(
            abi.encodeWithSelector(INodeRegistry.EnclaveKeyNotUsable.selector, WORKER, state, banned)
        );
        market.settleJob(job(), receipt, signed, RESULT);
    }

    function expectTooLong(JobParams memory params, uint256 length, uint256 max) private {
        bytes memory ciphertext = new bytes(length);
        Receipt memory receipt = makeReceipt(params, 1, 0);
        receipt.outputBytes = uint32(length);
        receipt.ciphertextDigest = sha256(ciphertext);
        bytes memory signed = signature(WORKER_KEY, market.receiptDigest(receipt));
        vm.expectRevert(
            abi.encodeWithSelector(IJobMarket.ReceiptOutputInvalid.selector, idOf(params), length, length, max)
        );
        market.settleJob(params, receipt, signed, ciphertext);
    }
}
