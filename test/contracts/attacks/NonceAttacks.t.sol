// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IAppRegistry} from "../../../contracts/interfaces/IAppRegistry.sol";
import {AppConsent} from "../../../contracts/types/AppConsent.sol";
import {AppKit} from "../helpers/AppKit.sol";
import {vm} from "../helpers/Vm.sol";

/// @dev A signature that was for one moment in an account's life, sent again in another.
contract NonceAttacksTest is AppKit {
    /// Spent by joining, by leaving, and by joining another way: each time the same signature is of an earlier nonce.
    function test_Attack_ReplayAcrossNonces() public {
        invite(appId, OWNER, ACCOUNT);
        AppConsent memory consent = makeConsent();
        bytes memory signed = signConsent(consent, ACCOUNT_KEY);
        joinBySig(consent, signed);
        vm.prank(ACCOUNT);
        apps.leaveApp();
        invite(appId, OWNER, ACCOUNT);
        expectReplayRefused(consent, signed);
        vm.prank(ACCOUNT);
        apps.acceptAccount(appId);
        vm.prank(ACCOUNT);
        apps.leaveApp();
        invite(appId, OWNER, ACCOUNT);
        expectReplayRefused(consent, signed);
        eq(apps.consentNonceOf(ACCOUNT), 4);
    }

    /// Nor does a nonce that is to come help: it is signed with what it is now.
    function test_Attack_ConsentForALaterNonce() public {
        invite(appId, OWNER, ACCOUNT);
        AppConsent memory consent = makeConsent();
        ++consent.nonce;
        expectReplayRefused(consent, signConsent(consent, ACCOUNT_KEY));
    }

    function expectReplayRefused(AppConsent memory consent, bytes memory signed) private {
        vm.expectPartialRevert(IAppRegistry.AccountSignatureInvalid.selector);
        vm.prank(STRANGER);
        apps.acceptAccountBySig(consent.appId, consent.account, consent.deadline, signed);
    }
}
