// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IJobMarket, Job, JobStatus} from "../../../contracts/interfaces/IJobMarket.sol";
import {KeyState} from "../../../contracts/interfaces/INodeRegistry.sol";
import {KEY_GUARDIAN, KEY_WORKER} from "../../../contracts/types/EnclaveBinding.sol";
import {JobId, NodeId} from "../../../contracts/types/Ids.sol";
import {JobParams} from "../../../contracts/types/JobParams.sol";
import {Reason} from "../../../contracts/types/Reason.sol";
import {Terms} from "../../../contracts/types/Terms.sol";
import {Kit} from "../helpers/Kit.sol";
import {vm} from "../helpers/Vm.sol";

contract JobClaimTest is Kit {
    uint256 private constant OTHER_KEY = 0xc001;

    function test_claimJob() public {
        JobParams memory params = openJob();
        vm.expectEmit(address(market));
        emit IJobMarket.JobClaimed(idOf(params), nodeId, WORKER, 1);
        claim(params);
        Job memory job = market.jobOf(idOf(params));
        yes(job.status == JobStatus.Claimed);
        eq(job.signer, WORKER);
    }

    function test_claimJob_AtTheLastSecond() public {
        JobParams memory params = openJob();
        vm.warp(params.claimBy);
        claim(params);
    }

    function test_claimJob_NamedNode() public {
        JobParams memory params = namedJob(nodeId);
        claim(params);
    }

    function test_RevertWhen_ClaimIsTooLate() public {
        JobParams memory params = openJob();
        vm.warp(params.claimBy + 1);
        expectClaim(params, IJobMarket.ClaimTooLate.selector, abi.encode(params.claimBy, params.claimBy + 1));
    }

    function test_RevertWhen_ParamsAreNotTheJobs() public {
        JobParams memory params = openJob();
        bytes32 stored = market.hashParams(params);
        params.fee += 1;
        expectClaim(
            params, IJobMarket.JobParamsMismatched.selector, abi.encode(market.hashParams(params), stored)
        );
    }

    function test_RevertWhen_JobIsUnknown() public {
        JobParams memory params = openJob();
        params.salt = "unknown";
        expectClaim(
            params, IJobMarket.JobParamsMismatched.selector, abi.encode(market.hashParams(params), bytes32(0))
        );
    }

    function test_RevertWhen_JobIsClaimed() public {
        JobParams memory params = claimedJob();
        expectClaim(params, IJobMarket.JobNotOpen.selector, abi.encode(JobStatus.Claimed));
    }

    function test_RevertWhen_ClaimerDoesNotOperateTheNode() public {
        JobParams memory params = openJob();
        expect(params, IJobMarket.ClaimCallerNotOperator.selector, abi.encode(STRANGER, OPERATOR));
        vm.prank(STRANGER);
        market.claimJob(params, WORKER);
    }

    function test_RevertWhen_KeyIsNoWorkers() public {
        addKey(nodeId, OPERATOR, GUARDIAN_KEY, KEY_GUARDIAN);
        JobParams memory params = openJob();
        address guardian = vm.addr(GUARDIAN_KEY);
        expect(params, IJobMarket.ClaimKeyNotWorker.selector, abi.encode(guardian));
        vm.prank(OPERATOR);
        market.claimJob(params, guardian);
        expect(params, IJobMarket.ClaimKeyNotWorker.selector, abi.encode(STRANGER));
        vm.prank(OPERATOR);
        market.claimJob(params, STRANGER);
    }

    function test_RevertWhen_KeyIsNotActive() public {
        JobParams memory params = openJob();
        vm.prank(OPERATOR);
        nodes.drainEnclaveKey(WORKER);
        expectClaim(params, IJobMarket.ClaimKeyNotActive.selector, abi.encode(WORKER, KeyState.Draining));
    }

    function test_RevertWhen_NodeIsExiting() public {
        JobParams memory params = openJob();
        vm.prank(OPERATOR);
        nodes.requestExit(nodeId);
        expectClaim(params, IJobMarket.ClaimKeyNotActive.selector, abi.encode(WORKER, KeyState.Draining));
    }

    function test_RevertWhen_KeyIsExpired() public {
        vm.warp(START + 7 days - 30 minutes);
        JobParams memory params = openJob();
        vm.warp(START + 7 days);
        expectClaim(params, IJobMarket.ClaimKeyExpired.selector, abi.encode(WORKER, START + 7 days));
    }

    function test_RevertWhen_MeasurementIsBanned() public {
        JobParams memory params = openJob();
        measurements.ban(MEASUREMENT);
        expectClaim(params, IJobMarket.ClaimMeasurementBanned.selector, abi.encode(MEASUREMENT));
    }

    function test_RevertWhen_StakeIsTooSmall() public {
        Terms memory terms = makeTerms();
        terms.nodePolicy.minStake = uint96(STAKE + 1);
        expectPolicy(terms);
    }

    function test_RevertWhen_KindIsNotInThePolicy() public {
        Terms memory terms = makeTerms();
        terms.nodePolicy.verifierKinds = 2;
        expectPolicy(terms);
    }

    function test_RevertWhen_VendorIsNotInThePolicy() public {
        Terms memory terms = makeTerms();
        terms.nodePolicy.vendors = 2;
        expectPolicy(terms);
    }

    function test_RevertWhen_AnotherNodeIsNamed() public {
        JobParams memory params = namedJob(NodeId.wrap(7));
        expectClaim(params, IJobMarket.ClaimNodeNotNamed.selector, abi.encode(nodeId, 7));
    }

    function test_RevertWhen_NodeHasFailedAtTheJob() public {
        JobParams memory params = claimedJob();
        settle(params, 32);
        expectClaim(params, IJobMarket.ClaimNodeExcluded.selector, abi.encode(nodeId));
        NodeId second = addWorker(SECOND_OPERATOR, OTHER_KEY);
        claimAs(params, SECOND_OPERATOR, OTHER_KEY);
        settle(params, makeReceipt(params, 2, 32), OTHER_KEY);
        expectClaim(params, IJobMarket.ClaimNodeExcluded.selector, abi.encode(nodeId));
        expect(params, IJobMarket.ClaimNodeExcluded.selector, abi.encode(second));
        vm.prank(SECOND_OPERATOR);
        market.claimJob(params, vm.addr(OTHER_KEY));
        (NodeId a, NodeId b) = market.excludedNodesOf(idOf(params));
        yes(a == nodeId && b == second);
    }

    /// Another key of a node that failed does not get round it.
    function test_RevertWhen_NodeHasFailedWithAnotherKey() public {
        addKey(nodeId, OPERATOR, OTHER_KEY, KEY_WORKER);
        JobParams memory params = claimedJob();
        settle(params, 32);
        expect(params, IJobMarket.ClaimNodeExcluded.selector, abi.encode(nodeId));
        vm.prank(OPERATOR);
        market.claimJob(params, vm.addr(OTHER_KEY));
    }

    // releasable, reason by reason in the enum's order

    function test_releasable() public {
        JobParams memory params = claimedJob();
        expectReason(params, 0, WORKER, Reason.None);
    }

    function test_releasable_KeyReasons() public {
        JobParams memory params = openJob();
        params.salt = "unknown"; // later checks fail too; the key's come first
        expectReason(params, 9, STRANGER, Reason.NodeKeyUnknown);
        addKey(nodeId, OPERATOR, GUARDIAN_KEY, KEY_GUARDIAN);
        expectReason(params, 9, vm.addr(GUARDIAN_KEY), Reason.NodeKeyUnknown);
        measurements.ban(MEASUREMENT);
        expectReason(params, 9, WORKER, Reason.MeasurementBanned);
        nodes.freezeEnclaveKey(WORKER);
        expectReason(params, 9, WORKER, Reason.NodeKeyInactive);
        vm.warp(START + 7 days);
        expectReason(params, 9, WORKER, Reason.NodeKeyExpired);
    }

    function test_releasable_JobReasons() public {
        JobParams memory params = openJob();
        JobParams memory other = openJobCopy(params);
        other.salt = "unknown";
        expectReason(other, 9, WORKER, Reason.JobUnknown);
        other.salt = params.salt;
        other.fee += 1;
        expectReason(other, 9, WORKER, Reason.JobParamsMismatch);
        expectReason(params, 9, WORKER, Reason.JobNotClaimed);
        claim(params);
        addKey(nodeId, OPERATOR, OTHER_KEY, KEY_WORKER);
        expectReason(params, 9, vm.addr(OTHER_KEY), Reason.JobClaimedByOther);
        expectReason(params, 1, WORKER, Reason.InputUnknown);
        vm.warp(params.deadline);
        expectReason(params, 0, WORKER, Reason.None);
        vm.warp(params.deadline + 1);
        expectReason(params, 9, WORKER, Reason.JobDeadlinePassed);
    }

    function test_releasable_DatasetErased() public {
        JobParams memory params = claimedJob();
        vm.prank(OWNER);
        datasets.eraseDataset(datasetId);
        expectReason(params, 0, WORKER, Reason.DatasetErased);
    }

    function test_releasable_GrantRevoked() public {
        JobParams memory params = claimedJob();
        vm.prank(OWNER);
        grants.revoke(makeTerms());
        expectReason(params, 0, WORKER, Reason.GrantRevoked);
    }

    function test_releasable_OwnerEpochBumped() public {
        JobParams memory params = claimedJob();
        vm.prank(OWNER);
        grants.revokeAll();
        expectReason(params, 0, WORKER, Reason.GrantRevoked);
    }

    function test_releasable_KeysRotated() public {
        JobParams memory params = claimedJob();
        rotateKeys(datasetId);
        expectReason(params, 0, WORKER, Reason.KeyEpochOld);
    }

    function test_releasable_MeasurementAllowedAfterTheGrant() public {
        bytes32 next = "supervisor 2";
        measurements.allow(next);
        addKey(nodeId, OPERATOR, OTHER_KEY, KEY_WORKER, next);
        JobParams memory params = openJob();
        claimAs(params, OPERATOR, OTHER_KEY);
        expectReason(params, 0, vm.addr(OTHER_KEY), Reason.MeasurementNotGranted);
    }

    function test_releasable_FollowsUpgrades() public {
        bytes32 next = "supervisor 2";
        measurements.allow(next);
        addKey(nodeId, OPERATOR, OTHER_KEY, KEY_WORKER, next);
        Terms memory terms = makeTerms();
        terms.followUpgrades = true;
        giveGrant(terms);
        JobParams memory params = makeParams(one(terms));
        submit(params, one(terms));
        claimAs(params, OPERATOR, OTHER_KEY);
        expectReason(params, 0, vm.addr(OTHER_KEY), Reason.None);
    }

    function test_releasable_WhileDraining() public {
        JobParams memory params = claimedJob();
        vm.startPrank(OPERATOR);
        nodes.drainEnclaveKey(WORKER);
        nodes.requestExit(nodeId);
        expectReason(params, 0, WORKER, Reason.None);
    }

    /// A grant used up by this very job still lets its data out.
    function test_releasable_WithTheLastUse() public {
        Terms memory terms = makeTerms();
        terms.maxUses = 1;
        giveGrant(terms);
        JobParams memory params = makeParams(one(terms));
        submit(params, one(terms));
        claim(params);
        expectReason(params, 0, WORKER, Reason.None);
    }

    function testFuzz_claimJob_Window(uint40 time) public {
        JobParams memory params = openJob();
        time = uint40(bound(time, START, START + 7 days - 1));
        vm.warp(time);
        if (time > params.claimBy) vm.expectPartialRevert(IJobMarket.ClaimTooLate.selector);
        claim(params);
    }

    function testFuzz_RevertWhen_ClaimerIsAnyoneElse(address caller) public {
        vm.assume(caller != OPERATOR);
        JobParams memory params = openJob();
        vm.expectPartialRevert(IJobMarket.ClaimCallerNotOperator.selector);
        vm.prank(caller);
        market.claimJob(params, WORKER);
    }

    function testFuzz_releasable_OnlyTheClaimingKey(address signer) public {
        JobParams memory params = claimedJob();
        (bool ok,) = market.releasable(params, 0, signer);
        yes(ok == (signer == WORKER));
    }

    function namedJob(NodeId named) private returns (JobParams memory params) {
        Terms memory terms = makeTerms();
        terms.nodePolicy.requesterMayNameNode = true;
        giveGrant(terms);
        params = makeParams(one(terms));
        params.namedNode = named;
        submit(params, one(terms));
    }

    function openJobCopy(JobParams memory params) private pure returns (JobParams memory) {
        return abi.decode(abi.encode(params), (JobParams));
    }

    function claimAs(JobParams memory params, address operator, uint256 key) private {
        vm.prank(operator);
        market.claimJob(params, vm.addr(key));
    }

    function expect(JobParams memory params, bytes4 selector, bytes memory rest) private {
        vm.expectRevert(bytes.concat(selector, abi.encode(idOf(params)), rest));
    }

    function expectClaim(JobParams memory params, bytes4 selector, bytes memory rest) private {
        expect(params, selector, rest);
        claim(params);
    }

    function expectPolicy(Terms memory terms) private {
        giveGrant(terms);
        JobParams memory params = makeParams(one(terms));
        submit(params, one(terms));
        expectClaim(params, IJobMarket.ClaimPolicyMismatched.selector, abi.encode(nodeId));
    }

    function expectReason(JobParams memory params, uint256 input, address signer, Reason wanted) private view {
        (bool ok, Reason reason) = market.releasable(params, input, signer);
        eq(uint256(reason), uint256(wanted));
        yes(ok == (wanted == Reason.None));
    }
}
