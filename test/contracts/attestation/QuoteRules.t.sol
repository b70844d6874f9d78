// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IDcapVerifier} from "../../../contracts/interfaces/IDcapVerifier.sol";
import {IEvidenceVerifier} from "../../../contracts/interfaces/IEvidenceVerifier.sol";
import {QuoteKit} from "../helpers/QuoteKit.sol";
import {vm} from "../helpers/Vm.sol";

/// @dev Quotes that silicon could have signed: what is read of them, and each rule by one that breaks it alone.
contract QuoteRulesTest is QuoteKit {
    // What is read

    function test_verify_ReadsATd() public {
        bytes memory body = tdBody();
        isRead(td4(body), body, "persona/workload/tdx/v1", 120, 472, 520, 584);
        isRead(td5(body), body, "persona/workload/tdx/v1", 120, 472, 520, 584);
        body = td15Body();
        isRead(td5(body), body, "persona/workload/tdx/v1", 120, 472, 520, 584);
    }

    function test_verify_ReadsAnEnclave() public {
        bytes memory body = sgxBody();
        isRead(sgx3(body), body, "persona/workload/sgx/v1", 64, 96, 320, 384);
    }

    function test_verify_AsksOfThePlatform() public {
        bytes3 key = bytes3(keccak256(publicKey(PCK_KEY)));
        bytes16 tee = bytes16(filled(16));
        eq(platformOf(td4(tdBody()), true), abi.encodePacked(key, true, uint16(0x0307), tee));
        eq(platformOf(td5(td15Body()), true), abi.encodePacked(key, true, uint16(0x0307), tee));
        eq(platformOf(sgx3(sgxBody()), false), abi.encodePacked(key, false, uint16(0x040a), bytes16(0)));
    }

    /// Intel's own silicon is vendor and kind 1, a simulator 0.
    function test_verify_SaysWhoseSiliconItIs() public {
        (, IEvidenceVerifier real) = deploy(false);
        (,,, uint8 vendor,) = real.verify(quote(td4(tdBody()), qeReport(true)));
        eq(vendor, 1);
        eq(real.kind(), 1);
        yes(!real.simulated());
        (,,, vendor,) = verifier.verify(quote(td4(tdBody()), qeReport(true)));
        eq(vendor, 0);
        eq(verifier.kind(), 0);
        yes(verifier.simulated());
    }

    function test_verify_LastsAsLongAsBoth() public {
        bytes memory evidence = quote(td4(tdBody()), qeReport(true));
        pcks.set(1_800_000_010, 1_800_000_020);
        eq(untilOf(evidence), 1_800_000_010);
        pcks.set(1_800_000_020, 1_800_000_010);
        eq(untilOf(evidence), 1_800_000_010);
        pcks.set(1_800_000_001, 1_800_000_001);
        eq(untilOf(evidence), 1_800_000_001);
        pcks.set(1_800_000_000, 1_800_000_001);
        vm.expectPartialRevert(IDcapVerifier.PckNotValid.selector);
        verifier.verify(evidence);
        pcks.set(1_800_000_001, 1_800_000_000);
        vm.expectPartialRevert(IDcapVerifier.TcbNotValid.selector);
        verifier.verify(evidence);
    }

    // What it is

    function test_RevertWhen_BytesAreNoQuote() public {
        bytes memory evidence = quote(td4(tdBody()), qeReport(true));
        malformed("");
        malformed(new bytes(719));
        malformed(new bytes(720));
        malformed(slice(evidence, 0, evidence.length - 1));
        malformed(bytes.concat(evidence, hex"00"));
        // Every byte that says what it is: version, key type, TEE, vendor. The two that are reserved are zero.
        for (uint256 i = 0; i < 28; ++i) {
            malformed(patch(evidence, i, abi.encodePacked(evidence[i] ^ 0x40)));
        }
        evidence = quote(td5(td15Body()), qeReport(true));
        for (uint256 i = 48; i < 54; ++i) {
            malformed(patch(evidence, i, abi.encodePacked(evidence[i] ^ 0x40)));
        }
        evidence = quote(sgx3(sgxBody()), qeReport(false));
        // In version 3 the svns of the quoting enclave stand at 8 to 12, and say nothing that its report does not.
        for (uint256 i = 0; i < 8; ++i) {
            malformed(patch(evidence, i, abi.encodePacked(evidence[i] ^ 0x40)));
        }
    }

    /// Each header with the body of another.
    function test_RevertWhen_BodyIsOfAnotherKind() public {
        malformed(quote(td4(td15Body()), qeReport(true)));
        malformed(quote(td4(sgxBody()), qeReport(true)));
        malformed(quote(sgx3(tdBody()), qeReport(false)));
        malformed(quote(patch(td5(td15Body()), 48, hex"020048020000"), qeReport(true)));
        malformed(quote(patch(td5(tdBody()), 48, hex"030088020000"), qeReport(true)));
    }

    // Who signed it

    function test_RevertWhen_KeyIsNotVouchedFor() public {
        bytes memory report = qeReport(true);
        for (uint256 i = 320; i < 384; ++i) {
            if (i != 320 && i != 351 && i != 352 && i != 383) continue;
            bytes memory evidence = quote(td4(tdBody()), patch(report, i, abi.encodePacked(report[i] ^ 0x01)));
            vm.expectRevert(abi.encodeWithSelector(IDcapVerifier.QuoteKeyNotVouchedFor.selector));
            verifier.verify(evidence);
        }
    }

    function test_RevertWhen_QeReportIsNotThePlatforms() public {
        bytes memory evidence = quote(td4(tdBody()), qeReport(true));
        uint256 tail = evidence.length - 672;
        evidence = patch(evidence, tail + 512, sign(ATTESTATION_KEY, qeReport(true)));
        vm.expectRevert(abi.encodeWithSelector(IDcapVerifier.QeSignatureInvalid.selector));
        verifier.verify(evidence);
    }

    function test_RevertWhen_QuoteIsNotTheEnclaves() public {
        bytes memory evidence = quote(td4(tdBody()), qeReport(true));
        evidence = patch(evidence, evidence.length - 672, sign(PCK_KEY, td4(tdBody())));
        vm.expectRevert(abi.encodeWithSelector(IDcapVerifier.QuoteSignatureInvalid.selector));
        verifier.verify(evidence);
    }

    // The quoting enclave

    function test_RevertWhen_QuotingEnclaveIsAnother() public {
        bytes memory report = qeReport(true);
        notQe(patch(report, 128, abi.encodePacked(keccak256("who signs quoting enclaves of SGX"))), true);
        notQe(qeReport(false), true);
        notQe(qeReport(true), false);
        notQe(patch(report, 256, hex"0100"), true);
        notQe(patch(report, 256, hex"0202"), true);
        notQe(patch(qeReport(false), 256, hex"0200"), false);
        // Not initialised, not able to provision, in debug mode, of a misc select.
        notQe(patch(report, 48, hex"14"), true);
        notQe(patch(report, 48, hex"05"), true);
        notQe(patch(report, 48, hex"17"), true);
        notQe(patch(report, 55, hex"01"), true);
        notQe(patch(report, 16, hex"01"), true);
        notQe(patch(report, 19, hex"01"), true);
    }

    /// In 64 bits or not.
    function test_verify_QuotingEnclaveOf32Bits() public {
        bytes memory report = patch(qeReport(true), 48, hex"11");
        verifier.verify(quote(td4(tdBody()), report));
    }

    // What it is a quote of

    function test_RevertWhen_TdIsInDebugMode() public {
        bytes memory body = tdBody();
        for (uint256 bit = 0; bit < 8; ++bit) {
            bytes memory evidence =
                quote(td4(patch(body, 120, abi.encodePacked(uint8(1 << bit)))), qeReport(true));
            vm.expectRevert(abi.encodeWithSelector(IDcapVerifier.QuoteInDebugMode.selector));
            verifier.verify(evidence);
        }
    }

    function test_RevertWhen_TdTakesVirtualizationExceptions() public {
        bytes[3] memory others = [bytes(hex"00000000"), hex"00000008", hex"000000ef"];
        for (uint256 i = 0; i < others.length; ++i) {
            bytes memory evidence = quote(td4(patch(tdBody(), 120, others[i])), qeReport(true));
            vm.expectPartialRevert(IDcapVerifier.QuoteAttributesInvalid.selector);
            verifier.verify(evidence);
        }
        verifier.verify(quote(td4(patch(tdBody(), 120, hex"00ffffff")), qeReport(true)));
    }

    /// Each byte of MRSIGNERSEAM and SEAMATTRIBUTES; those beside them may be anything.
    function test_RevertWhen_ModuleIsNotIntels() public {
        for (uint256 i = 64; i < 120; ++i) {
            if (i > 65 && i < 87 || i > 96 && i < 118) continue;
            bytes memory evidence = quote(td4(patch(tdBody(), i, hex"01")), qeReport(true));
            vm.expectRevert(abi.encodeWithSelector(IDcapVerifier.QuoteModuleInvalid.selector));
            verifier.verify(evidence);
        }
    }

    /// Each end of MRSERVICETD.
    function test_RevertWhen_TdServesAnother() public {
        uint8[6] memory places = [0, 15, 16, 31, 32, 47];
        for (uint256 i = 0; i < places.length; ++i) {
            bytes memory evidence =
                quote(td5(patch(td15Body(), 600 + uint256(places[i]), hex"01")), qeReport(true));
            vm.expectRevert(abi.encodeWithSelector(IDcapVerifier.QuoteServiceTd.selector));
            verifier.verify(evidence);
        }
    }

    function test_RevertWhen_EnclaveIsInDebugMode() public {
        bytes memory evidence = quote(sgx3(patch(sgxBody(), 48, hex"07")), qeReport(false));
        vm.expectRevert(abi.encodeWithSelector(IDcapVerifier.QuoteInDebugMode.selector));
        verifier.verify(evidence);
        verifier.verify(quote(sgx3(patch(sgxBody(), 48, hex"fd")), qeReport(false)));
    }

    function isRead(
        bytes memory signed,
        bytes memory body,
        string memory workload,
        uint256 from,
        uint256 to,
        uint256 dataFrom,
        uint256 dataTo
    ) private {
        bool tdx = body.length != 384;
        (bytes32 measurement, bytes memory reportData,,,) = verifier.verify(quote(signed, qeReport(tdx)));
        eq(measurement, keccak256(bytes.concat(bytes(workload), slice(body, from, to))));
        eq(keccak256(reportData), keccak256(slice(body, dataFrom, dataTo)));
    }

    function platformOf(bytes memory signed, bool tdx) private returns (bytes30 platform) {
        (,,,, platform) = verifier.verify(quote(signed, qeReport(tdx)));
    }

    function eq(bytes30 got, bytes memory wanted) private pure {
        eq(bytes32(got), bytes32(bytes30(wanted)));
    }

    function untilOf(bytes memory evidence) private returns (uint40 validUntil) {
        (,, validUntil,,) = verifier.verify(evidence);
    }

    function malformed(bytes memory evidence) private {
        vm.expectRevert(abi.encodeWithSelector(IDcapVerifier.QuoteMalformed.selector, evidence.length));
        verifier.verify(evidence);
    }

    function notQe(bytes memory report, bool tdx) private {
        bytes memory evidence = quote(tdx ? td4(tdBody()) : sgx3(sgxBody()), report);
        vm.expectPartialRevert(IDcapVerifier.QeIdentityInvalid.selector);
        verifier.verify(evidence);
    }
}
