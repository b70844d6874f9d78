// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {JobId} from "./Ids.sol";

/// @notice What an enclave signs when a job ends, well or not.
/// @param attempt the claim it belongs to, from 1.
/// @param code 0 for success, else why not (docs/errors.md).
/// @param ciphertextDigest sha256 of the result's ciphertext.
/// @param plaintextCommitment sha256(salt ‖ plaintext), the salt known to who can decrypt.
/// @param releasesHash keccak of the guardians' release signatures, in order.
/// @param outputBytes length of the ciphertext.
struct Receipt {
    JobId jobId;
    bytes32 jobSpecHash;
    uint32 attempt;
    uint16 code;
    bytes32 ciphertextDigest;
    bytes32 plaintextCommitment;
    bytes32 releasesHash;
    uint32 outputBytes;
}

/// @dev What a receipt's code means for uses and money. The ranges are closed; codes beyond them do not exist.
enum CodeClass {
    Success, // 0
    ProvedBeforeRelease, // 1 to 15
    ProvedAfterRelease, // 16 to 31
    UnprovedBeforeRelease, // 32 to 47
    UnprovedAfterRelease // 48 to 63
}

library ReceiptLib {
    bytes32 internal constant TYPEHASH = keccak256(
        "Receipt(bytes32 jobId,bytes32 jobSpecHash,uint32 attempt,uint16 code,bytes32 ciphertextDigest,"
        "bytes32 plaintextCommitment,bytes32 releasesHash,uint32 outputBytes)"
    );

    uint16 internal constant CODES = 64;

    function hashStruct(Receipt calldata self) internal pure returns (bytes32) {
        return keccak256(
            abi.encode(
                TYPEHASH,
                self.jobId,
                self.jobSpecHash,
                self.attempt,
                self.code,
                self.ciphertextDigest,
                self.plaintextCommitment,
                self.releasesHash,
                self.outputBytes
            )
        );
    }

    /// @dev The caller has checked that `code < CODES`.
    function classOf(uint16 code) internal pure returns (CodeClass) {
        return code == 0 ? CodeClass.Success : CodeClass(1 + code / 16);
    }
}
