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

/// @dev A receipt's code says what it means for uses and money. 0: success. 1 to 15: a proved failure before any release, 16 to
/// 31: after it. 32 to 47: an unproved failure before any release, 48 to 63: after it. Others do not exist.
library ReceiptLib {
    bytes32 internal constant TYPEHASH = keccak256(
        "Receipt(bytes32 jobId,bytes32 jobSpecHash,uint32 attempt,uint16 code,bytes32 ciphertextDigest,"
        "bytes32 plaintextCommitment,bytes32 releasesHash,uint32 outputBytes)"
    );

    uint16 internal constant CODES = 64;

    /// @dev Copies the words of calldata as they are: a dirty one gives a digest that no enclave signed.
    function hashStruct(Receipt calldata self) internal pure returns (bytes32 result) {
        bytes32 typehash = TYPEHASH;
        assembly ("memory-safe") {
            let free := mload(0x40)
            mstore(free, typehash)
            calldatacopy(add(free, 0x20), self, 0x100)
            result := keccak256(free, 0x120)
        }
    }

    /// @dev Of a failure: the caller has checked that 0 < code < CODES.
    /// @return proved whether the node is not to blame.
    /// @return released whether data had been released.
    function meaningOf(uint16 code) internal pure returns (bool proved, bool released) {
        return (code < 32, code % 32 >= 16);
    }
}
