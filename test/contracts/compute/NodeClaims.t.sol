// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Claimer, ClaimOutcome, INodeRegistry, KeyState} from "../../../contracts/interfaces/INodeRegistry.sol";
import {KEY_GUARDIAN} from "../../../contracts/types/EnclaveBinding.sol";
import {NodeId} from "../../../contracts/types/Ids.sol";
import {NodePolicy} from "../../../contracts/types/NodePolicy.sol";
import {NodeKit} from "../helpers/NodeKit.sol";
import {vm} from "../helpers/Vm.sol";

/// @dev Who may take a job, and the bond that a claim holds.
contract NodeClaimsTest is NodeKit {
    function test_openClaim() public {
        Claimer memory claimer = openClaim();
        yes(claimer.nodeId == nodeId);
        eq(claimer.weight, STAKE / 2);
        eq(claimer.weightSince, 1000);
        eq(claimer.totalWeight, STAKE / 2);
        eq(node().openClaims, 1);
        eq(node().stake, STAKE);
    }

    function test_openClaim_OfTheNamedNode() public {
        openClaim(WORKER, OPERATOR, nodeId, anyPolicy());
        eq(node().openClaims, 1);
    }

    function test_openClaim_UpToTheLastSecondOfTheKey() public {
        vm.warp(START + 7 days - 1);
        openClaim();
    }

    // Each error, in the order of the checks: what is wrong later is wrong here too

    function test_RevertWhen_ClaimerIsNotTheMarket() public {
        nodes.pauseClaims(1 days);
        vm.expectRevert(
            abi.encodeWithSelector(INodeRegistry.NodeCallerNotMarket.selector, OPERATOR, address(market))
        );
        vm.prank(OPERATOR);
        nodes.openClaim(JOB, WORKER, OPERATOR, ANY, anyPolicy());
    }

    function test_RevertWhen_ClaimsArePaused() public {
        nodes.pauseClaims(1 days);
        vm.expectRevert(abi.encodeWithSelector(INodeRegistry.ClaimsArePaused.selector, START + 1 days));
        openClaim(STRANGER, STRANGER, ANY, anyPolicy());
    }

    function test_RevertWhen_KeyIsUnknown() public {
        vm.expectRevert(abi.encodeWithSelector(INodeRegistry.ClaimKeyNotWorker.selector, JOB, STRANGER));
        openClaim(STRANGER, STRANGER, ANY, anyPolicy());
        // Not even by the operator of no node.
        vm.expectRevert(abi.encodeWithSelector(INodeRegistry.ClaimKeyNotWorker.selector, JOB, STRANGER));
        openClaim(STRANGER, address(0), ANY, anyPolicy());
    }

    function test_RevertWhen_KeyIsAGuardians() public {
        addKey(nodeId, OPERATOR, GUARDIAN_KEY, KEY_GUARDIAN);
        address guardian = vm.addr(GUARDIAN_KEY);
        vm.expectRevert(abi.encodeWithSelector(INodeRegistry.ClaimKeyNotWorker.selector, JOB, guardian));
        openClaim(guardian, STRANGER, ANY, anyPolicy());
    }

    function test_RevertWhen_CallerDoesNotOperateTheNode() public {
        vm.warp(START + 7 days);
        vm.expectRevert(
            abi.encodeWithSelector(INodeRegistry.ClaimCallerNotOperator.selector, JOB, STRANGER, OPERATOR)
        );
        openClaim(WORKER, STRANGER, ANY, anyPolicy());
    }

    function test_RevertWhen_KeyIsExpired() public {
        nodes.freezeEnclaveKey(WORKER);
        vm.warp(START + 7 days);
        vm.expectRevert(
            abi.encodeWithSelector(INodeRegistry.ClaimKeyExpired.selector, JOB, WORKER, START + 7 days)
        );
        openClaim();
    }

    function test_RevertWhen_KeyIsNotActive() public {
        measurements.ban(MEASUREMENT);
        vm.prank(OPERATOR);
        nodes.drainEnclaveKey(WORKER);
        expectKeyNotActive(KeyState.Draining);
        nodes.freezeEnclaveKey(WORKER);
        expectKeyNotActive(KeyState.Frozen);
        vm.prank(OPERATOR);
        nodes.destroyEnclaveKey(WORKER);
        expectKeyNotActive(KeyState.Destroyed);
    }

    function test_RevertWhen_NodeIsNotActive() public {
        drain();
        expectKeyNotActive(KeyState.Draining);
        exit();
        expectKeyNotActive(KeyState.Draining);
    }

    function test_RevertWhen_MeasurementIsBanned() public {
        measurements.ban(MEASUREMENT);
        NodePolicy memory none;
        vm.expectRevert(
            abi.encodeWithSelector(INodeRegistry.ClaimMeasurementBanned.selector, JOB, MEASUREMENT)
        );
        openClaim(WORKER, OPERATOR, ANY, none);
    }

    function test_RevertWhen_PolicyDoesNotAdmitTheNode() public {
        NodePolicy memory policy = anyPolicy();
        policy.verifierKinds = ~uint32(1);
        expectPolicyMismatched(policy);
        policy = anyPolicy();
        policy.vendors = ~uint32(1);
        expectPolicyMismatched(policy);
        policy = anyPolicy();
        policy.minStake = uint96(STAKE + 1);
        expectPolicyMismatched(policy);
        policy.minStake = uint96(STAKE);
        openClaim(WORKER, OPERATOR, ANY, policy);
    }

    function test_RevertWhen_AnotherNodeIsNamed() public {
        openClaims(10);
        vm.expectRevert(abi.encodeWithSelector(INodeRegistry.ClaimNodeNotNamed.selector, JOB, nodeId, 2));
        openClaim(WORKER, OPERATOR, NodeId.wrap(2), anyPolicy());
    }

    // Bonds

    function test_RevertWhen_NoBondIsLeft() public {
        openClaims(10);
        eq(node().openClaims, 10);
        expectBondMissing(STAKE, STAKE + BOND);
        openClaim();
        closeClaim(ClaimOutcome.ProvedFailure);
        openClaim();
        expectBondMissing(STAKE, STAKE + BOND);
        openClaim();
        addStake(BOND - 1);
        expectBondMissing(STAKE + BOND - 1, STAKE + BOND);
        openClaim();
        addStake(1);
        openClaim();
    }

    function test_RevertWhen_ASlashTookTheBond() public {
        openClaims(10);
        closeClaim(ClaimOutcome.TimedOut);
        // Nine are open and hold all that is left.
        expectBondMissing(STAKE - BOND, STAKE);
        openClaim();
        nodes.cancelSlash(1);
        openClaim();
    }

    function test_RevertWhen_NothingIsStaked() public {
        equivocate();
        addKey(nodeId, OPERATOR, OWNER_KEY, 1);
        expectBondMissing(0, BOND);
        openClaim(OWNER, OPERATOR, ANY, anyPolicy());
    }

    function test_RevertWhen_ClaimsCannotBeCounted() public {
        forge(0, 96, type(uint96).max);
        forge(144, 16, type(uint16).max - 1);
        openClaim();
        eq(node().openClaims, type(uint16).max);
        expectBondMissing(type(uint96).max, 65_536 * uint256(BOND));
        openClaim();
    }

    function testFuzz_openClaim_AsManyAsBonds(uint96 stake) public {
        stake = uint96(bound(stake, 0, 40 * uint256(BOND)));
        forge(0, 96, stake);
        uint256 bonds = stake / BOND;
        openClaims(bonds);
        expectBondMissing(stake, (bonds + 1) * BOND);
        openClaim();
    }

    function testFuzz_openClaim_WithinThePolicy(uint32 kinds, uint32 vendors, uint96 minStake) public {
        NodePolicy memory policy = NodePolicy(kinds, vendors, minStake, false);
        bool admitted = kinds & 1 == 1 && vendors & 1 == 1 && minStake <= STAKE;
        if (!admitted) {
            vm.expectRevert(abi.encodeWithSelector(INodeRegistry.ClaimPolicyMismatched.selector, JOB, nodeId));
        }
        openClaim(WORKER, OPERATOR, ANY, policy);
        eq(node().openClaims, admitted ? 1 : 0);
    }

    function testFuzz_RevertWhen_ClaimerIsNotTheMarket(address caller) public {
        vm.assume(caller != address(market));
        bytes memory wanted =
            abi.encodeWithSelector(INodeRegistry.NodeCallerNotMarket.selector, caller, address(market));
        vm.startPrank(caller);
        vm.expectRevert(wanted);
        nodes.openClaim(JOB, WORKER, OPERATOR, ANY, anyPolicy());
        vm.expectRevert(wanted);
        nodes.closeClaim(WORKER, ClaimOutcome.Settled, 1, REQUESTER, 0);
        vm.expectRevert(wanted);
        nodes.slashEquivocation(WORKER);
    }

    function expectKeyNotActive(KeyState state) private {
        vm.expectRevert(abi.encodeWithSelector(INodeRegistry.ClaimKeyNotActive.selector, JOB, WORKER, state));
        openClaim();
    }

    function expectPolicyMismatched(NodePolicy memory policy) private {
        vm.expectRevert(abi.encodeWithSelector(INodeRegistry.ClaimPolicyMismatched.selector, JOB, nodeId));
        openClaim(WORKER, OPERATOR, NodeId.wrap(2), policy);
    }

    function expectBondMissing(uint256 stake, uint256 wanted) private {
        vm.expectRevert(
            abi.encodeWithSelector(INodeRegistry.ClaimBondMissing.selector, JOB, nodeId, stake, wanted)
        );
    }
}
