// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title Who says what code holds a key
/// @notice How lower layers ask for enclave keys without knowing nodes.
interface IAttestedKeys {
    /// @notice What runs behind a key, and whether the key may act now.
    /// @return measurement zero where the key is unknown.
    /// @return usable active, unexpired, of a measurement that is not banned.
    function attestedKeyOf(address signer) external view returns (bytes32 measurement, bool usable);
}
