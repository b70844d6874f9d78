// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IJobMarket} from "../../../contracts/interfaces/IJobMarket.sol";
import {Kit} from "../helpers/Kit.sol";
import {vm} from "../helpers/Vm.sol";

/// @dev A race reads the hashes of the blocks after a job: its longest must be over while the chain still knows them.
contract JobRaceUnitTest is Kit {
    function test_RaceUnit_Longest() public {
        eq(IJobMarket(this.deployMarket(63)).RACE_UNIT(), 63);
    }

    function test_RevertWhen_RaceUnitIsTheFirstTooLong() public {
        vm.expectRevert(abi.encodeWithSelector(IJobMarket.RaceUnitTooLong.selector, 64, 64));
        this.deployMarket(64);
    }

    function deployMarket(uint256 unit) external returns (address) {
        return make("compute", "JobMarket", abi.encode(grants, nodes, authority, unit));
    }
}
