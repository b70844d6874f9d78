// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {JobId} from "../../../contracts/types/Ids.sol";
import {JobKit} from "../helpers/JobKit.sol";
import {Posted} from "../helpers/Kit.sol";
import {vm} from "../helpers/Vm.sol";

/// @dev Enclaves read the byte, not the bool: `tainted` is 0 or 1 in the slot that protocol.md draws.
contract JobTaintedSlotTest is JobKit {
    function test_Slot_TaintedIsOne() public {
        Posted memory job = claimedJob();
        eq(taintedByteOf(job), 0);
        settle(job, 48); // after a release, and not proved
        yes(market.jobOf(job.id).tainted);
        eq(taintedByteOf(job), 1);
    }

    function taintedByteOf(Posted memory job) private view returns (uint256) {
        bytes32 slot = keccak256(abi.encode(JobId.unwrap(job.id), uint256(0)));
        return uint8(uint256(vm.load(address(market), slot)) >> 176);
    }
}
