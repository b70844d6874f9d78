// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Grant, GrantStatus} from "../interfaces/IGrantRegistry.sol";

/// @dev A grant as the word that it is in storage (GrantStorage draws it): a job with ten grants reads and writes ten of them,
/// and unpacking eight fields to look at five costs more than reading the slot.
type GrantSlot is uint256;

using GrantSlotLib for GrantSlot global;

library GrantSlotLib {
    uint256 private constant USES = 8;
    uint256 private constant OUTPUT_BYTES = 40;
    uint256 private constant OWNER_EPOCH = 104;
    uint256 private constant KEY_EPOCH = 136;
    uint256 private constant MEASUREMENT_EPOCH = 168;
    uint256 private constant EXPIRES_AT = 208;
    uint256 private constant FOLLOW_UPGRADES = 248;

    function load(Grant storage grant) internal view returns (GrantSlot slot) {
        assembly ("memory-safe") {
            slot := sload(grant.slot)
        }
    }

    function store(Grant storage grant, GrantSlot slot) internal {
        assembly ("memory-safe") {
            sstore(grant.slot, slot)
        }
    }

    /// @dev An active grant that is new. Epochs as they are now: the terms have been held against them.
    function create(
        uint32 ownerEpoch_,
        uint32 keyEpoch_,
        uint40 measurementEpoch_,
        uint40 expiresAt_,
        bool followUpgrades_
    ) internal pure returns (GrantSlot) {
        return GrantSlot.wrap(
            uint256(GrantStatus.Active) | (uint256(ownerEpoch_) << OWNER_EPOCH) | (uint256(keyEpoch_) << KEY_EPOCH)
                | (uint256(measurementEpoch_) << MEASUREMENT_EPOCH) | (uint256(expiresAt_) << EXPIRES_AT)
                | (uint256(followUpgrades_ ? 1 : 0) << FOLLOW_UPGRADES)
        );
    }

    /// @dev Compared as a number: a conversion to the enum would check what only this contract has written.
    function hasStatus(GrantSlot self, GrantStatus status) internal pure returns (bool) {
        return uint8(GrantSlot.unwrap(self)) == uint8(status);
    }

    function uses(GrantSlot self) internal pure returns (uint32) {
        return uint32(GrantSlot.unwrap(self) >> USES);
    }

    function outputBytes(GrantSlot self) internal pure returns (uint64) {
        return uint64(GrantSlot.unwrap(self) >> OUTPUT_BYTES);
    }

    function ownerEpoch(GrantSlot self) internal pure returns (uint32) {
        return uint32(GrantSlot.unwrap(self) >> OWNER_EPOCH);
    }

    function keyEpoch(GrantSlot self) internal pure returns (uint32) {
        return uint32(GrantSlot.unwrap(self) >> KEY_EPOCH);
    }

    function measurementEpoch(GrantSlot self) internal pure returns (uint40) {
        return uint40(GrantSlot.unwrap(self) >> MEASUREMENT_EPOCH);
    }

    function expiresAt(GrantSlot self) internal pure returns (uint40) {
        return uint40(GrantSlot.unwrap(self) >> EXPIRES_AT);
    }

    function followUpgrades(GrantSlot self) internal pure returns (bool) {
        return GrantSlot.unwrap(self) >> FOLLOW_UPGRADES != 0;
    }

    /// @dev One use more. The caller has checked that neither field overflows into its neighbour.
    function consume(GrantSlot self, uint64 moreBytes) internal pure returns (GrantSlot) {
        unchecked {
            return GrantSlot.wrap(GrantSlot.unwrap(self) + (1 << USES) + (uint256(moreBytes) << OUTPUT_BYTES));
        }
    }
}
