// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

// Owners of datasets sign, too: the library lies in the lower layer, and is imported from here under its old name.
// solhint-disable-next-line no-unused-import
import {OwnerSignature} from "../storage/OwnerSignature.sol";
