// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {KEY_GUARDIAN, KEY_WORKER} from "../../../contracts/types/EnclaveBinding.sol";
import {DatasetId, NodeId} from "../../../contracts/types/Ids.sol";
import {Reason} from "../../../contracts/types/Reason.sol";
import {Terms} from "../../../contracts/types/Terms.sol";
import {JobKit} from "../helpers/JobKit.sol";
import {Posted} from "../helpers/Kit.sol";
import {vm} from "../helpers/Vm.sol";

/// @dev Reason by reason in the enum's order; where one is asked for, all later ones that can be are given too.
contract JobReleasableTest is JobKit {
    function test_releasable() public {
        expectReason(claimedJob(), 0, WORKER, Reason.None);
    }

    function test_releasable_KeyReasons() public {
        Posted memory job = openJob();
        job.id = market.jobIdOf(REQUESTER, "unknown");
        expectReason(job, 9, STRANGER, Reason.NodeKeyUnknown);
        addKey(nodeId, OPERATOR, GUARDIAN_KEY, KEY_GUARDIAN);
        expectReason(job, 9, vm.addr(GUARDIAN_KEY), Reason.NodeKeyUnknown);
        measurements.ban(MEASUREMENT);
        expectReason(job, 9, WORKER, Reason.MeasurementBanned);
        nodes.freezeEnclaveKey(WORKER);
        expectReason(job, 9, WORKER, Reason.NodeKeyInactive);
        vm.warp(START + 7 days - 1);
        expectReason(job, 9, WORKER, Reason.NodeKeyInactive);
        vm.warp(START + 7 days);
        expectReason(job, 9, WORKER, Reason.NodeKeyExpired);
    }

    function test_releasable_KeyDestroyed() public {
        Posted memory job = claimedJob();
        vm.prank(OPERATOR);
        nodes.destroyEnclaveKey(WORKER);
        expectReason(job, 0, WORKER, Reason.NodeKeyInactive);
    }

    function test_releasable_JobReasons() public {
        Posted memory job = openJob();
        Posted memory other = openJob("other");
        other.id = market.jobIdOf(REQUESTER, "unknown");
        expectReason(other, 9, WORKER, Reason.JobUnknown);
        other.id = job.id;
        other.params.order.fee += 1;
        expectReason(other, 9, WORKER, Reason.JobParamsMismatch);
        expectReason(job, 9, WORKER, Reason.JobNotClaimed);
        claim(job);
        expectReason(other, 9, WORKER, Reason.JobParamsMismatch);
        addKey(nodeId, OPERATOR, SECOND_KEY, KEY_WORKER);
        expectReason(job, 9, SECOND, Reason.JobClaimedByOther);
        expectReason(job, 1, WORKER, Reason.InputUnknown);
        uint32 dueBy = market.jobOf(job.id).dueBy;
        vm.warp(dueBy);
        expectReason(job, 0, WORKER, Reason.None);
        vm.warp(uint256(dueBy) + 1);
        expectReason(job, 9, WORKER, Reason.JobDeadlinePassed);
        expectReason(job, 9, SECOND, Reason.JobClaimedByOther);
    }

    /// What has ended releases nothing, whoever claimed it.
    function test_releasable_NotOnceTheJobIsOver() public {
        Posted memory job = claimedJob();
        settle(job, 0);
        expectReason(job, 0, WORKER, Reason.JobNotClaimed);
        job = openJob("failed");
        claim(job);
        settle(job, 1);
        expectReason(job, 0, WORKER, Reason.JobNotClaimed);
        job = openJob("reopened");
        claim(job);
        settle(job, 32);
        expectReason(job, 0, WORKER, Reason.JobNotClaimed);
        job = openJob("silent", makeLooseTerms());
        vm.warp(job.params.offer.claimBy);
        claim(job);
        timeOut(job);
        expectReason(job, 0, WORKER, Reason.JobNotClaimed);
    }

    function test_releasable_DatasetErased() public {
        Posted memory job = claimedJob();
        vm.startPrank(OWNER);
        datasets.eraseDataset(datasetId);
        grants.revokeAll();
        vm.stopPrank();
        expectReason(job, 0, WORKER, Reason.DatasetErased);
    }

    function test_releasable_GrantRevoked() public {
        Posted memory job = claimedJob();
        rotateKeys(datasetId);
        vm.prank(OWNER);
        grants.revoke(job.params.order.inputs[0].grantHash);
        expectReason(job, 0, WORKER, Reason.GrantRevoked);
    }

    function test_releasable_OwnerEpochBumped() public {
        Posted memory job = claimedJob();
        vm.prank(OWNER);
        grants.revokeAll();
        expectReason(job, 0, WORKER, Reason.GrantRevoked);
    }

    function test_releasable_KeysRotated() public {
        Posted memory job = claimedJob();
        rotateKeys(datasetId);
        expectReason(job, 0, WORKER, Reason.KeyEpochOld);
    }

    function test_releasable_MeasurementAllowedAfterTheGrant() public {
        Posted memory job = openJob();
        claimUpgraded(job);
        expectReason(job, 0, SECOND, Reason.MeasurementNotGranted);
    }

    function test_releasable_FollowsUpgrades() public {
        Terms memory terms = makeTerms();
        terms.followUpgrades = true;
        giveGrant(terms);
        Posted memory job = openJob("follows", terms);
        claimUpgraded(job);
        expectReason(job, 0, SECOND, Reason.None);
    }

    /// A node whose stake was slashed below the policy after its claim.
    function test_releasable_StakeBelowThePolicy() public {
        Posted memory other = claimedJob();
        Posted memory job = openJob("second");
        claim(job);
        expectReason(job, 0, WORKER, Reason.None);
        settle(other, 32);
        yes(nodes.nodeOf(nodeId).stake < STAKE);
        expectReason(job, 0, WORKER, Reason.NodePolicyMismatch);
    }

    function test_releasable_WhileDraining() public {
        Posted memory job = claimedJob();
        vm.startPrank(OPERATOR);
        nodes.drainEnclaveKey(WORKER);
        nodes.requestExit(nodeId);
        vm.stopPrank();
        expectReason(job, 0, WORKER, Reason.None);
    }

    /// A grant used up by this very job still lets its data out.
    function test_releasable_WithTheLastUse() public {
        Terms memory terms = makeTerms();
        terms.maxUses = 1;
        giveGrant(terms);
        Posted memory job = openJob("last", terms);
        claim(job);
        expectReason(job, 0, WORKER, Reason.None);
    }

    /// Each input for itself.
    function test_releasable_OneInputOfTwo() public {
        Terms[] memory list = giveGrants(2);
        Posted memory job = openJob("two", list, FEE);
        claim(job);
        vm.prank(OWNER);
        grants.revoke(job.params.order.inputs[1].grantHash);
        expectReason(job, 0, WORKER, Reason.None);
        expectReason(job, 1, WORKER, Reason.GrantRevoked);
        expectReason(job, 2, WORKER, Reason.InputUnknown);
    }

    function testFuzz_releasable_OnlyTheClaimingKey(address signer) public {
        Posted memory job = claimedJob();
        addWorker(SECOND_OPERATOR, SECOND_KEY);
        (bool ok,) = market.releasable(job.id, job.params, 0, signer);
        yes(ok == (signer == WORKER));
        (ok,) = market.releasable(job.id, job.params, 0, SECOND);
        yes(!ok);
    }

    function testFuzz_releasable_OnlyItsOwnParameters(uint8 field, uint96 value) public {
        Posted memory job = claimedJob();
        bytes32 before = market.hashParams(job.params);
        field %= 6;
        if (field == 0) job.params.order.fee = value;
        if (field == 1) job.params.order.inputs[0].datasetId = DatasetId.wrap(bytes32(uint256(value)));
        if (field == 2) job.params.order.inputs[0].owner = address(uint160(value));
        if (field == 3) job.params.offer.nodePolicy.minStake = value;
        if (field == 4) job.params.offer.namedNode = NodeId.wrap(uint32(value));
        if (field == 5) job.params.order.maxOutputBytes = uint32(value);
        vm.assume(market.hashParams(job.params) != before);
        expectReason(job, 0, WORKER, Reason.JobParamsMismatch);
    }

    /// @dev A key of a supervisor that governance allows a minute after the grant.
    function claimUpgraded(Posted memory job) private {
        vm.warp(START + 1 minutes);
        measurements.allow("supervisor 2");
        vm.warp(START + 50 minutes);
        addKey(nodeId, OPERATOR, SECOND_KEY, KEY_WORKER, "supervisor 2");
        claim(job, OPERATOR, SECOND);
    }

    function expectReason(Posted memory job, uint256 input, address signer, Reason wanted) private view {
        (bool ok, Reason reason) = market.releasable(job.id, job.params, input, signer);
        eq(uint256(reason), uint256(wanted));
        yes(ok == (wanted == Reason.None));
    }
}
