// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {JobKit} from "../helpers/JobKit.sol";
import {Posted} from "../helpers/Kit.sol";
import {vm} from "../helpers/Vm.sol";

/// @dev Turns are turns until the race is over, also in its last block.
contract JobRaceEndTest is JobKit {
    uint256 private constant BEGIN = 1002;
    uint256 private constant END = BEGIN + 64;

    function raceUnit() internal pure override returns (uint256) {
        return 4;
    }

    function test_raceOf_IsTheSameUntilTheMaximum() public {
        Posted memory job = openJob();
        (uint256 opensAt, uint256 delay) = raceAt(job, BEGIN);
        yes(opensAt < END);
        (uint256 later, uint256 same) = raceAt(job, END - 1);
        eq(later, opensAt);
        eq(same, delay);
    }

    function raceAt(Posted memory job, uint256 blockNumber) private returns (uint256, uint256) {
        vm.roll(blockNumber);
        vm.setBlockhash(BEGIN - 1, keccak256("seed"));
        return market.raceOf(job.id, WORKER);
    }
}
