// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";

/// @dev An account that is a contract with one key.
contract SmartWallet is IERC1271 {
    address private immutable KEY;

    constructor(address key) {
        KEY = key;
    }

    function isValidSignature(bytes32 hash, bytes calldata signature) external view virtual returns (bytes4) {
        (address recovered,,) = ECDSA.tryRecoverCalldata(hash, signature);
        return recovered == KEY ? IERC1271.isValidSignature.selector : bytes4(0xffffffff);
    }

    function run(address target, bytes calldata data) external {
        (bool success,) = target.call(data);
        require(success, "call failed");
    }
}

/// @dev An account that burns all gas it gets.
contract GasBurner {
    function isValidSignature(bytes32, bytes calldata) external pure returns (bytes4) {
        while (true) {}
        return 0;
    }
}

/// @dev An account that answers with a megabyte.
contract ReturnBomb {
    fallback() external {
        assembly {
            return(0, 1000000)
        }
    }
}

/// @dev An account that answers with the selector but too few bytes.
contract ShortAnswer {
    fallback() external {
        assembly {
            mstore(0, 0x1626ba7e00000000000000000000000000000000000000000000000000000000)
            return(0, 4)
        }
    }
}
