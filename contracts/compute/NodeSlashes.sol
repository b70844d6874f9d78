// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {INodeRegistry, NodeStatus, Slash, SlashCause} from "../interfaces/INodeRegistry.sol";
import {NodeId} from "../types/Ids.sol";
import {NodeStakes} from "./NodeStakes.sol";

/// @dev What is slashed leaves the stake at once, waits for an appeal, then pays who was hurt and burns the rest.
abstract contract NodeSlashes is NodeStakes {
    using SafeERC20 for IERC20;

    /// @inheritdoc INodeRegistry
    uint256 public constant APPEAL_DELAY = 3 days;

    /// @dev Where burned stake goes. Not every token can be burned, and none goes to the zero address.
    address internal constant BURNED = 0x000000000000000000000000000000000000dEaD;

    /// @inheritdoc INodeRegistry
    function cancelSlash(uint256 slashId) external restricted {
        Slash memory pending = _requireSlash(slashId);
        if (block.timestamp >= pending.executableAt) {
            revert SlashAppealOver(slashId, pending.executableAt, block.timestamp);
        }

        delete _slashes[slashId];
        NodeRecord memory node = _nodes[pending.nodeId];
        if (node.status == NodeStatus.Exited) {
            _compensations[_operatorOf(pending.nodeId)] += pending.amount;
        } else {
            node.stake += pending.amount;
            // What was weighed against less stake since is too much for all of it.
            _refresh(node);
            _store(pending.nodeId, node);
        }

        emit SlashCancelled(slashId, pending.nodeId, pending.amount);
    }

    /// @inheritdoc INodeRegistry
    function executeSlash(uint256 slashId) external nonReentrant {
        Slash memory pending = _requireSlash(slashId);
        if (block.timestamp < pending.executableAt) {
            revert SlashAppealOpen(slashId, pending.executableAt, block.timestamp);
        }

        delete _slashes[slashId];
        uint96 paid = pending.cost < pending.amount ? pending.cost : pending.amount;
        uint96 burned = pending.amount - paid;
        if (paid != 0) _compensations[pending.victim] += paid;
        emit SlashExecuted(slashId, pending.nodeId, paid, burned);

        if (burned != 0) STAKE_TOKEN.safeTransfer(BURNED, burned);
    }

    /// @inheritdoc INodeRegistry
    function withdrawCompensation() external nonReentrant returns (uint256 amount) {
        amount = _compensations[msg.sender];
        if (amount == 0) revert CompensationEmpty(msg.sender);

        _compensations[msg.sender] = 0;
        emit CompensationWithdrawn(msg.sender, amount);

        STAKE_TOKEN.safeTransfer(msg.sender, amount);
    }

    /// @inheritdoc INodeRegistry
    function slashOf(uint256 slashId) external view returns (Slash memory) {
        return _slashes[slashId];
    }

    /// @inheritdoc INodeRegistry
    function slashCount() external view returns (uint256) {
        return _slashCount;
    }

    /// @inheritdoc INodeRegistry
    function compensationOf(address account) external view returns (uint256) {
        return _compensations[account];
    }

    /// @dev Takes up to `amount` off `node.stake`; the caller stores the node.
    function _slash(
        NodeId nodeId,
        NodeRecord memory node,
        SlashCause cause,
        uint96 amount,
        address victim,
        uint96 cost
    ) internal {
        if (amount > node.stake) amount = node.stake;
        if (amount == 0) return;

        node.stake -= amount;
        uint256 slashId = ++_slashCount;
        uint40 executableAt = uint40(block.timestamp + APPEAL_DELAY);
        _slashes[slashId] = Slash({
            nodeId: nodeId, executableAt: executableAt, cause: cause, amount: amount, victim: victim, cost: cost
        });

        emit NodeSlashed(nodeId, slashId, cause, amount, victim, cost, executableAt);
    }

    function _requireSlash(uint256 slashId) private view returns (Slash memory pending) {
        pending = _slashes[slashId];
        if (pending.amount == 0) revert SlashUnknown(slashId);
    }
}
