// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Vm, vm} from "./Vm.sol";

/// @dev Equality with both values in the failure.
abstract contract Check {
    error UintUnequal(uint256 got, uint256 wanted);
    error BytesUnequal(bytes32 got, bytes32 wanted);
    error AddressUnequal(address got, address wanted);
    error Untrue();

    function eq(uint256 got, uint256 wanted) internal pure {
        if (got != wanted) revert UintUnequal(got, wanted);
    }

    function eq(bytes32 got, bytes32 wanted) internal pure {
        if (got != wanted) revert BytesUnequal(got, wanted);
    }

    function eq(address got, address wanted) internal pure {
        if (got != wanted) revert AddressUnequal(got, wanted);
    }

    function yes(bool condition) internal pure {
        if (!condition) revert Untrue();
    }

    /// @dev Logs of `emitter` since {Vm-recordLogs} whose first topic is `topic`.
    function logsOf(address emitter, bytes32 topic) internal returns (uint256 count) {
        Vm.Log[] memory logs = vm.getRecordedLogs();
        for (uint256 i = 0; i < logs.length; ++i) {
            if (logs[i].emitter == emitter && logs[i].topics[0] == topic) ++count;
        }
    }

    function bound(uint256 value, uint256 low, uint256 high) internal pure returns (uint256) {
        uint256 size = high - low + 1;
        return size == 0 ? value : low + value % size;
    }
}
