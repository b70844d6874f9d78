// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title Which supervisors may run
/// @notice Apart from who runs them. Allowing is slow (AccessManager delay), a ban is at once and for ever.
interface IMeasurementPolicy {
    /// @notice Enclaves of this measurement may register keys.
    /// @param epoch Unix seconds of this block. Grants name the moment up to which they accept allowances.
    event MeasurementAllowed(bytes32 indexed measurement, uint40 epoch);

    /// @notice Every key of this measurement is dead.
    event MeasurementBanned(bytes32 indexed measurement);

    error MeasurementMissing();
    error MeasurementAlreadyAllowed(bytes32 measurement, uint40 epoch);
    error MeasurementAlreadyBanned(bytes32 measurement);

    /// @notice Allows a measurement from now on.
    /// @dev Emits {MeasurementAllowed}.
    ///
    /// Requirements:
    /// - The authority lets the caller.
    /// - Not zero, not allowed before, not banned.
    /// @return epoch of the measurement.
    function allow(bytes32 measurement) external returns (uint40 epoch);

    /// @notice Bans a measurement for ever, allowed before or not.
    /// @dev Emits {MeasurementBanned}.
    ///
    /// Requirements:
    /// - The authority lets the caller.
    /// - Not zero, not banned before.
    function ban(bytes32 measurement) external;

    /// @notice Unix seconds of the newest allowance; 0 before the first. What a careful owner signs.
    function currentEpoch() external view returns (uint40);

    /// @notice What is known of a measurement.
    /// @return epoch Unix seconds of its allowance; 0 where never allowed.
    /// @return banned whether it is dead.
    function measurementOf(bytes32 measurement) external view returns (uint40 epoch, bool banned);

    /// @notice Allowed and not banned.
    function isAllowed(bytes32 measurement) external view returns (bool);
}
