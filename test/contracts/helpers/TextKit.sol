// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {TcbLevel} from "../../../contracts/types/TcbLevel.sol";
import {PkiKit} from "./PkiKit.sol";
import {vm} from "./Vm.sol";

/// @dev Texts about platforms, spelled as Intel spells them, of what a test wants, and signed by who may.
abstract contract TextKit is PkiKit {
    string internal constant ISSUED = "2027-01-15T08:00:00Z";
    string internal constant NEXT = "2027-02-14T08:00:00Z";
    uint40 internal constant ISSUED_AT = 1_800_000_000;
    uint40 internal constant NEXT_AT = 1_802_592_000;
    string internal constant UP_TO_DATE = "UpToDate";
    string private constant MODULE_REST = string.concat(
        "\"mrsigner\":\"000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000\",",
        "\"attributes\":\"0000000000000000\",\"attributesMask\":\"FFFFFFFFFFFFFFFF\""
    );

    function setUp() public virtual override {
        super.setUp();
        feedAuthorities();
    }

    // Parts

    function join(string memory a, string memory b) internal pure returns (string memory) {
        return string.concat(a, ",", b);
    }

    /// @param advisories "" for none at all; else the list in its brackets.
    function ended(string memory status, string memory advisories) internal pure returns (string memory) {
        string memory end = bytes(advisories).length == 0 ? "" : string.concat(",\"advisoryIDs\":", advisories);
        return string.concat("},\"tcbDate\":\"2024-11-13T00:00:00Z\",\"tcbStatus\":\"", status, "\"", end, "}");
    }

    function svnLevel(uint256 svn, string memory status, string memory advisories)
        internal
        pure
        returns (string memory)
    {
        return string.concat("{\"tcb\":{\"isvsvn\":", vm.toString(svn), ended(status, advisories));
    }

    function module(string memory version, string memory levels) internal pure returns (string memory) {
        return string.concat("{\"id\":\"TDX_", version, "\",", MODULE_REST, ",\"tcbLevels\":[", levels, "]}");
    }

    /// @dev Sixteen components: the first as said, the others 2, 3, … 16.
    function components(string memory first) internal pure returns (string memory list) {
        list = string.concat("[{\"svn\":", first, "}");
        for (uint256 i = 2; i < 17; ++i) {
            list = string.concat(list, ",{\"svn\":", vm.toString(i), "}");
        }
        return string.concat(list, "]");
    }

    function level(
        bool tdx,
        string memory sgxSvns,
        string memory pceSvn,
        string memory tdxSvns,
        string memory end
    ) internal pure returns (string memory) {
        string memory more = tdx ? string.concat(",\"tdxtcbcomponents\":", tdxSvns) : "";
        return string.concat("{\"tcb\":{\"sgxtcbcomponents\":", sgxSvns, ",\"pcesvn\":", pceSvn, more, end);
    }

    function goodLevel(bool tdx, uint256 first) internal pure returns (string memory) {
        return level(tdx, components(vm.toString(first)), "13", components("5"), ended(UP_TO_DATE, ""));
    }

    function times(string memory issued, string memory next) internal pure returns (string memory) {
        return string.concat(",\"issueDate\":\"", issued, "\",\"nextUpdate\":\"", next, "\"");
    }

    /// @param modules "" for SGX.
    function infoWith(string memory start, string memory modules, string memory levels)
        internal
        pure
        returns (string memory)
    {
        return string.concat(start, modules, ",\"tcbLevels\":[", levels, "]}");
    }

    function head(bool tdx, string memory issued, string memory next, string memory evaluation)
        internal
        pure
        returns (string memory)
    {
        return string.concat(
            "{\"id\":\"",
            tdx ? "TDX" : "SGX",
            "\",\"version\":3",
            times(issued, next),
            ",\"fmspc\":\"00DE7E570001\",\"pceId\":\"0000\",\"tcbType\":0,\"tcbEvaluationDataNumber\":",
            evaluation
        );
    }

    function tdxModules(string memory list) internal pure returns (string memory) {
        return string.concat(",\"tdxModule\":{", MODULE_REST, "},\"tdxModuleIdentities\":[", list, "]");
    }

    function oneModule() internal pure returns (string memory) {
        return tdxModules(module("01", svnLevel(6, UP_TO_DATE, "")));
    }

    /// @dev Of TDX with these modules and levels.
    function tdxInfo(string memory modules, string memory levels) internal pure returns (string memory) {
        return infoWith(head(true, ISSUED, NEXT, "18"), modules, levels);
    }

    function sgxInfo(string memory levels) internal pure returns (string memory) {
        return infoWith(head(false, ISSUED, NEXT, "18"), "", levels);
    }

    function identityHead(bool tdx, string memory issued, string memory next, string memory evaluation)
        internal
        pure
        returns (string memory)
    {
        return string.concat(
            tdx ? "{\"id\":\"TD_QE" : "{\"id\":\"QE",
            "\",\"version\":2",
            times(issued, next),
            ",\"tcbEvaluationDataNumber\":",
            evaluation,
            ",\"miscselect\":\"00000000\",\"miscselectMask\":\"FFFFFFFF\",\"attributes\":\"11000000000000000000000000000000\",",
            "\"attributesMask\":\"FBFFFFFFFFFFFFFF0000000000000000\",\"mrsigner\":\""
        );
    }

    function identityOf(string memory start, bytes32 signer_, string memory product, string memory levels)
        internal
        pure
        returns (string memory)
    {
        return string.concat(
            start, upper(signer_), "\",\"isvprodid\":", product, ",\"tcbLevels\":[", levels, "]}"
        );
    }

    function identity(bool tdx) internal pure returns (string memory) {
        return identityWith(tdx, svnLevel(7, UP_TO_DATE, ""));
    }

    function identityWith(bool tdx, string memory levels) internal pure returns (string memory) {
        string memory start = identityHead(tdx, ISSUED, NEXT, "18");
        return identityOf(start, tdx ? TD_SIGNER : SGX_SIGNER, tdx ? "2" : "1", levels);
    }

    function upper(bytes32 word) internal pure returns (string memory) {
        bytes memory out = new bytes(64);
        bytes memory digits = "0123456789ABCDEF";
        for (uint256 i = 0; i < 64; ++i) {
            out[i] = digits[uint256(word >> (252 - 4 * i)) & 15];
        }
        return string(out);
    }

    // What a test does

    function submit(string memory info, string memory identity_) internal {
        bytes memory first = sign(SIGNER_KEY, bytes(info));
        bytes memory second = sign(SIGNER_KEY, bytes(identity_));
        tcbs.submitTcb(bytes(info), first, bytes(identity_), second);
    }

    /// @dev All of it, and the words with which it is refused.
    function expectSubmit(string memory info, string memory identity_, bytes memory wanted) internal {
        bytes memory first = sign(SIGNER_KEY, bytes(info));
        bytes memory second = sign(SIGNER_KEY, bytes(identity_));
        vm.expectRevert(wanted);
        tcbs.submitTcb(bytes(info), first, bytes(identity_), second);
    }

    function expectPartly(string memory info, string memory identity_, bytes4 wanted) internal {
        bytes memory first = sign(SIGNER_KEY, bytes(info));
        bytes memory second = sign(SIGNER_KEY, bytes(identity_));
        vm.expectPartialRevert(wanted);
        tcbs.submitTcb(bytes(info), first, bytes(identity_), second);
    }

    function stored(bool tdx) internal view returns (TcbLevel memory now_) {
        (now_,) = pcks.levelOf(FMSPC, tdx);
    }
}
