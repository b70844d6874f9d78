// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {DatasetKit} from "../helpers/DatasetKit.sol";
import {vm} from "../helpers/Vm.sol";

/// @dev Where nothing was offered nothing is withdrawn.
contract DatasetErasureLogsTest is DatasetKit {
    function test_eraseDataset_WithoutAnOffer() public {
        vm.recordLogs();
        erase();
        eq(vm.getRecordedLogs().length, 1); // DatasetErasureBegun
    }
}
