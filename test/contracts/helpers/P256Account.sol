// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Account} from "@openzeppelin/contracts/account/Account.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {ERC7739} from "@openzeppelin/contracts/utils/cryptography/signers/draft-ERC7739.sol";
import {SignerP256} from "@openzeppelin/contracts/utils/cryptography/signers/SignerP256.sol";

/// @dev OpenZeppelin's account with a passkey's curve. In a file of its own: P256 is compiled by the optimizer only
/// (hardhat.test.config.ts), and whoever needs it takes its artifact: the importer would need the optimizer too.
contract P256Account is Account, ERC7739, SignerP256 {
    constructor(bytes32 x, bytes32 y) EIP712("Account", "1") SignerP256(x, y) {}
}
