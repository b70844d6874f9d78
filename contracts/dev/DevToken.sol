// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ERC20, ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";
import {isDevChain} from "../types/DevChain.sol";

/// @title Test money
/// @notice Anyone mints any amount; exists on development chains only.
contract DevToken is ERC20Permit {
    error DevTokenNotAllowed(uint256 chainId);

    constructor() ERC20("Persona Dev Token", "PDEV") ERC20Permit("Persona Dev Token") {
        if (!isDevChain()) revert DevTokenNotAllowed(block.chainid);
    }

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }
}
