// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IAppRegistry} from "../../../contracts/interfaces/IAppRegistry.sol";
import {AppConsent} from "../../../contracts/types/AppConsent.sol";
import {DomainProof} from "../../../contracts/types/DomainProof.sol";
import {AppId, GrantHash} from "../../../contracts/types/Ids.sol";
import {Terms} from "../../../contracts/types/Terms.sol";
import {vm} from "../helpers/Vm.sol";
import {GasKit} from "./GasKit.sol";

/// @dev What calls about grants and apps cost.
/// hardhat-config: isolate = true
contract AccessGasTest is GasKit {
    string private constant GRANTS = "GrantRegistry";
    string private constant APPS = "AppRegistry";
    uint256 private constant ATTESTOR_KEY = 0xa005;
    uint256 private constant ACCOUNT_KEY = 0xa007;
    string private constant DOMAIN = "app.example.com";

    IAppRegistry private apps;
    AppId private appId;

    function test_Gas_GrantBatches() public {
        (Terms[] memory list, GrantHash[] memory hashes) = tenTerms();
        vm.prank(OWNER);
        grants.grantBatch(list);
        record(GRANTS, "grantBatch (10)");
        vm.prank(OWNER);
        grants.revokeBatch(hashes);
        record(GRANTS, "revokeBatch (10)");
    }

    function test_Gas_SignedRevocations() public {
        GrantHash grantHash = giveGrant(makeTerms());
        bytes memory signed = signature(OWNER_KEY, grants.revocationDigest(grantHash));
        grants.revokeBySig(OWNER, grantHash, signed);
        record(GRANTS, "revokeBySig");
        grants.revokeAllBySig(OWNER, 0, signature(OWNER_KEY, grants.revokeAllDigest(OWNER, 0)));
        grants.revokeAllBySig(OWNER, 1, signature(OWNER_KEY, grants.revokeAllDigest(OWNER, 1)));
        record(GRANTS, "revokeAllBySig");
    }

    function test_Gas_AppsAndOwners() public {
        openApps();
        record(APPS, "registerApp");
        vm.prank(OWNER);
        apps.updateApp(appId, "Example 2", DOMAIN, "metadata 2");
        record(APPS, "updateApp");
        vm.prank(OWNER);
        apps.transferApp(appId, STRANGER);
        record(APPS, "transferApp");
        vm.prank(STRANGER);
        apps.acceptApp(appId);
        record(APPS, "acceptApp");
        vm.prank(STRANGER);
        apps.retireApp(appId);
        record(APPS, "retireApp");
    }

    function test_Gas_AppAccounts() public {
        openApps();
        address account = vm.addr(ACCOUNT_KEY);
        invite(STRANGER);
        record(APPS, "setAccount");
        vm.prank(STRANGER);
        apps.acceptAccount(appId);
        record(APPS, "acceptAccount");
        vm.prank(STRANGER);
        apps.leaveApp();
        record(APPS, "leaveApp");
        invite(account);
        AppConsent memory consent = AppConsent(appId, account, OWNER, 0, uint40(START + 1 hours));
        bytes memory signed = signature(ACCOUNT_KEY, apps.consentDigest(consent));
        apps.acceptAccountBySig(appId, account, consent.deadline, signed);
        record(APPS, "acceptAccountBySig");
    }

    function test_Gas_AppDomains() public {
        openApps();
        apps.allowAttestor(vm.addr(ATTESTOR_KEY));
        record(APPS, "allowAttestor");
        vm.warp(START + 1);
        DomainProof memory proof = DomainProof({
            appId: appId,
            domainHash: keccak256(bytes(DOMAIN)),
            owner: OWNER,
            checkedAt: uint40(block.timestamp),
            expiresAt: uint40(block.timestamp + 30 days),
            evidenceHash: "evidence"
        });
        apps.attestDomain(proof, vm.addr(ATTESTOR_KEY), signature(ATTESTOR_KEY, apps.proofDigest(proof)));
        record(APPS, "attestDomain");
        vm.prank(OWNER);
        apps.revokeDomainProof(appId);
        record(APPS, "revokeDomainProof");
        apps.removeAttestor(vm.addr(ATTESTOR_KEY));
        record(APPS, "removeAttestor");
    }

    function tenTerms() private view returns (Terms[] memory list, GrantHash[] memory hashes) {
        list = new Terms[](10);
        hashes = new GrantHash[](10);
        for (uint256 i = 0; i < 10; ++i) {
            list[i] = makeTerms();
            list[i].salt = bytes32(i + 1);
            hashes[i] = grants.hashTerms(list[i]);
        }
    }

    function openApps() private {
        apps = IAppRegistry(make("access", "AppRegistry", abi.encode(authority)));
        vm.prank(OWNER);
        appId = apps.registerApp("app", "Example", DOMAIN, "metadata");
    }

    function invite(address account) private {
        vm.prank(OWNER);
        apps.setAccount(appId, account, true);
    }
}
