// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {AppStatus, IAppRegistry} from "../../../contracts/interfaces/IAppRegistry.sol";
import {AppConsent} from "../../../contracts/types/AppConsent.sol";
import {AppId} from "../../../contracts/types/Ids.sol";
import {AppKit} from "../helpers/AppKit.sol";
import {SmartWallet} from "../helpers/SmartWallet.sol";
import {vm} from "../helpers/Vm.sol";

contract AppAccountsTest is AppKit {
    AppId private constant NONE = AppId.wrap(0);
    uint256 private constant ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141;

    // setAccount

    function test_setAccount() public {
        vm.expectEmit(address(apps));
        emit IAppRegistry.AccountInvited(appId, ACCOUNT);
        invite(appId, OWNER, ACCOUNT);
        yes(apps.isInvited(appId, ACCOUNT));
        yes(apps.appOf(ACCOUNT) == NONE);
    }

    /// The owner's word alone maps nobody: a famous address stays nobody's.
    function test_RevertWhen_AccountHasNotAgreed() public {
        invite(appId, OWNER, ACCOUNT);
        AppConsent memory consent = makeConsent();
        bytes memory signed = signConsent(consent, OWNER_KEY);
        expectInvalid(ACCOUNT);
        joinBySig(consent, signed);
        yes(apps.appOf(ACCOUNT) == NONE);
    }

    function test_setAccount_OfWhatIsSoDoesNothing() public {
        vm.recordLogs();
        vm.startPrank(OWNER);
        apps.setAccount(appId, ACCOUNT, false);
        eq(vm.getRecordedLogs().length, 0);
        apps.setAccount(appId, ACCOUNT, true);
        vm.recordLogs();
        apps.setAccount(appId, ACCOUNT, true);
        eq(vm.getRecordedLogs().length, 0);
        vm.stopPrank();
        vm.prank(ACCOUNT);
        apps.acceptAccount(appId);
        vm.recordLogs();
        invite(appId, OWNER, ACCOUNT);
        eq(vm.getRecordedLogs().length, 0);
        yes(!apps.isInvited(appId, ACCOUNT));
    }

    /// Whoever takes back its own invitation does not end what the account is to another app.
    function test_setAccount_TakingAnInvitationBackKeepsTheAccountsApp() public {
        AppId other = registerApp(STRANGER, "other", "other.example.com");
        join(other, STRANGER, ACCOUNT);
        invite(appId, OWNER, ACCOUNT);
        remove();
        yes(apps.appOf(ACCOUNT) == other);
    }

    function test_setAccount_TakesAnInvitationBack() public {
        invite(appId, OWNER, ACCOUNT);
        vm.expectEmit(address(apps));
        emit IAppRegistry.AccountRemoved(appId, ACCOUNT);
        remove();
        yes(!apps.isInvited(appId, ACCOUNT));
        expectNotInvited(ACCOUNT);
        vm.prank(ACCOUNT);
        apps.acceptAccount(appId);
    }

    function test_setAccount_RemovesAnAccount() public {
        join(appId, OWNER, ACCOUNT);
        vm.expectEmit(address(apps));
        emit IAppRegistry.AccountRemoved(appId, ACCOUNT);
        remove();
        yes(apps.appOf(ACCOUNT) == NONE);
        expectNotInvited(ACCOUNT);
        vm.prank(ACCOUNT);
        apps.acceptAccount(appId);
    }

    function test_setAccount_DoesNotReachAnotherAppsAccount() public {
        AppId other = registerApp(STRANGER, "other", "other.example");
        join(appId, OWNER, ACCOUNT);
        vm.prank(STRANGER);
        apps.setAccount(other, ACCOUNT, false);
        yes(apps.appOf(ACCOUNT) == appId);
    }

    function test_RevertWhen_AccountIsSetByStranger() public {
        expectNotOwner(appId, STRANGER, OWNER);
        vm.prank(STRANGER);
        apps.setAccount(appId, STRANGER, true);
    }

    function test_RevertWhen_AccountIsSetOnInactiveApp() public {
        retire();
        expectNotActive(appId, AppStatus.Retired);
        vm.prank(OWNER);
        apps.setAccount(appId, ACCOUNT, true);
    }

    // acceptAccount

    function test_acceptAccount() public {
        invite(appId, OWNER, ACCOUNT);
        vm.expectEmit(address(apps));
        emit IAppRegistry.AccountJoined(appId, ACCOUNT);
        vm.prank(ACCOUNT);
        apps.acceptAccount(appId);
        yes(apps.appOf(ACCOUNT) == appId);
        yes(!apps.isInvited(appId, ACCOUNT));
        eq(apps.consentNonceOf(ACCOUNT), 1);
    }

    function test_acceptAccount_LeftByARetiredAppIsFree() public {
        AppId other = registerApp(STRANGER, "other", "other.example");
        join(appId, OWNER, ACCOUNT);
        retire();
        join(other, STRANGER, ACCOUNT);
        yes(apps.appOf(ACCOUNT) == other);
    }

    function test_RevertWhen_AccountIsNotInvited() public {
        expectNotInvited(STRANGER);
        vm.prank(STRANGER);
        apps.acceptAccount(appId);
    }

    function test_RevertWhen_AccountActsForAnApp() public {
        AppId other = registerApp(STRANGER, "other", "other.example");
        join(appId, OWNER, ACCOUNT);
        invite(other, STRANGER, ACCOUNT);
        vm.expectRevert(
            abi.encodeWithSelector(IAppRegistry.AccountAlreadyJoined.selector, other, ACCOUNT, appId)
        );
        vm.prank(ACCOUNT);
        apps.acceptAccount(other);
        yes(apps.appOf(ACCOUNT) == appId);
    }

    function test_RevertWhen_InvitingAppIsNotActive() public {
        invite(appId, OWNER, ACCOUNT);
        retire();
        expectNotActive(appId, AppStatus.Retired);
        vm.prank(ACCOUNT);
        apps.acceptAccount(appId);
    }

    // acceptAccountBySig

    function test_acceptAccountBySig() public {
        invite(appId, OWNER, ACCOUNT);
        AppConsent memory consent = makeConsent();
        bytes memory signed = signConsent(consent, ACCOUNT_KEY);
        vm.warp(consent.deadline);
        vm.expectEmit(address(apps));
        emit IAppRegistry.AccountJoined(appId, ACCOUNT);
        vm.prank(STRANGER);
        joinBySig(consent, signed);
        yes(apps.appOf(ACCOUNT) == appId);
    }

    function test_acceptAccountBySig_OfSmartWallet() public {
        AppConsent memory consent = makeConsent();
        consent.account = address(new SmartWallet(ACCOUNT));
        invite(appId, OWNER, consent.account);
        joinBySig(consent, signConsent(consent, ACCOUNT_KEY));
        yes(apps.appOf(consent.account) == appId);
    }

    function test_RevertWhen_ConsentHasExpired() public {
        invite(appId, OWNER, ACCOUNT);
        AppConsent memory consent = makeConsent();
        bytes memory signed = signConsent(consent, ACCOUNT_KEY);
        vm.warp(uint256(consent.deadline) + 1);
        vm.expectRevert(
            abi.encodeWithSelector(
                IAppRegistry.AccountConsentExpired.selector, appId, consent.deadline, block.timestamp
            )
        );
        joinBySig(consent, signed);
    }

    function test_RevertWhen_ConsentIsReplayedAfterLeaving() public {
        invite(appId, OWNER, ACCOUNT);
        AppConsent memory consent = makeConsent();
        bytes memory signed = signConsent(consent, ACCOUNT_KEY);
        joinBySig(consent, signed);
        vm.prank(ACCOUNT);
        apps.leaveApp();
        invite(appId, OWNER, ACCOUNT);
        expectInvalid(ACCOUNT);
        joinBySig(consent, signed);
    }

    function test_RevertWhen_ConsentWasSignedBeforeLeavingAnotherApp() public {
        AppId other = registerApp(OWNER, "other", "other.example");
        join(other, OWNER, ACCOUNT);
        AppConsent memory consent = makeConsent();
        bytes memory signed = signConsent(consent, ACCOUNT_KEY);
        vm.prank(ACCOUNT);
        apps.leaveApp();
        invite(appId, OWNER, ACCOUNT);
        expectInvalid(ACCOUNT);
        joinBySig(consent, signed);
    }

    function test_RevertWhen_ConsentWasForAnotherOwner() public {
        AppConsent memory consent = makeConsent();
        bytes memory signed = signConsent(consent, ACCOUNT_KEY);
        transfer(appId, OWNER, STRANGER);
        invite(appId, STRANGER, ACCOUNT);
        expectInvalid(ACCOUNT);
        joinBySig(consent, signed);
    }

    function test_RevertWhen_ConsentIsSentWithoutInvitation() public {
        AppConsent memory consent = makeConsent();
        bytes memory signed = signConsent(consent, ACCOUNT_KEY);
        expectNotInvited(ACCOUNT);
        joinBySig(consent, signed);
    }

    function test_RevertWhen_ConsentIsForInactiveApp() public {
        AppConsent memory consent = makeConsent();
        bytes memory signed = signConsent(consent, ACCOUNT_KEY);
        retire();
        expectNotActive(appId, AppStatus.Retired);
        joinBySig(consent, signed);
    }

    function test_RevertWhen_ConsentIsOfAnotherChainOrRegistry() public {
        AppConsent memory consent = makeConsent();
        invite(appId, OWNER, ACCOUNT);
        uint256 chainId = block.chainid;
        vm.chainId(1);
        bytes memory elsewhere = signConsent(consent, ACCOUNT_KEY);
        vm.chainId(chainId);
        bytes memory otherRegistry = signature(ACCOUNT_KEY, deployRegistry().consentDigest(consent));
        expectInvalid(ACCOUNT);
        joinBySig(consent, elsewhere);
        expectInvalid(ACCOUNT);
        joinBySig(consent, otherRegistry);
    }

    function test_RevertWhen_ConsentSignatureIsMalleated() public {
        invite(appId, OWNER, ACCOUNT);
        AppConsent memory consent = makeConsent();
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(ACCOUNT_KEY, apps.consentDigest(consent));
        bytes memory other = abi.encodePacked(r, bytes32(ORDER - uint256(s)), v == 27 ? uint8(28) : uint8(27));
        expectInvalid(ACCOUNT);
        joinBySig(consent, other);
    }

    // leaveApp

    function test_leaveApp() public {
        join(appId, OWNER, ACCOUNT);
        vm.expectEmit(address(apps));
        emit IAppRegistry.AccountRemoved(appId, ACCOUNT);
        vm.prank(ACCOUNT);
        apps.leaveApp();
        yes(apps.appOf(ACCOUNT) == NONE);
        eq(apps.consentNonceOf(ACCOUNT), 2);
    }

    function test_RevertWhen_LeavingWithoutApp() public {
        expectNotJoined(ACCOUNT);
        vm.prank(ACCOUNT);
        apps.leaveApp();
        join(appId, OWNER, ACCOUNT);
        retire();
        expectNotJoined(ACCOUNT);
        vm.prank(ACCOUNT);
        apps.leaveApp();
    }

    function test_consentDigest() public view {
        AppConsent memory c = makeConsent();
        bytes32 typeHash =
            keccak256("AppConsent(bytes32 appId,address account,address owner,uint64 nonce,uint40 deadline)");
        bytes32 hash = keccak256(abi.encode(typeHash, c.appId, c.account, c.owner, c.nonce, c.deadline));
        eq(apps.consentDigest(c), typedDigest("Persona AppRegistry", address(apps), hash));
    }

    // Fuzz

    function testFuzz_setAccount_NeverMapsAlone(address account) public {
        invite(appId, OWNER, account);
        yes(apps.appOf(account) == NONE);
        yes(apps.isInvited(appId, account));
    }

    function testFuzz_acceptAccount_OnlyWhoIsInvited(address invited, address caller) public {
        invite(appId, OWNER, invited);
        if (caller != invited) expectNotInvited(caller);
        vm.prank(caller);
        apps.acceptAccount(appId);
        yes((apps.appOf(caller) == appId) == (caller == invited));
    }

    function testFuzz_acceptAccountBySig_AnyKey(uint256 key, uint40 deadline) public {
        key = bound(key, 1, ORDER - 1);
        AppConsent memory consent = makeConsent();
        consent.account = vm.addr(key);
        consent.deadline = uint40(bound(deadline, block.timestamp, type(uint40).max));
        invite(appId, OWNER, consent.account);
        joinBySig(consent, signConsent(consent, key));
        yes(apps.appOf(consent.account) == appId);
    }

    function testFuzz_RevertWhen_ConsentDiffersFromWhatWasSigned(uint8 field, uint256 value) public {
        AppConsent memory consent = makeConsent();
        invite(appId, OWNER, ACCOUNT);
        AppConsent memory other = makeConsent();
        field %= 5;
        if (field == 0) other.appId = AppId.wrap(bytes32(value));
        else if (field == 1) other.account = address(uint160(value));
        else if (field == 2) other.owner = address(uint160(value));
        else if (field == 3) other.nonce = uint64(value);
        else other.deadline = uint40(value);
        vm.assume(apps.consentDigest(other) != apps.consentDigest(consent));
        bytes memory signed = signConsent(other, ACCOUNT_KEY);
        expectInvalid(ACCOUNT);
        joinBySig(consent, signed);
    }

    function testFuzz_leaveApp_UsesUpANonce(uint8 rounds) public {
        rounds %= 8;
        for (uint256 i = 0; i < rounds; ++i) {
            join(appId, OWNER, ACCOUNT);
            vm.prank(ACCOUNT);
            apps.leaveApp();
        }
        eq(apps.consentNonceOf(ACCOUNT), 2 * uint256(rounds));
        yes(apps.appOf(ACCOUNT) == NONE);
    }

    function remove() private {
        vm.prank(OWNER);
        apps.setAccount(appId, ACCOUNT, false);
    }

    function expectNotInvited(address account) private {
        vm.expectRevert(abi.encodeWithSelector(IAppRegistry.AccountNotInvited.selector, appId, account));
    }

    function expectNotJoined(address account) private {
        vm.expectRevert(abi.encodeWithSelector(IAppRegistry.AccountNotJoined.selector, account));
    }

    function expectInvalid(address account) private {
        vm.expectRevert(abi.encodeWithSelector(IAppRegistry.AccountSignatureInvalid.selector, appId, account));
    }
}
