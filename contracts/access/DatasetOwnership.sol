// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {DatasetStatus, IDatasetRegistry} from "../interfaces/IDatasetRegistry.sol";
import {DatasetId} from "../types/Ids.sol";
import {Terms} from "../types/Terms.sol";

/// @dev What DatasetRegistry knows of a dataset, as the word that it keeps (IDatasetRegistry-slotsOf).
type DatasetSlot is uint256;

/// @dev Slots in memory.
type DatasetSlots is uint256;

using DatasetOwnership for DatasetSlot global;
using DatasetOwnership for DatasetSlots global;

/// @dev Asks for all datasets of a job at once: one call each would cost as much again as reading the slot.
library DatasetOwnership {
    function owner(DatasetSlot self) internal pure returns (address) {
        return address(uint160(DatasetSlot.unwrap(self)));
    }

    function keyEpoch(DatasetSlot self) internal pure returns (uint32) {
        return uint32(DatasetSlot.unwrap(self) >> 160);
    }

    /// @dev Compared as a number: a conversion to the enum would check what only the registry has written.
    function hasStatus(DatasetSlot self, DatasetStatus status) internal pure returns (bool) {
        return uint8(DatasetSlot.unwrap(self) >> 240) == uint8(status);
    }

    /// @return answer where in memory the slots lie, in the order of `terms`.
    function load(IDatasetRegistry datasets, Terms[] calldata terms) internal view returns (DatasetSlots answer) {
        bytes4 selector = IDatasetRegistry.slotsOf.selector;
        assembly ("memory-safe") {
            // abi(selector, bytes32[]), answered by abi(uint256[]) of the same length: the registry is ours and immutable.
            let call_ := mload(0x40)
            let size := shl(5, terms.length)
            mstore(call_, selector)
            mstore(add(call_, 0x04), 0x20)
            mstore(add(call_, 0x24), terms.length)
            let id := add(terms.offset, 0x40) // the third word of each twenty
            for { let offset := 0 } lt(offset, size) { offset := add(offset, 0x20) } {
                mstore(add(add(call_, 0x44), offset), calldataload(id))
                id := add(id, 0x280)
            }
            answer := call_
            if iszero(staticcall(gas(), datasets, call_, add(0x44, size), call_, add(0x40, size))) {
                returndatacopy(call_, 0, returndatasize())
                revert(call_, returndatasize())
            }
            mstore(0x40, add(add(call_, 0x44), size))
        }
    }

    function slotAt(DatasetSlots self, uint256 index) internal pure returns (DatasetSlot slot) {
        assembly ("memory-safe") {
            slot := mload(add(add(self, 0x40), shl(5, index)))
        }
    }

    /// @dev {IDatasetRegistry-ownershipOf} of one: three clean words.
    function slotOf(IDatasetRegistry datasets, DatasetId datasetId) internal view returns (DatasetSlot slot) {
        bytes4 selector = IDatasetRegistry.ownershipOf.selector;
        assembly ("memory-safe") {
            let answer := mload(0x40)
            mstore(0x00, selector)
            mstore(0x04, datasetId)
            if iszero(staticcall(gas(), datasets, 0x00, 0x24, answer, 0x60)) {
                returndatacopy(answer, 0, returndatasize())
                revert(answer, returndatasize())
            }
            slot := or(mload(answer), or(shl(160, mload(add(answer, 0x20))), shl(240, mload(add(answer, 0x40)))))
        }
    }
}
