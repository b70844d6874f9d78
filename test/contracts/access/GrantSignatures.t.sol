// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {GrantStatus, IGrantRegistry} from "../../../contracts/interfaces/IGrantRegistry.sol";
import {DatasetId, GrantHash} from "../../../contracts/types/Ids.sol";
import {Reason} from "../../../contracts/types/Reason.sol";
import {Terms} from "../../../contracts/types/Terms.sol";
import {GrantKit} from "../helpers/GrantKit.sol";
import {vm} from "../helpers/Vm.sol";

/// @dev The signed twins of grant, revoke and revokeAll, by owners that are plain keys.
contract GrantSignaturesTest is GrantKit {
    // grantBySig

    function test_grantBySig() public {
        Terms memory terms = makeTerms();
        GrantHash wanted = grants.hashTerms(terms);
        bytes memory signed = signTerms(terms, OWNER_KEY);
        vm.expectEmit(address(grants));
        emit IGrantRegistry.GrantCreated(
            wanted, OWNER, REQUESTER, terms.datasetId, terms.maxUses, terms.expiresAt
        );
        vm.prank(STRANGER);
        yes(grants.grantBySig(terms, signed) == wanted);
        yes(grants.grantOf(OWNER, wanted).status == GrantStatus.Active);
    }

    function test_grantBySig_TwiceDoesNothing() public {
        Terms memory terms = makeTerms();
        bytes memory signed = signTerms(terms, OWNER_KEY);
        grants.grantBySig(terms, signed);
        consume(terms, 1);
        vm.recordLogs();
        yes(grants.grantBySig(terms, signed) == grants.hashTerms(terms));
        grants.grantBySig(terms, "not even a signature");
        eq(vm.getRecordedLogs().length, 0);
        eq(grants.grantOf(OWNER, grants.hashTerms(terms)).uses, 1);
    }

    function test_RevertWhen_TermsAreSignedByAnother() public {
        Terms memory terms = makeTerms();
        bytes memory signed = signTerms(terms, WORKER_KEY);
        expectUnsigned(terms);
        grants.grantBySig(terms, signed);
    }

    function test_RevertWhen_SignatureHasAnotherLength() public {
        Terms memory terms = makeTerms();
        bytes memory signed = signTerms(terms, OWNER_KEY);
        expectUnsigned(terms);
        grants.grantBySig(terms, "");
        expectUnsigned(terms);
        grants.grantBySig(terms, bytes.concat(signed, hex"00"));
    }

    /// An unrecoverable signature recovers the zero address, which owns nothing.
    function test_RevertWhen_OwnerIsZero() public {
        Terms memory terms = makeTerms();
        terms.owner = address(0);
        bytes memory signed = signTerms(terms, OWNER_KEY);
        expectUnsigned(terms);
        grants.grantBySig(terms, signed);
        expectUnsigned(terms);
        grants.grantBySig(terms, new bytes(65));
    }

    function test_RevertWhen_SignedGrantIsRevoked() public {
        Terms memory terms = makeTerms();
        bytes memory signed = signTerms(terms, OWNER_KEY);
        revoke(grants.hashTerms(terms));
        expectError(terms, IGrantRegistry.GrantAlreadyRevoked.selector, "");
        grants.grantBySig(terms, signed);
    }

    function test_RevertWhen_SignedGrantIsOfAnEarlierOwnerEpoch() public {
        Terms memory terms = makeTerms();
        bytes memory signed = signTerms(terms, OWNER_KEY);
        revokeAll();
        expectError(terms, IGrantRegistry.GrantOwnerEpochStale.selector, abi.encode(0, 1));
        grants.grantBySig(terms, signed);
    }

    /// A good signature does not replace any other requirement.
    function test_RevertWhen_SignedTermsAreNotGrantable() public {
        Terms memory terms = makeTerms();
        terms.kind = 3;
        expectSigned(terms, IGrantRegistry.GrantKindUnsupported.selector);
        terms = makeTerms();
        terms.grantee = address(0);
        expectSigned(terms, IGrantRegistry.GrantFieldZero.selector);
        terms = makeTerms();
        terms.expiresAt = terms.notBefore;
        expectSigned(terms, IGrantRegistry.GrantPeriodEmpty.selector);
        terms = makeTerms();
        terms.notBefore = 0;
        terms.expiresAt = uint40(START);
        expectSigned(terms, IGrantRegistry.GrantAlreadyExpired.selector);
        terms = makeTerms();
        terms.measurementEpoch = uint40(START + 1);
        expectSigned(terms, IGrantRegistry.GrantMeasurementEpochAhead.selector);
        terms = makeTerms();
        terms.datasetId = DatasetId.wrap("unknown");
        expectSigned(terms, IGrantRegistry.GrantDatasetNotActive.selector);
        terms = makeTerms();
        terms.datasetId = registerDataset(STRANGER, "stranger's");
        expectSigned(terms, IGrantRegistry.GrantDatasetNotOwned.selector);
        terms = makeTerms();
        terms.keyEpoch = 2;
        expectSigned(terms, IGrantRegistry.GrantKeyEpochStale.selector);
    }

    // revokeBySig

    function test_revokeBySig() public {
        GrantHash grantHash = giveGrant(makeTerms());
        bytes memory signed = signRevocation(grantHash, OWNER_KEY);
        vm.expectEmit(address(grants));
        emit IGrantRegistry.GrantRevoked(grantHash, OWNER);
        vm.prank(STRANGER);
        grants.revokeBySig(OWNER, grantHash, signed);
        yes(grants.grantOf(OWNER, grantHash).status == GrantStatus.Revoked);
        vm.recordLogs();
        grants.revokeBySig(OWNER, grantHash, signed);
        eq(vm.getRecordedLogs().length, 0);
    }

    function test_revokeBySig_YearsLaterAndNeverSubmitted() public {
        GrantHash grantHash = grants.hashTerms(makeTerms());
        bytes memory signed = signRevocation(grantHash, OWNER_KEY);
        // Neither a key epoch nor an owner epoch ends it.
        rotateKeys(datasetId);
        revokeAll();
        erase(datasetId);
        vm.warp(START + 3650 days);
        grants.revokeBySig(OWNER, grantHash, signed);
        yes(grants.grantOf(OWNER, grantHash).status == GrantStatus.Revoked);
    }

    function test_RevertWhen_RevocationIsSignedByAnother() public {
        Terms memory terms = makeTerms();
        GrantHash grantHash = grants.hashTerms(terms);
        bytes memory signed = signRevocation(grantHash, WORKER_KEY);
        expectUnsigned(terms);
        grants.revokeBySig(OWNER, grantHash, signed);
        yes(grants.grantOf(OWNER, grantHash).status == GrantStatus.None);
    }

    function test_RevertWhen_GrantSignatureIsUsedToRevoke() public {
        Terms memory terms = makeTerms();
        GrantHash grantHash = grants.hashTerms(terms);
        bytes memory signed = signTerms(terms, OWNER_KEY);
        expectUnsigned(terms);
        grants.revokeBySig(OWNER, grantHash, signed);
    }

    function test_RevertWhen_RevocationIsUsedToGrant() public {
        Terms memory terms = makeTerms();
        bytes memory signed = signRevocation(grants.hashTerms(terms), OWNER_KEY);
        expectUnsigned(terms);
        grants.grantBySig(terms, signed);
    }

    function test_RevertWhen_RevocationIsOfAnotherGrant() public {
        Terms memory terms = makeTerms();
        GrantHash grantHash = giveGrant(terms);
        bytes memory signed = signRevocation(GrantHash.wrap("another"), OWNER_KEY);
        expectUnsigned(terms);
        grants.revokeBySig(OWNER, grantHash, signed);
    }

    // revokeAllBySig

    function test_revokeAllBySig() public {
        Terms memory terms = makeTerms();
        giveGrant(terms);
        bytes memory signed = signRevokeAll(OWNER, 0, OWNER_KEY);
        vm.expectEmit(address(grants));
        emit IGrantRegistry.OwnerEpochBumped(OWNER, 1);
        vm.prank(STRANGER);
        grants.revokeAllBySig(OWNER, 0, signed);
        eq(grants.ownerEpochOf(OWNER), 1);
        eq(grants.ownerEpochOf(STRANGER), 0);
        expectReason(terms, 1, Reason.GrantRevoked);
    }

    function test_revokeAllBySig_YearsLater() public {
        bytes memory signed = signRevokeAll(OWNER, 0, OWNER_KEY);
        vm.warp(START + 3650 days);
        grants.revokeAllBySig(OWNER, 0, signed);
        eq(grants.ownerEpochOf(OWNER), 1);
    }

    function test_RevertWhen_RevokeAllIsOfAnEarlierEpoch() public {
        bytes memory signed = signRevokeAll(OWNER, 0, OWNER_KEY);
        grants.revokeAllBySig(OWNER, 0, signed);
        expectNotCurrent(0, 1);
        grants.revokeAllBySig(OWNER, 0, signed);
        // What revokeAll has ended is not ended again either.
        signed = signRevokeAll(OWNER, 1, OWNER_KEY);
        revokeAll();
        expectNotCurrent(1, 2);
        grants.revokeAllBySig(OWNER, 1, signed);
        eq(grants.ownerEpochOf(OWNER), 2);
    }

    function test_RevertWhen_RevokeAllIsOfALaterEpoch() public {
        bytes memory signed = signRevokeAll(OWNER, 1, OWNER_KEY);
        expectNotCurrent(1, 0);
        grants.revokeAllBySig(OWNER, 1, signed);
        // The epoch is part of what is signed.
        expectEpochUnsigned(OWNER, 0);
        grants.revokeAllBySig(OWNER, 0, signed);
    }

    function test_RevertWhen_RevokeAllIsSignedByAnother() public {
        bytes memory signed = signRevokeAll(OWNER, 0, WORKER_KEY);
        expectEpochUnsigned(OWNER, 0);
        grants.revokeAllBySig(OWNER, 0, signed);
        signed = signRevokeAll(OWNER, 0, OWNER_KEY);
        expectEpochUnsigned(STRANGER, 0);
        grants.revokeAllBySig(STRANGER, 0, signed);
    }

    // Fuzz

    function testFuzz_grantBySig_AnyKey(uint256 key, bytes32 salt) public {
        key = bound(key, 1, ORDER_OF_SECP256K1 - 1);
        Terms memory terms = makeTerms();
        terms.owner = vm.addr(key);
        terms.datasetId = registerDataset(terms.owner, salt);
        grants.grantBySig(terms, signTerms(terms, key));
        yes(grants.grantOf(terms.owner, grants.hashTerms(terms)).status == GrantStatus.Active);
    }

    function testFuzz_RevertWhen_SignatureIsNoise(bytes memory noise) public {
        Terms memory terms = makeTerms();
        GrantHash grantHash = grants.hashTerms(terms);
        expectUnsigned(terms);
        grants.grantBySig(terms, noise);
        expectUnsigned(terms);
        grants.revokeBySig(OWNER, grantHash, noise);
        expectEpochUnsigned(OWNER, 0);
        grants.revokeAllBySig(OWNER, 0, noise);
    }

    function testFuzz_RevertWhen_AnyWordChangesAfterSigning(uint8 word, uint256 bits) public {
        Terms memory terms = makeTerms();
        bytes memory signed = signTerms(terms, OWNER_KEY);
        GrantHash before = grants.hashTerms(terms);
        // Word by word, through the encoding: no field is forgotten.
        bytes memory encoded = abi.encode(terms);
        uint256 offset = 0x20 + uint256(word % 20) * 0x20;
        uint256 mask = [160, 160, 256, 8, 32, 96, 160, 40, 40, 32, 32, 40, 1, 64, 32, 32, 96, 1, 256, 256][word % 20];
        bits = mask == 256 ? bits : bits & ((1 << mask) - 1);
        vm.assume(bits != 0);
        assembly ("memory-safe") {
            mstore(add(encoded, offset), xor(mload(add(encoded, offset)), bits))
        }
        terms = abi.decode(encoded, (Terms));
        yes(grants.hashTerms(terms) != before);
        vm.expectRevert();
        grants.grantBySig(terms, signed);
        yes(grants.grantOf(terms.owner, grants.hashTerms(terms)).status == GrantStatus.None);
    }

    function testFuzz_revokeBySig_AnyKeyAnyHash(uint256 key, GrantHash grantHash) public {
        key = bound(key, 1, ORDER_OF_SECP256K1 - 1);
        address owner = vm.addr(key);
        grants.revokeBySig(owner, grantHash, signRevocation(grantHash, key));
        yes(grants.grantOf(owner, grantHash).status == GrantStatus.Revoked);
    }

    function testFuzz_revokeAllBySig_OnlyTheCurrentEpoch(uint8 bumps, uint32 epoch) public {
        bumps %= 8;
        for (uint256 i = 0; i < bumps; ++i) {
            revokeAll();
        }
        if (epoch % 2 == 0) epoch = bumps;
        bytes memory signed = signRevokeAll(OWNER, epoch, OWNER_KEY);
        if (epoch != bumps) expectNotCurrent(epoch, bumps);
        grants.revokeAllBySig(OWNER, epoch, signed);
        eq(grants.ownerEpochOf(OWNER), epoch == bumps ? bumps + 1 : bumps);
    }

    function expectSigned(Terms memory terms, bytes4 selector) private {
        bytes memory signed = signTerms(terms, OWNER_KEY);
        vm.expectPartialRevert(selector);
        grants.grantBySig(terms, signed);
    }

    function expectNotCurrent(uint32 got, uint32 current) private {
        vm.expectRevert(
            abi.encodeWithSelector(IGrantRegistry.GrantEpochNotCurrent.selector, OWNER, got, current)
        );
    }

    function expectEpochUnsigned(address owner, uint32 epoch) private {
        vm.expectRevert(
            abi.encodeWithSelector(IGrantRegistry.GrantEpochSignatureInvalid.selector, owner, epoch)
        );
    }
}
