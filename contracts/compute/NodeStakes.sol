// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {INodeRegistry, NodeStatus} from "../interfaces/INodeRegistry.sol";
import {NodeId} from "../types/Ids.sol";
import {ExactTransfer} from "./ExactTransfer.sol";
import {NodeAccounts} from "./NodeAccounts.sol";
import {NodeWeight} from "./NodeWeight.sol";

/// @dev Nodes come, stake, drain and leave.
abstract contract NodeStakes is NodeAccounts, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;

    /// @inheritdoc INodeRegistry
    uint256 public constant UNBONDING = 14 days;

    uint256 private constant MAX_ENDPOINT = 256;
    uint8 private constant ALL_ROLES = 7;

    /// @inheritdoc INodeRegistry
    IERC20 public immutable STAKE_TOKEN;

    /// @inheritdoc INodeRegistry
    uint96 public immutable CLAIM_BOND;

    /// @dev One unit of `NodeRecord.burned`, in the stake token's smallest unit: a share of the bond, so that it means the same
    /// for a token with other decimals.
    uint256 internal immutable BURNED_UNIT;

    uint96 private constant UNITS_OF_BOND = 10_000;

    constructor(IERC20 stakeToken, uint96 claimBond) {
        STAKE_TOKEN = stakeToken;
        CLAIM_BOND = claimBond;
        BURNED_UNIT = claimBond / UNITS_OF_BOND;
    }

    /// @inheritdoc INodeRegistry
    function registerNode(uint8 roles, uint96 stake, string calldata endpoint)
        external
        nonReentrant
        returns (NodeId nodeId)
    {
        return _register(roles, stake, endpoint);
    }

    /// @inheritdoc INodeRegistry
    function registerNodeWithPermit(
        uint8 roles,
        uint96 stake,
        string calldata endpoint,
        uint256 deadline,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external nonReentrant returns (NodeId nodeId) {
        // Anyone who sees the permit can spend it first. The allowance is then there all the same; where it is not, the
        // transfer fails.
        // solhint-disable-next-line no-empty-blocks
        try IERC20Permit(address(STAKE_TOKEN)).permit(msg.sender, address(this), stake, deadline, v, r, s) {} catch {}
        return _register(roles, stake, endpoint);
    }

    /// @inheritdoc INodeRegistry
    function addStake(NodeId nodeId, uint96 amount) external nonReentrant onlyOperator(nodeId) {
        NodeRecord memory node = _nodes[nodeId];
        if (node.status != NodeStatus.Active && node.status != NodeStatus.Draining) {
            revert NodeStatusInvalid(nodeId, node.status);
        }
        if (amount == 0) revert NodeStakeMissing(nodeId);

        node.stake += amount;
        _refresh(node);
        emit NodeStakeAdded(nodeId, msg.sender, amount, node.stake);
        _store(nodeId, node);

        ExactTransfer.pull(STAKE_TOKEN, msg.sender, amount);
    }

    /// @inheritdoc INodeRegistry
    function refreshWeight(NodeId nodeId) external onlyOperator(nodeId) {
        _requireNodeActive(nodeId);
        NodeRecord memory node = _nodes[nodeId];
        _refresh(node);
        _store(nodeId, node);
    }

    /// @inheritdoc INodeRegistry
    function setEndpoint(NodeId nodeId, string calldata endpoint) external onlyOperator(nodeId) {
        _requireNodeActive(nodeId);
        _requireEndpoint(endpoint);

        _endpoints[nodeId] = endpoint;

        emit NodeEndpointChanged(nodeId, endpoint);
    }

    /// @inheritdoc INodeRegistry
    function drainNode(NodeId nodeId) external onlyOperator(nodeId) {
        _requireNodeActive(nodeId);
        _setStatus(nodeId, NodeStatus.Draining);
        emit NodeDrained(nodeId, msg.sender);
    }

    /// @inheritdoc INodeRegistry
    function resumeNode(NodeId nodeId) external onlyOperator(nodeId) {
        NodeStatus status = _nodes[nodeId].status;
        if (status != NodeStatus.Draining) revert NodeStatusInvalid(nodeId, status);
        _setStatus(nodeId, NodeStatus.Active);
        emit NodeResumed(nodeId, msg.sender);
    }

    /// @inheritdoc INodeRegistry
    function requestExit(NodeId nodeId) external onlyOperator(nodeId) {
        NodeStatus status = _nodes[nodeId].status;
        if (status != NodeStatus.Active && status != NodeStatus.Draining) revert NodeStatusInvalid(nodeId, status);

        uint40 exitAt = uint40(block.timestamp + UNBONDING);
        _exitAt[nodeId] = exitAt;
        _setStatus(nodeId, NodeStatus.Exiting);

        emit NodeExitRequested(nodeId, msg.sender, exitAt);
    }

    /// @inheritdoc INodeRegistry
    function withdrawStake(NodeId nodeId) external nonReentrant onlyOperator(nodeId) {
        NodeRecord storage node = _nodes[nodeId];
        if (node.status != NodeStatus.Exiting) revert NodeExitNotRequested(nodeId, node.status);
        uint40 exitAt = _exitAt[nodeId];
        if (block.timestamp < exitAt) revert NodeStillBonded(nodeId, exitAt, block.timestamp);
        if (node.openClaims != 0) revert NodeHasOpenClaims(nodeId, node.openClaims);

        uint96 stake = node.stake;
        node.status = NodeStatus.Exited;
        node.stake = 0;
        emit NodeExited(nodeId, msg.sender, stake);

        STAKE_TOKEN.safeTransfer(msg.sender, stake);
    }

    function _register(uint8 roles, uint96 stake, string calldata endpoint) private returns (NodeId nodeId) {
        if (roles == 0 || roles > ALL_ROLES) revert NodeRolesInvalid(roles);
        _requireEndpoint(endpoint);

        nodeId = NodeId.wrap(++_totals.nodeCount);
        NodeRecord memory node;
        node.stake = stake;
        node.status = NodeStatus.Active;
        node.roles = roles;
        // Also where nothing is staked, and no weight begins.
        node.weightSince = uint32(block.number);
        if (bytes(endpoint).length != 0) _endpoints[nodeId] = endpoint;
        _mintLocked(msg.sender, nodeId);
        emit NodeRegistered(nodeId, msg.sender, roles, stake, endpoint);
        _store(nodeId, node);

        ExactTransfer.pull(STAKE_TOKEN, msg.sender, stake);
    }

    function _setStatus(NodeId nodeId, NodeStatus status) private {
        NodeRecord memory node = _nodes[nodeId];
        node.status = status;
        _store(nodeId, node);
    }

    /// @dev A new node has burned nothing: it begins with half its stake.
    function _refresh(NodeRecord memory node) internal view {
        node.factor = node.stake == 0 ? 0 : NodeWeight.factorOf(node.stake, node.burned * BURNED_UNIT);
    }

    function _requireEndpoint(string calldata endpoint) private pure {
        uint256 length = bytes(endpoint).length;
        if (length > MAX_ENDPOINT) revert NodeEndpointTooLong(length, MAX_ENDPOINT);
    }
}
