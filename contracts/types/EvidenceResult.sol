// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @notice What a verifier node says of evidence that no contract can check.
/// @param evidenceHash keccak of what was signed by the hardware; for those who look it up.
/// @param measurement what runs.
/// @param reportDataHi first half of the 64 bytes that the enclave chose, `reportDataLo` the other.
/// @param platform the machine, for bans; 0 where the evidence names none.
/// @param vendor index in `NodePolicy.vendors`.
/// @param verifiedAt Unix seconds.
/// @param validUntil Unix seconds; follows from evidence and `verifiedAt`, so that all honest nodes say the same.
struct EvidenceResult {
    bytes32 evidenceHash;
    bytes32 measurement;
    bytes32 reportDataHi;
    bytes32 reportDataLo;
    bytes32 platform;
    uint8 vendor;
    uint40 verifiedAt;
    uint40 validUntil;
}

library EvidenceResultLib {
    bytes32 internal constant TYPEHASH = keccak256(
        "EvidenceResult(bytes32 evidenceHash,bytes32 measurement,bytes32 reportDataHi,bytes32 reportDataLo,"
        "bytes32 platform,uint8 vendor,uint40 verifiedAt,uint40 validUntil)"
    );

    function hashStruct(EvidenceResult memory self) internal pure returns (bytes32) {
        return keccak256(abi.encode(TYPEHASH, self));
    }
}
