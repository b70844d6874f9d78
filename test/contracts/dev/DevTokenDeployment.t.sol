// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {DevToken} from "../../../contracts/dev/DevToken.sol";
import {Kit} from "../helpers/Kit.sol";
import {vm} from "../helpers/Vm.sol";

/// @dev Money that anyone may make is for chains that nobody pays on.
contract DevTokenDeploymentTest is Kit {
    function test_RevertWhen_DeployedOnARealChain() public {
        vm.expectRevert(abi.encodeWithSelector(DevToken.DevTokenNotAllowed.selector, 1));
        this.deployToken(1);
        this.deployToken(1337);
    }

    function deployToken(uint256 chainId) external {
        vm.chainId(chainId);
        make("dev", "DevToken", "");
    }
}
