// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Der} from "../../../contracts/attestation/Der.sol";
import {Authority, AuthorityRole, IPckRegistry, PckRecord} from "../../../contracts/interfaces/IPckRegistry.sol";
import {Damage} from "../helpers/DerKit.sol";
import {Parts, PkiKit} from "../helpers/PkiKit.sol";
import {vm} from "../helpers/Vm.sol";

/// @dev Certificates that their issuer has signed, and that are none all the same.
contract CertificateRulesTest is PkiKit {
    bytes private constant UNKNOWN = hex"300906035504010402cafe"; // an extension of no meaning here
    bytes private constant UNKNOWN_CRITICAL = hex"300c06035504010101ff0402cafe";

    function setUp() public override {
        super.setUp();
        feedAuthorities();
        pcks.registerPck(certificate(pck(), CA_KEY));
    }

    function test_registerPck_ReadsEveryField() public view {
        bytes32 keyId = keccak256(publicKey(PCK_KEY));
        eq(pcks.keyIdOf(1), keyId);
        (PckRecord memory record, uint40 validUntil) = pcks.standingOf(keyId);
        eq(bytes32(record.cpuSvn), bytes32(bytes16(0x0102030405060708090a0b0c0d0e0f10)));
        eq(bytes32(record.fmspc), bytes32(FMSPC));
        eq(record.pceSvn, 13);
        eq(record.notAfter, 2_840_140_800);
        eq(record.authority, 1);
        eq(validUntil, LIST_DUE);
        eq(pcks.ppidHashOf(keyId), keccak256(hex"000102030405060708090a0b0c0d0e0f"));
    }

    function test_registerAuthority_ReadsEveryField() public view {
        Authority memory issuer = pcks.authorityOf(1);
        eq(keccak256(abi.encode(issuer.x, issuer.y)), keccak256(publicKey(CA_KEY)));
        eq(issuer.notBefore, 1_579_075_201);
        eq(issuer.notAfter, 2_840_140_800);
        eq(pcks.authorityNamed(keccak256(caName())), 1);
    }

    // Every element of a certificate is damaged in every way. What may be otherwise is named: its number is where it comes in
    // the tree, parents first. 2 is the serial; 13 the subject, whose first part (14) is read, and 17 the text in that.

    function test_Attack_TrailingBytes() public {
        uint256[] memory may = new uint256[](3);
        (may[0], may[1], may[2]) = (2, 13, 17);
        damageEach(Damage.Trailing, may);
    }

    function test_Attack_OtherTags() public {
        damageEach(Damage.Tag, new uint256[](0));
    }

    /// The constraints may be missing (25), and need not be critical (27).
    function test_Attack_MissingElements() public {
        uint256[] memory may = new uint256[](2);
        (may[0], may[1]) = (25, 27);
        damageEach(Damage.Missing, may);
    }

    function test_Attack_ElementsTwice() public {
        uint256[] memory may = new uint256[](1);
        may[0] = 14;
        damageEach(Damage.Twice, may);
    }

    function test_Attack_LongLengths() public {
        damageEach(Damage.LongLength, new uint256[](0));
    }

    function test_Attack_LengthsTooLarge() public {
        damageEach(Damage.Longer, new uint256[](0));
    }

    function test_Attack_LengthsTooSmall() public {
        damageEach(Damage.Shorter, new uint256[](0));
    }

    function test_Attack_IndefiniteLengths() public {
        damageEach(Damage.Indefinite, new uint256[](0));
    }

    // Around what is signed

    function test_RevertWhen_SomethingFollows() public {
        refusedPck(bytes.concat(certificate(pck(), CA_KEY), hex"00"));
        bytes memory tbs = body(pck());
        (bytes32 r, bytes32 s) = p256().signP256(CA_KEY, sha256(tbs));
        bytes memory both = sequence(bytes.concat(integer(uint256(r)), integer(uint256(s))));
        bytes memory signature = tlv(0x03, bytes.concat(hex"00", both));
        refusedPck(sequence(bytes.concat(tbs, ALGORITHM, signature, hex"0500")));
        // Of another algorithm: ECDSA with SHA-384.
        refusedPck(sequence(bytes.concat(tbs, hex"300a06082a8648ce3d040303", signature)));
    }

    // The key

    function test_RevertWhen_KeyIsCutOff() public {
        bytes memory point = publicKey(PCK_KEY);
        for (uint256 cut = 1; cut < 65; cut += 7) {
            Parts memory parts = pck();
            parts.key = keyInfo(slice(point, 0, 64 - cut));
            parts.extensions = "";
            refusedPck(certificate(parts, CA_KEY));
        }
    }

    // The name

    function test_registerAuthority_NamesOfEachLength() public {
        // As a PrintableString, too, and of nothing else than the end that is looked at.
        bytes memory printable = bytes.concat(hex"0603550403", tlv(0x13, "Intel SGX PCK Platform CA"));
        register(sequence(tlv(0x31, sequence(printable))), AuthorityRole.PckIssuer);
        register(name("PCK Processor CA"), AuthorityRole.PckIssuer);
        register(name("XPCK Processor CA"), AuthorityRole.PckIssuer);
        register(name(" PCK Platform CA"), AuthorityRole.PckIssuer);
    }

    function test_RevertWhen_NameIsNoIssuers() public {
        string[7] memory names = [
            "PCK Platform CA", // one character less than is looked at
            "CK Processor CA",
            "Intel SGX PCK Platform CB",
            "Intel SGX PDK Platform CA",
            "Intel SGX PCK Processor CB",
            "Intel SGX TCB Signing",
            ""
        ];
        for (uint256 i = 0; i < names.length; ++i) {
            Parts memory parts = ca();
            parts.subject = name(names[i]);
            bytes memory der = certificate(parts, ROOT_KEY);
            vm.expectPartialRevert(IPckRegistry.AuthorityRoleUnknown.selector);
            pcks.registerAuthority(der);
        }
    }

    function test_RevertWhen_NameIsNoText() public {
        uint8[5] memory tags = [0x0b, 0x0d, 0x12, 0x14, 0x16];
        for (uint256 i = 0; i < tags.length; ++i) {
            Parts memory parts = ca();
            parts.subject = sequence(
                tlv(0x31, sequence(bytes.concat(hex"0603550403", tlv(tags[i], "Intel SGX PCK Platform CA"))))
            );
            bytes memory der = certificate(parts, ROOT_KEY);
            vm.expectPartialRevert(Der.DerInvalid.selector);
            pcks.registerAuthority(der);
        }
    }

    // Extensions

    function test_registerPck_WithUnknownExtensions() public {
        accepted(bytes.concat(UNKNOWN, LEAF_CONSTRAINTS, sgxExtension(sgx()), UNKNOWN));
    }

    function test_RevertWhen_CriticalExtensionIsUnknown() public {
        refused(bytes.concat(UNKNOWN_CRITICAL, LEAF_CONSTRAINTS, sgxExtension(sgx())));
    }

    /// Critical is true, or is not said.
    function test_RevertWhen_CriticalIsFalse() public {
        refused(bytes.concat(hex"300c0603551d1301010004023000", sgxExtension(sgx())));
        refused(bytes.concat(hex"300c0603551d1301010104023000", sgxExtension(sgx())));
    }

    function test_RevertWhen_AnExtensionIsThereTwice() public {
        bytes memory leafUsage = hex"300e0603551d0f0101ff0404030206c0";
        refused(bytes.concat(LEAF_CONSTRAINTS, LEAF_CONSTRAINTS, sgxExtension(sgx())));
        refused(bytes.concat(leafUsage, leafUsage, sgxExtension(sgx())));
        refused(bytes.concat(sgxExtension(sgx()), sgxExtension(sgx())));
        accepted(bytes.concat(leafUsage, sgxExtension(sgx())));
    }

    function test_RevertWhen_ConstraintsAreOthers() public {
        // A CA of CAs, one without a path length, and one that says "no" at length.
        refused(bytes.concat(hex"30120603551d130101ff040830060101ff020101", CA_USAGE, sgxExtension(sgx())));
        refused(bytes.concat(hex"300f0603551d130101ff040530030101ff", CA_USAGE, sgxExtension(sgx())));
        refused(bytes.concat(hex"300f0603551d130101ff04053003010100", sgxExtension(sgx())));
    }

    /// Who may sign certificates is a CA, and a CA may.
    function test_RevertWhen_UsageIsNotOfTheConstraints() public {
        refused(bytes.concat(CA_CONSTRAINTS, sgxExtension(sgx())));
        refused(bytes.concat(LEAF_CONSTRAINTS, CA_USAGE, sgxExtension(sgx())));
        refused(bytes.concat(CA_CONSTRAINTS, hex"300e0603551d0f0101ff0404030206c0", sgxExtension(sgx())));
    }

    function test_RevertWhen_PckIsACa() public {
        Parts memory parts = pck();
        parts.extensions = extensions(bytes.concat(CA_CONSTRAINTS, CA_USAGE, sgxExtension(sgx())));
        bytes memory der = certificate(parts, CA_KEY);
        vm.expectRevert(abi.encodeWithSelector(IPckRegistry.PckNotALeaf.selector));
        pcks.registerPck(der);
        parts.extensions = extensions(LEAF_CONSTRAINTS);
        der = certificate(parts, CA_KEY);
        vm.expectRevert(abi.encodeWithSelector(IPckRegistry.PckNotALeaf.selector));
        pcks.registerPck(der);
    }

    function damageEach(Damage damage, uint256[] memory may) private {
        bytes memory tbs = body(pck());
        Walk memory walk = Walk(type(uint256).max, 0, damage);
        eq(keccak256(damaged(tbs, walk)), keccak256(tbs));
        uint256 count = walk.seen;
        // The SEQUENCE of all is 0 here: numbers in names of tests begin behind it.
        for (uint256 i = 1; i < count; ++i) {
            bytes memory der = signed(CA_KEY, damaged(tbs, Walk(i, 0, damage)));
            bool allowed = false;
            for (uint256 j = 0; j < may.length; ++j) {
                if (may[j] + 1 == i) allowed = true;
            }
            try pcks.registerPck(der) {
                revert Untrue();
            } catch (bytes memory reason) {
                // A certificate of the key that is there already: everything was read.
                if ((bytes4(reason) == IPckRegistry.PckAlreadyRegistered.selector) != allowed) {
                    revert UintUnequal(i - 1, uint256(damage));
                }
            }
        }
    }

    function register(bytes memory subject, AuthorityRole role) private {
        Parts memory parts = ca();
        parts.subject = subject;
        yes(pcks.authorityOf(pcks.registerAuthority(certificate(parts, ROOT_KEY))).role == role);
    }

    function accepted(bytes memory list_) private {
        Parts memory parts = pck();
        parts.extensions = extensions(list_);
        bytes memory der = certificate(parts, CA_KEY);
        vm.expectPartialRevert(IPckRegistry.PckAlreadyRegistered.selector);
        pcks.registerPck(der);
    }

    function refused(bytes memory list_) private {
        Parts memory parts = pck();
        parts.extensions = extensions(list_);
        refusedPck(certificate(parts, CA_KEY));
    }

    /// @dev The certificate is made before: what signs it is a call, too.
    function refusedPck(bytes memory der) private {
        vm.expectPartialRevert(Der.DerInvalid.selector);
        pcks.registerPck(der);
    }
}
