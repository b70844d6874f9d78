// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

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

    function bound(uint256 value, uint256 low, uint256 high) internal pure returns (uint256) {
        uint256 size = high - low + 1;
        return size == 0 ? value : low + value % size;
    }
}
