// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {Authority, AuthorityRole, IPckRegistry, PckRecord} from "../../../contracts/interfaces/IPckRegistry.sol";
import {TcbLevel} from "../../../contracts/types/TcbLevel.sol";
import {AttestationKit} from "../helpers/AttestationKit.sol";
import {vm} from "../helpers/Vm.sol";

/// @dev Who may certify, what they have certified, and what they took back.
/// hardhat-config: default.fuzz.runs = 64
contract PckRegistryTest is AttestationKit {
    function test_registerPck() public {
        feedAuthorities();
        bytes32 keyId = pcks.registerPck(data(".certificates.pck"));
        (PckRecord memory record, uint40 validUntil) = pcks.standingOf(keyId);
        eq(bytes32(record.fmspc), bytes32(fmspc()));
        eq(record.pceSvn, 13);
        eq(bytes32(record.cpuSvn), bytes32(bytes16(0x03030202040100050000000000000000)));
        eq(record.authority, 1);
        eq(record.number, 1);
        eq(validUntil, dueAt);
        eq(pcks.keyIdOf(1), keyId);
        yes(pcks.ppidHashOf(keyId) != 0);
        vm.expectRevert(abi.encodeWithSelector(IPckRegistry.PckAlreadyRegistered.selector, keyId));
        pcks.registerPck(data(".certificates.pck"));
    }

    function test_registerAuthority() public {
        feedAuthorities();
        Authority memory issuer = pcks.authorityOf(1);
        yes(issuer.role == AuthorityRole.PckIssuer);
        eq(issuer.goodUntil, dueAt);
        eq(issuer.listedAt, issuedAt);
        yes(pcks.authorityOf(2).role == AuthorityRole.TcbSigner);
        (bytes32 x,, uint40 goodUntil) = pcks.tcbSigner();
        eq(x, pcks.authorityOf(2).x);
        eq(goodUntil, dueAt);
        vm.expectPartialRevert(IPckRegistry.AuthorityNotNewer.selector);
        pcks.registerAuthority(data(".certificates.platformCa"));
    }

    function test_Attack_PckOfAnUnknownCa() public {
        feedAuthorities();
        vm.expectPartialRevert(IPckRegistry.CertificateIssuerUnknown.selector);
        pcks.registerPck(data(".certificates.pckOfProcessor"));
        pcks.registerAuthority(data(".certificates.processorCa"));
        // Registered, and worth nothing before the CA has said what it has revoked.
        (, uint40 validUntil) = pcks.standingOf(pcks.registerPck(data(".certificates.pckOfProcessor")));
        eq(validUntil, 0);
        pcks.submitRevocations(data(".lists.processor"), 10);
        (, validUntil) = pcks.standingOf(pcks.keyIdOf(1));
        eq(validUntil, dueAt);
    }

    function test_Attack_PckAsAuthority() public {
        vm.expectPartialRevert(IPckRegistry.CertificateIssuerUnknown.selector);
        pcks.registerAuthority(data(".certificates.pck"));
    }

    function test_Attack_AuthorityAsPck() public {
        feedAuthorities();
        vm.expectPartialRevert(IPckRegistry.CertificateIssuerUnknown.selector);
        pcks.registerPck(data(".certificates.tcbSigner"));
    }

    function test_Attack_RevokedPckIsRegistered() public {
        feedAuthorities();
        pcks.submitRevocations(data(".lists.platformRevoking"), 10);
        vm.expectPartialRevert(IPckRegistry.CertificateRevoked.selector);
        pcks.registerPck(data(".certificates.pck"));
    }

    function test_Attack_OlderListIsSubmitted() public {
        feedAuthorities();
        pcks.submitRevocations(data(".lists.platformRevoking"), 10);
        vm.expectPartialRevert(IPckRegistry.RevocationsOld.selector);
        pcks.submitRevocations(data(".lists.platform"), 10);
    }

    function test_submitRevocations_ByParts() public {
        feedAuthorities();
        bytes32 keyId = pcks.registerPck(data(".certificates.pck"));
        pcks.submitRevocations(data(".lists.platformRevoking"), 1);
        (, uint40 validUntil) = pcks.standingOf(keyId);
        eq(validUntil, dueAt);
        vm.expectEmit(address(pcks));
        emit IPckRegistry.PckRevoked(keyId);
        pcks.submitRevocations(data(".lists.platformRevoking"), 1);
        (, validUntil) = pcks.standingOf(keyId);
        eq(validUntil, 0);
    }

    function test_banPlatform() public {
        feedAuthorities();
        bytes32 keyId = pcks.registerPck(data(".certificates.pck"));
        vm.prank(STRANGER);
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, STRANGER));
        pcks.banPlatform(keyId);
        pcks.banPlatform(keyId);
        vm.expectRevert(abi.encodeWithSelector(IPckRegistry.PckUnknown.selector, keyId));
        pcks.banPlatform(keyId);
    }

    function test_RevertWhen_LevelIsSetByStranger() public {
        TcbLevel memory level;
        vm.expectRevert(
            abi.encodeWithSelector(IPckRegistry.PckCallerNotPolicy.selector, address(this), address(tcbs))
        );
        pcks.setLevel(fmspc(), true, level, level);
    }

    function test_Attack_DevelopmentRootOnARealChain() public {
        vm.chainId(1);
        vm.expectRevert(abi.encodeWithSelector(IPckRegistry.RootNotTrusted.selector, 1));
        this.deployAgain();
    }

    function testFuzz_Attack_AuthorityChanges(uint256 position) public {
        bytes memory certificate = flip(data(".certificates.platformCa"), position);
        vm.expectRevert();
        pcks.registerAuthority(certificate);
    }

    function testFuzz_Attack_PckChanges(uint256 position) public {
        feedAuthorities();
        bytes memory certificate = flip(data(".certificates.pck"), position);
        vm.expectRevert();
        pcks.registerPck(certificate);
    }

    function testFuzz_Attack_ListChanges(uint256 position) public {
        feedAuthorities();
        bytes memory list = flip(data(".lists.platformRevoking"), position);
        vm.expectRevert();
        pcks.submitRevocations(list, 10);
    }

    function testFuzz_Attack_AnyBytes(bytes calldata bytes_) public {
        vm.expectRevert();
        pcks.registerAuthority(bytes_);
        vm.expectRevert();
        pcks.registerPck(bytes_);
        vm.expectRevert();
        pcks.submitRevocations(bytes_, 10);
    }

    function deployAgain() external {
        deploy();
    }
}
