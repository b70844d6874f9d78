// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {IAccessManager} from "@openzeppelin/contracts/access/manager/IAccessManager.sol";
import {IMeasurementPolicy} from "../../../contracts/interfaces/IMeasurementPolicy.sol";
import {Kit} from "../helpers/Kit.sol";
import {vm} from "../helpers/Vm.sol";

contract MeasurementPolicyTest is Kit {
    bytes32 private constant NEXT = keccak256("supervisor 2");

    function test_allow() public {
        vm.expectEmit(address(measurements));
        emit IMeasurementPolicy.MeasurementAllowed(NEXT, 2);
        eq(measurements.allow(NEXT), 2);
        eq(measurements.currentEpoch(), 2);
        yes(measurements.isAllowed(NEXT));
        (uint32 epoch, bool banned) = measurements.measurementOf(NEXT);
        eq(epoch, 2);
        yes(!banned);
    }

    function test_RevertWhen_AllowedByStranger() public {
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, STRANGER));
        vm.prank(STRANGER);
        measurements.allow(NEXT);
    }

    function test_RevertWhen_AllowedMeasurementIsZero() public {
        vm.expectRevert(abi.encodeWithSelector(IMeasurementPolicy.MeasurementMissing.selector));
        measurements.allow(0);
    }

    function test_RevertWhen_AllowedTwice() public {
        vm.expectRevert(
            abi.encodeWithSelector(IMeasurementPolicy.MeasurementAlreadyAllowed.selector, MEASUREMENT, 1)
        );
        measurements.allow(MEASUREMENT);
    }

    function test_RevertWhen_AllowedAfterBan() public {
        measurements.ban(NEXT);
        vm.expectRevert(abi.encodeWithSelector(IMeasurementPolicy.MeasurementAlreadyBanned.selector, NEXT));
        measurements.allow(NEXT);
    }

    function test_ban() public {
        vm.expectEmit(address(measurements));
        emit IMeasurementPolicy.MeasurementBanned(MEASUREMENT);
        measurements.ban(MEASUREMENT);
        yes(!measurements.isAllowed(MEASUREMENT));
        (uint32 epoch, bool banned) = measurements.measurementOf(MEASUREMENT);
        eq(epoch, 1);
        yes(banned);
    }

    function test_RevertWhen_BannedByStranger() public {
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, STRANGER));
        vm.prank(STRANGER);
        measurements.ban(MEASUREMENT);
    }

    function test_RevertWhen_BannedMeasurementIsZero() public {
        vm.expectRevert(abi.encodeWithSelector(IMeasurementPolicy.MeasurementMissing.selector));
        measurements.ban(0);
    }

    function test_RevertWhen_BannedTwice() public {
        measurements.ban(MEASUREMENT);
        vm.expectRevert(abi.encodeWithSelector(IMeasurementPolicy.MeasurementAlreadyBanned.selector, MEASUREMENT));
        measurements.ban(MEASUREMENT);
    }

    /// Widening waits for its delay, a ban does not.
    function test_Roles_AllowWaitsAndBanDoesNot() public {
        uint64 widener = 1;
        uint64 banner = 2;
        authority.grantRole(widener, STRANGER, 2 days);
        authority.grantRole(banner, SECOND_OPERATOR, 0);
        setRole(IMeasurementPolicy.allow.selector, widener);
        setRole(IMeasurementPolicy.ban.selector, banner);
        vm.warp(block.timestamp + 1);

        bytes memory allow = abi.encodeCall(IMeasurementPolicy.allow, (NEXT));
        vm.startPrank(STRANGER);
        vm.expectPartialRevert(IAccessManager.AccessManagerNotScheduled.selector);
        measurements.allow(NEXT);
        authority.schedule(address(measurements), allow, 0);
        vm.expectPartialRevert(IAccessManager.AccessManagerNotReady.selector);
        measurements.allow(NEXT);
        vm.warp(block.timestamp + 2 days);
        measurements.allow(NEXT);
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, STRANGER));
        measurements.ban(NEXT);
        vm.stopPrank();

        vm.prank(SECOND_OPERATOR);
        measurements.ban(NEXT);
        yes(!measurements.isAllowed(NEXT));
    }

    function testFuzz_allow_CountsUp(bytes32[8] memory list) public {
        uint32 epoch = 1;
        for (uint256 i = 0; i < list.length; ++i) {
            (uint32 known,) = measurements.measurementOf(list[i]);
            if (known != 0 || list[i] == 0) continue;
            eq(measurements.allow(list[i]), ++epoch);
        }
        eq(measurements.currentEpoch(), epoch);
    }

    function setRole(bytes4 selector, uint64 role) private {
        bytes4[] memory selectors = new bytes4[](1);
        selectors[0] = selector;
        authority.setTargetFunctionRole(address(measurements), selectors, role);
    }
}
