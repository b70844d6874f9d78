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
        vm.warp(START + 1 days);
        vm.expectEmit(address(measurements));
        emit IMeasurementPolicy.MeasurementAllowed(NEXT, uint40(START + 1 days));
        eq(measurements.allow(NEXT), START + 1 days);
        eq(measurements.currentEpoch(), START + 1 days);
        yes(measurements.isAllowed(NEXT));
        (uint40 epoch, bool banned) = measurements.measurementOf(NEXT);
        eq(epoch, START + 1 days);
        yes(!banned);
        (epoch,) = measurements.measurementOf(MEASUREMENT);
        eq(epoch, START);
    }

    function test_currentEpoch_BeforeTheFirst() public {
        IMeasurementPolicy empty =
            IMeasurementPolicy(make("attestation", "MeasurementPolicy", abi.encode(authority, nodes)));
        eq(empty.currentEpoch(), 0);
        yes(!empty.isAllowed(NEXT));
        (uint40 epoch, bool banned) = empty.measurementOf(NEXT);
        eq(epoch, 0);
        yes(!banned);
    }

    function test_currentEpoch_StaysAfterABan() public {
        measurements.ban(MEASUREMENT);
        eq(measurements.currentEpoch(), START);
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
            abi.encodeWithSelector(IMeasurementPolicy.MeasurementAlreadyAllowed.selector, MEASUREMENT, START)
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
        (uint40 epoch, bool banned) = measurements.measurementOf(MEASUREMENT);
        eq(epoch, START);
        yes(banned);
    }

    function test_ban_OfAMeasurementNeverAllowed() public {
        measurements.ban(NEXT);
        yes(!measurements.isAllowed(NEXT));
        (uint40 epoch, bool banned) = measurements.measurementOf(NEXT);
        eq(epoch, 0);
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

    function testFuzz_allow_EpochsAreMoments(bytes32[8] memory list, uint24[8] memory waits) public {
        uint40 newest = uint40(START);
        for (uint256 i = 0; i < list.length; ++i) {
            vm.warp(block.timestamp + waits[i]);
            (uint40 known,) = measurements.measurementOf(list[i]);
            if (known != 0 || list[i] == 0) continue;
            newest = measurements.allow(list[i]);
            eq(newest, block.timestamp);
            (known,) = measurements.measurementOf(list[i]);
            eq(known, newest);
        }
        eq(measurements.currentEpoch(), newest);
    }

    function testFuzz_ban_IsForEver(bytes32 measurement, bool allowedBefore) public {
        vm.assume(measurement != 0 && measurement != MEASUREMENT);
        if (allowedBefore) measurements.allow(measurement);
        measurements.ban(measurement);
        yes(!measurements.isAllowed(measurement));
        vm.expectRevert(
            abi.encodeWithSelector(IMeasurementPolicy.MeasurementAlreadyBanned.selector, measurement)
        );
        measurements.allow(measurement);
    }

    function setRole(bytes4 selector, uint64 role) private {
        bytes4[] memory selectors = new bytes4[](1);
        selectors[0] = selector;
        authority.setTargetFunctionRole(address(measurements), selectors, role);
    }
}
