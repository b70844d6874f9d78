// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IAttestedKeys} from "../../../contracts/interfaces/IAttestedKeys.sol";
import {EnclaveKey, INodeRegistry, KeyState} from "../../../contracts/interfaces/INodeRegistry.sol";
import {EnclaveBinding, KEY_GUARDIAN, KEY_WORKER} from "../../../contracts/types/EnclaveBinding.sol";
import {KeyKit} from "../helpers/KeyKit.sol";
import {StubVerifier} from "../helpers/StubVerifier.sol";
import {vm} from "../helpers/Vm.sol";

/// @dev Keys that are attested anew, and keys whose platform is judged anew.
contract EnclaveRenewalsTest is KeyKit {
    function test_renewEnclaveKey_Worker() public {
        vm.warp(START + 6 days);
        EnclaveBinding memory binding = makeBinding(OPERATOR, WORKER_KEY, KEY_WORKER);
        bytes memory evidence = makeEvidence(MEASUREMENT, makeReport(binding, 0));
        bytes memory possession = signature(WORKER_KEY, nodes.bindingDigest(binding));
        vm.expectEmit(address(nodes));
        emit INodeRegistry.EnclaveKeyRenewed(
            nodeId, WORKER, keccak256(evidence), verifier, uint40(START + 13 days), uint40(START + 13 days)
        );
        vm.prank(STRANGER);
        nodes.renewEnclaveKey(binding, evidence, verifier, possession);
        EnclaveKey memory key = nodes.enclaveKeyOf(WORKER);
        eq(key.openUntil, START + 13 days);
        eq(key.registeredAt, START);
        eq(key.measurement, MEASUREMENT);
    }

    /// An expired key lives again: its enclave has it still.
    function test_renewEnclaveKey_AfterItsEnd() public {
        vm.warp(START + 30 days);
        renew(WORKER_KEY, KEY_WORKER, MEASUREMENT);
        openClaim();
    }

    function test_renewEnclaveKey_ByAnotherVerifier() public {
        StubVerifier other = allowStub(3);
        EnclaveBinding memory binding = makeBinding(OPERATOR, WORKER_KEY, KEY_WORKER);
        bytes memory evidence = stubEvidence(binding, uint40(START + 1 days), 2);
        nodes.renewEnclaveKey(binding, evidence, other, signature(WORKER_KEY, nodes.bindingDigest(binding)));
        EnclaveKey memory key = nodes.enclaveKeyOf(WORKER);
        eq(key.verifierKind, 3);
        eq(key.vendor, 2);
        eq(key.verifierIndex, 2);
        eq(bytes32(key.platform), bytes32(other.PLATFORM()));
        eq(key.openUntil, START + 1 days);
    }

    function test_renewEnclaveKey_KeepsDraining() public {
        vm.prank(OPERATOR);
        nodes.drainEnclaveKey(WORKER);
        renew(WORKER_KEY, KEY_WORKER, MEASUREMENT);
        yes(nodes.enclaveKeyOf(WORKER).state == KeyState.Draining);
    }

    function test_RevertWhen_RenewedKeyIsUnknown() public {
        expectRenewal(GUARDIAN_KEY, KEY_GUARDIAN, abi.encodeWithSelector(INodeRegistry.EnclaveKeyUnknown.selector, GUARDIAN));
    }

    function test_Attack_FrozenKeyIsRenewed() public {
        nodes.freezeEnclaveKey(WORKER);
        expectRenewal(WORKER_KEY, KEY_WORKER, stateInvalid(KeyState.Frozen));
    }

    function test_Attack_DestroyedKeyIsRenewed() public {
        vm.prank(OPERATOR);
        nodes.destroyEnclaveKey(WORKER);
        expectRenewal(WORKER_KEY, KEY_WORKER, stateInvalid(KeyState.Destroyed));
    }

    function test_Attack_BannedMeasurementIsRenewed() public {
        measurements.ban(MEASUREMENT);
        expectRenewal(
            WORKER_KEY,
            KEY_WORKER,
            abi.encodeWithSelector(INodeRegistry.EvidenceMeasurementNotAllowed.selector, WORKER, MEASUREMENT)
        );
    }

    function test_Attack_KeyIsRenewedByAnotherProgram() public {
        measurements.allow("next");
        EnclaveBinding memory binding = makeBinding(OPERATOR, WORKER_KEY, KEY_WORKER);
        bytes memory evidence = makeEvidence("next", makeReport(binding, 0));
        bytes memory possession = signature(WORKER_KEY, nodes.bindingDigest(binding));
        vm.expectRevert(abi.encodeWithSelector(INodeRegistry.EnclaveKeyNotTheSame.selector, WORKER));
        nodes.renewEnclaveKey(binding, evidence, verifier, possession);
    }

    function test_Attack_KeyIsRenewedAsAnotherClass() public {
        expectRenewal(
            WORKER_KEY, KEY_GUARDIAN, abi.encodeWithSelector(INodeRegistry.EnclaveKeyNotTheSame.selector, WORKER)
        );
    }

    function test_Attack_KeyIsRenewedWithAnotherKemKey() public {
        EnclaveBinding memory binding = makeBinding(OPERATOR, WORKER_KEY, KEY_WORKER);
        binding.kemKeyHash = "another";
        bytes memory evidence = makeEvidence(MEASUREMENT, makeReport(binding, 0));
        bytes memory possession = signature(WORKER_KEY, nodes.bindingDigest(binding));
        vm.expectRevert(abi.encodeWithSelector(INodeRegistry.EnclaveKeyNotTheSame.selector, WORKER));
        nodes.renewEnclaveKey(binding, evidence, verifier, possession);
    }

    function test_Attack_KeyIsRenewedForAnotherOperator() public {
        EnclaveBinding memory binding = makeBinding(SECOND_OPERATOR, WORKER_KEY, KEY_WORKER);
        bytes memory evidence = makeEvidence(MEASUREMENT, makeReport(binding, 0));
        bytes memory possession = signature(WORKER_KEY, nodes.bindingDigest(binding));
        vm.expectPartialRevert(INodeRegistry.BindingOperatorMismatch.selector);
        nodes.renewEnclaveKey(binding, evidence, verifier, possession);
    }

    function test_Attack_RenewalIsReplayedWhenItsBlockIsForgotten() public {
        EnclaveBinding memory binding = makeBinding(OPERATOR, WORKER_KEY, KEY_WORKER);
        bytes memory evidence = makeEvidence(MEASUREMENT, makeReport(binding, 0));
        bytes memory possession = signature(WORKER_KEY, nodes.bindingDigest(binding));
        nodes.renewEnclaveKey(binding, evidence, verifier, possession);
        vm.roll(block.number + 300);
        vm.expectPartialRevert(INodeRegistry.BindingBlockUnknown.selector);
        nodes.renewEnclaveKey(binding, evidence, verifier, possession);
    }

    function test_RevertWhen_RenewalsVerifierIsUnknown() public {
        nodes.removeVerifier(verifier);
        expectRenewal(
            WORKER_KEY, KEY_WORKER, abi.encodeWithSelector(INodeRegistry.VerifierUnknown.selector, verifier)
        );
    }

    // poke

    function test_poke_KeyStands() public {
        eq(nodes.poke(WORKER), START + 7 days);
        eq(nodes.enclaveKeyOf(WORKER).openUntil, START + 7 days);
    }

    function test_poke_PlatformIsRevoked() public {
        stub().setStanding(0);
        vm.expectEmit(address(nodes));
        emit INodeRegistry.EnclaveKeyShortened(nodeId, WORKER, uint40(START), uint40(START));
        vm.prank(STRANGER);
        eq(nodes.poke(WORKER), START);
        vm.expectPartialRevert(INodeRegistry.ClaimKeyExpired.selector);
        openClaim();
        (, bool usable) = attested(WORKER);
        yes(!usable);
        // What is known has changed again.
        stub().setStanding(type(uint40).max);
        renew(WORKER_KEY, KEY_WORKER, MEASUREMENT);
        openClaim();
    }

    function test_poke_PlatformLastsShorterThanItsWorker() public {
        stub().setStanding(uint40(START + 1 days));
        eq(nodes.poke(WORKER), START + 1 days);
        stub().setStanding(uint40(START + 2 days));
        eq(nodes.poke(WORKER), START + 1 days);
    }

    function test_poke_TooLittleIsKnown() public {
        stub().setStanding(uint40(START - 1 days));
        eq(nodes.poke(WORKER), START);
    }

    function test_poke_GuardianOutlivesItsEvidence() public {
        addKey(nodeId, OPERATOR, GUARDIAN_KEY, KEY_GUARDIAN);
        stub().setStanding(uint40(START - 1 days));
        eq(nodes.poke(GUARDIAN), START + 400 days);
        stub().setStanding(0);
        vm.warp(START + 100 days);
        eq(nodes.poke(GUARDIAN), START + 100 days);
        eq(nodes.enclaveKeyOf(GUARDIAN).sealUntil, START + 90 days);
    }

    function test_poke_VerifierWasRemoved() public {
        nodes.removeVerifier(verifier);
        eq(nodes.poke(WORKER), START);
        // Allowed again it is another one: what it let in before stays out until it is renewed.
        nodes.allowVerifier(verifier);
        eq(nodes.poke(WORKER), START);
        renew(WORKER_KEY, KEY_WORKER, MEASUREMENT);
        eq(nodes.poke(WORKER), START + 7 days);
    }

    function test_poke_ExpiredKeyStaysExpired() public {
        vm.warp(START + 8 days);
        eq(nodes.poke(WORKER), START + 7 days);
    }

    function test_RevertWhen_PokedKeyIsUnknown() public {
        vm.expectRevert(abi.encodeWithSelector(INodeRegistry.EnclaveKeyUnknown.selector, GUARDIAN));
        nodes.poke(GUARDIAN);
    }

    function testFuzz_poke_NeverLengthens(uint40 standing, uint40 time, bool guardian) public {
        if (guardian) addKey(nodeId, OPERATOR, GUARDIAN_KEY, KEY_GUARDIAN);
        address signer = guardian ? GUARDIAN : WORKER;
        EnclaveKey memory before = nodes.enclaveKeyOf(signer);
        vm.warp(bound(time, START, START + 500 days));
        stub().setStanding(standing);
        nodes.poke(signer);
        EnclaveKey memory key = nodes.enclaveKeyOf(signer);
        yes(key.openUntil <= before.openUntil && key.sealUntil <= before.sealUntil && key.sealUntil <= key.openUntil);
        yes(standing != 0 || key.openUntil <= block.timestamp);
        yes(guardian || key.openUntil <= block.timestamp || key.openUntil <= standing);
        eq(key.measurement, before.measurement);
    }

    function stub() private view returns (StubVerifier) {
        return StubVerifier(address(verifier));
    }

    function attested(address signer) private view returns (bytes32, bool) {
        return IAttestedKeys(address(nodes)).attestedKeyOf(signer);
    }

    function renew(uint256 key, uint8 class, bytes32 measurement) private {
        EnclaveBinding memory binding = makeBinding(OPERATOR, key, class);
        bytes memory evidence = makeEvidence(measurement, makeReport(binding, 0));
        nodes.renewEnclaveKey(binding, evidence, verifier, signature(key, nodes.bindingDigest(binding)));
    }

    function expectRenewal(uint256 key, uint8 class, bytes memory wanted) private {
        EnclaveBinding memory binding = makeBinding(OPERATOR, key, class);
        bytes memory evidence = makeEvidence(MEASUREMENT, makeReport(binding, 0));
        bytes memory possession = signature(key, nodes.bindingDigest(binding));
        vm.expectRevert(wanted);
        nodes.renewEnclaveKey(binding, evidence, verifier, possession);
    }

    function stateInvalid(KeyState state) private view returns (bytes memory) {
        return abi.encodeWithSelector(INodeRegistry.EnclaveKeyStateInvalid.selector, WORKER, state);
    }
}
