// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Grant, GrantStatus, IGrantRegistry} from "../../../contracts/interfaces/IGrantRegistry.sol";
import {GrantHash} from "../../../contracts/types/Ids.sol";
import {Reason} from "../../../contracts/types/Reason.sol";
import {Terms} from "../../../contracts/types/Terms.sol";
import {GrantKit} from "../helpers/GrantKit.sol";
import {vm} from "../helpers/Vm.sol";

/// @dev Revocations by transaction: of one grant, of several, of all.
contract GrantRevocationTest is GrantKit {
    function test_revoke() public {
        Terms memory terms = makeTerms();
        GrantHash grantHash = giveGrant(terms);
        consume(terms, 7);
        vm.expectEmit(address(grants));
        emit IGrantRegistry.GrantRevoked(grantHash, OWNER);
        revoke(grantHash);
        Grant memory stored = grants.grantOf(OWNER, grantHash);
        yes(stored.status == GrantStatus.Revoked);
        eq(stored.uses, 1);
        eq(stored.outputBytes, 7);
        expectReason(terms, 1, Reason.GrantRevoked);
        expectRelease(grantHash, OWNER, datasetId, 0, Reason.GrantRevoked);
    }

    function test_revoke_NeverSubmitted() public {
        Terms memory terms = makeTerms();
        GrantHash grantHash = grants.hashTerms(terms);
        vm.expectEmit(address(grants));
        emit IGrantRegistry.GrantRevoked(grantHash, OWNER);
        revoke(grantHash);
        expectError(terms, IGrantRegistry.GrantAlreadyRevoked.selector, "");
        giveGrant(terms);
        expectReason(terms, 1, Reason.GrantRevoked);
    }

    function test_revoke_TwiceDoesNothing() public {
        GrantHash grantHash = grants.hashTerms(makeTerms());
        revoke(grantHash);
        vm.recordLogs();
        revoke(grantHash);
        eq(vm.getRecordedLogs().length, 0);
    }

    function test_revoke_OfAStrangersHashIsHarmless() public {
        Terms memory terms = makeTerms();
        GrantHash grantHash = giveGrant(terms);
        vm.prank(STRANGER);
        grants.revoke(grantHash);
        yes(grants.grantOf(STRANGER, grantHash).status == GrantStatus.Revoked);
        yes(grants.grantOf(OWNER, grantHash).status == GrantStatus.Active);
        expectReason(terms, 1, Reason.None);
        expectRelease(grantHash, OWNER, datasetId, 0, Reason.None);
        consume(terms, 1);
    }

    /// Also where the owner has rotated keys, or erased the dataset.
    function test_revoke_OfADeadGrant() public {
        GrantHash grantHash = giveGrant(makeTerms());
        rotateKeys(datasetId);
        erase(datasetId);
        vm.warp(START + 3650 days);
        revoke(grantHash);
        yes(grants.grantOf(OWNER, grantHash).status == GrantStatus.Revoked);
    }

    // Batches

    function test_revokeBatch() public {
        GrantHash[] memory hashes = new GrantHash[](3);
        Terms memory terms = makeTerms();
        hashes[0] = giveGrant(terms);
        hashes[1] = GrantHash.wrap("never submitted");
        terms.salt = "third";
        hashes[2] = giveGrant(terms);
        for (uint256 i = 0; i < 3; ++i) {
            vm.expectEmit(address(grants));
            emit IGrantRegistry.GrantRevoked(hashes[i], OWNER);
        }
        vm.prank(OWNER);
        grants.revokeBatch(hashes);
        for (uint256 i = 0; i < 3; ++i) {
            yes(grants.grantOf(OWNER, hashes[i]).status == GrantStatus.Revoked);
        }
    }

    function test_revokeBatch_SaysNothingOfThoseRevokedAlready() public {
        GrantHash[] memory hashes = new GrantHash[](3);
        hashes[0] = GrantHash.wrap("first");
        hashes[1] = GrantHash.wrap("second");
        hashes[2] = hashes[1];
        revoke(hashes[0]);
        vm.recordLogs();
        vm.prank(OWNER);
        grants.revokeBatch(hashes);
        eq(vm.getRecordedLogs().length, 1);
    }

    function test_RevertWhen_RevokedBatchIsEmpty() public {
        vm.expectRevert(abi.encodeWithSelector(IGrantRegistry.GrantBatchEmpty.selector));
        vm.prank(OWNER);
        grants.revokeBatch(new GrantHash[](0));
    }

    // All

    function test_revokeAll() public {
        Terms memory terms = makeTerms();
        GrantHash grantHash = giveGrant(terms);
        vm.expectEmit(address(grants));
        emit IGrantRegistry.OwnerEpochBumped(OWNER, 1);
        vm.prank(OWNER);
        eq(grants.revokeAll(), 1);
        eq(grants.ownerEpochOf(OWNER), 1);
        expectReason(terms, 100, Reason.GrantRevoked);
        expectRelease(grantHash, OWNER, datasetId, 0, Reason.GrantRevoked);
        // Slot 1, as enclaves read it through proofs.
        eq(uint256(vm.load(address(grants), keccak256(abi.encode(OWNER, 1)))), 1);
    }

    function test_revokeAll_OthersKeepTheirs() public {
        Terms memory terms = makeTerms();
        giveGrant(terms);
        vm.prank(STRANGER);
        grants.revokeAll();
        eq(grants.ownerEpochOf(STRANGER), 1);
        eq(grants.ownerEpochOf(OWNER), 0);
        expectReason(terms, 100, Reason.None);
    }

    /// A grant that was signed but never sent is over as well.
    function test_revokeAll_EndsWhatWasNeverSubmitted() public {
        Terms memory terms = makeTerms();
        bytes memory signed = signTerms(terms, OWNER_KEY);
        revokeAll();
        expectError(terms, IGrantRegistry.GrantOwnerEpochStale.selector, abi.encode(0, 1));
        grants.grantBySig(terms, signed);
    }

    /// An active grant of an old epoch cannot be activated again: sending it changes nothing.
    function test_revokeAll_IsNotUndoneByGrantingAgain() public {
        Terms memory terms = makeTerms();
        giveGrant(terms);
        revokeAll();
        giveGrant(terms);
        expectReason(terms, 1, Reason.GrantRevoked);
    }

    // Fuzz

    function testFuzz_revoke_ReachesTheCallersSlotOnly(address caller, GrantHash grantHash) public {
        vm.assume(caller != OWNER);
        Terms memory terms = makeTerms();
        GrantHash active = giveGrant(terms);
        vm.startPrank(caller);
        grants.revoke(grantHash);
        grants.revoke(active);
        vm.stopPrank();
        yes(grants.grantOf(caller, grantHash).status == GrantStatus.Revoked);
        yes(grants.grantOf(OWNER, grantHash).status == GrantStatus.None);
        expectReason(terms, 1, Reason.None);
    }

    function testFuzz_revokeBatch(GrantHash[] memory hashes) public {
        vm.assume(hashes.length != 0);
        vm.prank(OWNER);
        grants.revokeBatch(hashes);
        for (uint256 i = 0; i < hashes.length; ++i) {
            yes(grants.grantOf(OWNER, hashes[i]).status == GrantStatus.Revoked);
        }
    }

    function testFuzz_revokeAll_CountsUp(address caller, uint8 times) public {
        uint32 before = grants.ownerEpochOf(caller);
        for (uint256 i = 0; i < times; ++i) {
            vm.prank(caller);
            eq(grants.revokeAll(), before + i + 1);
        }
        eq(grants.ownerEpochOf(caller), before + times);
    }
}
