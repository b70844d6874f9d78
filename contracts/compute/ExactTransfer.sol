// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {IJobMarket} from "../interfaces/IJobMarket.sol";

/// @notice Takes tokens and insists on all of them: what arrives is what is owed later, so tokens that take a fee on
/// transfer are refused.
library ExactTransfer {
    using SafeERC20 for IERC20;

    /// @dev The caller holds a reentrancy lock: a transfer within the transfer would be counted twice.
    function pull(IERC20 token, address from, uint256 amount) internal {
        if (amount == 0) return;
        uint256 before = token.balanceOf(address(this));
        token.safeTransferFrom(from, address(this), amount);
        uint256 arrived = token.balanceOf(address(this)) - before;
        if (arrived != amount) revert IJobMarket.TokenAmountMismatched(address(token), arrived, amount);
    }
}
