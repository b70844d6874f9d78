// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @dev An account that answers every question with one word, and every call otherwise with nothing.
contract OneWordAccount {
    bytes32 private immutable WORD;

    constructor(bytes32 word) {
        WORD = word;
    }

    function isValidSignature(bytes32, bytes calldata) external view returns (bytes32) {
        return WORD;
    }
}

/// @dev An account that reverts with the right answer.
contract RevertingAccount {
    fallback() external {
        assembly {
            mstore(0, 0x1626ba7e00000000000000000000000000000000000000000000000000000000)
            revert(0, 0x20)
        }
    }
}

/// @dev An account that reverts with a megabyte.
contract RevertBomb {
    fallback() external {
        assembly {
            mstore(0, 0x1626ba7e00000000000000000000000000000000000000000000000000000000)
            revert(0, 1000000)
        }
    }
}

/// @dev An account that says yes if, while it is asked, it can do something else.
contract ReentrantAccount {
    address private target;
    bytes private payload;

    function arm(address target_, bytes calldata payload_) external {
        target = target_;
        payload = payload_;
    }

    function isValidSignature(bytes32, bytes calldata) external returns (bytes4) {
        (bool ok,) = target.call(payload);
        return ok ? bytes4(0x1626ba7e) : bytes4(0);
    }
}

/// @dev An account that uses the given gas, or a little more, and then says yes.
contract SlowAccount {
    uint256 private immutable GAS;

    constructor(uint256 gas_) {
        GAS = gas_;
    }

    function isValidSignature(bytes32, bytes calldata) external view returns (bytes4) {
        uint256 until = gasleft() > GAS ? gasleft() - GAS : 0;
        while (gasleft() > until) {}
        return 0x1626ba7e;
    }
}
