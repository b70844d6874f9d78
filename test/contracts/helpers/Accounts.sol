// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Account} from "@openzeppelin/contracts/account/Account.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {ERC7739} from "@openzeppelin/contracts/utils/cryptography/signers/draft-ERC7739.sol";
import {SignerECDSA} from "@openzeppelin/contracts/utils/cryptography/signers/SignerECDSA.sol";
import {SignerEIP7702} from "@openzeppelin/contracts/utils/cryptography/signers/SignerEIP7702.sol";

/// @dev OpenZeppelin's account with one secp256k1 key. ERC-7739: it signs typed data nested in its own domain.
contract EcdsaAccount is Account, ERC7739, SignerECDSA {
    constructor(address key) EIP712("Account", "1") SignerECDSA(key) {}
}

/// @dev OpenZeppelin's code for accounts that delegate (EIP-7702): the key is that of the account's own address.
contract DelegateAccount is Account, ERC7739, SignerEIP7702 {
    constructor() EIP712("Account", "1") {}
}
