// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Grant, GrantStatus, IGrantRegistry} from "../../../contracts/interfaces/IGrantRegistry.sol";
import {IJobMarket, Job, JobStatus} from "../../../contracts/interfaces/IJobMarket.sol";
import {GrantHash, JobId} from "../../../contracts/types/Ids.sol";
import {JobParams, JobRequest} from "../../../contracts/types/JobParams.sol";
import {Reason} from "../../../contracts/types/Reason.sol";
import {GRANT_READ, Terms} from "../../../contracts/types/Terms.sol";
import {JobKit} from "../helpers/JobKit.sol";
import {Posted} from "../helpers/Kit.sol";
import {vm} from "../helpers/Vm.sol";

contract JobSubmissionTest is JobKit {
    Terms private terms;

    function setUp() public override {
        super.setUp();
        terms = makeTerms();
        giveGrant(terms);
    }

    function test_submitJob() public {
        JobRequest memory request = makeRequest(one(terms));
        JobParams memory params = paramsOf(request, one(terms), REQUESTER);
        JobId wanted = market.jobIdOf(REQUESTER, "job");
        eq(JobId.unwrap(wanted), keccak256(abi.encode(block.chainid, address(market), REQUESTER, bytes32("job"))));
        vm.expectEmit(address(market));
        emit IJobMarket.JobSubmitted(wanted, REQUESTER, "job", params);
        yes(submit(request, one(terms)).id == wanted);

        Job memory job = market.jobOf(wanted);
        yes(job.status == JobStatus.Open && !job.tainted);
        eq(job.signer, address(0));
        eq(job.attempt, 1);
        eq(job.raceBlock, block.number);
        eq(job.dueBy, 0);
        eq(job.claimDelay, 0);
        eq(job.commitment, market.hashParams(params));
        eq(market.receiptOf(wanted), 0);
        Grant memory stored = grants.grantOf(OWNER, params.order.inputs[0].grantHash);
        eq(stored.uses, 1);
        eq(stored.outputBytes, params.order.maxOutputBytes);
        eq(params.order.protocolFee, PROTOCOL_FEE);
        eq(token.balanceOf(address(market)), uint256(PRICE) + FEE + PROTOCOL_FEE);
        eq(token.balanceOf(REQUESTER), 1_000_000e18 - PRICE - FEE - PROTOCOL_FEE);
    }

    function test_submitJob_ManyGrantsInAnyOrder() public {
        Terms[] memory list = giveGrants(10);
        (list[0], list[7]) = (list[7], list[0]);
        (list[3], list[9]) = (list[9], list[3]);
        Posted memory job = submit(makeRequest(list), list);
        eq(market.jobOf(job.id).commitment, market.hashParams(job.params));
        uint256 sum = FEE + 10 * uint256(PRICE);
        eq(token.balanceOf(address(market)), sum + sum / 100);
    }

    function test_submitJob_SixtyFourInputs() public {
        Terms[] memory list = giveGrants(64);
        Posted memory job = submit(makeRequest(list), list);
        uint256 sum = FEE + 64 * uint256(PRICE);
        eq(token.balanceOf(address(market)), sum + sum / 100);
        claim(job);
        settle(job, 0);
        eq(owed(OWNER), 64 * uint256(PRICE));
    }

    function test_submitJob_ForNothing() public {
        terms.price = 0;
        giveGrant(terms);
        Posted memory job = openJob("free", one(terms), 0);
        eq(token.balanceOf(address(market)), 0);
        claim(job);
        settle(job, 0);
        eq(owed(OWNER) + owed(OPERATOR) + collected(), 0);
    }

    function test_submitJob_WithoutProtocolFee() public {
        market.allowToken(address(token), 0, 1e16);
        Posted memory job = openJob();
        eq(job.params.order.protocolFee, 0);
        eq(token.balanceOf(address(market)), uint256(PRICE) + FEE);
        claim(job);
        settle(job, 0);
        eq(collected(), 0);
        eq(nodes.nodeOf(nodeId).burned, 0);
    }

    /// What a job pays is fixed when it is posted.
    function test_submitJob_KeepsTheProtocolFeeOfItsTime() public {
        Posted memory job = openJob();
        market.allowToken(address(token), 500, 1e16);
        claim(job);
        settle(job, 0);
        eq(collected(), PROTOCOL_FEE);
    }

    function test_submitJobWithSignatures() public {
        Terms[] memory list = new Terms[](2);
        list[0] = terms;
        list[1] = makeTerms();
        list[1].datasetId = registerDataset(OWNER, "second");
        bytes[] memory signatures = new bytes[](2);
        signatures[1] = signature(OWNER_KEY, GrantHash.unwrap(grants.hashTerms(list[1])));
        JobRequest memory request = makeRequest(list);
        vm.prank(REQUESTER);
        JobId id = market.submitJobWithSignatures(request, list, signatures);
        yes(id == market.jobIdOf(REQUESTER, "job"));
        Grant memory stored = grants.grantOf(OWNER, grants.hashTerms(list[1]));
        yes(stored.status == GrantStatus.Active);
        eq(stored.uses, 1);
    }

    function test_RevertWhen_SignaturesDoNotCoverTheTerms() public {
        JobRequest memory request = makeRequest(one(terms));
        expect(IJobMarket.JobTermsCountMismatched.selector, abi.encode(0, 1));
        vm.prank(REQUESTER);
        market.submitJobWithSignatures(request, one(terms), new bytes[](0));
        expect(IJobMarket.JobTermsCountMismatched.selector, abi.encode(2, 1));
        vm.prank(REQUESTER);
        market.submitJobWithSignatures(request, one(terms), new bytes[](2));
    }

    function test_RevertWhen_OwnerSignatureIsInvalid() public {
        terms.salt = "new";
        JobRequest memory request = makeRequest(one(terms));
        bytes[] memory signatures = new bytes[](1);
        signatures[0] = signature(WORKER_KEY, GrantHash.unwrap(grants.hashTerms(terms)));
        vm.expectRevert(
            abi.encodeWithSelector(IGrantRegistry.GrantSignatureInvalid.selector, grants.hashTerms(terms), OWNER)
        );
        vm.prank(REQUESTER);
        market.submitJobWithSignatures(request, one(terms), signatures);
    }

    function test_RevertWhen_SaltIsUsed() public {
        openJob();
        JobRequest memory request = makeRequest(one(terms));
        request.fee = 0;
        expectSubmit(request, IJobMarket.JobAlreadyExists.selector, "");
    }

    function test_RevertWhen_SaltIsThatOfAnEndedJob() public {
        Posted memory job = openJob();
        vm.warp(job.params.offer.claimBy + 1);
        cancel(job);
        expectSubmit(makeRequest(one(terms)), IJobMarket.JobAlreadyExists.selector, "");
    }

    /// The same salt is another job where another requester uses it.
    function test_submitJob_SaltOfAnotherRequester() public {
        Posted memory first = openJob();
        terms.grantee = STRANGER;
        giveGrant(terms);
        fund(STRANGER, 100e18);
        Posted memory second = submit(makeRequest(one(terms)), one(terms), STRANGER);
        yes(first.id != second.id);
        eq(second.params.order.requester, STRANGER);
        eq(market.jobOf(second.id).commitment, market.hashParams(second.params));
    }

    function test_RevertWhen_WindowIsInvalid() public {
        expectWindow(START, 1);
        expectWindow(START - 1, 1);
        expectWindow(START + 5, 0);
        expectWindow(START + 5, 7 days - 4);
        expectWindow(type(uint40).max, type(uint32).max);
        JobRequest memory request = makeRequest(one(terms));
        (request.offer.claimBy, request.offer.runSeconds) = (uint40(START + 1), 7 days - 1);
        submit(request, one(terms));
    }

    function test_RevertWhen_OutputIsMissing() public {
        JobRequest memory request = makeRequest(one(terms));
        request.maxOutputBytes = 0;
        expectSubmit(request, IJobMarket.JobOutputMissing.selector, "");
    }

    function test_RevertWhen_InputsAreNoneOrTooMany() public {
        JobRequest memory request = makeRequest(one(terms));
        expect(IJobMarket.JobInputCountInvalid.selector, abi.encode(0, 64));
        vm.prank(REQUESTER);
        market.submitJob(request, new Terms[](0));
        expect(IJobMarket.JobInputCountInvalid.selector, abi.encode(65, 64));
        vm.prank(REQUESTER);
        market.submitJob(request, new Terms[](65));
    }

    function test_RevertWhen_TokenIsNotTheGrants() public {
        JobRequest memory request = makeRequest(one(terms));
        request.token = STRANGER;
        expectSubmit(request, IJobMarket.JobTokenMismatched.selector, abi.encode(0, address(token), STRANGER));
    }

    function test_RevertWhen_DatasetIsNamedTwice() public {
        Terms[] memory list = giveGrants(3);
        list[2] = list[0];
        JobRequest memory request = makeRequest(list);
        expect(IJobMarket.JobInputDuplicate.selector, abi.encode(2));
        vm.prank(REQUESTER);
        market.submitJob(request, list);
        list[1] = list[0];
        expect(IJobMarket.JobInputDuplicate.selector, abi.encode(1));
        vm.prank(REQUESTER);
        market.submitJob(request, list);
    }

    /// Two grants on one dataset are one dataset twice.
    function test_RevertWhen_DatasetIsNamedByTwoGrants() public {
        Terms[] memory list = new Terms[](2);
        (list[0], list[1]) = (makeTerms(), makeTerms());
        list[1].salt = "second";
        giveGrant(list[1]);
        JobRequest memory request = makeRequest(list);
        expect(IJobMarket.JobInputDuplicate.selector, abi.encode(1));
        vm.prank(REQUESTER);
        market.submitJob(request, list);
    }

    function test_RevertWhen_GrantEndsWithTheDeadline() public {
        vm.warp(terms.expiresAt - 1 days);
        JobRequest memory request = makeRequest(one(terms));
        request.offer.runSeconds = uint32(terms.expiresAt - request.offer.claimBy);
        expectSubmit(
            request, IJobMarket.JobOutlivesGrant.selector, abi.encode(0, terms.expiresAt, terms.expiresAt)
        );
        request.offer.runSeconds -= 1;
        submit(request, one(terms));
    }

    function test_RevertWhen_PolicyIsWiderThanTheGrants() public {
        for (uint256 i = 0; i < 6; ++i) {
            JobRequest memory request = makeRequest(one(makeTerms()));
            if (i == 0) request.offer.nodePolicy.verifierKinds = 3;
            if (i == 1) request.offer.nodePolicy.verifierKinds = 0;
            if (i == 2) request.offer.nodePolicy.vendors = 3;
            if (i == 3) request.offer.nodePolicy.vendors = 0;
            if (i == 4) request.offer.nodePolicy.minStake -= 1;
            if (i == 5) request.offer.nodePolicy.requesterMayNameNode = true;
            expectSubmit(request, IJobMarket.JobPolicyTooWide.selector, abi.encode(0));
        }
    }

    function test_RevertWhen_NodeMayNotBeNamed() public {
        JobRequest memory request = makeRequest(one(terms));
        request.offer.namedNode = nodeId;
        expectSubmit(request, IJobMarket.JobNodeNotNameable.selector, abi.encode(0));
        // Each grant must allow it.
        Terms[] memory list = giveGrants(2);
        list[0].nodePolicy.requesterMayNameNode = true;
        giveGrant(list[0]);
        expect(IJobMarket.JobNodeNotNameable.selector, abi.encode(1));
        vm.prank(REQUESTER);
        market.submitJob(request, list);
    }

    function test_RevertWhen_GrantIsNotUsable() public {
        GrantHash grantHash = grants.hashTerms(terms);
        vm.prank(OWNER);
        grants.revoke(grantHash);
        expectRefused(Reason.GrantRevoked);
    }

    function test_RevertWhen_GranteeIsAnother() public {
        terms.grantee = STRANGER;
        giveGrant(terms);
        expectRefused(Reason.GranteeMismatch);
    }

    function test_RevertWhen_GrantIsToRead() public {
        terms.kind = GRANT_READ;
        terms.notBefore = uint40(START + 1 days);
        giveGrant(terms);
        vm.warp(START + 1 days);
        expectRefused(Reason.GrantKindMismatch);
    }

    function test_RevertWhen_GrantIsUsedUp() public {
        for (uint256 i = 0; i < terms.maxUses; ++i) {
            JobRequest memory request = makeRequest(one(terms));
            (request.salt, request.maxOutputBytes) = (bytes32(i), 1);
            submit(request, one(terms));
        }
        expectRefused(Reason.GrantExhausted);
    }

    function test_RevertWhen_GrantsOutputIsUsedUp() public {
        JobRequest memory request = makeRequest(one(terms));
        request.maxOutputBytes = 10_001;
        expectNotUsable(terms, Reason.GrantOutputExhausted);
        vm.prank(REQUESTER);
        market.submitJob(request, one(terms));
        request.maxOutputBytes = 10_000;
        submit(request, one(terms));
    }

    function expect(bytes4 selector, bytes memory rest) private {
        vm.expectRevert(bytes.concat(selector, abi.encode(market.jobIdOf(REQUESTER, "job")), rest));
    }

    function expectSubmit(JobRequest memory request, bytes4 selector, bytes memory rest) private {
        Terms[] memory list = one(terms);
        expect(selector, rest);
        vm.prank(REQUESTER);
        market.submitJob(request, list);
    }

    function expectRefused(Reason reason) private {
        Terms[] memory list = one(terms);
        JobRequest memory request = makeRequest(list);
        expectNotUsable(list[0], reason);
        vm.prank(REQUESTER);
        market.submitJob(request, list);
    }

    function expectWindow(uint256 claimBy, uint32 runSeconds) private {
        JobRequest memory request = makeRequest(one(terms));
        (request.offer.claimBy, request.offer.runSeconds) = (uint40(claimBy), runSeconds);
        expectSubmit(request, IJobMarket.JobWindowInvalid.selector, abi.encode(claimBy, runSeconds, START));
    }
}
