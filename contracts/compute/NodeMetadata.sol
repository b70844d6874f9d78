// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

// JSON is full of double quotes.
// solhint-disable quotes

import {Base64} from "@openzeppelin/contracts/utils/Base64.sol";
import {Strings} from "@openzeppelin/contracts/utils/Strings.sol";
import {INodeMetadata} from "../interfaces/INodeMetadata.sol";
import {Node, NodeStatus} from "../interfaces/INodeRegistry.sol";
import {NodeId} from "../types/Ids.sol";

/// @title NodeMetadata
/// @dev Apart from NodeRegistry, which has no room for it. Nothing in the JSON is text that somebody chose: an endpoint could
/// carry markup into a wallet.
contract NodeMetadata is INodeMetadata {
    using Strings for uint256;

    /// @inheritdoc INodeMetadata
    function uriOf(NodeId nodeId, Node calldata node) external pure returns (string memory) {
        bytes memory json = bytes.concat(
            '{"name":"Persona Node ',
            bytes(uint256(NodeId.unwrap(nodeId)).toString()),
            '","description":"A compute node of Persona Protocol. Soulbound: it stays with its operator.","attributes":[',
            _standing(node),
            _record(node),
            "]}"
        );
        return string.concat("data:application/json;base64,", Base64.encode(json));
    }

    function _standing(Node calldata node) private pure returns (bytes memory) {
        return bytes.concat(
            _text("status", _status(node.status)),
            _text("operator", Strings.toHexString(node.operator)),
            _number("stake", node.stake),
            _number("weight", node.weight),
            _number("roles", node.roles)
        );
    }

    function _record(Node calldata node) private pure returns (bytes memory) {
        return bytes.concat(
            _number("settled", node.settled), _number("failed", node.failed), _last("burned", node.burned)
        );
    }

    function _text(string memory trait, string memory value) private pure returns (bytes memory) {
        return bytes(string.concat('{"trait_type":"', trait, '","value":"', value, '"},'));
    }

    /// @dev Amounts go beyond what JSON numbers hold exactly, so numbers are strings.
    function _number(string memory trait, uint256 value) private pure returns (bytes memory) {
        return _text(trait, value.toString());
    }

    function _last(string memory trait, uint256 value) private pure returns (bytes memory) {
        return bytes(string.concat('{"trait_type":"', trait, '","value":"', value.toString(), '"}'));
    }

    function _status(NodeStatus status) private pure returns (string memory) {
        if (status == NodeStatus.Active) return "active";
        if (status == NodeStatus.Draining) return "draining";
        if (status == NodeStatus.Exiting) return "exiting";
        return "exited";
    }
}
