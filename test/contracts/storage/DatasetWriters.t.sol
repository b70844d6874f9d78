// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {DatasetStatus, Delegation, IDatasetRegistry} from "../../../contracts/interfaces/IDatasetRegistry.sol";
import {DatasetHead} from "../../../contracts/types/DatasetHead.sol";
import {DatasetId} from "../../../contracts/types/Ids.sol";
import {WriterPublication} from "../../../contracts/types/Publication.sol";
import {Writer, WriterKind} from "../../../contracts/types/Writer.sol";
import {DatasetKit} from "../helpers/DatasetKit.sol";
import {SmartWallet} from "../helpers/SmartWallet.sol";
import {vm} from "../helpers/Vm.sol";

/// @dev Who becomes a writer and who is none any more.
contract DatasetWritersTest is DatasetKit {
    // setWriter

    function test_setWriter() public {
        Delegation memory wanted = Delegation(1, uint40(START), UNTIL, 1, 3, 0);
        vm.expectEmit(address(datasets));
        emit IDatasetRegistry.DatasetWriterSet(datasetId, OWNER, keyWriter().id, keyWriter(), wanted);
        setWriter(keyWriter());
        eq(delegationHash(datasets.delegationOf(datasetId, keyWriter())), delegationHash(wanted));
    }

    function test_setWriter_StartsAgain() public {
        setWriter(keyWriter());
        write(makeWriting(keyWriter()));
        eq(usedOf(keyWriter()), 1);
        vm.prank(OWNER);
        datasets.setWriter(datasetId, headWith("manifest 2"), keyWriter(), 2, SOON, 7);
        eq(
            delegationHash(datasets.delegationOf(datasetId, keyWriter())),
            delegationHash(Delegation(2, uint40(START), SOON, 1, 7, 0))
        );
    }

    /// The same 32 bytes as an address and as a measurement are two writers.
    function test_setWriter_KindsAreApart() public {
        setWriter(keyWriter());
        Writer memory other = Writer(WriterKind.Measurement, keyWriter().id);
        eq(datasets.delegationOf(datasetId, other).setAt, 0);
    }

    /// The last of all addresses is one.
    function test_setWriter_HighestAddress() public {
        Writer memory last = Writer(WriterKind.Key, bytes32(uint256(type(uint160).max)));
        setWriter(last);
        eq(datasets.delegationOf(datasetId, last).setAt, START);
    }

    function test_setWriter_WholeCatalogueOf256() public {
        vm.prank(OWNER);
        DatasetId id = datasets.registerDataset("full", "manifest", "keybox", "guardians", commitments(256));
        DatasetHead memory head =
            DatasetHead("manifest", "keybox", "guardians", foldOf(0, commitments(256)), 256);
        vm.prank(OWNER);
        datasets.setWriter(id, head, keyWriter(), type(uint256).max, UNTIL, 1);
        eq(datasets.delegationOf(id, keyWriter()).segments, type(uint256).max);
    }

    function test_RevertWhen_WriterIsSetByAnother() public {
        expectNotOwner(STRANGER, OWNER);
        vm.prank(STRANGER);
        datasets.setWriter(datasetId, firstHead(), keyWriter(), 1, UNTIL, 3);
    }

    /// No writer makes another one.
    function test_RevertWhen_WriterIsSetByWriter() public {
        setWriter(keyWriter());
        expectNotOwner(WRITER, OWNER);
        vm.prank(WRITER);
        datasets.setWriter(datasetId, firstHead(), keyWriter(), 3, UNTIL, 3);
    }

    function test_RevertWhen_WriterOfUnknownDatasetIsSet() public {
        DatasetId unknown = DatasetId.wrap("unknown");
        expectNotActive(unknown, DatasetStatus.None);
        datasets.setWriter(unknown, firstHead(), keyWriter(), 1, UNTIL, 3);
    }

    function test_RevertWhen_WriterNamesNobody() public {
        expectWriterInvalid(Writer(WriterKind.None, "somebody"));
        expectWriterInvalid(Writer(WriterKind.None, keyWriter().id));
        expectWriterInvalid(Writer(WriterKind.Key, 0));
        expectWriterInvalid(Writer(WriterKind.Measurement, 0));
    }

    function test_RevertWhen_WriterIsWiderThanAnAddress() public {
        expectWriterInvalid(Writer(WriterKind.Key, bytes32(uint256(1 << 160) | uint256(keyWriter().id))));
    }

    function test_RevertWhen_WriterIsSetOnStaleHead() public {
        publishManifest("manifest 2");
        bytes32 current = datasets.datasetOf(datasetId).headHash;
        vm.expectRevert(
            abi.encodeWithSelector(
                IDatasetRegistry.DatasetHeadStale.selector, datasetId, datasets.hashHead(firstHead()), current
            )
        );
        setWriter(keyWriter());
    }

    /// A longer catalogue than there is would admit segments that do not exist yet.
    function test_RevertWhen_CatalogueOfWriterIsMadeLonger() public {
        DatasetHead memory longer = firstHead();
        longer.catalogueLength = 3;
        vm.expectPartialRevert(IDatasetRegistry.DatasetHeadStale.selector);
        vm.prank(OWNER);
        datasets.setWriter(datasetId, longer, keyWriter(), 4, UNTIL, 3);
    }

    function test_RevertWhen_WriterHasNoSegment() public {
        expectSegmentsInvalid(0, 3);
        vm.prank(OWNER);
        datasets.setWriter(datasetId, firstHead(), keyWriter(), 0, UNTIL, 3);
    }

    function test_RevertWhen_WritersSegmentIsNotInCatalogue() public {
        expectSegmentsInvalid(5, 3);
        vm.prank(OWNER);
        datasets.setWriter(datasetId, firstHead(), keyWriter(), 5, UNTIL, 3);
    }

    function test_RevertWhen_CatalogueOfWriterIsEmpty() public {
        vm.prank(OWNER);
        DatasetId id = datasets.registerDataset("empty", "manifest", "keybox", "guardians", none);
        vm.expectRevert(abi.encodeWithSelector(IDatasetRegistry.WriterSegmentsInvalid.selector, id, 1, 0));
        vm.prank(OWNER);
        datasets.setWriter(id, DatasetHead("manifest", "keybox", "guardians", 0, 0), keyWriter(), 1, UNTIL, 3);
    }

    function test_RevertWhen_WriterHasNoVersion() public {
        vm.expectRevert(abi.encodeWithSelector(IDatasetRegistry.WriterVersionsMissing.selector, datasetId));
        vm.prank(OWNER);
        datasets.setWriter(datasetId, firstHead(), keyWriter(), 1, UNTIL, 0);
    }

    function test_RevertWhen_WriterIsOverBeforeItBegins() public {
        vm.expectRevert(abi.encodeWithSelector(IDatasetRegistry.WriterExpired.selector, datasetId, START, START));
        vm.prank(OWNER);
        datasets.setWriter(datasetId, firstHead(), keyWriter(), 1, uint40(START), 3);
    }

    // removeWriter

    function test_removeWriter() public {
        setWriter(keyWriter());
        setWriter(codeWriter());
        vm.expectEmit(address(datasets));
        emit IDatasetRegistry.DatasetWriterRemoved(datasetId, OWNER, keyWriter().id, keyWriter());
        vm.prank(OWNER);
        datasets.removeWriter(datasetId, keyWriter());
        eq(datasets.delegationOf(datasetId, keyWriter()).setAt, 0);
        eq(datasets.delegationOf(datasetId, codeWriter()).setAt, START);
    }

    /// Or it would be a writer again when the dataset is restored.
    function test_removeWriter_WhileErasing() public {
        setWriter(keyWriter());
        erase();
        vm.prank(OWNER);
        datasets.removeWriter(datasetId, keyWriter());
        vm.prank(OWNER);
        datasets.restoreDataset(datasetId);
        WriterPublication memory writing = makeWriting(keyWriter());
        expectUnknown(keyWriter());
        write(writing);
    }

    function test_removeWriter_OfAnEarlierEpoch() public {
        setWriter(keyWriter());
        rotateKeys();
        vm.prank(OWNER);
        datasets.removeWriter(datasetId, keyWriter());
        eq(datasets.delegationOf(datasetId, keyWriter()).setAt, 0);
    }

    function test_RevertWhen_WriterIsRemovedByAnother() public {
        setWriter(keyWriter());
        expectNotOwner(WRITER, OWNER);
        vm.prank(WRITER);
        datasets.removeWriter(datasetId, keyWriter());
    }

    function test_RevertWhen_RemovedWriterIsUnknown() public {
        expectUnknown(keyWriter());
        vm.prank(OWNER);
        datasets.removeWriter(datasetId, keyWriter());
    }

    // removeWriterBySig

    function test_removeWriterBySig() public {
        setWriter(keyWriter());
        bytes memory signed = signature(OWNER_KEY, datasets.writerRemovalDigest(datasetId, keyWriter()));
        vm.expectEmit(address(datasets));
        emit IDatasetRegistry.DatasetWriterRemoved(datasetId, OWNER, keyWriter().id, keyWriter());
        vm.prank(STRANGER);
        datasets.removeWriterBySig(datasetId, keyWriter(), signed);
        eq(datasets.delegationOf(datasetId, keyWriter()).setAt, 0);
    }

    function test_removeWriterBySig_OfSmartWallet() public {
        SmartWallet wallet = new SmartWallet(OWNER);
        handTo(address(wallet));
        bytes memory call = abi.encodeCall(
            IDatasetRegistry.setWriter, (datasetId, firstHead(), keyWriter(), 1, UNTIL, 3)
        );
        wallet.run(address(datasets), call);
        bytes memory signed = signature(OWNER_KEY, datasets.writerRemovalDigest(datasetId, keyWriter()));
        datasets.removeWriterBySig(datasetId, keyWriter(), signed);
        eq(datasets.delegationOf(datasetId, keyWriter()).setAt, 0);
    }

    /// Otherwise anyone could end every later delegation, too.
    function test_RevertWhen_RemovalIsReplayedOnALaterDelegation() public {
        setWriter(keyWriter());
        bytes memory signed = signature(OWNER_KEY, datasets.writerRemovalDigest(datasetId, keyWriter()));
        datasets.removeWriterBySig(datasetId, keyWriter(), signed);
        vm.warp(START + 1);
        setWriter(keyWriter());
        expectSignatureInvalid();
        datasets.removeWriterBySig(datasetId, keyWriter(), signed);
    }

    function test_RevertWhen_RemovalIsOfAnotherWriter() public {
        setWriter(keyWriter());
        setWriter(codeWriter());
        bytes memory signed = signature(OWNER_KEY, datasets.writerRemovalDigest(datasetId, keyWriter()));
        expectSignatureInvalid();
        datasets.removeWriterBySig(datasetId, codeWriter(), signed);
    }

    function test_RevertWhen_RemovalIsSignedByWriter() public {
        setWriter(keyWriter());
        bytes memory signed = signature(WRITER_KEY, datasets.writerRemovalDigest(datasetId, keyWriter()));
        expectSignatureInvalid();
        datasets.removeWriterBySig(datasetId, keyWriter(), signed);
    }

    function test_RevertWhen_RemovalOfUnknownWriterIsSigned() public {
        bytes memory signed = signature(OWNER_KEY, datasets.writerRemovalDigest(datasetId, keyWriter()));
        expectUnknown(keyWriter());
        datasets.removeWriterBySig(datasetId, keyWriter(), signed);
    }

    function test_RevertWhen_RemovalIsOfUnknownDataset() public {
        DatasetId unknown = DatasetId.wrap("unknown");
        vm.expectRevert(
            abi.encodeWithSelector(IDatasetRegistry.DatasetSignatureInvalid.selector, unknown, address(0))
        );
        datasets.removeWriterBySig(unknown, keyWriter(), new bytes(65));
    }

    function test_writerRemovalDigest() public {
        setWriter(codeWriter());
        bytes32 removalType = keccak256("WriterRemoval(bytes32 datasetId,uint8 kind,bytes32 id,uint40 setAt)");
        bytes32 hash = keccak256(abi.encode(removalType, datasetId, uint8(2), MEASUREMENT, START));
        eq(datasets.writerRemovalDigest(datasetId, codeWriter()), typedDigest(hash));
    }

    // Fuzz

    function testFuzz_setWriter(bool code, uint160 id, uint256 segments, uint40 until, uint32 maxVersions) public {
        Writer memory writer = Writer(code ? WriterKind.Measurement : WriterKind.Key, bytes32(uint256(id)));
        bool good = id != 0 && segments != 0 && segments < 4 && until > START && maxVersions != 0;
        vm.prank(OWNER);
        try datasets.setWriter(datasetId, firstHead(), writer, segments, until, maxVersions) {
            yes(good);
            eq(
                delegationHash(datasets.delegationOf(datasetId, writer)),
                delegationHash(Delegation(segments, uint40(START), until, 1, maxVersions, 0))
            );
        } catch {
            yes(!good);
        }
    }

    /// Every catalogue length, and its last index and the one after.
    function testFuzz_setWriter_SegmentsAreWithinTheCatalogue(uint8 length) public {
        bytes32[] memory list = commitments(length);
        vm.startPrank(OWNER);
        DatasetId id = datasets.registerDataset("fuzz", "manifest", "keybox", "guardians", list);
        DatasetHead memory head = DatasetHead("manifest", "keybox", "guardians", foldOf(0, list), length);
        if (length > 0) datasets.setWriter(id, head, keyWriter(), 1 << (uint256(length) - 1), UNTIL, 1);
        vm.expectPartialRevert(IDatasetRegistry.WriterSegmentsInvalid.selector);
        datasets.setWriter(id, head, keyWriter(), 1 << uint256(length), UNTIL, 1);
        vm.stopPrank();
    }

    function testFuzz_removeWriter_OnlyByOwner(address caller) public {
        vm.assume(caller != OWNER);
        setWriter(keyWriter());
        expectNotOwner(caller, OWNER);
        vm.prank(caller);
        datasets.removeWriter(datasetId, keyWriter());
    }

    function testFuzz_removeWriterBySig_OnlySignedByOwner(uint256 key, bytes memory noise) public {
        key = bound(key, 1, ORDER - 1);
        vm.assume(key != OWNER_KEY);
        setWriter(keyWriter());
        bytes memory signed = signature(key, datasets.writerRemovalDigest(datasetId, keyWriter()));
        expectSignatureInvalid();
        datasets.removeWriterBySig(datasetId, keyWriter(), signed);
        expectSignatureInvalid();
        datasets.removeWriterBySig(datasetId, keyWriter(), noise);
    }

    function expectWriterInvalid(Writer memory writer) private {
        vm.expectRevert(abi.encodeWithSelector(IDatasetRegistry.WriterInvalid.selector, datasetId, writer));
        setWriter(writer);
    }

    function expectUnknown(Writer memory writer) private {
        vm.expectRevert(abi.encodeWithSelector(IDatasetRegistry.WriterUnknown.selector, datasetId, writer));
    }

    function expectSegmentsInvalid(uint256 got, uint256 allowed) private {
        vm.expectRevert(
            abi.encodeWithSelector(IDatasetRegistry.WriterSegmentsInvalid.selector, datasetId, got, allowed)
        );
    }

    function expectSignatureInvalid() private {
        vm.expectRevert(
            abi.encodeWithSelector(IDatasetRegistry.DatasetSignatureInvalid.selector, datasetId, OWNER)
        );
    }
}
