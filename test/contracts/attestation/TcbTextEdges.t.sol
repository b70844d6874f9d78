// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ITcbPolicy} from "../../../contracts/interfaces/ITcbPolicy.sol";
import {TcbLevel} from "../../../contracts/types/TcbLevel.sol";
import {TextKit} from "../helpers/TextKit.sol";
import {vm} from "../helpers/Vm.sol";

/// @dev What a text may say that is next to nothing, and numbers whose highest bit counts.
contract TcbTextEdgesTest is TextKit {
    function test_submitTcb_SaysWhatSufficesNow() public {
        string memory info = sgxInfo(goodLevel(false, 1));
        submit(info, identity(false));
        TcbLevel memory level_ = stored(false);
        bytes memory first = sign(SIGNER_KEY, bytes(info));
        string memory identity_ = identity(false);
        bytes memory second = sign(SIGNER_KEY, bytes(identity_));
        vm.expectEmit(address(tcbs));
        emit ITcbPolicy.TcbLevelSet(FMSPC, false, level_);
        tcbs.submitTcb(bytes(info), first, bytes(identity_), second);
    }

    function test_submitTcb_AComponentOfNoType() public {
        string memory list = "[{\"svn\":1,\"category\":\"\",\"type\":\"\"}";
        for (uint256 i = 2; i < 17; ++i) {
            list = string.concat(list, ",{\"svn\":", vm.toString(i), ",\"type\":\"\"}");
        }
        submit(sgxInfo(level(false, string.concat(list, "]"), "13", "", ended(UP_TO_DATE, ""))), identity(false));
        eq(bytes32(stored(false).cpuSvn), bytes32(bytes16(0x0102030405060708090a0b0c0d0e0f10)));
    }

    /// 129 is more than 1, though they differ in one bit, which is the first: such a level is not below the other.
    function test_submitTcb_TheHighestBitCounts() public {
        submit(sgxInfo(join(goodLevel(false, 1), goodLevel(false, 129))), identity(false));
        eq(uint8(stored(false).cpuSvn[0]), 1);
        string memory sgx = components("1");
        string memory up = ended(UP_TO_DATE, "");
        string memory both =
            join(level(true, sgx, "13", components("1"), up), level(true, sgx, "13", components("129"), up));
        submit(tdxInfo(oneModule(), both), identity(true));
        eq(uint8(stored(true).teeTcbSvn[0]), 1);
    }
}
