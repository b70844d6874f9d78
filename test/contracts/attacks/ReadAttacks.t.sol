// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IGrantRegistry} from "../../../contracts/interfaces/IGrantRegistry.sol";
import {IJobMarket, JobStatus, Settlement} from "../../../contracts/interfaces/IJobMarket.sol";
import {GrantHash, JobId} from "../../../contracts/types/Ids.sol";
import {JobOrder, JobRequest} from "../../../contracts/types/JobParams.sol";
import {Reason} from "../../../contracts/types/Reason.sol";
import {GRANT_READ, Terms} from "../../../contracts/types/Terms.sol";
import {AttackKit} from "../helpers/AttackKit.sol";
import {Posted} from "../helpers/Kit.sol";
import {vm} from "../helpers/Vm.sol";

/// @dev Against grants that let data itself out, and the requests that use them.
contract ReadAttacksTest is AttackKit {
    uint96 private constant READ_FEE = PRICE / 100;

    /// A grant to compute is no grant to read.
    function test_Attack_ReadWithAGrantToCompute() public {
        Terms memory terms = makeTerms();
        giveGrant(terms);
        expectNotUsable(terms, Reason.GrantKindMismatch);
        vm.prank(REQUESTER);
        market.requestRead("read", "spec", "bundle", one(terms));
    }

    function test_Attack_ComputeWithAGrantToRead() public {
        Terms memory terms = readTerms();
        JobRequest memory request = makeRequest(one(terms));
        expectNotUsable(terms, Reason.GrantKindMismatch);
        vm.prank(REQUESTER);
        market.submitJob(request, one(terms));
    }

    /// By the owner's signature alone nobody reads: not in a submission either.
    function test_Attack_ReadByAStolenSignature() public {
        Terms memory terms = makeTerms();
        terms.kind = GRANT_READ;
        terms.notBefore = uint40(START + 1 days);
        bytes[] memory signatures = new bytes[](1);
        signatures[0] = signTerms(terms, OWNER_KEY);
        JobRequest memory request = makeRequest(one(terms));
        expectErrorOfRead(terms);
        vm.prank(REQUESTER);
        market.submitJobWithSignatures(request, one(terms), signatures);
        expectErrorOfRead(terms);
        grants.grantBySig(terms, signatures[0]);
    }

    /// The price of a read is the owner's at once: no way leads back to the requester.
    function test_Attack_TakeAReadBack() public {
        uint256 before = worth(REQUESTER);
        (Posted memory job, Terms memory terms) = read();
        vm.expectPartialRevert(IJobMarket.JobParamsMismatched.selector);
        vm.prank(REQUESTER);
        market.cancelJob(job.id, job.params);
        vm.expectPartialRevert(IJobMarket.JobParamsMismatched.selector);
        market.timeOutJob(job.id, job.params);
        vm.expectPartialRevert(IJobMarket.JobNotOpen.selector);
        claim(job);
        Settlement memory settlement = makeSettlement(job, makeReceipt(job, 0, 0), WORKER_KEY);
        settlement.offerHash = 0;
        vm.expectPartialRevert(IJobMarket.JobNotClaimed.selector);
        market.settleJob(settlement);
        vm.warp(block.timestamp + 2 days);
        vm.expectPartialRevert(IJobMarket.JobParamsMismatched.selector);
        vm.prank(REQUESTER);
        market.cancelJob(job.id, job.params);
        eq(owed(OWNER), PRICE);
        eq(before - worth(REQUESTER), PRICE + READ_FEE);
        eq(grants.grantOf(OWNER, grants.hashTerms(terms)).uses, 1);
        yes(market.jobOf(job.id).status == JobStatus.Read);
    }

    /// A revocation, an erasure and the end of the window each stop guardians at once.
    function test_Attack_ReadAfterTheOwnerSaidNo() public {
        (Posted memory job, Terms memory terms) = read();
        expectReadable(job.id, job.params.order, Reason.None);
        revoke(grants.hashTerms(terms));
        expectReadable(job.id, job.params.order, Reason.GrantRevoked);
        erase(datasetId);
        expectReadable(job.id, job.params.order, Reason.DatasetErased);
        vm.warp(block.timestamp + 1 days + 1);
        expectReadable(job.id, job.params.order, Reason.JobDeadlinePassed);
    }

    /// A running job is not readable, a read is not releasable to any enclave, and other words are another order.
    function test_Attack_ReadByAJobAndRunByARead() public {
        (Posted memory job,) = read();
        (bool ok, Reason reason) = market.releasable(job.id, job.params, 0, WORKER);
        yes(!ok && reason == Reason.JobNotClaimed);
        Posted memory running = claimedJob();
        expectReadable(running.id, running.params.order, Reason.JobUnknown);
        job.params.order.inputs[0].grantHash = GrantHash.wrap("another");
        expectReadable(job.id, job.params.order, Reason.JobParamsMismatch);
    }

    /// A hundred reads in one block by a grant for one.
    function test_Attack_HundredReadsInOneBlockAgainstOneUse() public {
        Terms memory terms = readTerms();
        terms.maxUses = 1;
        terms.notBefore += 1 days;
        giveGrant(terms);
        vm.warp(terms.notBefore);
        uint256 before = worth(REQUESTER);
        uint256 accepted = 0;
        for (uint256 i = 0; i < 100; ++i) {
            vm.prank(REQUESTER);
            try market.requestRead(bytes32(i), "spec", "bundle", one(terms)) {
                ++accepted;
            } catch {}
        }
        eq(accepted, 1);
        eq(before - worth(REQUESTER), PRICE + READ_FEE);
    }

    function readTerms() private returns (Terms memory terms) {
        terms = makeTerms();
        terms.kind = GRANT_READ;
        terms.notBefore = uint40(START + 1 days);
        giveGrant(terms);
        vm.warp(terms.notBefore);
    }

    function read() private returns (Posted memory job, Terms memory terms) {
        terms = readTerms();
        JobRequest memory request = makeRequest(one(terms));
        request.fee = 0;
        request.maxOutputBytes = 0;
        request.salt = "read";
        job.params = paramsOf(request, one(terms), REQUESTER);
        vm.prank(REQUESTER);
        job.id = market.requestRead(request.salt, request.specHash, request.bundleDigest, one(terms));
    }

    function expectReadable(JobId id, JobOrder memory order, Reason wanted) private view {
        (bool ok, Reason reason) = market.readable(id, order);
        eq(uint256(reason), uint256(wanted));
        yes(ok == (wanted == Reason.None));
    }

    function expectErrorOfRead(Terms memory terms) private {
        expectError(terms, IGrantRegistry.GrantReadBySignature.selector, "");
    }
}
