// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Grant, GrantStatus, IGrantRegistry, TermsField} from "../../../contracts/interfaces/IGrantRegistry.sol";
import {DatasetId, GrantHash} from "../../../contracts/types/Ids.sol";
import {Reason} from "../../../contracts/types/Reason.sol";
import {GRANT_READ, Terms} from "../../../contracts/types/Terms.sol";
import {Kit} from "../helpers/Kit.sol";
import {vm} from "../helpers/Vm.sol";

contract GrantRegistryTest is Kit {
    function test_grant() public {
        Terms memory terms = makeTerms();
        GrantHash wanted = grants.hashTerms(terms);
        vm.expectEmit(address(grants));
        emit IGrantRegistry.GrantCreated(wanted, OWNER, REQUESTER, terms);
        yes(giveGrant(terms) == wanted);
        Grant memory stored = grants.grantOf(wanted);
        yes(stored.status == GrantStatus.Active);
        eq(stored.uses, 0);
        eq(stored.outputBytes, 0);
        eq(stored.ownerEpoch, 0);
        eq(stored.keyEpoch, 1);
        eq(stored.measurementEpoch, 1);
        eq(stored.expiresAt, terms.expiresAt);
        yes(!stored.followUpgrades);
    }

    function test_grant_TwiceKeepsUses() public {
        Terms memory terms = makeTerms();
        GrantHash grantHash = giveGrant(terms);
        consume(terms, 100);
        vm.recordLogs();
        giveGrant(terms);
        eq(vm.getRecordedLogs().length, 0);
        eq(grants.grantOf(grantHash).uses, 1);
    }

    function test_RevertWhen_GranterIsNotTermsOwner() public {
        Terms memory terms = makeTerms();
        vm.expectRevert(
            abi.encodeWithSelector(
                IGrantRegistry.GrantCallerNotOwner.selector, grants.hashTerms(terms), STRANGER, OWNER
            )
        );
        vm.prank(STRANGER);
        grants.grant(terms);
    }

    function test_RevertWhen_GranterDoesNotOwnDataset() public {
        Terms memory terms = makeTerms();
        terms.owner = STRANGER;
        expect(terms, IGrantRegistry.GrantDatasetNotOwned.selector, abi.encode(STRANGER, OWNER));
        giveGrant(terms);
    }

    function test_RevertWhen_DatasetIsUnknown() public {
        Terms memory terms = makeTerms();
        terms.datasetId = DatasetId.wrap("unknown");
        expect(terms, IGrantRegistry.GrantDatasetNotActive.selector, abi.encode(terms.datasetId));
        giveGrant(terms);
    }

    function test_RevertWhen_DatasetIsErased() public {
        vm.prank(OWNER);
        datasets.eraseDataset(datasetId);
        Terms memory terms = makeTerms();
        expect(terms, IGrantRegistry.GrantDatasetNotActive.selector, abi.encode(datasetId));
        giveGrant(terms);
    }

    function test_RevertWhen_GrantIsRevoked() public {
        Terms memory terms = makeTerms();
        giveGrant(terms);
        revoke(terms);
        expect(terms, IGrantRegistry.GrantAlreadyRevoked.selector, "");
        giveGrant(terms);
    }

    function test_RevertWhen_GrantIsExpired() public {
        Terms memory terms = makeTerms();
        vm.warp(terms.expiresAt);
        expect(
            terms, IGrantRegistry.GrantAlreadyExpired.selector, abi.encode(terms.expiresAt, terms.expiresAt)
        );
        giveGrant(terms);
    }

    function test_RevertWhen_PeriodIsEmpty() public {
        Terms memory terms = makeTerms();
        terms.notBefore = terms.expiresAt;
        expect(
            terms, IGrantRegistry.GrantPeriodEmpty.selector, abi.encode(terms.notBefore, terms.expiresAt)
        );
        giveGrant(terms);
    }

    function test_RevertWhen_KindIsRead() public {
        Terms memory terms = makeTerms();
        terms.kind = GRANT_READ;
        expect(terms, IGrantRegistry.GrantKindUnsupported.selector, abi.encode(2));
        giveGrant(terms);
    }

    function test_RevertWhen_GranteeIsZero() public {
        Terms memory terms = makeTerms();
        terms.grantee = address(0);
        expectZero(terms, TermsField.Grantee);
    }

    function test_RevertWhen_TokenIsZero() public {
        Terms memory terms = makeTerms();
        terms.token = address(0);
        expectZero(terms, TermsField.Token);
    }

    function test_RevertWhen_MaxUsesIsZero() public {
        Terms memory terms = makeTerms();
        terms.maxUses = 0;
        expectZero(terms, TermsField.MaxUses);
    }

    function test_RevertWhen_MaxOutputBytesIsZero() public {
        Terms memory terms = makeTerms();
        terms.maxOutputBytes = 0;
        expectZero(terms, TermsField.MaxOutputBytes);
    }

    function test_RevertWhen_VerifierKindsAreZero() public {
        Terms memory terms = makeTerms();
        terms.nodePolicy.verifierKinds = 0;
        expectZero(terms, TermsField.VerifierKinds);
    }

    function test_RevertWhen_VendorsAreZero() public {
        Terms memory terms = makeTerms();
        terms.nodePolicy.vendors = 0;
        expectZero(terms, TermsField.Vendors);
    }

    function test_RevertWhen_ScopeHashIsZero() public {
        Terms memory terms = makeTerms();
        terms.scopeHash = 0;
        expectZero(terms, TermsField.ScopeHash);
    }

    function test_RevertWhen_KeyEpochIsNotCurrent() public {
        Terms memory terms = makeTerms();
        rotateKeys(datasetId);
        expect(terms, IGrantRegistry.GrantKeyEpochStale.selector, abi.encode(1, 2));
        giveGrant(terms);
    }

    function test_RevertWhen_OwnerEpochIsNotCurrent() public {
        Terms memory terms = makeTerms();
        terms.ownerEpoch = 1;
        expect(terms, IGrantRegistry.GrantOwnerEpochStale.selector, abi.encode(1, 0));
        giveGrant(terms);
        terms.ownerEpoch = 0;
        revokeAll();
        expect(terms, IGrantRegistry.GrantOwnerEpochStale.selector, abi.encode(0, 1));
        giveGrant(terms);
    }

    function test_RevertWhen_MeasurementEpochIsAhead() public {
        Terms memory terms = makeTerms();
        terms.measurementEpoch = 2;
        expect(terms, IGrantRegistry.GrantMeasurementEpochUnknown.selector, abi.encode(2, 1));
        giveGrant(terms);
    }

    function test_revoke() public {
        Terms memory terms = makeTerms();
        GrantHash grantHash = giveGrant(terms);
        consume(terms, 7);
        vm.expectEmit(address(grants));
        emit IGrantRegistry.GrantRevoked(grantHash, OWNER, datasetId);
        revoke(terms);
        Grant memory stored = grants.grantOf(grantHash);
        yes(stored.status == GrantStatus.Revoked);
        eq(stored.uses, 1);
        eq(stored.outputBytes, 7);
    }

    function test_revoke_NeverSubmitted() public {
        Terms memory terms = makeTerms();
        revoke(terms);
        expect(terms, IGrantRegistry.GrantAlreadyRevoked.selector, "");
        giveGrant(terms);
    }

    function test_revoke_TwiceDoesNothing() public {
        Terms memory terms = makeTerms();
        revoke(terms);
        vm.recordLogs();
        revoke(terms);
        eq(vm.getRecordedLogs().length, 0);
    }

    function test_RevertWhen_RevokerIsNotTermsOwner() public {
        Terms memory terms = makeTerms();
        giveGrant(terms);
        expect(terms, IGrantRegistry.GrantCallerNotOwner.selector, abi.encode(STRANGER, OWNER));
        vm.prank(STRANGER);
        grants.revoke(terms);
    }

    function test_revokeAll() public {
        Terms memory terms = makeTerms();
        giveGrant(terms);
        vm.expectEmit(address(grants));
        emit IGrantRegistry.OwnerEpochBumped(OWNER, 1);
        revokeAll();
        eq(grants.ownerEpochOf(OWNER), 1);
        eq(grants.ownerEpochOf(STRANGER), 0);
        expectReason(terms, 100, Reason.GrantRevoked);
    }

    function test_revokeAll_OthersKeepTheirs() public {
        Terms memory terms = makeTerms();
        giveGrant(terms);
        vm.prank(STRANGER);
        grants.revokeAll();
        expectReason(terms, 100, Reason.None);
    }

    function test_consume() public {
        Terms memory terms = makeTerms();
        GrantHash grantHash = giveGrant(terms);
        consume(terms, 100);
        consume(terms, 23);
        eq(grants.grantOf(grantHash).uses, 2);
        eq(grants.grantOf(grantHash).outputBytes, 123);
    }

    function test_RevertWhen_ConsumerIsNotMarket() public {
        Terms memory terms = makeTerms();
        giveGrant(terms);
        vm.expectRevert(
            abi.encodeWithSelector(IGrantRegistry.GrantCallerNotMarket.selector, OWNER, address(market))
        );
        vm.prank(OWNER);
        grants.consume(one(terms), REQUESTER, 1);
    }

    function test_RevertWhen_ConsumedGrantIsNotUsable() public {
        Terms memory terms = makeTerms();
        expectNotUsable(terms, Reason.GrantUnknown);
        consume(terms, 1);
    }

    function test_giveBack() public {
        Terms memory terms = makeTerms();
        GrantHash grantHash = giveGrant(terms);
        consume(terms, 100);
        revoke(terms);
        vm.prank(address(market));
        grants.giveBack(grantHash, 100);
        eq(grants.grantOf(grantHash).uses, 0);
        eq(grants.grantOf(grantHash).outputBytes, 0);
    }

    function test_RevertWhen_GiverBackIsNotMarket() public {
        GrantHash grantHash = giveGrant(makeTerms());
        vm.expectRevert(
            abi.encodeWithSelector(IGrantRegistry.GrantCallerNotMarket.selector, OWNER, address(market))
        );
        vm.prank(OWNER);
        grants.giveBack(grantHash, 1);
    }

    // check: each reason, and that an earlier one hides a later one

    function test_check_InOrder() public {
        // Everything is wrong at once; each repair shows the next.
        Terms memory terms = makeTerms();
        terms.datasetId = DatasetId.wrap("unknown");
        expectReason(terms, 10_001, Reason.DatasetUnknown);

        terms = makeTerms();
        terms.notBefore = uint40(START + 1 days);
        terms.maxUses = 1;
        expectReason(terms, 10_001, Reason.GrantUnknown);
        giveGrant(terms);
        expectReason(terms, 10_001, Reason.GrantNotYetValid);
        vm.warp(START + 1 days);
        expectReason(terms, 10_001, Reason.GrantOutputExhausted);
        expectReason(terms, 10_000, Reason.None);
        consume(terms, 10_000);
        expectReason(terms, 1, Reason.GrantExhausted);
        vm.warp(START + 30 days);
        expectReason(terms, 1, Reason.GrantExpired);
        revoke(terms);
        expectReason(terms, 1, Reason.GrantRevoked);
        vm.prank(OWNER);
        datasets.eraseDataset(datasetId);
        expectReason(terms, 1, Reason.DatasetErased);
    }

    function test_check_GranteeBeforeKeyEpoch() public {
        Terms memory terms = makeTerms();
        giveGrant(terms);
        rotateKeys(datasetId);
        (bool ok, Reason reason) = grants.check(terms, STRANGER, 1);
        yes(!ok && reason == Reason.GranteeMismatch);
        expectReason(terms, 1, Reason.KeyEpochOld);
    }

    // checkRelease

    function test_checkRelease_InOrder() public {
        Terms memory terms = makeTerms();
        GrantHash grantHash = grants.hashTerms(terms);
        expectRelease(grantHash, STRANGER, DatasetId.wrap("unknown"), 2, Reason.DatasetUnknown);
        expectRelease(grantHash, OWNER, datasetId, 2, Reason.GrantUnknown);
        giveGrant(terms);
        expectRelease(grantHash, OWNER, datasetId, 1, Reason.None);
        expectRelease(grantHash, OWNER, datasetId, 2, Reason.MeasurementNotGranted);
        expectRelease(grantHash, STRANGER, datasetId, 2, Reason.OwnerMismatch);
        rotateKeys(datasetId);
        expectRelease(grantHash, OWNER, datasetId, 2, Reason.KeyEpochOld);
        vm.warp(terms.expiresAt);
        expectRelease(grantHash, STRANGER, datasetId, 2, Reason.GrantExpired);
        revokeAll();
        expectRelease(grantHash, OWNER, datasetId, 2, Reason.GrantRevoked);
        vm.prank(OWNER);
        datasets.eraseDataset(datasetId);
        expectRelease(grantHash, OWNER, datasetId, 2, Reason.DatasetErased);
    }

    function test_checkRelease_FollowsUpgrades() public {
        Terms memory terms = makeTerms();
        terms.followUpgrades = true;
        GrantHash grantHash = giveGrant(terms);
        expectRelease(grantHash, OWNER, datasetId, type(uint32).max, Reason.None);
    }

    // Fuzz

    function testFuzz_consume_NeverBeyondTerms(uint32 maxUses, uint64 maxOutputBytes, uint64[8] memory wishes) public {
        Terms memory terms = makeTerms();
        terms.maxUses = uint32(bound(maxUses, 1, 8));
        terms.maxOutputBytes = uint64(bound(maxOutputBytes, 1, type(uint64).max));
        GrantHash grantHash = giveGrant(terms);
        for (uint256 i = 0; i < wishes.length; ++i) {
            (bool ok,) = grants.check(terms, REQUESTER, wishes[i]);
            if (!ok) vm.expectPartialRevert(IGrantRegistry.GrantNotUsable.selector);
            consume(terms, wishes[i]);
        }
        Grant memory stored = grants.grantOf(grantHash);
        yes(stored.uses <= terms.maxUses && stored.outputBytes <= terms.maxOutputBytes);
    }

    function testFuzz_giveBack_UndoesConsume(uint64 first, uint64 second) public {
        Terms memory terms = makeTerms();
        terms.maxOutputBytes = type(uint64).max;
        GrantHash grantHash = giveGrant(terms);
        first = uint64(bound(first, 0, type(uint64).max / 2));
        second = uint64(bound(second, 0, type(uint64).max / 2));
        consume(terms, first);
        consume(terms, second);
        vm.prank(address(market));
        grants.giveBack(grantHash, first);
        eq(grants.grantOf(grantHash).uses, 1);
        eq(grants.grantOf(grantHash).outputBytes, second);
    }

    function testFuzz_grant_StoresTheTerms(uint40 expiresAt, uint32 maxUses, bool followUpgrades, bytes32 salt) public {
        Terms memory terms = makeTerms();
        terms.expiresAt = uint40(bound(expiresAt, START + 1, type(uint40).max));
        terms.maxUses = uint32(bound(maxUses, 1, type(uint32).max));
        terms.followUpgrades = followUpgrades;
        terms.salt = salt;
        Grant memory stored = grants.grantOf(giveGrant(terms));
        eq(stored.expiresAt, terms.expiresAt);
        yes(stored.followUpgrades == followUpgrades);
        expectReason(terms, 1, Reason.None);
    }

    function testFuzz_RevertWhen_ConsumerIsAnyoneElse(address caller) public {
        vm.assume(caller != address(market));
        Terms memory terms = makeTerms();
        giveGrant(terms);
        vm.expectPartialRevert(IGrantRegistry.GrantCallerNotMarket.selector);
        vm.prank(caller);
        grants.consume(one(terms), REQUESTER, 1);
    }

    function consume(Terms memory terms, uint64 outputBytes) private {
        vm.prank(address(market));
        grants.consume(one(terms), REQUESTER, outputBytes);
    }

    function revoke(Terms memory terms) private {
        vm.prank(OWNER);
        grants.revoke(terms);
    }

    function revokeAll() private {
        vm.prank(OWNER);
        grants.revokeAll();
    }

    function expect(Terms memory terms, bytes4 selector, bytes memory rest) private {
        vm.expectRevert(bytes.concat(selector, abi.encode(grants.hashTerms(terms)), rest));
    }

    function expectZero(Terms memory terms, TermsField field) private {
        expect(terms, IGrantRegistry.GrantFieldZero.selector, abi.encode(field));
        giveGrant(terms);
    }

    function expectReason(Terms memory terms, uint64 outputBytes, Reason wanted) private view {
        (bool ok, Reason reason) = grants.check(terms, REQUESTER, outputBytes);
        eq(uint256(reason), uint256(wanted));
        yes(ok == (wanted == Reason.None));
    }

    function expectRelease(GrantHash grantHash, address owner, DatasetId id, uint32 epoch, Reason wanted) private view {
        eq(uint256(grants.checkRelease(grantHash, owner, id, epoch)), uint256(wanted));
    }
}
