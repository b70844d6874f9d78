// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {StoredProof} from "../../../contracts/interfaces/IAppRegistry.sol";
import {AppKit} from "../helpers/AppKit.sol";
import {vm} from "../helpers/Vm.sol";

/// @dev What is left of an app's proof and offers when it ends or changes hands.
contract AppDroppedProofsTest is AppKit {
    function test_retireApp_EndsTheOffer() public {
        vm.prank(OWNER);
        apps.transferApp(appId, STRANGER);
        retire();
        eq(apps.appById(appId).pendingOwner, address(0));
    }

    function test_retireApp_WithoutAProofDropsNone() public {
        vm.recordLogs();
        retire();
        eq(vm.getRecordedLogs().length, 1); // AppRetired
    }

    function test_acceptApp_DropsAProofOnce() public {
        prove();
        transfer(appId, OWNER, STRANGER);
        StoredProof memory proof = apps.proofOf(appId);
        eq(proof.attestor, address(0));
        eq(proof.checkedAt, block.timestamp);
        eq(proof.expiresAt, 0);

        vm.recordLogs();
        transfer(appId, STRANGER, OWNER);
        eq(vm.getRecordedLogs().length, 2); // AppTransferStarted, AppTransferred
    }
}
