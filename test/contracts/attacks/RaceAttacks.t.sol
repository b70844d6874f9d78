// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IJobMarket, JobStatus} from "../../../contracts/interfaces/IJobMarket.sol";
import {INodeRegistry} from "../../../contracts/interfaces/INodeRegistry.sol";
import {KEY_WORKER} from "../../../contracts/types/EnclaveBinding.sol";
import {NodeId} from "../../../contracts/types/Ids.sol";
import {AttackKit} from "../helpers/AttackKit.sol";
import {Posted} from "../helpers/Kit.sol";
import {vm} from "../helpers/Vm.sol";

/// @dev Against the weighted race: to get jobs that are another's.
contract RaceAttacksTest is AttackKit {
    uint256 private constant LONGEST = 64;

    NodeId private second;
    address private immutable SECOND = vm.addr(SECOND_KEY);

    function raceUnit() internal pure override returns (uint256) {
        return 4;
    }

    function setUp() public override {
        super.setUp();
        second = addWorker(SECOND_OPERATOR, SECOND_KEY);
        token.mint(ATTACKER, 1_000_000e18);
        vm.prank(ATTACKER);
        token.approve(address(nodes), type(uint256).max);
        vm.roll(1010);
    }

    /// A draw that is not liked cannot be redrawn while anyone may claim, and each new draw takes a claim window.
    function test_Attack_CancelUntilTheDrawIsLiked() public {
        Posted memory job = openJob();
        uint256 escrowed = PRICE + FEE + PROTOCOL_FEE;
        uint256 before = token.balanceOf(REQUESTER);
        seed(job, "disliked");
        vm.expectPartialRevert(IJobMarket.JobClaimWindowOpen.selector);
        cancel(job);
        vm.warp(job.params.offer.claimBy);
        vm.expectPartialRevert(IJobMarket.JobClaimWindowOpen.selector);
        cancel(job);
        eq(token.balanceOf(REQUESTER), before);
        eq(token.balanceOf(address(market)), escrowed);
        // Meanwhile the node that it does not like has it, in the last second too.
        vm.roll(1012 + LONGEST);
        claim(job);
        vm.warp(block.timestamp + 1);
        vm.expectPartialRevert(IJobMarket.JobNotOpen.selector);
        cancel(job);
    }

    /// The seed is not known when the salt is chosen: the same salt draws otherwise after another block.
    function test_Attack_ChooseTheSaltForTheDraw() public {
        Posted memory job = openJob();
        seed(job, "one");
        (, uint256 delay) = market.raceOf(job.id, WORKER);
        seed(job, "two");
        (, uint256 other) = market.raceOf(job.id, WORKER);
        yes(delay != other);
    }

    /// Nobody claims, and nobody knows the draw, before the block after the next.
    function test_Attack_ClaimBeforeTheSeedIsKnown() public {
        Posted memory job = openJob();
        for (uint256 i = 0; i < 2; ++i) {
            vm.roll(1010 + i);
            vm.expectRevert(
                abi.encodeWithSelector(IJobMarket.ClaimTooEarly.selector, job.id, 1012, 1010 + i)
            );
            claim(job);
            vm.expectPartialRevert(IJobMarket.ClaimTooEarly.selector);
            market.raceOf(job.id, WORKER);
        }
    }

    /// A chain that has no hash of the seed's block has no race, rather than one that everybody can compute.
    function test_Attack_RaceWithoutASeed() public {
        Posted memory job = openJob();
        vm.roll(1012);
        vm.setBlockhash(1011, 0);
        vm.expectRevert(abi.encodeWithSelector(IJobMarket.ClaimSeedUnknown.selector, job.id, 1011));
        claim(job);
        // After the race everyone may.
        vm.roll(1012 + LONGEST);
        claim(job);
    }

    function test_Attack_StakeToppedUpAfterTheSeed() public {
        Posted memory job = openJob();
        // The attacker's node draws badly.
        seedWhere(job, WORKER, SECOND);
        (uint256 honest,) = market.raceOf(job.id, WORKER);
        vm.startPrank(SECOND_OPERATOR);
        token.mint(SECOND_OPERATOR, 900_000e18);
        token.approve(address(nodes), 900_000e18);
        nodes.addStake(second, 900_000e18);
        vm.stopPrank();
        (uint256 opensAt, uint256 delay) = market.raceOf(job.id, SECOND);
        eq(opensAt, 1012 + LONGEST);
        eq(delay, LONGEST << 16);
        vm.roll(1012 + LONGEST - 1);
        vm.expectPartialRevert(IJobMarket.ClaimTooEarly.selector);
        claim(job, SECOND_OPERATOR, SECOND);
        yes(honest < 1012 + LONGEST);
    }

    /// In the seed's own block, by a new node, by a reputation that is counted now, by draining and resuming.
    function test_Attack_NodeRegisteredForADrawThatIsKnown() public {
        Posted memory job = openJob();
        vm.roll(1011);
        NodeId late = registerNode(ATTACKER, 1, 100_000e18);
        addKey(late, ATTACKER, 0xc002, KEY_WORKER);
        seed(job, "known");
        (uint256 opensAt,) = market.raceOf(job.id, vm.addr(0xc002));
        eq(opensAt, 1012 + LONGEST);
        vm.prank(SECOND_OPERATOR);
        nodes.refreshWeight(second);
        vm.startPrank(SECOND_OPERATOR);
        nodes.drainNode(second);
        nodes.resumeNode(second);
        vm.stopPrank();
        (opensAt,) = market.raceOf(job.id, SECOND);
        eq(opensAt, 1012 + LONGEST);
    }

    /// Stake that comes after the seed makes the total larger, and each draw later: by no more than the race's length.
    function test_Attack_InflateTheTotalWeight() public {
        Posted memory job = openJob();
        seedWhere(job, WORKER, SECOND);
        (, uint256 before) = market.raceOf(job.id, WORKER);
        vm.prank(ATTACKER);
        nodes.registerNode(1, 900_000e18, "");
        (uint256 opensAt, uint256 delay) = market.raceOf(job.id, WORKER);
        yes(delay > before);
        yes(opensAt <= 1012 + LONGEST);
        vm.roll(1012 + LONGEST);
        claim(job);
        settle(job, 0);
        eq(owed(OPERATOR), FEE);
    }

    /// Many keys of one node have one draw.
    function test_Attack_ManyKeysForManyDraws() public {
        addKey(second, SECOND_OPERATOR, 0xc002, KEY_WORKER);
        vm.roll(1010);
        Posted memory job = openJob();
        seed(job, "seed");
        (, uint256 delay) = market.raceOf(job.id, SECOND);
        (, uint256 other) = market.raceOf(job.id, vm.addr(0xc002));
        eq(delay, other);
    }

    /// A wei of stake, given to a rival, must not take the rival out of the race.
    function test_Attack_DustOfStakeForARival() public {
        Posted memory job = openJob();
        seedWhere(job, WORKER, SECOND);
        (uint256 opensAt, uint256 delay) = market.raceOf(job.id, WORKER);
        vm.prank(ATTACKER);
        try nodes.addStake(nodeId, 2) {} catch {}
        (uint256 after_, uint256 delayAfter) = market.raceOf(job.id, WORKER);
        eq(after_, opensAt);
        eq(delayAfter, delay);
    }

    /// The same within the block of the claim: the claimer would seem to come last, and lose the job.
    function test_Attack_DustOfStakeForWhoHasJustClaimed() public {
        Posted memory job = openJob();
        seedWhere(job, WORKER, SECOND);
        (uint256 opensAt,) = market.raceOf(job.id, SECOND);
        vm.roll(opensAt);
        claim(job);
        vm.prank(ATTACKER);
        try nodes.addStake(nodeId, 2) {} catch {}
        vm.expectPartialRevert(IJobMarket.JobNotOpen.selector);
        claim(job, SECOND_OPERATOR, SECOND);
        eq(market.jobOf(job.id).signer, WORKER);
    }

    /// Who copies a claim out of the mempool and pays more gas does not get the job.
    function test_Attack_FrontRunAClaim() public {
        Posted memory job = openJob();
        seedWhere(job, WORKER, SECOND);
        (uint256 opensAt,) = market.raceOf(job.id, WORKER);
        (uint256 later,) = market.raceOf(job.id, SECOND);
        vm.roll(opensAt);
        uint256 stake = nodes.nodeOf(second).stake;
        // By its own key: it is not its turn, or it comes second.
        if (later > opensAt) vm.expectPartialRevert(IJobMarket.ClaimTooEarly.selector);
        claim(job, SECOND_OPERATOR, SECOND);
        // By the other's key.
        vm.expectPartialRevert(INodeRegistry.ClaimCallerNotOperator.selector);
        claim(job, SECOND_OPERATOR, WORKER);
        claim(job);
        eq(market.jobOf(job.id).signer, WORKER);
        eq(nodes.nodeOf(second).stake, stake);
        eq(nodes.nodeOf(second).openClaims, 0);
    }

    /// In front of the better one, within its block: the job is taken back, and with it the bond.
    function test_Attack_DisplacedClaimKeepsNoBond() public {
        Posted memory job = openJob();
        seedWhere(job, WORKER, SECOND);
        (uint256 opensAt,) = market.raceOf(job.id, SECOND);
        vm.roll(opensAt);
        claim(job, SECOND_OPERATOR, SECOND);
        eq(nodes.nodeOf(second).openClaims, 1);
        claim(job);
        eq(market.jobOf(job.id).signer, WORKER);
        eq(nodes.nodeOf(second).openClaims, 0);
        eq(nodes.nodeOf(nodeId).openClaims, 1);
        eq(nodes.nodeOf(second).stake, STAKE);
        eq(nodes.nodeOf(second).failed, 0);
        // It does not come back, and its receipt is not the job's.
        vm.expectPartialRevert(IJobMarket.JobNotOpen.selector);
        claim(job, SECOND_OPERATOR, SECOND);
        vm.expectPartialRevert(IJobMarket.ReceiptSignatureInvalid.selector);
        this.settleBy(job, SECOND_KEY);
        settle(job, 0);
        eq(owed(OPERATOR), FEE);
        eq(owed(SECOND_OPERATOR), 0);
        vm.prank(SECOND_OPERATOR);
        nodes.requestExit(second);
        vm.warp(block.timestamp + 14 days);
        vm.prank(SECOND_OPERATOR);
        nodes.withdrawStake(second);
        eq(token.balanceOf(SECOND_OPERATOR), STAKE);
    }

    /// A block later a better draw comes too late.
    function test_Attack_TakeAJobThatRunsAlready() public {
        Posted memory job = openJob();
        seedWhere(job, WORKER, SECOND);
        (uint256 opensAt,) = market.raceOf(job.id, SECOND);
        vm.roll(opensAt);
        claim(job, SECOND_OPERATOR, SECOND);
        vm.roll(opensAt + 1);
        vm.expectPartialRevert(IJobMarket.JobNotOpen.selector);
        claim(job);
        eq(market.jobOf(job.id).signer, SECOND);
    }

    /// Two claims after the race are equal; the first keeps it.
    function test_Attack_TakeAJobThatWasClaimedAfterTheRace() public {
        Posted memory job = openJob();
        vm.roll(1012 + LONGEST);
        claim(job, SECOND_OPERATOR, SECOND);
        vm.expectPartialRevert(IJobMarket.JobNotOpen.selector);
        claim(job);
        vm.roll(1010 + 255 + LONGEST);
        eq(market.jobOf(job.id).signer, SECOND);
    }

    /// In the last second of its window a job is claimed, and runs as long as any; a second later it is not.
    function test_Attack_ClaimAtTheLastSecond() public {
        Posted memory job = openJob();
        vm.roll(1012 + LONGEST);
        uint40 claimBy = job.params.offer.claimBy;
        vm.warp(claimBy);
        claim(job);
        eq(market.jobOf(job.id).dueBy, claimBy + 1 hours);
        vm.expectPartialRevert(IJobMarket.JobNotOpen.selector);
        cancel(job);
        // The grant outlasts the run.
        yes(makeTerms().expiresAt > claimBy + 1 hours);
        vm.warp(claimBy + 1 hours);
        settle(job, 0);
        eq(owed(OWNER), PRICE);
    }

    function test_Attack_ClaimASecondTooLate() public {
        Posted memory job = openJob();
        vm.roll(1012 + LONGEST);
        vm.warp(job.params.offer.claimBy + 1);
        vm.expectPartialRevert(IJobMarket.ClaimTooLate.selector);
        claim(job);
        cancel(job);
        yes(market.jobOf(job.id).status == JobStatus.Cancelled);
        eq(owed(REQUESTER), PRICE + FEE + PROTOCOL_FEE);
    }

    /// Splitting a stake draws twice, each half as well: over many seeds the share does not grow.
    function test_Attack_SplitAStakeForMoreDraws() public {
        // The rival has two nodes of one unit against one of two units.
        vm.startPrank(ATTACKER);
        NodeId big = nodes.registerNode(1, uint96(2 * STAKE), "");
        vm.stopPrank();
        addKey(big, ATTACKER, 0xc002, KEY_WORKER);
        vm.roll(1010);
        Posted memory job = openJob();
        uint256 wins = 0;
        for (uint256 i = 0; i < 400; ++i) {
            seed(job, keccak256(abi.encode(i)));
            (, uint256 a) = market.raceOf(job.id, WORKER);
            (, uint256 b) = market.raceOf(job.id, SECOND);
            (, uint256 c) = market.raceOf(job.id, vm.addr(0xc002));
            if (a < c || b < c) ++wins;
        }
        // Half of 400; the standard deviation is 10.
        yes(wins > 160 && wins < 240);
    }

    function settleBy(Posted memory job, uint256 key) external {
        settle(job, makeReceipt(job, 1, 0), key);
    }

    function seed(Posted memory job, bytes32 hash) private {
        uint256 block_ = market.jobOf(job.id).raceBlock;
        if (block.number < block_ + 2) vm.roll(block_ + 2);
        vm.setBlockhash(block_ + 1, hash);
    }

    /// @dev A seed by which `winner` comes before `loser`, and both within the race.
    function seedWhere(Posted memory job, address winner, address loser) private {
        for (uint256 i = 0; i < 100; ++i) {
            seed(job, keccak256(abi.encode("seed", i)));
            (, uint256 a) = market.raceOf(job.id, winner);
            (uint256 opensAt, uint256 b) = market.raceOf(job.id, loser);
            if (a < b && opensAt < 1012 + LONGEST) return;
        }
        yes(false);
    }
}
