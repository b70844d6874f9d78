// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IAttestedKeys} from "../../../contracts/interfaces/IAttestedKeys.sol";

/// @dev A registry of nodes that says what it is told to say.
contract StubKeys is IAttestedKeys {
    struct Key {
        bytes32 measurement;
        bool usable;
    }

    mapping(address signer => Key) private keys;

    function set(address signer, bytes32 measurement, bool usable) external {
        keys[signer] = Key(measurement, usable);
    }

    function attestedKeyOf(address signer) external view returns (bytes32, bool) {
        return (keys[signer].measurement, keys[signer].usable);
    }
}
