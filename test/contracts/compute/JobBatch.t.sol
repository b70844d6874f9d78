// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IJobMarket, JobStatus, Settlement} from "../../../contracts/interfaces/IJobMarket.sol";
import {Receipt} from "../../../contracts/types/Receipt.sol";
import {Terms} from "../../../contracts/types/Terms.sol";
import {JobKit} from "../helpers/JobKit.sol";
import {Posted} from "../helpers/Kit.sol";
import {vm} from "../helpers/Vm.sol";

contract JobBatchTest is JobKit {
    function setUp() public override {
        super.setUp();
        token.mint(OPERATOR, 2000e18);
        vm.startPrank(OPERATOR);
        token.approve(address(nodes), 2000e18);
        nodes.addStake(nodeId, 2000e18);
        vm.stopPrank();
    }

    function test_settleMany() public {
        Settlement[] memory list = claimedJobs(20);
        vm.prank(STRANGER);
        market.settleMany(list);
        expectSettled(list, 20);
    }

    /// Somebody brings one of them first: the others are not turned back, and it is not paid twice.
    function test_settleMany_PassesOverWhatItsReceiptHasSettled() public {
        Settlement[] memory list = claimedJobs(20);
        market.settleJob(list[7]);
        market.settleMany(list);
        expectSettled(list, 20);
        market.settleMany(list);
        expectSettled(list, 20);
    }

    function test_settleMany_TheSameTwice() public {
        Settlement[] memory list = claimedJobs(2);
        list[1] = list[0];
        market.settleMany(list);
        expectSettled(list, 1);
    }

    /// Another receipt than that which settled the job is not passed over.
    function test_RevertWhen_AnotherReceiptHasSettled() public {
        Settlement[] memory list = claimedJobs(2);
        market.settleJob(list[0]);
        list[0].receipt.releasesHash = "other";
        list[0].signature = signed(list[0].receipt, WORKER_KEY);
        vm.expectRevert(
            abi.encodeWithSelector(IJobMarket.JobNotClaimed.selector, list[0].jobId, JobStatus.Settled)
        );
        market.settleMany(list);
    }

    /// Failed by the receipt that is brought: that is no settlement.
    function test_RevertWhen_JobHasFailed() public {
        Posted memory job = claimedJob();
        settle(job, 1);
        Settlement[] memory list = new Settlement[](1);
        list[0] = makeSettlement(job, makeReceipt(job, 1, 1), WORKER_KEY);
        vm.expectRevert(abi.encodeWithSelector(IJobMarket.JobNotClaimed.selector, job.id, JobStatus.Failed));
        market.settleMany(list);
    }

    function test_RevertWhen_OneIsBad() public {
        Settlement[] memory list = claimedJobs(3);
        list[2].signature = signed(list[2].receipt, OWNER_KEY);
        vm.expectRevert(
            abi.encodeWithSelector(IJobMarket.ReceiptSignatureInvalid.selector, list[2].jobId, WORKER)
        );
        market.settleMany(list);
        yes(market.jobOf(list[0].jobId).status == JobStatus.Claimed);
        eq(owed(OPERATOR), 0);
    }

    function test_RevertWhen_NoneIsBrought() public {
        vm.expectRevert(abi.encodeWithSelector(IJobMarket.SettlementsMissing.selector));
        market.settleMany(new Settlement[](0));
    }

    /// hardhat-config: default.fuzz.runs = 32
    function testFuzz_settleMany_WhateverCameFirst(uint8 count, uint256 first) public {
        Settlement[] memory list = claimedJobs(bound(count, 1, 8));
        for (uint256 i = 0; i < list.length; ++i) {
            if ((first >> i) & 1 == 1) market.settleJob(list[i]);
        }
        market.settleMany(list);
        expectSettled(list, list.length);
    }

    function claimedJobs(uint256 count) private returns (Settlement[] memory list) {
        Terms memory terms = makeTerms();
        (terms.maxUses, terms.maxOutputBytes) = (100, 100_000);
        giveGrant(terms);
        list = new Settlement[](count);
        for (uint256 i = 0; i < count; ++i) {
            Posted memory job = claimedJob(bytes32(i), terms, 100);
            Receipt memory receipt = makeReceipt(job, 1, 0);
            list[i] = makeSettlement(job, receipt, WORKER_KEY);
        }
    }

    function expectSettled(Settlement[] memory list, uint256 count) private view {
        for (uint256 i = 0; i < list.length; ++i) {
            yes(market.jobOf(list[i].jobId).status == JobStatus.Settled || i >= count);
        }
        eq(owed(OWNER), count * PRICE);
        eq(owed(OPERATOR), count * FEE);
        eq(collected(), count * PROTOCOL_FEE);
        eq(nodes.nodeOf(nodeId).settled, count);
    }
}
