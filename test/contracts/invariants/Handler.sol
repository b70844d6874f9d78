// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Grant, GrantStatus} from "../../../contracts/interfaces/IGrantRegistry.sol";
import {Job, JobStatus} from "../../../contracts/interfaces/IJobMarket.sol";
import {KeyState, NodeStatus} from "../../../contracts/interfaces/INodeRegistry.sol";
import {DatasetHead} from "../../../contracts/types/DatasetHead.sol";
import {KEY_WORKER} from "../../../contracts/types/EnclaveBinding.sol";
import {DatasetId, GrantHash, JobId, NodeId} from "../../../contracts/types/Ids.sol";
import {JobParams} from "../../../contracts/types/JobParams.sol";
import {NodePolicy} from "../../../contracts/types/NodePolicy.sol";
import {Receipt} from "../../../contracts/types/Receipt.sol";
import {Terms} from "../../../contracts/types/Terms.sol";
import {Kit} from "../helpers/Kit.sol";
import {vm} from "../helpers/Vm.sol";

/// @dev Everyone at once: owners who grant, revoke, rotate and erase, requesters, operators who claim, settle, fail,
/// drain and leave, governance that bans. Keeps its own account of what must hold and raises a flag where it did not.
contract Handler is Kit {
    uint256 private constant OWNERS = 3;
    uint256 private constant OPERATORS = 4;

    struct Known {
        bytes params;
        uint256 escrow;
        bytes32 settled; // hash of the stored job when it ended
    }

    Terms[] private allTerms;
    Known[] private jobs;
    address[] private people;
    mapping(bytes32 grantHash => uint256) private openReservations;
    uint32[OWNERS] private ownerEpochs;
    uint256 private salt;
    DatasetHead[OWNERS] private heads;
    DatasetId[OWNERS] private ids;

    /// @dev Money brought in and taken out, per the test's own book.
    uint256 public broughtIn;
    uint256 public takenOut;
    uint256 public settledCount;
    uint256 public staked;
    uint256 public donated;

    bool public brokenGrantUsed;
    bool public bannedKeySettled;
    bool public epochWentBack;
    bool public tokenMoved;
    bool public revokedCameBack;

    constructor() {
        vm.warp(START);
        vm.roll(1000);
        deploy();
        for (uint256 i = 0; i < OWNERS; ++i) {
            address owner = vm.addr(0xd000 + i);
            ids[i] = registerDataset(owner, bytes32(i));
            heads[i] = firstHead();
            people.push(owner);
        }
        for (uint256 i = 0; i < OPERATORS; ++i) {
            address operator = operatorOf(i);
            measurements.allow(measurementOf(i));
            registerNode(operator, 7, uint128(STAKE));
            staked += STAKE;
            addKey(NodeId.wrap(uint32(i + 1)), operator, keyOf(i), KEY_WORKER, measurementOf(i));
            people.push(operator);
        }
        people.push(REQUESTER);
        fund(REQUESTER, type(uint128).max);
    }

    /// @dev The stage is set once, above; fuzzing calls this too.
    function setUp() public override {}

    // Owners

    function giveGrant(uint256 who, uint32 maxUses, uint96 price, uint64 maxOutputBytes) external {
        Terms memory terms = makeTerms();
        who %= OWNERS;
        terms.owner = people[who];
        terms.datasetId = ids[who];
        terms.maxUses = uint32(bound(maxUses, 1, 4));
        terms.price = uint96(bound(price, 0, 1e24));
        terms.maxOutputBytes = uint64(bound(maxOutputBytes, 64, 4096));
        terms.ownerEpoch = grants.ownerEpochOf(terms.owner);
        terms.keyEpoch = datasets.datasetOf(ids[who]).keyEpoch;
        terms.measurementEpoch = measurements.currentEpoch();
        terms.notBefore = uint40(block.timestamp);
        terms.expiresAt = uint40(block.timestamp + 2 days);
        terms.salt = bytes32(++salt);
        vm.prank(terms.owner);
        try grants.grant(terms) {
            allTerms.push(terms);
        } catch {}
    }

    function revoke(uint256 which) external {
        if (allTerms.length == 0) return;
        Terms memory terms = allTerms[which % allTerms.length];
        vm.prank(terms.owner);
        grants.revoke(terms);
    }

    function grantAgain(uint256 which) external {
        if (allTerms.length == 0) return;
        Terms memory terms = allTerms[which % allTerms.length];
        bool revoked = grants.grantOf(grants.hashTerms(terms)).status == GrantStatus.Revoked;
        vm.prank(terms.owner);
        try grants.grant(terms) {
            if (revoked) revokedCameBack = true;
        } catch {}
    }

    /// @dev Seldom, or no grant lives long.
    function revokeAll(uint256 who) external {
        if (who % 5 != 0) return;
        who = (who / 5) % OWNERS;
        vm.prank(people[who]);
        uint32 epoch = grants.revokeAll();
        if (epoch <= ownerEpochs[who]) epochWentBack = true;
        ownerEpochs[who] = epoch;
    }

    function publish(uint256 who, bool rotate) external {
        who %= OWNERS;
        uint32 epoch = datasets.datasetOf(ids[who]).keyEpoch;
        uint48 version = datasets.datasetOf(ids[who]).version;
        DatasetHead memory head = heads[who];
        bytes32 digest = keccak256(abi.encode(++salt));
        vm.prank(people[who]);
        try datasets.publish(ids[who], head, digest, digest, digest, rotate ? epoch + 1 : epoch, new bytes32[](0)) {
            (head.manifestDigest, head.keyBoxDigest, head.guardianSetHash) = (digest, digest, digest);
            heads[who] = head;
        } catch {}
        if (datasets.datasetOf(ids[who]).keyEpoch < epoch) epochWentBack = true;
        if (datasets.datasetOf(ids[who]).version < version) epochWentBack = true;
    }

    // Requester

    function submitJob(uint256 which, uint256 second, uint32 outputBytes, uint96 fee) external {
        if (allTerms.length == 0) return;
        Terms memory first = allTerms[which % allTerms.length];
        Terms memory other = allTerms[second % allTerms.length];
        Terms[] memory list;
        if (first.datasetId == other.datasetId) {
            list = one(first);
        } else {
            list = new Terms[](2);
            (list[0], list[1]) = (first, other);
        }
        JobParams memory params = makeParams(list);
        params.salt = bytes32(++salt);
        params.fee = uint96(bound(fee, 0, 1e24));
        params.maxOutputBytes = uint32(bound(outputBytes, 13, 2000));
        uint256 escrow = params.fee;
        bool broken = false;
        for (uint256 i = 0; i < list.length; ++i) {
            escrow += list[i].price;
            broken = broken || isBroken(list[i], params.maxOutputBytes);
        }
        vm.prank(REQUESTER);
        try market.submitJob(params, list) {
            if (broken) brokenGrantUsed = true;
            jobs.push();
            jobs[jobs.length - 1].params = abi.encode(params);
            jobs[jobs.length - 1].escrow = escrow;
            broughtIn += escrow;
        } catch {}
    }

    function cancelJob(uint256 which) external {
        if (jobs.length == 0) return;
        Known storage known = jobs[which % jobs.length];
        vm.prank(REQUESTER);
        try market.cancelJob(paramsOf(known)) {
            close(known);
        } catch {}
    }

    // Operators

    function claimJob(uint256 which, uint256 who) external {
        if (jobs.length == 0) return;
        Known storage known = jobs[which % jobs.length];
        who %= OPERATORS;
        vm.prank(operatorOf(who));
        try market.claimJob(paramsOf(known), vm.addr(keyOf(who))) {} catch {}
    }

    /// @dev The most frequent end, whatever the code.
    function settleJob(uint256 which, uint16 code) external {
        if (jobs.length == 0) return;
        settleKnown(jobs[which % jobs.length], code);
    }

    function settleLatest(uint16 code) external {
        if (jobs.length == 0) return;
        settleKnown(jobs[jobs.length - 1], code);
    }

    function timeOutJob(uint256 which) external {
        if (jobs.length == 0) return;
        Known storage known = jobs[which % jobs.length];
        try market.timeOutJob(paramsOf(known)) {
            close(known);
        } catch {}
    }

    function withdraw(uint256 who) external {
        vm.prank(people[who % people.length]);
        try market.withdraw(address(token)) returns (uint256 amount) {
            takenOut += amount;
        } catch {}
    }

    function drain(uint256 who) external {
        if (who % 7 != 0) return;
        who = (who / 7) % OPERATORS;
        vm.prank(operatorOf(who));
        try nodes.drainEnclaveKey(vm.addr(keyOf(who))) {} catch {}
    }

    function exitNode(uint256 who) external {
        who %= OPERATORS;
        NodeId id = NodeId.wrap(uint32(who + 1));
        NodeStatus status = nodes.nodeOf(id).status;
        vm.startPrank(operatorOf(who));
        if (status == NodeStatus.Active && who == 0) {
            nodes.requestExit(id);
        } else if (status == NodeStatus.Exiting) {
            try nodes.withdrawStake(id) {
                staked -= STAKE;
            } catch {}
        }
        vm.stopPrank();
    }

    function moveToken(uint256 who, address to) external {
        who %= OPERATORS;
        vm.prank(operatorOf(who));
        (bool success,) = address(nodes)
            .call(abi.encodeWithSignature("transferFrom(address,address,uint256)", operatorOf(who), to, who + 1));
        if (success) tokenMoved = true;
    }

    // Governance and time

    function ban(uint256 who) external {
        if (who % 11 != 0) return;
        who = (who / 11) % OPERATORS;
        try measurements.ban(measurementOf(who)) {} catch {}
    }

    function wait(uint256 seconds_) external {
        vm.warp(block.timestamp + bound(seconds_, 1, 40 minutes));
    }

    /// @dev Anybody may send tokens to the market; they belong to nobody.
    function donate(uint256 amount) external {
        amount = bound(amount, 0, 1e24);
        token.mint(address(market), amount);
        broughtIn += amount;
        donated += amount;
    }

    // What the invariants ask

    function countOf(JobStatus status) external view returns (uint256 count) {
        for (uint256 i = 0; i < jobs.length; ++i) {
            if (market.jobOf(idOf(paramsOf(jobs[i]))).status == status) ++count;
        }
    }

    /// @dev Escrow of jobs that have not ended, by the market's word for their state.
    function openEscrow() external view returns (uint256 sum) {
        for (uint256 i = 0; i < jobs.length; ++i) {
            JobStatus status = market.jobOf(idOf(paramsOf(jobs[i]))).status;
            if (status == JobStatus.Open || status == JobStatus.Claimed) sum += jobs[i].escrow;
        }
    }

    function allOwed() external view returns (uint256 sum) {
        for (uint256 i = 0; i < people.length; ++i) {
            sum += owed(people[i]);
        }
    }

    function marketBalance() external view returns (uint256) {
        return token.balanceOf(address(market));
    }

    function stakeBalance() external view returns (uint256) {
        return token.balanceOf(address(nodes));
    }

    function stakeOfNodes() external view returns (uint256 sum) {
        for (uint32 i = 1; i <= OPERATORS; ++i) {
            sum += nodes.nodeOf(NodeId.wrap(i)).stake;
        }
    }

    function grantsWithinTerms() external view returns (bool) {
        for (uint256 i = 0; i < allTerms.length; ++i) {
            Grant memory stored = grants.grantOf(grants.hashTerms(allTerms[i]));
            if (stored.uses > allTerms[i].maxUses || stored.outputBytes > allTerms[i].maxOutputBytes) return false;
        }
        return true;
    }

    /// @dev Every grant's uses are those of its jobs that have not given them back.
    function usesMatchJobs() external view returns (bool) {
        for (uint256 i = 0; i < allTerms.length; ++i) {
            GrantHash grantHash = grants.hashTerms(allTerms[i]);
            uint256 uses = 0;
            uint256 reserved = 0;
            for (uint256 j = 0; j < jobs.length; ++j) {
                JobParams memory params = paramsOf(jobs[j]);
                if (!keepsUses(params)) continue;
                for (uint256 k = 0; k < params.inputs.length; ++k) {
                    if (params.inputs[k].grantHash != grantHash) continue;
                    ++uses;
                    reserved += params.maxOutputBytes;
                }
            }
            Grant memory stored = grants.grantOf(grantHash);
            if (stored.uses != uses || stored.outputBytes != reserved) return false;
        }
        return true;
    }

    function endedJobsUnchanged() external view returns (bool) {
        for (uint256 i = 0; i < jobs.length; ++i) {
            if (jobs[i].settled != 0 && jobs[i].settled != stateOf(paramsOf(jobs[i]))) return false;
        }
        return true;
    }

    /// @dev A receipt is stored exactly where one ended the job.
    function receiptsWhereDue() external view returns (bool) {
        for (uint256 i = 0; i < jobs.length; ++i) {
            Job memory job = market.jobOf(idOf(paramsOf(jobs[i])));
            bool due = job.status == JobStatus.Settled || job.status == JobStatus.Failed;
            if (due != (job.receiptDigest != 0)) return false;
        }
        return true;
    }

    function claimsAreWhole() external view returns (bool) {
        for (uint256 i = 0; i < jobs.length; ++i) {
            Job memory job = market.jobOf(idOf(paramsOf(jobs[i])));
            if (job.status == JobStatus.Open && job.signer != address(0)) return false;
            if (job.status == JobStatus.Claimed && job.signer == address(0)) return false;
            if (job.attempt == 0 || job.attempt > 3) return false;
        }
        return true;
    }

    function countedSettlements() external view returns (uint256 sum) {
        for (uint32 i = 1; i <= OPERATORS; ++i) {
            sum += nodes.nodeOf(NodeId.wrap(i)).settled;
        }
    }

    function tokensAtHome() external view returns (bool) {
        for (uint256 i = 0; i < OPERATORS; ++i) {
            if (nodes.nodeOf(NodeId.wrap(uint32(i + 1))).operator != operatorOf(i)) return false;
        }
        return !tokenMoved;
    }

    function settleKnown(Known storage known, uint16 code) private {
        JobParams memory params = paramsOf(known);
        Job memory job = market.jobOf(idOf(params));
        if (job.status != JobStatus.Claimed) return;
        code = code % 3 == 0 ? 0 : code % 64;
        uint256 who = 0;
        while (vm.addr(keyOf(who)) != job.signer) ++who;
        Receipt memory receipt = makeReceipt(params, job.attempt, code);
        bytes memory signed = signature(keyOf(who), market.receiptDigest(receipt));
        bool banned = !measurements.isAllowed(measurementOf(who));
        try market.settleJob(params, receipt, signed, code == 0 ? RESULT : bytes("")) {
            if (banned) bannedKeySettled = true;
            if (code == 0) ++settledCount;
            if (market.jobOf(idOf(params)).status != JobStatus.Open) close(known);
        } catch {}
    }

    function close(Known storage known) private {
        known.settled = stateOf(paramsOf(known));
    }

    function paramsOf(Known storage known) private view returns (JobParams memory) {
        return abi.decode(known.params, (JobParams));
    }

    function stateOf(JobParams memory params) private view returns (bytes32) {
        return keccak256(abi.encode(market.jobOf(idOf(params))));
    }

    /// @dev By the table of states: only a job never released from gives uses back.
    function keepsUses(JobParams memory params) private view returns (bool) {
        Job memory job = market.jobOf(idOf(params));
        return job.tainted || (job.status != JobStatus.Cancelled && job.status != JobStatus.Failed);
    }

    /// @dev Asked of the stored grant, apart from `check`.
    function isBroken(Terms memory terms, uint256 outputBytes) private view returns (bool) {
        Grant memory stored = grants.grantOf(grants.hashTerms(terms));
        return stored.status != GrantStatus.Active || terms.ownerEpoch != grants.ownerEpochOf(terms.owner)
            || block.timestamp >= terms.expiresAt || stored.uses >= terms.maxUses
            || stored.outputBytes + outputBytes > terms.maxOutputBytes
            || terms.keyEpoch != datasets.datasetOf(terms.datasetId).keyEpoch;
    }

    function operatorOf(uint256 who) private pure returns (address) {
        return address(uint160(0xe000 + who));
    }

    function keyOf(uint256 who) private pure returns (uint256) {
        return 0xf000 + who;
    }

    function measurementOf(uint256 who) private pure returns (bytes32) {
        return keccak256(abi.encode("supervisor of", who));
    }
}
