// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IJobMarket, JobStatus} from "../../../contracts/interfaces/IJobMarket.sol";
import {JobKit} from "../helpers/JobKit.sol";
import {Posted} from "../helpers/Kit.sol";
import {vm} from "../helpers/Vm.sol";

contract JobCancelTest is JobKit {
    uint256 private constant ESCROW = uint256(PRICE) + FEE + PROTOCOL_FEE;

    function test_cancelJob_NeverClaimed() public {
        Posted memory job = openJob();
        vm.warp(job.params.offer.claimBy + 1);
        vm.expectEmit(address(market));
        emit IJobMarket.JobCancelled(job.id, REQUESTER, true);
        cancel(job);
        yes(statusOf(job) == JobStatus.Cancelled);
        eq(owed(REQUESTER), ESCROW);
        eq(owed(OWNER) + collected(), 0);
        eq(usesOf(job), 0);
        eq(market.receiptOf(job.id), 0);
    }

    function test_cancelJob_Reopened() public {
        Posted memory job = claimedJob();
        settle(job, 32);
        vm.warp(job.params.offer.claimBy + 1);
        cancel(job);
        eq(owed(REQUESTER), ESCROW);
        eq(usesOf(job), 0);
    }

    function test_cancelJob_Tainted() public {
        Posted memory job = claimedJob();
        settle(job, 48);
        vm.warp(job.params.offer.claimBy + 1);
        vm.expectEmit(address(market));
        emit IJobMarket.JobCancelled(job.id, REQUESTER, false);
        cancel(job);
        eq(owed(OWNER), PRICE);
        eq(owed(REQUESTER), FEE + PROTOCOL_FEE);
        eq(owed(OPERATOR) + collected(), 0);
        eq(usesOf(job), 1);
    }

    /// A pause that swallows the claim window costs the requester nothing.
    function test_cancelJob_WhileClaimsArePaused() public {
        Posted memory job = openJob();
        nodes.pauseClaims(2 days);
        vm.warp(job.params.offer.claimBy + 1);
        cancel(job);
        eq(owed(REQUESTER), ESCROW);
    }

    function test_RevertWhen_CancellerIsNotRequester() public {
        Posted memory job = openJob();
        vm.warp(job.params.offer.claimBy + 1);
        expect(job, IJobMarket.JobCallerNotRequester.selector, abi.encode(STRANGER, REQUESTER));
        vm.prank(STRANGER);
        market.cancelJob(job.id, job.params);
    }

    function test_RevertWhen_CancelledJobIsNotOpen() public {
        Posted memory job = openJob();
        vm.warp(START + 10 minutes);
        claim(job);
        vm.warp(job.params.offer.claimBy + 1);
        expectCancel(job, IJobMarket.JobNotOpen.selector, abi.encode(JobStatus.Claimed));
        settle(job, 0);
        expectCancel(job, IJobMarket.JobNotOpen.selector, abi.encode(JobStatus.Settled));
        job = openJob("twice");
        vm.warp(job.params.offer.claimBy + 1);
        cancel(job);
        expectCancel(job, IJobMarket.JobNotOpen.selector, abi.encode(JobStatus.Cancelled));
    }

    function test_RevertWhen_CancelledParamsAreNotTheJobs() public {
        Posted memory job = openJob();
        bytes32 stored = market.hashParams(job.params);
        vm.warp(job.params.offer.claimBy + 1);
        job.params.order.fee += 1;
        bytes32 hash = market.hashParams(job.params);
        expectCancel(job, IJobMarket.JobParamsMismatched.selector, abi.encode(hash, stored));
        job.id = market.jobIdOf(REQUESTER, "unknown");
        expectCancel(job, IJobMarket.JobParamsMismatched.selector, abi.encode(hash, bytes32(0)));
    }

    /// An earlier cancel would redraw the race for free.
    function test_RevertWhen_CancelledBeforeTheClaimWindowEnds() public {
        Posted memory job = claimedJob();
        settle(job, 32);
        uint40 claimBy = job.params.offer.claimBy;
        vm.warp(claimBy);
        expectCancel(job, IJobMarket.JobClaimWindowOpen.selector, abi.encode(claimBy, claimBy));
    }

    function testFuzz_cancelJob(uint40 time, address caller) public {
        Posted memory job = openJob();
        time = uint40(bound(time, START, type(uint40).max));
        vm.warp(time);
        if (caller != REQUESTER) vm.expectPartialRevert(IJobMarket.JobCallerNotRequester.selector);
        else if (time <= job.params.offer.claimBy) vm.expectPartialRevert(IJobMarket.JobClaimWindowOpen.selector);
        vm.prank(caller);
        market.cancelJob(job.id, job.params);
    }

    function expectCancel(Posted memory job, bytes4 selector, bytes memory rest) private {
        expect(job, selector, rest);
        cancel(job);
    }
}
