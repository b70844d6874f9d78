// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IJobMarket, JobStatus, Settlement} from "../../../contracts/interfaces/IJobMarket.sol";
import {AvailabilityProof} from "../../../contracts/types/Availability.sol";
import {KEY_GUARDIAN, KEY_WORKER} from "../../../contracts/types/EnclaveBinding.sol";
import {JobId, NodeId} from "../../../contracts/types/Ids.sol";
import {JobRequest} from "../../../contracts/types/JobParams.sol";
import {Receipt} from "../../../contracts/types/Receipt.sol";
import {Terms} from "../../../contracts/types/Terms.sol";
import {JobKit} from "../helpers/JobKit.sol";
import {Posted} from "../helpers/Kit.sol";
import {vm} from "../helpers/Vm.sol";

contract JobAvailabilityTest is JobKit {
    uint256 private constant FIRST_GUARDIAN = 0xd001;
    uint256 private constant SECOND_GUARDIAN = 0xd002;
    uint256 private constant OTHER_KEY = 0xd003;
    bytes32 private constant DIGEST = keccak256("sha256 of the large result");
    uint32 private constant LENGTH = 5000;

    NodeId private first;
    NodeId private second;
    uint256 private jobs;

    function setUp() public override {
        super.setUp();
        first = addGuardian(SECOND_OPERATOR, FIRST_GUARDIAN);
        second = addGuardian(THIRD_OPERATOR, SECOND_GUARDIAN);
    }

    function test_settleAvailable() public {
        (Posted memory job, Settlement[] memory list) = largeJob();
        AvailabilityProof[] memory held = proofs(list, FIRST_GUARDIAN, SECOND_GUARDIAN);
        vm.expectEmit(address(market));
        emit IJobMarket.JobSettled(job.id, nodeId, WORKER, list[0].receipt);
        vm.prank(STRANGER);
        market.settleAvailable(list, held);
        yes(statusOf(job) == JobStatus.Settled);
        eq(market.receiptOf(job.id), market.receiptDigest(list[0].receipt));
        eq(owed(OPERATOR), FEE);
        eq(owed(OWNER), PRICE);
        eq(collected(), PROTOCOL_FEE);
        eq(market.AVAILABILITY_QUORUM(), 2);
    }

    /// One of them is settled already; one proof is for all.
    function test_settleAvailable_Many() public {
        Settlement[] memory list = largeJobs(3);
        market.settleAvailable(only(list[1]), proofs(only(list[1]), FIRST_GUARDIAN, SECOND_GUARDIAN));
        market.settleAvailable(list, proofs(list, FIRST_GUARDIAN, SECOND_GUARDIAN));
        eq(owed(OPERATOR), 3 * uint256(FEE));
        for (uint256 i = 0; i < 3; ++i) {
            yes(market.jobOf(list[i].jobId).status == JobStatus.Settled);
        }
    }

    function test_RevertWhen_OneOfThemIsBad() public {
        Settlement[] memory list = largeJobs(2);
        list[1].signature = signed(list[1].receipt, OWNER_KEY);
        AvailabilityProof[] memory held = proofs(list, FIRST_GUARDIAN, SECOND_GUARDIAN);
        vm.expectRevert(
            abi.encodeWithSelector(IJobMarket.ReceiptSignatureInvalid.selector, list[1].jobId, WORKER)
        );
        market.settleAvailable(list, held);
        yes(market.jobOf(list[0].jobId).status == JobStatus.Claimed);
    }

    /// A proof is for these results in this order, neither more nor fewer.
    function test_RevertWhen_ProofIsOfOtherSettlements() public {
        Settlement[] memory list = largeJobs(2);
        AvailabilityProof[] memory held = proofs(list, FIRST_GUARDIAN, SECOND_GUARDIAN);
        bytes memory refusal =
            abi.encodeWithSelector(IJobMarket.AvailabilitySignerInvalid.selector, vm.addr(FIRST_GUARDIAN));
        vm.expectRevert(refusal);
        market.settleAvailable(only(list[0]), held);
        (list[0], list[1]) = (list[1], list[0]);
        vm.expectRevert(refusal);
        market.settleAvailable(list, held);
    }

    function test_RevertWhen_NothingIsBrought() public {
        vm.expectRevert(abi.encodeWithSelector(IJobMarket.SettlementsMissing.selector));
        market.settleAvailable(new Settlement[](0), new AvailabilityProof[](2));
    }

    function test_RevertWhen_ProofsAreNotTheQuorum() public {
        (, Settlement[] memory list) = largeJob();
        for (uint256 count = 0; count <= 3; ++count) {
            if (count == 2) continue;
            vm.expectRevert(abi.encodeWithSelector(IJobMarket.AvailabilityCountInvalid.selector, count, 2));
            market.settleAvailable(list, new AvailabilityProof[](count));
        }
    }

    function test_RevertWhen_AGuardianProvesTwice() public {
        expectRefused(FIRST_GUARDIAN, FIRST_GUARDIAN, FIRST_GUARDIAN);
    }

    function test_RevertWhen_NodesDoNotAscend() public {
        expectRefused(SECOND_GUARDIAN, FIRST_GUARDIAN, FIRST_GUARDIAN);
    }

    /// One node with two keys holds the result once.
    function test_RevertWhen_OneNodeProvesWithTwoKeys() public {
        addKey(first, SECOND_OPERATOR, OTHER_KEY, KEY_GUARDIAN);
        expectRefused(FIRST_GUARDIAN, OTHER_KEY, OTHER_KEY);
    }

    function test_RevertWhen_OneOperatorProvesWithTwoNodes() public {
        addGuardian(THIRD_OPERATOR, OTHER_KEY);
        expectRefused(SECOND_GUARDIAN, OTHER_KEY, OTHER_KEY);
    }

    /// Neither as the first nor as the second.
    function test_RevertWhen_TheClaimersOperatorProves() public {
        addKey(nodeId, OPERATOR, GUARDIAN_KEY, KEY_GUARDIAN);
        addGuardian(OPERATOR, OTHER_KEY);
        (Posted memory job, Settlement[] memory list) = largeJob();
        AvailabilityProof[] memory held = proofs(list, GUARDIAN_KEY, SECOND_GUARDIAN);
        expect(job, IJobMarket.AvailabilityNotApart.selector, abi.encode(OPERATOR));
        market.settleAvailable(list, held);
        held = proofs(list, FIRST_GUARDIAN, OTHER_KEY);
        expect(job, IJobMarket.AvailabilityNotApart.selector, abi.encode(OPERATOR));
        market.settleAvailable(list, held);
    }

    function test_RevertWhen_AWorkerProves() public {
        addKey(second, THIRD_OPERATOR, OTHER_KEY, KEY_WORKER);
        expectRefused(FIRST_GUARDIAN, OTHER_KEY, OTHER_KEY);
    }

    function test_RevertWhen_AStrangerProves() public {
        expectRefused(OTHER_KEY, SECOND_GUARDIAN, OTHER_KEY);
    }

    function test_RevertWhen_GuardianIsNotActive() public {
        vm.prank(THIRD_OPERATOR);
        nodes.drainEnclaveKey(vm.addr(SECOND_GUARDIAN));
        expectRefused(FIRST_GUARDIAN, SECOND_GUARDIAN, SECOND_GUARDIAN);
        nodes.freezeEnclaveKey(vm.addr(SECOND_GUARDIAN));
        expectRefused(FIRST_GUARDIAN, SECOND_GUARDIAN, SECOND_GUARDIAN);
    }

    function test_RevertWhen_GuardiansNodeIsDraining() public {
        vm.prank(SECOND_OPERATOR);
        nodes.drainNode(first);
        expectRefused(FIRST_GUARDIAN, SECOND_GUARDIAN, FIRST_GUARDIAN);
    }

    function test_RevertWhen_GuardiansMeasurementIsBanned() public {
        measurements.allow("guardian 2");
        addKey(second, THIRD_OPERATOR, OTHER_KEY, KEY_GUARDIAN, "guardian 2");
        measurements.ban("guardian 2");
        expectRefused(FIRST_GUARDIAN, OTHER_KEY, OTHER_KEY);
    }

    function test_RevertWhen_GuardianIsExpired() public {
        vm.warp(START + 400 days);
        addKey(second, THIRD_OPERATOR, OTHER_KEY, KEY_GUARDIAN);
        addKey(nodeId, OPERATOR, SECOND_KEY, KEY_WORKER);
        Terms memory terms = makeTerms();
        terms.expiresAt = uint40(START + 500 days);
        Posted memory job = openLarge(terms);
        claim(job, OPERATOR, SECOND);
        Settlement[] memory list = only(makeSettlement(job, makeLarge(job), SECOND_KEY));
        list[0].ciphertext = "";
        AvailabilityProof[] memory held = proofs(list, FIRST_GUARDIAN, OTHER_KEY);
        vm.expectRevert(
            abi.encodeWithSelector(IJobMarket.AvailabilitySignerInvalid.selector, vm.addr(FIRST_GUARDIAN))
        );
        market.settleAvailable(list, held);
    }

    /// Another length, digest or job, another kind of message, half a signature.
    function test_RevertWhen_ProofIsOfSomethingElse() public {
        (, Settlement[] memory list) = largeJob();
        AvailabilityProof[] memory held = proofs(list, FIRST_GUARDIAN, SECOND_GUARDIAN);
        bytes memory whole = held[1].signature;
        Receipt memory receipt = list[0].receipt;
        bytes32[4] memory digests = [
            batchDigest(receipt.jobId, DIGEST, LENGTH + 1),
            batchDigest(receipt.jobId, "other", LENGTH),
            batchDigest(JobId.wrap("other"), DIGEST, LENGTH),
            market.receiptDigest(receipt)
        ];
        bytes memory refusal = abi.encodeWithSelector(IJobMarket.AvailabilitySignerInvalid.selector, held[1].signer);
        for (uint256 i = 0; i < 6; ++i) {
            if (i < 4) held[1].signature = signature(SECOND_GUARDIAN, digests[i]);
            else held[1].signature = i == 4 ? bytes("") : malleated(whole);
            vm.expectRevert(refusal);
            market.settleAvailable(list, held);
        }
    }

    function test_RevertWhen_CiphertextIsThere() public {
        (Posted memory job, Settlement[] memory list) = largeJob();
        list[0].ciphertext = "x";
        AvailabilityProof[] memory held = proofs(list, FIRST_GUARDIAN, SECOND_GUARDIAN);
        expect(job, IJobMarket.ReceiptOutputInvalid.selector, abi.encode(1, LENGTH, 10_000));
        market.settleAvailable(list, held);
    }

    /// Held by guardians or not: what is asked of a receipt stays.
    function test_RevertWhen_ReceiptIsNotTheClaims() public {
        (Posted memory job, Settlement[] memory list) = largeJob();
        AvailabilityProof[] memory held = proofs(list, FIRST_GUARDIAN, SECOND_GUARDIAN);
        list[0].signature = signed(list[0].receipt, OWNER_KEY);
        expect(job, IJobMarket.ReceiptSignatureInvalid.selector, abi.encode(WORKER));
        market.settleAvailable(list, held);
        list[0].receipt.code = 1;
        expect(job, IJobMarket.ReceiptCodeInvalid.selector, abi.encode(1));
        market.settleAvailable(list, held);
        list[0].receipt.attempt = 2;
        expect(job, IJobMarket.ReceiptAttemptMismatched.selector, abi.encode(2, 1));
        market.settleAvailable(list, held);
        uint32 dueBy = market.jobOf(job.id).dueBy;
        vm.warp(uint256(dueBy) + 1);
        expect(job, IJobMarket.JobDeadlinePassed.selector, abi.encode(dueBy, dueBy + 1));
        market.settleAvailable(list, held);
    }

    /// A result may be as large as was asked for.
    function test_settleAvailable_AsLargeAsAskedFor() public {
        Posted memory job = openLarge(makeTerms());
        claim(job);
        Receipt memory receipt = makeLarge(job);
        receipt.outputBytes = 10_000;
        Settlement[] memory list = only(makeSettlement(job, receipt, WORKER_KEY));
        list[0].ciphertext = "";
        market.settleAvailable(list, proofs(list, FIRST_GUARDIAN, SECOND_GUARDIAN));
        yes(statusOf(job) == JobStatus.Settled);
    }

    function testFuzz_settleAvailable_Size(uint32 length, bool small) public {
        if (small) length = uint32(bound(length, 0, 20_000));
        Posted memory job = openLarge(makeTerms());
        claim(job);
        Receipt memory receipt = makeLarge(job);
        receipt.outputBytes = length;
        Settlement[] memory list = only(makeSettlement(job, receipt, WORKER_KEY));
        list[0].ciphertext = "";
        AvailabilityProof[] memory held = proofs(list, FIRST_GUARDIAN, SECOND_GUARDIAN);
        if (length > 10_000) {
            expect(job, IJobMarket.ReceiptOutputInvalid.selector, abi.encode(0, length, 10_000));
        }
        market.settleAvailable(list, held);
    }

    function testFuzz_availabilityDigest(Receipt[] memory receipts) public view {
        bytes32 itemType = keccak256("Availability(bytes32 jobId,bytes32 ciphertextDigest,uint32 outputBytes)");
        bytes32 batchType = keccak256(
            bytes.concat(
                "AvailabilityBatch(Availability[] results)",
                "Availability(bytes32 jobId,bytes32 ciphertextDigest,uint32 outputBytes)"
            )
        );
        Settlement[] memory list = new Settlement[](receipts.length);
        bytes memory items = "";
        for (uint256 i = 0; i < receipts.length; ++i) {
            list[i].receipt = receipts[i];
            bytes32 item = keccak256(
                abi.encode(itemType, receipts[i].jobId, receipts[i].ciphertextDigest, receipts[i].outputBytes)
            );
            items = bytes.concat(items, item);
        }
        bytes32 wanted = keccak256(abi.encode(batchType, keccak256(items)));
        eq(market.availabilityDigest(list), typedDigest("Persona JobMarket", address(market), wanted));
    }

    /// @dev On a grant of its own each time.
    function openLarge(Terms memory terms) private returns (Posted memory) {
        terms.salt = bytes32(++jobs);
        giveGrant(terms);
        JobRequest memory request = makeRequest(one(terms));
        (request.salt, request.maxOutputBytes) = (terms.salt, 10_000);
        return submit(request, one(terms));
    }

    function makeLarge(Posted memory job) private pure returns (Receipt memory receipt) {
        receipt = makeReceipt(job, 1, 0);
        (receipt.ciphertextDigest, receipt.outputBytes) = (DIGEST, LENGTH);
    }

    /// @dev Claimed by the first node, and what settles it.
    function largeJob() private returns (Posted memory job, Settlement[] memory list) {
        job = openLarge(makeTerms());
        claim(job);
        list = only(makeSettlement(job, makeLarge(job), WORKER_KEY));
        list[0].ciphertext = "";
    }

    function largeJobs(uint256 count) private returns (Settlement[] memory list) {
        list = new Settlement[](count);
        for (uint256 i = 0; i < count; ++i) {
            (, Settlement[] memory single) = largeJob();
            list[i] = single[0];
        }
    }

    function only(Settlement memory settlement) private pure returns (Settlement[] memory list) {
        list = new Settlement[](1);
        list[0] = settlement;
    }

    function batchDigest(JobId jobId, bytes32 digest, uint32 outputBytes) private view returns (bytes32) {
        Settlement[] memory list = new Settlement[](1);
        Receipt memory receipt = list[0].receipt;
        (receipt.jobId, receipt.ciphertextDigest, receipt.outputBytes) = (jobId, digest, outputBytes);
        return market.availabilityDigest(list);
    }

    function proofs(Settlement[] memory list, uint256 a, uint256 b)
        private
        view
        returns (AvailabilityProof[] memory held)
    {
        bytes32 digest = market.availabilityDigest(list);
        held = new AvailabilityProof[](2);
        held[0] = AvailabilityProof(vm.addr(a), signature(a, digest));
        held[1] = AvailabilityProof(vm.addr(b), signature(b, digest));
    }

    function expectRefused(uint256 a, uint256 b, uint256 refused) private {
        (, Settlement[] memory list) = largeJob();
        AvailabilityProof[] memory held = proofs(list, a, b);
        vm.expectRevert(
            abi.encodeWithSelector(IJobMarket.AvailabilitySignerInvalid.selector, vm.addr(refused))
        );
        market.settleAvailable(list, held);
    }
}
