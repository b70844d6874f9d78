// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Authority, AuthorityRole, IPckRegistry, PckRecord} from "../../../contracts/interfaces/IPckRegistry.sol";
import {Parts, PkiKit} from "../helpers/PkiKit.sol";
import {vm} from "../helpers/Vm.sol";

/// @dev Who may certify, how long it counts, and what a list takes back, to the second.
contract PckRulesTest is PkiKit {
    bytes32 private constant INTEL_X = 0x0ba9c4c0c0c86193a3fe23d6b02cda10a8bbd4e88e48b4458561a36e705525f5;
    bytes32 private constant INTEL_Y = 0x67918e2edc88e40d860bd0cc4ee26aacc988e505a953558c453f6b0904ae7394;

    // The root

    function test_RevertWhen_AuthorityIsNotTheRoots() public {
        Parts memory parts = ca();
        parts.issuer = name("Intel SGX Root CB");
        refuseAuthority(certificate(parts, ROOT_KEY), IPckRegistry.CertificateIssuerUnknown.selector);
        refuseAuthority(certificate(ca(), CA_KEY), IPckRegistry.CertificateSignatureInvalid.selector);
    }

    // Time

    function test_registerAuthority_OnItsFirstAndLastSecond() public {
        Parts memory parts = ca();
        parts.validity = validity("270115080001Z", "270115080001Z");
        pcks.registerAuthority(certificate(parts, ROOT_KEY));
        parts.validity = validity("270115080002Z", AFTER);
        refuseAuthority(certificate(parts, ROOT_KEY), IPckRegistry.CertificateNotValidNow.selector);
        parts.validity = validity(BEFORE, "270115080000Z");
        refuseAuthority(certificate(parts, ROOT_KEY), IPckRegistry.CertificateNotValidNow.selector);
    }

    // Roles

    function test_registerAuthority_EachRole() public {
        bytes memory der = certificate(ca(), ROOT_KEY);
        vm.expectEmit(address(pcks));
        emit IPckRegistry.AuthorityRegistered(keccak256(caName()), 1, AuthorityRole.PckIssuer, 2_840_140_800);
        eq(pcks.registerAuthority(der), 1);
        eq(pcks.registerAuthority(certificate(signer(), ROOT_KEY)), 2);
        yes(pcks.authorityOf(2).role == AuthorityRole.TcbSigner);
        (bytes32 x, bytes32 y, uint40 goodUntil) = pcks.tcbSigner();
        eq(keccak256(abi.encode(x, y)), keccak256(publicKey(SIGNER_KEY)));
        // The root has said nothing yet of what it has revoked.
        eq(goodUntil, 0);
        pcks.submitRevocations(revocations(rootName(), ROOT_KEY, ""), 10);
        (,, goodUntil) = pcks.tcbSigner();
        eq(goodUntil, LIST_DUE);
    }

    function test_RevertWhen_RoleIsUnknown() public {
        Parts memory parts = ca();
        parts.extensions = extensions(LEAF_CONSTRAINTS);
        refuseAuthority(certificate(parts, ROOT_KEY), IPckRegistry.AuthorityRoleUnknown.selector);
        parts = signer();
        parts.extensions = extensions(bytes.concat(CA_CONSTRAINTS, CA_USAGE));
        refuseAuthority(certificate(parts, ROOT_KEY), IPckRegistry.AuthorityRoleUnknown.selector);
        // A platform's extension makes it a platform.
        parts = ca();
        parts.extensions = extensions(bytes.concat(CA_CONSTRAINTS, CA_USAGE, sgxExtension(sgx())));
        refuseAuthority(certificate(parts, ROOT_KEY), IPckRegistry.AuthorityRoleUnknown.selector);
        parts = signer();
        parts.subject = name("Intel SGX TCB Sihning");
        refuseAuthority(certificate(parts, ROOT_KEY), IPckRegistry.AuthorityRoleUnknown.selector);
        parts.subject = name("CB Signing");
        refuseAuthority(certificate(parts, ROOT_KEY), IPckRegistry.AuthorityRoleUnknown.selector);
    }

    // A newer certificate of the same name

    function test_registerAuthority_Again() public {
        feedAuthorities();
        Parts memory parts = ca();
        parts.serial = integer(0x20);
        refuseAuthority(certificate(parts, ROOT_KEY), IPckRegistry.AuthorityNotNewer.selector);
        parts.validity = validity("200115080000Z", AFTER);
        refuseAuthority(certificate(parts, ROOT_KEY), IPckRegistry.AuthorityNotNewer.selector);
        parts.validity = validity("200115080002Z", "270116000000Z");
        parts.key = keyInfo(publicKey(0xf0ff));
        eq(pcks.registerAuthority(certificate(parts, ROOT_KEY)), 1);
        Authority memory issuer = pcks.authorityOf(1);
        eq(keccak256(abi.encode(issuer.x, issuer.y)), keccak256(publicKey(0xf0ff)));
        eq(issuer.notBefore, 1_579_075_202);
        eq(issuer.notAfter, 1_800_057_600);
        // What it has certified lasts no longer than it does.
        eq(issuer.goodUntil, 1_800_057_600);
        // And is by its new key from now on.
        refusePck(certificate(pck(), CA_KEY), IPckRegistry.CertificateSignatureInvalid.selector);
        pcks.registerPck(certificate(pck(), 0xf0ff));
    }

    function test_RevertWhen_AuthoritiesAreTooMany() public {
        Parts memory parts = ca();
        for (uint256 i = 1; i < 254; ++i) {
            parts.subject = name(string.concat(vm.toString(i), " PCK Platform CA"));
            eq(pcks.registerAuthority(certificate(parts, ROOT_KEY)), i);
        }
        parts.subject = name("254 PCK Platform CA");
        refuseAuthority(certificate(parts, ROOT_KEY), IPckRegistry.AuthoritiesTooMany.selector);
        // Those that are there can be renewed.
        parts.subject = name("253 PCK Platform CA");
        parts.validity = validity("200115080002Z", AFTER);
        eq(pcks.registerAuthority(certificate(parts, ROOT_KEY)), 253);
        // The last of them is revoked by its index like any other.
        pcks.submitRevocations(revocations(rootName(), ROOT_KEY, entry(0x10)), 1);
        yes(pcks.authorityOf(253).revoked);
        yes(!pcks.authorityOf(1).revoked);
    }

    // Platforms

    function test_registerPck_CountsAndNames() public {
        feedAuthorities();
        bytes32 keyId = keccak256(publicKey(PCK_KEY));
        bytes memory der = certificate(pck(), CA_KEY);
        vm.expectEmit(address(pcks));
        emit IPckRegistry.PckRegistered(
            keyId, FMSPC, keccak256(hex"000102030405060708090a0b0c0d0e0f"), 1, 1
        );
        pcks.registerPck(der);
        Parts memory parts = pck();
        (parts.serial, parts.key) = (integer(2), keyInfo(publicKey(0xf020)));
        pcks.registerPck(certificate(parts, CA_KEY));
        eq(pcks.keyIdOf(2), keccak256(publicKey(0xf020)));
        eq(pcks.keyIdOf(3), 0);
    }

    function test_RevertWhen_PckIsNotAnIssuers() public {
        feedAuthorities();
        Parts memory parts = pck();
        parts.issuer = signerName();
        refusePck(certificate(parts, SIGNER_KEY), IPckRegistry.CertificateIssuerUnknown.selector);
        parts.issuer = rootName();
        refusePck(certificate(parts, ROOT_KEY), IPckRegistry.CertificateIssuerUnknown.selector);
        refusePck(certificate(pck(), ROOT_KEY), IPckRegistry.CertificateSignatureInvalid.selector);
        parts = pck();
        parts.validity = validity("270115080002Z", AFTER);
        refusePck(certificate(parts, CA_KEY), IPckRegistry.CertificateNotValidNow.selector);
    }

    function test_standingOf_EndsWithWhatEndsFirst() public {
        feedAuthorities();
        Parts memory parts = pck();
        parts.validity = validity(BEFORE, "270116000000Z");
        (PckRecord memory record, uint40 until) = pcks.standingOf(pcks.registerPck(certificate(parts, CA_KEY)));
        eq(record.notAfter, 1_800_057_600);
        eq(until, 1_800_057_600);
        (parts.serial, parts.key) = (integer(2), keyInfo(publicKey(0xf020)));
        parts.validity = validity(BEFORE, "99991231235959Z");
        (record, until) = pcks.standingOf(pcks.registerPck(certificate(parts, CA_KEY)));
        eq(record.notAfter, type(uint32).max);
        eq(until, LIST_DUE);
        (record, until) = pcks.standingOf("nobody");
        eq(until, 0);
    }

    /// Another key of the same processor is banned with it.
    function test_banPlatform_BansTheProcessor() public {
        feedAuthorities();
        bytes32 keyId = pcks.registerPck(certificate(pck(), CA_KEY));
        vm.expectEmit(address(pcks));
        emit IPckRegistry.PckRevoked(keyId);
        pcks.banPlatform(keyId);
        Parts memory parts = pck();
        (parts.serial, parts.key) = (integer(2), keyInfo(publicKey(0xf020)));
        refusePck(certificate(parts, CA_KEY), IPckRegistry.PckPlatformBanned.selector);
        // It is in a list later, too: said once.
        vm.recordLogs();
        pcks.submitRevocations(revocations(caName(), CA_KEY, entry(0x8000000000000001)), 1);
        eq(logsOf(address(pcks), IPckRegistry.PckRevoked.selector), 0);
        vm.expectRevert(abi.encodeWithSelector(IPckRegistry.PckUnknown.selector, bytes32("nobody")));
        pcks.banPlatform("nobody");
    }

    // Lists

    function test_RevertWhen_ListIsNotAnIssuers() public {
        feedAuthorities();
        refuseList(revocations(signerName(), SIGNER_KEY, ""), IPckRegistry.CertificateIssuerUnknown.selector);
        refuseList(revocations(name("nobody"), CA_KEY, ""), IPckRegistry.CertificateIssuerUnknown.selector);
        refuseList(revocations(caName(), ROOT_KEY, ""), IPckRegistry.CertificateSignatureInvalid.selector);
        refuseList(revocations(rootName(), CA_KEY, ""), IPckRegistry.CertificateSignatureInvalid.selector);
    }

    function test_submitRevocations_OnItsFirstAndLastSecond() public {
        feedAuthorities();
        refuseList(listOf("270115080002Z", NEXT_UPDATE), IPckRegistry.RevocationsNotValidNow.selector);
        refuseList(listOf("270115080000Z", "270115080001Z"), IPckRegistry.RevocationsNotValidNow.selector);
        pcks.submitRevocations(listOf(UPDATE, "270115080002Z"), 1);
        eq(pcks.authorityOf(1).goodUntil, NOW + 1);
        // The same once more is welcome, an older one is not.
        pcks.submitRevocations(listOf(UPDATE, NEXT_UPDATE), 1);
        eq(pcks.authorityOf(1).goodUntil, LIST_DUE);
        refuseList(listOf("270115080000Z", NEXT_UPDATE), IPckRegistry.RevocationsOld.selector);
        refuseList(rootListBefore(), IPckRegistry.RevocationsOld.selector);
    }

    /// Nothing lasts longer than the root's own list.
    function test_submitRevocations_NoLongerThanTheRoots() public {
        bytes memory times = bytes.concat(time(UPDATE), time("270116000000Z"));
        pcks.submitRevocations(signed(ROOT_KEY, listBody(rootName(), times, "", LIST_EXTENSIONS)), 1);
        pcks.registerAuthority(certificate(ca(), ROOT_KEY));
        eq(pcks.authorityOf(1).goodUntil, 0);
        pcks.submitRevocations(revocations(caName(), CA_KEY, ""), 1);
        eq(pcks.authorityOf(1).goodUntil, 1_800_057_600);
        eq(pcks.authorityOf(1).listedAt, NOW);
        // Nor than its own certificate.
        pcks.submitRevocations(revocations(rootName(), ROOT_KEY, ""), 1);
        pcks.submitRevocations(revocations(caName(), CA_KEY, ""), 1);
        eq(pcks.authorityOf(1).goodUntil, LIST_DUE);
        Parts memory parts = ca();
        parts.validity = validity("200115080002Z", "270117000000Z");
        pcks.registerAuthority(certificate(parts, ROOT_KEY));
        pcks.submitRevocations(revocations(caName(), CA_KEY, ""), 1);
        eq(pcks.authorityOf(1).goodUntil, 1_800_144_000);
    }

    function test_submitRevocations_RevokesAnAuthority() public {
        feedAuthorities();
        bytes32 keyId = pcks.registerPck(certificate(pck(), CA_KEY));
        bytes memory der = revocations(rootName(), ROOT_KEY, bytes.concat(entry(0x10), entry(0x11), entry(0x99)));
        vm.expectEmit(address(pcks));
        emit IPckRegistry.AuthorityRevoked(1);
        vm.expectEmit(address(pcks));
        emit IPckRegistry.AuthorityRevoked(2);
        vm.expectEmit(address(pcks));
        emit IPckRegistry.RevocationsListed(keccak256(rootName()), uint40(NOW), LIST_DUE);
        pcks.submitRevocations(der, 10);
        (, uint40 until) = pcks.standingOf(keyId);
        eq(until, 0);
        (,, until) = pcks.tcbSigner();
        eq(until, 0);
        // Neither its own list nor its certificate brings it back.
        pcks.submitRevocations(revocations(caName(), CA_KEY, ""), 10);
        (, until) = pcks.standingOf(keyId);
        eq(until, 0);
        refuseAuthority(certificate(ca(), ROOT_KEY), IPckRegistry.CertificateRevoked.selector);
    }

    function test_submitRevocations_AsManyAsAreWanted() public {
        feedAuthorities();
        bytes32 keyId = pcks.registerPck(certificate(pck(), CA_KEY));
        bytes memory entries = bytes.concat(entry(1), entry(2), entry(0x8000000000000001));
        bytes memory der = revocations(caName(), CA_KEY, entries);
        vm.recordLogs();
        pcks.submitRevocations(der, 0);
        pcks.submitRevocations(der, 1);
        pcks.submitRevocations(der, 1);
        eq(logsOf(address(pcks), IPckRegistry.RevocationsPartlyListed.selector), 3);
        (, uint40 until) = pcks.standingOf(keyId);
        eq(until, LIST_DUE);
        vm.expectEmit(address(pcks));
        emit IPckRegistry.PckRevoked(keyId);
        pcks.submitRevocations(der, 1);
        (, until) = pcks.standingOf(keyId);
        eq(until, 0);
    }

    // The root of all

    function test_constructor_IntelsRootOnAnyChain() public {
        bytes32 intelName = intelRootName();
        vm.chainId(1);
        IPckRegistry real = deployWith(INTEL_X, INTEL_Y, intelName);
        yes(!real.SIMULATED());
        eq(real.ROOT_X(), INTEL_X);
        eq(real.ROOT_Y(), INTEL_Y);
        eq(real.ROOT_NAME(), intelName);
        bytes32[3] memory parts = [INTEL_X, INTEL_Y, intelName];
        for (uint256 i = 0; i < 3; ++i) {
            bytes32[3] memory other = parts;
            other[i] = bytes32(uint256(other[i]) ^ 1);
            vm.expectRevert(abi.encodeWithSelector(IPckRegistry.RootNotTrusted.selector, 1));
            this.deployAs(other);
        }
        vm.chainId(31337);
        yes(deployWith(INTEL_X, INTEL_Y, bytes32(uint256(intelName) ^ 1)).SIMULATED());
    }

    function deployAs(bytes32[3] memory root) external {
        deployWith(root[0], root[1], root[2]);
    }

    function deployWith(bytes32 x, bytes32 y, bytes32 rootName_) private returns (IPckRegistry) {
        bytes memory arguments = abi.encode(address(this), address(this), x, y, rootName_);
        return IPckRegistry(make("contracts/attestation/PckRegistry.sol:PckRegistry", arguments));
    }

    /// @dev CN, O, L, ST and C of Intel's certificate.
    function intelRootName() private pure returns (bytes32) {
        return keccak256(
            sequence(
                bytes.concat(
                    part(hex"550403", 0x0c, "Intel SGX Root CA"),
                    part(hex"55040a", 0x0c, "Intel Corporation"),
                    part(hex"550407", 0x0c, "Santa Clara"),
                    part(hex"550408", 0x0c, "CA"),
                    part(hex"550406", 0x13, "US")
                )
            )
        );
    }

    function part(bytes memory oid, uint8 tag, string memory text) private pure returns (bytes memory) {
        return tlv(0x31, sequence(bytes.concat(tlv(0x06, oid), tlv(tag, bytes(text)))));
    }

    function listOf(bytes memory from, bytes memory to) private pure returns (bytes memory) {
        return signed(CA_KEY, listBody(caName(), bytes.concat(time(from), time(to)), "", LIST_EXTENSIONS));
    }

    function rootListBefore() private pure returns (bytes memory) {
        bytes memory times = bytes.concat(time("270115080000Z"), time(NEXT_UPDATE));
        return signed(ROOT_KEY, listBody(rootName(), times, "", LIST_EXTENSIONS));
    }

    function refuseAuthority(bytes memory der, bytes4 wanted) private {
        vm.expectPartialRevert(wanted);
        pcks.registerAuthority(der);
    }

    function refusePck(bytes memory der, bytes4 wanted) private {
        vm.expectPartialRevert(wanted);
        pcks.registerPck(der);
    }

    function refuseList(bytes memory der, bytes4 wanted) private {
        vm.expectPartialRevert(wanted);
        pcks.submitRevocations(der, 10);
    }
}
