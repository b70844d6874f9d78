// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {SignedText} from "../../../contracts/attestation/SignedText.sol";

/// @dev Deployed from its artifact, so that a changed library is what is tested.
contract SignedTextHarness {
    function isAt(bytes calldata text, uint256 cursor, bytes memory wanted) external pure returns (bool) {
        return SignedText.isAt(text, cursor, wanted);
    }

    function skip(bytes calldata text, uint256 cursor, bytes memory wanted) external pure returns (uint256) {
        return SignedText.skip(text, cursor, wanted);
    }

    function readNumber(bytes calldata text, uint256 cursor) external pure returns (uint256, uint256) {
        return SignedText.readNumber(text, cursor);
    }

    function readTime(bytes calldata text, uint256 cursor) external pure returns (uint40, uint256) {
        return SignedText.readTime(text, cursor);
    }

    function readHex(bytes calldata text, uint256 cursor, uint256 length) external pure returns (uint256, uint256) {
        return SignedText.readHex(text, cursor, length);
    }

    function readString(bytes calldata text, uint256 cursor) external pure returns (bytes memory, uint256) {
        return SignedText.readString(text, cursor);
    }
}
