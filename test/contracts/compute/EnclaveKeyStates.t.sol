// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {IAttestedKeys} from "../../../contracts/interfaces/IAttestedKeys.sol";
import {IBanWatcher} from "../../../contracts/interfaces/IBanWatcher.sol";
import {EnclaveKeyStatus, INodeRegistry, KeyState} from "../../../contracts/interfaces/INodeRegistry.sol";
import {KEY_WORKER} from "../../../contracts/types/EnclaveBinding.sol";
import {NodeKit} from "../helpers/NodeKit.sol";
import {vm} from "../helpers/Vm.sol";

/// @dev What a key may do, by its own state, its node and its measurement.
contract EnclaveKeyStatesTest is NodeKit {
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

    /// A ban that is none would make every key be looked up anew, for ever.
    function test_RevertWhen_ABanIsReportedByAnyoneElse() public {
        vm.expectRevert(
            abi.encodeWithSelector(INodeRegistry.NodeCallerNotPolicy.selector, STRANGER, address(measurements))
        );
        vm.prank(STRANGER);
        IBanWatcher(address(nodes)).measurementBanned();
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

    function test_freezeEnclaveKey_OfADrainingKey() public {
        vm.prank(OPERATOR);
        nodes.drainEnclaveKey(WORKER);
        vm.expectEmit(address(nodes));
        emit INodeRegistry.EnclaveKeyStateChanged(nodeId, WORKER, KeyState.Frozen);
        nodes.freezeEnclaveKey(WORKER);
        vm.expectEmit(address(nodes));
        emit INodeRegistry.EnclaveKeyStateChanged(nodeId, WORKER, KeyState.Active);
        nodes.unfreezeEnclaveKey(WORKER);
    }

    function test_RevertWhen_UnfrozenByItsOperator() public {
        nodes.freezeEnclaveKey(WORKER);
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, OPERATOR));
        vm.prank(OPERATOR);
        nodes.unfreezeEnclaveKey(WORKER);
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

    function test_keyStatusOf() public view {
        EnclaveKeyStatus memory status = nodes.keyStatusOf(WORKER);
        yes(status.nodeId == nodeId);
        eq(status.operator, OPERATOR);
        eq(status.stake, STAKE);
        eq(status.keyClass, KEY_WORKER);
        yes(status.state == KeyState.Active);
        eq(status.verifierKind, 0);
        eq(status.vendor, 0);
        eq(status.sealUntil, START + 7 days);
        eq(status.openUntil, START + 7 days);
        eq(status.measurement, MEASUREMENT);
        eq(status.measurementEpoch, START);
        yes(!status.banned);
        eq(nodes.operatorOf(WORKER), OPERATOR);
    }

    function test_keyStatusOf_Unknown() public view {
        EnclaveKeyStatus memory none;
        eq(keccak256(abi.encode(nodes.keyStatusOf(STRANGER))), keccak256(abi.encode(none)));
        yes(nodes.enclaveKeyOf(STRANGER).state == KeyState.None);
        eq(nodes.operatorOf(STRANGER), address(0));
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

    function test_keyStatusOf_OfANodeThatHasLeft() public {
        nodes.freezeEnclaveKey(WORKER);
        exitAndWithdraw();
        yes(nodes.keyStatusOf(WORKER).state == KeyState.Destroyed);
        yes(nodes.enclaveKeyOf(WORKER).state == KeyState.Frozen);
        eq(nodes.operatorOf(WORKER), OPERATOR);
    }

    function test_attestedKeyOf() public view {
        expectAttested(WORKER, MEASUREMENT, true);
        expectAttested(STRANGER, 0, false);
    }

    function test_attestedKeyOf_Expired() public {
        vm.warp(START + 7 days - 1);
        expectAttested(WORKER, MEASUREMENT, true);
        vm.warp(START + 7 days);
        expectAttested(WORKER, MEASUREMENT, false);
    }

    function test_attestedKeyOf_NotActive() public {
        vm.prank(OPERATOR);
        nodes.drainEnclaveKey(WORKER);
        // It finishes what it has.
        expectAttested(WORKER, MEASUREMENT, true);
        nodes.freezeEnclaveKey(WORKER);
        expectAttested(WORKER, MEASUREMENT, false);
        nodes.unfreezeEnclaveKey(WORKER);
        expectAttested(WORKER, MEASUREMENT, true);
        vm.prank(OPERATOR);
        nodes.destroyEnclaveKey(WORKER);
        expectAttested(WORKER, MEASUREMENT, false);
    }

    function test_attestedKeyOf_FollowsTheNode() public {
        drain();
        expectAttested(WORKER, MEASUREMENT, true);
        resume();
        expectAttested(WORKER, MEASUREMENT, true);
        exitAndWithdraw();
        expectAttested(WORKER, MEASUREMENT, false);
    }

    /// A ban kills at once, whatever the key's own state.
    function test_attestedKeyOf_Banned() public {
        measurements.ban(MEASUREMENT);
        expectAttested(WORKER, MEASUREMENT, false);
        yes(nodes.enclaveKeyOf(WORKER).state == KeyState.Active);
        yes(nodes.keyStatusOf(WORKER).banned);
    }

    function testFuzz_Views_OfUnknownKeys(address signer) public view {
        vm.assume(signer != WORKER);
        EnclaveKeyStatus memory none;
        eq(keccak256(abi.encode(nodes.keyStatusOf(signer))), keccak256(abi.encode(none)));
        eq(nodes.operatorOf(signer), address(0));
        eq(nodes.claimerOf(signer).weight, 0);
        expectAttested(signer, 0, false);
    }

    /// The states are those that the interface draws; nothing leaves Destroyed.
    function testFuzz_State_FollowsTheDiagram(uint8[12] memory calls) public {
        for (uint256 i = 0; i < calls.length; ++i) {
            KeyState before = nodes.enclaveKeyOf(WORKER).state;
            KeyState wanted = before;
            uint256 kind = calls[i] % 8;
            bytes memory data;
            if (kind < 3) {
                data = abi.encodeCall(INodeRegistry.drainEnclaveKey, (WORKER));
                if (before == KeyState.Active) wanted = KeyState.Draining;
            } else if (kind < 5) {
                data = abi.encodeCall(INodeRegistry.freezeEnclaveKey, (WORKER));
                if (before == KeyState.Active || before == KeyState.Draining) wanted = KeyState.Frozen;
            } else if (kind < 7) {
                data = abi.encodeCall(INodeRegistry.unfreezeEnclaveKey, (WORKER));
                if (before == KeyState.Frozen) wanted = KeyState.Active;
            } else {
                data = abi.encodeCall(INodeRegistry.destroyEnclaveKey, (WORKER));
                wanted = KeyState.Destroyed;
            }
            vm.prank(kind < 3 || kind == 7 ? OPERATOR : address(this));
            (bool success,) = address(nodes).call(data);
            yes(success == (wanted != before));
            yes(nodes.enclaveKeyOf(WORKER).state == wanted);
            (, bool usable) = keys().attestedKeyOf(WORKER);
            yes(usable == (wanted == KeyState.Active || wanted == KeyState.Draining));
        }
    }

    function keys() private view returns (IAttestedKeys) {
        return IAttestedKeys(address(nodes));
    }

    function expectAttested(address signer, bytes32 wanted, bool wantedUsable) private view {
        (bytes32 measurement, bool usable) = keys().attestedKeyOf(signer);
        eq(measurement, wanted);
        yes(usable == wantedUsable);
    }

    function expectState(KeyState state) private {
        vm.expectRevert(abi.encodeWithSelector(INodeRegistry.EnclaveKeyStateInvalid.selector, WORKER, state));
    }
}
