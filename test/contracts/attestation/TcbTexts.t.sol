// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {SignedText} from "../../../contracts/attestation/SignedText.sol";
import {TcbText} from "../../../contracts/attestation/TcbText.sol";
import {TcbLevel} from "../../../contracts/types/TcbLevel.sol";
import {TextKit} from "../helpers/TextKit.sol";
import {vm} from "../helpers/Vm.sol";

/// @dev What is read of signed texts, and which of their levels is taken.
contract TcbTextsTest is TextKit {
    bytes32 private constant SVNS = bytes32(bytes16(0x0102030405060708090a0b0c0d0e0f10));

    // What is read

    function test_submitTcb_ReadsEveryField() public {
        submit(tdxInfo(oneModule(), goodLevel(true, 1)), identity(true));
        TcbLevel memory level_ = stored(true);
        eq(bytes32(level_.cpuSvn), SVNS);
        eq(bytes32(level_.teeTcbSvn), bytes32(bytes16(0x0502030405060708090a0b0c0d0e0f10)));
        eq(level_.pceSvn, 13);
        eq(level_.qeSvn, 7);
        eq(level_.evaluation, 18);
        eq(level_.issuedAt, ISSUED_AT);
        eq(level_.validUntil, NEXT_AT);
        eq(level_.modules, 0x0601);
        submit(sgxInfo(goodLevel(false, 1)), identity(false));
        level_ = stored(false);
        eq(bytes32(level_.cpuSvn), SVNS);
        eq(level_.teeTcbSvn, 0);
        eq(level_.modules, 0);
        eq(level_.issuedAt, ISSUED_AT);
    }

    function test_submitTcb_LastsAsLongAsBothTexts() public {
        string memory early = identityOf(
            identityHead(false, ISSUED, "2027-02-01T00:00:00Z", "18"), SGX_SIGNER, "1", svnLevel(7, UP_TO_DATE, "")
        );
        submit(sgxInfo(goodLevel(false, 1)), early);
        eq(stored(false).validUntil, 1_801_440_000);
    }

    /// Category and type of a component say nothing, and may be missing.
    function test_submitTcb_ComponentsMaySayWhatTheyAre() public {
        string memory list = "[{\"svn\":1,\"category\":\"BIOS\",\"type\":\"Early Microcode Update\"}";
        list = string.concat(list, ",{\"svn\":2,\"category\":\"\"},{\"svn\":3,\"type\":\"x\"}");
        for (uint256 i = 4; i < 17; ++i) {
            list = string.concat(list, ",{\"svn\":", vm.toString(i), "}");
        }
        submit(sgxInfo(level(false, string.concat(list, "]"), "13", "", ended(UP_TO_DATE, ""))), identity(false));
        eq(bytes32(stored(false).cpuSvn), SVNS);
    }

    function test_submitTcb_NumbersOfEachSize() public {
        submit(sgxInfo(level(false, components("255"), "65535", "", ended(UP_TO_DATE, ""))), identity(false));
        eq(uint8(stored(false).cpuSvn[0]), 255);
        eq(stored(false).pceSvn, 65_535);
        unexpected(sgxInfo(level(false, components("256"), "13", "", ended(UP_TO_DATE, ""))), identity(false));
        unexpected(sgxInfo(level(false, components("1"), "65536", "", ended(UP_TO_DATE, ""))), identity(false));
        submit(sgxInfo(goodLevel(false, 1)), identityWith(false, svnLevel(65_535, UP_TO_DATE, "")));
        eq(stored(false).qeSvn, 65_535);
        missing(sgxInfo(goodLevel(false, 1)), identityWith(false, svnLevel(65_536, UP_TO_DATE, "")));
    }

    // Spelling

    /// Each part of each text in turn with another last character, and one too few.
    function test_RevertWhen_TextIsSpelledOtherwise() public {
        string memory good = tdxInfo(oneModule(), goodLevel(true, 1));
        string memory who = identity(true);
        bytes[26] memory parts = [
            bytes("{\"id\":\""),
            "TDX",
            "\",\"version\":3",
            ",\"issueDate\":\"",
            "\",\"nextUpdate\":\"",
            ",\"fmspc\":\"",
            "\",\"pceId\":\"0000\",\"tcbType\":0",
            ",\"tcbEvaluationDataNumber\":",
            ",\"tdxModule\":{",
            "\"mrsigner\":\"000000",
            "},\"tdxModuleIdentities\":[",
            "{\"id\":\"TDX_",
            "\",\"mrsigner\"",
            "\"FFFFFFFFFFFFFFFF\",\"tcbLevels\":[",
            "{\"tcb\":{\"isvsvn\":",
            "},\"tcbDate\":\"",
            "\",\"tcbStatus\":\"",
            "\"}]}",
            "],\"tcbLevels\":[",
            "{\"tcb\":{\"sgxtcbcomponents\":[",
            "{\"svn\":",
            "},{\"svn\":2",
            ",\"pcesvn\":",
            ",\"tdxtcbcomponents\":[",
            ":16}]",
            "}]},\"tcbDate"
        ];
        for (uint256 i = 0; i < parts.length; ++i) {
            uint256 last = find(bytes(good), parts[i]) + parts[i].length - 1;
            unexpected(string(patch(bytes(good), last, "#")), who);
            unexpected(string(bytes.concat(slice(bytes(good), 0, last), slice(bytes(good), last + 1, bytes(good).length))), who);
        }
    }

    function test_RevertWhen_IdentityIsSpelledOtherwise() public {
        string memory info = tdxInfo(oneModule(), goodLevel(true, 1));
        bytes memory good = bytes(identity(true));
        bytes[13] memory parts = [
            bytes("{\"id\":\""),
            "TD_QE",
            "\",\"version\":2",
            ",\"issueDate\":\"",
            "\",\"nextUpdate\":\"",
            ",\"tcbEvaluationDataNumber\":",
            ",\"miscselect\":\"00000000",
            "FBFFFFFFFFFFFFFF0000000000000000\",\"mrsigner\":\"",
            "\",\"isvprodid\":2",
            ",\"tcbLevels\":[",
            "{\"tcb\":{\"isvsvn\":",
            "\"}]",
            "\"}]}"
        ];
        for (uint256 i = 0; i < parts.length; ++i) {
            uint256 last = find(good, parts[i]) + parts[i].length - 1;
            unexpected(info, string(patch(good, last, "#")));
            unexpected(info, string(bytes.concat(slice(good, 0, last), slice(good, last + 1, good.length))));
        }
        unexpected(info, string.concat(identity(true), " "));
        unexpected(info, string.concat(identity(true), "}"));
        // Of the other kind of quoting enclave.
        string memory start = identityHead(true, ISSUED, NEXT, "18");
        unexpected(info, identityOf(start, TD_SIGNER, "1", svnLevel(7, UP_TO_DATE, "")));
        start = identityHead(false, ISSUED, NEXT, "18");
        unexpected(sgxInfo(goodLevel(false, 1)), identityOf(start, SGX_SIGNER, "2", svnLevel(7, UP_TO_DATE, "")));
    }

    // Which level

    /// The last of those at the top that are good.
    function test_submitTcb_TakesTheLeastGoodLevel() public {
        string memory bad = level(false, components("3"), "13", "", ended("OutOfDate", ""));
        submit(sgxInfo(join(goodLevel(false, 9), goodLevel(false, 5))), identity(false));
        eq(uint8(stored(false).cpuSvn[0]), 5);
        submit(sgxInfo(join(goodLevel(false, 9), join(bad, goodLevel(false, 1)))), identity(false));
        eq(uint8(stored(false).cpuSvn[0]), 9);
        missing(sgxInfo(join(bad, goodLevel(false, 1))), identity(false));
        missing(sgxInfo(bad), identity(false));
    }

    /// A level that asks more in anything is not below the one before it.
    function test_submitTcb_StopsWhereALevelAsksMore() public {
        string memory first = level(true, components("5"), "13", components("5"), ended(UP_TO_DATE, ""));
        string[3] memory others = [
            level(true, components("6"), "13", components("5"), ended(UP_TO_DATE, "")),
            level(true, components("4"), "14", components("5"), ended(UP_TO_DATE, "")),
            level(true, components("4"), "13", components("6"), ended(UP_TO_DATE, ""))
        ];
        for (uint256 i = 0; i < others.length; ++i) {
            submit(tdxInfo(oneModule(), join(first, others[i])), identity(true));
            eq(uint8(stored(true).cpuSvn[0]), 5);
            eq(stored(true).pceSvn, 13);
            eq(uint8(stored(true).teeTcbSvn[0]), 5);
        }
        string memory lower = level(true, components("5"), "12", components("4"), ended(UP_TO_DATE, ""));
        submit(tdxInfo(oneModule(), join(first, lower)), identity(true));
        eq(stored(true).pceSvn, 12);
        eq(uint8(stored(true).teeTcbSvn[0]), 4);
    }

    // Status

    function test_submitTcb_TakesWhatWasAccepted() public {
        string[3] memory known = ["SWHardeningNeeded", "ConfigurationNeeded", "ConfigurationAndSWHardeningNeeded"];
        tcbs.allowAdvisory("SA-1");
        for (uint256 i = 0; i < known.length; ++i) {
            isTaken(known[i], "[\"SA-1\"]", true);
            isTaken(known[i], "[\"SA-2\"]", false);
            isTaken(known[i], "[\"SA-1\",\"SA-2\"]", false);
            isTaken(known[i], "[\"SA-2\",\"SA-1\"]", false);
            isTaken(known[i], "[\"SA-1\",\"SA-1\"]", true);
            // Where none is named, none was accepted.
            isTaken(known[i], "[]", false);
            isTaken(known[i], "", false);
        }
        string[5] memory never =
            ["OutOfDate", "OutOfDateConfigurationNeeded", "Revoked", "uptodate", ""];
        for (uint256 i = 0; i < never.length; ++i) {
            isTaken(never[i], "[\"SA-1\"]", false);
            isTaken(never[i], "", false);
        }
        // What is up to date is, whatever is told of it.
        isTaken(UP_TO_DATE, "[\"SA-2\"]", true);
        isTaken(UP_TO_DATE, "[]", true);
        isTaken(UP_TO_DATE, "", true);
    }

    // Modules

    function test_submitTcb_ModulesByTheirLeastGoodSvn() public {
        string memory outOfDate = svnLevel(2, "OutOfDate", "");
        // 6 and 4 are good, 2 is not; of 1 nobody asks behind that.
        string memory levels = join(svnLevel(6, UP_TO_DATE, ""), join(svnLevel(4, UP_TO_DATE, ""), outOfDate));
        modulesAre(module("01", join(levels, svnLevel(1, UP_TO_DATE, ""))), 0x0401);
        // What comes behind it does not count where it is not less.
        modulesAre(module("01", join(svnLevel(4, UP_TO_DATE, ""), svnLevel(6, UP_TO_DATE, ""))), 0x0401);
        modulesAre(module("01", join(svnLevel(4, UP_TO_DATE, ""), svnLevel(4, UP_TO_DATE, ""))), 0x0401);
        // Left out: one of which no level is good, the platform's own, one whose svn no quote can name.
        modulesAre(module("01", outOfDate), 0);
        modulesAre(module("00", svnLevel(4, UP_TO_DATE, "")), 0);
        modulesAre(module("03", svnLevel(256, UP_TO_DATE, "")), 0);
        modulesAre(module("03", svnLevel(255, UP_TO_DATE, "")), 0xff03);
        modulesAre("", 0);
        string memory two = join(module("01", svnLevel(4, UP_TO_DATE, "")), module("1F", svnLevel(5, UP_TO_DATE, "")));
        modulesAre(two, 0x051f0401);
        modulesAre(join(module("01", outOfDate), two), 0x051f0401);
    }

    function test_RevertWhen_ModulesAreTooMany() public {
        string memory list = module("01", svnLevel(1, UP_TO_DATE, ""));
        string memory digits = "23456";
        for (uint256 i = 0; i < 5; ++i) {
            string memory version = string(abi.encodePacked("0", bytes(digits)[i]));
            list = join(list, module(version, svnLevel(i + 2, UP_TO_DATE, "")));
        }
        modulesAre(list, 0x060605050404030302020101);
        list = join(list, module("07", svnLevel(7, UP_TO_DATE, "")));
        expectSubmit(
            tdxInfo(tdxModules(list), goodLevel(true, 1)),
            identity(true),
            abi.encodeWithSelector(TcbText.TcbModulesTooMany.selector)
        );
    }

    function isTaken(string memory status, string memory advisories, bool taken) private {
        string memory info = sgxInfo(level(false, components("1"), "13", "", ended(status, advisories)));
        if (taken) submit(info, identity(false));
        else missing(info, identity(false));
    }

    function modulesAre(string memory list, uint256 wanted) private {
        submit(tdxInfo(tdxModules(list), goodLevel(true, 1)), identity(true));
        eq(stored(true).modules, wanted);
    }

    function unexpected(string memory info, string memory who) private {
        expectPartly(info, who, SignedText.TextUnexpected.selector);
    }

    function missing(string memory info, string memory who) private {
        expectSubmit(info, who, abi.encodeWithSelector(TcbText.TcbLevelMissing.selector));
    }

    function find(bytes memory text, bytes memory part) private pure returns (uint256) {
        bytes32 wanted = keccak256(part);
        for (uint256 i = 0; i + part.length <= text.length; ++i) {
            if (text[i] == part[0] && keccak256(slice(text, i, i + part.length)) == wanted) return i;
        }
        revert Untrue();
    }
}
