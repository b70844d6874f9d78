// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IJobMarket, Job, JobStatus} from "../interfaces/IJobMarket.sol";
import {Claimer, ClaimOutcome, INodeRegistry} from "../interfaces/INodeRegistry.sol";
import {isDevChain} from "../types/DevChain.sol";
import {JobId, NodeId} from "../types/Ids.sol";
import {JobOffer, JobParamsLib} from "../types/JobParams.sol";
import {JobEscrow} from "./JobEscrow.sol";
import {JobSlot} from "./JobSlot.sol";
import {WeightedRace} from "./WeightedRace.sol";

/// @dev Who gets an open job. Load balancing, never a matter of confidentiality.
abstract contract JobClaims is JobEscrow {
    using JobParamsLib for JobOffer;
    using JobSlot for Job;

    /// @dev Blocks from a race's block to its start: one for the seed's block, one to read its hash in.
    uint256 private constant SEED_BLOCKS = 2;

    /// @dev A claim so late in its race that no other of its block can be better.
    uint8 private constant NO_RACE = type(uint8).max;

    INodeRegistry public immutable NODES;

    /// @inheritdoc IJobMarket
    uint256 public immutable RACE_UNIT;

    constructor(INodeRegistry nodes, uint256 raceUnit) {
        if (raceUnit == 0 && !isDevChain()) revert RaceUnitMissing(block.chainid);
        if (raceUnit >= WeightedRace.MAX_BLOCKS) revert RaceUnitTooLong(raceUnit, WeightedRace.MAX_BLOCKS);
        NODES = nodes;
        RACE_UNIT = raceUnit;
    }

    /// @inheritdoc IJobMarket
    function claimJob(JobId jobId, JobOffer calldata offer, bytes32 orderHash, address signer) external {
        Job memory job = _jobs[jobId];
        bool better = job.status == JobStatus.Claimed && _isThisBlocks(job);
        if (job.status != JobStatus.Open && !better) revert JobNotOpen(jobId, job.status);
        bytes32 hash = JobParamsLib.join(orderHash, offer.hash());
        if (hash != job.commitment) revert JobParamsMismatched(jobId, hash, job.commitment);
        if (block.timestamp > offer.claimBy) revert ClaimTooLate(jobId, offer.claimBy, block.timestamp);

        Claimer memory claimer = NODES.openClaim(jobId, signer, msg.sender, offer.namedNode, offer.nodePolicy);
        if (job.attempt > 1) _requireNotFailed(jobId, claimer.nodeId);
        // Where the requester names the node there is no race, and none where a dev chain makes blocks only on demand.
        bool race = RACE_UNIT != 0 && offer.namedNode == NodeId.wrap(0);
        if (race) _requireTurn(jobId, job, claimer, better);
        // Only a race leaves a delay to tell the block from.
        if (better) NODES.closeClaim(job.signer, ClaimOutcome.Displaced, 0, address(0), 0);

        uint256 delay = block.number - job.raceBlock;
        // A job lasts a week at most; 32 bits of seconds last until 2106.
        uint32 dueBy = uint32(block.timestamp + offer.runSeconds);
        job.status = JobStatus.Claimed;
        job.signer = signer;
        job.dueBy = dueBy;
        job.claimDelay = race && delay < NO_RACE ? uint8(delay) : NO_RACE;
        _jobs[jobId].storeHead(job);

        emit JobClaimed(jobId, claimer.nodeId, signer, job.attempt, dueBy);
    }

    /// @inheritdoc IJobMarket
    function raceOf(JobId jobId, address signer) external view returns (uint256 opensAt, uint256 delay) {
        Job memory job = _jobs[jobId];
        if (job.status != JobStatus.Open) revert JobNotOpen(jobId, job.status);
        if (RACE_UNIT == 0) return (block.number, 0);
        uint256 start = job.raceBlock + SEED_BLOCKS;
        if (block.number < start) revert ClaimTooEarly(jobId, start, block.number);
        delay = _delayOf(jobId, job, NODES.claimerOf(signer));
        opensAt = start + delay / WeightedRace.BLOCK;
    }

    function _requireTurn(JobId jobId, Job memory job, Claimer memory claimer, bool better) private view {
        uint256 start = job.raceBlock + SEED_BLOCKS;
        if (block.number < start) revert ClaimTooEarly(jobId, start, block.number);
        uint256 delay = _delayOf(jobId, job, claimer);
        uint256 opensAt = start + delay / WeightedRace.BLOCK;
        if (block.number < opensAt) revert ClaimTooEarly(jobId, opensAt, block.number);
        if (better && delay >= _delayOf(jobId, job, NODES.claimerOf(job.signer))) {
            revert JobNotOpen(jobId, JobStatus.Claimed);
        }
    }

    /// @dev Who was weighed only after the race had begun may know the seed and waits until it is over.
    function _delayOf(JobId jobId, Job memory job, Claimer memory claimer) private view returns (uint256) {
        uint256 longest = WeightedRace.MAX_BLOCKS * WeightedRace.BLOCK;
        if (block.number >= job.raceBlock + SEED_BLOCKS + WeightedRace.MAX_BLOCKS) return longest;
        if (claimer.weight == 0 || claimer.weightSince > job.raceBlock) return longest;
        bytes32 seed = blockhash(uint256(job.raceBlock) + 1);
        // The race is over long before 256 blocks; a chain without block hashes has no race, and must not pretend one.
        if (seed == 0) revert ClaimSeedUnknown(jobId, uint256(job.raceBlock) + 1);
        return WeightedRace.delayOf(
            seed, jobId, job.attempt, claimer.nodeId, RACE_UNIT, claimer.weight, claimer.totalWeight
        );
    }

    function _isThisBlocks(Job memory job) private view returns (bool) {
        return job.claimDelay != NO_RACE && uint256(job.raceBlock) + job.claimDelay == block.number;
    }

    function _requireNotFailed(JobId jobId, NodeId nodeId) private view {
        Failures storage failures = _failures[jobId];
        if (nodeId == failures.first || nodeId == failures.second) revert ClaimNodeExcluded(jobId, nodeId);
    }
}
