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
        (Posted memory job, Settlement memory settlement) = largeJob();
        vm.expectEmit(address(market));
        emit IJobMarket.JobSettled(job.id, nodeId, WORKER, settlement.receipt);
        vm.prank(STRANGER);
        market.settleAvailable(settlement, proofs(settlement, FIRST_GUARDIAN, SECOND_GUARDIAN));
        yes(statusOf(job) == JobStatus.Settled);
        eq(market.receiptOf(job.id), market.receiptDigest(settlement.receipt));
        eq(owed(OPERATOR), FEE);
        eq(owed(OWNER), PRICE);
        eq(collected(), PROTOCOL_FEE);
        eq(market.AVAILABILITY_QUORUM(), 2);
    }

    function test_RevertWhen_ProofsAreNotTheQuorum() public {
        (Posted memory job, Settlement memory settlement) = largeJob();
        for (uint256 count = 0; count <= 3; ++count) {
            if (count == 2) continue;
            expect(job, IJobMarket.AvailabilityCountInvalid.selector, abi.encode(count, 2));
            market.settleAvailable(settlement, new AvailabilityProof[](count));
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
        expectRefused(GUARDIAN_KEY, SECOND_GUARDIAN, GUARDIAN_KEY);
        addGuardian(OPERATOR, OTHER_KEY);
        expectRefused(FIRST_GUARDIAN, OTHER_KEY, OTHER_KEY);
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
        Settlement memory settlement = makeSettlement(job, makeLarge(job), SECOND_KEY);
        settlement.ciphertext = "";
        AvailabilityProof[] memory list = proofs(settlement, FIRST_GUARDIAN, OTHER_KEY);
        expect(job, IJobMarket.AvailabilitySignerInvalid.selector, abi.encode(vm.addr(FIRST_GUARDIAN)));
        market.settleAvailable(settlement, list);
    }

    /// Another length, digest or job, another signer, half a signature.
    function test_RevertWhen_ProofIsOfSomethingElse() public {
        (Posted memory job, Settlement memory settlement) = largeJob();
        bytes32[5] memory digests = [
            market.availabilityDigest(job.id, DIGEST, LENGTH + 1),
            market.availabilityDigest(job.id, "other", LENGTH),
            market.availabilityDigest(JobId.wrap("other"), DIGEST, LENGTH),
            market.receiptDigest(settlement.receipt),
            bytes32(0)
        ];
        AvailabilityProof[] memory list = proofs(settlement, FIRST_GUARDIAN, SECOND_GUARDIAN);
        for (uint256 i = 0; i < 5; ++i) {
            list[1].signature = signature(SECOND_GUARDIAN, digests[i]);
            if (i == 4) list[1].signature = "";
            expect(job, IJobMarket.AvailabilitySignerInvalid.selector, abi.encode(list[1].signer));
            market.settleAvailable(settlement, list);
        }
        list = proofs(settlement, FIRST_GUARDIAN, SECOND_GUARDIAN);
        list[1].signature = malleated(list[1].signature);
        expect(job, IJobMarket.AvailabilitySignerInvalid.selector, abi.encode(list[1].signer));
        market.settleAvailable(settlement, list);
    }

    function test_RevertWhen_ResultFitsATransaction() public {
        expectSize(4096, 10_000);
        expectSize(0, 10_000);
    }

    function test_RevertWhen_ResultIsLargerThanTheJobAllows() public {
        expectSize(10_001, 10_000);
        expectSize(type(uint32).max, 10_000);
    }

    function test_RevertWhen_CiphertextIsThere() public {
        (Posted memory job, Settlement memory settlement) = largeJob();
        settlement.ciphertext = "x";
        AvailabilityProof[] memory list = proofs(settlement, FIRST_GUARDIAN, SECOND_GUARDIAN);
        expect(job, IJobMarket.ReceiptOutputInvalid.selector, abi.encode(1, LENGTH, 10_000));
        market.settleAvailable(settlement, list);
    }

    /// Held by guardians or not: what is asked of a receipt stays.
    function test_RevertWhen_ReceiptIsNotTheClaims() public {
        (Posted memory job, Settlement memory settlement) = largeJob();
        AvailabilityProof[] memory list = proofs(settlement, FIRST_GUARDIAN, SECOND_GUARDIAN);
        settlement.signature = signed(settlement.receipt, OWNER_KEY);
        expect(job, IJobMarket.ReceiptSignatureInvalid.selector, abi.encode(WORKER));
        market.settleAvailable(settlement, list);
        settlement.receipt.code = 1;
        expect(job, IJobMarket.ReceiptCodeInvalid.selector, abi.encode(1));
        market.settleAvailable(settlement, list);
        settlement.receipt.attempt = 2;
        expect(job, IJobMarket.ReceiptAttemptMismatched.selector, abi.encode(2, 1));
        market.settleAvailable(settlement, list);
        uint32 dueBy = market.jobOf(job.id).dueBy;
        vm.warp(uint256(dueBy) + 1);
        expect(job, IJobMarket.JobDeadlinePassed.selector, abi.encode(dueBy, dueBy + 1));
        market.settleAvailable(settlement, list);
    }

    function testFuzz_settleAvailable_Size(uint32 length) public {
        Posted memory job = openLarge(makeTerms());
        claim(job);
        Receipt memory receipt = makeLarge(job);
        receipt.outputBytes = length;
        Settlement memory settlement = makeSettlement(job, receipt, WORKER_KEY);
        settlement.ciphertext = "";
        AvailabilityProof[] memory list = proofs(settlement, FIRST_GUARDIAN, SECOND_GUARDIAN);
        if (length <= 4096 || length > 10_000) vm.expectPartialRevert(IJobMarket.ReceiptOutputInvalid.selector);
        market.settleAvailable(settlement, list);
    }

    function testFuzz_availabilityDigest(JobId jobId, bytes32 digest, uint32 outputBytes) public view {
        bytes32 availabilityType =
            keccak256("Availability(bytes32 jobId,bytes32 ciphertextDigest,uint32 outputBytes)");
        bytes32 hash = keccak256(abi.encode(availabilityType, jobId, digest, outputBytes));
        eq(
            market.availabilityDigest(jobId, digest, outputBytes),
            typedDigest("Persona JobMarket", address(market), hash)
        );
    }

    function addGuardian(address operator, uint256 signerKey) private returns (NodeId id) {
        id = registerNode(operator, 3, uint96(STAKE));
        addKey(id, operator, signerKey, KEY_GUARDIAN);
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
    function largeJob() private returns (Posted memory job, Settlement memory settlement) {
        job = openLarge(makeTerms());
        claim(job);
        settlement = makeSettlement(job, makeLarge(job), WORKER_KEY);
        settlement.ciphertext = "";
    }

    function proofs(Settlement memory settlement, uint256 a, uint256 b)
        private
        view
        returns (AvailabilityProof[] memory list)
    {
        bytes32 digest = market.availabilityDigest(
            settlement.jobId, settlement.receipt.ciphertextDigest, settlement.receipt.outputBytes
        );
        list = new AvailabilityProof[](2);
        list[0] = AvailabilityProof(vm.addr(a), signature(a, digest));
        list[1] = AvailabilityProof(vm.addr(b), signature(b, digest));
    }

    function expectRefused(uint256 a, uint256 b, uint256 refused) private {
        (Posted memory job, Settlement memory settlement) = largeJob();
        AvailabilityProof[] memory list = proofs(settlement, a, b);
        expect(job, IJobMarket.AvailabilitySignerInvalid.selector, abi.encode(vm.addr(refused)));
        market.settleAvailable(settlement, list);
    }

    function expectSize(uint32 length, uint32 max) private {
        (Posted memory job, Settlement memory settlement) = largeJob();
        settlement.receipt.outputBytes = length;
        settlement.signature = signed(settlement.receipt, WORKER_KEY);
        AvailabilityProof[] memory list = proofs(settlement, FIRST_GUARDIAN, SECOND_GUARDIAN);
        expect(job, IJobMarket.ReceiptOutputInvalid.selector, abi.encode(0, length, max));
        market.settleAvailable(settlement, list);
    }
}
