// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Custody, CustodyChange, RecoveryRequest} from "../interfaces/IOwnerKeys.sol";

/// @dev Inherited first. Read by the clients of owners and of the people whom they name, and therefore part of the interface:
/// slot 0: mapping(owner => Custody)
///   + 0: rootKeyId
///   + 1: planHash
///   + 2: secondWallet:160 | delay:32 | version:32 | unused:32    (first field in the lowest bits)
/// slot 1: mapping(owner => mapping(requester => RecoveryRequest))
///   + 0: deviceKeyId
///   + 1: requestedAt:40 | ripeAt:40 | version:32 | status:8 | unused:136
/// slot 2: mapping(owner => digest of the backup)
/// slot 3: mapping(owner => CustodyChange), not part of the interface, as all that follows
abstract contract OwnerKeysStorage {
    mapping(address owner => Custody) internal _custodies;
    mapping(address owner => mapping(address requester => RecoveryRequest)) internal _requests;
    mapping(address owner => bytes32 digest) internal _backups;
    mapping(address owner => CustodyChange) internal _changes;
}
