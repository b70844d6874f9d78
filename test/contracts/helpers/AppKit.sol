// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IAccessManager} from "@openzeppelin/contracts/access/manager/IAccessManager.sol";
import {AppStatus, IAppRegistry} from "../../../contracts/interfaces/IAppRegistry.sol";
import {AppConsent} from "../../../contracts/types/AppConsent.sol";
import {DomainProof} from "../../../contracts/types/DomainProof.sol";
import {AppId} from "../../../contracts/types/Ids.sol";
import {Kit} from "./Kit.sol";
import {vm} from "./Vm.sol";

/// @dev An AppRegistry under this test's governance, one app, one attestor, and an account with a key of its own.
abstract contract AppKit is Kit {
    uint256 internal constant ATTESTOR_KEY = 0xa005;
    uint256 internal constant SECOND_ATTESTOR_KEY = 0xa006;
    uint256 internal constant ACCOUNT_KEY = 0xa007;
    string internal constant NAME = "Example";
    string internal constant DOMAIN = "app.example.com";
    bytes32 internal constant METADATA = "metadata";

    address internal immutable ATTESTOR = vm.addr(ATTESTOR_KEY);
    address internal immutable SECOND_ATTESTOR = vm.addr(SECOND_ATTESTOR_KEY);
    address internal immutable ACCOUNT = vm.addr(ACCOUNT_KEY);

    IAppRegistry internal apps;
    AppId internal appId;

    function setUp() public virtual override {
        vm.warp(START);
        deployApps();
        appId = registerApp(OWNER, "app", DOMAIN);
        // A proof is never checked in the second in which the app came to be.
        vm.warp(START + 1);
    }

    function deployApps() internal {
        bytes memory admin = abi.encode(address(this));
        authority = IAccessManager(create(vm.getCode("AccessManager.sol:AccessManager"), admin));
        apps = deployRegistry();
        apps.allowAttestor(ATTESTOR);
    }

    function deployRegistry() internal returns (IAppRegistry) {
        return IAppRegistry(make("access", "AppRegistry", abi.encode(authority)));
    }

    function registerApp(address owner, bytes32 salt, string memory domain) internal returns (AppId) {
        vm.prank(owner);
        return apps.registerApp(salt, NAME, domain, METADATA);
    }

    function retire() internal {
        vm.prank(OWNER);
        apps.retireApp(appId);
    }

    function transfer(AppId id, address from, address to) internal {
        vm.prank(from);
        apps.transferApp(id, to);
        vm.prank(to);
        apps.acceptApp(id);
    }

    // Domains

    function makeProof() internal view returns (DomainProof memory) {
        return DomainProof({
            appId: appId,
            domainHash: keccak256(bytes(DOMAIN)),
            owner: OWNER,
            checkedAt: uint40(block.timestamp),
            expiresAt: uint40(block.timestamp + 30 days),
            evidenceHash: "evidence"
        });
    }

    function signProof(DomainProof memory proof, uint256 key) internal view returns (bytes memory) {
        return signature(key, apps.proofDigest(proof));
    }

    function attest(DomainProof memory proof) internal {
        apps.attestDomain(proof, ATTESTOR, signProof(proof, ATTESTOR_KEY));
    }

    function prove() internal returns (DomainProof memory proof) {
        proof = makeProof();
        attest(proof);
    }

    function isProved(AppId id) internal view returns (bool proved) {
        (, proved,) = apps.domainOf(id);
    }

    // Accounts

    function invite(AppId id, address owner, address account) internal {
        vm.prank(owner);
        apps.setAccount(id, account, true);
    }

    function join(AppId id, address owner, address account) internal {
        invite(id, owner, account);
        vm.prank(account);
        apps.acceptAccount(id);
    }

    function makeConsent() internal view returns (AppConsent memory) {
        return AppConsent({
            appId: appId,
            account: ACCOUNT,
            owner: OWNER,
            nonce: apps.consentNonceOf(ACCOUNT),
            deadline: uint40(block.timestamp + 1 hours)
        });
    }

    function signConsent(AppConsent memory consent, uint256 key) internal view returns (bytes memory) {
        return signature(key, apps.consentDigest(consent));
    }

    function joinBySig(AppConsent memory consent, bytes memory signed) internal {
        apps.acceptAccountBySig(consent.appId, consent.account, consent.deadline, signed);
    }

    // Failures

    function expectNotActive(AppId id, AppStatus status) internal {
        vm.expectRevert(abi.encodeWithSelector(IAppRegistry.AppNotActive.selector, id, status));
    }

    function expectNotOwner(AppId id, address caller, address owner) internal {
        vm.expectRevert(abi.encodeWithSelector(IAppRegistry.AppCallerNotOwner.selector, id, caller, owner));
    }
}
