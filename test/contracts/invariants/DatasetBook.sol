// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Dataset, DatasetStatus, Delegation} from "../../../contracts/interfaces/IDatasetRegistry.sol";
import {DatasetHead} from "../../../contracts/types/DatasetHead.sol";
import {DatasetId} from "../../../contracts/types/Ids.sol";
import {Publication, WriterPublication} from "../../../contracts/types/Publication.sol";
import {Writer, WriterKind} from "../../../contracts/types/Writer.sol";
import {DatasetKit} from "../helpers/DatasetKit.sol";
import {vm} from "../helpers/Vm.sol";

/// @dev The test's own account of what must hold, kept apart from the contract's: DatasetHandler writes it, the invariants
/// ask it.
abstract contract DatasetBook is DatasetKit {
    uint256 internal constant SETS = 3;
    uint256 internal constant PEOPLE = 4;
    uint256 internal constant ENCLAVES = 3;
    uint256 internal constant WRITERS = 3;

    /// @dev What the test's own book says of a dataset.
    struct Known {
        DatasetHead head;
        bytes32[] catalogue;
        uint256 offeredAt;
        address offeredTo;
        uint256 erasedAt;
        bool gone;
    }

    DatasetId[SETS] internal ids;
    Known[SETS] internal known;
    Dataset[SETS] internal seen;
    bytes32[ENCLAVES] internal codeOf;

    // Raised once, never lowered.
    bool public wentBack;
    bool public unknownOwnerChange;
    bool public frozenChanged;
    bool public erasedChanged;
    bool public writerOverstepped;
    bool public strangerSucceeded;

    /// @dev How often each thing succeeded, so that a run that never reaches one is seen.
    mapping(bytes32 what => uint256) public countOf;

    /// @dev The stage is set once, by the handler; fuzzing calls this too.
    function setUp() public override {}

    /// @dev After each step the chain is compared with what it was before.
    modifier watched(uint256 which) {
        _;
        watch(which % SETS);
    }

    // What the invariants ask

    /// @dev The test's own head, folded from its own list of commitments, is the chain's.
    function headsAreKnown() external view returns (bool) {
        for (uint256 i = 0; i < SETS; ++i) {
            DatasetHead memory head = known[i].head;
            if (head.catalogueHash != foldOf(0, known[i].catalogue)) return false;
            if (head.catalogueLength != known[i].catalogue.length) return false;
            if (datasets.datasetOf(ids[i]).headHash != datasets.hashHead(head)) return false;
        }
        return true;
    }

    function writersWithinTheirVersions() external view returns (bool) {
        for (uint256 i = 0; i < SETS; ++i) {
            for (uint256 j = 0; j < WRITERS; ++j) {
                Delegation memory delegation = datasets.delegationOf(ids[i], writerOf(j));
                if (delegation.usedVersions > delegation.maxVersions) return false;
                if (delegation.segments >> known[i].head.catalogueLength != 0) return false;
                if (delegation.keyEpoch > datasets.datasetOf(ids[i]).keyEpoch) return false;
            }
        }
        return true;
    }

    /// @dev An offer belongs to an active dataset and is the one of the test's book.
    function offersAreKnown() external view returns (bool) {
        for (uint256 i = 0; i < SETS; ++i) {
            (address to, uint40 offeredAt) = datasets.offerOf(ids[i]);
            if (to != known[i].offeredTo || (to != address(0) && offeredAt != known[i].offeredAt)) return false;
            if (to != address(0) && datasets.datasetOf(ids[i]).status != DatasetStatus.Active) return false;
        }
        return true;
    }

    function erasedStayErased() external view returns (bool) {
        for (uint256 i = 0; i < SETS; ++i) {
            DatasetStatus status = datasets.datasetOf(ids[i]).status;
            if (known[i].gone != (status == DatasetStatus.Erased)) return false;
            if ((datasets.erasureFinalAt(ids[i]) != 0) == (status == DatasetStatus.Active)) return false;
        }
        return !erasedChanged;
    }

    /// @dev Compares with the last look. Owner and status change only where the book has just been told.
    function watch(uint256 which) internal {
        Dataset memory now_ = datasets.datasetOf(ids[which]);
        Dataset memory before = seen[which];
        if (now_.version < before.version || now_.version > before.version + 1) wentBack = true;
        if (now_.keyEpoch < before.keyEpoch || now_.keyEpoch > before.keyEpoch + 1) wentBack = true;
        if (now_.owner != before.owner) unknownOwnerChange = true;
        bool begun = before.status == DatasetStatus.Active && now_.status == DatasetStatus.Erasing;
        if (now_.status != before.status && !begun) erasedChanged = true;
        bool same = now_.headHash == before.headHash && now_.version == before.version
            && now_.keyEpoch == before.keyEpoch && now_.owner == before.owner;
        if (before.status != DatasetStatus.Active && !same) frozenChanged = true;
        seen[which] = now_;
    }

    /// @dev Asked of the delegation as it was, apart from the contract's own checks.
    function mayWrite(uint256 which, WriterPublication memory writing, Delegation memory before, address signer)
        internal
        view
        returns (bool)
    {
        Dataset memory dataset = seen[which];
        bool delegated = before.keyEpoch == dataset.keyEpoch && block.timestamp < before.until
            && before.usedVersions < before.maxVersions && writing.segments & ~before.segments == 0;
        return delegated && dataset.status == DatasetStatus.Active && isWriter(writing.writer, signer);
    }

    function isWriter(Writer memory writer, address signer) private view returns (bool) {
        if (writer.kind == WriterKind.Key) return writer.id == bytes32(uint256(uint160(signer)));
        for (uint256 i = 0; i < ENCLAVES; ++i) {
            if (vm.addr(enclaveKeyOf(i)) == signer) return codeOf[i] == writer.id;
        }
        return false;
    }

    function noteHead(uint256 which, Publication memory publication) internal {
        Known storage book = known[which];
        for (uint256 i = 0; i < publication.appended.length; ++i) {
            book.catalogue.push(publication.appended[i]);
        }
        book.head = DatasetHead({
            manifestDigest: publication.manifestDigest,
            keyBoxDigest: publication.keyBoxDigest,
            guardianSetHash: publication.guardianSetHash,
            catalogueHash: foldOf(book.head.catalogueHash, publication.appended),
            catalogueLength: book.head.catalogueLength + uint32(publication.appended.length)
        });
    }

    // People. One call of eight is made by anyone.

    function callerFor(uint256 which, uint256 who) internal view returns (address) {
        return vm.addr(signerFor(which, who));
    }

    function signerFor(uint256 which, uint256 who) internal view returns (uint256) {
        if (who % 8 == 0) return 0xd000 + (who >> 3) % PEOPLE;
        uint256 key = 0xd000;
        while (vm.addr(key) != seen[which].owner) ++key;
        return key;
    }

    function personOf(uint256 who) internal pure returns (address) {
        return vm.addr(0xd000 + who % PEOPLE);
    }

    function writerOf(uint256 writer) internal view returns (Writer memory) {
        writer %= WRITERS;
        return writer == 0 ? keyWriter() : Writer(WriterKind.Measurement, measurementOf(writer));
    }

    function enclaveKeyOf(uint256 enclave) internal pure returns (uint256) {
        return 0xf000 + enclave;
    }

    function measurementOf(uint256 code) internal pure returns (bytes32) {
        return keccak256(abi.encode("code", code % WRITERS));
    }
}
