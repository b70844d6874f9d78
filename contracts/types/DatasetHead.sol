// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @notice The parts of `headHash`.
/// @param manifestDigest sha256 of the manifest's DAG-CBOR.
/// @param keyBoxDigest sha256 of the KeyBox head's DAG-CBOR.
/// @param guardianSetHash keccak(abi(uint8 threshold, uint32[] guardians)).
/// @param catalogueHash fold of the commitments of every segment index ever used.
/// @param catalogueLength how many, at most 256.
struct DatasetHead {
    bytes32 manifestDigest;
    bytes32 keyBoxDigest;
    bytes32 guardianSetHash;
    bytes32 catalogueHash;
    uint32 catalogueLength;
}

library DatasetHeadLib {
    /// @dev keccak(abi(manifestDigest, keyBoxDigest, guardianSetHash, catalogueHash, uint32 catalogueLength)). All
    /// fields are single words, so encoding the struct is encoding its fields.
    function hash(DatasetHead memory self) internal pure returns (bytes32) {
        return keccak256(abi.encode(self));
    }

    /// @dev Appends commitments: h' = keccak(abi(h, commitment)), so an index never changes its meaning.
    function fold(bytes32 catalogueHash, bytes32[] calldata commitments) internal pure returns (bytes32) {
        for (uint256 i = 0; i < commitments.length; ++i) {
            catalogueHash = keccak256(abi.encode(catalogueHash, commitments[i]));
        }
        return catalogueHash;
    }
}
