// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {DatasetId} from "./Ids.sol";
import {Writer} from "./Writer.sol";

/// @notice What an owner signs to publish. Head and version make it good for one publication.
/// @param previousHead the head hash that it replaces.
/// @param version the one that it makes: the stored one and one more.
/// @param keyEpoch the current one, or one more with new keys.
/// @param appended commitments of new segments.
/// @param deadline Unix seconds; last moment to submit it.
struct Publication {
    DatasetId datasetId;
    bytes32 previousHead;
    uint48 version;
    bytes32 manifestDigest;
    bytes32 keyBoxDigest;
    bytes32 guardianSetHash;
    uint32 keyEpoch;
    bytes32[] appended;
    uint40 deadline;
}

/// @notice What a writer sends or signs to publish. It cannot say anything of KeyBox, guardians or catalogue.
/// @param writer in whose name; a key may act in several.
/// @param previousHead the head hash that it replaces.
/// @param version the one that it makes: the stored one and one more.
/// @param keyEpoch the current one.
/// @param segments bitmap of what this version changes, among those delegated.
/// @param deadline Unix seconds; last moment to submit it.
struct WriterPublication {
    DatasetId datasetId;
    Writer writer;
    bytes32 previousHead;
    uint48 version;
    uint32 keyEpoch;
    bytes32 manifestDigest;
    uint256 segments;
    uint40 deadline;
}

library PublicationLib {
    bytes32 internal constant TYPEHASH = keccak256(
        "Publication(bytes32 datasetId,bytes32 previousHead,uint48 version,bytes32 manifestDigest,bytes32 keyBoxDigest,"
        "bytes32 guardianSetHash,uint32 keyEpoch,bytes32[] appended,uint40 deadline)"
    );

    bytes32 internal constant WRITER_TYPEHASH = keccak256("Writer(uint8 kind,bytes32 id)");

    bytes32 internal constant WRITER_PUBLICATION_TYPEHASH = keccak256(
        "WriterPublication(bytes32 datasetId,Writer writer,bytes32 previousHead,uint48 version,uint32 keyEpoch,"
        "bytes32 manifestDigest,uint256 segments,uint40 deadline)Writer(uint8 kind,bytes32 id)"
    );

    /// @dev Two halves: one `abi.encode` of all fields is too deep for the stack. All parts are single words.
    function hashStruct(Publication calldata self) internal pure returns (bytes32) {
        return keccak256(
            bytes.concat(
                abi.encode(TYPEHASH, self.datasetId, self.previousHead, self.version, self.manifestDigest),
                abi.encode(
                    self.keyBoxDigest,
                    self.guardianSetHash,
                    self.keyEpoch,
                    keccak256(abi.encodePacked(self.appended)),
                    self.deadline
                )
            )
        );
    }

    function hashStruct(WriterPublication calldata self) internal pure returns (bytes32) {
        return keccak256(
            bytes.concat(
                abi.encode(
                    WRITER_PUBLICATION_TYPEHASH,
                    self.datasetId,
                    keccak256(abi.encode(WRITER_TYPEHASH, self.writer)),
                    self.previousHead,
                    self.version
                ),
                abi.encode(self.keyEpoch, self.manifestDigest, self.segments, self.deadline)
            )
        );
    }
}
