// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {NodeStorage} from "./NodeStorage.sol";

/// @dev The one step that every job pays in full, done on a node's record as the word that it is in storage (NodeStorage draws
/// it). Everything else uses the struct.
library NodeSlot {
    uint256 private constant OPEN_CLAIMS = 144;
    uint256 private constant SETTLED = 160;
    uint256 private constant BURNED = 200;

    /// @dev One open claim less. Counters saturate: a node that has done
    /// everything right millions of times is not stopped by an overflow.
    function countSettled(NodeStorage.NodeRecord storage node, uint32 moreBurned) internal {
        uint256 word;
        assembly ("memory-safe") {
            word := sload(node.slot)
        }
        // Panics where no claim is open.
        uint16 open = uint16(word >> OPEN_CLAIMS) - 1;
        uint256 room = type(uint32).max - uint32(word >> BURNED);
        uint256 more = moreBurned < room ? moreBurned : room;
        uint256 one = uint24(word >> SETTLED) == type(uint24).max ? 0 : 1;
        unchecked {
            word = (word & ~(uint256(type(uint16).max) << OPEN_CLAIMS)) | (uint256(open) << OPEN_CLAIMS);
            word = word + (one << SETTLED) + (more << BURNED);
        }
        assembly ("memory-safe") {
            sstore(node.slot, word)
        }
    }
}
