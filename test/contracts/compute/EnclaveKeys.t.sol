// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {IEvidenceVerifier} from "../../../contracts/interfaces/IEvidenceVerifier.sol";
import {
    EnclaveKey,
    EnclaveKeyStatus,
    INodeRegistry,
    KeyState,
    NodeStatus
} from "../../../contracts/interfaces/INodeRegistry.sol";
import {EnclaveBinding, KEY_GUARDIAN, KEY_WORKER} from "../../../contracts/types/EnclaveBinding.sol";
import {NodeId} from "../../../contracts/types/Ids.sol";
import {Kit} from "../helpers/Kit.sol";
import {StubVerifier} from "../helpers/StubVerifier.sol";
import {vm} from "../helpers/Vm.sol";

contract EnclaveKeysTest is Kit {
    address private immutable GUARDIAN = vm.addr(GUARDIAN_KEY);

    function test_addEnclaveKey_Worker() public view {
        EnclaveKey memory key = nodes.enclaveKeyOf(WORKER);
        yes(key.nodeId == nodeId);
        eq(key.keyClass, KEY_WORKER);
        yes(key.state == KeyState.Active);
        eq(key.registeredAt, START);
        eq(key.sealUntil, START + 7 days);
        eq(key.openUntil, START + 7 days);
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
        eq(status.measurementEpoch, 1);
        yes(!status.banned);
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

    function test_RevertWhen_NodeIsExiting() public {
        vm.prank(OPERATOR);
        nodes.requestExit(nodeId);
        EnclaveBinding memory binding = makeBinding(OPERATOR, GUARDIAN_KEY, KEY_GUARDIAN);
        expectAdd(
            nodeId,
            binding,
            abi.encodeWithSelector(INodeRegistry.NodeNotActive.selector, nodeId, NodeStatus.Exiting)
        );
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

    function test_RevertWhen_BindingNamesAnotherChain() public {
        EnclaveBinding memory binding = makeBinding(OPERATOR, GUARDIAN_KEY, KEY_GUARDIAN);
        binding.chainId = 1;
        expectAdd(
            nodeId,
            binding,
            abi.encodeWithSelector(INodeRegistry.BindingChainMismatch.selector, GUARDIAN, 1, block.chainid)
        );
    }

    function test_RevertWhen_BindingNamesAnotherRegistry() public {
        EnclaveBinding memory binding = makeBinding(OPERATOR, GUARDIAN_KEY, KEY_GUARDIAN);
        binding.registry = STRANGER;
        expectAdd(
            nodeId,
            binding,
            abi.encodeWithSelector(
                INodeRegistry.BindingRegistryMismatch.selector, GUARDIAN, STRANGER, address(nodes)
            )
        );
    }

    function test_RevertWhen_BindingNamesAnotherOperator() public {
        EnclaveBinding memory binding = makeBinding(STRANGER, GUARDIAN_KEY, KEY_GUARDIAN);
        expectAdd(
            nodeId,
            binding,
            abi.encodeWithSelector(INodeRegistry.BindingOperatorMismatch.selector, GUARDIAN, STRANGER, OPERATOR)
        );
    }

    function test_RevertWhen_BindingHasNoKemKey() public {
        EnclaveBinding memory binding = makeBinding(OPERATOR, GUARDIAN_KEY, KEY_GUARDIAN);
        binding.kemKeyHash = 0;
        expectAdd(
            nodeId, binding, abi.encodeWithSelector(INodeRegistry.BindingKemKeyMissing.selector, GUARDIAN)
        );
    }

    function test_RevertWhen_BindingsBlockIsNotThatBlock() public {
        EnclaveBinding memory binding = makeBinding(OPERATOR, GUARDIAN_KEY, KEY_GUARDIAN);
        binding.blockHash = "another";
        expectBlockUnknown(binding);
    }

    function test_RevertWhen_BindingsBlockIsTooOld() public {
        EnclaveBinding memory binding = makeBinding(OPERATOR, GUARDIAN_KEY, KEY_GUARDIAN);
        vm.roll(block.number + 256);
        expectBlockUnknown(binding);
    }

    function test_RevertWhen_BindingsBlockHashIsZero() public {
        EnclaveBinding memory binding = makeBinding(OPERATOR, GUARDIAN_KEY, KEY_GUARDIAN);
        binding.blockNumber = uint64(block.number + 5);
        binding.blockHash = 0;
        expectBlockUnknown(binding);
    }

    function test_RevertWhen_PossessionIsNotProved() public {
        EnclaveBinding memory binding = makeBinding(OPERATOR, GUARDIAN_KEY, KEY_GUARDIAN);
        bytes memory evidence = makeEvidence(MEASUREMENT, makeReport(binding, 0));
        bytes memory possession = signature(WORKER_KEY, nodes.bindingDigest(binding));
        vm.startPrank(OPERATOR);
        vm.expectRevert(abi.encodeWithSelector(INodeRegistry.BindingSignatureInvalid.selector, GUARDIAN));
        nodes.addEnclaveKey(nodeId, binding, evidence, verifier, possession);
        vm.expectRevert(abi.encodeWithSelector(INodeRegistry.BindingSignatureInvalid.selector, GUARDIAN));
        nodes.addEnclaveKey(nodeId, binding, evidence, verifier, "");
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

    // States

    function test_drainAndDestroy() public {
        vm.startPrank(OPERATOR);
        vm.expectEmit(address(nodes));
        emit INodeRegistry.EnclaveKeyStateChanged(nodeId, WORKER, KeyState.Draining);
        nodes.drainEnclaveKey(WORKER);
        vm.expectEmit(address(nodes));
        emit INodeRegistry.EnclaveKeyStateChanged(nodeId, WORKER, KeyState.Destroyed);
        nodes.destroyEnclaveKey(WORKER);
        yes(nodes.enclaveKeyOf(WORKER).state == KeyState.Destroyed);
    }

    function test_RevertWhen_StateIsSetByStranger() public {
        bytes memory wanted =
            abi.encodeWithSelector(INodeRegistry.NodeCallerNotOperator.selector, nodeId, STRANGER, OPERATOR);
        vm.startPrank(STRANGER);
        vm.expectRevert(wanted);
        nodes.drainEnclaveKey(WORKER);
        vm.expectRevert(wanted);
        nodes.destroyEnclaveKey(WORKER);
        wanted = abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, STRANGER);
        vm.expectRevert(wanted);
        nodes.freezeEnclaveKey(WORKER);
        vm.expectRevert(wanted);
        nodes.unfreezeEnclaveKey(WORKER);
    }

    function test_RevertWhen_KeyIsUnknown() public {
        bytes memory wanted = abi.encodeWithSelector(INodeRegistry.EnclaveKeyUnknown.selector, STRANGER);
        vm.expectRevert(wanted);
        nodes.drainEnclaveKey(STRANGER);
        vm.expectRevert(wanted);
        nodes.destroyEnclaveKey(STRANGER);
        vm.expectRevert(wanted);
        nodes.freezeEnclaveKey(STRANGER);
        vm.expectRevert(wanted);
        nodes.unfreezeEnclaveKey(STRANGER);
    }

    function test_RevertWhen_DrainedKeyIsNotActive() public {
        nodes.freezeEnclaveKey(WORKER);
        expectState(KeyState.Frozen);
        vm.prank(OPERATOR);
        nodes.drainEnclaveKey(WORKER);
    }

    function test_RevertWhen_DestroyedTwice() public {
        vm.startPrank(OPERATOR);
        nodes.destroyEnclaveKey(WORKER);
        expectState(KeyState.Destroyed);
        nodes.destroyEnclaveKey(WORKER);
    }

    function test_freezeAndUnfreeze() public {
        nodes.freezeEnclaveKey(WORKER);
        yes(nodes.keyStatusOf(WORKER).state == KeyState.Frozen);
        nodes.unfreezeEnclaveKey(WORKER);
        yes(nodes.keyStatusOf(WORKER).state == KeyState.Active);
    }

    function test_RevertWhen_FrozenKeyIsFrozenOrDestroyed() public {
        nodes.freezeEnclaveKey(WORKER);
        expectState(KeyState.Frozen);
        nodes.freezeEnclaveKey(WORKER);
        vm.prank(OPERATOR);
        nodes.destroyEnclaveKey(WORKER);
        expectState(KeyState.Destroyed);
        nodes.freezeEnclaveKey(WORKER);
    }

    function test_RevertWhen_UnfrozenKeyIsNotFrozen() public {
        expectState(KeyState.Active);
        nodes.unfreezeEnclaveKey(WORKER);
    }

    function test_keyStatusOf_FollowsNodeAndMeasurement() public {
        measurements.ban(MEASUREMENT);
        yes(nodes.keyStatusOf(WORKER).banned);
        eq(nodes.keyStatusOf(STRANGER).keyClass, 0);
        nodes.freezeEnclaveKey(WORKER);
        vm.prank(OPERATOR);
        nodes.requestExit(nodeId);
        // A key already worse than its node stays so.
        yes(nodes.keyStatusOf(WORKER).state == KeyState.Frozen);
    }

    // Verifiers

    function test_allowVerifier() public {
        StubVerifier stub = new StubVerifier(31, false);
        vm.expectEmit(address(nodes));
        emit INodeRegistry.VerifierAllowed(stub, 31);
        nodes.allowVerifier(stub);
        (bool allowed, uint8 kind) = nodes.verifierOf(stub);
        yes(allowed && kind == 31);
        vm.expectEmit(address(nodes));
        emit INodeRegistry.VerifierRemoved(stub);
        nodes.removeVerifier(stub);
        (allowed,) = nodes.verifierOf(stub);
        yes(!allowed);
    }

    function test_RevertWhen_VerifierIsSetByStranger() public {
        bytes memory wanted = abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, STRANGER);
        vm.startPrank(STRANGER);
        vm.expectRevert(wanted);
        nodes.allowVerifier(verifier);
        vm.expectRevert(wanted);
        nodes.removeVerifier(verifier);
    }

    function test_RevertWhen_VerifierIsAllowedTwice() public {
        vm.expectRevert(abi.encodeWithSelector(INodeRegistry.VerifierAlreadyAllowed.selector, verifier));
        nodes.allowVerifier(verifier);
    }

    function test_RevertWhen_RemovedVerifierIsUnknown() public {
        nodes.removeVerifier(verifier);
        vm.expectRevert(abi.encodeWithSelector(INodeRegistry.VerifierUnknown.selector, verifier));
        nodes.removeVerifier(verifier);
    }

    function test_RevertWhen_KindIsNotInTheBitmap() public {
        expectKindInvalid(new StubVerifier(32, false), 32);
    }

    function test_RevertWhen_SimulatedPassesForAnotherKind() public {
        expectKindInvalid(new StubVerifier(1, true), 1);
        expectKindInvalid(new StubVerifier(0, false), 0);
    }

    function test_RevertWhen_SimulatedOnARealChain() public {
        StubVerifier stub = new StubVerifier(0, true);
        vm.chainId(1);
        vm.expectRevert(abi.encodeWithSelector(INodeRegistry.VerifierSimulated.selector, stub, 1));
        nodes.allowVerifier(stub);
    }

    // Digests and fuzz

    function testFuzz_bindingDigest(EnclaveBinding memory binding) public view {
        bytes32 bindingType = keccak256(
            bytes.concat(
                "EnclaveBinding(uint256 chainId,address registry,address signer,bytes32 kemKeyHash,address operator,",
                "uint8 keyClass,uint64 blockNumber,bytes32 blockHash,uint64 epoch)"
            )
        );
        bytes32 hash = keccak256(abi.encode(bindingType, binding));
        eq(nodes.hashBinding(binding), hash);
        eq(nodes.bindingDigest(binding), typedDigest("Persona NodeRegistry", address(nodes), hash));
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

    function add(NodeId id, EnclaveBinding memory binding, bytes memory evidence, IEvidenceVerifier by) private {
        uint256 key = binding.signer == GUARDIAN ? GUARDIAN_KEY : OWNER_KEY;
        bytes memory possession = signature(key, nodes.bindingDigest(binding));
        vm.prank(OPERATOR);
        nodes.addEnclaveKey(id, binding, evidence, by, possession);
    }

    function expectAdd(NodeId id, EnclaveBinding memory binding, bytes memory wanted) private {
        bytes memory evidence = makeEvidence(MEASUREMENT, makeReport(binding, 0));
        bytes memory possession = signature(GUARDIAN_KEY, nodes.bindingDigest(binding));
        vm.expectRevert(wanted);
        vm.prank(OPERATOR);
        nodes.addEnclaveKey(id, binding, evidence, verifier, possession);
    }

    function expectBlockUnknown(EnclaveBinding memory binding) private {
        expectAdd(
            nodeId,
            binding,
            abi.encodeWithSelector(
                INodeRegistry.BindingBlockUnknown.selector, GUARDIAN, binding.blockNumber, binding.blockHash
            )
        );
    }

    function expectState(KeyState state) private {
        vm.expectRevert(abi.encodeWithSelector(INodeRegistry.EnclaveKeyStateInvalid.selector, WORKER, state));
    }

    function expectKindInvalid(StubVerifier stub, uint8 kind) private {
        vm.expectRevert(abi.encodeWithSelector(INodeRegistry.VerifierKindInvalid.selector, stub, kind));
        nodes.allowVerifier(stub);
    }

    function allowStub(uint8 kind) private returns (StubVerifier stub) {
        stub = new StubVerifier(kind, false);
        nodes.allowVerifier(stub);
    }

    function stubEvidence(EnclaveBinding memory binding, uint40 validUntil, uint8 vendor)
        private
        view
        returns (bytes memory)
    {
        return abi.encode(MEASUREMENT, makeReport(binding, 0), validUntil, vendor);
    }
}
