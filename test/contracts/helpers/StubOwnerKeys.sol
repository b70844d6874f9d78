// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @dev In the place of OwnerKeys where a test is about what DatasetRegistry makes of its answer.
contract StubOwnerKeys {
    mapping(address owner => address) public successorOf;

    function set(address owner, address successor) external {
        successorOf[owner] = successor;
    }
}
