// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";

/// @dev EIP-712 domain of NodeRegistry, for the registry itself and for who checks signatures in its name. Nothing is cached: the
/// registry is near the largest size that a contract may have.
library NodeDomain {
    string internal constant NAME = "Persona NodeRegistry";
    string internal constant VERSION = "1";

    /// @dev Hashed by the compiler, which does not do it for a constant text.
    bytes32 private constant NAME_HASH = keccak256("Persona NodeRegistry");
    bytes32 private constant VERSION_HASH = keccak256("1");
    bytes32 private constant TYPEHASH =
        keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");

    function digest(address registry, bytes32 structHash) internal view returns (bytes32) {
        bytes32 separator = keccak256(abi.encode(TYPEHASH, NAME_HASH, VERSION_HASH, block.chainid, registry));
        return MessageHashUtils.toTypedDataHash(separator, structHash);
    }
}
