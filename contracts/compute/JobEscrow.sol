// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {IJobMarket, TokenTerms} from "../interfaces/IJobMarket.sol";
import {JobInput, JobOrder} from "../types/JobParams.sol";
import {JobStorage} from "./JobStorage.sol";

/// @dev The market's money: which tokens it takes, whom it owes what. Only here do tokens leave; they come in where a job is
/// posted.
abstract contract JobEscrow is JobStorage, IJobMarket, AccessManaged, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;

    /// @inheritdoc IJobMarket
    uint16 public constant MAX_PROTOCOL_FEE_BPS = 500;

    /// @dev Not every token can be burned, and none goes to the zero address.
    address private constant BURNED = 0x000000000000000000000000000000000000dEaD;

    /// @inheritdoc IJobMarket
    function allowToken(address token, uint16 protocolFeeBps, uint96 burnedUnit) external restricted {
        if (token == address(0)) revert TokenMissing();
        if (protocolFeeBps > MAX_PROTOCOL_FEE_BPS) {
            revert ProtocolFeeTooHigh(token, protocolFeeBps, MAX_PROTOCOL_FEE_BPS);
        }
        TokenTerms storage terms = _tokens[token];
        terms.allowed = true;
        terms.protocolFeeBps = protocolFeeBps;
        terms.burnedUnit = burnedUnit;

        emit TokenAllowed(token, protocolFeeBps, burnedUnit);
    }

    /// @inheritdoc IJobMarket
    function removeToken(address token) external restricted {
        TokenTerms storage terms = _tokens[token];
        if (!terms.allowed) revert TokenNotAllowed(token);
        terms.allowed = false;

        emit TokenRemoved(token);
    }

    /// @inheritdoc IJobMarket
    function withdraw(address token) external nonReentrant returns (uint256 amount) {
        amount = _balances[token][msg.sender];
        if (amount == 0) revert BalanceEmpty(token, msg.sender);

        _balances[token][msg.sender] = 0;
        emit Withdrawn(token, msg.sender, amount);

        IERC20(token).safeTransfer(msg.sender, amount);
    }

    /// @inheritdoc IJobMarket
    function burnProtocolFees(address token) external nonReentrant returns (uint256 amount) {
        amount = _tokens[token].collected;
        if (amount == 0) revert BalanceEmpty(token, BURNED);

        _tokens[token].collected = 0;
        emit ProtocolFeesBurned(token, amount);

        IERC20(token).safeTransfer(BURNED, amount);
    }

    /// @inheritdoc IJobMarket
    function balanceOf(address token, address account) external view returns (uint256) {
        return _balances[token][account];
    }

    /// @inheritdoc IJobMarket
    function tokenOf(address token) external view returns (TokenTerms memory) {
        return _tokens[token];
    }

    function _credit(address token, address account, uint256 amount) internal {
        if (amount != 0) _balances[token][account] += amount;
    }

    function _payOwners(JobOrder calldata order) internal {
        for (uint256 i = 0; i < order.inputs.length; ++i) {
            JobInput calldata input = order.inputs[i];
            _credit(order.token, input.owner, input.price);
        }
    }

    /// @dev Keeps a protocol fee that was escrowed.
    function _collect(address token, uint96 amount) internal {
        if (amount != 0) _tokens[token].collected += amount;
    }

    /// @dev What a job's protocol fee adds to its node's reputation, in units of {INodeRegistry-closeClaim}.
    function _burnedUnits(JobOrder calldata order) internal view returns (uint32) {
        if (order.protocolFee == 0) return 0;
        uint256 unit = _tokens[order.token].burnedUnit;
        if (unit == 0) return 0;
        uint256 units = order.protocolFee / unit;
        return units > type(uint32).max ? type(uint32).max : uint32(units);
    }
}
