// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {IMeasurementPolicy} from "../interfaces/IMeasurementPolicy.sol";
import {ClaimOutcome, EnclaveKey, INodeRegistry, KeyState, Node, NodeStatus} from "../interfaces/INodeRegistry.sol";
import {NodeId} from "../types/Ids.sol";
import {EnclaveKeys} from "./EnclaveKeys.sol";
import {ExactTransfer} from "./ExactTransfer.sol";

/// @title NodeRegistry
/// @dev Storage is drawn in NodeStorage.
contract NodeRegistry is EnclaveKeys, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;

    /// @notice Seconds between {requestExit} and {withdrawStake}. Longer than any job runs.
    uint256 public constant UNBONDING = 14 days;

    uint256 private constant MAX_ENDPOINT = 256;
    uint8 private constant ALL_ROLES = 7;

    IERC20 public immutable STAKE_TOKEN;

    /// @dev The market is deployed after this contract; its address is computed beforehand.
    address public immutable MARKET;

    constructor(IERC20 stakeToken, IMeasurementPolicy measurements, address market, address authority)
        EnclaveKeys(measurements)
        AccessManaged(authority)
        EIP712("Persona NodeRegistry", "1")
    {
        STAKE_TOKEN = stakeToken;
        MARKET = market;
    }

    /// @inheritdoc INodeRegistry
    function registerNode(uint8 roles, uint128 stake, string calldata endpoint)
        external
        nonReentrant
        returns (NodeId nodeId)
    {
        if (roles == 0 || roles > ALL_ROLES) revert NodeRolesInvalid(roles);
        _requireEndpoint(endpoint);

        nodeId = NodeId.wrap(++_nodeCount);
        _nodes[nodeId] =
            NodeRecord({stake: stake, roles: roles, status: NodeStatus.Active, exitAt: 0, settled: 0, failed: 0});
        _endpoints[nodeId] = endpoint;
        _mintLocked(msg.sender, nodeId);
        emit NodeRegistered(nodeId, msg.sender, roles, stake, endpoint);

        ExactTransfer.pull(STAKE_TOKEN, msg.sender, stake);
    }

    /// @inheritdoc INodeRegistry
    function setEndpoint(NodeId nodeId, string calldata endpoint) external onlyOperator(nodeId) {
        _requireNodeActive(nodeId);
        _requireEndpoint(endpoint);

        _endpoints[nodeId] = endpoint;

        emit NodeEndpointChanged(nodeId, endpoint);
    }

    /// @inheritdoc INodeRegistry
    function requestExit(NodeId nodeId) external onlyOperator(nodeId) {
        _requireNodeActive(nodeId);

        uint40 exitAt = uint40(block.timestamp + UNBONDING);
        NodeRecord storage node = _nodes[nodeId];
        node.status = NodeStatus.Exiting;
        node.exitAt = exitAt;

        emit NodeExitRequested(nodeId, msg.sender, exitAt);
    }

    /// @inheritdoc INodeRegistry
    function withdrawStake(NodeId nodeId) external nonReentrant onlyOperator(nodeId) {
        NodeRecord storage node = _nodes[nodeId];
        if (node.status != NodeStatus.Exiting) revert NodeExitNotRequested(nodeId, node.status);
        if (block.timestamp < node.exitAt) revert NodeStillBonded(nodeId, node.exitAt, block.timestamp);

        uint128 stake = node.stake;
        node.status = NodeStatus.Exited;
        node.stake = 0;
        emit NodeExited(nodeId, msg.sender, stake);

        STAKE_TOKEN.safeTransfer(msg.sender, stake);
    }

    /// @inheritdoc INodeRegistry
    function recordOutcome(address signer, ClaimOutcome outcome)
        external
        returns (NodeId nodeId, address operator)
    {
        if (msg.sender != MARKET) revert NodeCallerNotMarket(msg.sender, MARKET);
        EnclaveKey storage key = _keys[signer];
        nodeId = key.nodeId;
        operator = _operatorOf(nodeId);
        NodeRecord storage node = _nodes[nodeId];
        if (outcome != ClaimOutcome.TimedOut) _requireUsable(signer, key, node.status);

        if (outcome == ClaimOutcome.Settled) ++node.settled;
        else if (outcome != ClaimOutcome.ProvedFailure) ++node.failed;
    }

    /// @inheritdoc INodeRegistry
    function nodeOf(NodeId nodeId) external view returns (Node memory) {
        NodeRecord storage node = _nodes[nodeId];
        return Node({
            operator: _operatorOf(nodeId),
            stake: node.stake,
            roles: node.roles,
            status: node.status,
            exitAt: node.exitAt,
            settled: node.settled,
            failed: node.failed,
            endpoint: _endpoints[nodeId]
        });
    }

    /// @inheritdoc INodeRegistry
    function nodeCount() external view returns (uint32) {
        return _nodeCount;
    }

    /// @dev Expiry is not asked: the claim was made in time, and shares taken later are refused by guardians.
    function _requireUsable(address signer, EnclaveKey storage key, NodeStatus nodeStatus) private view {
        KeyState state = _stateOf(key.state, nodeStatus);
        (, bool banned) = MEASUREMENTS.measurementOf(key.measurement);
        if (banned || (state != KeyState.Active && state != KeyState.Draining)) {
            revert EnclaveKeyNotUsable(signer, state, banned);
        }
    }

    function _requireNodeActive(NodeId nodeId) private view {
        NodeStatus status = _nodes[nodeId].status;
        if (status != NodeStatus.Active) revert NodeNotActive(nodeId, status);
    }

    function _requireEndpoint(string calldata endpoint) private pure {
        uint256 length = bytes(endpoint).length;
        if (length > MAX_ENDPOINT) revert NodeEndpointTooLong(length, MAX_ENDPOINT);
    }
}
