// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {GrantStatus, IGrantRegistry} from "../../../contracts/interfaces/IGrantRegistry.sol";
import {IJobMarket} from "../../../contracts/interfaces/IJobMarket.sol";
import {GrantHash} from "../../../contracts/types/Ids.sol";
import {JobRequest} from "../../../contracts/types/JobParams.sol";
import {NodePolicy} from "../../../contracts/types/NodePolicy.sol";
import {Reason} from "../../../contracts/types/Reason.sol";
import {Terms} from "../../../contracts/types/Terms.sol";
import {AttackKit} from "../helpers/AttackKit.sol";
import {Posted} from "../helpers/Kit.sol";
import {vm} from "../helpers/Vm.sol";

/// @dev Against owners: more use, cheaper use, or use without a grant. Each test is named after the attack that fails.
contract GrantAttacksTest is AttackKit {
    function test_Attack_HundredJobsInOneBlockAgainstOneUse() public {
        Terms memory terms = makeTerms();
        terms.maxUses = 1;
        GrantHash grantHash = giveGrant(terms);
        JobRequest memory request = makeRequest(one(terms));
        uint256 before = token.balanceOf(REQUESTER);
        uint256 accepted = 0;
        for (uint256 i = 0; i < 100; ++i) {
            request.salt = bytes32(i);
            vm.prank(REQUESTER);
            try market.submitJob(request, one(terms)) {
                ++accepted;
            } catch (bytes memory problem) {
                bytes4 selector = IGrantRegistry.GrantNotUsable.selector;
                eq(
                    keccak256(problem),
                    keccak256(abi.encodeWithSelector(selector, grantHash, Reason.GrantExhausted))
                );
            }
        }
        eq(accepted, 1);
        eq(grants.grantOf(OWNER, grantHash).uses, 1);
        eq(before - token.balanceOf(REQUESTER), PRICE + FEE + PROTOCOL_FEE);
    }

    /// The bytes of all results together stay within the grant, whatever each job says it needs.
    function test_Attack_ManyJobsForMoreBytesThanGranted() public {
        Terms memory terms = makeTerms();
        terms.maxUses = 100;
        GrantHash grantHash = giveGrant(terms);
        JobRequest memory request = makeRequest(one(terms));
        uint256 accepted = 0;
        for (uint256 i = 0; i < 10; ++i) {
            request.salt = bytes32(i);
            vm.prank(REQUESTER);
            try market.submitJob(request, one(terms)) {
                ++accepted;
            } catch {}
        }
        // 2,048 bytes each of 10,000.
        eq(accepted, 4);
        eq(grants.grantOf(OWNER, grantHash).outputBytes, 4 * 2048);
    }

    function test_Attack_SpendAStrangersGrant() public {
        Terms memory terms = makeTerms();
        giveGrant(terms);
        fund(ATTACKER, 1_000e18);
        JobRequest memory request = makeRequest(one(terms));
        expectNotUsable(terms, Reason.GranteeMismatch);
        vm.prank(ATTACKER);
        market.submitJob(request, one(terms));
        // Written over to himself it is no grant.
        terms.grantee = ATTACKER;
        expectNotUsable(terms, Reason.GrantUnknown);
        vm.prank(ATTACKER);
        market.submitJob(request, one(terms));
        eq(token.balanceOf(ATTACKER), 1_000e18);
    }

    function test_Attack_TombstoneOnAStrangersGrant() public {
        Terms memory terms = makeTerms();
        GrantHash victim = grants.hashTerms(terms);
        GrantHash[] memory hashes = new GrantHash[](1);
        hashes[0] = victim;
        bytes memory signed = signRevocation(victim, SECOND_KEY);
        vm.startPrank(ATTACKER);
        // Before it is sent, and by every way there is.
        grants.revoke(victim);
        grants.revokeBatch(hashes);
        grants.revokeBySig(vm.addr(SECOND_KEY), victim, signed);
        grants.revokeAll();
        vm.expectPartialRevert(IGrantRegistry.GrantSignatureInvalid.selector);
        grants.revokeBySig(OWNER, victim, signed);
        vm.stopPrank();
        giveGrant(terms);
        yes(grants.grantOf(OWNER, victim).status == GrantStatus.Active);
        // And after.
        vm.prank(ATTACKER);
        grants.revoke(victim);
        Posted memory job = submit(makeRequest(one(terms)), one(terms));
        claim(job);
        settle(job, 0);
        eq(owed(OWNER), PRICE);
    }

    function test_Attack_FrontRunGrantBySig() public {
        Terms memory terms = makeTerms();
        bytes memory signed = signTerms(terms, OWNER_KEY);
        vm.prank(ATTACKER);
        grants.grantBySig(terms, signed);
        // The one who was overtaken goes on undisturbed, alone or within a submission.
        grants.grantBySig(terms, signed);
        bytes[] memory signatures = new bytes[](1);
        signatures[0] = signed;
        JobRequest memory request = makeRequest(one(terms));
        vm.prank(REQUESTER);
        market.submitJobWithSignatures(request, one(terms), signatures);
        eq(grants.grantOf(OWNER, grants.hashTerms(terms)).uses, 1);
    }

    /// Who revokes just before the submission lands costs the requester nothing.
    function test_Attack_RevokeInFrontOfTheSubmission() public {
        Terms memory terms = makeTerms();
        GrantHash grantHash = giveGrant(terms);
        uint256 before = worth(REQUESTER);
        revoke(grantHash);
        JobRequest memory request = makeRequest(one(terms));
        expectNotUsable(terms, Reason.GrantRevoked);
        vm.prank(REQUESTER);
        market.submitJob(request, one(terms));
        eq(worth(REQUESTER), before);
        eq(worth(OWNER), 0);
    }

    function test_Attack_OldGrantAfterRevokeAll() public {
        Terms memory terms = makeTerms();
        giveGrant(terms);
        revokeAll();
        JobRequest memory request = makeRequest(one(terms));
        expectNotUsable(terms, Reason.GrantRevoked);
        vm.prank(REQUESTER);
        market.submitJob(request, one(terms));
        // Submitting it again does not bring it back.
        giveGrant(terms);
        expectNotUsable(terms, Reason.GrantRevoked);
        vm.prank(REQUESTER);
        market.submitJob(request, one(terms));
    }

    function test_Attack_GrantOnAnothersDataset() public {
        Terms memory terms = makeTerms();
        terms.owner = ATTACKER;
        expectError(terms, IGrantRegistry.GrantDatasetNotOwned.selector, abi.encode(ATTACKER, OWNER));
        giveGrant(terms);
    }

    /// Terms of a cheaper grant for the same dataset do not pass for the real one.
    function test_Attack_CheaperTerms() public {
        Terms memory terms = makeTerms();
        giveGrant(terms);
        terms.price = 1;
        JobRequest memory request = makeRequest(one(terms));
        expectNotUsable(terms, Reason.GrantUnknown);
        vm.prank(REQUESTER);
        market.submitJob(request, one(terms));
    }

    /// A worthless token in place of the one in the grant.
    function test_Attack_PayInAnotherToken() public {
        Terms memory terms = makeTerms();
        giveGrant(terms);
        JobRequest memory request = makeRequest(one(terms));
        request.token = address(0xdead);
        vm.expectPartialRevert(IJobMarket.JobTokenMismatched.selector);
        vm.prank(REQUESTER);
        market.submitJob(request, one(terms));
    }

    /// The owner's grant names real nodes; a job that lets others in is not posted.
    function test_Attack_WidenTheNodePolicy() public {
        Terms memory terms = makeTerms();
        giveGrant(terms);
        expectTooWide(terms, NodePolicy(3, 1, uint96(STAKE), false));
        expectTooWide(terms, NodePolicy(1, 2, uint96(STAKE), false));
        expectTooWide(terms, NodePolicy(1, 1, uint96(STAKE - 1), false));
        expectTooWide(terms, NodePolicy(1, 1, uint96(STAKE), true));
    }

    function test_Attack_NameAFriendsNode() public {
        Terms memory terms = makeTerms();
        giveGrant(terms);
        JobRequest memory request = makeRequest(one(terms));
        request.offer.namedNode = nodeId;
        vm.expectPartialRevert(IJobMarket.JobNodeNotNameable.selector);
        vm.prank(REQUESTER);
        market.submitJob(request, one(terms));
    }

    /// One owner that allows it does not allow it for another.
    function test_Attack_NameAFriendsNodeForAnOwnerThatDoesNotAllowIt() public {
        Terms[] memory list = giveGrants(2);
        list[0].nodePolicy.requesterMayNameNode = true;
        giveGrant(list[0]);
        JobRequest memory request = makeRequest(list);
        request.offer.nodePolicy = NodePolicy(1, 1, uint96(STAKE), false);
        request.offer.namedNode = nodeId;
        bytes32 id = keccak256(abi.encode(block.chainid, market, REQUESTER, request.salt));
        vm.expectRevert(abi.encodeWithSelector(IJobMarket.JobNodeNotNameable.selector, id, 1));
        vm.prank(REQUESTER);
        market.submitJob(request, list);
    }

    /// A job on 32 grants of one owner pays each price, takes each use, and gives back each.
    function test_Attack_ThirtyTwoGrantsOfOneOwner() public {
        Terms[] memory list = giveGrants(32);
        uint256 before = worth(REQUESTER);
        Posted memory job = submit(makeRequest(list), list);
        uint256 fee = (32 * uint256(PRICE) + FEE) / 100;
        eq(before - worth(REQUESTER), 32 * uint256(PRICE) + FEE + fee);
        claim(job);
        settle(job, 0);
        eq(owed(OWNER), 32 * uint256(PRICE));
        eq(owed(OPERATOR), FEE);
        JobRequest memory request = makeRequest(list);
        request.salt = "second";
        before = worth(REQUESTER);
        job = submit(request, list);
        vm.warp(block.timestamp + 2 hours);
        cancel(job);
        eq(worth(REQUESTER), before);
        for (uint256 i = 0; i < 32; ++i) {
            eq(grants.grantOf(OWNER, grants.hashTerms(list[i])).uses, 1);
            eq(grants.grantOf(OWNER, grants.hashTerms(list[i])).outputBytes, 2048);
        }
    }

    /// One dataset twice, by two grants: the one price would be for two uses of a budget.
    function test_Attack_OneDatasetTwice() public {
        Terms[] memory list = new Terms[](2);
        list[0] = makeTerms();
        list[1] = makeTerms();
        list[1].salt = "second";
        giveGrant(list[0]);
        giveGrant(list[1]);
        JobRequest memory request = makeRequest(list);
        vm.expectPartialRevert(IJobMarket.JobInputDuplicate.selector);
        vm.prank(REQUESTER);
        market.submitJob(request, list);
    }

    // After the data is open

    /// The requester has the data's worth, so the owner is paid although no result came.
    function test_Attack_RunThenTimeOutForFreeData() public {
        // Requester and node are one: it runs the job, keeps the result for itself and falls silent.
        uint256 before = worth(REQUESTER) + worth(OPERATOR);
        Posted memory job = claimedJob();
        timeOut(job);
        executeSlashes();
        eq(worth(OWNER), PRICE);
        eq(grants.grantOf(OWNER, grants.hashTerms(makeTerms())).uses, 1);
        // It has paid the price and lost its bond, but for the protocol fee that it had paid itself.
        eq(before - worth(REQUESTER) - worth(OPERATOR), PRICE + BOND);
    }

    /// Twice, so that the second node is not slashed: the owner is paid, and two bonds are at stake.
    function test_Attack_RunThenTimeOutTwiceForFreeData() public {
        addWorker(SECOND_OPERATOR, SECOND_KEY);
        uint256 before = worth(REQUESTER) + worth(OPERATOR) + worth(SECOND_OPERATOR);
        Terms memory terms = makeTerms();
        giveGrant(terms);
        JobRequest memory request = makeRequest(one(terms));
        request.offer.runSeconds = 60;
        Posted memory job = submit(request, one(terms));
        claim(job);
        timeOut(job);
        claim(job, SECOND_OPERATOR, vm.addr(SECOND_KEY));
        timeOut(job);
        executeSlashes();
        eq(worth(OWNER), PRICE);
        eq(before - worth(REQUESTER) - worth(OPERATOR) - worth(SECOND_OPERATOR), PRICE + BOND);
    }

    /// A pre-release code does not undo an earlier attempt that opened the data.
    function test_Attack_RefundAfterAnEarlierRelease() public {
        Posted memory job = claimedJob();
        settle(job, 48);
        addWorker(SECOND_OPERATOR, SECOND_KEY);
        claim(job, SECOND_OPERATOR, vm.addr(SECOND_KEY));
        settle(job, makeReceipt(job, 2, 1), SECOND_KEY);
        eq(owed(OWNER), PRICE);
        eq(owed(SECOND_OPERATOR), FEE);
        eq(owed(REQUESTER), 0);
        eq(grants.grantOf(OWNER, grants.hashTerms(makeTerms())).uses, 1);
    }

    function test_Attack_CancelAfterAnEarlierRelease() public {
        Posted memory job = claimedJob();
        settle(job, 48);
        vm.warp(job.params.offer.claimBy + 1);
        cancel(job);
        eq(owed(OWNER), PRICE);
        eq(owed(REQUESTER), FEE + PROTOCOL_FEE);
        eq(grants.grantOf(OWNER, grants.hashTerms(makeTerms())).uses, 1);
    }

    function test_Attack_RevokeAfterReleaseToCheatTheNode() public {
        Posted memory job = claimedJob();
        GrantHash grantHash = grants.hashTerms(makeTerms());
        uint256 before = worth(OPERATOR);
        vm.startPrank(OWNER);
        grants.revoke(grantHash);
        grants.revokeAll();
        datasets.eraseDataset(datasetId);
        vm.stopPrank();
        // Nothing more comes out.
        (bool ok, Reason reason) = market.releasable(job.id, job.params, 0, WORKER);
        yes(!ok && reason == Reason.DatasetErased);
        // What was done is paid.
        settle(job, 0);
        eq(worth(OPERATOR) - before, FEE);
        eq(owed(OWNER), PRICE);
    }

    /// Nor does the revocation turn a proved refusal into the node's loss.
    function test_Attack_RevokeBeforeReleaseToCheatTheNode() public {
        Posted memory job = claimedJob();
        uint256 before = worth(OPERATOR);
        revoke(grants.hashTerms(makeTerms()));
        settle(job, 1);
        eq(worth(OPERATOR) - before, FEE);
        eq(nodes.slashCount(), 0);
        eq(owed(OWNER), 0);
        eq(owed(REQUESTER), PRICE);
    }

    function expectTooWide(Terms memory terms, NodePolicy memory policy) private {
        JobRequest memory request = makeRequest(one(terms));
        request.offer.nodePolicy = policy;
        vm.expectPartialRevert(IJobMarket.JobPolicyTooWide.selector);
        vm.prank(REQUESTER);
        market.submitJob(request, one(terms));
    }
}
