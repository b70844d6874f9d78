// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {NodeId} from "../types/Ids.sol";
import {Node} from "./INodeRegistry.sol";

/// @title What a wallet shows of a node's token
interface INodeMetadata {
    /// @notice ERC-721 metadata as a data URI of JSON.
    function uriOf(NodeId nodeId, Node calldata node) external pure returns (string memory);
}
