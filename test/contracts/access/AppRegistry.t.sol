// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {App, AppStatus, IAppRegistry} from "../../../contracts/interfaces/IAppRegistry.sol";
import {AppId} from "../../../contracts/types/Ids.sol";
import {AppKit} from "../helpers/AppKit.sol";
import {vm} from "../helpers/Vm.sol";

contract AppRegistryTest is AppKit {
    AppId private constant UNKNOWN = AppId.wrap("unknown");

    // registerApp

    function test_registerApp() public {
        AppId wanted = apps.appIdOf(OWNER, "second");
        vm.expectEmit(address(apps));
        emit IAppRegistry.AppRegistered(wanted, OWNER, "second", NAME, "b.example", METADATA);
        AppId id = registerApp(OWNER, "second", "b.example");
        yes(id == wanted);
        eq(AppId.unwrap(id), keccak256(abi.encode(block.chainid, address(apps), OWNER, bytes32("second"))));
        App memory app = apps.appById(id);
        eq(app.owner, OWNER);
        yes(app.status == AppStatus.Active);
        eq(app.epoch, 1);
        eq(app.pendingOwner, address(0));
        eq(app.metadataDigest, METADATA);
        eq(keccak256(bytes(app.name)), keccak256(bytes(NAME)));
        eq(keccak256(bytes(app.domain)), keccak256("b.example"));
        (string memory domain, bool proved, uint40 expiresAt) = apps.domainOf(id);
        eq(keccak256(bytes(domain)), keccak256("b.example"));
        yes(!proved);
        eq(expiresAt, 0);
    }

    /// Whoever copies name, domain and salt gets another id and no proof.
    function test_registerApp_CopyOfAnotherIsAnotherApp() public {
        prove();
        AppId copy = registerApp(STRANGER, "app", DOMAIN);
        yes(copy != appId);
        yes(!isProved(copy));
        yes(isProved(appId));
    }

    function test_RevertWhen_AppSaltIsUsed() public {
        vm.expectRevert(abi.encodeWithSelector(IAppRegistry.AppAlreadyExists.selector, appId));
        registerApp(OWNER, "app", DOMAIN);
    }

    function test_RevertWhen_AppSaltIsThatOfARetiredApp() public {
        retire();
        vm.expectRevert(abi.encodeWithSelector(IAppRegistry.AppAlreadyExists.selector, appId));
        registerApp(OWNER, "app", DOMAIN);
    }

    function test_RevertWhen_AppDigestIsZero() public {
        AppId id = apps.appIdOf(address(this), "x");
        vm.expectRevert(abi.encodeWithSelector(IAppRegistry.AppDigestMissing.selector, id));
        apps.registerApp("x", NAME, DOMAIN, 0);
        vm.expectRevert(abi.encodeWithSelector(IAppRegistry.AppDigestMissing.selector, appId));
        vm.prank(OWNER);
        apps.updateApp(appId, NAME, DOMAIN, 0);
    }

    // updateApp

    function test_updateApp_NameAndMetadataKeepTheProof() public {
        prove();
        vm.expectEmit(address(apps));
        emit IAppRegistry.AppUpdated(appId, OWNER, "New", DOMAIN, "new");
        vm.prank(OWNER);
        apps.updateApp(appId, "New", DOMAIN, "new");
        App memory app = apps.appById(appId);
        eq(keccak256(bytes(app.name)), keccak256("New"));
        eq(app.metadataDigest, "new");
        yes(isProved(appId));
    }

    function test_updateApp_DomainDropsTheProof() public {
        prove();
        vm.expectEmit(address(apps));
        emit IAppRegistry.DomainProofDropped(appId, ATTESTOR);
        vm.expectEmit(address(apps));
        emit IAppRegistry.AppUpdated(appId, OWNER, NAME, "bank.example", METADATA);
        vm.prank(OWNER);
        apps.updateApp(appId, NAME, "bank.example", METADATA);
        (string memory domain, bool proved, uint40 expiresAt) = apps.domainOf(appId);
        eq(keccak256(bytes(domain)), keccak256("bank.example"));
        yes(!proved);
        eq(expiresAt, 0);
    }

    function test_RevertWhen_UpdateIsNotByOwner() public {
        expectNotOwner(appId, STRANGER, OWNER);
        vm.prank(STRANGER);
        apps.updateApp(appId, NAME, DOMAIN, METADATA);
    }

    function test_RevertWhen_UpdatedAppIsNotActive() public {
        expectNotActive(UNKNOWN, AppStatus.None);
        apps.updateApp(UNKNOWN, NAME, DOMAIN, METADATA);
        retire();
        expectNotActive(appId, AppStatus.Retired);
        vm.prank(OWNER);
        apps.updateApp(appId, NAME, DOMAIN, METADATA);
    }

    function test_RevertWhen_UpdatedTextIsInvalid() public {
        vm.startPrank(OWNER);
        vm.expectPartialRevert(IAppRegistry.AppNameLengthInvalid.selector);
        apps.updateApp(appId, "", DOMAIN, METADATA);
        vm.expectPartialRevert(IAppRegistry.AppDomainMalformed.selector);
        apps.updateApp(appId, NAME, "localhost", METADATA);
        vm.stopPrank();
    }

    // transferApp, acceptApp

    function test_transferApp() public {
        vm.expectEmit(address(apps));
        emit IAppRegistry.AppTransferStarted(appId, OWNER, STRANGER);
        vm.prank(OWNER);
        apps.transferApp(appId, STRANGER);
        eq(apps.appById(appId).owner, OWNER);
        eq(apps.appById(appId).pendingOwner, STRANGER);
        vm.expectEmit(address(apps));
        emit IAppRegistry.AppTransferred(appId, OWNER, STRANGER);
        vm.prank(STRANGER);
        apps.acceptApp(appId);
        App memory app = apps.appById(appId);
        eq(app.owner, STRANGER);
        eq(app.pendingOwner, address(0));
        eq(app.epoch, 2);
    }

    function test_acceptApp_DropsProofAccountsAndInvitations() public {
        prove();
        join(appId, OWNER, ACCOUNT);
        invite(appId, OWNER, REQUESTER);
        vm.prank(OWNER);
        apps.transferApp(appId, STRANGER);
        yes(isProved(appId));
        yes(apps.appOf(ACCOUNT) == appId);
        vm.expectEmit(address(apps));
        emit IAppRegistry.DomainProofDropped(appId, ATTESTOR);
        vm.prank(STRANGER);
        apps.acceptApp(appId);
        yes(!isProved(appId));
        yes(apps.appOf(ACCOUNT) == AppId.wrap(0));
        yes(!apps.isInvited(appId, REQUESTER));
        vm.expectRevert(abi.encodeWithSelector(IAppRegistry.AccountNotInvited.selector, appId, REQUESTER));
        vm.prank(REQUESTER);
        apps.acceptAccount(appId);
    }

    function test_transferApp_ZeroTakesTheOfferBack() public {
        vm.startPrank(OWNER);
        apps.transferApp(appId, STRANGER);
        apps.transferApp(appId, address(0));
        vm.stopPrank();
        vm.expectRevert(
            abi.encodeWithSelector(
                IAppRegistry.AppCallerNotPendingOwner.selector, appId, STRANGER, address(0)
            )
        );
        vm.prank(STRANGER);
        apps.acceptApp(appId);
    }

    function test_RevertWhen_TransferIsNotByOwner() public {
        expectNotOwner(appId, STRANGER, OWNER);
        vm.prank(STRANGER);
        apps.transferApp(appId, STRANGER);
    }

    function test_RevertWhen_AppIsAcceptedTwiceOrByAnother() public {
        vm.prank(OWNER);
        apps.transferApp(appId, STRANGER);
        vm.expectRevert(
            abi.encodeWithSelector(IAppRegistry.AppCallerNotPendingOwner.selector, appId, OWNER, STRANGER)
        );
        vm.prank(OWNER);
        apps.acceptApp(appId);
        vm.startPrank(STRANGER);
        apps.acceptApp(appId);
        vm.expectPartialRevert(IAppRegistry.AppCallerNotPendingOwner.selector);
        apps.acceptApp(appId);
        vm.stopPrank();
    }

    function test_RevertWhen_TransferredAppIsNotActive() public {
        vm.prank(OWNER);
        apps.transferApp(appId, STRANGER);
        retire();
        expectNotActive(appId, AppStatus.Retired);
        vm.prank(STRANGER);
        apps.acceptApp(appId);
        expectNotActive(appId, AppStatus.Retired);
        vm.prank(OWNER);
        apps.transferApp(appId, STRANGER);
    }

    // retireApp

    function test_retireApp() public {
        prove();
        join(appId, OWNER, ACCOUNT);
        invite(appId, OWNER, REQUESTER);
        vm.expectEmit(address(apps));
        emit IAppRegistry.DomainProofDropped(appId, ATTESTOR);
        vm.expectEmit(address(apps));
        emit IAppRegistry.AppRetired(appId, OWNER);
        retire();
        yes(apps.appById(appId).status == AppStatus.Retired);
        yes(!isProved(appId));
        yes(apps.appOf(ACCOUNT) == AppId.wrap(0));
        yes(!apps.isInvited(appId, REQUESTER));
    }

    function test_RevertWhen_RetiredByStranger() public {
        expectNotOwner(appId, STRANGER, OWNER);
        vm.prank(STRANGER);
        apps.retireApp(appId);
    }

    function test_RevertWhen_RetiredTwice() public {
        retire();
        expectNotActive(appId, AppStatus.Retired);
        retire();
    }

    // Fuzz

    function testFuzz_registerApp_IdIsTheOwnersOwn(address owner, bytes32 salt, bytes32 digest) public {
        vm.assume(digest != 0 && !(owner == OWNER && salt == "app"));
        vm.prank(owner);
        AppId id = apps.registerApp(salt, NAME, DOMAIN, digest);
        yes(id == apps.appIdOf(owner, salt));
        eq(apps.appById(id).owner, owner);
        eq(apps.appById(id).metadataDigest, digest);
    }

    function testFuzz_updateApp_OnlyByOwner(address caller) public {
        vm.assume(caller != OWNER);
        expectNotOwner(appId, caller, OWNER);
        vm.prank(caller);
        apps.updateApp(appId, NAME, DOMAIN, METADATA);
    }

    function testFuzz_transferApp_OnlyThePendingOwnerTakesIt(address newOwner, address caller) public {
        vm.prank(OWNER);
        apps.transferApp(appId, newOwner);
        if (caller != newOwner) vm.expectPartialRevert(IAppRegistry.AppCallerNotPendingOwner.selector);
        vm.prank(caller);
        apps.acceptApp(appId);
        eq(apps.appById(appId).owner, caller == newOwner ? newOwner : OWNER);
    }

    function testFuzz_acceptApp_EveryTransferIsAnEpoch(address[8] memory owners) public {
        address current = OWNER;
        for (uint256 i = 0; i < owners.length; ++i) {
            transfer(appId, current, owners[i]);
            current = owners[i];
            eq(apps.appById(appId).epoch, i + 2);
        }
    }

    function testFuzz_retireApp_NothingLeavesRetired(address caller, uint8 action) public {
        retire();
        expectNotActive(appId, AppStatus.Retired);
        vm.prank(caller);
        action %= 6;
        if (action == 0) apps.updateApp(appId, NAME, DOMAIN, METADATA);
        else if (action == 1) apps.transferApp(appId, caller);
        else if (action == 2) apps.acceptApp(appId);
        else if (action == 3) apps.retireApp(appId);
        else if (action == 4) apps.setAccount(appId, caller, true);
        else apps.acceptAccount(appId);
    }
}
