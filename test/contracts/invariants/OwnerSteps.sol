// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {DatasetStatus, IDatasetRegistry} from "../../../contracts/interfaces/IDatasetRegistry.sol";
import {IGrantRegistry} from "../../../contracts/interfaces/IGrantRegistry.sol";
import {GrantHash} from "../../../contracts/types/Ids.sol";
import {GRANT_COMPUTE, GRANT_READ, Terms} from "../../../contracts/types/Terms.sol";
import {vm} from "../helpers/Vm.sol";
import {Book} from "./Book.sol";

/// @dev Three owners: they grant in every way there is, revoke in every way there is, publish, rotate keys and erase.
abstract contract OwnerSteps is Book {
    function stepOfOwner(uint256 dice) internal {
        uint256 what = dice % 25;
        dice = toss(dice);
        if (what < 7) giveGrant(dice, GRANT_COMPUTE);
        else if (what < 10) giveGrant(dice, GRANT_READ);
        else if (what < 12) giveSigned(dice);
        else if (what == 12) giveBatch(dice);
        else if (what == 13) giveAgain(dice);
        else if (what == 14) revoke(dice);
        else if (what == 15) revokeSigned(dice);
        else if (what == 16) revokeAll(dice);
        else if (what == 17) revokeAllSigned(dice);
        else if (what < 20) publish(dice);
        else if (what == 20) erase(dice);
        else if (what < 23) restore(dice);
        else startAnew(dice);
    }

    function registerSet(uint256 who) internal {
        sets.push();
        currentSet[who] = sets.length - 1;
        sets[sets.length - 1].id = registerDataset(ownerOf(who), bytes32(++salt));
        sets[sets.length - 1].owner = who;
        sets[sets.length - 1].keyEpoch = 1;
        sets[sets.length - 1].status = DatasetStatus.Active;
        sets[sets.length - 1].head = firstHead();
    }

    // What may be granted and used

    function mayGrant(uint256 which, bool signed) internal view returns (bool) {
        GrantBook storage book = grantBooks[which];
        if (book.revoked || book.active) return book.active && !book.revoked;
        Terms memory terms = allTerms[which];
        if (terms.kind == GRANT_READ && (signed || terms.notBefore < block.timestamp + 1 days)) return false;
        if (terms.notBefore >= terms.expiresAt || block.timestamp >= terms.expiresAt) return false;
        if (terms.measurementEpoch > block.timestamp) return false;
        return isCurrent(which);
    }

    function isCurrent(uint256 which) private view returns (bool) {
        SetBook storage set = sets[grantBooks[which].set];
        return set.status == DatasetStatus.Active && allTerms[which].keyEpoch == set.keyEpoch
            && allTerms[which].ownerEpoch == ownerEpochs[set.owner] && allTerms[which].owner == ownerOf(set.owner);
    }

    /// @dev Uses are asked of the chain; that they are right is an invariant of its own.
    function mayUse(uint256 which, address requester, uint256 outputBytes, uint8 kind) internal view returns (bool) {
        GrantBook storage book = grantBooks[which];
        Terms memory terms = allTerms[which];
        if (!book.active || book.revoked || !isCurrent(which)) return false;
        if (block.timestamp < terms.notBefore || block.timestamp >= terms.expiresAt) return false;
        (uint256 uses, uint256 reserved) = usesOf(which);
        return uses < terms.maxUses && reserved + outputBytes <= terms.maxOutputBytes && terms.kind == kind
            && terms.grantee == requester;
    }

    /// @dev What the grant's jobs have taken and not given back.
    function usesOf(uint256 which) internal view virtual returns (uint256 uses, uint256 reserved);

    // Grants

    function drawTerms(uint256 dice, uint8 kind) internal returns (uint256 which) {
        uint256 who = dice % OWNERS;
        SetBook storage set = sets[currentSet[who]];
        Terms memory terms = makeTerms();
        terms.owner = ownerOf(who);
        terms.grantee = requesterOf(dice >> 8);
        terms.datasetId = set.id;
        terms.kind = kind;
        terms.maxUses = uint32(1 + (dice >> 16) % 4);
        terms.price = uint96((dice >> 24) % 8 == 0 ? 0 : (dice >> 32) % 1e21);
        terms.token = address(monies[(dice >> 130) % 3 == 0 ? 1 : 0]);
        terms.notBefore = uint40(kind == GRANT_READ ? block.timestamp + 1 days : block.timestamp);
        terms.expiresAt = uint40(block.timestamp + 1 days + 1 + (dice >> 140) % 20 days);
        terms.keyEpoch = set.keyEpoch + ((dice >> 170) % 32 == 0 ? 1 : 0);
        terms.ownerEpoch = ownerEpochs[who] + ((dice >> 175) % 32 == 0 ? 1 : 0);
        terms.measurementEpoch = uint40(block.timestamp + ((dice >> 180) % 32 == 0 ? 1 : 0));
        terms.maxOutputBytes = uint64(1000 + (dice >> 190) % 4000);
        terms.nodePolicy.minStake = (dice >> 210) % 4 == 0 ? uint96(STAKE) : 0;
        terms.nodePolicy.requesterMayNameNode = (dice >> 220) % 4 == 0;
        terms.salt = bytes32(++salt);
        allTerms.push(terms);
        grantBooks.push();
        which = allTerms.length - 1;
        grantBooks[which].set = currentSet[who];
    }

    function giveGrant(uint256 dice, uint8 kind) internal {
        uint256 which = drawTerms(dice, kind);
        give("grant", which, (dice >> 230) % 16 == 0 ? STRANGER : allTerms[which].owner);
        if (kind == GRANT_READ && (dice >> 240) % 2 == 0) vm.warp(allTerms[which].notBefore);
    }

    function giveAgain(uint256 dice) private {
        if (allTerms.length == 0) return;
        uint256 which = dice % allTerms.length;
        give("grant again", which, allTerms[which].owner);
    }

    function give(bytes32 what, uint256 which, address caller) private {
        bool may = caller == allTerms[which].owner && mayGrant(which, false);
        noteGrant(attempt(what, may, caller, address(grants), abi.encodeCall(IGrantRegistry.grant, (allTerms[which]))), which);
    }

    function giveSigned(uint256 dice) private {
        uint256 which =
            dice % 4 == 0 && allTerms.length != 0 ? dice % allTerms.length : drawTerms(dice, GRANT_COMPUTE);
        Terms memory terms = allTerms[which];
        uint256 signer = (dice >> 250) % 8 == 0 ? OTHER : ownerKeyOf(sets[grantBooks[which].set].owner);
        // An active grant stays so, and nobody looks at the signature.
        bool may = mayGrant(which, true) && (grantBooks[which].active || signer != OTHER);
        bytes memory signed = signature(signer, GrantHash.unwrap(grants.hashTerms(terms)));
        bytes memory data = abi.encodeCall(IGrantRegistry.grantBySig, (terms, signed));
        noteGrant(attempt("grantBySig", may, STRANGER, address(grants), data), which);
    }

    uint256 private constant OTHER = 0xdead1;

    function giveBatch(uint256 dice) private {
        uint256 first = drawTerms(dice, GRANT_COMPUTE);
        uint256 second = drawTerms(dice, GRANT_READ);
        Terms[] memory list = new Terms[](2);
        (list[0], list[1]) = (allTerms[first], allTerms[second]);
        bool may = mayGrant(first, false) && mayGrant(second, false);
        bytes memory data = abi.encodeCall(IGrantRegistry.grantBatch, (list));
        bool done = attempt("grantBatch", may, list[0].owner, address(grants), data);
        noteGrant(done, first);
        noteGrant(done, second);
    }

    function noteGrant(bool done, uint256 which) internal {
        if (!done) return;
        if (grantBooks[which].revoked) revokedCameBack = true;
        grantBooks[which].active = true;
    }

    // Revocations

    function revoke(uint256 dice) private {
        if (allTerms.length == 0) return;
        uint256 which = dice % allTerms.length;
        GrantHash[] memory hashes = new GrantHash[](1);
        hashes[0] = grants.hashTerms(allTerms[which]);
        bytes memory data = (dice >> 200) % 2 == 0
            ? abi.encodeCall(IGrantRegistry.revoke, (hashes[0]))
            : abi.encodeCall(IGrantRegistry.revokeBatch, (hashes));
        // A stranger revokes in a slot of its own only.
        bool stranger = (dice >> 210) % 8 == 0;
        attempt("revoke", true, stranger ? STRANGER : allTerms[which].owner, address(grants), data);
        if (!stranger) grantBooks[which].revoked = true;
    }

    function revokeSigned(uint256 dice) private {
        if (allTerms.length == 0) return;
        uint256 which = dice % allTerms.length;
        bool forged = (dice >> 200) % 4 == 0;
        GrantHash grantHash = grants.hashTerms(allTerms[which]);
        uint256 signer = forged ? OTHER : ownerKeyOf(sets[grantBooks[which].set].owner);
        bytes memory signed = signature(signer, grants.revocationDigest(grantHash));
        bytes memory data = abi.encodeCall(IGrantRegistry.revokeBySig, (allTerms[which].owner, grantHash, signed));
        if (attempt("revokeBySig", !forged, STRANGER, address(grants), data)) grantBooks[which].revoked = true;
    }

    /// @dev Seldom, or no grant lives long.
    function revokeAll(uint256 dice) private {
        if (dice % 2 != 0) return;
        uint256 who = (dice >> 8) % OWNERS;
        attempt("revokeAll", true, ownerOf(who), address(grants), abi.encodeCall(IGrantRegistry.revokeAll, ()));
        noteEpoch(who);
    }

    function revokeAllSigned(uint256 dice) private {
        if (dice % 2 != 0) return;
        uint256 who = (dice >> 8) % OWNERS;
        uint32 epoch = ownerEpochs[who] + ((dice >> 20) % 4 == 0 ? 1 : 0);
        bytes memory signed = signature(ownerKeyOf(who), grants.revokeAllDigest(ownerOf(who), epoch));
        bytes memory data = abi.encodeCall(IGrantRegistry.revokeAllBySig, (ownerOf(who), epoch, signed));
        bool may = epoch == ownerEpochs[who];
        if (attempt("revokeAllBySig", may, STRANGER, address(grants), data)) noteEpoch(who);
    }

    function noteEpoch(uint256 who) private {
        ++ownerEpochs[who];
        if (grants.ownerEpochOf(ownerOf(who)) != ownerEpochs[who]) wentBack = true;
    }

    // Datasets

    function publish(uint256 dice) private {
        SetBook storage set = sets[currentSet[dice % OWNERS]];
        bytes32 digest = bytes32(++salt);
        uint32 epoch = set.keyEpoch + ((dice >> 8) % 4 == 0 ? 1 : 0);
        bytes memory data = abi.encodeCall(
            IDatasetRegistry.publish, (set.id, set.head, digest, digest, digest, epoch, new bytes32[](0))
        );
        bool may = set.status == DatasetStatus.Active;
        if (!attempt("publish", may, ownerOf(set.owner), address(datasets), data)) return;
        if (epoch != set.keyEpoch) ++countOf["rotate keys"];
        set.keyEpoch = epoch;
        (set.head.manifestDigest, set.head.keyBoxDigest, set.head.guardianSetHash) = (digest, digest, digest);
    }

    /// @dev Seldom, too.
    function erase(uint256 dice) private {
        if (dice % 2 != 0) return;
        SetBook storage set = sets[currentSet[(dice >> 8) % OWNERS]];
        bytes memory data = abi.encodeCall(IDatasetRegistry.eraseDataset, (set.id));
        bool may = set.status == DatasetStatus.Active;
        if (!attempt("erase", may, ownerOf(set.owner), address(datasets), data)) return;
        (set.status, set.erasedAt) = (DatasetStatus.Erasing, block.timestamp);
    }

    function restore(uint256 dice) private {
        SetBook storage set = sets[dice % sets.length];
        for (uint256 i = 0; i < sets.length && (dice >> 8) % 4 != 0; ++i) {
            if (sets[i].status == DatasetStatus.Erasing) set = sets[i];
        }
        bytes memory data = abi.encodeCall(IDatasetRegistry.restoreDataset, (set.id));
        bool may = set.status == DatasetStatus.Erasing && block.timestamp < set.erasedAt + 7 days;
        if (attempt("restore", may, ownerOf(set.owner), address(datasets), data)) set.status = DatasetStatus.Active;
    }

    /// @dev Whose dataset is gone has another one.
    function startAnew(uint256 dice) private {
        for (uint256 who = 0; who < OWNERS; ++who) {
            SetBook storage set = sets[currentSet[who]];
            if (set.status == DatasetStatus.Active) continue;
            bool late = set.status == DatasetStatus.Erasing && (dice >> 8) % 2 == 0;
            if (late && block.timestamp < set.erasedAt + 7 days) vm.warp(set.erasedAt + 7 days);
            bytes memory data = abi.encodeCall(IDatasetRegistry.concludeErasure, (set.id));
            bool may = set.status == DatasetStatus.Erasing && block.timestamp >= set.erasedAt + 7 days;
            if (attempt("conclude", may, STRANGER, address(datasets), data)) set.status = DatasetStatus.Erased;
            if (dice % 2 == 0) registerSet(who);
        }
    }
}
