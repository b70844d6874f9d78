// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {DatasetStatus, IDatasetRegistry} from "../../../contracts/interfaces/IDatasetRegistry.sol";
import {DatasetKit} from "../helpers/DatasetKit.sol";
import {vm} from "../helpers/Vm.sol";

contract DatasetRecoveryTest is DatasetKit {
    function test_recoverDataset() public {
        setWriter(keyWriter());
        bytes32 head = datasets.datasetOf(datasetId).headHash;
        ownerKeys.set(OWNER, OTHER);
        vm.expectEmit(address(datasets));
        emit IDatasetRegistry.DatasetTransferred(datasetId, OWNER, OTHER, 2);
        vm.prank(OTHER);
        datasets.recoverDataset(datasetId);
        eq(datasets.datasetOf(datasetId).owner, OTHER);
        eq(datasets.datasetOf(datasetId).keyEpoch, 2);
        eq(datasets.datasetOf(datasetId).version, 1);
        eq(datasets.datasetOf(datasetId).headHash, head);
    }

    /// Whom a thief has offered it to gets nothing.
    function test_recoverDataset_EndsAnOffer() public {
        offer(BUYER);
        ownerKeys.set(OWNER, OTHER);
        vm.warp(START + 2 days);
        vm.prank(OTHER);
        datasets.recoverDataset(datasetId);
        vm.expectRevert(abi.encodeWithSelector(IDatasetRegistry.OfferUnknown.selector, datasetId));
        vm.prank(BUYER);
        datasets.acceptDataset(datasetId);
    }

    function testFuzz_RevertWhen_RecoveredByAnother(address caller, address successor) public {
        vm.assume(caller != successor);
        ownerKeys.set(OWNER, successor);
        vm.expectRevert(
            abi.encodeWithSelector(IDatasetRegistry.DatasetCallerNotSuccessor.selector, datasetId, caller, successor)
        );
        vm.prank(caller);
        datasets.recoverDataset(datasetId);
    }

    /// The successor of a former owner is nobody.
    function test_RevertWhen_RecoveredAfterATransfer() public {
        ownerKeys.set(OWNER, STRANGER);
        handTo(BUYER);
        vm.expectRevert(
            abi.encodeWithSelector(
                IDatasetRegistry.DatasetCallerNotSuccessor.selector, datasetId, STRANGER, address(0)
            )
        );
        vm.prank(STRANGER);
        datasets.recoverDataset(datasetId);
    }

    function test_RevertWhen_RecoveredDatasetIsErasing() public {
        ownerKeys.set(OWNER, OTHER);
        erase();
        expectNotActive(datasetId, DatasetStatus.Erasing);
        vm.prank(OTHER);
        datasets.recoverDataset(datasetId);
    }
}
