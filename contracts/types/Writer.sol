// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {DatasetId} from "./Ids.sol";

/// @dev What a writer's id is.
enum WriterKind {
    None, // nobody
    Key, // an address, right-aligned: this key or contract alone
    Measurement // of code: any enclave key that is usable with this measurement
}

/// @notice Who may publish for an owner. Two kinds with the same id are two writers.
struct Writer {
    WriterKind kind;
    bytes32 id;
}

library WriterLib {
    bytes32 internal constant REMOVAL_TYPEHASH =
        keccak256("WriterRemoval(bytes32 datasetId,uint8 kind,bytes32 id,uint40 setAt)");

    /// @dev keccak(abi(uint8 kind, bytes32 id)).
    function hash(Writer calldata self) internal pure returns (bytes32) {
        return keccak256(abi.encode(self));
    }

    /// @dev Names somebody: a measurement that is not zero, or an address that is not and fills no more than its 20 bytes.
    function isValid(Writer calldata self) internal pure returns (bool) {
        if (self.kind == WriterKind.None || self.id == 0) return false;
        return self.kind == WriterKind.Measurement || uint256(self.id) <= type(uint160).max;
    }

    /// @dev The caller has checked that the kind is `Key`, in a writer that is valid.
    function key(Writer memory self) internal pure returns (address) {
        return address(uint160(uint256(self.id)));
    }

    /// @dev hashStruct of the message that ends one delegation and no later one.
    function hashRemoval(Writer calldata self, DatasetId datasetId, uint40 setAt) internal pure returns (bytes32) {
        return keccak256(abi.encode(REMOVAL_TYPEHASH, datasetId, self.kind, self.id, setAt));
    }
}
