// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {IBanWatcher} from "../interfaces/IBanWatcher.sol";
import {IMeasurementPolicy} from "../interfaces/IMeasurementPolicy.sol";
import {KeyAdmission} from "./KeyAdmission.sol";

/// @title MeasurementPolicy
/// @dev Two roles of the authority: {allow} behind a delay, {ban} without. What else a key must show is in KeyAdmission.
contract MeasurementPolicy is KeyAdmission, AccessManaged {
    struct Measurement {
        uint40 epoch;
        bool banned;
    }

    uint40 private _currentEpoch;
    mapping(bytes32 measurement => Measurement) private _measurements;

    /// @dev Deployed after this contract; its address is computed beforehand.
    IBanWatcher public immutable WATCHER;

    constructor(address authority, IBanWatcher watcher) AccessManaged(authority) {
        WATCHER = watcher;
    }

    /// @inheritdoc IMeasurementPolicy
    function allow(bytes32 measurement) external restricted returns (uint40 epoch) {
        if (measurement == 0) revert MeasurementMissing();
        Measurement storage stored = _measurements[measurement];
        if (stored.banned) revert MeasurementAlreadyBanned(measurement);
        if (stored.epoch != 0) revert MeasurementAlreadyAllowed(measurement, stored.epoch);

        epoch = uint40(block.timestamp);
        _currentEpoch = epoch;
        stored.epoch = epoch;

        emit MeasurementAllowed(measurement, epoch);
    }

    /// @inheritdoc IMeasurementPolicy
    function ban(bytes32 measurement) external restricted {
        if (measurement == 0) revert MeasurementMissing();
        Measurement storage stored = _measurements[measurement];
        if (stored.banned) revert MeasurementAlreadyBanned(measurement);

        stored.banned = true;

        emit MeasurementBanned(measurement);

        WATCHER.measurementBanned();
    }

    /// @inheritdoc IMeasurementPolicy
    function currentEpoch() external view returns (uint40) {
        return _currentEpoch;
    }

    /// @inheritdoc IMeasurementPolicy
    function measurementOf(bytes32 measurement) public view override returns (uint40 epoch, bool banned) {
        Measurement storage stored = _measurements[measurement];
        return (stored.epoch, stored.banned);
    }

    /// @inheritdoc IMeasurementPolicy
    function isAllowed(bytes32 measurement) external view returns (bool) {
        Measurement storage stored = _measurements[measurement];
        return stored.epoch != 0 && !stored.banned;
    }
}
