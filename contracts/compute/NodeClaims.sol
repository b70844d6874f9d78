// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {
    Claimer,
    ClaimOutcome,
    EnclaveKey,
    INodeRegistry,
    KeyState,
    NodeStatus,
    SlashCause
} from "../interfaces/INodeRegistry.sol";
import {KEY_WORKER} from "../types/EnclaveBinding.sol";
import {JobId, NodeId} from "../types/Ids.sol";
import {NodePolicy, NodePolicyLib} from "../types/NodePolicy.sol";
import {EnclaveKeys} from "./EnclaveKeys.sol";
import {NodeSlashes} from "./NodeSlashes.sol";
import {NodeSlot} from "./NodeSlot.sol";
import {NodeWeight} from "./NodeWeight.sol";

/// @dev What the market asks and tells of claims.
abstract contract NodeClaims is EnclaveKeys, NodeSlashes {
    using NodePolicyLib for NodePolicy;
    using NodeWeight for NodeRecord;

    /// @inheritdoc INodeRegistry
    uint256 public constant MAX_PAUSE = 3 days;

    /// @dev A failed attempt costs this part of a bond: too little to be farmed, enough not to claim what one cannot run.
    uint96 private constant UNPROVED_BOND_SHARE = 20;

    /// @dev The market is deployed after this contract; its address is computed beforehand.
    address public immutable MARKET;

    modifier onlyMarket() {
        if (msg.sender != MARKET) revert NodeCallerNotMarket(msg.sender, MARKET);
        _;
    }

    constructor(address market) {
        MARKET = market;
    }

    /// @inheritdoc INodeRegistry
    function openClaim(JobId jobId, address signer, address caller, NodeId namedNode, NodePolicy calldata policy)
        external
        onlyMarket
        returns (Claimer memory claimer)
    {
        Totals memory totals = _totals;
        if (block.timestamp < totals.pausedUntil) revert ClaimsArePaused(totals.pausedUntil);
        EnclaveKey storage key = _keys[signer];
        NodeId nodeId = key.nodeId;
        NodeRecord memory node = _nodes[nodeId];
        _requireMayClaim(jobId, signer, caller, key, node.status, totals.bans);
        if (!policy.admits(key.verifierKind, key.vendor, node.stake)) revert ClaimPolicyMismatched(jobId, nodeId);
        if (namedNode != NodeId.wrap(0) && namedNode != nodeId) revert ClaimNodeNotNamed(jobId, nodeId, namedNode);
        uint256 wanted = (uint256(node.openClaims) + 1) * CLAIM_BOND;
        if (node.stake < wanted || node.openClaims == type(uint16).max) {
            revert ClaimBondMissing(jobId, nodeId, node.stake, wanted);
        }

        _nodes[nodeId].openClaims = node.openClaims + 1;
        return _claimer(nodeId, node, totals.weight);
    }

    /// @inheritdoc INodeRegistry
    function closeClaim(address signer, ClaimOutcome outcome, uint32 burned, address requester, uint96 cost)
        external
        onlyMarket
        returns (NodeId nodeId, address operator)
    {
        EnclaveKey storage key = _keys[signer];
        nodeId = key.nodeId;
        operator = _operatorOf(nodeId);
        NodeRecord storage node = _nodes[nodeId];
        if (outcome <= ClaimOutcome.UnprovedFailure) _requireUsable(signer, key, node.status);

        // Who pays itself proves nothing.
        if (outcome == ClaimOutcome.Settled) {
            NodeSlot.countSettled(node, operator == requester ? 0 : burned);
        } else if (outcome == ClaimOutcome.ProvedFailure || outcome == ClaimOutcome.Displaced) {
            --node.openClaims;
        } else {
            _countFailed(nodeId, outcome, requester, cost);
        }
    }

    /// @inheritdoc INodeRegistry
    function slashEquivocation(address signer) external onlyMarket returns (NodeId nodeId) {
        nodeId = _condemnKey(signer);
        NodeRecord memory node = _nodes[nodeId];
        _slash(nodeId, node, SlashCause.Equivocation, node.stake, address(0), 0);
        node.burned = 0;
        node.factor = 0;
        _store(nodeId, node);
    }

    /// @inheritdoc INodeRegistry
    function pauseClaims(uint40 duration) external restricted {
        if (duration > MAX_PAUSE) revert PauseTooLong(duration, MAX_PAUSE);
        uint256 earliest = _totals.pausedUntil == 0 ? 0 : _totals.pausedUntil + MAX_PAUSE;
        if (block.timestamp < earliest) revert PauseTooSoon(earliest, block.timestamp);

        uint40 until = uint40(block.timestamp + duration);
        _totals.pausedUntil = until;

        emit ClaimsPaused(msg.sender, until);
    }

    /// @inheritdoc INodeRegistry
    function unpauseClaims() external restricted {
        if (block.timestamp >= _totals.pausedUntil) revert ClaimsNotPaused();

        _totals.pausedUntil = uint40(block.timestamp);

        emit ClaimsUnpaused(msg.sender);
    }

    /// @inheritdoc INodeRegistry
    function claimerOf(address signer) external view returns (Claimer memory) {
        NodeId nodeId = _keys[signer].nodeId;
        return _claimer(nodeId, _nodes[nodeId], _totals.weight);
    }

    /// @inheritdoc INodeRegistry
    function pausedUntil() external view returns (uint40) {
        return _totals.pausedUntil;
    }

    function _claimer(NodeId nodeId, NodeRecord memory node, uint256 totalWeight)
        private
        pure
        returns (Claimer memory)
    {
        return Claimer({
            nodeId: nodeId, weight: node.weightOf(), weightSince: node.weightSince, totalWeight: totalWeight
        });
    }

    function _countFailed(NodeId nodeId, ClaimOutcome outcome, address victim, uint96 cost) private {
        NodeRecord memory node = _nodes[nodeId];
        --node.openClaims;
        if (node.failed != type(uint16).max) ++node.failed;
        if (outcome == ClaimOutcome.UnprovedFailure) {
            uint96 part = CLAIM_BOND / UNPROVED_BOND_SHARE;
            _slash(nodeId, node, SlashCause.UnprovedFailure, part, address(0), 0);
        } else if (outcome == ClaimOutcome.TimedOut) {
            node.burned /= 2;
            node.factor /= 2;
            _slash(nodeId, node, SlashCause.TimedOut, CLAIM_BOND, victim, cost);
        }
        _store(nodeId, node);
    }

    function _requireMayClaim(
        JobId jobId,
        address signer,
        address caller,
        EnclaveKey storage key,
        NodeStatus nodeStatus,
        uint32 bans
    ) private view {
        if (key.keyClass != KEY_WORKER) revert ClaimKeyNotWorker(jobId, signer);
        address operator = _operatorOf(key.nodeId);
        if (caller != operator) revert ClaimCallerNotOperator(jobId, caller, operator);
        if (block.timestamp >= key.openUntil) revert ClaimKeyExpired(jobId, signer, key.openUntil);
        KeyState state = _stateOf(key.state, nodeStatus);
        if (state != KeyState.Active) revert ClaimKeyNotActive(jobId, signer, state);
        if (_isBanned(key, bans)) revert ClaimMeasurementBanned(jobId, key.measurement);
    }

    /// @dev Expiry is not asked: the claim was made in time, and shares taken later are refused by guardians.
    function _requireUsable(address signer, EnclaveKey storage key, NodeStatus nodeStatus) private view {
        KeyState state = _stateOf(key.state, nodeStatus);
        bool banned = _isBanned(key, _totals.bans);
        if (banned || (state != KeyState.Active && state != KeyState.Draining)) {
            revert EnclaveKeyNotUsable(signer, state, banned);
        }
    }
}
