// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {PlatformTcb, TcbLevel} from "../../../contracts/types/TcbLevel.sol";
import {ITcbPolicy} from "../../../contracts/interfaces/ITcbPolicy.sol";
import {AttestationKit} from "../helpers/AttestationKit.sol";
import {TcbLevelHarness} from "../helpers/TcbLevelHarness.sol";
import {vm} from "../helpers/Vm.sol";

/// @dev Texts that Intel would sign, and what is read from them.
/// hardhat-config: default.fuzz.runs = 64
contract TcbPolicyTest is AttestationKit {
    TcbLevelHarness private levels;

    function setUp() public override {
        super.setUp();
        feedAuthorities();
        levels = TcbLevelHarness(
            create(vm.getCode("test/contracts/helpers/TcbLevelHarness.sol:TcbLevelHarness"), "")
        );
    }

    function test_submitTcb() public {
        submit("tdx");
        (TcbLevel memory level, TcbLevel memory replaced) = pcks.levelOf(fmspc(), true);
        eq(bytes32(level.cpuSvn), bytes32(bytes16(0x03030202040100050000000000000000)));
        eq(bytes32(level.teeTcbSvn), bytes32(bytes16(0x05000300000000000000000000000000)));
        eq(level.pceSvn, 13);
        eq(level.qeSvn, 7);
        eq(level.evaluation, 18);
        eq(level.issuedAt, issuedAt);
        eq(level.validUntil, dueAt);
        // Module of version 1, svn 6.
        eq(level.modules, 0x0601);
        eq(replaced.issuedAt, 0);
        (level,) = pcks.levelOf(fmspc(), false);
        eq(level.issuedAt, 0);
        submit("sgx");
        (level,) = pcks.levelOf(fmspc(), false);
        eq(bytes32(level.teeTcbSvn), 0);
        eq(level.qeSvn, 10);
        // The same again changes nothing.
        submit("tdx");
        (, replaced) = pcks.levelOf(fmspc(), true);
        eq(replaced.issuedAt, 0);
    }

    function test_RevertWhen_TextIsDue() public {
        vm.warp(dueAt);
        vm.expectPartialRevert(ITcbPolicy.TcbSignerNotValid.selector);
        this.submitAgain("tdx");
    }

    function test_RevertWhen_EvaluationIsAnother() public {
        tcbs.raiseEvaluation(19, 0);
        vm.expectRevert(abi.encodeWithSelector(ITcbPolicy.TcbEvaluationOther.selector, 18, 19));
        this.submitAgain("tdx");
        tcbs.lowerEvaluation(18);
        submit("tdx");
    }

    function test_RevertWhen_ModelIsBanned() public {
        tcbs.banModel(fmspc());
        yes(tcbs.isModelBanned(fmspc()));
        vm.expectRevert(abi.encodeWithSelector(ITcbPolicy.TcbModelIsBanned.selector, fmspc()));
        this.submitAgain("tdx");
    }

    function test_allowAdvisory_TakesALowerLevel() public {
        vm.expectEmit(address(tcbs));
        emit ITcbPolicy.AdvisoryAllowed(keccak256("SIMULATED-SA-00002"), "SIMULATED-SA-00002");
        tcbs.allowAdvisory("SIMULATED-SA-00002");
        yes(tcbs.isAdvisoryAllowed("SIMULATED-SA-00002"));
        submit("tdx");
        (TcbLevel memory level,) = pcks.levelOf(fmspc(), true);
        eq(bytes32(level.teeTcbSvn), bytes32(bytes16(0x05000200000000000000000000000000)));
        // Narrower once more: the lower level suffices for the grace.
        tcbs.removeAdvisory("SIMULATED-SA-00002");
        submit("tdx");
        TcbLevel memory replaced;
        (level, replaced) = pcks.levelOf(fmspc(), true);
        eq(bytes32(level.teeTcbSvn), bytes32(bytes16(0x05000300000000000000000000000000)));
        eq(replaced.validUntil, block.timestamp + tcbs.graceSeconds());
        tcbs.endGrace(fmspc(), true);
        (, replaced) = pcks.levelOf(fmspc(), true);
        eq(replaced.validUntil, 0);
    }

    function test_RevertWhen_GovernedByStranger() public {
        bytes memory wanted = abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, STRANGER);
        bytes[6] memory calls = [
            abi.encodeCall(ITcbPolicy.raiseEvaluation, (20, 0)),
            abi.encodeCall(ITcbPolicy.lowerEvaluation, (1)),
            abi.encodeCall(ITcbPolicy.endGrace, (fmspc(), true)),
            abi.encodeCall(ITcbPolicy.banModel, (fmspc())),
            abi.encodeCall(ITcbPolicy.allowAdvisory, ("INTEL-SA-00615")),
            abi.encodeCall(ITcbPolicy.removeAdvisory, ("INTEL-SA-00615"))
        ];
        for (uint256 i = 0; i < calls.length; ++i) {
            vm.prank(STRANGER);
            (bool success, bytes memory answer) = address(tcbs).call(calls[i]);
            yes(!success && keccak256(answer) == keccak256(wanted));
        }
    }

    function testFuzz_Attack_TextChanges(bool tdx, bool qe, uint256 position) public {
        string memory path = tdx ? ".tcb.tdx" : ".tcb.sgx";
        bytes memory tcbInfo = data(string.concat(path, ".tcbInfo"));
        bytes memory qeIdentity = data(string.concat(path, ".qeIdentity"));
        bytes memory first = data(string.concat(path, ".tcbSignature"));
        bytes memory second = data(string.concat(path, ".qeSignature"));
        if (qe) qeIdentity = flip(qeIdentity, position);
        else tcbInfo = flip(tcbInfo, position);
        vm.expectPartialRevert(ITcbPolicy.TcbSignatureInvalid.selector);
        tcbs.submitTcb(tcbInfo, first, qeIdentity, second);
    }

    function testFuzz_covers(uint256 has, uint256 least, uint256 mask) public view {
        // Most pairs of random words differ in every way: some bytes are made the same.
        has = (has & ~mask) | (least & mask);
        bool wanted = true;
        for (uint256 i = 0; i < 32; ++i) {
            if (uint8(has >> (8 * i)) < uint8(least >> (8 * i))) wanted = false;
        }
        yes(levels.covers(has, least) == wanted);
        yes(levels.covers(has, has));
        yes(levels.covers(type(uint256).max, has) && levels.covers(has, 0));
    }

    function testFuzz_isMetBy_AtTheEdge(PlatformTcb memory platform, uint8 component) public view {
        TcbLevel memory level;
        level.cpuSvn = platform.cpuSvn;
        level.pceSvn = platform.pceSvn;
        level.qeSvn = platform.qeSvn;
        platform.teeTcbSvn = bytes16(uint128(uint8(platform.teeTcbSvn[15])));
        level.teeTcbSvn = platform.teeTcbSvn;
        yes(levels.isMetBy(level, platform));
        component %= 16;
        uint8 value = uint8(platform.cpuSvn[component]);
        vm.assume(value != 0);
        uint128 one = uint128(1) << (8 * (15 - component));
        platform.cpuSvn = bytes16(uint128(platform.cpuSvn) - one);
        yes(!levels.isMetBy(level, platform));
    }

    function submitAgain(string calldata tee) external {
        submit(tee);
    }
}
