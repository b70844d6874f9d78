// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {DatasetId, GrantHash} from "../types/Ids.sol";
import {JobOffer, JobOrder} from "../types/JobParams.sol";

/// @dev A JobOrder in memory, laid out once as the log of its event wants it and hashed in place: a job with ten grants would
/// otherwise be encoded three times, field by field. Words from `data`:
/// 0 salt | 1 offset of params (0x40) | 2 offset of the order in params (0x100) | 3 to 9 the offer | 10 to 17 the order's head |
/// 18 number of inputs | 19 … inputs, four words each
/// For the hash, which is that of `abi.encode(order)`, word 9 is lent to the offset that abi.encode begins with.
/// @param data where it lies.
/// @param bytesUsed how long it is.
/// @param total what the requester escrows.
struct OrderBuffer {
    uint256 data;
    uint256 bytesUsed;
    uint256 total;
}

library OrderBufferLib {
    uint256 private constant OFFER = 3 * 32;
    uint256 private constant OFFER_BYTES = 7 * 32;
    uint256 private constant LENT = 9 * 32;
    uint256 private constant HEAD = 10 * 32;
    uint256 private constant COUNT = 18 * 32;
    uint256 private constant INPUTS = 19 * 32;
    uint256 private constant INPUT_BYTES = 4 * 32;

    /// @dev Offset of the inputs from the order's beginning: its head.
    uint256 private constant HEAD_BYTES = 8 * 32;

    /// @param order all but its inputs, which are empty.
    function allocate(JobOrder memory order, uint256 count) internal pure returns (OrderBuffer memory self) {
        uint256 bytesUsed = INPUTS + count * INPUT_BYTES;
        uint256 data;
        assembly ("memory-safe") {
            data := mload(0x40)
            mstore(0x40, add(data, bytesUsed))
            mcopy(add(data, HEAD), order, HEAD_BYTES) // a struct in memory is its words
            mstore(add(data, add(HEAD, 0xe0)), HEAD_BYTES)
            mstore(add(data, COUNT), count)
        }
        self.data = data;
        self.bytesUsed = bytesUsed;
    }

    function setInput(
        OrderBuffer memory self,
        uint256 index,
        DatasetId datasetId,
        GrantHash grantHash,
        address owner,
        uint96 price
    ) internal pure {
        uint256 place = self.data + INPUTS + index * INPUT_BYTES;
        assembly ("memory-safe") {
            mstore(place, datasetId)
            mstore(add(place, 0x20), grantHash)
            mstore(add(place, 0x40), owner)
            mstore(add(place, 0x60), price)
        }
    }

    function setProtocolFee(OrderBuffer memory self, uint96 protocolFee) internal pure {
        uint256 place = self.data + HEAD + 5 * 32;
        assembly ("memory-safe") {
            mstore(place, protocolFee)
        }
    }

    /// @dev keccak(abi(JobOrder)).
    function hash(OrderBuffer memory self) internal pure returns (bytes32 result) {
        uint256 place = self.data + LENT;
        uint256 length = self.bytesUsed - LENT;
        assembly ("memory-safe") {
            mstore(place, 0x20)
            result := keccak256(place, length)
        }
    }

    /// @dev abi(bytes32 salt, JobParams(order, offer)), where it lies. Not to be hashed again after.
    function encodeParams(OrderBuffer memory self, bytes32 salt, JobOffer calldata offer) internal pure {
        uint256 data = self.data;
        assembly ("memory-safe") {
            mstore(data, salt)
            mstore(add(data, 0x20), 0x40)
            mstore(add(data, 0x40), 0x100)
            calldatacopy(add(data, OFFER), offer, OFFER_BYTES)
        }
    }
}
