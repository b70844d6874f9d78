// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Grant} from "../interfaces/IGrantRegistry.sol";
import {GrantHash} from "../types/Ids.sol";

/// @dev Inherited first, so that these are slots 0 and 1, whatever else is inherited. Read by enclaves through proofs
/// and therefore part of the interface:
/// slot 0: mapping(address owner => mapping(GrantHash => Grant))
///   + 0: status:8 | uses:32 | outputBytes:64 | ownerEpoch:32 | keyEpoch:32 | measurementEpoch:40 | expiresAt:40
///        | followUpgrades:8    (first field in the lowest bits)
/// slot 1: mapping(address owner => uint32 ownerEpoch)
/// A grant lies below its owner: a tombstone for a hash that is not the caller's own lies where nobody looks.
abstract contract GrantStorage {
    mapping(address owner => mapping(GrantHash grantHash => Grant)) internal _grants;
    mapping(address owner => uint32) internal _ownerEpochs;
}
