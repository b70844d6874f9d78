// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {
    EnclaveKey,
    EnclaveKeyStatus,
    INodeRegistry,
    KeyState,
    NodeStatus
} from "../../../contracts/interfaces/INodeRegistry.sol";
import {EnclaveBinding, KEY_GUARDIAN, KEY_WORKER} from "../../../contracts/types/EnclaveBinding.sol";
import {NodeId} from "../../../contracts/types/Ids.sol";
import {KeyKit} from "../helpers/KeyKit.sol";
import {StubVerifier} from "../helpers/StubVerifier.sol";
import {vm} from "../helpers/Vm.sol";

/// @dev Keys come in by evidence.
contract EnclaveKeysTest is KeyKit {
    function test_addEnclaveKey_Worker() public view {
        EnclaveKey memory key = nodes.enclaveKeyOf(WORKER);
        yes(key.nodeId == nodeId);
        eq(key.keyClass, KEY_WORKER);
        yes(key.state == KeyState.Active);
        eq(key.registeredAt, START);
        eq(key.sealUntil, START + 7 days);
        eq(key.openUntil, START + 7 days);
        eq(key.measurementEpoch, START);
        eq(key.measurement, MEASUREMENT);
        eq(key.kemKeyHash, keccak256(abi.encode("kem", WORKER_KEY)));
    }

    function test_addEnclaveKey_Guardian() public {
        EnclaveBinding memory binding = makeBinding(OPERATOR, GUARDIAN_KEY, KEY_GUARDIAN);
        bytes memory evidence = makeEvidence(MEASUREMENT, makeReport(binding, 0));
        vm.expectEmit(address(nodes));
        emit INodeRegistry.EnclaveKeyAdded(
            nodeId,
            GUARDIAN,
            KEY_GUARDIAN,
            MEASUREMENT,
            binding.kemKeyHash,
            keccak256(evidence),
            verifier,
            0,
            0,
            uint40(START + 90 days),
            uint40(START + 400 days)
        );
        add(nodeId, binding, evidence, verifier);
        EnclaveKeyStatus memory status = nodes.keyStatusOf(GUARDIAN);
        eq(status.operator, OPERATOR);
        eq(status.stake, STAKE);
        eq(status.sealUntil, START + 90 days);
        eq(status.openUntil, START + 400 days);
        eq(status.measurementEpoch, START);
        yes(!status.banned);
    }

    /// The epoch is that of the measurement, not of the key.
    function test_addEnclaveKey_StoresTheMeasurementsEpoch() public {
        vm.warp(START + 1 days);
        measurements.allow("next");
        vm.warp(START + 2 days);
        addKey(nodeId, OPERATOR, OWNER_KEY, KEY_WORKER, "next");
        eq(nodes.enclaveKeyOf(OWNER).measurementEpoch, START + 1 days);
        eq(nodes.enclaveKeyOf(OWNER).registeredAt, START + 2 days);
        eq(nodes.keyStatusOf(OWNER).measurementEpoch, START + 1 days);
    }

    function test_addEnclaveKey_ExpiryAskedFor() public {
        EnclaveBinding memory binding = makeBinding(OPERATOR, GUARDIAN_KEY, KEY_GUARDIAN);
        add(nodeId, binding, makeEvidence(MEASUREMENT, makeReport(binding, uint64(START + 100 days))), verifier);
        eq(nodes.enclaveKeyOf(GUARDIAN).sealUntil, START + 90 days);
        eq(nodes.enclaveKeyOf(GUARDIAN).openUntil, START + 100 days);
        binding = makeBinding(OPERATOR, OWNER_KEY, KEY_WORKER);
        add(nodeId, binding, makeEvidence(MEASUREMENT, makeReport(binding, uint64(START + 1))), verifier);
        eq(nodes.enclaveKeyOf(OWNER).openUntil, START + 1);
    }

    function test_addEnclaveKey_EvidenceBoundsWorkersOnly() public {
        StubVerifier stub = allowStub(3);
        EnclaveBinding memory binding = makeBinding(OPERATOR, OWNER_KEY, KEY_WORKER);
        add(nodeId, binding, stubEvidence(binding, uint40(START + 1 days), 2), stub);
        EnclaveKey memory key = nodes.enclaveKeyOf(OWNER);
        eq(key.openUntil, START + 1 days);
        eq(key.verifierKind, 3);
        eq(key.vendor, 2);
        binding = makeBinding(OPERATOR, GUARDIAN_KEY, KEY_GUARDIAN);
        add(nodeId, binding, stubEvidence(binding, uint40(START + 1 days), 2), stub);
        eq(nodes.enclaveKeyOf(GUARDIAN).openUntil, START + 400 days);
    }

    function test_RevertWhen_KeyIsAddedByStranger() public {
        EnclaveBinding memory binding = makeBinding(STRANGER, GUARDIAN_KEY, KEY_GUARDIAN);
        bytes memory evidence = makeEvidence(MEASUREMENT, makeReport(binding, 0));
        bytes memory possession = signature(GUARDIAN_KEY, nodes.bindingDigest(binding));
        vm.expectRevert(
            abi.encodeWithSelector(INodeRegistry.NodeCallerNotOperator.selector, nodeId, STRANGER, OPERATOR)
        );
        vm.prank(STRANGER);
        nodes.addEnclaveKey(nodeId, binding, evidence, verifier, possession);
    }

    function test_RevertWhen_NodeIsUnknown() public {
        EnclaveBinding memory binding = makeBinding(OPERATOR, GUARDIAN_KEY, KEY_GUARDIAN);
        expectAdd(
            NodeId.wrap(9), binding, abi.encodeWithSelector(INodeRegistry.NodeUnknown.selector, NodeId.wrap(9))
        );
    }

    function test_RevertWhen_NodeIsNotActive() public {
        drain();
        expectNotActive(NodeStatus.Draining);
        exit();
        expectNotActive(NodeStatus.Exiting);
        vm.warp(START + 14 days);
        withdraw();
        expectNotActive(NodeStatus.Exited);
    }

    function test_RevertWhen_NodeLacksTheRole() public {
        NodeId worker = registerNode(OPERATOR, 1, 0);
        EnclaveBinding memory binding = makeBinding(OPERATOR, GUARDIAN_KEY, KEY_GUARDIAN);
        expectAdd(
            worker,
            binding,
            abi.encodeWithSelector(INodeRegistry.EnclaveKeyClassInvalid.selector, GUARDIAN, KEY_GUARDIAN, 1)
        );
    }

    function test_RevertWhen_ClassIsUnknown() public {
        for (uint8 class = 0; class < 9; ++class) {
            if (class == 1 || class == 2) continue;
            EnclaveBinding memory binding = makeBinding(OPERATOR, GUARDIAN_KEY, class);
            expectAdd(
                nodeId,
                binding,
                abi.encodeWithSelector(INodeRegistry.EnclaveKeyClassInvalid.selector, GUARDIAN, class, 7)
            );
        }
    }

    function test_RevertWhen_SignerWasEverRegistered() public {
        vm.prank(OPERATOR);
        nodes.destroyEnclaveKey(WORKER);
        EnclaveBinding memory binding = makeBinding(OPERATOR, WORKER_KEY, KEY_GUARDIAN);
        bytes memory evidence = makeEvidence(MEASUREMENT, makeReport(binding, 0));
        bytes memory possession = signature(WORKER_KEY, nodes.bindingDigest(binding));
        vm.expectRevert(abi.encodeWithSelector(INodeRegistry.EnclaveKeyAlreadyExists.selector, WORKER));
        vm.prank(OPERATOR);
        nodes.addEnclaveKey(nodeId, binding, evidence, verifier, possession);
    }

    function test_RevertWhen_SignerIsOfAnotherNode() public {
        NodeId other = registerNode(SECOND_OPERATOR, 7, 0);
        EnclaveBinding memory binding = makeBinding(SECOND_OPERATOR, WORKER_KEY, KEY_WORKER);
        bytes memory evidence = makeEvidence(MEASUREMENT, makeReport(binding, 0));
        bytes memory possession = signature(WORKER_KEY, nodes.bindingDigest(binding));
        vm.expectRevert(abi.encodeWithSelector(INodeRegistry.EnclaveKeyAlreadyExists.selector, WORKER));
        vm.prank(SECOND_OPERATOR);
        nodes.addEnclaveKey(other, binding, evidence, verifier, possession);
    }

    function test_RevertWhen_VerifierIsUnknown() public {
        EnclaveBinding memory binding = makeBinding(OPERATOR, GUARDIAN_KEY, KEY_GUARDIAN);
        nodes.removeVerifier(verifier);
        expectAdd(nodeId, binding, abi.encodeWithSelector(INodeRegistry.VerifierUnknown.selector, verifier));
    }

    function test_RevertWhen_EvidenceIsForAnotherBinding() public {
        EnclaveBinding memory other = makeBinding(OPERATOR, GUARDIAN_KEY, KEY_GUARDIAN);
        other.epoch = 2;
        EnclaveBinding memory binding = makeBinding(OPERATOR, GUARDIAN_KEY, KEY_GUARDIAN);
        bytes memory got = makeReport(other, 0);
        bytes memory evidence = makeEvidence(MEASUREMENT, got);
        bytes memory possession = signature(GUARDIAN_KEY, nodes.bindingDigest(binding));
        bytes32 wanted = keccak256(makeReport(binding, 0));
        vm.expectRevert(
            abi.encodeWithSelector(
                INodeRegistry.EvidenceReportMismatch.selector, GUARDIAN, keccak256(got), wanted
            )
        );
        vm.prank(OPERATOR);
        nodes.addEnclaveKey(nodeId, binding, evidence, verifier, possession);
    }

    function test_RevertWhen_ReportHasAnotherTag() public {
        EnclaveBinding memory binding = makeBinding(OPERATOR, GUARDIAN_KEY, KEY_GUARDIAN);
        bytes memory report = abi.encodePacked(GUARDIAN, nodes.hashBinding(binding), "PSN2", uint64(0));
        bytes memory possession = signature(GUARDIAN_KEY, nodes.bindingDigest(binding));
        vm.expectPartialRevert(INodeRegistry.EvidenceReportMismatch.selector);
        vm.prank(OPERATOR);
        nodes.addEnclaveKey(nodeId, binding, makeEvidence(MEASUREMENT, report), verifier, possession);
    }

    function test_RevertWhen_ReportHasAnotherLength() public {
        StubVerifier stub = allowStub(3);
        EnclaveBinding memory binding = makeBinding(OPERATOR, GUARDIAN_KEY, KEY_GUARDIAN);
        bytes memory report = makeReport(binding, 0);
        expectReport(binding, stub, bytes.concat(report, hex"00"));
        expectReport(binding, stub, abi.encodePacked(GUARDIAN, nodes.hashBinding(binding), "PSN1"));
        expectReport(binding, stub, "");
    }

    function test_RevertWhen_MeasurementIsNotAllowed() public {
        EnclaveBinding memory binding = makeBinding(OPERATOR, GUARDIAN_KEY, KEY_GUARDIAN);
        bytes memory report = makeReport(binding, 0);
        bytes memory possession = signature(GUARDIAN_KEY, nodes.bindingDigest(binding));
        measurements.ban(MEASUREMENT);
        vm.startPrank(OPERATOR);
        vm.expectRevert(
            abi.encodeWithSelector(INodeRegistry.EvidenceMeasurementNotAllowed.selector, GUARDIAN, MEASUREMENT)
        );
        nodes.addEnclaveKey(nodeId, binding, makeEvidence(MEASUREMENT, report), verifier, possession);
        vm.expectRevert(
            abi.encodeWithSelector(
                INodeRegistry.EvidenceMeasurementNotAllowed.selector, GUARDIAN, bytes32("another")
            )
        );
        nodes.addEnclaveKey(nodeId, binding, makeEvidence("another", report), verifier, possession);
    }

    function test_RevertWhen_KeyIsExpiredAlready() public {
        EnclaveBinding memory binding = makeBinding(OPERATOR, GUARDIAN_KEY, KEY_GUARDIAN);
        bytes memory evidence = makeEvidence(MEASUREMENT, makeReport(binding, uint64(START)));
        bytes memory possession = signature(GUARDIAN_KEY, nodes.bindingDigest(binding));
        vm.expectRevert(
            abi.encodeWithSelector(INodeRegistry.EnclaveKeyExpired.selector, GUARDIAN, START, START)
        );
        vm.prank(OPERATOR);
        nodes.addEnclaveKey(nodeId, binding, evidence, verifier, possession);
    }

    function test_RevertWhen_EvidenceIsExpiredAlready() public {
        StubVerifier stub = allowStub(3);
        EnclaveBinding memory binding = makeBinding(OPERATOR, GUARDIAN_KEY, KEY_GUARDIAN);
        bytes memory evidence = stubEvidence(binding, uint40(START), 0);
        bytes memory possession = signature(GUARDIAN_KEY, nodes.bindingDigest(binding));
        vm.expectRevert(
            abi.encodeWithSelector(INodeRegistry.EnclaveKeyExpired.selector, GUARDIAN, START, START)
        );
        vm.prank(OPERATOR);
        nodes.addEnclaveKey(nodeId, binding, evidence, stub, possession);
    }

    function testFuzz_addEnclaveKey_Times(uint64 asked, uint40 validUntil, bool guardian) public {
        StubVerifier stub = allowStub(1);
        asked = uint64(bound(asked, START + 1, type(uint64).max));
        validUntil = uint40(bound(validUntil, START + 1, type(uint40).max));
        EnclaveBinding memory binding =
            makeBinding(OPERATOR, GUARDIAN_KEY, guardian ? KEY_GUARDIAN : KEY_WORKER);
        add(nodeId, binding, abi.encode(MEASUREMENT, makeReport(binding, asked), validUntil, 0), stub);
        EnclaveKey memory key = nodes.enclaveKeyOf(GUARDIAN);
        yes(key.sealUntil <= key.openUntil && key.openUntil <= asked && key.sealUntil > START);
        yes(key.sealUntil <= START + (guardian ? 90 days : 7 days));
        yes(key.openUntil <= START + (guardian ? 400 days : 7 days));
        yes(guardian || key.openUntil <= validUntil);
    }

    /// A byte of the report changes, and the evidence is another's.
    function testFuzz_RevertWhen_ReportChanges(uint8 position, uint8 flip) public {
        // The last eight bytes are the expiry that the enclave asks for.
        position = uint8(bound(position, 0, 55));
        vm.assume(flip != 0);
        EnclaveBinding memory binding = makeBinding(OPERATOR, GUARDIAN_KEY, KEY_GUARDIAN);
        bytes memory report = makeReport(binding, 0);
        report[position] ^= bytes1(flip);
        expectReport(binding, allowStub(3), report);
    }

    function expectNotActive(NodeStatus status) private {
        EnclaveBinding memory binding = makeBinding(OPERATOR, GUARDIAN_KEY, KEY_GUARDIAN);
        expectAdd(
            nodeId, binding, abi.encodeWithSelector(INodeRegistry.NodeNotActive.selector, nodeId, status)
        );
    }

    function expectReport(EnclaveBinding memory binding, StubVerifier stub, bytes memory report) private {
        bytes memory evidence = abi.encode(MEASUREMENT, report, uint40(START + 1 days), 0);
        bytes memory possession = signature(GUARDIAN_KEY, nodes.bindingDigest(binding));
        vm.expectPartialRevert(INodeRegistry.EvidenceReportMismatch.selector);
        vm.prank(OPERATOR);
        nodes.addEnclaveKey(nodeId, binding, evidence, stub, possession);
    }
}
