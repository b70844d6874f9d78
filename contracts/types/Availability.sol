// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {JobId} from "./Ids.sol";

/// @notice A guardian's word that it holds results that are not in the transaction.
/// @param signer its guardian key.
/// @param signature of the digest of `AvailabilityBatch(Availability[] results)`, in the order of the settlements, with
/// `Availability(bytes32 jobId,bytes32 ciphertextDigest,uint32 outputBytes)`, under the domain of JobMarket.
struct AvailabilityProof {
    address signer;
    bytes signature;
}

library AvailabilityLib {
    bytes32 internal constant TYPEHASH =
        keccak256("Availability(bytes32 jobId,bytes32 ciphertextDigest,uint32 outputBytes)");

    bytes32 internal constant BATCH_TYPEHASH = keccak256(
        "AvailabilityBatch(Availability[] results)"
        "Availability(bytes32 jobId,bytes32 ciphertextDigest,uint32 outputBytes)"
    );

    function hashStruct(JobId jobId, bytes32 ciphertextDigest, uint32 outputBytes) internal pure returns (bytes32) {
        return keccak256(abi.encode(TYPEHASH, jobId, ciphertextDigest, outputBytes));
    }

    /// @param results hashStruct of each.
    function hashBatch(bytes32[] memory results) internal pure returns (bytes32) {
        return keccak256(abi.encode(BATCH_TYPEHASH, keccak256(abi.encodePacked(results))));
    }
}
