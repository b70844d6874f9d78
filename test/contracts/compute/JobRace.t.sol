// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IJobMarket, Job, JobStatus} from "../../../contracts/interfaces/IJobMarket.sol";
import {Claimer} from "../../../contracts/interfaces/INodeRegistry.sol";
import {KEY_WORKER} from "../../../contracts/types/EnclaveBinding.sol";
import {NodeId} from "../../../contracts/types/Ids.sol";
import {WeightedRace} from "../../../contracts/compute/WeightedRace.sol";
import {JobKit} from "../helpers/JobKit.sol";
import {Posted} from "../helpers/Kit.sol";
import {vm} from "../helpers/Vm.sol";

/// @dev With a race of four blocks. The block of the nodes is before that of the job.
contract JobRaceTest is JobKit {
    uint256 private constant POSTED = 2000;
    uint256 private constant BEGIN = POSTED + 2;
    uint256 private constant END = BEGIN + 64;
    uint256 private constant BLOCK = 1 << 16;

    NodeId private second;

    function setUp() public override {
        super.setUp();
        second = addWorker(SECOND_OPERATOR, SECOND_KEY);
        vm.roll(POSTED);
    }

    function raceUnit() internal pure override returns (uint256) {
        return 4;
    }

    // A turn

    function test_RevertWhen_SeedIsNotThereYet() public {
        Posted memory job = openJob();
        for (uint256 i = POSTED; i < BEGIN; ++i) {
            vm.roll(i);
            expect(job, IJobMarket.ClaimTooEarly.selector, abi.encode(BEGIN, i));
            claimAs(job, OPERATOR, WORKER);
            expect(job, IJobMarket.ClaimTooEarly.selector, abi.encode(BEGIN, i));
            market.raceOf(job.id, WORKER);
        }
    }

    function test_claimJob_ExactlyAtItsTurn() public {
        Posted memory job = openJob();
        seed(job, "seed");
        (uint256 opensAt, uint256 delay) = market.raceOf(job.id, WORKER);
        eq(delay, delayOf(job, "seed", 1, WORKER));
        eq(opensAt, BEGIN + delay / BLOCK);
        yes(opensAt > BEGIN && opensAt < END);
        vm.roll(opensAt - 1);
        expect(job, IJobMarket.ClaimTooEarly.selector, abi.encode(opensAt, opensAt - 1));
        claimAs(job, OPERATOR, WORKER);
        vm.roll(opensAt);
        claim(job);
        eq(market.jobOf(job.id).claimDelay, opensAt - POSTED);
    }

    /// The seed is forgotten by then, and not asked for.
    function test_claimJob_EveryoneAfterTheMaximum() public {
        Posted memory job = openJob();
        vm.roll(END);
        (uint256 opensAt, uint256 delay) = market.raceOf(job.id, WORKER);
        eq(opensAt, END);
        eq(delay, 64 * BLOCK);
        claim(job);
        job = openJob("late");
        vm.roll(block.number + 5000);
        claim(job);
        eq(market.jobOf(job.id).claimDelay, 255);
    }

    /// After the maximum all are equal: the first claim of a block keeps the job.
    function test_RevertWhen_DisplacingAfterTheMaximum() public {
        Posted memory job = openJob();
        vm.roll(END);
        claim(job);
        expect(job, IJobMarket.JobNotOpen.selector, abi.encode(JobStatus.Claimed));
        claimAs(job, SECOND_OPERATOR, SECOND);
    }

    function test_RevertWhen_SeedIsUnknown() public {
        Posted memory job = openJob();
        vm.roll(BEGIN);
        vm.setBlockhash(POSTED + 1, 0);
        expect(job, IJobMarket.ClaimSeedUnknown.selector, abi.encode(POSTED + 1));
        claimAs(job, OPERATOR, WORKER);
        expect(job, IJobMarket.ClaimSeedUnknown.selector, abi.encode(POSTED + 1));
        market.raceOf(job.id, WORKER);
    }

    // Who takes part

    function test_NodeOfTheJobsOwnBlockTakesPart() public {
        addWorker(THIRD_OPERATOR, THIRD_KEY);
        Posted memory job = openJob();
        seed(job, "seed");
        (, uint256 delay) = market.raceOf(job.id, THIRD);
        eq(delay, delayOf(job, "seed", 1, THIRD));
    }

    function test_NodeRegisteredAfterTheJobWaits() public {
        Posted memory job = openJob();
        seed(job, "seed");
        addWorker(THIRD_OPERATOR, THIRD_KEY);
        expectWaits(job, THIRD_OPERATOR, THIRD);
    }

    /// More stake, a resumed node, a refreshed reputation: whatever gains weight after the seed is known.
    function test_NodeWeighedAnewAfterTheJobWaits() public {
        Posted memory job = openJob();
        seed(job, "seed");
        token.mint(SECOND_OPERATOR, 100e18);
        vm.startPrank(SECOND_OPERATOR);
        token.approve(address(nodes), 100e18);
        nodes.addStake(second, 100e18);
        vm.stopPrank();
        expectWaits(job, SECOND_OPERATOR, SECOND);
    }

    function test_ResumedNodeWaits() public {
        Posted memory job = openJob();
        seed(job, "seed");
        vm.startPrank(SECOND_OPERATOR);
        nodes.drainNode(second);
        (uint256 opensAt,) = market.raceOf(job.id, SECOND);
        eq(opensAt, END);
        nodes.resumeNode(second);
        vm.stopPrank();
        expectWaits(job, SECOND_OPERATOR, SECOND);
    }

    function test_raceOf_UnknownKey() public {
        Posted memory job = openJob();
        seed(job, "seed");
        (uint256 opensAt, uint256 delay) = market.raceOf(job.id, STRANGER);
        eq(opensAt, END);
        eq(delay, 64 * BLOCK);
    }

    // Two claims in one block

    function test_BetterClaimOfTheBlockDisplaces() public {
        Posted memory job = openJob();
        (bool firstIsBetter, uint256 both) = seedAlike(job);
        (address worse, address better) = firstIsBetter ? (SECOND, WORKER) : (WORKER, SECOND);
        vm.roll(both);
        claimAs(job, operatorOf(worse), worse);
        eq(openClaimsOf(worse), 1);
        vm.warp(block.timestamp + 7);
        NodeId winner = nodes.claimerOf(better).nodeId;
        vm.expectEmit(address(market));
        emit IJobMarket.JobClaimed(job.id, winner, better, 1, uint32(block.timestamp + 1 hours));
        claimAs(job, operatorOf(better), better);
        Job memory stored = market.jobOf(job.id);
        eq(stored.signer, better);
        eq(stored.attempt, 1);
        eq(stored.dueBy, block.timestamp + 1 hours);
        // As if it had never claimed: the bond is free, nothing counts, it is not excluded.
        eq(openClaimsOf(worse), 0);
        eq(openClaimsOf(better), 1);
        eq(nodes.nodeOf(nodes.claimerOf(worse).nodeId).failed, 0);
        eq(nodes.nodeOf(nodes.claimerOf(worse).nodeId).stake, STAKE);
        settle(job, 0, better == WORKER ? WORKER_KEY : SECOND_KEY);
        eq(owed(operatorOf(better)), FEE);
        eq(owed(operatorOf(worse)), 0);
        eq(openClaimsOf(better), 0);
    }

    function test_RevertWhen_ClaimOfTheBlockIsWorseOrEqual() public {
        Posted memory job = openJob();
        (bool firstIsBetter, uint256 both) = seedAlike(job);
        (address worse, address better) = firstIsBetter ? (SECOND, WORKER) : (WORKER, SECOND);
        vm.roll(both);
        claimAs(job, operatorOf(better), better);
        expect(job, IJobMarket.JobNotOpen.selector, abi.encode(JobStatus.Claimed));
        claimAs(job, operatorOf(worse), worse);
        // Its own node, by the same key or another, is no better than itself.
        expect(job, IJobMarket.JobNotOpen.selector, abi.encode(JobStatus.Claimed));
        claimAs(job, operatorOf(better), better);
        addKey(nodes.claimerOf(better).nodeId, operatorOf(better), THIRD_KEY, KEY_WORKER);
        expect(job, IJobMarket.JobNotOpen.selector, abi.encode(JobStatus.Claimed));
        claimAs(job, operatorOf(better), THIRD);
        eq(openClaimsOf(better), 1);
        eq(openClaimsOf(worse), 0);
    }

    function test_RevertWhen_BetterClaimComesABlockLater() public {
        Posted memory job = openJob();
        (bool firstIsBetter, uint256 both) = seedAlike(job);
        (address worse, address better) = firstIsBetter ? (SECOND, WORKER) : (WORKER, SECOND);
        vm.roll(both);
        claimAs(job, operatorOf(worse), worse);
        vm.roll(both + 1);
        expect(job, IJobMarket.JobNotOpen.selector, abi.encode(JobStatus.Claimed));
        claimAs(job, operatorOf(better), better);
    }

    /// A better claim that is not the job's offer, or too early, leaves the job where it is.
    function test_RevertWhen_DisplacingClaimIsNotAllowed() public {
        Posted memory job = openJob();
        (bool firstIsBetter, uint256 both) = seedAlike(job);
        (address worse, address better) = firstIsBetter ? (SECOND, WORKER) : (WORKER, SECOND);
        vm.roll(both);
        claimAs(job, operatorOf(worse), worse);
        nodes.freezeEnclaveKey(better);
        vm.expectRevert();
        claimAs(job, operatorOf(better), better);
        eq(market.jobOf(job.id).signer, worse);
        eq(openClaimsOf(worse), 1);
        eq(openClaimsOf(better), 0);
    }

    /// A receipt of the same block ends it: nothing is displaced any more.
    function test_RevertWhen_DisplacingWhatIsSettled() public {
        Posted memory job = openJob();
        (bool firstIsBetter, uint256 both) = seedAlike(job);
        (address worse, address better) = firstIsBetter ? (SECOND, WORKER) : (WORKER, SECOND);
        vm.roll(both);
        claimAs(job, operatorOf(worse), worse);
        settle(job, 0, worse == WORKER ? WORKER_KEY : SECOND_KEY);
        expect(job, IJobMarket.JobNotOpen.selector, abi.encode(JobStatus.Settled));
        claimAs(job, operatorOf(better), better);
    }

    // Named nodes, reopened jobs

    function test_NamedNodeHasNoRace() public {
        Posted memory job = namedJob(nodeId);
        claim(job);
        eq(market.jobOf(job.id).claimDelay, 255);
        expect(job, IJobMarket.JobNotOpen.selector, abi.encode(JobStatus.Claimed));
        claimAs(job, OPERATOR, WORKER);
    }

    /// 255 says that there was no race; it is no block.
    function test_NamedNodeClaimsOnceInEveryBlock() public {
        Posted memory job = namedJob(nodeId);
        vm.roll(uint256(market.jobOf(job.id).raceBlock) + 255);
        claim(job);
        expect(job, IJobMarket.JobNotOpen.selector, abi.encode(JobStatus.Claimed));
        claimAs(job, OPERATOR, WORKER);
    }

    function test_ReopenedJobRacesAnew() public {
        Posted memory job = openJob();
        addWorker(THIRD_OPERATOR, THIRD_KEY);
        vm.roll(END + 9);
        claim(job);
        settle(job, 32);
        Job memory stored = market.jobOf(job.id);
        eq(stored.raceBlock, END + 9);
        eq(stored.claimDelay, 0);
        expect(job, IJobMarket.ClaimTooEarly.selector, abi.encode(END + 11, END + 9));
        claimAs(job, SECOND_OPERATOR, SECOND);
        seed(job, "seed");
        (, uint256 delay) = market.raceOf(job.id, SECOND);
        eq(delay, delayOf(job, "seed", 2, SECOND));
        yes(delay != delayOf(job, "seed", 1, SECOND));
        // It was registered after the job was posted, but before the job was reopened.
        (uint256 opensAt, uint256 third) = market.raceOf(job.id, THIRD);
        eq(third, delayOf(job, "seed", 2, THIRD));
        vm.roll(opensAt);
        claim(job, THIRD_OPERATOR, THIRD);
    }

    /// A node that failed is not let back in by displacing.
    function test_RevertWhen_NodeThatFailedDisplaces() public {
        Posted memory job = openJob("loose", makeLooseTerms());
        vm.roll(END);
        claim(job);
        settle(job, 32);
        for (uint256 i = 0;; ++i) {
            seed(job, keccak256(abi.encode(i)));
            (uint256 opensAt, uint256 delay) = market.raceOf(job.id, SECOND);
            (, uint256 failed) = market.raceOf(job.id, WORKER);
            if (failed >= delay || opensAt == block.number + 64) continue;
            vm.roll(opensAt);
            break;
        }
        claim(job, SECOND_OPERATOR, SECOND);
        expect(job, IJobMarket.ClaimNodeExcluded.selector, abi.encode(nodeId));
        claimAs(job, OPERATOR, WORKER);
    }

    // Fuzz

    function testFuzz_raceOf_SaysWhenAClaimIsTaken(bytes32 hash, uint256 number) public {
        vm.assume(hash != 0);
        Posted memory job = openJob();
        seed(job, hash);
        (uint256 opensAt, uint256 delay) = market.raceOf(job.id, WORKER);
        eq(delay, delayOf(job, hash, 1, WORKER));
        yes(opensAt >= BEGIN && opensAt <= END);
        number = bound(number, BEGIN, END + 2);
        vm.roll(number);
        if (number < opensAt) vm.expectPartialRevert(IJobMarket.ClaimTooEarly.selector);
        claimAs(job, OPERATOR, WORKER);
    }

    /// Whoever claims first, within a block the better one has the job in the end.
    function testFuzz_OrderWithinABlockDoesNotMatter(bytes32 hash, uint256 number, bool swap) public {
        vm.assume(hash != 0);
        Posted memory job = openJob();
        seed(job, hash);
        (uint256 a, uint256 first) = market.raceOf(job.id, WORKER);
        (uint256 b, uint256 other) = market.raceOf(job.id, SECOND);
        vm.assume(first != other);
        uint256 both = a > b ? a : b;
        vm.assume(both < END);
        vm.roll(bound(number, both, END - 1));
        (address one_, address two) = swap ? (SECOND, WORKER) : (WORKER, SECOND);
        address better = first < other ? WORKER : SECOND;
        claimAs(job, operatorOf(one_), one_);
        if (two != better) vm.expectPartialRevert(IJobMarket.JobNotOpen.selector);
        claimAs(job, operatorOf(two), two);
        eq(market.jobOf(job.id).signer, better);
        eq(openClaimsOf(WORKER) + openClaimsOf(SECOND), 1);
    }

    /// @dev Rolls to the start of the race and gives its seed.
    function seed(Posted memory job, bytes32 hash) private {
        uint256 raceBlock = market.jobOf(job.id).raceBlock;
        vm.roll(raceBlock + 2);
        vm.setBlockhash(raceBlock + 1, hash);
    }

    /// @dev A seed by which both turns come before the maximum, and the first block of both.
    function seedAlike(Posted memory job) private returns (bool firstIsBetter, uint256 both) {
        for (uint256 i = 0;; ++i) {
            seed(job, keccak256(abi.encode(i)));
            (uint256 a, uint256 first) = market.raceOf(job.id, WORKER);
            (uint256 b, uint256 other) = market.raceOf(job.id, SECOND);
            both = a > b ? a : b;
            if (both + 1 < END && first != other) return (first < other, both);
        }
    }

    function delayOf(Posted memory job, bytes32 hash, uint256 attempt, address signer)
        private
        view
        returns (uint256)
    {
        Claimer memory claimer = nodes.claimerOf(signer);
        return WeightedRace.delayOf(
            hash, job.id, attempt, claimer.nodeId, 4, claimer.weight, claimer.totalWeight
        );
    }

    /// @dev Without a call, so that the next one can be expected to revert.
    function operatorOf(address signer) private view returns (address) {
        return signer == WORKER ? OPERATOR : SECOND_OPERATOR;
    }

    function openClaimsOf(address signer) private view returns (uint256) {
        return nodes.nodeOf(nodes.claimerOf(signer).nodeId).openClaims;
    }

    function expectWaits(Posted memory job, address operator, address signer) private {
        (uint256 opensAt, uint256 delay) = market.raceOf(job.id, signer);
        eq(opensAt, END);
        eq(delay, 64 * BLOCK);
        vm.roll(END - 1);
        expect(job, IJobMarket.ClaimTooEarly.selector, abi.encode(END, END - 1));
        claimAs(job, operator, signer);
        vm.roll(END);
        claimAs(job, operator, signer);
    }

    function claimAs(Posted memory job, address operator, address signer) private {
        bytes32 orderHash = orderHashOf(job);
        vm.prank(operator);
        market.claimJob(job.id, job.params.offer, orderHash, signer);
    }
}
