// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {SimulatedEvidenceVerifier} from "../../../contracts/attestation/SimulatedEvidenceVerifier.sol";
import {DevToken} from "../../../contracts/dev/DevToken.sol";
import {IEvidenceVerifier} from "../../../contracts/interfaces/IEvidenceVerifier.sol";
import {Kit} from "../helpers/Kit.sol";
import {vm} from "../helpers/Vm.sol";

contract SimulatedEvidenceVerifierTest is Kit {
    bytes private report = new bytes(64);

    function test_verify() public {
        report[0] = 0x01;
        (bytes32 measurement, bytes memory reportData, uint40 validUntil, uint8 vendor) =
            verifier.verify(makeEvidence("any", report));
        eq(measurement, "any");
        eq(keccak256(reportData), keccak256(report));
        eq(validUntil, type(uint40).max);
        eq(vendor, 0);
        eq(verifier.kind(), 0);
        yes(verifier.simulated());
    }

    function test_RevertWhen_RootIsAnother() public {
        bytes32 digest =
            keccak256(abi.encode("persona/simulated-evidence/v1", bytes32("any"), keccak256(report)));
        bytes memory evidence = abi.encode(bytes32("any"), report, signature(OWNER_KEY, digest));
        expectInvalid();
        verifier.verify(evidence);
    }

    function test_RevertWhen_MeasurementIsNotTheSignedOne() public {
        bytes memory evidence = makeEvidence("any", report);
        (, bytes memory reportData, bytes memory signed) = abi.decode(evidence, (bytes32, bytes, bytes));
        expectInvalid();
        verifier.verify(abi.encode(bytes32("another"), reportData, signed));
    }

    function test_RevertWhen_ReportDataHasNot64Bytes() public {
        expectInvalid();
        verifier.verify(makeEvidence("any", new bytes(63)));
        expectInvalid();
        verifier.verify(makeEvidence("any", new bytes(65)));
    }

    function test_RevertWhen_SignatureIsNone() public {
        expectInvalid();
        verifier.verify(abi.encode(bytes32("any"), report, bytes("")));
        expectInvalid();
        verifier.verify(abi.encode(bytes32("any"), report, new bytes(65)));
    }

    function test_RevertWhen_EvidenceIsNoEncoding() public {
        vm.expectRevert();
        verifier.verify("noise");
    }

    function test_RevertWhen_DeployedWithoutRoot() public {
        vm.expectRevert(abi.encodeWithSelector(SimulatedEvidenceVerifier.SimulationRootMissing.selector));
        new SimulatedEvidenceVerifier(address(0));
    }

    function test_Deploys_OnBothDevelopmentChains() public {
        vm.chainId(1337);
        new SimulatedEvidenceVerifier(address(1));
        new DevToken();
        vm.chainId(31337);
        new SimulatedEvidenceVerifier(address(1));
        new DevToken();
    }

    function testFuzz_Attack_SimulationOnARealChain(uint64 chainId) public {
        vm.assume(chainId != 0 && chainId != 1337 && chainId != 31337);
        vm.chainId(chainId);
        vm.expectRevert(
            abi.encodeWithSelector(SimulatedEvidenceVerifier.SimulationNotAllowed.selector, uint256(chainId))
        );
        new SimulatedEvidenceVerifier(address(1));
        vm.expectRevert(abi.encodeWithSelector(DevToken.DevTokenNotAllowed.selector, uint256(chainId)));
        new DevToken();
    }

    function test_DevToken_AnyoneMints() public {
        vm.prank(STRANGER);
        token.mint(STRANGER, 5);
        eq(token.balanceOf(STRANGER), 5);
    }

    function testFuzz_RevertWhen_ReportDataChanges(uint8 position, uint8 flip) public {
        vm.assume(flip != 0);
        bytes memory evidence = makeEvidence("any", report);
        (, bytes memory reportData, bytes memory signed) = abi.decode(evidence, (bytes32, bytes, bytes));
        reportData[position % 64] ^= bytes1(flip);
        expectInvalid();
        verifier.verify(abi.encode(bytes32("any"), reportData, signed));
    }

    function expectInvalid() private {
        vm.expectRevert(abi.encodeWithSelector(IEvidenceVerifier.EvidenceInvalid.selector));
    }
}
