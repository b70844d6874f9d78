// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {INodeRegistry, KeyState, NodeStatus} from "../interfaces/INodeRegistry.sol";
import {NodeId} from "../types/Ids.sol";
import {NodeStorage} from "./NodeStorage.sol";
import {NodeToken} from "./NodeToken.sol";
import {NodeWeight} from "./NodeWeight.sol";

/// @dev What all parts of NodeRegistry share: who may speak for a node, and how its record and the totals move together.
abstract contract NodeAccounts is NodeStorage, INodeRegistry, NodeToken, AccessManaged {
    using NodeWeight for NodeRecord;

    modifier onlyOperator(NodeId nodeId) {
        _requireOperator(nodeId);
        _;
    }

    function _requireOperator(NodeId nodeId) internal view {
        address operator = _operatorOf(nodeId);
        if (operator == address(0)) revert NodeUnknown(nodeId);
        if (msg.sender != operator) revert NodeCallerNotOperator(nodeId, msg.sender, operator);
    }

    function _requireNodeActive(NodeId nodeId) internal view {
        NodeStatus status = _nodes[nodeId].status;
        if (status != NodeStatus.Active) revert NodeNotActive(nodeId, status);
    }

    /// @dev Stores a record that was changed in memory, and what the change does to weights. Who gains weight stays out of
    /// the races of jobs posted up to now: their seeds may be known.
    function _store(NodeId nodeId, NodeRecord memory node) internal {
        uint256 before = _nodes[nodeId].weightOf();
        uint256 weight = node.weightOf();
        if (weight > before) node.weightSince = uint32(block.number);
        _nodes[nodeId] = node;
        if (weight == before) return;
        // The total holds `before`; stakes are of 96 bits and nodes of 32.
        uint128 total = uint128(_totals.weight - before + weight);
        _totals.weight = total;
        emit NodeWeightChanged(nodeId, weight, total);
    }

    /// @dev What a key may do, given what its node does.
    function _stateOf(KeyState state, NodeStatus node) internal pure returns (KeyState) {
        if (node == NodeStatus.Exited) return KeyState.Destroyed;
        if (node != NodeStatus.Active && state == KeyState.Active) return KeyState.Draining;
        return state;
    }
}
