// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ITcbPolicy} from "../../../contracts/interfaces/ITcbPolicy.sol";
import {TcbLevel} from "../../../contracts/types/TcbLevel.sol";
import {TextKit} from "../helpers/TextKit.sol";
import {vm} from "../helpers/Vm.sol";

/// @dev Which signed texts count, how long what they replace suffices, and what governance says.
contract TcbRulesTest is TextKit {
    // Signatures

    function test_RevertWhen_ATextIsNotTheSigners() public {
        bytes memory info = bytes(sgxInfo(goodLevel(false, 1)));
        bytes memory who = bytes(identity(false));
        bytes memory first = sign(SIGNER_KEY, info);
        bytes memory second = sign(SIGNER_KEY, who);
        refuse(info, sign(CA_KEY, info), who, second, sha256(info));
        refuse(info, second, who, second, sha256(info));
        refuse(info, first, who, first, sha256(who));
        refuse(info, first, who, sign(ROOT_KEY, who), sha256(who));
        refuse(info, slice(first, 0, 63), who, second, sha256(info));
        refuse(info, bytes.concat(first, hex"00"), who, second, sha256(info));
        refuse(info, first, who, "", sha256(who));
        tcbs.submitTcb(info, first, who, second);
    }

    function test_RevertWhen_SignerIsDue() public {
        string memory info = sgxInfo(goodLevel(false, 1));
        vm.warp(LIST_DUE);
        expectSubmit(
            info,
            identity(false),
            abi.encodeWithSelector(ITcbPolicy.TcbSignerNotValid.selector, LIST_DUE, LIST_DUE)
        );
        vm.warp(LIST_DUE - 1);
        expectPartly(info, identity(false), ITcbPolicy.TcbTextNotValidNow.selector);
    }

    // Which texts

    function test_RevertWhen_TextsAreOfTwoKinds() public {
        expectSubmit(
            sgxInfo(goodLevel(false, 1)),
            identity(true),
            abi.encodeWithSelector(ITcbPolicy.TcbTextsMismatched.selector, false, true)
        );
        expectSubmit(
            tdxInfo(oneModule(), goodLevel(true, 1)),
            identity(false),
            abi.encodeWithSelector(ITcbPolicy.TcbTextsMismatched.selector, true, false)
        );
    }

    function test_RevertWhen_QuotingEnclaveIsAnothers() public {
        string memory start = identityHead(true, ISSUED, NEXT, "18");
        string memory levels = svnLevel(7, UP_TO_DATE, "");
        expectSubmit(
            tdxInfo(oneModule(), goodLevel(true, 1)),
            identityOf(start, SGX_SIGNER, "2", levels),
            abi.encodeWithSelector(ITcbPolicy.TcbQeSignerUnknown.selector, SGX_SIGNER, TD_SIGNER)
        );
        start = identityHead(false, ISSUED, NEXT, "18");
        expectSubmit(
            sgxInfo(goodLevel(false, 1)),
            identityOf(start, TD_SIGNER, "1", levels),
            abi.encodeWithSelector(ITcbPolicy.TcbQeSignerUnknown.selector, TD_SIGNER, SGX_SIGNER)
        );
    }

    function test_RevertWhen_EvaluationIsAnother() public {
        string[2] memory others = ["17", "19"];
        for (uint256 i = 0; i < 2; ++i) {
            bytes memory wanted = abi.encodeWithSelector(ITcbPolicy.TcbEvaluationOther.selector, 17 + 2 * i, 18);
            expectSubmit(infoOf(ISSUED, NEXT, others[i], 1), identity(false), wanted);
            expectSubmit(infoOf(ISSUED, NEXT, "18", 1), identityOn(ISSUED, NEXT, others[i]), wanted);
        }
    }

    /// Each text from its first second to the one before its end.
    function test_RevertWhen_ATextIsNotOfNow() public {
        string memory now_ = "2027-01-15T08:00:01Z";
        string memory then = "2027-01-15T08:00:02Z";
        submit(infoOf(now_, then, "18", 1), identityOn(now_, then, "18"));
        eq(stored(false).validUntil, NOW + 1);
        bytes4 wanted = ITcbPolicy.TcbTextNotValidNow.selector;
        expectPartly(infoOf(then, NEXT, "18", 1), identity(false), wanted);
        expectPartly(infoOf(ISSUED, now_, "18", 1), identity(false), wanted);
        expectPartly(infoOf(ISSUED, NEXT, "18", 1), identityOn(then, NEXT, "18"), wanted);
        expectPartly(infoOf(ISSUED, NEXT, "18", 1), identityOn(ISSUED, now_, "18"), wanted);
    }

    function test_RevertWhen_LevelIsNotNewer() public {
        string memory later = "2027-01-15T08:00:01Z";
        submit(infoOf(later, NEXT, "18", 1), identity(false));
        expectSubmit(
            infoOf(ISSUED, NEXT, "18", 1),
            identity(false),
            abi.encodeWithSelector(ITcbPolicy.TcbLevelNotNewer.selector, FMSPC, ISSUED_AT, ISSUED_AT + 1)
        );
        submit(infoOf(later, NEXT, "18", 1), identity(false));
        // Of another evaluation it may be older.
        tcbs.raiseEvaluation(19, 14 days);
        submit(infoOf(ISSUED, NEXT, "19", 1), identityOn(ISSUED, NEXT, "19"));
        eq(stored(false).evaluation, 19);
        eq(stored(false).issuedAt, ISSUED_AT);
    }

    function test_RevertWhen_ModelIsBanned() public {
        submit(sgxInfo(goodLevel(false, 1)), identity(false));
        submit(tdxInfo(oneModule(), goodLevel(true, 1)), identity(true));
        vm.expectEmit(address(tcbs));
        emit ITcbPolicy.TcbModelBanned(FMSPC);
        tcbs.banModel(FMSPC);
        eq(stored(false).issuedAt, 0);
        eq(stored(true).issuedAt, 0);
        yes(tcbs.isModelBanned(FMSPC));
        yes(!tcbs.isModelBanned(0));
        bytes memory wanted = abi.encodeWithSelector(ITcbPolicy.TcbModelIsBanned.selector, FMSPC);
        expectSubmit(sgxInfo(goodLevel(false, 1)), identity(false), wanted);
        expectSubmit(tdxInfo(oneModule(), goodLevel(true, 1)), identity(true), wanted);
    }

    // Grace

    /// Whatever a new level asks more of, what it replaces suffices a while longer.
    function test_submitTcb_GraceForEachPart() public {
        string memory up = ended(UP_TO_DATE, "");
        string memory first = tdxInfo(oneModule(), level(true, components("5"), "13", components("5"), up));
        string[3] memory higher = [
            tdxInfo(oneModule(), level(true, components("6"), "13", components("5"), up)),
            tdxInfo(oneModule(), level(true, components("5"), "14", components("5"), up)),
            tdxInfo(oneModule(), level(true, components("5"), "13", components("6"), up))
        ];
        for (uint256 i = 0; i < 3; ++i) {
            submit(first, identity(true));
            tcbs.endGrace(FMSPC, true);
            vm.expectEmit(address(tcbs));
            emit ITcbPolicy.TcbGraceSet(FMSPC, true, uint40(NOW + 14 days));
            this.bring(higher[i], identity(true));
            eq(graceOf(true), NOW + 14 days);
        }
        submit(first, identity(true));
        tcbs.endGrace(FMSPC, true);
        submit(first, identityWith(true, svnLevel(8, UP_TO_DATE, "")));
        eq(graceOf(true), NOW + 14 days);
        (, TcbLevel memory replaced) = pcks.levelOf(FMSPC, true);
        eq(replaced.qeSvn, 7);
    }

    /// A level that asks no more replaces nothing, and neither does one where none counted.
    function test_submitTcb_NoGraceWhereNoneIsNeeded() public {
        submit(sgxInfo(goodLevel(false, 5)), identity(false));
        eq(graceOf(false), 0);
        submit(sgxInfo(goodLevel(false, 5)), identity(false));
        eq(graceOf(false), 0);
        submit(sgxInfo(goodLevel(false, 4)), identity(false));
        eq(graceOf(false), 0);
        // What was stored is due in this second.
        string memory soon = "2027-01-15T08:00:02Z";
        submit(infoOf(ISSUED, soon, "18", 1), identityOn(ISSUED, soon, "18"));
        vm.warp(NOW + 1);
        submit(sgxInfo(goodLevel(false, 9)), identity(false));
        eq(graceOf(false), 0);
    }

    /// Nothing suffices longer than its own text says.
    function test_submitTcb_GraceEndsWithTheText() public {
        tcbs.raiseEvaluation(18, 30 days);
        submit(sgxInfo(goodLevel(false, 5)), identity(false));
        submit(sgxInfo(goodLevel(false, 6)), identity(false));
        eq(graceOf(false), NEXT_AT);
        tcbs.raiseEvaluation(18, 0);
        submit(sgxInfo(goodLevel(false, 7)), identity(false));
        eq(graceOf(false), NOW);
    }

    function test_endGrace() public {
        submit(sgxInfo(goodLevel(false, 5)), identity(false));
        submit(sgxInfo(goodLevel(false, 6)), identity(false));
        vm.expectEmit(address(tcbs));
        emit ITcbPolicy.TcbGraceEnded(FMSPC, false);
        tcbs.endGrace(FMSPC, false);
        eq(graceOf(false), 0);
        eq(uint8(stored(false).cpuSvn[0]), 6);
    }

    // Governance

    function test_raiseEvaluation() public {
        eq(tcbs.evaluation(), 18);
        eq(tcbs.graceSeconds(), 14 days);
        eq(tcbs.MAX_GRACE(), 30 days);
        vm.expectEmit(address(tcbs));
        emit ITcbPolicy.TcbEvaluationSet(18, 30 days);
        tcbs.raiseEvaluation(18, 30 days);
        eq(tcbs.graceSeconds(), 30 days);
        vm.expectRevert(
            abi.encodeWithSelector(ITcbPolicy.TcbGraceTooLong.selector, uint40(30 days + 1), uint40(30 days))
        );
        tcbs.raiseEvaluation(19, 30 days + 1);
        vm.expectRevert(abi.encodeWithSelector(ITcbPolicy.TcbEvaluationNotHigher.selector, 17, 18));
        tcbs.raiseEvaluation(17, 0);
        tcbs.raiseEvaluation(20, 0);
        eq(tcbs.evaluation(), 20);
    }

    function test_lowerEvaluation() public {
        vm.expectRevert(abi.encodeWithSelector(ITcbPolicy.TcbEvaluationNotLower.selector, 18, 18));
        tcbs.lowerEvaluation(18);
        vm.expectEmit(address(tcbs));
        emit ITcbPolicy.TcbEvaluationSet(17, 14 days);
        tcbs.lowerEvaluation(17);
        eq(tcbs.evaluation(), 17);
    }

    function test_advisories() public {
        tcbs.allowAdvisory("SA-1");
        yes(tcbs.isAdvisoryAllowed("SA-1"));
        yes(!tcbs.isAdvisoryAllowed("SA-2"));
        vm.expectEmit(address(tcbs));
        emit ITcbPolicy.AdvisoryRemoved(keccak256("SA-1"), "SA-1");
        tcbs.removeAdvisory("SA-1");
        yes(!tcbs.isAdvisoryAllowed("SA-1"));
    }

    // How platforms are judged

    /// A level that is due says when: a platform does not fail for what nobody has brought yet. One that was replaced is
    /// not asked any more.
    function test_judgePlatform_ByBothLevels() public {
        bytes32 keyId = pcks.registerPck(certificate(pck(), CA_KEY));
        eq(judged(keyId, 7), 0);
        submit(sgxInfo(goodLevel(false, 1)), identity(false));
        eq(judged(keyId, 7), NEXT_AT);
        eq(judged(keyId, 6), 0);
        // It has component 1 once; the next level asks for 2.
        submit(sgxInfo(goodLevel(false, 2)), identity(false));
        eq(judged(keyId, 7), NOW + 14 days);
        eq(judged(keyId, 6), 0);
        vm.warp(NOW + 14 days - 1);
        eq(judged(keyId, 7), NOW + 14 days);
        vm.warp(NOW + 14 days);
        eq(judged(keyId, 7), 0);
    }

    function test_recheck_AsItWasJudged() public {
        bytes32 keyId = pcks.registerPck(certificate(pck(), CA_KEY));
        submit(tdxInfo(oneModule(), goodLevel(true, 1)), identity(true));
        bytes16 svns = 0x0601030405060708090a0b0c0d0e0f10;
        (uint40 pckUntil, uint40 tcbUntil, bytes30 platform) = pcks.judgePlatform(keyId, true, 7, svns);
        eq(pckUntil, LIST_DUE);
        eq(tcbUntil, NEXT_AT);
        eq(bytes32(platform), bytes32(bytes30(abi.encodePacked(uint24(1), true, uint16(7), svns))));
        eq(pcks.recheck(platform), NEXT_AT);
        // Of a module whose svn is too low, of another quoting enclave, of SGX, of another key.
        (,, bytes30 other) = pcks.judgePlatform(keyId, true, 7, 0x0501030405060708090a0b0c0d0e0f10);
        eq(pcks.recheck(other), 0);
        (,, other) = pcks.judgePlatform(keyId, true, 6, svns);
        eq(pcks.recheck(other), 0);
        (,, other) = pcks.judgePlatform(keyId, false, 7, svns);
        eq(pcks.recheck(other), 0);
        (,, other) = pcks.judgePlatform("nobody", true, 7, svns);
        eq(pcks.recheck(other), 0);
        (,, other) = pcks.judgePlatform(keyId, true, 0x0107, svns);
        eq(pcks.recheck(other), NEXT_AT);
        // The shorter of both.
        pcks.submitRevocations(revocations(caName(), CA_KEY, entry(0x8000000000000001)), 1);
        eq(pcks.recheck(platform), 0);
    }

    function test_recheck_EndsWithThePck() public {
        bytes memory times = bytes.concat(time(UPDATE), time("270116000000Z"));
        pcks.submitRevocations(signed(CA_KEY, listBody(caName(), times, "", LIST_EXTENSIONS)), 1);
        bytes32 keyId = pcks.registerPck(certificate(pck(), CA_KEY));
        submit(sgxInfo(goodLevel(false, 1)), identity(false));
        (,, bytes30 platform) = pcks.judgePlatform(keyId, false, 7, 0);
        eq(pcks.recheck(platform), 1_800_057_600);
        // Due, and not revoked.
        vm.warp(1_800_057_600);
        eq(pcks.recheck(platform), 1_800_057_600);
    }

    function bring(string calldata info, string calldata who) external {
        submit(info, who);
    }

    function judged(bytes32 keyId, uint16 qeSvn) private view returns (uint40 tcbUntil) {
        (, tcbUntil,) = pcks.judgePlatform(keyId, false, qeSvn, 0);
    }

    function graceOf(bool tdx) private view returns (uint40) {
        (, TcbLevel memory replaced) = pcks.levelOf(FMSPC, tdx);
        return replaced.validUntil;
    }

    function infoOf(string memory from, string memory to, string memory evaluation, uint256 first)
        private
        pure
        returns (string memory)
    {
        return infoWith(head(false, from, to, evaluation), "", goodLevel(false, first));
    }

    function identityOn(string memory from, string memory to, string memory evaluation)
        private
        pure
        returns (string memory)
    {
        return identityOf(identityHead(false, from, to, evaluation), SGX_SIGNER, "1", svnLevel(7, UP_TO_DATE, ""));
    }

    function refuse(
        bytes memory info,
        bytes memory first,
        bytes memory who,
        bytes memory second,
        bytes32 wanted
    ) private {
        vm.expectRevert(abi.encodeWithSelector(ITcbPolicy.TcbSignatureInvalid.selector, wanted));
        tcbs.submitTcb(info, first, who, second);
    }
}
