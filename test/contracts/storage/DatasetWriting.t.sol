// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Dataset, IDatasetRegistry} from "../../../contracts/interfaces/IDatasetRegistry.sol";
import {DatasetHead} from "../../../contracts/types/DatasetHead.sol";
import {DatasetId} from "../../../contracts/types/Ids.sol";
import {WriterPublication} from "../../../contracts/types/Publication.sol";
import {Writer, WriterKind} from "../../../contracts/types/Writer.sol";
import {DatasetKit} from "../helpers/DatasetKit.sol";
import {vm} from "../helpers/Vm.sol";

/// @dev What a writer that calls with its own key can do, and above all what it cannot.
contract DatasetWritingTest is DatasetKit {
    function setUp() public override {
        super.setUp();
        setWriter(keyWriter());
    }

    function test_publishAsWriter() public {
        DatasetHead memory head = headWith("manifest 2");
        vm.expectEmit(address(datasets));
        emit IDatasetRegistry.DatasetWritten(datasetId, keyWriter().id, WRITER, keyWriter(), 2, 1, 1, head);
        write(makeWriting(keyWriter()));
        Dataset memory dataset = datasets.datasetOf(datasetId);
        eq(dataset.owner, OWNER);
        eq(dataset.keyEpoch, 1);
        eq(dataset.version, 2);
        eq(dataset.headHash, datasets.hashHead(head));
        eq(usedOf(keyWriter()), 1);
    }

    function test_publishAsWriter_AtTheLastMoment() public {
        WriterPublication memory writing = makeWriting(keyWriter());
        writing.deadline = UNTIL;
        vm.warp(UNTIL - 1);
        write(writing);
        eq(datasets.datasetOf(datasetId).version, 2);
    }

    /// The owner goes on publishing beside its writers.
    function test_publishAsWriter_ThenOwner() public {
        write(makeWriting(keyWriter()));
        vm.prank(OWNER);
        datasets.publish(datasetId, headWith("manifest 2"), "manifest 3", "keybox", "guardians", 1, none);
        eq(datasets.datasetOf(datasetId).version, 3);
        eq(usedOf(keyWriter()), 1);
    }

    // Rollback

    function test_RevertWhen_WritingIsSentTwice() public {
        WriterPublication memory writing = makeWriting(keyWriter());
        write(writing);
        expectVersionStale(2, 3);
        write(writing);
    }

    function test_RevertWhen_WriterPublishesOverAHeadThatWasReplaced() public {
        publishManifest("manifest of the owner");
        WriterPublication memory writing = makeWriting(keyWriter());
        expectVersionStale(2, 3);
        write(writing);
        writing.version = 3;
        expectHeadStale(writing.previousHead);
        write(writing);
    }

    /// The message names the stored head, the calldata another.
    function test_RevertWhen_HeadIsNotTheOneNamed() public {
        publishManifest("manifest of the owner");
        WriterPublication memory writing = makeWriting(keyWriter());
        writing.version = 3;
        bytes32 first = writing.previousHead;
        writing.previousHead = datasets.datasetOf(datasetId).headHash;
        expectHeadStale(first);
        write(writing);
    }

    /// The calldata is the stored head, the message names another.
    function test_RevertWhen_MessageNamesAnotherHead() public {
        WriterPublication memory writing = makeWriting(keyWriter());
        writing.previousHead = "another head";
        expectHeadStale("another head");
        write(writing);
    }

    function test_RevertWhen_WriterNamesAnotherVersion() public {
        WriterPublication memory writing = makeWriting(keyWriter());
        writing.version = 1;
        expectVersionStale(1, 2);
        write(writing);
        writing.version = 3;
        expectVersionStale(3, 2);
        write(writing);
    }

    function test_RevertWhen_WriterPublishesTheManifestThatIsThere() public {
        WriterPublication memory writing = makeWriting(keyWriter());
        writing.manifestDigest = "manifest";
        vm.expectRevert(
            abi.encodeWithSelector(
                IDatasetRegistry.WriterManifestUnchanged.selector, datasetId, bytes32("manifest")
            )
        );
        write(writing);
    }

    /// The chain keeps no older digests. An old manifest makes a new version, and readers refuse it because it says that
    /// it is an older one: no head comes back that was there before under its own version.
    function test_publishAsWriter_OldManifestMakesANewVersion() public {
        write(makeWriting(keyWriter()));
        WriterPublication memory back = makeNextWriting(keyWriter(), 3, "manifest 2", "manifest");
        vm.prank(WRITER);
        datasets.publishAsWriter(back, headWith("manifest 2"));
        Dataset memory dataset = datasets.datasetOf(datasetId);
        eq(dataset.headHash, datasets.hashHead(firstHead()));
        eq(dataset.version, 3);
    }

    function test_RevertWhen_WrittenDigestIsZero() public {
        WriterPublication memory writing = makeWriting(keyWriter());
        writing.manifestDigest = 0;
        vm.expectRevert(abi.encodeWithSelector(IDatasetRegistry.DatasetDigestMissing.selector, datasetId));
        write(writing);
    }

    // What is not a writer's to change: KeyBox, guardians, catalogue, key epoch

    function test_RevertWhen_WriterChangesKeyBox() public {
        DatasetHead memory head = firstHead();
        head.keyBoxDigest = "keybox of the writer";
        expectHeadRefused(head);
    }

    function test_RevertWhen_WriterChangesGuardianSet() public {
        DatasetHead memory head = firstHead();
        head.guardianSetHash = "guardians of the writer";
        expectHeadRefused(head);
    }

    function test_RevertWhen_WriterDropsASegmentFromTheCatalogue() public {
        DatasetHead memory head = firstHead();
        head.catalogueHash = foldOf(0, commitments(1));
        head.catalogueLength = 1;
        expectHeadRefused(head);
    }

    function test_RevertWhen_WriterAppendsASegmentToTheCatalogue() public {
        DatasetHead memory head = firstHead();
        head.catalogueHash = foldOf(0, commitments(3));
        head.catalogueLength = 3;
        expectHeadRefused(head);
    }

    function test_RevertWhen_WriterBumpsTheKeyEpoch() public {
        WriterPublication memory writing = makeWriting(keyWriter());
        writing.keyEpoch = 2;
        expectKeyEpochInvalid(2, 1);
        write(writing);
    }

    function test_RevertWhen_WriterPublishesAsOwner() public {
        expectNotOwner(WRITER, OWNER);
        vm.prank(WRITER);
        datasets.publish(datasetId, firstHead(), "manifest 2", "keybox", "guardians", 1, none);
    }

    // Segments

    function test_RevertWhen_WrittenSegmentIsNotDelegated() public {
        WriterPublication memory writing = makeWriting(keyWriter());
        writing.segments = 3;
        vm.expectRevert(abi.encodeWithSelector(IDatasetRegistry.WriterSegmentsInvalid.selector, datasetId, 3, 1));
        write(writing);
    }

    function test_RevertWhen_NoSegmentIsWritten() public {
        WriterPublication memory writing = makeWriting(keyWriter());
        writing.segments = 0;
        vm.expectRevert(abi.encodeWithSelector(IDatasetRegistry.WriterSegmentsInvalid.selector, datasetId, 0, 1));
        write(writing);
    }

    // The end of a delegation

    function test_RevertWhen_WriterIsOfAnEarlierKeyEpoch() public {
        rotateKeys();
        WriterPublication memory writing = makeWriting(keyWriter());
        expectKeyEpochInvalid(1, 2);
        write(writing);
        DatasetHead memory head = headWith("manifest 2");
        head.keyBoxDigest = "keybox 2";
        writing.keyEpoch = 2;
        writing.version = 3;
        writing.previousHead = datasets.hashHead(head);
        writing.manifestDigest = "manifest 3";
        vm.expectRevert(abi.encodeWithSelector(IDatasetRegistry.WriterKeyEpochOld.selector, datasetId, 1, 2));
        vm.prank(WRITER);
        datasets.publishAsWriter(writing, head);
    }

    function test_RevertWhen_WriterIsThatOfTheFormerOwner() public {
        vm.prank(OWNER);
        datasets.setWriter(datasetId, firstHead(), keyWriter(), 1, uint40(START + 100 days), 3);
        handTo(BUYER);
        WriterPublication memory writing = makeWriting(keyWriter());
        writing.deadline = uint40(START + 100 days);
        expectKeyEpochInvalid(1, 2);
        write(writing);
        writing.keyEpoch = 2;
        vm.expectRevert(abi.encodeWithSelector(IDatasetRegistry.WriterKeyEpochOld.selector, datasetId, 1, 2));
        write(writing);
    }

    function test_RevertWhen_WriterHasExpired() public {
        WriterPublication memory writing = makeWriting(keyWriter());
        writing.deadline = type(uint40).max;
        vm.warp(UNTIL);
        vm.expectRevert(abi.encodeWithSelector(IDatasetRegistry.WriterExpired.selector, datasetId, UNTIL, UNTIL));
        write(writing);
    }

    function test_RevertWhen_WriterHasUsedAllItsVersions() public {
        for (uint48 version = 2; version <= 4; ++version) {
            writeVersion(version);
        }
        eq(usedOf(keyWriter()), 3);
        WriterPublication memory writing = makeNextWriting(keyWriter(), 5, bytes32(uint256(4)), bytes32(uint256(5)));
        vm.expectRevert(abi.encodeWithSelector(IDatasetRegistry.WriterExhausted.selector, datasetId, 3, 3));
        vm.prank(WRITER);
        datasets.publishAsWriter(writing, headWith(bytes32(uint256(4))));
    }

    function test_RevertWhen_WriterIsRemoved() public {
        vm.prank(OWNER);
        datasets.removeWriter(datasetId, keyWriter());
        WriterPublication memory writing = makeWriting(keyWriter());
        expectUnknown(keyWriter());
        write(writing);
    }

    function test_RevertWhen_WriterIsUnknown() public {
        Writer memory writer = Writer(WriterKind.Key, bytes32(uint256(uint160(STRANGER))));
        WriterPublication memory writing = makeWriting(writer);
        expectUnknown(writer);
        vm.prank(STRANGER);
        datasets.publishAsWriter(writing, firstHead());
    }

    function test_RevertWhen_WriterIsOfAnotherDataset() public {
        vm.prank(OWNER);
        DatasetId second = datasets.registerDataset("second", "manifest", "keybox", "guardians", commitments(2));
        WriterPublication memory writing = makeWriting(keyWriter());
        writing.datasetId = second;
        vm.expectRevert(
            abi.encodeWithSelector(IDatasetRegistry.WriterUnknown.selector, second, keyWriter())
        );
        write(writing);
    }

    function test_RevertWhen_WriterOfNoKindWrites() public {
        Writer memory nobody = Writer(WriterKind.None, keyWriter().id);
        WriterPublication memory writing = makeWriting(nobody);
        expectUnknown(nobody);
        write(writing);
    }

    function test_RevertWhen_DeadlineHasPassed() public {
        WriterPublication memory writing = makeWriting(keyWriter());
        vm.warp(SOON + 1);
        vm.expectRevert(
            abi.encodeWithSelector(IDatasetRegistry.DatasetDeadlinePassed.selector, datasetId, SOON, SOON + 1)
        );
        write(writing);
    }

    function test_RevertWhen_AnotherCallsInTheWritersName() public {
        WriterPublication memory writing = makeWriting(keyWriter());
        vm.expectRevert(
            abi.encodeWithSelector(IDatasetRegistry.WriterCallerMismatch.selector, datasetId, STRANGER, WRITER)
        );
        vm.prank(STRANGER);
        datasets.publishAsWriter(writing, firstHead());
    }

    // Fuzz

    /// Whatever a writer sends, all but manifest and version stays as it was.
    function testFuzz_publishAsWriter_ChangesNothingButTheManifest(
        bytes32 manifestDigest,
        uint256 segments,
        DatasetHead memory previous,
        bool honest
    ) public {
        if (honest) previous = firstHead();
        WriterPublication memory writing = makeWriting(keyWriter());
        writing.manifestDigest = manifestDigest;
        writing.segments = segments;
        bool good = honest && segments == 1 && manifestDigest != 0 && manifestDigest != "manifest";
        vm.prank(WRITER);
        try datasets.publishAsWriter(writing, previous) {
            yes(good);
        } catch {
            yes(!good);
        }
        Dataset memory dataset = datasets.datasetOf(datasetId);
        eq(dataset.keyEpoch, 1);
        eq(dataset.owner, OWNER);
        eq(dataset.headHash, datasets.hashHead(good ? headWith(manifestDigest) : firstHead()));
    }

    function testFuzz_publishAsWriter_OnlyByItsKey(address caller) public {
        vm.assume(caller != WRITER);
        WriterPublication memory writing = makeWriting(keyWriter());
        vm.expectRevert(
            abi.encodeWithSelector(IDatasetRegistry.WriterCallerMismatch.selector, datasetId, caller, WRITER)
        );
        vm.prank(caller);
        datasets.publishAsWriter(writing, firstHead());
    }

    function writeVersion(uint48 version) private {
        bytes32 previous = version == 2 ? bytes32("manifest") : bytes32(uint256(version - 1));
        WriterPublication memory writing =
            makeNextWriting(keyWriter(), version, previous, bytes32(uint256(version)));
        vm.prank(WRITER);
        datasets.publishAsWriter(writing, headWith(previous));
    }

    /// @dev Neither as calldata alone nor named in the message as well.
    function expectHeadRefused(DatasetHead memory head) private {
        WriterPublication memory writing = makeWriting(keyWriter());
        bytes32 got = datasets.hashHead(head);
        expectHeadStale(got);
        vm.prank(WRITER);
        datasets.publishAsWriter(writing, head);
        writing.previousHead = got;
        expectHeadStale(got);
        vm.prank(WRITER);
        datasets.publishAsWriter(writing, head);
    }

    function expectHeadStale(bytes32 got) private {
        bytes32 wanted = datasets.datasetOf(datasetId).headHash;
        vm.expectRevert(
            abi.encodeWithSelector(IDatasetRegistry.DatasetHeadStale.selector, datasetId, got, wanted)
        );
    }

    function expectVersionStale(uint48 got, uint48 wanted) private {
        vm.expectRevert(
            abi.encodeWithSelector(IDatasetRegistry.DatasetVersionStale.selector, datasetId, got, wanted)
        );
    }

    function expectKeyEpochInvalid(uint32 got, uint32 current) private {
        vm.expectRevert(
            abi.encodeWithSelector(IDatasetRegistry.DatasetKeyEpochInvalid.selector, datasetId, got, current)
        );
    }

    function expectUnknown(Writer memory writer) private {
        vm.expectRevert(abi.encodeWithSelector(IDatasetRegistry.WriterUnknown.selector, datasetId, writer));
    }
}
