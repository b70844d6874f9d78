// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @dev As USDC: its issuer decides who may be paid.
contract BlocklistToken is ERC20("Blocklist", "BL") {
    mapping(address => bool) public blocked;

    error Blocked(address account);

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    function block_(address account) external {
        blocked[account] = true;
    }

    function _update(address from, address to, uint256 amount) internal override {
        if (blocked[to]) revert Blocked(to);
        super._update(from, to, amount);
    }
}

/// @dev Calls back before and after it moves anything, and says what came of each call.
contract CallbackToken is ERC20("Callback", "CB") {
    address private target;
    bytes private payload;
    bool private after_;
    uint256 public calls;
    uint256 public successes;
    bytes4 public problem;

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    function arm(address target_, bytes calldata payload_, bool afterwards) external {
        (target, payload, after_) = (target_, payload_, afterwards);
        (calls, successes, problem) = (0, 0, 0);
    }

    function _update(address from, address to, uint256 amount) internal override {
        if (!after_) _call(from);
        super._update(from, to, amount);
        if (after_) _call(from);
    }

    function _call(address from) private {
        if (target == address(0) || from == address(0)) return;
        ++calls;
        (bool ok, bytes memory answer) = target.call(payload);
        if (ok) ++successes;
        else problem = bytes4(answer);
    }
}
