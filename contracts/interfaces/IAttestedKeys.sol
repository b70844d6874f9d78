// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title What runs behind a key
/// @notice How a lower layer asks about enclave keys without knowing the registry of nodes.
interface IAttestedKeys {
    /// @notice What the evidence for this key said, and whether it may be relied on now.
    /// @return measurement of the code that holds the key; zero where the key is unknown.
    /// @return usable false where the key is unknown, expired, frozen or destroyed, its node has left, or the measurement
    /// is banned.
    function attestedKeyOf(address signer) external view returns (bytes32 measurement, bool usable);
}
