// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Dataset, DatasetStatus, Delegation} from "../../../contracts/interfaces/IDatasetRegistry.sol";
import {DatasetHead} from "../../../contracts/types/DatasetHead.sol";
import {DatasetId} from "../../../contracts/types/Ids.sol";
import {Publication, WriterPublication} from "../../../contracts/types/Publication.sol";
import {Writer} from "../../../contracts/types/Writer.sol";
import {vm} from "../helpers/Vm.sol";
import {DatasetBook} from "./DatasetBook.sol";

/// @dev Three datasets, four people who may come to own any of them, three writers of each (a key and two measurements),
/// three enclave keys that come and go, and time. Keeps its own account of what must hold and raises a flag where it did
/// not. Most calls are made by who may make them, or nothing would ever happen; some are made by anyone.
contract DatasetHandler is DatasetBook {
    uint256 private salt;

    constructor() {
        vm.warp(START);
        deploy();
        for (uint256 i = 0; i < SETS; ++i) {
            vm.prank(personOf(i));
            ids[i] = datasets.registerDataset(bytes32(i), "manifest", "keybox", "guardians", commitments(2));
            known[i].head = firstHead();
            known[i].catalogue = commitments(2);
            seen[i] = datasets.datasetOf(ids[i]);
        }
        for (uint256 i = 0; i < ENCLAVES; ++i) {
            setKey(i, i, true);
        }
    }

    // Owners

    function publish(uint256 which, uint256 who, uint256 change, uint256 more) external watched(which) {
        which %= SETS;
        Publication memory publication = nextPublication(which, change, more);
        DatasetHead memory previous = known[which].head;
        address caller = callerFor(which, who);
        vm.prank(caller);
        try datasets.publish(
            ids[which],
            previous,
            publication.manifestDigest,
            publication.keyBoxDigest,
            publication.guardianSetHash,
            publication.keyEpoch,
            publication.appended
        ) {
            if (caller != seen[which].owner) strangerSucceeded = true;
            noteHead(which, publication);
            ++countOf["publish"];
        } catch {}
    }

    function publishBySig(uint256 which, uint256 who, uint256 change, uint256 more) external watched(which) {
        which %= SETS;
        Publication memory publication = nextPublication(which, change, more);
        uint256 signer = signerFor(which, who);
        bytes memory signed = signature(signer, datasets.publicationDigest(publication));
        try datasets.publishBySig(publication, known[which].head, signed) {
            if (vm.addr(signer) != seen[which].owner) strangerSucceeded = true;
            noteHead(which, publication);
            ++countOf["publishBySig"];
        } catch {}
    }

    function setWriter(uint256 which, uint256 who, uint256 writer, uint256 segments, uint32 maxVersions)
        external
        watched(which)
    {
        which %= SETS;
        address caller = callerFor(which, who);
        uint40 until = uint40(block.timestamp + bound(segments, 1, 20 days));
        segments = bound(segments >> 8, 0, (2 << known[which].head.catalogueLength) - 1);
        vm.prank(caller);
        try datasets.setWriter(
            ids[which], known[which].head, writerOf(writer), segments, until, uint32(bound(maxVersions, 0, 4))
        ) {
            if (caller != seen[which].owner) strangerSucceeded = true;
            ++countOf["setWriter"];
        } catch {}
    }

    function removeWriter(uint256 which, uint256 who, uint256 writer, bool signed) external watched(which) {
        which %= SETS;
        uint256 signer = signerFor(which, who);
        bool done;
        if (signed) {
            bytes memory proof =
                signature(signer, datasets.writerRemovalDigest(ids[which], writerOf(writer)));
            try datasets.removeWriterBySig(ids[which], writerOf(writer), proof) {
                done = true;
            } catch {}
        } else {
            vm.prank(vm.addr(signer));
            try datasets.removeWriter(ids[which], writerOf(writer)) {
                done = true;
            } catch {}
        }
        if (!done) return;
        if (vm.addr(signer) != seen[which].owner) strangerSucceeded = true;
        ++countOf["removeWriter"];
    }

    // Transfer

    function offer(uint256 which, uint256 who, uint256 to) external watched(which) {
        which %= SETS;
        address caller = callerFor(which, who);
        vm.prank(caller);
        try datasets.offerDataset(ids[which], personOf(to)) {
            if (caller != seen[which].owner) strangerSucceeded = true;
            (known[which].offeredTo, known[which].offeredAt) = (personOf(to), block.timestamp);
            ++countOf["offer"];
        } catch {}
    }

    function withdrawOffer(uint256 which, uint256 who) external watched(which) {
        which %= SETS;
        address caller = callerFor(which, who);
        vm.prank(caller);
        try datasets.withdrawOffer(ids[which]) {
            if (caller != seen[which].owner) strangerSucceeded = true;
            known[which].offeredTo = address(0);
            ++countOf["withdrawOffer"];
        } catch {}
    }

    function accept(uint256 which, uint256 who) external {
        which %= SETS;
        Known storage book = known[which];
        address caller = who % 4 == 0 || book.offeredTo == address(0) ? personOf(who >> 2) : book.offeredTo;
        vm.prank(caller);
        try datasets.acceptDataset(ids[which]) {
            uint256 age = block.timestamp - book.offeredAt;
            bool due = caller == book.offeredTo && age >= 2 days && age < 30 days;
            Dataset memory now_ = datasets.datasetOf(ids[which]);
            if (!due || now_.owner != caller || now_.keyEpoch != seen[which].keyEpoch + 1) unknownOwnerChange = true;
            if (seen[which].status != DatasetStatus.Active) frozenChanged = true;
            book.offeredTo = address(0);
            seen[which].owner = caller;
            ++countOf["accept"];
        } catch {}
        watch(which);
    }

    /// @dev OwnerKeys comes to another answer; nobody is one, too.
    function nameSuccessor(uint256 which, uint256 who) external {
        which %= SETS;
        ownerKeys.set(seen[which].owner, who % 4 == 0 ? address(0) : personOf(who >> 2));
    }

    function recover(uint256 which, uint256 who) external {
        which %= SETS;
        address successor = ownerKeys.successorOf(seen[which].owner);
        address caller = who % 4 == 0 || successor == address(0) ? personOf(who >> 2) : successor;
        vm.prank(caller);
        try datasets.recoverDataset(ids[which]) {
            Dataset memory now_ = datasets.datasetOf(ids[which]);
            bool due = caller == successor && now_.owner == caller && now_.keyEpoch == seen[which].keyEpoch + 1;
            if (!due) unknownOwnerChange = true;
            if (seen[which].status != DatasetStatus.Active) frozenChanged = true;
            known[which].offeredTo = address(0);
            seen[which].owner = caller;
            ++countOf["recover"];
        } catch {}
        watch(which);
    }

    // Erasure

    /// @dev Seldom, or nothing lives long.
    function erase(uint256 which, uint256 who) external watched(which) {
        which %= SETS;
        if ((who >> 16) % 4 != 0) return;
        address caller = callerFor(which, who);
        vm.prank(caller);
        try datasets.eraseDataset(ids[which]) {
            if (caller != seen[which].owner) strangerSucceeded = true;
            (known[which].erasedAt, known[which].offeredTo) = (block.timestamp, address(0));
            ++countOf["erase"];
        } catch {}
    }

    function restore(uint256 which, uint256 who) external {
        which %= SETS;
        address caller = callerFor(which, who);
        vm.prank(caller);
        try datasets.restoreDataset(ids[which]) {
            if (caller != seen[which].owner) strangerSucceeded = true;
            if (block.timestamp >= known[which].erasedAt + 7 days) erasedChanged = true;
            seen[which].status = DatasetStatus.Active;
            ++countOf["restore"];
        } catch {}
        watch(which);
    }

    function conclude(uint256 which, uint256 who) external {
        which %= SETS;
        if (who % 4 != 0) return;
        vm.prank(personOf(who >> 2));
        try datasets.concludeErasure(ids[which]) {
            if (block.timestamp < known[which].erasedAt + 7 days) erasedChanged = true;
            if (seen[which].status != DatasetStatus.Erasing) erasedChanged = true;
            seen[which].status = DatasetStatus.Erased;
            known[which].gone = true;
            ++countOf["conclude"];
        } catch {}
        watch(which);
    }

    // Writers

    /// @param attack 0 to 4 try what a writer must not: another guardian set, KeyBox or catalogue, other segments, another
    /// key. Anything else is honest.
    function write(uint256 which, uint256 writer, uint256 attack, uint256 segments, bool signed)
        external
        watched(which)
    {
        which %= SETS;
        WriterPublication memory writing = nextWriting(which, writerOf(writer), segments, attack % 16 == 3);
        DatasetHead memory previous = known[which].head;
        if (attack % 16 == 0) previous.guardianSetHash = "writer";
        else if (attack % 16 == 1) previous.keyBoxDigest = "writer";
        else if (attack % 16 == 2) ++previous.catalogueLength;
        if (attack % 16 < 3) writing.previousHead = datasets.hashHead(previous);
        uint256 key = attack % 16 == 4 ? OTHER_KEY : keyOf(writer, segments);
        Delegation memory before = datasets.delegationOf(ids[which], writing.writer);
        if (!sendWriting(writing, previous, key, signed)) return;

        ++countOf["write"];
        known[which].head.manifestDigest = writing.manifestDigest;
        if (attack % 16 < 5 || !mayWrite(which, writing, before, vm.addr(key))) writerOverstepped = true;
        if (datasets.delegationOf(ids[which], writing.writer).usedVersions != before.usedVersions + 1) {
            writerOverstepped = true;
        }
    }

    // Governance, operators and time

    function setKey(uint256 enclave, uint256 code, bool usable) public {
        enclave %= ENCLAVES;
        codeOf[enclave] = usable ? measurementOf(code) : bytes32(0);
        keys.set(vm.addr(enclaveKeyOf(enclave)), measurementOf(code), usable);
    }

    function wait(uint256 seconds_) external {
        vm.warp(block.timestamp + bound(seconds_, 1, 2 days));
    }

    function sendWriting(WriterPublication memory writing, DatasetHead memory previous, uint256 key, bool signed)
        private
        returns (bool)
    {
        if (signed) {
            try datasets.publishAsWriterBySig(writing, previous, signWriting(writing, key)) {
                return true;
            } catch {
                return false;
            }
        }
        vm.prank(vm.addr(key));
        try datasets.publishAsWriter(writing, previous) {
            return true;
        } catch {
            return false;
        }
    }

    function nextPublication(uint256 which, uint256 change, uint256 more)
        private
        returns (Publication memory publication)
    {
        bytes32 digest = keccak256(abi.encode(++salt));
        Dataset memory dataset = datasets.datasetOf(ids[which]);
        bytes32[] memory appended = new bytes32[](change % 8 == 0 ? more % 3 : 0);
        for (uint256 i = 0; i < appended.length; ++i) {
            appended[i] = keccak256(abi.encode(digest, i));
        }
        publication = Publication({
            datasetId: ids[which],
            previousHead: dataset.headHash,
            version: dataset.version + 1,
            manifestDigest: digest,
            keyBoxDigest: change % 4 == 1 ? digest : known[which].head.keyBoxDigest,
            guardianSetHash: change % 4 == 2 ? digest : known[which].head.guardianSetHash,
            keyEpoch: dataset.keyEpoch + uint32(change % 16 == 3 ? 1 + more % 2 : 0),
            appended: appended,
            deadline: uint40(block.timestamp + 1)
        });
    }

    /// @dev Mostly what is delegated, or writers would never write.
    function nextWriting(uint256 which, Writer memory writer, uint256 segments, bool beyond)
        private
        returns (WriterPublication memory)
    {
        Dataset memory dataset = datasets.datasetOf(ids[which]);
        uint256 delegated = datasets.delegationOf(ids[which], writer).segments;
        return WriterPublication({
            datasetId: ids[which],
            writer: writer,
            previousHead: dataset.headHash,
            version: dataset.version + 1,
            keyEpoch: dataset.keyEpoch,
            manifestDigest: keccak256(abi.encode(++salt)),
            segments: beyond ? segments | ~delegated : delegated,
            deadline: uint40(block.timestamp)
        });
    }

    function keyOf(uint256 writer, uint256 enclave) private pure returns (uint256) {
        return writer % WRITERS == 0 ? WRITER_KEY : enclaveKeyOf(enclave % ENCLAVES);
    }
}
