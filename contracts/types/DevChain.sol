// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @dev Simulated evidence and test money exist on these chain ids only.
function isDevChain() view returns (bool) {
    return block.chainid == 31337 || block.chainid == 1337;
}
