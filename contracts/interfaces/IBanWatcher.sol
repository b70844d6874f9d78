// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title Who is told of each ban
/// @notice MeasurementPolicy tells NodeRegistry that something was banned, so that a claim need not ask every time: a key that
/// was registered after the last ban is of a measurement that was allowed then and is not banned.
interface IBanWatcher {
    /// @dev Only from the policy.
    function measurementBanned() external;
}
