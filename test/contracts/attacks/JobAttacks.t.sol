// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IJobMarket, JobStatus} from "../../../contracts/interfaces/IJobMarket.sol";
import {INodeRegistry, NodeStatus} from "../../../contracts/interfaces/INodeRegistry.sol";
import {KEY_WORKER} from "../../../contracts/types/EnclaveBinding.sol";
import {JobId, NodeId} from "../../../contracts/types/Ids.sol";
import {JobRequest} from "../../../contracts/types/JobParams.sol";
import {NodePolicy} from "../../../contracts/types/NodePolicy.sol";
import {Terms} from "../../../contracts/types/Terms.sol";
import {AttackKit} from "../helpers/AttackKit.sol";
import {Posted} from "../helpers/Kit.sol";
import {vm} from "../helpers/Vm.sol";

/// @dev Against jobs in their course, and against the stake that answers for them.
contract JobAttacksTest is AttackKit {
    // Job ids

    /// Who sees a salt in the mempool posts it first: under his own id.
    function test_Attack_PlantAJobId() public {
        Terms memory terms = giveGrantOf(ATTACKER, ATTACKER, address(token), PRICE);
        fund(ATTACKER, 100e18);
        Posted memory planted = submit(makeRequest(one(terms)), one(terms), ATTACKER);
        Posted memory job = openJob();
        yes(planted.salt == job.salt && planted.id != job.id);
        claim(job);
        settle(job, 0);
        yes(market.jobOf(planted.id).status == JobStatus.Open);
    }

    /// A salt is used once, however its job ended; a second job would answer for the first one's receipts.
    function test_Attack_ReuseASalt() public {
        for (uint256 end = 0; end < 5; ++end) {
            Terms memory terms = makeTerms();
            terms.salt = bytes32(end);
            giveGrant(terms);
            JobRequest memory request = makeRequest(one(terms));
            request.salt = bytes32(end);
            Posted memory job = submit(request, one(terms));
            expectUsed(job, request, terms);
            if (end != 4) claim(job);
            if (end != 4) expectUsed(job, request, terms);
            if (end == 0) settle(job, 0);
            else if (end == 1) settle(job, 1);
            else if (end == 2) settle(job, 17);
            else if (end == 3) timeOut(job);
            else vm.warp(job.params.offer.claimBy + 1);
            if (end == 4) cancel(job);
            request = makeRequest(one(terms));
            request.salt = bytes32(end);
            expectUsed(job, request, terms);
        }
    }

    // Someone else's job

    function test_Attack_CancelAStrangersJob() public {
        Posted memory job = openJob();
        vm.warp(job.params.offer.claimBy + 1);
        vm.expectPartialRevert(IJobMarket.JobCallerNotRequester.selector);
        vm.prank(ATTACKER);
        market.cancelJob(job.id, job.params);
        // With himself as the requester it is no such job.
        job.params.order.requester = ATTACKER;
        vm.expectPartialRevert(IJobMarket.JobParamsMismatched.selector);
        vm.prank(ATTACKER);
        market.cancelJob(job.id, job.params);
        eq(owed(ATTACKER), 0);
    }

    /// A claim with an easier offer: a longer run, a weaker policy.
    function test_Attack_ClaimWithAnEasierOffer() public {
        Posted memory job = openJob();
        bytes32 orderHash = orderHashOf(job);
        job.params.offer.runSeconds = 7 days;
        expectNotTheOffer(job, orderHash);
        job.params.offer.runSeconds = 1 hours;
        job.params.offer.claimBy += 1;
        expectNotTheOffer(job, orderHash);
        job.params.offer.claimBy -= 1;
        job.params.offer.nodePolicy = NodePolicy(1, 1, 0, false);
        expectNotTheOffer(job, orderHash);
        job.params.offer.nodePolicy = NodePolicy(1, 1, uint96(STAKE), false);
        expectNotTheOffer(job, keccak256("another order"));
        claim(job);
    }

    /// A node takes no more jobs than its stake holds bonds for, and none below the policy's stake.
    function test_Attack_ClaimMoreThanTheStakeAnswersFor() public {
        NodeId poor = registerNode(ATTACKER, 1, 2 * BOND + 1);
        addKey(poor, ATTACKER, SECOND_KEY, KEY_WORKER);
        Terms memory terms = makeTerms();
        terms.nodePolicy.minStake = 0;
        giveGrant(terms);
        JobRequest memory request = makeRequest(one(terms));
        for (uint256 i = 0; i < 3; ++i) {
            request.salt = bytes32(i);
            Posted memory job = submit(request, one(terms));
            if (i == 2) vm.expectPartialRevert(INodeRegistry.ClaimBondMissing.selector);
            claim(job, ATTACKER, vm.addr(SECOND_KEY));
        }
        eq(nodes.nodeOf(poor).openClaims, 2);
    }

    function test_Attack_FailedNodeClaimsAgain() public {
        Terms memory terms = makeTerms();
        terms.nodePolicy.minStake = 0;
        giveGrant(terms);
        Posted memory job = submit(makeRequest(one(terms)), one(terms));
        claim(job);
        settle(job, 32);
        vm.expectPartialRevert(IJobMarket.ClaimNodeExcluded.selector);
        claim(job);
        // Nor by another key.
        addKey(nodeId, OPERATOR, SECOND_KEY, KEY_WORKER);
        vm.expectPartialRevert(IJobMarket.ClaimNodeExcluded.selector);
        claim(job, OPERATOR, vm.addr(SECOND_KEY));
    }

    // Unbonding to dodge a slash

    function test_Attack_UnbondWithAJobOpen() public {
        Posted memory job = claimedJob();
        vm.prank(OPERATOR);
        nodes.requestExit(nodeId);
        vm.warp(block.timestamp + 14 days);
        vm.expectPartialRevert(INodeRegistry.NodeHasOpenClaims.selector);
        vm.prank(OPERATOR);
        nodes.withdrawStake(nodeId);
        uint256 before = worth(OPERATOR);
        market.timeOutJob(job.id, job.params);
        eq(before - worth(OPERATOR), BOND);
        vm.prank(OPERATOR);
        nodes.withdrawStake(nodeId);
        eq(token.balanceOf(OPERATOR), STAKE - BOND);
    }

    function test_Attack_UnbondBeforeTheDeadline() public {
        vm.prank(OPERATOR);
        nodes.requestExit(nodeId);
        vm.warp(START + 14 days - 1);
        vm.expectPartialRevert(INodeRegistry.NodeStillBonded.selector);
        vm.prank(OPERATOR);
        nodes.withdrawStake(nodeId);
        // No job runs for as long.
        Terms memory terms = makeTerms();
        terms.expiresAt = uint40(START + 90 days);
        giveGrant(terms);
        JobRequest memory request = makeRequest(one(terms));
        request.offer.runSeconds = 14 days;
        vm.expectPartialRevert(IJobMarket.JobWindowInvalid.selector);
        vm.prank(REQUESTER);
        market.submitJob(request, one(terms));
    }

    /// A node that leaves claims nothing new, and does not come back with the same stake.
    function test_Attack_ClaimWhileLeaving() public {
        Posted memory job = openJob();
        vm.prank(OPERATOR);
        nodes.requestExit(nodeId);
        vm.expectPartialRevert(INodeRegistry.ClaimKeyNotActive.selector);
        claim(job);
        vm.expectPartialRevert(INodeRegistry.NodeStatusInvalid.selector);
        vm.prank(OPERATOR);
        nodes.resumeNode(nodeId);
        vm.warp(block.timestamp + 14 days);
        vm.startPrank(OPERATOR);
        nodes.withdrawStake(nodeId);
        vm.expectPartialRevert(INodeRegistry.NodeExitNotRequested.selector);
        nodes.withdrawStake(nodeId);
        vm.stopPrank();
        eq(token.balanceOf(OPERATOR), STAKE);
        yes(nodes.nodeOf(nodeId).status == NodeStatus.Exited);
    }

    /// What is slashed is out of reach at once, also where the appeal still runs.
    function test_Attack_WithdrawWithinTheAppeal() public {
        vm.prank(OPERATOR);
        nodes.requestExit(nodeId);
        vm.warp(START + 6 days);
        vm.prank(OPERATOR);
        vm.expectPartialRevert(INodeRegistry.NodeStillBonded.selector);
        nodes.withdrawStake(nodeId);
        NodeId other = addWorker(SECOND_OPERATOR, SECOND_KEY);
        Terms memory terms = makeTerms();
        giveGrant(terms);
        Posted memory job = submit(makeRequest(one(terms)), one(terms));
        claim(job, SECOND_OPERATOR, vm.addr(SECOND_KEY));
        vm.prank(SECOND_OPERATOR);
        nodes.requestExit(other);
        vm.warp(block.timestamp + 14 days);
        market.timeOutJob(job.id, job.params);
        vm.prank(SECOND_OPERATOR);
        nodes.withdrawStake(other);
        eq(token.balanceOf(SECOND_OPERATOR), STAKE - BOND);
        executeSlashes();
        eq(worth(SECOND_OPERATOR), STAKE - BOND);
    }

    /// A node cannot be sold with its bad name, or lent out.
    function test_Attack_SellANode() public {
        vm.startPrank(OPERATOR);
        (bool ok,) = address(nodes).call(
            abi.encodeWithSignature("transferFrom(address,address,uint256)", OPERATOR, ATTACKER, nodeId)
        );
        yes(!ok);
        (ok,) = address(nodes).call(abi.encodeWithSignature("approve(address,uint256)", ATTACKER, nodeId));
        yes(!ok);
        (ok,) = address(nodes).call(abi.encodeWithSignature("setApprovalForAll(address,bool)", ATTACKER, true));
        yes(!ok);
        vm.stopPrank();
        eq(nodes.nodeOf(nodeId).operator, OPERATOR);
    }

    // Pausing as censorship

    /// A pause stops claims, and nothing else: what runs is paid, what waits goes back.
    function test_Attack_PauseToLockMoney() public {
        Posted memory running = claimedJob();
        JobRequest memory request = makeRequest(one(makeTerms()));
        request.salt = "waiting";
        Posted memory waiting = submit(request, one(makeTerms()));
        nodes.pauseClaims(3 days);
        vm.expectPartialRevert(INodeRegistry.ClaimsArePaused.selector);
        claim(waiting);
        settle(running, 0);
        vm.prank(OPERATOR);
        eq(market.withdraw(address(token)), FEE);
        request.salt = "posted in the pause";
        submit(request, one(makeTerms()));
        vm.warp(waiting.params.offer.claimBy + 1);
        cancel(waiting);
        vm.prank(REQUESTER);
        eq(market.withdraw(address(token)), PRICE + FEE + PROTOCOL_FEE);
        revoke(grants.hashTerms(makeTerms()));
        vm.startPrank(OPERATOR);
        nodes.requestExit(nodeId);
        vm.warp(block.timestamp + 14 days);
        nodes.withdrawStake(nodeId);
        vm.stopPrank();
    }

    /// One pause after the other stops claims for no more than half of the time, whoever ends them early.
    function test_Attack_PauseForEver() public {
        uint256 paused = 0;
        uint256 until = block.timestamp + 60 days;
        while (block.timestamp < until) {
            try nodes.pauseClaims(3 days) {} catch {}
            if (block.timestamp < nodes.pausedUntil()) ++paused;
            vm.warp(block.timestamp + 1 hours);
        }
        eq(paused, 60 * 24 / 2);
    }

    function test_Attack_PauseForLonger() public {
        vm.expectPartialRevert(INodeRegistry.PauseTooLong.selector);
        nodes.pauseClaims(3 days + 1);
        nodes.pauseClaims(3 days);
        vm.expectPartialRevert(INodeRegistry.PauseTooSoon.selector);
        nodes.pauseClaims(3 days);
        // Ending one early does not begin the next.
        nodes.unpauseClaims();
        vm.expectPartialRevert(INodeRegistry.PauseTooSoon.selector);
        nodes.pauseClaims(1);
        claim(openJob());
    }

    // Simulated hardware

    function test_Attack_SimulatedEvidenceOnARealChain() public {
        vm.chainId(1);
        vm.expectRevert();
        this.deploySimulated();
        nodes.removeVerifier(verifier);
        vm.expectRevert(abi.encodeWithSelector(INodeRegistry.VerifierSimulated.selector, verifier, 1));
        nodes.allowVerifier(verifier);
        vm.expectRevert();
        this.deployWithoutARace();
    }

    function deploySimulated() external {
        bytes32 key = keccak256("development root");
        make("attestation", "PckRegistry", abi.encode(authority, OWNER, key, key, key));
    }

    function deployWithoutARace() external {
        make("compute", "JobMarket", abi.encode(grants, nodes, authority, 0));
    }

    function expectUsed(Posted memory job, JobRequest memory request, Terms memory terms) private {
        vm.expectRevert(abi.encodeWithSelector(IJobMarket.JobAlreadyExists.selector, JobId.unwrap(job.id)));
        vm.prank(REQUESTER);
        market.submitJob(request, one(terms));
    }

    function expectNotTheOffer(Posted memory job, bytes32 orderHash) private {
        vm.expectPartialRevert(IJobMarket.JobParamsMismatched.selector);
        vm.prank(OPERATOR);
        market.claimJob(job.id, job.params.offer, orderHash, WORKER);
    }
}
