// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {NodeKit} from "../helpers/NodeKit.sol";
import {vm} from "../helpers/Vm.sol";

/// @dev What an operator says is kept, however short.
contract NodeEndpointBytesTest is NodeKit {
    function test_registerNode_EndpointOfOneByte() public {
        vm.prank(STRANGER);
        eq(keccak256(bytes(nodes.nodeOf(nodes.registerNode(1, 0, "x")).endpoint)), keccak256("x"));
    }
}
