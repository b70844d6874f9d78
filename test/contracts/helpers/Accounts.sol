// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Account} from "@openzeppelin/contracts/account/Account.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {ERC7739} from "@openzeppelin/contracts/utils/cryptography/signers/draft-ERC7739.sol";
import {SignerECDSA} from "@openzeppelin/contracts/utils/cryptography/signers/SignerECDSA.sol";
import {SignerEIP7702} from "@openzeppelin/contracts/utils/cryptography/signers/SignerEIP7702.sol";
import {SignerP256} from "@openzeppelin/contracts/utils/cryptography/signers/SignerP256.sol";

/// @dev OpenZeppelin's account with one secp256k1 key. ERC-7739: it signs typed data nested in its own domain.
contract EcdsaAccount is Account, ERC7739, SignerECDSA {
    constructor(address key) EIP712("Account", "1") SignerECDSA(key) {}
}

/// @dev OpenZeppelin's account with a passkey's curve.
contract P256Account is Account, ERC7739, SignerP256 {
    constructor(bytes32 x, bytes32 y) EIP712("Account", "1") SignerP256(x, y) {}
}

/// @dev OpenZeppelin's code for accounts that delegate (EIP-7702): the key is that of the account's own address.
contract DelegateAccount is Account, ERC7739, SignerEIP7702 {
    constructor() EIP712("Account", "1") {}
}
