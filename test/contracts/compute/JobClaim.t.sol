// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IJobMarket, Job, JobStatus} from "../../../contracts/interfaces/IJobMarket.sol";
import {INodeRegistry, KeyState} from "../../../contracts/interfaces/INodeRegistry.sol";
import {KEY_GUARDIAN, KEY_WORKER} from "../../../contracts/types/EnclaveBinding.sol";
import {NodeId} from "../../../contracts/types/Ids.sol";
import {JobOffer} from "../../../contracts/types/JobParams.sol";
import {Terms} from "../../../contracts/types/Terms.sol";
import {JobKit} from "../helpers/JobKit.sol";
import {Posted} from "../helpers/Kit.sol";
import {vm} from "../helpers/Vm.sol";

/// @dev Without a race: the first claim wins.
contract JobClaimTest is JobKit {
    function test_claimJob() public {
        Posted memory job = openJob();
        vm.warp(START + 5 minutes);
        uint32 dueBy = uint32(START + 5 minutes + 1 hours);
        vm.expectEmit(address(market));
        emit IJobMarket.JobClaimed(job.id, nodeId, WORKER, 1, dueBy);
        claim(job);
        Job memory stored = market.jobOf(job.id);
        yes(stored.status == JobStatus.Claimed);
        eq(stored.signer, WORKER);
        eq(stored.dueBy, dueBy);
        eq(stored.attempt, 1);
        eq(stored.claimDelay, 255);
        eq(stored.commitment, market.hashParams(job.params));
        eq(nodes.nodeOf(nodeId).openClaims, 1);
    }

    function test_claimJob_AtTheLastSecond() public {
        Posted memory job = openJob();
        vm.warp(job.params.offer.claimBy);
        claim(job);
        eq(market.jobOf(job.id).dueBy, job.params.offer.claimBy + 1 hours);
    }

    function test_claimJob_NamedNode() public {
        claim(namedJob(nodeId));
    }

    function test_RevertWhen_ClaimIsTooLate() public {
        Posted memory job = openJob();
        uint40 claimBy = job.params.offer.claimBy;
        vm.warp(claimBy + 1);
        expectClaim(job, IJobMarket.ClaimTooLate.selector, abi.encode(claimBy, claimBy + 1));
    }

    function test_RevertWhen_OfferIsNotTheJobs() public {
        Posted memory job = openJob();
        bytes32 stored = market.hashParams(job.params);
        job.params.offer.runSeconds += 1;
        expectClaim(job, IJobMarket.JobParamsMismatched.selector, abi.encode(market.hashParams(job.params), stored));
    }

    function test_RevertWhen_OrderHashIsNotTheJobs() public {
        Posted memory job = openJob();
        bytes32 stored = market.hashParams(job.params);
        job.params.order.fee += 1;
        expectClaim(job, IJobMarket.JobParamsMismatched.selector, abi.encode(market.hashParams(job.params), stored));
    }

    function test_RevertWhen_JobIsUnknown() public {
        Posted memory job = openJob();
        job.id = market.jobIdOf(REQUESTER, "unknown");
        expectClaim(job, IJobMarket.JobNotOpen.selector, abi.encode(JobStatus.None));
    }

    /// Each state but Open, with and without another block in between.
    function test_RevertWhen_JobIsNotOpen() public {
        Posted memory job = claimedJob();
        addWorker(SECOND_OPERATOR, SECOND_KEY);
        expectClaim(job, IJobMarket.JobNotOpen.selector, abi.encode(JobStatus.Claimed));
        vm.roll(block.number + 1);
        expectClaim(job, IJobMarket.JobNotOpen.selector, abi.encode(JobStatus.Claimed));
        settle(job, 0);
        expectClaim(job, IJobMarket.JobNotOpen.selector, abi.encode(JobStatus.Settled));
        job = openJob("failed");
        claim(job);
        settle(job, 1);
        expectClaim(job, IJobMarket.JobNotOpen.selector, abi.encode(JobStatus.Failed));
        job = openJob("cancelled");
        vm.warp(job.params.offer.claimBy + 1);
        cancel(job);
        expectClaim(job, IJobMarket.JobNotOpen.selector, abi.encode(JobStatus.Cancelled));
        job = openJob("silent");
        vm.warp(job.params.offer.claimBy);
        claim(job);
        timeOut(job);
        expectClaim(job, IJobMarket.JobNotOpen.selector, abi.encode(JobStatus.TimedOut));
    }

    function test_RevertWhen_ClaimerDoesNotOperateTheNode() public {
        Posted memory job = openJob();
        expect(job, INodeRegistry.ClaimCallerNotOperator.selector, abi.encode(STRANGER, OPERATOR));
        claimAs(job, STRANGER, WORKER);
    }

    function test_RevertWhen_KeyIsNoWorkers() public {
        addKey(nodeId, OPERATOR, GUARDIAN_KEY, KEY_GUARDIAN);
        Posted memory job = openJob();
        address guardian = vm.addr(GUARDIAN_KEY);
        expect(job, INodeRegistry.ClaimKeyNotWorker.selector, abi.encode(guardian));
        claimAs(job, OPERATOR, guardian);
        expect(job, INodeRegistry.ClaimKeyNotWorker.selector, abi.encode(STRANGER));
        claimAs(job, OPERATOR, STRANGER);
    }

    function test_RevertWhen_KeyIsNotActive() public {
        Posted memory job = openJob();
        vm.prank(OPERATOR);
        nodes.drainEnclaveKey(WORKER);
        expectClaim(job, INodeRegistry.ClaimKeyNotActive.selector, abi.encode(WORKER, KeyState.Draining));
        nodes.freezeEnclaveKey(WORKER);
        expectClaim(job, INodeRegistry.ClaimKeyNotActive.selector, abi.encode(WORKER, KeyState.Frozen));
        vm.prank(OPERATOR);
        nodes.destroyEnclaveKey(WORKER);
        expectClaim(job, INodeRegistry.ClaimKeyNotActive.selector, abi.encode(WORKER, KeyState.Destroyed));
    }

    function test_RevertWhen_NodeIsDrainingOrExiting() public {
        Posted memory job = openJob();
        bytes memory rest = abi.encode(WORKER, KeyState.Draining);
        vm.prank(OPERATOR);
        nodes.drainNode(nodeId);
        expectClaim(job, INodeRegistry.ClaimKeyNotActive.selector, rest);
        vm.prank(OPERATOR);
        nodes.requestExit(nodeId);
        expectClaim(job, INodeRegistry.ClaimKeyNotActive.selector, rest);
    }

    function test_RevertWhen_KeyIsExpired() public {
        vm.warp(START + 7 days - 30 minutes);
        Posted memory job = openJob();
        vm.warp(START + 7 days);
        expectClaim(job, INodeRegistry.ClaimKeyExpired.selector, abi.encode(WORKER, START + 7 days));
    }

    function test_RevertWhen_MeasurementIsBanned() public {
        Posted memory job = openJob();
        measurements.ban(MEASUREMENT);
        expectClaim(job, INodeRegistry.ClaimMeasurementBanned.selector, abi.encode(MEASUREMENT));
    }

    function test_RevertWhen_ClaimsArePaused() public {
        Posted memory job = openJob();
        nodes.pauseClaims(10 minutes);
        vm.expectRevert(
            abi.encodeWithSelector(INodeRegistry.ClaimsArePaused.selector, START + 10 minutes)
        );
        claimAs(job, OPERATOR, WORKER);
        vm.warp(START + 10 minutes);
        claim(job);
    }

    function test_RevertWhen_NodeIsNotWithinThePolicy() public {
        for (uint256 i = 0; i < 3; ++i) {
            Terms memory terms = makeTerms();
            if (i == 0) terms.nodePolicy.minStake = uint96(STAKE + 1);
            if (i == 1) terms.nodePolicy.verifierKinds = 2;
            if (i == 2) terms.nodePolicy.vendors = 2;
            giveGrant(terms);
            Posted memory job = openJob(bytes32(i), terms);
            expectClaim(job, INodeRegistry.ClaimPolicyMismatched.selector, abi.encode(nodeId));
        }
    }

    function test_RevertWhen_AnotherNodeIsNamed() public {
        expectClaim(namedJob(NodeId.wrap(7)), INodeRegistry.ClaimNodeNotNamed.selector, abi.encode(nodeId, 7));
    }

    function test_RevertWhen_StakeHoldsNoMoreBonds() public {
        NodeId small = registerNode(SECOND_OPERATOR, 1, 2 * BOND);
        addKey(small, SECOND_OPERATOR, SECOND_KEY, KEY_WORKER);
        Terms memory terms = makeTerms();
        terms.nodePolicy.minStake = 0;
        giveGrant(terms);
        Posted memory first = openJob("first", terms);
        Posted memory second = openJob("second", terms);
        Posted memory third = openJob("third", terms);
        claim(first, SECOND_OPERATOR, SECOND);
        claim(second, SECOND_OPERATOR, SECOND);
        expect(third, INodeRegistry.ClaimBondMissing.selector, abi.encode(small, 2 * BOND, 3 * BOND));
        claimAs(third, SECOND_OPERATOR, SECOND);
        settle(first, 0, SECOND_KEY);
        claim(third, SECOND_OPERATOR, SECOND);
    }

    function test_RevertWhen_NodeHasFailedAtTheJob() public {
        Posted memory job = claimedJob("loose", makeLooseTerms(), 1);
        settle(job, 32);
        expectClaim(job, IJobMarket.ClaimNodeExcluded.selector, abi.encode(nodeId));
        (NodeId a, NodeId b) = market.excludedNodesOf(job.id);
        yes(a == nodeId && b == NodeId.wrap(0));
        NodeId second = addWorker(SECOND_OPERATOR, SECOND_KEY);
        claim(job, SECOND_OPERATOR, SECOND);
        settle(job, 32, SECOND_KEY);
        expectClaim(job, IJobMarket.ClaimNodeExcluded.selector, abi.encode(nodeId));
        expect(job, IJobMarket.ClaimNodeExcluded.selector, abi.encode(second));
        claimAs(job, SECOND_OPERATOR, SECOND);
        (a, b) = market.excludedNodesOf(job.id);
        yes(a == nodeId && b == second);
        claimAnew(job, THIRD_OPERATOR, THIRD_KEY);
    }

    /// Another key of a node that failed does not get round it. At another job the node may try.
    function test_RevertWhen_NodeHasFailedWithAnotherKey() public {
        addKey(nodeId, OPERATOR, SECOND_KEY, KEY_WORKER);
        Posted memory job = claimedJob("loose", makeLooseTerms(), 1);
        settle(job, 32);
        expect(job, IJobMarket.ClaimNodeExcluded.selector, abi.encode(nodeId));
        claimAs(job, OPERATOR, SECOND);
        claim(openJob("other", makeLooseTerms()));
    }

    function test_raceOf_WithoutARace() public {
        Posted memory job = openJob();
        (uint256 opensAt, uint256 delay) = market.raceOf(job.id, WORKER);
        eq(opensAt, block.number);
        eq(delay, 0);
        eq(market.RACE_UNIT(), 0);
    }

    function test_RevertWhen_RacedJobIsNotOpen() public {
        Posted memory job = claimedJob();
        expect(job, IJobMarket.JobNotOpen.selector, abi.encode(JobStatus.Claimed));
        market.raceOf(job.id, WORKER);
    }

    // How long a race may be

    function test_RevertWhen_RaceUnitIsMissingOffDevChains() public {
        vm.expectRevert(abi.encodeWithSelector(IJobMarket.RaceUnitMissing.selector, 1));
        this.deployMarket(1, 0);
        this.deployMarket(1, 1);
        this.deployMarket(31337, 0);
        this.deployMarket(1337, 0);
    }

    function testFuzz_RaceUnit(uint256 unit) public {
        if (unit >= 64) vm.expectRevert(abi.encodeWithSelector(IJobMarket.RaceUnitTooLong.selector, unit, 64));
        address made = this.deployMarket(31337, unit);
        if (unit < 64) eq(IJobMarket(made).RACE_UNIT(), unit);
    }

    function deployMarket(uint256 chainId, uint256 unit) external returns (address) {
        vm.chainId(chainId);
        return make("compute", "JobMarket", abi.encode(grants, nodes, authority, unit));
    }

    // Fuzz

    function testFuzz_claimJob_Window(uint40 time) public {
        Posted memory job = openJob();
        time = uint40(bound(time, START, START + 7 days - 1));
        vm.warp(time);
        if (time > job.params.offer.claimBy) vm.expectPartialRevert(IJobMarket.ClaimTooLate.selector);
        claimAs(job, OPERATOR, WORKER);
    }

    function testFuzz_RevertWhen_ClaimerIsAnyoneElse(address caller) public {
        vm.assume(caller != OPERATOR);
        Posted memory job = openJob();
        vm.expectPartialRevert(INodeRegistry.ClaimCallerNotOperator.selector);
        claimAs(job, caller, WORKER);
    }

    /// No offer but the job's own is taken, whatever the order hash beside it.
    function testFuzz_RevertWhen_OfferOrHashIsAnother(JobOffer memory offer, bytes32 orderHash) public {
        Posted memory job = openJob();
        vm.expectPartialRevert(IJobMarket.JobParamsMismatched.selector);
        vm.prank(OPERATOR);
        market.claimJob(job.id, offer, orderHash, WORKER);
        vm.assume(orderHash != orderHashOf(job));
        vm.expectPartialRevert(IJobMarket.JobParamsMismatched.selector);
        vm.prank(OPERATOR);
        market.claimJob(job.id, job.params.offer, orderHash, WORKER);
    }

    function testFuzz_excludedNodesOf(bytes32 salt) public {
        Posted memory job = openJob(salt);
        claim(job);
        (NodeId a, NodeId b) = market.excludedNodesOf(job.id);
        yes(a == NodeId.wrap(0) && b == NodeId.wrap(0));
        settle(job, 32);
        (a, b) = market.excludedNodesOf(job.id);
        yes(a == nodeId && b == NodeId.wrap(0));
    }

    /// @dev With everything made before the next call, so that it can be expected to revert.
    function claimAs(Posted memory job, address operator, address signer) private {
        bytes32 orderHash = orderHashOf(job);
        vm.prank(operator);
        market.claimJob(job.id, job.params.offer, orderHash, signer);
    }

    function expectClaim(Posted memory job, bytes4 selector, bytes memory rest) private {
        expect(job, selector, rest);
        claimAs(job, OPERATOR, WORKER);
    }
}
