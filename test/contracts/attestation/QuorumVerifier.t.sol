// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {IAccessManager} from "@openzeppelin/contracts/access/manager/IAccessManager.sol";
import {IQuorumVerifier} from "../../../contracts/interfaces/IQuorumVerifier.sol";
import {EvidenceResult} from "../../../contracts/types/EvidenceResult.sol";
import {Kit} from "../helpers/Kit.sol";
import {vm} from "../helpers/Vm.sol";

/// @dev Three members of whom two must agree.
contract QuorumVerifierTest is Kit {
    uint256[3] private memberKeys = [uint256(0xe001), 0xe002, 0xe003];
    IQuorumVerifier private quorum;

    function setUp() public override {
        vm.warp(START);
        bytes memory admin = abi.encode(address(this));
        authority = IAccessManager(create(vm.getCode("AccessManager.sol:AccessManager"), admin));
        quorum = deployQuorum(2);
        // Ascending by address, as signatures must be.
        for (uint256 i = 0; i < 3; ++i) {
            for (uint256 j = i; j > 0 && vm.addr(memberKeys[j]) < vm.addr(memberKeys[j - 1]); --j) {
                (memberKeys[j], memberKeys[j - 1]) = (memberKeys[j - 1], memberKeys[j]);
            }
        }
        for (uint256 i = 0; i < 3; ++i) {
            quorum.addMember(vm.addr(memberKeys[i]));
        }
    }

    function test_verify() public {
        EvidenceResult memory result = makeResult();
        (bytes32 measurement, bytes memory reportData, uint40 validUntil, uint8 vendor, bytes30 platform) =
            quorum.verify(signed(result, 2));
        eq(measurement, result.measurement);
        eq(keccak256(reportData), keccak256(abi.encode(result.reportDataHi, result.reportDataLo)));
        eq(validUntil, START + 7 days);
        eq(vendor, 2);
        eq(bytes32(platform), bytes32(bytes30(result.platform)));
        quorum.verify(signed(result, 3));
        eq(quorum.kind(), 2);
        yes(!quorum.simulated());
        eq(address(quorum.judge()), address(quorum));
        eq(quorum.recheck(platform), type(uint40).max);
        result.vendor = 3;
        quorum.verify(signed(result, 2));
    }

    function test_verify_AllOfAsManyMembersAsThereMayBe() public {
        IQuorumVerifier large = deployQuorum(32);
        EvidenceResult memory result = makeResult();
        uint256[] memory keys = new uint256[](32);
        for (uint256 i = 0; i < 32; ++i) {
            keys[i] = 0xe100 + i;
            large.addMember(vm.addr(keys[i]));
            for (uint256 j = i; j > 0 && vm.addr(keys[j]) < vm.addr(keys[j - 1]); --j) {
                (keys[j], keys[j - 1]) = (keys[j - 1], keys[j]);
            }
        }
        bytes[] memory signatures = new bytes[](32);
        for (uint256 i = 0; i < 32; ++i) {
            signatures[i] = signature(keys[i], large.resultDigest(result));
        }
        (bytes32 measurement,,,,) = large.verify(abi.encode(result, signatures));
        eq(measurement, result.measurement);
        vm.expectRevert(abi.encodeWithSelector(IQuorumVerifier.QuorumMissing.selector, 33, 32));
        large.verify(abi.encode(result, new bytes[](33)));
    }

    function test_Attack_TooFewAgree() public {
        expectRefused(signed(makeResult(), 1), IQuorumVerifier.QuorumMissing.selector);
        expectRefused(signed(makeResult(), 0), IQuorumVerifier.QuorumMissing.selector);
    }

    function test_Attack_OneMemberSignsTwice() public {
        EvidenceResult memory result = makeResult();
        bytes[] memory signatures = new bytes[](2);
        signatures[0] = signature(memberKeys[0], quorum.resultDigest(result));
        signatures[1] = signatures[0];
        expectRefused(abi.encode(result, signatures), IQuorumVerifier.QuorumOrderInvalid.selector);
        signatures[0] = signature(memberKeys[1], quorum.resultDigest(result));
        expectRefused(abi.encode(result, signatures), IQuorumVerifier.QuorumOrderInvalid.selector);
    }

    function test_Attack_StrangerSigns() public {
        EvidenceResult memory result = makeResult();
        bytes[] memory signatures = new bytes[](2);
        signatures[0] = signature(memberKeys[0], quorum.resultDigest(result));
        signatures[1] = signature(0xbad, quorum.resultDigest(result));
        expectRefused(abi.encode(result, signatures), IQuorumVerifier.QuorumSignatureInvalid.selector);
        signatures[1] = "";
        expectRefused(abi.encode(result, signatures), IQuorumVerifier.QuorumSignatureInvalid.selector);
    }

    function test_Attack_RemovedMemberSigns() public {
        bytes memory evidence = signed(makeResult(), 2);
        quorum.removeMember(vm.addr(memberKeys[0]));
        eq(quorum.memberCount(), 2);
        expectRefused(evidence, IQuorumVerifier.QuorumSignatureInvalid.selector);
    }

    function test_Attack_ResultOfAnotherVerifier() public {
        bytes memory evidence = signed(makeResult(), 2);
        IQuorumVerifier other = deployQuorum(2);
        other.addMember(vm.addr(memberKeys[0]));
        other.addMember(vm.addr(memberKeys[1]));
        vm.expectPartialRevert(IQuorumVerifier.QuorumSignatureInvalid.selector);
        other.verify(evidence);
    }

    function test_Attack_OldResultIsReplayed() public {
        bytes memory evidence = signed(makeResult(), 2);
        vm.warp(START + 600);
        quorum.verify(evidence);
        vm.warp(START + 601);
        expectRefused(evidence, IQuorumVerifier.ResultTimesInvalid.selector);
    }

    function test_RevertWhen_ResultIsFromTheFuture() public {
        EvidenceResult memory result = makeResult();
        result.verifiedAt = uint40(START + 60);
        quorum.verify(signed(result, 2));
        ++result.verifiedAt;
        expectRefused(signed(result, 2), IQuorumVerifier.ResultTimesInvalid.selector);
    }

    function test_RevertWhen_ResultLastsTooLong() public {
        EvidenceResult memory result = makeResult();
        ++result.validUntil;
        expectRefused(signed(result, 2), IQuorumVerifier.ResultTimesInvalid.selector);
        result.validUntil = result.verifiedAt;
        expectRefused(signed(result, 2), IQuorumVerifier.ResultTimesInvalid.selector);
    }

    function test_RevertWhen_VendorIsNotForAQuorum() public {
        EvidenceResult memory result = makeResult();
        uint8[4] memory others = [0, 1, 4, 255];
        for (uint256 i = 0; i < others.length; ++i) {
            result.vendor = others[i];
            expectRefused(signed(result, 2), IQuorumVerifier.ResultVendorInvalid.selector);
        }
    }

    function test_RevertWhen_NothingIsMeasured() public {
        EvidenceResult memory result = makeResult();
        result.measurement = 0;
        expectRefused(signed(result, 2), IQuorumVerifier.ResultMeasurementMissing.selector);
    }

    function test_banPlatform() public {
        EvidenceResult memory result = makeResult();
        bytes30 platform = bytes30(result.platform);
        vm.expectEmit(address(quorum));
        emit IQuorumVerifier.PlatformBanned(platform);
        quorum.banPlatform(platform);
        yes(quorum.isPlatformBanned(platform));
        eq(quorum.recheck(platform), 0);
        expectRefused(signed(result, 2), IQuorumVerifier.ResultPlatformBanned.selector);
    }

    function test_Members() public {
        address member = address(0xf001);
        vm.expectEmit(address(quorum));
        emit IQuorumVerifier.MemberAdded(member);
        quorum.addMember(member);
        yes(quorum.isMember(member));
        eq(quorum.memberCount(), 4);
        vm.expectRevert(abi.encodeWithSelector(IQuorumVerifier.MemberAlreadyAdded.selector, member));
        quorum.addMember(member);
        vm.expectRevert(abi.encodeWithSelector(IQuorumVerifier.MemberInvalid.selector, address(0)));
        quorum.addMember(address(0));
        vm.expectEmit(address(quorum));
        emit IQuorumVerifier.MemberRemoved(member);
        quorum.removeMember(member);
        vm.expectRevert(abi.encodeWithSelector(IQuorumVerifier.MemberUnknown.selector, member));
        quorum.removeMember(member);
        for (uint160 i = 0; i < 29; ++i) {
            quorum.addMember(address(0xf100 + i));
        }
        vm.expectRevert(abi.encodeWithSelector(IQuorumVerifier.MembersTooMany.selector, 32));
        quorum.addMember(member);
    }

    function test_RevertWhen_MembersAreSetByStranger() public {
        bytes memory wanted = abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, STRANGER);
        vm.startPrank(STRANGER);
        vm.expectRevert(wanted);
        quorum.addMember(STRANGER);
        vm.expectRevert(wanted);
        quorum.removeMember(STRANGER);
        vm.expectRevert(wanted);
        quorum.banPlatform(0);
    }

    function test_RevertWhen_ThresholdIsNoNumberOfMembers() public {
        vm.expectRevert(abi.encodeWithSelector(IQuorumVerifier.ThresholdInvalid.selector, 0));
        this.deployQuorum(0);
        vm.expectRevert(abi.encodeWithSelector(IQuorumVerifier.ThresholdInvalid.selector, 33));
        this.deployQuorum(33);
        eq(this.deployQuorum(32).THRESHOLD(), 32);
    }

    function testFuzz_resultDigest(EvidenceResult memory result) public view {
        bytes32 kind = keccak256(
            bytes.concat(
                "EvidenceResult(bytes32 evidenceHash,bytes32 measurement,bytes32 reportDataHi,bytes32 reportDataLo,",
                "bytes32 platform,uint8 vendor,uint40 verifiedAt,uint40 validUntil)"
            )
        );
        bytes32 wanted = keccak256(abi.encode(kind, result));
        eq(quorum.resultDigest(result), typedDigest("Persona QuorumVerifier", address(quorum), wanted));
    }

    /// Whatever changes after it was signed, nobody has signed it.
    function testFuzz_Attack_ResultChanges(uint8 field, uint256 value) public {
        EvidenceResult memory result = makeResult();
        bytes[] memory signatures = signaturesOf(result, 2);
        bytes32 before = quorum.resultDigest(result);
        field %= 8;
        if (field == 0) result.evidenceHash = bytes32(value);
        if (field == 1) result.measurement = bytes32(value);
        if (field == 2) result.reportDataHi = bytes32(value);
        if (field == 3) result.reportDataLo = bytes32(value);
        if (field == 4) result.platform = bytes32(value);
        if (field == 5) result.vendor = uint8(value);
        if (field == 6) result.verifiedAt = uint40(value);
        if (field == 7) result.validUntil = uint40(value);
        vm.assume(quorum.resultDigest(result) != before);
        vm.expectRevert();
        quorum.verify(abi.encode(result, signatures));
    }

    function deployQuorum(uint256 threshold) public returns (IQuorumVerifier) {
        return IQuorumVerifier(make("attestation", "QuorumVerifier", abi.encode(authority, threshold)));
    }

    function makeResult() private view returns (EvidenceResult memory) {
        return EvidenceResult({
            evidenceHash: "evidence",
            measurement: MEASUREMENT,
            reportDataHi: "high",
            reportDataLo: "low",
            platform: keccak256("platform"),
            vendor: 2,
            verifiedAt: uint40(block.timestamp),
            validUntil: uint40(block.timestamp + 7 days)
        });
    }

    function signaturesOf(EvidenceResult memory result, uint256 count) private view returns (bytes[] memory list) {
        list = new bytes[](count);
        for (uint256 i = 0; i < count; ++i) {
            list[i] = signature(memberKeys[i], quorum.resultDigest(result));
        }
    }

    function signed(EvidenceResult memory result, uint256 count) private view returns (bytes memory) {
        return abi.encode(result, signaturesOf(result, count));
    }

    function expectRefused(bytes memory evidence, bytes4 wanted) private {
        vm.expectPartialRevert(wanted);
        quorum.verify(evidence);
    }
}
