// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @dev Indexes of words of Terms in calldata.
library TermsWord {
    uint256 internal constant OWNER = 0;
    uint256 internal constant GRANTEE = 1;
    uint256 internal constant DATASET_ID = 2;
    uint256 internal constant KIND = 3;
    uint256 internal constant MAX_USES = 4;
    uint256 internal constant PRICE = 5;
    uint256 internal constant TOKEN = 6;
    uint256 internal constant NOT_BEFORE = 7;
    uint256 internal constant EXPIRES_AT = 8;
    uint256 internal constant KEY_EPOCH = 9;
    uint256 internal constant MAX_OUTPUT_BYTES = 13;
    uint256 internal constant MIN_STAKE = 16;
    uint256 internal constant REQUESTER_MAY_NAME_NODE = 17;
}
