// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {WeightedRace} from "../../../contracts/compute/WeightedRace.sol";
import {IJobMarket, JobStatus} from "../../../contracts/interfaces/IJobMarket.sol";
import {Claimer} from "../../../contracts/interfaces/INodeRegistry.sol";
import {NodeId} from "../../../contracts/types/Ids.sol";
import {vm} from "../helpers/Vm.sol";
import {NodeSteps} from "./NodeSteps.sol";

/// @dev Operators claim when their turn has come, before it, and from each other.
abstract contract ClaimSteps is NodeSteps {
    uint256 private constant LONGEST = 64;

    function stepOfClaimer(uint256 dice) internal {
        if (jobs.length == 0) return;
        uint256 what = dice % 8;
        dice = toss(dice);
        if (what < 5) claimInTurn(dice);
        else if (what == 5) claimAnyhow(dice);
        else displace(dice);
    }

    function claimAnyhow(uint256 dice) private {
        uint256 which = pickOpen(dice);
        bool stranger = (dice >> 70) % 16 == 0;
        claim(which, (dice >> 80) % OPERATORS, stranger);
    }

    /// @dev Mostly one whose claim window is open.
    function pickOpen(uint256 dice) private view returns (uint256) {
        uint256 start = (dice >> 8) % jobs.length;
        for (uint256 i = 0; i < jobs.length && dice % 16 != 0; ++i) {
            uint256 which = (start + i) % jobs.length;
            if (jobs[which].status == JobStatus.Open && block.timestamp <= jobs[which].claimBy) return which;
        }
        return start;
    }

    /// @dev Waits for the turn of a node that is ready for it.
    function claimInTurn(uint256 dice) private {
        uint256 which = pickOpen(dice);
        uint256 who = (dice >> 80) % OPERATORS;
        makeReady(who, dice >> 90);
        if (raceUnit() != 0 && jobs[which].status == JobStatus.Open) rollTo(turnOf(which, who));
        claim(which, who, false);
    }

    /// @dev Two in one block, the later of the race first.
    function displace(uint256 dice) private {
        uint256 which = pickOpen(dice);
        if (jobs[which].status != JobStatus.Open) return;
        uint256 first = (dice >> 80) % OPERATORS;
        uint256 second = (first + 1 + (dice >> 90) % (OPERATORS - 1)) % OPERATORS;
        makeReady(first, dice >> 100);
        makeReady(second, dice >> 110);
        rollTo(jobs[which].raceBlock + 2);
        (uint256 early, uint256 late) = (turnOf(which, first), turnOf(which, second));
        if (late < early) (first, second, early, late) = (second, first, late, early);
        rollTo(late);
        claim(which, second, false);
        claim(which, first, false);
        if ((dice >> 120) % 4 == 0) claim(which, second, false);
    }

    function turnOf(uint256 which, uint256 who) private view returns (uint256) {
        uint256 start = jobs[which].raceBlock + 2;
        if (raceUnit() == 0 || block.number < start) return start;
        return start + delayOf(jobs[which], workerOf[who]) / WeightedRace.BLOCK;
    }

    function claim(uint256 which, uint256 who, bool stranger) private {
        JobBook storage job = jobs[which];
        address signer = workerOf[who];
        address caller = stranger ? operatorOf(who + 1) : operatorOf(who);
        bool better = job.status == JobStatus.Claimed;
        bool may = mayClaim(job, caller, signer);
        bool early = isEarly(job, signer);
        bytes memory data = abi.encodeCall(
            IJobMarket.claimJob,
            (job.id, paramsOf(job).offer, keccak256(abi.encode(paramsOf(job).order)), signer)
        );
        if (!attempt(better ? bytes32("displace") : bytes32("claim"), may, caller, address(market), data)) return;

        NodeId id = keys[signer].nodeId;
        if (early) claimedOutOfTurn = true;
        if (block.timestamp < pausedUntil) claimedWhilePaused = true;
        if ((job.failedNodes >> NodeId.unwrap(id)) & 1 == 1) failedNodeCameBack = true;
        if (better) --nodeOf(job.signer).openClaims;
        ++nodeOf(signer).openClaims;
        (job.status, job.signer, job.claimBlock) = (JobStatus.Claimed, signer, block.number);
        job.dueBy = block.timestamp + job.runSeconds;
        job.raced = isRaced(job) && block.number - job.raceBlock < 255;
        if (!better && job.attempt > 1) ++countOf["claim again"];
    }

    function isRaced(JobBook storage job) private view returns (bool) {
        return raceUnit() != 0 && job.named == NodeId.wrap(0);
    }

    /// @dev By the market's own word, while it says one.
    function isEarly(JobBook storage job, address signer) private view returns (bool) {
        if (!isRaced(job)) return false;
        if (job.status != JobStatus.Open) return !isBefore(job, signer);
        try market.raceOf(job.id, signer) returns (uint256 opensAt, uint256) {
            return opensAt > block.number;
        } catch {
            return true;
        }
    }

    function isBefore(JobBook storage job, address signer) private view returns (bool) {
        return delayOf(job, signer) < delayOf(job, job.signer);
    }

    function mayClaim(JobBook storage job, address caller, address signer) private view returns (bool) {
        bool better = job.status == JobStatus.Claimed && job.raced && job.claimBlock == block.number;
        if (job.status != JobStatus.Open && !better) return false;
        if (block.timestamp > job.claimBy || block.timestamp < pausedUntil) return false;
        NodeId id = keys[signer].nodeId;
        NodeBook storage node = nodeOf(signer);
        if (keys[signer].guardian || caller != node.operator || !isFresh(signer)) return false;
        if (node.stake < job.minStake || node.stake < (node.openClaims + 1) * BOND) return false;
        if (job.named != NodeId.wrap(0) && job.named != id) return false;
        if ((job.failedNodes >> NodeId.unwrap(id)) & 1 == 1) return false;
        if (!isRaced(job)) return true;
        uint256 start = job.raceBlock + 2;
        if (block.number < start) return false;
        if (block.number < start + delayOf(job, signer) / WeightedRace.BLOCK) return false;
        return !better || isBefore(job, signer);
    }

    /// @dev The race once more, by the library that has tests of its own.
    function delayOf(JobBook storage job, address signer) private view returns (uint256) {
        Claimer memory claimer = nodes.claimerOf(signer);
        if (block.number >= job.raceBlock + 2 + LONGEST) return LONGEST * WeightedRace.BLOCK;
        if (claimer.weight == 0 || claimer.weightSince > job.raceBlock) return LONGEST * WeightedRace.BLOCK;
        return WeightedRace.delayOf(
            blockhash(job.raceBlock + 1),
            job.id,
            job.attempt,
            claimer.nodeId,
            raceUnit(),
            claimer.weight,
            claimer.totalWeight
        );
    }
}
