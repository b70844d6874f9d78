// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @dev The key and the name of "Intel SGX Root CA", whose certificate has the SHA-256
/// 44a0196b2b99f889b8e149e95b807a350e7424964399e885a7cbb8ccfab674d3. The name is the keccak of its encoding.
bytes32 constant INTEL_ROOT_X = 0x0ba9c4c0c0c86193a3fe23d6b02cda10a8bbd4e88e48b4458561a36e705525f5;
bytes32 constant INTEL_ROOT_Y = 0x67918e2edc88e40d860bd0cc4ee26aacc988e505a953558c453f6b0904ae7394;
bytes32 constant INTEL_ROOT_NAME = 0x3112c8e9428b5c08824e727e3ea896f3597c8a91caeafe57d64a4bc08df71dfb;

/// @dev Signers of Intel's quoting enclaves.
bytes32 constant INTEL_TD_QE_SIGNER = 0xdc9e2a7c6f948f17474e34a7fc43ed030f7c1563f1babddf6340c82e0e54a8c5;
bytes32 constant INTEL_SGX_QE_SIGNER = 0x8c4f5775d796503e96137f77c68a829a0056ac8ded70140b081b094490c57bff;
