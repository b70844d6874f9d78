// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IJobMarket, Job, JobStatus} from "../../../contracts/interfaces/IJobMarket.sol";
import {Node, Slash, SlashCause} from "../../../contracts/interfaces/INodeRegistry.sol";
import {NodeId} from "../../../contracts/types/Ids.sol";
import {JobRequest} from "../../../contracts/types/JobParams.sol";
import {Receipt} from "../../../contracts/types/Receipt.sol";
import {Terms} from "../../../contracts/types/Terms.sol";
import {JobKit} from "../helpers/JobKit.sol";
import {ITestMoney, Posted} from "../helpers/Kit.sol";
import {vm} from "../helpers/Vm.sol";

contract JobTimeOutTest is JobKit {
    uint256 private constant ESCROW = uint256(PRICE) + FEE + PROTOCOL_FEE;

    // The first silence, while others can still claim

    function test_timeOutJob_FirstReopens() public {
        Posted memory job = longJob();
        claim(job);
        vm.warp(uint256(market.jobOf(job.id).dueBy) + 1);
        vm.roll(block.number + 3);
        vm.expectEmit(address(market));
        emit IJobMarket.JobReopened(job.id, nodeId, WORKER, 0, 2, true);
        vm.prank(STRANGER);
        market.timeOutJob(job.id, job.params);
        Job memory stored = market.jobOf(job.id);
        yes(stored.status == JobStatus.Open && stored.tainted);
        eq(stored.attempt, 2);
        eq(stored.raceBlock, block.number);
        eq(owed(OWNER) + owed(REQUESTER) + owed(OPERATOR) + collected(), 0);
        expectSlashed(BOND, REQUESTER, 0);
        Node memory node = nodes.nodeOf(nodeId);
        eq(node.failed, 1);
        eq(node.openClaims, 0);
        eq(node.stake, STAKE - BOND);
        (NodeId first,) = market.excludedNodesOf(job.id);
        yes(first == nodeId);
    }

    /// Two nodes fell silent over it: the job is to blame, and the second pays nothing.
    function test_timeOutJob_SecondQuarantines() public {
        Posted memory job = longJob();
        claim(job);
        timeOut(job);
        claimAnew(job, SECOND_OPERATOR, SECOND_KEY);
        NodeId second = nodes.claimerOf(SECOND).nodeId;
        uint256 slashes = nodes.slashCount();
        vm.warp(uint256(market.jobOf(job.id).dueBy) + 1);
        yes(block.timestamp < job.params.offer.claimBy);
        vm.expectEmit(address(market));
        emit IJobMarket.JobTimedOut(job.id, second, SECOND, true);
        market.timeOutJob(job.id, job.params);
        yes(statusOf(job) == JobStatus.TimedOut);
        eq(nodes.slashCount(), slashes);
        eq(nodes.nodeOf(second).stake, STAKE);
        eq(nodes.nodeOf(second).failed, 1);
        eq(nodes.nodeOf(second).openClaims, 0);
        eq(owed(OWNER), PRICE);
        eq(owed(REQUESTER), FEE + PROTOCOL_FEE);
        eq(collected(), 0);
        eq(usesOf(job), 1);
        eq(market.receiptOf(job.id), 0);
    }

    /// A silence, a failure, a silence: the second silence is still the second.
    function test_timeOutJob_QuarantinesAfterAFailureBetween() public {
        Posted memory job = longJob();
        claim(job);
        timeOut(job);
        claimAnew(job, SECOND_OPERATOR, SECOND_KEY);
        settle(job, 32, SECOND_KEY);
        claimAnew(job, THIRD_OPERATOR, THIRD_KEY);
        timeOut(job);
        yes(statusOf(job) == JobStatus.TimedOut);
        eq(nodes.nodeOf(nodes.claimerOf(THIRD).nodeId).stake, STAKE);
        eq(owed(REQUESTER), FEE + PROTOCOL_FEE);
    }

    /// What was silent once is tainted: a proved failure before release pays owners all the same.
    function test_timeOutJob_TaintsTheNextAttempt() public {
        Posted memory job = longJob();
        claim(job);
        timeOut(job);
        claimAnew(job, SECOND_OPERATOR, SECOND_KEY);
        settle(job, 1, SECOND_KEY);
        eq(owed(OWNER), PRICE);
        eq(owed(SECOND_OPERATOR), FEE);
        eq(usesOf(job), 1);
    }

    // The end

    /// Nobody can claim it any more. The requester's burned fee comes out of the bond.
    function test_timeOutJob_AfterClaimByEnds() public {
        Posted memory job = openJob();
        vm.warp(START + 30 minutes);
        claim(job);
        vm.warp(uint256(market.jobOf(job.id).dueBy) + 1);
        vm.expectEmit(address(market));
        emit IJobMarket.JobTimedOut(job.id, nodeId, WORKER, false);
        market.timeOutJob(job.id, job.params);
        yes(statusOf(job) == JobStatus.TimedOut && market.jobOf(job.id).tainted);
        eq(owed(OWNER), PRICE);
        eq(owed(REQUESTER), FEE);
        eq(owed(OPERATOR), 0);
        eq(collected(), PROTOCOL_FEE);
        eq(usesOf(job), 1);
        expectSlashed(BOND, REQUESTER, PROTOCOL_FEE);
        executeLastSlash();
        eq(nodes.compensationOf(REQUESTER), PROTOCOL_FEE);
    }

    /// At claimBy itself nobody can claim what is reopened then.
    function test_timeOutJob_AtClaimByEnds() public {
        Posted memory job = longJobUntil(uint40(START + 2 hours + 1));
        vm.warp(START + 1 hours);
        claim(job);
        vm.warp(START + 2 hours + 1);
        market.timeOutJob(job.id, job.params);
        yes(statusOf(job) == JobStatus.TimedOut);
    }

    function test_timeOutJob_ThirdAttemptEnds() public {
        Posted memory job = longJob();
        claim(job);
        failTwice(job, 32, 32);
        timeOut(job);
        yes(statusOf(job) == JobStatus.TimedOut);
        eq(owed(OWNER), PRICE);
        eq(owed(REQUESTER), FEE);
        expectSlashed(BOND, REQUESTER, PROTOCOL_FEE);
    }

    /// The bond is in another token: what would have been burned comes back from escrow.
    function test_timeOutJob_InAnotherToken() public {
        ITestMoney other = ITestMoney(make("dev", "DevToken", ""));
        market.allowToken(address(other), PROTOCOL_FEE_BPS, 0);
        other.mint(REQUESTER, ESCROW);
        vm.prank(REQUESTER);
        other.approve(address(market), ESCROW);
        Terms memory terms = makeTerms();
        terms.token = address(other);
        giveGrant(terms);
        Posted memory job = openJob("other", terms);
        claim(job);
        timeOut(job);
        eq(market.balanceOf(address(other), OWNER), PRICE);
        eq(market.balanceOf(address(other), REQUESTER), FEE + PROTOCOL_FEE);
        eq(market.tokenOf(address(other)).collected, 0);
        expectSlashed(BOND, REQUESTER, 0);
    }

    /// A bond smaller than the protocol fee: no more of it is kept than the bond repays.
    function test_timeOutJob_FeeAboveTheBond() public {
        uint96 fee = 20_000e18;
        Posted memory job = openJob("dear", one(given(makeTerms())), fee);
        uint256 protocolFee = job.params.order.protocolFee;
        yes(protocolFee > BOND);
        claim(job);
        timeOut(job);
        eq(owed(REQUESTER), uint256(fee) + protocolFee - BOND);
        eq(collected(), BOND);
        expectSlashed(BOND, REQUESTER, BOND);
        executeLastSlash();
        eq(nodes.compensationOf(REQUESTER), BOND);
    }

    /// A stake that another slash has taken meanwhile repays nothing, so nothing is kept.
    function test_timeOutJob_NodeHasNoStakeLeft() public {
        Posted memory job = claimedJob();
        Receipt memory first = makeReceipt(job, 1, 1);
        Receipt memory second = makeReceipt(job, 1, 2);
        market.slashEquivocation(first, signed(first, WORKER_KEY), second, signed(second, WORKER_KEY));
        uint256 slashes = nodes.slashCount();
        timeOut(job);
        eq(nodes.slashCount(), slashes);
        eq(owed(REQUESTER), FEE + PROTOCOL_FEE);
        eq(owed(OWNER), PRICE);
        eq(collected(), 0);
        eq(nodes.nodeOf(nodeId).openClaims, 0);
    }

    /// Whatever is done to the key, the job ends.
    function test_timeOutJob_KeyIsBannedOrDestroyed() public {
        Posted memory job = claimedJob();
        measurements.ban(MEASUREMENT);
        vm.prank(OPERATOR);
        nodes.destroyEnclaveKey(WORKER);
        timeOut(job);
        yes(statusOf(job) == JobStatus.TimedOut);
    }

    function test_RevertWhen_TimedOutJobIsNotClaimed() public {
        Posted memory job = claimedJob();
        settle(job, 32);
        vm.warp(START + 1 days);
        expect(job, IJobMarket.JobNotClaimed.selector, abi.encode(JobStatus.Open));
        market.timeOutJob(job.id, job.params);
        job = openJob("settled");
        claimAnew(job, SECOND_OPERATOR, SECOND_KEY);
        settle(job, 0, SECOND_KEY);
        vm.warp(START + 2 days);
        expect(job, IJobMarket.JobNotClaimed.selector, abi.encode(JobStatus.Settled));
        market.timeOutJob(job.id, job.params);
    }

    function test_RevertWhen_TimedOutTwice() public {
        Posted memory job = claimedJob();
        timeOut(job);
        expect(job, IJobMarket.JobNotClaimed.selector, abi.encode(JobStatus.TimedOut));
        market.timeOutJob(job.id, job.params);
    }

    function test_RevertWhen_TimedOutParamsAreNotTheJobs() public {
        Posted memory job = claimedJob();
        vm.warp(START + 1 days);
        bytes32 stored = market.hashParams(job.params);
        job.params.order.fee = 0;
        bytes32 hash = market.hashParams(job.params);
        expect(job, IJobMarket.JobParamsMismatched.selector, abi.encode(hash, stored));
        market.timeOutJob(job.id, job.params);
    }

    function testFuzz_timeOutJob_NeverEarly(uint40 time) public {
        Posted memory job = claimedJob();
        uint32 dueBy = market.jobOf(job.id).dueBy;
        time = uint40(bound(time, START, type(uint40).max - 3 days));
        vm.warp(time);
        if (time <= dueBy) expect(job, IJobMarket.JobDeadlineAhead.selector, abi.encode(dueBy, time));
        market.timeOutJob(job.id, job.params);
    }

    /// Owners and requester together get all that came in, once the bond has paid.
    function testFuzz_timeOutJob_Money(uint96 fee, uint96 price, bool early) public {
        Terms memory terms = makeTerms();
        terms.price = uint96(bound(price, 0, 1e25));
        fee = uint96(bound(fee, 0, 1e25));
        fund(REQUESTER, 3e25);
        JobRequest memory request = makeRequest(one(given(terms)));
        request.fee = fee;
        if (early) request.offer.claimBy = uint40(START + 1 days);
        Posted memory job = submit(request, one(terms));
        claim(job);
        timeOut(job);
        if (early) {
            claimAnew(job, SECOND_OPERATOR, SECOND_KEY);
            timeOut(job);
        }
        eq(owed(OWNER), terms.price);
        executeLastSlash();
        uint256 back = owed(REQUESTER) + nodes.compensationOf(REQUESTER);
        eq(back, uint256(fee) + job.params.order.protocolFee);
        eq(owed(OWNER) + owed(REQUESTER) + collected(), token.balanceOf(address(market)));
    }

    function given(Terms memory terms) private returns (Terms memory) {
        giveGrant(terms);
        return terms;
    }

    /// @dev Its claim window outlasts two claims.
    function longJob() private returns (Posted memory) {
        return longJobUntil(uint40(START + 5 hours));
    }

    function longJobUntil(uint40 claimBy) private returns (Posted memory) {
        Terms memory terms = given(makeTerms());
        JobRequest memory request = makeRequest(one(terms));
        (request.salt, request.offer.claimBy) = ("long", claimBy);
        return submit(request, one(terms));
    }

    function expectSlashed(uint256 amount, address victim, uint256 cost) private view {
        Slash memory slash = nodes.slashOf(nodes.slashCount());
        yes(slash.cause == SlashCause.TimedOut);
        eq(slash.amount, amount);
        eq(slash.victim, victim);
        eq(slash.cost, cost);
    }

    function executeLastSlash() private {
        vm.warp(block.timestamp + nodes.APPEAL_DELAY());
        nodes.executeSlash(nodes.slashCount());
    }
}
