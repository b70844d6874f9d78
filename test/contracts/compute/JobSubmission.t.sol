// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Grant, GrantStatus, IGrantRegistry} from "../../../contracts/interfaces/IGrantRegistry.sol";
import {IJobMarket, Job, JobStatus} from "../../../contracts/interfaces/IJobMarket.sol";
import {GrantHash, JobId, NodeId} from "../../../contracts/types/Ids.sol";
import {JobInput, JobParams} from "../../../contracts/types/JobParams.sol";
import {Reason} from "../../../contracts/types/Reason.sol";
import {Terms} from "../../../contracts/types/Terms.sol";
import {Kit} from "../helpers/Kit.sol";
import {vm} from "../helpers/Vm.sol";

contract JobSubmissionTest is Kit {
    Terms private terms;

    function setUp() public override {
        super.setUp();
        terms = makeTerms();
        giveGrant(terms);
    }

    function test_submitJob() public {
        JobParams memory params = makeParams(one(terms));
        JobId wanted = idOf(params);
        vm.expectEmit(address(market));
        emit IJobMarket.JobSubmitted(wanted, REQUESTER, params);
        yes(submit(params, one(terms)) == wanted);
        eq(JobId.unwrap(wanted), keccak256(abi.encode(block.chainid, address(market), REQUESTER, params.salt)));

        Job memory job = market.jobOf(wanted);
        eq(job.signer, address(0));
        yes(job.status == JobStatus.Open && !job.tainted);
        eq(job.attempt, 1);
        eq(job.deadline, params.deadline);
        eq(job.createdBlock, block.number);
        eq(job.paramsHash, keccak256(abi.encode(params)));
        eq(market.hashParams(params), job.paramsHash);
        eq(market.receiptOf(wanted), 0);
        Grant memory stored = grants.grantOf(params.inputs[0].grantHash);
        eq(stored.uses, 1);
        eq(stored.outputBytes, params.maxOutputBytes);
        eq(token.balanceOf(address(market)), PRICE + FEE);
        eq(token.balanceOf(REQUESTER), 1_000_000e18 - PRICE - FEE);
    }

    function test_submitJob_ManyGrantsInAnyOrder() public {
        Terms[] memory list = giveGrants(10);
        (list[0], list[7]) = (list[7], list[0]);
        (list[3], list[9]) = (list[9], list[3]);
        submit(makeParams(list), list);
        eq(token.balanceOf(address(market)), FEE + 10 * uint256(PRICE));
    }

    function test_submitJob_SixtyFourInputs() public {
        Terms[] memory list = giveGrants(64);
        submit(makeParams(list), list);
        eq(token.balanceOf(address(market)), FEE + 64 * uint256(PRICE));
    }

    function test_submitJob_ForNothing() public {
        terms.price = 0;
        giveGrant(terms);
        JobParams memory params = makeParams(one(terms));
        params.fee = 0;
        submit(params, one(terms));
        eq(token.balanceOf(address(market)), 0);
    }

    function test_submitJobWithSignatures() public {
        Terms[] memory list = new Terms[](2);
        list[0] = terms;
        list[1] = makeTerms();
        list[1].datasetId = registerDataset(OWNER, "second");
        bytes[] memory signatures = new bytes[](2);
        signatures[1] = signature(OWNER_KEY, GrantHash.unwrap(grants.hashTerms(list[1])));
        JobParams memory params = makeParams(list);
        vm.prank(REQUESTER);
        market.submitJobWithSignatures(params, list, signatures);
        Grant memory stored = grants.grantOf(params.inputs[1].grantHash);
        yes(stored.status == GrantStatus.Active);
        eq(stored.uses, 1);
    }

    function test_RevertWhen_SignaturesDoNotCoverTheTerms() public {
        JobParams memory params = makeParams(one(terms));
        expect(params, IJobMarket.JobTermsCountMismatched.selector, abi.encode(0, 1));
        vm.prank(REQUESTER);
        market.submitJobWithSignatures(params, one(terms), new bytes[](0));
    }

    function test_RevertWhen_OwnerSignatureIsInvalid() public {
        terms.salt = "new";
        JobParams memory params = makeParams(one(terms));
        bytes[] memory signatures = new bytes[](1);
        signatures[0] = signature(WORKER_KEY, GrantHash.unwrap(grants.hashTerms(terms)));
        vm.expectPartialRevert(IGrantRegistry.GrantSignatureInvalid.selector);
        vm.prank(REQUESTER);
        market.submitJobWithSignatures(params, one(terms), signatures);
    }

    function test_RevertWhen_CallerIsNotRequester() public {
        JobParams memory params = makeParams(one(terms));
        expect(params, IJobMarket.JobCallerNotRequester.selector, abi.encode(STRANGER, REQUESTER));
        vm.prank(STRANGER);
        market.submitJob(params, one(terms));
    }

    function test_RevertWhen_SaltIsUsed() public {
        JobParams memory params = makeParams(one(terms));
        submit(params, one(terms));
        params.fee = 0;
        expectSubmit(params, IJobMarket.JobAlreadyExists.selector, "");
    }

    function test_RevertWhen_SaltIsThatOfAnEndedJob() public {
        JobParams memory params = makeParams(one(terms));
        submit(params, one(terms));
        vm.warp(params.claimBy + 1);
        vm.prank(REQUESTER);
        market.cancelJob(params);
        JobParams memory again = makeParams(one(terms));
        expectSubmit(again, IJobMarket.JobAlreadyExists.selector, "");
    }

    function test_RevertWhen_WindowIsInvalid() public {
        expectWindow(START, START + 1);
        expectWindow(START + 5, START + 5);
        expectWindow(START + 5, START + 4);
        expectWindow(START + 5, START + 7 days + 1);
        JobParams memory params = makeParams(one(terms));
        (params.claimBy, params.deadline) = (uint40(START + 1), uint40(START + 7 days));
        submit(params, one(terms));
    }

    function test_RevertWhen_OutputIsMissing() public {
        JobParams memory params = makeParams(one(terms));
        params.maxOutputBytes = 0;
        expectSubmit(params, IJobMarket.JobOutputMissing.selector, "");
    }

    function test_RevertWhen_InputsAreNoneOrTooMany() public {
        JobParams memory params = makeParams(one(terms));
        params.inputs = new JobInput[](0);
        expectSubmit(params, IJobMarket.JobInputCountInvalid.selector, abi.encode(0, 64));
        params.inputs = new JobInput[](65);
        expectSubmit(params, IJobMarket.JobInputCountInvalid.selector, abi.encode(65, 64));
    }

    function test_RevertWhen_TermsDoNotCoverTheInputs() public {
        JobParams memory params = makeParams(one(terms));
        expect(params, IJobMarket.JobTermsCountMismatched.selector, abi.encode(0, 1));
        submit(params, new Terms[](0));
    }

    function test_RevertWhen_InputNamesAnotherGrant() public {
        JobParams memory params = makeParams(one(terms));
        GrantHash real = params.inputs[0].grantHash;
        params.inputs[0].grantHash = GrantHash.wrap("another");
        expectSubmit(params, IJobMarket.JobInputMismatched.selector, abi.encode(0, bytes32("another"), real));
    }

    function test_RevertWhen_InputNamesAnotherDataset() public {
        JobParams memory params = makeParams(one(terms));
        params.inputs[0].datasetId = registerDataset(OWNER, "second");
        expectSubmit(
            params,
            IJobMarket.JobDatasetMismatched.selector,
            abi.encode(0, params.inputs[0].datasetId, terms.datasetId)
        );
    }

    function test_RevertWhen_InputNamesAnotherOwner() public {
        JobParams memory params = makeParams(one(terms));
        params.inputs[0].owner = REQUESTER;
        expectSubmit(params, IJobMarket.JobOwnerMismatched.selector, abi.encode(0, REQUESTER, OWNER));
    }

    function test_RevertWhen_InputNamesAnotherPrice() public {
        JobParams memory params = makeParams(one(terms));
        params.inputs[0].price = 0;
        expectSubmit(params, IJobMarket.JobPriceMismatched.selector, abi.encode(0, 0, PRICE));
    }

    function test_RevertWhen_TokenIsNotTheGrants() public {
        JobParams memory params = makeParams(one(terms));
        params.token = STRANGER;
        expectSubmit(params, IJobMarket.JobTokenMismatched.selector, abi.encode(0, address(token), STRANGER));
    }

    function test_RevertWhen_DatasetIsNamedTwice() public {
        Terms[] memory list = giveGrants(3);
        list[2] = list[0];
        JobParams memory params = makeParams(list);
        expect(params, IJobMarket.JobInputDuplicate.selector, abi.encode(2));
        submit(params, list);
        list[1] = list[0];
        params = makeParams(list);
        expect(params, IJobMarket.JobInputDuplicate.selector, abi.encode(1));
        submit(params, list);
    }

    function test_RevertWhen_GrantEndsWithTheDeadline() public {
        vm.warp(terms.expiresAt - 1 days);
        JobParams memory params = makeParams(one(terms));
        params.deadline = terms.expiresAt;
        expectSubmit(
            params, IJobMarket.JobOutlivesGrant.selector, abi.encode(0, params.deadline, terms.expiresAt)
        );
    }

    function test_RevertWhen_PolicyIsWiderThanTheGrants() public {
        for (uint256 i = 0; i < 6; ++i) {
            JobParams memory params = makeParams(one(terms));
            if (i == 0) params.nodePolicy.verifierKinds = 3;
            if (i == 1) params.nodePolicy.verifierKinds = 0;
            if (i == 2) params.nodePolicy.vendors = 3;
            if (i == 3) params.nodePolicy.vendors = 0;
            if (i == 4) params.nodePolicy.minStake -= 1;
            if (i == 5) params.nodePolicy.requesterMayNameNode = true;
            expectSubmit(params, IJobMarket.JobPolicyTooWide.selector, abi.encode(0));
        }
    }

    function test_RevertWhen_NodeMayNotBeNamed() public {
        JobParams memory params = makeParams(one(terms));
        params.namedNode = nodeId;
        expectSubmit(params, IJobMarket.JobNodeNotNameable.selector, abi.encode(0));
    }

    function test_RevertWhen_GrantIsNotUsable() public {
        JobParams memory params = makeParams(one(terms));
        vm.prank(OWNER);
        grants.revoke(terms);
        expectNotUsable(terms, Reason.GrantRevoked);
        submit(params, one(terms));
    }

    function test_RevertWhen_GranteeIsAnother() public {
        JobParams memory params = makeParams(one(terms));
        params.requester = STRANGER;
        expectNotUsable(terms, Reason.GranteeMismatch);
        submit(params, one(terms));
    }

    function test_RevertWhen_GrantsOutputIsUsedUp() public {
        JobParams memory params = makeParams(one(terms));
        params.maxOutputBytes = 10_001;
        expectNotUsable(terms, Reason.GrantOutputExhausted);
        submit(params, one(terms));
    }

    function test_RevertWhen_MoneyIsNotAllowed() public {
        JobParams memory params = makeParams(one(terms));
        vm.prank(REQUESTER);
        token.approve(address(market), PRICE + FEE - 1);
        vm.expectRevert();
        submit(params, one(terms));
    }

    /// hardhat-config: fuzz.runs = 64
    function testFuzz_submitJob_EscrowsFeeAndPrices(uint96 fee, uint96[3] memory prices) public {
        Terms[] memory list = giveGrants(3);
        uint256 total = fee;
        for (uint256 i = 0; i < 3; ++i) {
            list[i].price = prices[i];
            giveGrant(list[i]);
            total += prices[i];
        }
        fund(REQUESTER, total);
        JobParams memory params = makeParams(list);
        params.fee = fee;
        submit(params, list);
        eq(token.balanceOf(address(market)), total);
    }

    /// hardhat-config: fuzz.runs = 32
    function testFuzz_submitJob_RefusesEveryDuplicate(uint8 from, uint8 to, uint256 shuffle) public {
        Terms[] memory list = giveGrants(8);
        for (uint256 i = 7; i > 0; --i) {
            uint256 j = uint256(keccak256(abi.encode(shuffle, i))) % (i + 1);
            (list[i], list[j]) = (list[j], list[i]);
        }
        from %= 8;
        to %= 8;
        list[to] = list[from];
        JobParams memory params = makeParams(list);
        if (from != to) vm.expectPartialRevert(IJobMarket.JobInputDuplicate.selector);
        submit(params, list);
    }

    function testFuzz_submitJob_PolicyOnlyNarrows(uint32 kinds, uint32 vendors, uint96 minStake) public {
        terms.nodePolicy.verifierKinds = 0x0f;
        terms.nodePolicy.vendors = 0xf0;
        giveGrant(terms);
        JobParams memory params = makeParams(one(terms));
        params.nodePolicy.verifierKinds = kinds;
        params.nodePolicy.vendors = vendors;
        params.nodePolicy.minStake = minStake;
        bool within = kinds != 0 && kinds <= 0x0f && vendors != 0 && vendors | 0xf0 == 0xf0 && minStake >= STAKE;
        if (!within) vm.expectPartialRevert(IJobMarket.JobPolicyTooWide.selector);
        submit(params, one(terms));
    }

    function testFuzz_hashParams(JobParams memory params) public view {
        eq(market.hashParams(params), keccak256(abi.encode(params)));
    }

    function expect(JobParams memory params, bytes4 selector, bytes memory rest) private {
        vm.expectRevert(bytes.concat(selector, abi.encode(idOf(params)), rest));
    }

    function expectSubmit(JobParams memory params, bytes4 selector, bytes memory rest) private {
        expect(params, selector, rest);
        submit(params, one(terms));
    }

    function expectWindow(uint256 claimBy, uint256 deadline) private {
        JobParams memory params = makeParams(one(terms));
        (params.claimBy, params.deadline) = (uint40(claimBy), uint40(deadline));
        expectSubmit(params, IJobMarket.JobWindowInvalid.selector, abi.encode(claimBy, deadline, START));
    }
}
