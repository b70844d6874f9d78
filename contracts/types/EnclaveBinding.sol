// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @dev `EnclaveBinding.keyClass` of a key that claims jobs and signs receipts.
uint8 constant KEY_WORKER = 1;

/// @dev `EnclaveBinding.keyClass` of a key that holds shares and signs releases.
uint8 constant KEY_GUARDIAN = 2;

/// @notice What an enclave says of its own key. Its hash is in the evidence, its digest is signed by the key.
/// @param registry NodeRegistry that the key is for.
/// @param signer secp256k1 address made inside the enclave.
/// @param kemKeyHash keccak of its X-Wing public key.
/// @param operator who runs the node.
/// @param keyClass `KEY_WORKER` or `KEY_GUARDIAN`.
/// @param blockNumber of one of the last 256 blocks: the evidence is fresh.
/// @param blockHash of that block.
/// @param epoch the enclave's own count of its key periods; the chain does not read it.
struct EnclaveBinding {
    uint256 chainId;
    address registry;
    address signer;
    bytes32 kemKeyHash;
    address operator;
    uint8 keyClass;
    uint64 blockNumber;
    bytes32 blockHash;
    uint64 epoch;
}

library EnclaveBindingLib {
    bytes32 internal constant TYPEHASH = keccak256(
        "EnclaveBinding(uint256 chainId,address registry,address signer,bytes32 kemKeyHash,address operator,"
        "uint8 keyClass,uint64 blockNumber,bytes32 blockHash,uint64 epoch)"
    );

    function hashStruct(EnclaveBinding calldata self) internal pure returns (bytes32) {
        return keccak256(
            abi.encode(
                TYPEHASH,
                self.chainId,
                self.registry,
                self.signer,
                self.kemKeyHash,
                self.operator,
                self.keyClass,
                self.blockNumber,
                self.blockHash,
                self.epoch
            )
        );
    }
}
