// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {IAccessManager} from "@openzeppelin/contracts/access/manager/IAccessManager.sol";
import {IJobMarket} from "../../../contracts/interfaces/IJobMarket.sol";
import {IMeasurementPolicy} from "../../../contracts/interfaces/IMeasurementPolicy.sol";
import {INodeRegistry, KeyState} from "../../../contracts/interfaces/INodeRegistry.sol";
import {Reason} from "../../../contracts/types/Reason.sol";
import {AttackKit} from "../helpers/AttackKit.sol";
import {Posted} from "../helpers/Kit.sol";
import {vm} from "../helpers/Vm.sol";

/// @dev Against, and by, governance: a real AccessManager with roles as a deployment would have them. What widens waits; what
/// narrows does not; who may do the one may not do the other.
contract GovernanceAttacksTest is AttackKit {
    uint64 private constant WIDENER = 1;
    uint64 private constant GUARD = 2;
    uint64 private constant PAUSER = 3;
    uint32 private constant DELAY = 7 days;

    address private constant COUNCIL = address(0xc0);
    address private constant GUARDS = address(0xc1);
    address private constant WATCH = address(0xc2);

    function setUp() public override {
        super.setUp();
        role(WIDENER, COUNCIL, DELAY);
        role(GUARD, GUARDS, 0);
        role(PAUSER, WATCH, 0);
        assign(address(measurements), IMeasurementPolicy.allow.selector, WIDENER);
        assign(address(measurements), IMeasurementPolicy.ban.selector, GUARD);
        assign(address(market), IJobMarket.allowToken.selector, WIDENER);
        assign(address(market), IJobMarket.removeToken.selector, GUARD);
        assign(address(nodes), INodeRegistry.allowVerifier.selector, WIDENER);
        assign(address(nodes), INodeRegistry.removeVerifier.selector, GUARD);
        assign(address(nodes), INodeRegistry.freezeEnclaveKey.selector, GUARD);
        assign(address(nodes), INodeRegistry.unfreezeEnclaveKey.selector, WIDENER);
        assign(address(nodes), INodeRegistry.cancelSlash.selector, GUARD);
        assign(address(nodes), INodeRegistry.pauseClaims.selector, PAUSER);
        assign(address(nodes), INodeRegistry.unpauseClaims.selector, PAUSER);
        // The deployer's time is over.
        authority.renounceRole(0, address(this));
    }

    function test_Attack_WidenAtOnce() public {
        bytes[4] memory calls = widenings();
        address[4] memory targets = widened();
        for (uint256 i = 0; i < 4; ++i) {
            expectDenied(COUNCIL, targets[i], calls[i]);
            // Nor by way of the manager.
            vm.expectPartialRevert(IAccessManager.AccessManagerNotScheduled.selector);
            vm.prank(COUNCIL);
            authority.execute(targets[i], calls[i]);
            // Nor scheduled for sooner than the delay.
            vm.expectPartialRevert(IAccessManager.AccessManagerUnauthorizedCall.selector);
            vm.prank(COUNCIL);
            authority.schedule(targets[i], calls[i], uint48(block.timestamp + DELAY - 1));
        }
        yes(!measurements.isAllowed("new"));
        yes(!market.tokenOf(address(0xdead)).allowed);
    }

    function test_WideningWaits() public {
        vm.prank(GUARDS);
        nodes.freezeEnclaveKey(WORKER);
        vm.prank(GUARDS);
        nodes.removeVerifier(verifier);
        bytes[4] memory calls = widenings();
        address[4] memory targets = widened();
        for (uint256 i = 0; i < 4; ++i) {
            vm.prank(COUNCIL);
            authority.schedule(targets[i], calls[i], 0);
        }
        vm.warp(START + DELAY - 1);
        for (uint256 i = 0; i < 4; ++i) {
            vm.expectPartialRevert(IAccessManager.AccessManagerNotReady.selector);
            vm.prank(COUNCIL);
            authority.execute(targets[i], calls[i]);
        }
        vm.warp(START + DELAY);
        for (uint256 i = 0; i < 4; ++i) {
            vm.prank(COUNCIL);
            authority.execute(targets[i], calls[i]);
        }
        yes(measurements.isAllowed("new"));
        yes(market.tokenOf(address(0xdead)).allowed);
        (bool allowed,) = nodes.verifierOf(verifier);
        yes(allowed);
        yes(nodes.enclaveKeyOf(WORKER).state == KeyState.Active);
        // Once.
        vm.expectPartialRevert(IAccessManager.AccessManagerNotScheduled.selector);
        vm.prank(COUNCIL);
        authority.execute(targets[0], calls[0]);
    }

    /// An allowance that waits does not undo a ban that came meanwhile.
    function test_Attack_AllowWhatWasBannedInTheDelay() public {
        bytes memory call_ = abi.encodeCall(IMeasurementPolicy.allow, ("new"));
        vm.prank(COUNCIL);
        authority.schedule(address(measurements), call_, 0);
        vm.prank(GUARDS);
        measurements.ban("new");
        vm.warp(START + DELAY);
        vm.expectPartialRevert(IMeasurementPolicy.MeasurementAlreadyBanned.selector);
        vm.prank(COUNCIL);
        authority.execute(address(measurements), call_);
    }

    function test_NarrowingDoesNotWait() public {
        Posted memory job = claimedJob();
        (bool ok,) = market.releasable(job.id, job.params, 0, WORKER);
        yes(ok);
        vm.startPrank(GUARDS);
        nodes.freezeEnclaveKey(WORKER);
        measurements.ban(MEASUREMENT);
        market.removeToken(address(token));
        nodes.removeVerifier(verifier);
        vm.stopPrank();
        vm.prank(WATCH);
        nodes.pauseClaims(1 days);
        Reason reason;
        (ok, reason) = market.releasable(job.id, job.params, 0, WORKER);
        yes(!ok && reason == Reason.NodeKeyInactive);
        yes(!market.tokenOf(address(token)).allowed);
        yes(!measurements.isAllowed(MEASUREMENT));
        yes(nodes.pausedUntil() > block.timestamp);
    }

    /// A freeze or a ban costs no innocent node its bond for good: the guard that froze hears the appeal.
    function test_Attack_FreezeToTakeABond() public {
        Posted memory job = claimedJob();
        vm.prank(GUARDS);
        nodes.freezeEnclaveKey(WORKER);
        vm.expectPartialRevert(INodeRegistry.EnclaveKeyNotUsable.selector);
        this.settleNow(job);
        timeOut(job);
        eq(nodes.nodeOf(nodeId).stake, STAKE - BOND);
        vm.prank(GUARDS);
        nodes.cancelSlash(1);
        eq(nodes.nodeOf(nodeId).stake, STAKE);
    }

    function test_Attack_PauserDoesMore() public {
        claimedJob();
        bytes[4] memory calls = widenings();
        address[4] memory targets = widened();
        for (uint256 i = 0; i < 4; ++i) {
            expectDenied(WATCH, targets[i], calls[i]);
        }
        expectDenied(WATCH, address(measurements), abi.encodeCall(IMeasurementPolicy.ban, (MEASUREMENT)));
        expectDenied(WATCH, address(market), abi.encodeCall(IJobMarket.removeToken, (address(token))));
        expectDenied(WATCH, address(nodes), abi.encodeCall(INodeRegistry.removeVerifier, (verifier)));
        expectDenied(WATCH, address(nodes), abi.encodeCall(INodeRegistry.freezeEnclaveKey, (WORKER)));
        expectDenied(WATCH, address(nodes), abi.encodeCall(INodeRegistry.cancelSlash, (1)));
        vm.startPrank(WATCH);
        vm.expectPartialRevert(IAccessManager.AccessManagerUnauthorizedAccount.selector);
        authority.grantRole(WIDENER, WATCH, 0);
        vm.expectPartialRevert(IAccessManager.AccessManagerUnauthorizedAccount.selector);
        authority.setTargetClosed(address(market), true);
        vm.expectPartialRevert(IAccessManager.AccessManagerUnauthorizedAccount.selector);
        authority.updateAuthority(address(market), WATCH);
        nodes.pauseClaims(1 days);
        nodes.unpauseClaims();
        vm.stopPrank();
    }

    /// Each role does its own, and no account without one does anything.
    function test_Attack_RolesOfAnother() public {
        bytes[4] memory calls = widenings();
        address[4] memory targets = widened();
        for (uint256 i = 0; i < 4; ++i) {
            expectDenied(GUARDS, targets[i], calls[i]);
            expectDenied(ATTACKER, targets[i], calls[i]);
            expectDenied(address(this), targets[i], calls[i]);
        }
        bytes memory pause = abi.encodeCall(INodeRegistry.pauseClaims, (1 days));
        expectDenied(COUNCIL, address(nodes), pause);
        expectDenied(GUARDS, address(nodes), pause);
        expectDenied(ATTACKER, address(nodes), pause);
        bytes memory ban = abi.encodeCall(IMeasurementPolicy.ban, (MEASUREMENT));
        expectDenied(COUNCIL, address(measurements), ban);
        expectDenied(ATTACKER, address(measurements), ban);
        vm.expectPartialRevert(IAccessManaged.AccessManagedUnauthorized.selector);
        vm.prank(ATTACKER);
        IAccessManaged(address(market)).setAuthority(ATTACKER);
    }

    /// Governance reaches no money and no grant: there is no function for it.
    function test_Attack_GovernanceTakesEscrow() public {
        Posted memory job = claimedJob();
        vm.startPrank(GUARDS);
        market.removeToken(address(token));
        vm.expectPartialRevert(IJobMarket.BalanceEmpty.selector);
        market.withdraw(address(token));
        vm.stopPrank();
        settle(job, 0);
        vm.prank(OWNER);
        eq(market.withdraw(address(token)), PRICE);
        eq(token.balanceOf(GUARDS), 0);
        eq(token.balanceOf(COUNCIL), 0);
    }

    function settleNow(Posted memory job) external {
        settle(job, 0);
    }

    function widenings() private view returns (bytes[4] memory) {
        return [
            abi.encodeCall(IMeasurementPolicy.allow, ("new")),
            abi.encodeCall(IJobMarket.allowToken, (address(0xdead), 0, 0)),
            abi.encodeCall(INodeRegistry.allowVerifier, (verifier)),
            abi.encodeCall(INodeRegistry.unfreezeEnclaveKey, (WORKER))
        ];
    }

    function widened() private view returns (address[4] memory) {
        return [address(measurements), address(market), address(nodes), address(nodes)];
    }

    function role(uint64 id, address account, uint32 delay) private {
        authority.grantRole(id, account, delay);
    }

    function assign(address target, bytes4 selector, uint64 id) private {
        bytes4[] memory selectors = new bytes4[](1);
        selectors[0] = selector;
        authority.setTargetFunctionRole(target, selectors, id);
    }

    function expectDenied(address caller, address target, bytes memory data) private {
        vm.prank(caller);
        (bool ok, bytes memory problem) = target.call(data);
        yes(!ok);
        bytes4 selector = bytes4(problem);
        yes(
            selector == IAccessManaged.AccessManagedUnauthorized.selector
                || selector == IAccessManager.AccessManagerNotScheduled.selector
        );
    }
}
