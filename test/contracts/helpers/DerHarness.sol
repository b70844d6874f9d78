// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Der} from "../../../contracts/attestation/Der.sol";

/// @dev Deployed from its artifact, so that a changed library is what is tested.
contract DerHarness {
    function open(bytes calldata der, uint256 cursor, uint256 end, uint8 tag) external pure returns (uint256, uint256) {
        return Der.open(der, cursor, end, tag);
    }

    function isAt(bytes calldata der, uint256 cursor, uint256 end, uint8 tag) external pure returns (bool) {
        return Der.isAt(der, cursor, end, tag);
    }

    function skip(bytes calldata der, uint256 cursor, uint256 end, bytes memory wanted) external pure returns (uint256) {
        return Der.skip(der, cursor, end, wanted);
    }

    function readUint(bytes calldata der, uint256 cursor, uint256 end) external pure returns (uint256, uint256) {
        return Der.readUint(der, cursor, end);
    }

    function readOctets(bytes calldata der, uint256 cursor, uint256 end, uint256 length)
        external
        pure
        returns (uint256, uint256)
    {
        return Der.readOctets(der, cursor, end, length);
    }

    function readTime(bytes calldata der, uint256 cursor, uint256 end) external pure returns (uint40, uint256) {
        return Der.readTime(der, cursor, end);
    }

    function readSignature(bytes calldata der, uint256 cursor, uint256 end) external pure returns (bytes32, bytes32) {
        return Der.readSignature(der, cursor, end);
    }

    /// @param parts year, month, day, hour, minute, second.
    function unixTime(uint256[6] calldata parts) external pure returns (uint40) {
        return Der.unixTime(parts[0], parts[1], parts[2], parts[3], parts[4], parts[5]);
    }
}
