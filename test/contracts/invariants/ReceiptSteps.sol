// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IJobMarket, JobStatus, Settlement} from "../../../contracts/interfaces/IJobMarket.sol";
import {KeyState, SlashCause} from "../../../contracts/interfaces/INodeRegistry.sol";
import {AvailabilityProof} from "../../../contracts/types/Availability.sol";
import {JobId, NodeId} from "../../../contracts/types/Ids.sol";
import {Receipt, ReceiptLib} from "../../../contracts/types/Receipt.sol";
import {Posted} from "../helpers/Kit.sol";
import {vm} from "../helpers/Vm.sol";
import {ClaimSteps} from "./ClaimSteps.sol";

/// @dev Claims end: by results one by one, together and with guardians, by failures of every code, by silence, and keys by lies.
abstract contract ReceiptSteps is ClaimSteps {
    function stepOfReceipts(uint256 dice) internal {
        if (jobs.length == 0) return;
        uint256 what = dice % 16;
        dice = toss(dice);
        if (what < 4) settleOne(dice);
        else if (what < 6) settleMany(dice);
        else if (what < 8) settleAvailable(dice);
        else if (what < 12) fail(dice);
        else if (what < 15) timeOut(dice);
        else equivocate(dice);
    }

    // Results

    /// @dev Of the current attempt, by the claiming key, but for one of sixteen.
    function settlementOf(JobBook storage job, uint256 dice) private view returns (Settlement memory) {
        Posted memory known = postedOf(job);
        Receipt memory receipt = makeReceipt(known, job.attempt + (dice % 16 == 0 ? 1 : 0), 0);
        address signer = (dice >> 8) % 16 == 0 ? workerOf[0] : job.signer;
        uint256 secret = signer == address(0) ? WORKER_KEY : keys[signer].secret;
        return makeSettlement(known, receipt, secret);
    }

    function mayEnd(JobBook storage job, Receipt memory receipt, address by) private view returns (bool) {
        return job.status == JobStatus.Claimed && block.timestamp <= job.dueBy && maySign(job.signer)
            && receipt.attempt == job.attempt && by == job.signer;
    }

    function maySettle(JobBook storage job, Settlement memory settlement) private view returns (bool) {
        bytes32 digest = market.receiptDigest(settlement.receipt);
        return mayEnd(job, settlement.receipt, recover(digest, settlement.signature));
    }

    /// @dev What its own receipt has settled already is passed over.
    function isSettledBy(JobBook storage job, Settlement memory settlement) private view returns (bool) {
        return job.status == JobStatus.Settled && job.receipt == market.receiptDigest(settlement.receipt);
    }

    function settleOne(uint256 dice) private {
        JobBook storage job = jobs[pickJob(dice, JobStatus.Claimed)];
        Settlement memory settlement = settlementOf(job, dice >> 100);
        bytes memory data = abi.encodeCall(IJobMarket.settleJob, (settlement));
        if (attempt("settleJob", maySettle(job, settlement), STRANGER, address(market), data)) noteSettled(job);
    }

    /// @dev Up to three, of which some may be settled already, or the same.
    function settleMany(uint256 dice) private {
        uint256 count = 1 + dice % 3;
        uint256[] memory which = new uint256[](count);
        Settlement[] memory list = new Settlement[](count);
        bool may = true;
        for (uint256 i = 0; i < count; ++i) {
            which[i] = pickJob(dice >> (8 + 20 * i), i == 2 ? JobStatus.Settled : JobStatus.Claimed);
            list[i] = settlementOf(jobs[which[i]], dice >> (100 + 20 * i));
            bool good = maySettle(jobs[which[i]], list[i]) || isSettledBy(jobs[which[i]], list[i]);
            for (uint256 k = 0; k < i; ++k) {
                if (which[k] != which[i]) continue;
                // The first has settled the job, or the whole call is refused; the same receipt is passed over.
                bool same = list[k].receipt.attempt == list[i].receipt.attempt;
                good = same && (good || jobs[which[i]].status == JobStatus.Claimed);
            }
            if (!good) may = false;
        }
        bytes memory data = abi.encodeCall(IJobMarket.settleMany, (list));
        if (!attempt("settleMany", may, STRANGER, address(market), data)) return;
        for (uint256 i = 0; i < count; ++i) {
            if (jobs[which[i]].status == JobStatus.Claimed) noteSettled(jobs[which[i]]);
        }
    }

    function settleAvailable(uint256 dice) private {
        JobBook storage job = jobs[pickJob(dice, JobStatus.Claimed)];
        Settlement[] memory list = new Settlement[](1);
        list[0] = settlementOf(job, dice >> 100);
        list[0].ciphertext = "";
        uint256 first = (dice >> 20) % OPERATORS;
        uint256 second = (first + 1 + (dice >> 30) % (OPERATORS - 1)) % OPERATORS;
        bool apart = true;
        for (uint256 i = 0; i < OPERATORS; ++i) {
            if (job.signer == address(0) || (dice >> 60) % 8 == 0) continue;
            if (operatorOf(first) == nodeOf(job.signer).operator || first == second) first = (first + 1) % OPERATORS;
            if (operatorOf(second) == nodeOf(job.signer).operator || first == second) {
                second = (second + 1) % OPERATORS;
            }
        }
        renewGuardian(first, dice >> 40);
        renewGuardian(second, dice >> 50);
        if (nodeIdOf[first] > nodeIdOf[second] && (dice >> 70) % 8 != 0) (first, second) = (second, first);
        AvailabilityProof[] memory proofs = new AvailabilityProof[](2);
        proofs[0] = proofOf(list, guardianOf[first]);
        proofs[1] = proofOf(list, guardianOf[second]);
        if (job.signer != address(0)) {
            address operator = nodeOf(job.signer).operator;
            apart = operator != operatorOf(first) && operator != operatorOf(second);
        }
        bool held = isFresh(guardianOf[first]) && isFresh(guardianOf[second]) && first != second
            && NodeId.unwrap(keys[guardianOf[first]].nodeId) < NodeId.unwrap(keys[guardianOf[second]].nodeId);
        bool may = held && ((apart && maySettle(job, list[0])) || isSettledBy(job, list[0]));
        bytes memory data = abi.encodeCall(IJobMarket.settleAvailable, (list, proofs));
        if (!attempt("settleAvailable", may, STRANGER, address(market), data)) return;
        if (job.status == JobStatus.Claimed) noteSettled(job);
    }

    function renewGuardian(uint256 who, uint256 dice) private {
        if (!isFresh(guardianOf[who]) && dice % 8 != 0) addKey(who, false, goodCode(), false);
    }

    function proofOf(Settlement[] memory list, address guardian) private view returns (AvailabilityProof memory) {
        bytes32 digest = market.availabilityDigest(list);
        return AvailabilityProof(guardian, signature(keys[guardian].secret, digest));
    }

    function noteSettled(JobBook storage job) private {
        if (!maySign(job.signer)) unusableKeySettled = true;
        NodeBook storage node = nodeOf(job.signer);
        --node.openClaims;
        ++node.settled;
        noteEnd(job, JobStatus.Settled);
    }

    // Failures

    function fail(uint256 dice) private {
        JobBook storage job = jobs[pickJob(dice, JobStatus.Claimed)];
        uint16 code = uint16((dice >> 200) % 32 == 0 ? 0 : 1 + (dice >> 100) % 63);
        Posted memory known = postedOf(job);
        Receipt memory receipt = makeReceipt(known, job.attempt, code);
        address signer = (dice >> 210) % 16 == 0 ? workerOf[0] : job.signer;
        uint256 secret = signer == address(0) ? WORKER_KEY : keys[signer].secret;
        bytes memory signed = signature(secret, market.receiptDigest(receipt));
        bytes memory data = abi.encodeCall(IJobMarket.failJob, (job.id, known.params, receipt, signed));
        bool may = code != 0 && signer != address(0) && mayEnd(job, receipt, signer);
        if (!attempt("failJob", may, STRANGER, address(market), data)) return;
        if (!maySign(job.signer)) unusableKeySettled = true;
        noteFailure(job, code);
    }

    function noteFailure(JobBook storage job, uint16 code) private {
        (bool proved, bool released) = (code < 32, code % 32 >= 16);
        NodeId id = keys[job.signer].nodeId;
        NodeBook storage node = nodeOf(job.signer);
        --node.openClaims;
        if (!proved) {
            ++node.failed;
            noteSlash(id, SlashCause.UnprovedFailure, BOND / 20, address(0), 0);
        }
        job.tainted = job.tainted || released;
        if (!proved && mayReopen(job)) {
            noteReopened(job, id);
        } else {
            job.code = code;
            noteEnd(job, JobStatus.Failed);
        }
    }

    function mayReopen(JobBook storage job) private view returns (bool) {
        return job.attempt < 3 && block.timestamp < job.claimBy && job.named == NodeId.wrap(0);
    }

    function noteReopened(JobBook storage job, NodeId id) private {
        ++job.attempt;
        job.failedNodes |= 1 << NodeId.unwrap(id);
        (job.status, job.signer, job.dueBy, job.raceBlock) = (JobStatus.Open, address(0), 0, block.number);
        ++countOf["reopen"];
    }

    function timeOut(uint256 dice) private {
        JobBook storage job = jobs[pickJob(dice, JobStatus.Claimed)];
        for (uint256 i = 0; i < jobs.length && (dice >> 190) % 4 != 0; ++i) {
            if (jobs[i].silent && jobs[i].status == JobStatus.Claimed) job = jobs[i];
        }
        if ((dice >> 200) % 2 == 0 && block.timestamp <= job.dueBy) vm.warp(job.dueBy + 1);
        bool may = job.status == JobStatus.Claimed && block.timestamp > job.dueBy;
        bytes memory data = abi.encodeCall(IJobMarket.timeOutJob, (job.id, paramsOf(job)));
        if (!attempt("timeOutJob", may, STRANGER, address(market), data)) return;
        NodeId id = keys[job.signer].nodeId;
        NodeBook storage node = nodeOf(job.signer);
        bool again = !job.silent && mayReopen(job);
        uint256 cost = 0;
        if (!again && !job.silent && job.money == 0) {
            uint256 held = node.stake < BOND ? node.stake : BOND;
            cost = job.protocolFee < held ? job.protocolFee : held;
        }
        --node.openClaims;
        ++node.failed;
        if (!job.silent) noteSlash(id, SlashCause.TimedOut, BOND, job.requester, cost);
        else ++countOf["quarantine"];
        job.tainted = true;
        if (again) {
            job.silent = true;
            noteReopened(job, id);
        } else {
            job.cost = cost;
            noteEnd(job, JobStatus.TimedOut);
        }
    }

    // Lies

    /// @dev Seldom: it takes a whole stake. Two receipts for one attempt, by any key that there was.
    function equivocate(uint256 dice) private {
        address signer = signers[(dice >> 8) % signers.length];
        if (!keys[signer].condemned && dice % 2 == 0) return;
        Receipt memory first = makeReceipt(postedOf(jobs[(dice >> 20) % jobs.length]), 1, 0);
        Receipt memory second = abi.decode(abi.encode(first), (Receipt));
        if ((dice >> 30) % 4 != 0) second.releasesHash = "others";
        if ((dice >> 40) % 4 == 0) second.attempt = 2;
        bool may = second.releasesHash == "others" && second.attempt == 1 && !keys[signer].condemned;
        bytes memory data = abi.encodeCall(
            IJobMarket.slashEquivocation, (first, signedBy(first, signer), second, signedBy(second, signer))
        );
        if (!attempt("equivocation", may, STRANGER, address(market), data)) return;
        if (keys[signer].condemned) slashedTwice = true;
        (keys[signer].condemned, keys[signer].state) = (true, KeyState.Destroyed);
        NodeBook storage node = nodeOf(signer);
        node.equivocated = true;
        noteSlash(keys[signer].nodeId, SlashCause.Equivocation, node.stake, address(0), 0);
    }

    function signedBy(Receipt memory receipt, address signer) private view returns (bytes memory) {
        return signature(keys[signer].secret, market.receiptDigest(receipt));
    }

    function recover(bytes32 digest, bytes memory signed) private pure returns (address) {
        (bytes32 r, bytes32 s) = abi.decode(signed, (bytes32, bytes32));
        return ecrecover(digest, uint8(signed[64]), r, s);
    }
}
