// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {DatasetStatus} from "../../../contracts/interfaces/IDatasetRegistry.sol";
import {Grant, GrantStatus, IGrantRegistry} from "../../../contracts/interfaces/IGrantRegistry.sol";
import {DatasetId, GrantHash} from "../../../contracts/types/Ids.sol";
import {Reason} from "../../../contracts/types/Reason.sol";
import {GRANT_COMPUTE, GRANT_READ, Terms} from "../../../contracts/types/Terms.sol";
import {GrantKit} from "../helpers/GrantKit.sol";
import {vm} from "../helpers/Vm.sol";

/// @dev A dataset registry whose one dataset changes hands and states at will.
contract AnyDataset {
    address public owner;
    uint32 public keyEpoch = 1;
    DatasetStatus public status = DatasetStatus.Active;

    constructor(address owner_) {
        owner = owner_;
    }

    function set(address owner_, DatasetStatus status_) external {
        owner = owner_;
        status = status_;
    }

    function ownershipOf(DatasetId) external view returns (address, uint32, DatasetStatus) {
        return (owner, keyEpoch, status);
    }
}

/// @dev What the market does with grants, and what anyone may ask of them.
contract GrantUseTest is GrantKit {
    function test_consume() public {
        Terms memory terms = makeTerms();
        GrantHash grantHash = giveGrant(terms);
        vm.recordLogs();
        consume(terms, 100);
        consume(terms, 23);
        eq(vm.getRecordedLogs().length, 0);
        eq(grants.grantOf(OWNER, grantHash).uses, 2);
        eq(grants.grantOf(OWNER, grantHash).outputBytes, 123);
    }

    function test_consume_SaysTheHashesInOrder() public {
        Terms[] memory list = giveGrants(3);
        vm.prank(address(market));
        GrantHash[] memory hashes = grants.consume(list, GRANT_COMPUTE, REQUESTER, 1);
        eq(hashes.length, 3);
        for (uint256 i = 0; i < 3; ++i) {
            yes(hashes[i] == grants.hashTerms(list[i]));
            eq(grants.grantOf(OWNER, hashes[i]).uses, 1);
        }
    }

    /// The second of two equal terms sees what the first has taken.
    function test_RevertWhen_OneCallTakesMoreThanThereIs() public {
        Terms memory terms = makeTerms();
        terms.maxUses = 1;
        GrantHash grantHash = giveGrant(terms);
        Terms[] memory list = new Terms[](2);
        list[0] = terms;
        list[1] = terms;
        expectNotUsable(terms, Reason.GrantExhausted);
        vm.prank(address(market));
        grants.consume(list, GRANT_COMPUTE, REQUESTER, 1);
        eq(grants.grantOf(OWNER, grantHash).uses, 0);
    }

    function test_RevertWhen_ConsumerIsNotMarket() public {
        Terms memory terms = makeTerms();
        giveGrant(terms);
        vm.expectRevert(
            abi.encodeWithSelector(IGrantRegistry.GrantCallerNotMarket.selector, OWNER, address(market))
        );
        vm.prank(OWNER);
        grants.consume(one(terms), GRANT_COMPUTE, REQUESTER, 1);
    }

    function test_RevertWhen_ConsumedGrantIsNotUsable() public {
        Terms memory terms = makeTerms();
        expectNotUsable(terms, Reason.GrantUnknown);
        consume(terms, 1);
    }

    function test_RevertWhen_KindIsNotWhatItIsUsedFor() public {
        Terms memory terms = makeTerms();
        giveGrant(terms);
        expectNotUsable(terms, Reason.GrantKindMismatch);
        vm.prank(address(market));
        grants.consume(one(terms), GRANT_READ, REQUESTER, 0);
    }

    function test_giveBack() public {
        Terms memory terms = makeTerms();
        GrantHash grantHash = giveGrant(terms);
        consume(terms, 100);
        // Also after a revocation: no job is stuck.
        revoke(grantHash);
        vm.recordLogs();
        giveBack(terms, 100);
        eq(vm.getRecordedLogs().length, 0);
        Grant memory stored = grants.grantOf(OWNER, grantHash);
        eq(stored.uses, 0);
        eq(stored.outputBytes, 0);
        yes(stored.status == GrantStatus.Revoked);
    }

    function test_RevertWhen_GiverBackIsNotMarket() public {
        GrantHash grantHash = giveGrant(makeTerms());
        vm.expectRevert(
            abi.encodeWithSelector(IGrantRegistry.GrantCallerNotMarket.selector, OWNER, address(market))
        );
        vm.prank(OWNER);
        grants.giveBack(OWNER, grantHash, 1);
    }

    /// Not even the market brings back what was never taken.
    function test_RevertWhen_MoreComesBackThanWasTaken() public {
        Terms memory terms = makeTerms();
        GrantHash grantHash = giveGrant(terms);
        vm.prank(address(market));
        vm.expectRevert();
        grants.giveBack(OWNER, grantHash, 0);
        consume(terms, 5);
        vm.prank(address(market));
        vm.expectRevert();
        grants.giveBack(OWNER, grantHash, 6);
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
        vm.warp(START + 1 days - 1);
        expectReason(terms, 1, Reason.GrantNotYetValid);
        vm.warp(START + 1 days);
        expectReason(terms, 10_001, Reason.GrantOutputExhausted);
        expectReason(terms, 10_000, Reason.None);
        consume(terms, 10_000);
        expectReason(terms, 1, Reason.GrantExhausted);
        vm.warp(START + 30 days - 1);
        expectReason(terms, 1, Reason.GrantExhausted);
        vm.warp(START + 30 days);
        expectReason(terms, 1, Reason.GrantExpired);
        revoke(grants.hashTerms(terms));
        expectReason(terms, 1, Reason.GrantRevoked);
        erase(datasetId);
        expectReason(terms, 1, Reason.DatasetErased);
    }

    function test_check_OutputBeforeGrantee() public {
        Terms memory terms = makeTerms();
        giveGrant(terms);
        (bool ok, Reason reason) = grants.check(terms, STRANGER, 10_001);
        yes(!ok && reason == Reason.GrantOutputExhausted);
    }

    function test_check_GranteeBeforeKeyEpoch() public {
        Terms memory terms = makeTerms();
        giveGrant(terms);
        rotateKeys(datasetId);
        (bool ok, Reason reason) = grants.check(terms, STRANGER, 1);
        yes(!ok && reason == Reason.GranteeMismatch);
        expectReason(terms, 1, Reason.KeyEpochOld);
    }

    /// A dataset that has a new owner: what its last owner granted is over.
    function test_check_OfADatasetThatChangedHands() public {
        AnyDataset any = new AnyDataset(OWNER);
        grants = IGrantRegistry(make("access", "GrantRegistry", abi.encode(any, address(market))));
        Terms memory terms = makeTerms();
        GrantHash grantHash = giveGrant(terms);
        expectReason(terms, 1, Reason.None);
        any.set(STRANGER, DatasetStatus.Active);
        expectReason(terms, 1, Reason.OwnerMismatch);
        expectRelease(grantHash, OWNER, datasetId, 0, Reason.OwnerMismatch);
        any.set(STRANGER, DatasetStatus.Erased);
        expectReason(terms, 1, Reason.DatasetErased);
        expectRelease(grantHash, OWNER, datasetId, 0, Reason.DatasetErased);
        any.set(address(0), DatasetStatus.None);
        expectReason(terms, 1, Reason.DatasetUnknown);
        expectRelease(grantHash, OWNER, datasetId, 0, Reason.DatasetUnknown);
    }

    /// Whatever a dataset becomes that is not active: nothing is granted, used or released.
    function test_check_NothingButActiveIsActive() public {
        AnyDataset any = new AnyDataset(OWNER);
        grants = IGrantRegistry(make("access", "GrantRegistry", abi.encode(any, address(market))));
        Terms memory terms = makeTerms();
        GrantHash grantHash = giveGrant(terms);
        for (uint8 i = 0; i <= uint8(type(DatasetStatus).max); ++i) {
            any.set(OWNER, DatasetStatus(i));
            bool active = DatasetStatus(i) == DatasetStatus.Active;
            (bool ok,) = grants.check(terms, REQUESTER, 1);
            yes(ok == active);
            yes((grants.checkRelease(grantHash, OWNER, datasetId, 0) == Reason.None) == active);
        }
    }

    // checkRelease

    function test_checkRelease_InOrder() public {
        Terms memory terms = makeTerms();
        GrantHash grantHash = grants.hashTerms(terms);
        uint40 later = uint40(START + 1);
        expectRelease(grantHash, STRANGER, DatasetId.wrap("unknown"), later, Reason.DatasetUnknown);
        expectRelease(grantHash, OWNER, datasetId, later, Reason.GrantUnknown);
        giveGrant(terms);
        expectRelease(grantHash, OWNER, datasetId, 0, Reason.None);
        expectRelease(grantHash, OWNER, datasetId, uint40(START), Reason.None);
        expectRelease(grantHash, OWNER, datasetId, later, Reason.MeasurementNotGranted);
        // Nobody else has a grant of this hash.
        expectRelease(grantHash, STRANGER, datasetId, later, Reason.GrantUnknown);
        rotateKeys(datasetId);
        expectRelease(grantHash, OWNER, datasetId, later, Reason.KeyEpochOld);
        vm.warp(terms.expiresAt - 1);
        expectRelease(grantHash, OWNER, datasetId, later, Reason.KeyEpochOld);
        vm.warp(terms.expiresAt);
        expectRelease(grantHash, OWNER, datasetId, later, Reason.GrantExpired);
        revokeAll();
        expectRelease(grantHash, OWNER, datasetId, later, Reason.GrantRevoked);
        erase(datasetId);
        expectRelease(grantHash, OWNER, datasetId, later, Reason.DatasetErased);
    }

    /// A grant of one dataset, named for another of the same owner: the key epochs decide, and Scope and job do the rest.
    function test_checkRelease_OfADatasetOfAnotherOwner() public {
        GrantHash grantHash = giveGrant(makeTerms());
        DatasetId other = registerDataset(STRANGER, "stranger's");
        expectRelease(grantHash, OWNER, other, 0, Reason.OwnerMismatch);
        expectRelease(grantHash, STRANGER, other, 0, Reason.GrantUnknown);
    }

    function test_checkRelease_FollowsUpgrades() public {
        Terms memory terms = makeTerms();
        terms.followUpgrades = true;
        GrantHash grantHash = giveGrant(terms);
        expectRelease(grantHash, OWNER, datasetId, type(uint40).max, Reason.None);
    }

    // Fuzz

    function testFuzz_consume_NeverBeyondTerms(uint32 maxUses, uint64 maxOutputBytes, uint64[8] memory wishes) public {
        Terms memory terms = makeTerms();
        terms.maxUses = uint32(bound(maxUses, 1, 8));
        terms.maxOutputBytes = uint64(bound(maxOutputBytes, 1, type(uint64).max));
        GrantHash grantHash = giveGrant(terms);
        uint256 uses = 0;
        uint256 taken = 0;
        for (uint256 i = 0; i < wishes.length; ++i) {
            (bool ok,) = grants.check(terms, REQUESTER, wishes[i]);
            yes(ok == (uses < terms.maxUses && taken + wishes[i] <= terms.maxOutputBytes));
            if (ok) (uses, taken) = (uses + 1, taken + wishes[i]);
            else vm.expectPartialRevert(IGrantRegistry.GrantNotUsable.selector);
            consume(terms, wishes[i]);
        }
        Grant memory stored = grants.grantOf(OWNER, grantHash);
        eq(stored.uses, uses);
        eq(stored.outputBytes, taken);
        yes(uses <= terms.maxUses && taken <= terms.maxOutputBytes);
    }

    function testFuzz_giveBack_UndoesConsume(uint64 first, uint64 second) public {
        Terms memory terms = makeTerms();
        terms.maxOutputBytes = type(uint64).max;
        GrantHash grantHash = giveGrant(terms);
        first = uint64(bound(first, 0, type(uint64).max / 2));
        second = uint64(bound(second, 0, type(uint64).max / 2));
        consume(terms, first);
        consume(terms, second);
        giveBack(terms, first);
        Grant memory stored = grants.grantOf(OWNER, grantHash);
        eq(stored.uses, 1);
        eq(stored.outputBytes, second);
        // The neighbours in the slot are untouched.
        yes(stored.status == GrantStatus.Active);
        eq(stored.ownerEpoch, 0);
        eq(stored.keyEpoch, 1);
        eq(stored.measurementEpoch, START);
        eq(stored.expiresAt, terms.expiresAt);
    }

    function testFuzz_RevertWhen_CallerIsNotMarket(address caller) public {
        vm.assume(caller != address(market));
        Terms memory terms = makeTerms();
        GrantHash grantHash = giveGrant(terms);
        vm.startPrank(caller);
        vm.expectPartialRevert(IGrantRegistry.GrantCallerNotMarket.selector);
        grants.consume(one(terms), GRANT_COMPUTE, REQUESTER, 1);
        vm.expectPartialRevert(IGrantRegistry.GrantCallerNotMarket.selector);
        grants.giveBack(OWNER, grantHash, 0);
        vm.stopPrank();
    }

    function testFuzz_check_RequesterIsTheGrantee(address requester, uint40 at) public {
        Terms memory terms = makeTerms();
        terms.notBefore = uint40(START + 1 days);
        giveGrant(terms);
        vm.warp(bound(at, START, START + 60 days));
        (bool ok, Reason reason) = grants.check(terms, requester, 1);
        yes(ok == (reason == Reason.None));
        if (block.timestamp < START + 1 days) yes(reason == Reason.GrantNotYetValid);
        else if (block.timestamp >= START + 30 days) yes(reason == Reason.GrantExpired);
        else yes(reason == (requester == REQUESTER ? Reason.None : Reason.GranteeMismatch));
    }

    function testFuzz_checkRelease_ByMeasurementEpoch(uint40 granted, uint40 asked, bool follow) public {
        Terms memory terms = makeTerms();
        terms.measurementEpoch = uint40(bound(granted, 0, START));
        terms.followUpgrades = follow;
        GrantHash grantHash = giveGrant(terms);
        bool wanted = follow || asked <= terms.measurementEpoch;
        Reason reason = wanted ? Reason.None : Reason.MeasurementNotGranted;
        expectRelease(grantHash, OWNER, datasetId, asked, reason);
    }
}
