// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Grant, GrantStatus, IGrantRegistry, TermsField} from "../../../contracts/interfaces/IGrantRegistry.sol";
import {DatasetId, GrantHash} from "../../../contracts/types/Ids.sol";
import {Reason} from "../../../contracts/types/Reason.sol";
import {Terms} from "../../../contracts/types/Terms.sol";
import {GrantKit} from "../helpers/GrantKit.sol";
import {vm} from "../helpers/Vm.sol";

/// @dev {IGrantRegistry-grant} and {IGrantRegistry-grantBatch}: what activates a grant and what does not.
contract GrantTest is GrantKit {
    function test_grant() public {
        Terms memory terms = makeTerms();
        GrantHash wanted = grants.hashTerms(terms);
        vm.expectEmit(address(grants));
        emit IGrantRegistry.GrantCreated(
            wanted, OWNER, REQUESTER, terms.datasetId, terms.maxUses, terms.expiresAt
        );
        yes(giveGrant(terms) == wanted);
        Grant memory stored = grants.grantOf(OWNER, wanted);
        yes(stored.status == GrantStatus.Active);
        eq(stored.uses, 0);
        eq(stored.outputBytes, 0);
        eq(stored.ownerEpoch, 0);
        eq(stored.keyEpoch, 1);
        eq(stored.measurementEpoch, START);
        eq(stored.expiresAt, terms.expiresAt);
        yes(!stored.followUpgrades);
    }

    function test_grant_LiesBelowItsOwnerOnly() public {
        GrantHash grantHash = giveGrant(makeTerms());
        yes(grants.grantOf(STRANGER, grantHash).status == GrantStatus.None);
        // Slot 0 of a mapping of mappings, as enclaves read it through proofs.
        bytes32 inner = keccak256(abi.encode(OWNER, 0));
        bytes32 slot = keccak256(abi.encode(grantHash, inner));
        uint256 word = uint256(vm.load(address(grants), slot));
        eq(uint8(word), uint8(GrantStatus.Active));
        eq(uint32(word >> 8), 0);
        eq(uint64(word >> 40), 0);
        eq(uint32(word >> 104), 0);
        eq(uint32(word >> 136), 1);
        eq(uint40(word >> 168), START);
        eq(uint40(word >> 208), START + 30 days);
        eq(word >> 248, 0);
    }

    function test_grant_TwiceKeepsUses() public {
        Terms memory terms = makeTerms();
        GrantHash grantHash = giveGrant(terms);
        consume(terms, 100);
        vm.recordLogs();
        yes(giveGrant(terms) == grantHash);
        eq(vm.getRecordedLogs().length, 0);
        eq(grants.grantOf(OWNER, grantHash).uses, 1);
        eq(grants.grantOf(OWNER, grantHash).outputBytes, 100);
    }

    /// Price, salt and an unnamed node stake may be zero: those zeros mean what they say.
    function test_grant_Free() public {
        Terms memory terms = makeTerms();
        terms.price = 0;
        terms.salt = 0;
        terms.nodePolicy.minStake = 0;
        terms.notBefore = 0;
        terms.measurementEpoch = 0;
        giveGrant(terms);
        expectReason(terms, 1, Reason.None);
    }

    function test_grant_AfterRevokeAllInTheNewEpoch() public {
        revokeAll();
        Terms memory terms = makeTerms();
        terms.ownerEpoch = 1;
        eq(grants.grantOf(OWNER, giveGrant(terms)).ownerEpoch, 1);
    }

    function test_grant_InTheLastSecond() public {
        Terms memory terms = makeTerms();
        vm.warp(terms.expiresAt - 1);
        giveGrant(terms);
        expectReason(terms, 1, Reason.None);
    }

    // Requirements

    function test_RevertWhen_GranterIsNotTermsOwner() public {
        Terms memory terms = makeTerms();
        expectError(terms, IGrantRegistry.GrantCallerNotOwner.selector, abi.encode(STRANGER, OWNER));
        vm.prank(STRANGER);
        grants.grant(terms);
    }

    function test_RevertWhen_GranterDoesNotOwnDataset() public {
        Terms memory terms = makeTerms();
        terms.owner = STRANGER;
        refused(terms, IGrantRegistry.GrantDatasetNotOwned.selector, abi.encode(STRANGER, OWNER));
    }

    function test_RevertWhen_DatasetIsUnknown() public {
        Terms memory terms = makeTerms();
        terms.datasetId = DatasetId.wrap("unknown");
        refused(terms, IGrantRegistry.GrantDatasetNotActive.selector, abi.encode(terms.datasetId));
    }

    function test_RevertWhen_DatasetIsErased() public {
        erase(datasetId);
        refused(makeTerms(), IGrantRegistry.GrantDatasetNotActive.selector, abi.encode(datasetId));
    }

    function test_RevertWhen_GrantIsRevoked() public {
        Terms memory terms = makeTerms();
        revoke(giveGrant(terms));
        refused(terms, IGrantRegistry.GrantAlreadyRevoked.selector, "");
    }

    function test_RevertWhen_GrantIsExpired() public {
        Terms memory terms = makeTerms();
        vm.warp(terms.expiresAt);
        bytes memory rest = abi.encode(terms.expiresAt, terms.expiresAt);
        refused(terms, IGrantRegistry.GrantAlreadyExpired.selector, rest);
    }

    function test_RevertWhen_PeriodIsEmpty() public {
        Terms memory terms = makeTerms();
        terms.notBefore = terms.expiresAt;
        bytes memory rest = abi.encode(terms.notBefore, terms.expiresAt);
        refused(terms, IGrantRegistry.GrantPeriodEmpty.selector, rest);
    }

    function test_RevertWhen_KindIsUnknown() public {
        Terms memory terms = makeTerms();
        terms.kind = 0;
        refused(terms, IGrantRegistry.GrantKindUnsupported.selector, abi.encode(0));
        terms.kind = 3;
        refused(terms, IGrantRegistry.GrantKindUnsupported.selector, abi.encode(3));
    }

    function test_RevertWhen_GranteeIsZero() public {
        Terms memory terms = makeTerms();
        terms.grantee = address(0);
        refusedZero(terms, TermsField.Grantee);
    }

    function test_RevertWhen_TokenIsZero() public {
        Terms memory terms = makeTerms();
        terms.token = address(0);
        refusedZero(terms, TermsField.Token);
    }

    function test_RevertWhen_MaxUsesIsZero() public {
        Terms memory terms = makeTerms();
        terms.maxUses = 0;
        refusedZero(terms, TermsField.MaxUses);
    }

    function test_RevertWhen_MaxOutputBytesIsZero() public {
        Terms memory terms = makeTerms();
        terms.maxOutputBytes = 0;
        refusedZero(terms, TermsField.MaxOutputBytes);
    }

    function test_RevertWhen_VerifierKindsAreZero() public {
        Terms memory terms = makeTerms();
        terms.nodePolicy.verifierKinds = 0;
        refusedZero(terms, TermsField.VerifierKinds);
    }

    function test_RevertWhen_VendorsAreZero() public {
        Terms memory terms = makeTerms();
        terms.nodePolicy.vendors = 0;
        refusedZero(terms, TermsField.Vendors);
    }

    function test_RevertWhen_ScopeHashIsZero() public {
        Terms memory terms = makeTerms();
        terms.scopeHash = 0;
        refusedZero(terms, TermsField.ScopeHash);
    }

    function test_RevertWhen_KeyEpochIsNotCurrent() public {
        Terms memory terms = makeTerms();
        terms.keyEpoch = 2;
        refused(terms, IGrantRegistry.GrantKeyEpochStale.selector, abi.encode(2, 1));
        terms.keyEpoch = 1;
        rotateKeys(datasetId);
        refused(terms, IGrantRegistry.GrantKeyEpochStale.selector, abi.encode(1, 2));
    }

    function test_RevertWhen_OwnerEpochIsNotCurrent() public {
        Terms memory terms = makeTerms();
        terms.ownerEpoch = 1;
        refused(terms, IGrantRegistry.GrantOwnerEpochStale.selector, abi.encode(1, 0));
        terms.ownerEpoch = 0;
        revokeAll();
        refused(terms, IGrantRegistry.GrantOwnerEpochStale.selector, abi.encode(0, 1));
    }

    /// Supervisors that are allowed later than now are supervisors that nobody has seen.
    function test_RevertWhen_MeasurementEpochIsAhead() public {
        Terms memory terms = makeTerms();
        terms.measurementEpoch = uint40(START + 1);
        refused(terms, IGrantRegistry.GrantMeasurementEpochAhead.selector, abi.encode(START + 1, START));
        vm.warp(START + 1);
        giveGrant(terms);
    }

    // Batches

    function test_grantBatch() public {
        Terms[] memory list = batch(3);
        for (uint256 i = 0; i < 3; ++i) {
            vm.expectEmit(address(grants));
            emit IGrantRegistry.GrantCreated(
                grants.hashTerms(list[i]),
                OWNER,
                REQUESTER,
                list[i].datasetId,
                list[i].maxUses,
                list[i].expiresAt
            );
        }
        vm.prank(OWNER);
        GrantHash[] memory hashes = grants.grantBatch(list);
        eq(hashes.length, 3);
        for (uint256 i = 0; i < 3; ++i) {
            yes(hashes[i] == grants.hashTerms(list[i]));
            yes(grants.grantOf(OWNER, hashes[i]).status == GrantStatus.Active);
        }
    }

    function test_grantBatch_SaysNothingOfThoseActiveAlready() public {
        Terms[] memory list = batch(3);
        giveGrant(list[1]);
        list[2] = list[0];
        vm.recordLogs();
        vm.prank(OWNER);
        grants.grantBatch(list);
        eq(vm.getRecordedLogs().length, 1);
    }

    function test_RevertWhen_BatchIsEmpty() public {
        vm.expectRevert(abi.encodeWithSelector(IGrantRegistry.GrantBatchEmpty.selector));
        vm.prank(OWNER);
        grants.grantBatch(new Terms[](0));
    }

    /// One bad grant turns the whole batch back.
    function test_RevertWhen_OneOfABatchIsAnothers() public {
        Terms[] memory list = batch(2);
        list[1].owner = STRANGER;
        expectError(list[1], IGrantRegistry.GrantCallerNotOwner.selector, abi.encode(OWNER, STRANGER));
        vm.prank(OWNER);
        grants.grantBatch(list);
        yes(grants.grantOf(OWNER, grants.hashTerms(list[0])).status == GrantStatus.None);
    }

    function test_RevertWhen_OneOfABatchIsRevoked() public {
        Terms[] memory list = batch(2);
        revoke(grants.hashTerms(list[1]));
        expectError(list[1], IGrantRegistry.GrantAlreadyRevoked.selector, "");
        vm.prank(OWNER);
        grants.grantBatch(list);
    }

    // Fuzz

    function testFuzz_grant_StoresTheTerms(
        uint40 expiresAt,
        uint32 maxUses,
        uint40 measurementEpoch,
        bool followUpgrades,
        bytes32 salt
    ) public {
        Terms memory terms = makeTerms();
        terms.expiresAt = uint40(bound(expiresAt, START + 1, type(uint40).max));
        terms.maxUses = uint32(bound(maxUses, 1, type(uint32).max));
        terms.measurementEpoch = uint40(bound(measurementEpoch, 0, START));
        terms.followUpgrades = followUpgrades;
        terms.salt = salt;
        Grant memory stored = grants.grantOf(OWNER, giveGrant(terms));
        eq(stored.expiresAt, terms.expiresAt);
        eq(stored.measurementEpoch, terms.measurementEpoch);
        yes(stored.followUpgrades == followUpgrades);
        expectReason(terms, 1, Reason.None);
    }

    function testFuzz_RevertWhen_KindIsUnknown(uint8 kind) public {
        vm.assume(kind != 1 && kind != 2);
        Terms memory terms = makeTerms();
        terms.kind = kind;
        refused(terms, IGrantRegistry.GrantKindUnsupported.selector, abi.encode(kind));
    }

    function testFuzz_RevertWhen_GranterIsAnyoneElse(address caller) public {
        vm.assume(caller != OWNER);
        Terms memory terms = makeTerms();
        expectError(terms, IGrantRegistry.GrantCallerNotOwner.selector, abi.encode(caller, OWNER));
        vm.prank(caller);
        grants.grant(terms);
    }

    function testFuzz_grantBatch(uint8 count, bytes32 salt) public {
        Terms[] memory list = new Terms[](bound(count, 1, 20));
        for (uint256 i = 0; i < list.length; ++i) {
            list[i] = makeTerms();
            list[i].salt = keccak256(abi.encode(salt, i));
        }
        vm.prank(OWNER);
        GrantHash[] memory hashes = grants.grantBatch(list);
        for (uint256 i = 0; i < list.length; ++i) {
            yes(hashes[i] == grants.hashTerms(list[i]));
            expectReason(list[i], 1, Reason.None);
        }
    }

    function batch(uint256 count) private view returns (Terms[] memory list) {
        list = new Terms[](count);
        for (uint256 i = 0; i < count; ++i) {
            list[i] = makeTerms();
            list[i].salt = bytes32(i);
        }
    }

    function refused(Terms memory terms, bytes4 selector, bytes memory rest) private {
        expectError(terms, selector, rest);
        giveGrant(terms);
    }

    function refusedZero(Terms memory terms, TermsField field) private {
        refused(terms, IGrantRegistry.GrantFieldZero.selector, abi.encode(field));
    }
}
