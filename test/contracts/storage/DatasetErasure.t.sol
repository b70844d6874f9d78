// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {DatasetStatus, IDatasetRegistry} from "../../../contracts/interfaces/IDatasetRegistry.sol";
import {DatasetId} from "../../../contracts/types/Ids.sol";
import {Publication, WriterPublication} from "../../../contracts/types/Publication.sol";
import {DatasetKit} from "../helpers/DatasetKit.sol";
import {vm} from "../helpers/Vm.sol";

contract DatasetErasureTest is DatasetKit {
    // eraseDataset

    function test_eraseDataset() public {
        vm.expectEmit(address(datasets));
        emit IDatasetRegistry.DatasetErasureBegun(datasetId, OWNER, START + 7 days);
        erase();
        statusIs(DatasetStatus.Erasing);
        (, , DatasetStatus status) = datasets.ownershipOf(datasetId);
        yes(status == DatasetStatus.Erasing);
        eq(datasets.erasureFinalAt(datasetId), START + 7 days);
    }

    function test_eraseDataset_EndsAnOffer() public {
        offer(BUYER);
        vm.expectEmit(address(datasets));
        emit IDatasetRegistry.DatasetOfferWithdrawn(datasetId, OWNER, BUYER);
        vm.expectEmit(address(datasets));
        emit IDatasetRegistry.DatasetErasureBegun(datasetId, OWNER, START + 7 days);
        erase();
        (address to,) = datasets.offerOf(datasetId);
        eq(to, address(0));
    }

    function test_RevertWhen_ErasedByAnother() public {
        expectNotOwner(STRANGER, OWNER);
        vm.prank(STRANGER);
        datasets.eraseDataset(datasetId);
    }

    /// The recipient of an offer owns nothing yet.
    function test_RevertWhen_ErasedByRecipientOfAnOffer() public {
        offer(BUYER);
        vm.warp(START + 3 days);
        expectNotOwner(BUYER, OWNER);
        vm.prank(BUYER);
        datasets.eraseDataset(datasetId);
    }

    function test_RevertWhen_UnknownDatasetIsErased() public {
        DatasetId unknown = DatasetId.wrap("unknown");
        expectNotActive(unknown, DatasetStatus.None);
        datasets.eraseDataset(unknown);
    }

    /// Neither prolongs it nor starts it again.
    function test_RevertWhen_ErasingDatasetIsErased() public {
        erase();
        vm.warp(START + 3 days);
        expectNotActive(datasetId, DatasetStatus.Erasing);
        erase();
        eq(datasets.erasureFinalAt(datasetId), START + 7 days);
    }

    function test_RevertWhen_ErasedDatasetIsErased() public {
        eraseForEver();
        expectNotActive(datasetId, DatasetStatus.Erased);
        erase();
    }

    // What is frozen

    function test_RevertWhen_FrozenDatasetIsPublished() public {
        erase();
        expectNotActive(datasetId, DatasetStatus.Erasing);
        publishManifest("manifest 2");
    }

    function test_RevertWhen_ErasedDatasetIsPublished() public {
        eraseForEver();
        expectNotActive(datasetId, DatasetStatus.Erased);
        publishManifest("manifest 2");
    }

    function test_RevertWhen_FrozenDatasetIsPublishedBySig() public {
        Publication memory publication = makePublication();
        bytes memory signed = signPublication(publication);
        erase();
        expectNotActive(datasetId, DatasetStatus.Erasing);
        datasets.publishBySig(publication, firstHead(), signed);
    }

    function test_RevertWhen_FrozenDatasetIsWritten() public {
        setWriter(keyWriter());
        erase();
        WriterPublication memory writing = makeWriting(keyWriter());
        bytes memory signed = signWriting(writing, WRITER_KEY);
        expectNotActive(datasetId, DatasetStatus.Erasing);
        write(writing);
        expectNotActive(datasetId, DatasetStatus.Erasing);
        datasets.publishAsWriterBySig(writing, firstHead(), signed);
    }

    function test_RevertWhen_WriterIsSetOnFrozenDataset() public {
        erase();
        expectNotActive(datasetId, DatasetStatus.Erasing);
        setWriter(keyWriter());
    }

    function test_RevertWhen_SaltIsThatOfAFrozenDataset() public {
        erase();
        vm.expectRevert(abi.encodeWithSelector(IDatasetRegistry.DatasetAlreadyExists.selector, datasetId));
        vm.prank(OWNER);
        datasets.registerDataset("first", "manifest", "keybox", "guardians", none);
    }

    // restoreDataset

    function test_restoreDataset() public {
        bytes32 before = keccak256(abi.encode(datasets.datasetOf(datasetId)));
        erase();
        vm.warp(START + 7 days - 1);
        vm.expectEmit(address(datasets));
        emit IDatasetRegistry.DatasetRestored(datasetId, OWNER);
        vm.prank(OWNER);
        datasets.restoreDataset(datasetId);
        eq(keccak256(abi.encode(datasets.datasetOf(datasetId))), before);
        eq(datasets.erasureFinalAt(datasetId), 0);
        publishManifest("manifest 2");
    }

    /// A second erasure has its own seven days.
    function test_restoreDataset_ThenEraseAgain() public {
        erase();
        vm.warp(START + 6 days);
        vm.prank(OWNER);
        datasets.restoreDataset(datasetId);
        erase();
        eq(datasets.erasureFinalAt(datasetId), START + 13 days);
        vm.warp(START + 12 days);
        vm.prank(OWNER);
        datasets.restoreDataset(datasetId);
        statusIs(DatasetStatus.Active);
    }

    function test_restoreDataset_WritersWriteAgain() public {
        setWriter(keyWriter());
        erase();
        vm.prank(OWNER);
        datasets.restoreDataset(datasetId);
        write(makeWriting(keyWriter()));
        eq(datasets.datasetOf(datasetId).version, 2);
    }

    function test_RevertWhen_RestoredTooLate() public {
        erase();
        vm.warp(START + 7 days);
        expectFinal();
        vm.prank(OWNER);
        datasets.restoreDataset(datasetId);
    }

    function test_RevertWhen_RestoredByAnother() public {
        erase();
        expectNotOwner(STRANGER, OWNER);
        vm.prank(STRANGER);
        datasets.restoreDataset(datasetId);
    }

    function test_RevertWhen_ActiveDatasetIsRestored() public {
        expectNotErasing(DatasetStatus.Active);
        vm.prank(OWNER);
        datasets.restoreDataset(datasetId);
    }

    function test_RevertWhen_ErasedDatasetIsRestored() public {
        eraseForEver();
        expectNotErasing(DatasetStatus.Erased);
        vm.prank(OWNER);
        datasets.restoreDataset(datasetId);
    }

    // concludeErasure

    function test_concludeErasure() public {
        erase();
        vm.warp(START + 7 days);
        vm.expectEmit(address(datasets));
        emit IDatasetRegistry.DatasetErased(datasetId, OWNER);
        vm.prank(STRANGER);
        datasets.concludeErasure(datasetId);
        statusIs(DatasetStatus.Erased);
        eq(datasets.datasetOf(datasetId).owner, OWNER);
        eq(datasets.erasureFinalAt(datasetId), START + 7 days);
    }

    function test_RevertWhen_ErasureIsConcludedTooEarly() public {
        erase();
        vm.warp(START + 7 days - 1);
        vm.expectRevert(
            abi.encodeWithSelector(
                IDatasetRegistry.ErasureNotYetFinal.selector, datasetId, START + 7 days, START + 7 days - 1
            )
        );
        datasets.concludeErasure(datasetId);
    }

    function test_RevertWhen_ErasureOfActiveDatasetIsConcluded() public {
        expectNotErasing(DatasetStatus.Active);
        datasets.concludeErasure(datasetId);
    }

    function test_RevertWhen_ErasureIsConcludedAfterRestoration() public {
        erase();
        vm.prank(OWNER);
        datasets.restoreDataset(datasetId);
        vm.warp(START + 30 days);
        expectNotErasing(DatasetStatus.Active);
        datasets.concludeErasure(datasetId);
    }

    function test_RevertWhen_ErasureIsConcludedTwice() public {
        eraseForEver();
        expectNotErasing(DatasetStatus.Erased);
        datasets.concludeErasure(datasetId);
    }

    /// Whoever bought it may erase it, too.
    function test_eraseDataset_ByNewOwner() public {
        handTo(BUYER);
        vm.prank(BUYER);
        datasets.eraseDataset(datasetId);
        expectNotOwner(OWNER, BUYER);
        vm.prank(OWNER);
        datasets.restoreDataset(datasetId);
    }

    // Fuzz

    function testFuzz_eraseDataset_OnlyByOwner(address caller) public {
        vm.assume(caller != OWNER);
        expectNotOwner(caller, OWNER);
        vm.prank(caller);
        datasets.eraseDataset(datasetId);
    }

    function testFuzz_restoreDataset_WithinSevenDays(uint32 waited) public {
        erase();
        vm.warp(START + waited);
        bool open = waited < 7 days;
        vm.prank(OWNER);
        try datasets.restoreDataset(datasetId) {
            yes(open);
        } catch {
            yes(!open);
        }
        statusIs(open ? DatasetStatus.Active : DatasetStatus.Erasing);
    }

    /// At each moment exactly one of both can be.
    function testFuzz_concludeErasure_AfterSevenDays(address caller, uint32 waited) public {
        erase();
        vm.warp(START + waited);
        bool open = waited >= 7 days;
        vm.prank(caller);
        try datasets.concludeErasure(datasetId) {
            yes(open);
        } catch {
            yes(!open);
        }
        statusIs(open ? DatasetStatus.Erased : DatasetStatus.Erasing);
    }

    function expectNotErasing(DatasetStatus status) private {
        vm.expectRevert(abi.encodeWithSelector(IDatasetRegistry.DatasetNotErasing.selector, datasetId, status));
    }

    function expectFinal() private {
        vm.expectRevert(
            abi.encodeWithSelector(
                IDatasetRegistry.ErasureFinal.selector, datasetId, START + 7 days, block.timestamp
            )
        );
    }
}
