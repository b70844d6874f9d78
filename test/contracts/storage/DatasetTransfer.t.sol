// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Dataset, DatasetStatus, IDatasetRegistry} from "../../../contracts/interfaces/IDatasetRegistry.sol";
import {DatasetId} from "../../../contracts/types/Ids.sol";
import {Publication} from "../../../contracts/types/Publication.sol";
import {DatasetKit} from "../helpers/DatasetKit.sol";
import {vm} from "../helpers/Vm.sol";

contract DatasetTransferTest is DatasetKit {
    // offerDataset

    function test_offerDataset() public {
        Dataset memory before = datasets.datasetOf(datasetId);
        vm.expectEmit(address(datasets));
        emit IDatasetRegistry.DatasetOffered(datasetId, OWNER, BUYER, START + 2 days, START + 30 days);
        offer(BUYER);
        (address to, uint40 offeredAt) = datasets.offerOf(datasetId);
        eq(to, BUYER);
        eq(offeredAt, START);
        eq(keccak256(abi.encode(datasets.datasetOf(datasetId))), keccak256(abi.encode(before)));
    }

    /// The clock starts again, and the first recipient is out.
    function test_offerDataset_ReplacesAnOffer() public {
        offer(BUYER);
        vm.warp(START + 1 days);
        offer(OTHER);
        vm.warp(START + 2 days);
        expectNotRecipient(BUYER, OTHER);
        vm.prank(BUYER);
        datasets.acceptDataset(datasetId);
        expectTooEarly(START + 3 days);
        vm.prank(OTHER);
        datasets.acceptDataset(datasetId);
        vm.warp(START + 3 days);
        vm.prank(OTHER);
        datasets.acceptDataset(datasetId);
        eq(datasets.datasetOf(datasetId).owner, OTHER);
    }

    function test_RevertWhen_OfferedByAnother() public {
        expectNotOwner(STRANGER, OWNER);
        vm.prank(STRANGER);
        datasets.offerDataset(datasetId, STRANGER);
    }

    function test_RevertWhen_OfferedDatasetIsUnknown() public {
        DatasetId unknown = DatasetId.wrap("unknown");
        expectNotActive(unknown, DatasetStatus.None);
        datasets.offerDataset(unknown, BUYER);
    }

    function test_RevertWhen_OfferedDatasetIsErasing() public {
        erase();
        expectNotActive(datasetId, DatasetStatus.Erasing);
        offer(BUYER);
    }

    function test_RevertWhen_OfferedToNobody() public {
        expectRecipientInvalid(address(0));
        offer(address(0));
    }

    function test_RevertWhen_OfferedToOwner() public {
        expectRecipientInvalid(OWNER);
        offer(OWNER);
    }

    // withdrawOffer

    function test_withdrawOffer() public {
        offer(BUYER);
        vm.warp(START + 3 days);
        vm.expectEmit(address(datasets));
        emit IDatasetRegistry.DatasetOfferWithdrawn(datasetId, OWNER, BUYER);
        vm.prank(OWNER);
        datasets.withdrawOffer(datasetId);
        (address to, uint40 offeredAt) = datasets.offerOf(datasetId);
        eq(to, address(0));
        eq(offeredAt, 0);
        expectNoOffer();
        vm.prank(BUYER);
        datasets.acceptDataset(datasetId);
    }

    function test_withdrawOffer_Expired() public {
        offer(BUYER);
        vm.warp(START + 40 days);
        vm.prank(OWNER);
        datasets.withdrawOffer(datasetId);
    }

    function test_RevertWhen_WithdrawnByAnother() public {
        offer(BUYER);
        expectNotOwner(BUYER, OWNER);
        vm.prank(BUYER);
        datasets.withdrawOffer(datasetId);
    }

    function test_RevertWhen_WithdrawnWithoutOffer() public {
        expectNoOffer();
        vm.prank(OWNER);
        datasets.withdrawOffer(datasetId);
    }

    function test_RevertWhen_WithdrawnAfterAcceptance() public {
        handTo(BUYER);
        expectNotOwner(OWNER, BUYER);
        vm.prank(OWNER);
        datasets.withdrawOffer(datasetId);
    }

    // acceptDataset

    function test_acceptDataset() public {
        offer(BUYER);
        vm.warp(START + 2 days);
        bytes32 headHash = datasets.datasetOf(datasetId).headHash;
        vm.expectEmit(address(datasets));
        emit IDatasetRegistry.DatasetTransferred(datasetId, OWNER, BUYER, 2);
        vm.prank(BUYER);
        datasets.acceptDataset(datasetId);
        Dataset memory dataset = datasets.datasetOf(datasetId);
        eq(dataset.owner, BUYER);
        eq(dataset.keyEpoch, 2);
        eq(dataset.version, 1);
        yes(dataset.status == DatasetStatus.Active);
        eq(dataset.headHash, headHash);
    }

    function test_RevertWhen_AcceptedTooEarly() public {
        offer(BUYER);
        vm.warp(START + 2 days - 1);
        expectTooEarly(START + 2 days);
        vm.prank(BUYER);
        datasets.acceptDataset(datasetId);
    }

    function test_acceptDataset_AtTheLastMoment() public {
        offer(BUYER);
        vm.warp(START + 30 days - 1);
        vm.prank(BUYER);
        datasets.acceptDataset(datasetId);
        eq(datasets.datasetOf(datasetId).owner, BUYER);
    }

    function test_RevertWhen_AcceptedTooLate() public {
        offer(BUYER);
        vm.warp(START + 30 days);
        vm.expectRevert(
            abi.encodeWithSelector(
                IDatasetRegistry.OfferExpired.selector, datasetId, START + 30 days, START + 30 days
            )
        );
        vm.prank(BUYER);
        datasets.acceptDataset(datasetId);
    }

    function test_RevertWhen_AcceptedByAnother() public {
        offer(BUYER);
        vm.warp(START + 2 days);
        expectNotRecipient(STRANGER, BUYER);
        vm.prank(STRANGER);
        datasets.acceptDataset(datasetId);
    }

    function test_RevertWhen_AcceptedByOwner() public {
        offer(BUYER);
        vm.warp(START + 2 days);
        expectNotRecipient(OWNER, BUYER);
        vm.prank(OWNER);
        datasets.acceptDataset(datasetId);
    }

    function test_RevertWhen_AcceptedTwice() public {
        handTo(BUYER);
        expectNoOffer();
        vm.prank(BUYER);
        datasets.acceptDataset(datasetId);
    }

    function test_RevertWhen_AcceptedWhileErasing() public {
        offer(BUYER);
        vm.warp(START + 2 days);
        erase();
        expectNotActive(datasetId, DatasetStatus.Erasing);
        vm.prank(BUYER);
        datasets.acceptDataset(datasetId);
    }

    function test_RevertWhen_AcceptedAfterRestoration() public {
        offer(BUYER);
        vm.warp(START + 2 days);
        erase();
        vm.prank(OWNER);
        datasets.restoreDataset(datasetId);
        expectNoOffer();
        vm.prank(BUYER);
        datasets.acceptDataset(datasetId);
    }

    // Who may do what afterwards

    function test_Transfer_NewOwnerPublishesUnderTheNewEpoch() public {
        handTo(BUYER);
        vm.prank(BUYER);
        datasets.publish(datasetId, firstHead(), "manifest 2", "keybox 2", "guardians 2", 2, none);
        eq(datasets.datasetOf(datasetId).version, 2);
    }

    function test_RevertWhen_NewOwnerPublishesUnderTheOldEpoch() public {
        handTo(BUYER);
        vm.expectRevert(abi.encodeWithSelector(IDatasetRegistry.DatasetKeyEpochInvalid.selector, datasetId, 1, 2));
        vm.prank(BUYER);
        datasets.publish(datasetId, firstHead(), "manifest 2", "keybox", "guardians", 1, none);
    }

    function test_RevertWhen_FormerOwnerActs() public {
        handTo(BUYER);
        vm.startPrank(OWNER);
        expectNotOwner(OWNER, BUYER);
        datasets.publish(datasetId, firstHead(), "manifest 2", "keybox 2", "guardians", 2, none);
        expectNotOwner(OWNER, BUYER);
        datasets.offerDataset(datasetId, OWNER);
        expectNotOwner(OWNER, BUYER);
        datasets.eraseDataset(datasetId);
        expectNotOwner(OWNER, BUYER);
        datasets.setWriter(datasetId, firstHead(), keyWriter(), 1, UNTIL, 1);
        vm.stopPrank();
    }

    function test_RevertWhen_FormerOwnersSignatureIsUsed() public {
        Publication memory publication = makePublication();
        publication.keyEpoch = 2;
        publication.deadline = uint40(START + 100 days);
        bytes memory signed = signPublication(publication);
        handTo(BUYER);
        vm.expectRevert(
            abi.encodeWithSelector(IDatasetRegistry.DatasetSignatureInvalid.selector, datasetId, BUYER)
        );
        datasets.publishBySig(publication, firstHead(), signed);
    }

    /// There and back again: what the owner signed in between two of its own times is of a past epoch.
    function test_RevertWhen_OldSignatureIsUsedAfterTheDatasetCameBack() public {
        Publication memory publication = makePublication();
        publication.deadline = uint40(START + 100 days);
        bytes memory signed = signPublication(publication);
        handTo(BUYER);
        vm.prank(BUYER);
        datasets.offerDataset(datasetId, OWNER);
        vm.warp(block.timestamp + 2 days);
        vm.prank(OWNER);
        datasets.acceptDataset(datasetId);
        vm.expectRevert(abi.encodeWithSelector(IDatasetRegistry.DatasetKeyEpochInvalid.selector, datasetId, 1, 3));
        datasets.publishBySig(publication, firstHead(), signed);
    }

    // Fuzz

    function testFuzz_offerDataset_OnlyByOwner(address caller, address to) public {
        vm.assume(caller != OWNER);
        expectNotOwner(caller, OWNER);
        vm.prank(caller);
        datasets.offerDataset(datasetId, to);
    }

    function testFuzz_withdrawOffer_OnlyByOwner(address caller) public {
        vm.assume(caller != OWNER);
        offer(BUYER);
        expectNotOwner(caller, OWNER);
        vm.prank(caller);
        datasets.withdrawOffer(datasetId);
    }

    function testFuzz_acceptDataset_WithinTheWindow(address to, uint32 waited) public {
        vm.assume(to != OWNER && to != address(0));
        offer(to);
        vm.warp(START + waited);
        bool open = waited >= 2 days && waited < 30 days;
        vm.prank(to);
        try datasets.acceptDataset(datasetId) {
            yes(open);
        } catch {
            yes(!open);
        }
        Dataset memory dataset = datasets.datasetOf(datasetId);
        eq(dataset.owner, open ? to : OWNER);
        eq(dataset.keyEpoch, open ? 2 : 1);
    }

    function testFuzz_acceptDataset_OnlyByRecipient(address caller) public {
        vm.assume(caller != BUYER);
        offer(BUYER);
        vm.warp(START + 2 days);
        expectNotRecipient(caller, BUYER);
        vm.prank(caller);
        datasets.acceptDataset(datasetId);
    }

    function expectRecipientInvalid(address to) private {
        vm.expectRevert(abi.encodeWithSelector(IDatasetRegistry.OfferRecipientInvalid.selector, datasetId, to));
    }

    function expectNoOffer() private {
        vm.expectRevert(abi.encodeWithSelector(IDatasetRegistry.OfferUnknown.selector, datasetId));
    }

    function expectNotRecipient(address caller, address to) private {
        vm.expectRevert(
            abi.encodeWithSelector(IDatasetRegistry.OfferCallerNotRecipient.selector, datasetId, caller, to)
        );
    }

    function expectTooEarly(uint256 acceptableAt) private {
        vm.expectRevert(
            abi.encodeWithSelector(
                IDatasetRegistry.OfferNotYetAcceptable.selector, datasetId, acceptableAt, block.timestamp
            )
        );
    }
}
