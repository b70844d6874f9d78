// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IDcapVerifier} from "../../../contracts/interfaces/IDcapVerifier.sol";
import {PckRecord} from "../../../contracts/interfaces/IPckRegistry.sol";
import {AttestationKit} from "../helpers/AttestationKit.sol";
import {vm} from "../helpers/Vm.sol";

/// @dev Simulated quotes of each kind. What each rule refuses is in test/node/attestation, where quotes are made anew.
/// hardhat-config: default.fuzz.runs = 64
contract DcapVerifierTest is AttestationKit {
    function setUp() public override {
        super.setUp();
        feed();
    }

    function test_verify_EachKind() public {
        for (uint256 kind = 0; kind < 4; ++kind) {
            (bytes32 measurement, bytes memory reportData, uint40 validUntil, uint8 vendor, bytes30 platform) =
                verifier.verify(evidenceOf(kind));
            eq(measurement, measurementOf(kind));
            eq(keccak256(reportData), keccak256(new bytes(64)));
            eq(validUntil, dueAt);
            eq(vendor, 0);
            eq(uint24(bytes3(platform)), 1);
            eq(pcks.recheck(platform), dueAt);
        }
        eq(verifier.kind(), 0);
        yes(verifier.simulated());
        eq(address(verifier.judge()), address(pcks));
        yes(IDcapVerifier(address(verifier)).isPrecompiled());
    }

    function test_Attack_ExpiredCollateral() public {
        bytes30 platform = platformOf(0);
        vm.warp(dueAt - 1);
        verifier.verify(evidenceOf(0));
        vm.warp(dueAt);
        vm.expectPartialRevert(IDcapVerifier.PckNotValid.selector);
        verifier.verify(evidenceOf(0));
        // Too little is known to refute it.
        eq(pcks.recheck(platform), dueAt);
    }

    function test_Attack_RevokedPck() public {
        bytes30 platform = platformOf(0);
        pcks.submitRevocations(data(".lists.platformRevoking"), 10);
        vm.expectPartialRevert(IDcapVerifier.PckNotValid.selector);
        verifier.verify(evidenceOf(0));
        eq(pcks.recheck(platform), 0);
        (PckRecord memory record, uint40 validUntil) = pcks.standingOf(pcks.keyIdOf(1));
        eq(record.authority, 0);
        eq(validUntil, 0);
    }

    function test_Attack_BannedModel() public {
        bytes30 platform = platformOf(0);
        tcbs.banModel(fmspc());
        vm.expectPartialRevert(IDcapVerifier.TcbNotValid.selector);
        verifier.verify(evidenceOf(0));
        eq(pcks.recheck(platform), 0);
    }

    function test_recheck_OfNobody() public view {
        eq(pcks.recheck(0), 0);
        eq(pcks.recheck(bytes30(type(uint240).max)), 0);
    }

    /// Nothing that is not what the silicon has signed.
    function testFuzz_Attack_AnyBitIsAnother(uint256 kind, uint256 position) public {
        bytes memory evidence = flip(evidenceOf(kind % 4), position);
        vm.expectRevert();
        verifier.verify(evidence);
    }

    function testFuzz_Attack_AnyLength(uint256 kind, uint256 length) public {
        bytes memory evidence = evidenceOf(kind % 4);
        length %= 2048;
        vm.assume(length != evidence.length);
        bytes memory other = new bytes(length);
        for (uint256 i = 0; i < length && i < evidence.length; ++i) {
            other[i] = evidence[i];
        }
        vm.expectRevert(abi.encodeWithSelector(IDcapVerifier.QuoteMalformed.selector, length));
        verifier.verify(other);
    }

    function platformOf(uint256 kind) private returns (bytes30 platform) {
        (,,,, platform) = verifier.verify(evidenceOf(kind));
    }
}
