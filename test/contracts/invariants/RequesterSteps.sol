// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IJobMarket, JobStatus} from "../../../contracts/interfaces/IJobMarket.sol";
import {GrantHash, JobId, NodeId} from "../../../contracts/types/Ids.sol";
import {JobOrder, JobParams, JobRequest} from "../../../contracts/types/JobParams.sol";
import {NodePolicy} from "../../../contracts/types/NodePolicy.sol";
import {GRANT_COMPUTE, GRANT_READ, Terms} from "../../../contracts/types/Terms.sol";
import {vm} from "../helpers/Vm.sol";
import {OwnerSteps} from "./OwnerSteps.sol";

/// @dev Requesters post jobs on one grant or two, on new signatures, ask for reads, and take back what nobody claims.
abstract contract RequesterSteps is OwnerSteps {
    function stepOfRequester(uint256 dice) internal {
        if (allTerms.length == 0) return;
        uint256 what = dice % 16;
        dice = toss(dice);
        if (what < 8) submitJob(dice, pickGrants(dice, GRANT_COMPUTE), false);
        else if (what < 10) submitSigned(dice);
        else if (what < 13) requestRead(dice);
        else if (jobs.length != 0) cancel(dice);
    }

    /// @inheritdoc OwnerSteps
    function usesOf(uint256 which) internal view override returns (uint256 uses, uint256 reserved) {
        for (uint256 i = 0; i < jobs.length; ++i) {
            JobBook storage job = jobs[i];
            // What ended before any release has given back what it took.
            if (!job.tainted && (job.status == JobStatus.Cancelled || job.status == JobStatus.Failed)) continue;
            for (uint256 k = 0; k < job.grants.length; ++k) {
                if (job.grants[k] != which) continue;
                ++uses;
                reserved += job.maxOutputBytes;
            }
        }
    }

    // Jobs

    /// @dev Grants that fit together, and mostly ones that may be used.
    function pickGrants(uint256 dice, uint8 kind) private view returns (uint256[] memory picked) {
        uint256 count = allTerms.length;
        picked = new uint256[](1);
        picked[0] = dice % count;
        for (uint256 i = 0; i < count && (dice >> 240) % 8 != 0; ++i) {
            uint256 which = (dice + i) % count;
            if (!mayUse(which, allTerms[which].grantee, 200, kind)) continue;
            picked[0] = which;
            break;
        }
        if (kind == GRANT_READ || (dice >> 60) % 2 == 0) return picked;
        Terms storage first = allTerms[picked[0]];
        for (uint256 i = 0; i < count; ++i) {
            uint256 which = ((dice >> 70) + i) % count;
            Terms storage other = allTerms[which];
            if (other.datasetId == first.datasetId || other.token != first.token) continue;
            if (other.grantee != first.grantee || !mayUse(which, first.grantee, 200, kind)) continue;
            uint256[] memory two = new uint256[](2);
            (two[0], two[1]) = (picked[0], which);
            return two;
        }
    }

    function submitSigned(uint256 dice) private {
        uint256[] memory picked = new uint256[](1);
        picked[0] = drawTerms(dice, GRANT_COMPUTE);
        submitJob(toss(dice), picked, true);
    }

    function submitJob(uint256 dice, uint256[] memory picked, bool signed) private {
        Terms[] memory list = new Terms[](picked.length);
        for (uint256 i = 0; i < picked.length; ++i) {
            list[i] = allTerms[picked[i]];
        }
        JobRequest memory request = drawRequest(dice, list);
        address requester = (dice >> 200) % 16 == 0 ? STRANGER : list[0].grantee;
        bool may = maySubmit(request, picked, requester, signed);
        bytes memory data = abi.encodeCall(IJobMarket.submitJob, (request, list));
        if (signed) {
            bytes[] memory proofs = new bytes[](1);
            uint256 signer = ownerKeyOf(sets[grantBooks[picked[0]].set].owner);
            proofs[0] = signature(signer, GrantHash.unwrap(grants.hashTerms(list[0])));
            data = abi.encodeCall(IJobMarket.submitJobWithSignatures, (request, list, proofs));
        }
        JobParams memory params = paramsOf(request, list, requester);
        if (!attempt(signed ? bytes32("submit signed") : bytes32("submit"), may, requester, address(market), data)) {
            return;
        }
        if (picked.length == 2) ++countOf["submit on two grants"];
        if (signed) noteGrant(true, picked[0]);
        noteJob(request.salt, params, picked);
        JobBook storage job = jobs[jobs.length - 1];
        (job.status, job.attempt, job.raceBlock) = (JobStatus.Open, 1, block.number);
        (job.claimBy, job.runSeconds) = (request.offer.claimBy, request.offer.runSeconds);
        (job.named, job.minStake) = (request.offer.namedNode, request.offer.nodePolicy.minStake);
    }

    function drawRequest(uint256 dice, Terms[] memory list) private returns (JobRequest memory request) {
        request = makeRequest(list);
        request.salt = bytes32((dice >> 8) % 32 == 0 ? salt : ++salt);
        request.fee = uint96((dice >> 16) % 8 == 0 ? 0 : (dice >> 20) % 1e21);
        request.maxOutputBytes = uint32(13 + (dice >> 90) % 600);
        request.offer.claimBy = uint40(block.timestamp + (dice >> 100) % 12 hours);
        request.offer.runSeconds = uint32((dice >> 120) % ((dice >> 115) % 4 == 0 ? 6 hours : 10 minutes));
        // One of its own: a struct in memory is shared.
        request.offer.nodePolicy = NodePolicy(1, 1, 0, false);
        bool nameable = true;
        for (uint256 i = 0; i < list.length; ++i) {
            uint96 minStake = list[i].nodePolicy.minStake;
            if (minStake > request.offer.nodePolicy.minStake) request.offer.nodePolicy.minStake = minStake;
            nameable = nameable && list[i].nodePolicy.requesterMayNameNode;
        }
        if ((dice >> 150) % (nameable ? 2 : 32) == 0) {
            request.offer.namedNode = NodeId.wrap(nodeIdOf[(dice >> 160) % OPERATORS]);
        }
    }

    function maySubmit(JobRequest memory request, uint256[] memory picked, address requester, bool signed)
        private
        returns (bool may)
    {
        uint256 latest = uint256(request.offer.claimBy) + request.offer.runSeconds;
        may = request.offer.claimBy > block.timestamp && request.offer.runSeconds != 0
            && !posted[market.jobIdOf(requester, request.salt)] && allowed[moneyOf(request.token)];
        for (uint256 i = 0; i < picked.length; ++i) {
            Terms storage terms = allTerms[picked[i]];
            if (latest >= terms.expiresAt) may = false;
            bool named = request.offer.namedNode != NodeId.wrap(0);
            if (named && !terms.nodePolicy.requesterMayNameNode) may = false;
            bool active = grantBooks[picked[i]].active;
            if (signed) grantBooks[picked[i]].active = active || mayGrant(picked[i], true);
            if (!mayUse(picked[i], requester, request.maxOutputBytes, GRANT_COMPUTE)) may = false;
            grantBooks[picked[i]].active = active;
        }
    }

    function noteJob(bytes32 jobSalt, JobParams memory params, uint256[] memory picked) private {
        JobOrder memory order = params.order;
        jobs.push();
        JobBook storage job = jobs[jobs.length - 1];
        job.id = market.jobIdOf(order.requester, jobSalt);
        posted[job.id] = true;
        job.params = abi.encode(params);
        job.money = moneyOf(order.token);
        job.grants = picked;
        (job.requester, job.fee, job.protocolFee) = (order.requester, order.fee, order.protocolFee);
        job.maxOutputBytes = order.maxOutputBytes;
        for (uint256 i = 0; i < picked.length; ++i) {
            job.prices += order.inputs[i].price;
        }
        brought[job.money] += job.prices + order.fee + order.protocolFee;
        noteUse(picked);
    }

    /// @dev Asked after the job was booked, of the grant's own slot and the chain, apart from `check`.
    function noteUse(uint256[] memory picked) private {
        for (uint256 i = 0; i < picked.length; ++i) {
            Terms storage terms = allTerms[picked[i]];
            (uint256 uses, uint256 reserved) = usesOf(picked[i]);
            bool broken = grantBooks[picked[i]].revoked || !grantBooks[picked[i]].active
                || block.timestamp >= terms.expiresAt || uses > terms.maxUses || reserved > terms.maxOutputBytes
                || terms.ownerEpoch != grants.ownerEpochOf(terms.owner)
                || terms.keyEpoch != datasets.datasetOf(terms.datasetId).keyEpoch
                || terms.owner != datasets.datasetOf(terms.datasetId).owner
                || uint256(datasets.datasetOf(terms.datasetId).status) != 1;
            if (broken) brokenGrantUsed = true;
        }
    }

    function requestRead(uint256 dice) private {
        uint256[] memory picked = pickGrants(dice, GRANT_READ);
        Terms[] memory list = one(allTerms[picked[0]]);
        uint256 money = moneyOf(list[0].token);
        JobRequest memory request = makeRequest(list);
        (request.salt, request.fee, request.maxOutputBytes) = (bytes32(++salt), 0, 0);
        JobParams memory params = paramsOf(request, list, list[0].grantee);
        bool may = allowed[money] && mayUse(picked[0], list[0].grantee, 0, GRANT_READ);
        bytes memory data = abi.encodeCall(IJobMarket.requestRead, (request.salt, "spec", "bundle", list));
        uint256 before = market.balanceOf(list[0].token, list[0].owner);
        uint256 collected = market.tokenOf(list[0].token).collected;
        if (!attempt("requestRead", may, list[0].grantee, address(market), data)) return;
        noteJob(request.salt, params, picked);
        JobBook storage job = jobs[jobs.length - 1];
        (job.tainted, job.dueBy) = (true, block.timestamp + 1 days);
        noteEnd(job, JobStatus.Read);
        bool paid = market.balanceOf(list[0].token, list[0].owner) == before + job.prices
            && market.tokenOf(list[0].token).collected == collected + job.protocolFee;
        if (!paid) readHeldMoney = true;
    }

    function cancel(uint256 dice) private {
        JobBook storage job = jobs[pickJob(dice, JobStatus.Open)];
        if ((dice >> 200) % 3 == 0 && block.timestamp <= job.claimBy) vm.warp(job.claimBy + 1);
        address caller = (dice >> 210) % 8 == 0 ? STRANGER : job.requester;
        bool may = job.status == JobStatus.Open && block.timestamp > job.claimBy && caller == job.requester;
        bytes memory data = abi.encodeCall(IJobMarket.cancelJob, (job.id, paramsOf(job)));
        if (attempt("cancel", may, caller, address(market), data)) noteEnd(job, JobStatus.Cancelled);
    }
}
