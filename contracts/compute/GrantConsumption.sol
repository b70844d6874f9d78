// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IGrantRegistry} from "../interfaces/IGrantRegistry.sol";
import {GrantHash} from "../types/Ids.sol";
import {Terms} from "../types/Terms.sol";

/// @dev {IGrantRegistry-consume}, with the terms handed on as they came. Encoding twenty fields of each again would cost more
/// than reading the grant's slot; GrantRegistry checks the words that it reads, as it does for any caller.
library GrantConsumption {
    uint256 private constant TERMS_BYTES = 20 * 32;

    function consume(
        IGrantRegistry grants,
        Terms[] calldata terms,
        uint8 kind,
        address requester,
        uint64 outputBytes
    ) internal returns (GrantHash[] memory grantHashes) {
        bytes4 selector = IGrantRegistry.consume.selector;
        uint256 length = terms.length * TERMS_BYTES;
        assembly ("memory-safe") {
            let call_ := mload(0x40)
            mstore(call_, selector)
            mstore(add(call_, 0x04), 0x80)
            mstore(add(call_, 0x24), kind)
            mstore(add(call_, 0x44), requester)
            mstore(add(call_, 0x64), outputBytes)
            mstore(add(call_, 0x84), terms.length)
            calldatacopy(add(call_, 0xa4), terms.offset, length)
            if iszero(call(gas(), grants, 0, call_, add(0xa4, length), 0, 0)) {
                returndatacopy(call_, 0, returndatasize())
                revert(call_, returndatasize())
            }
            // abi(bytes32[]): an offset, then what an array in memory is.
            returndatacopy(call_, 0, returndatasize())
            mstore(0x40, add(call_, returndatasize()))
            grantHashes := add(call_, 0x20)
        }
    }
}
