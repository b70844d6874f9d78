// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";

/// @notice Is this the signature of that owner?
/// @dev The owner's own key comes first: an account that has delegated its code (EIP-7702) keeps its key's right to
/// revoke, whatever the code says. Only then is a contract asked (ERC-1271), once, with bounded gas and one word of
/// answer, so that it can neither burn the sender's gas nor flood memory.
library OwnerSignature {
    /// @dev Enough for a passkey wallet that verifies P-256 in Solidity.
    uint256 internal constant ERC1271_GAS = 500_000;

    function isValid(address owner, bytes32 digest, bytes calldata signature) internal view returns (bool) {
        (address recovered, ECDSA.RecoverError problem,) = ECDSA.tryRecoverCalldata(digest, signature);
        if (problem == ECDSA.RecoverError.NoError && recovered == owner) return true;
        return owner.code.length != 0 && _isValidForContract(owner, digest, signature);
    }

    function _isValidForContract(address owner, bytes32 digest, bytes calldata signature)
        private
        view
        returns (bool valid)
    {
        bytes memory question = abi.encodeCall(IERC1271.isValidSignature, (digest, signature));
        bytes32 wanted = bytes32(IERC1271.isValidSignature.selector);
        assembly ("memory-safe") {
            // Word 0 is scratch space. The answer is the selector, left aligned, zeros behind it.
            mstore(0, 0)
            let success := staticcall(ERC1271_GAS, owner, add(question, 0x20), mload(question), 0, 0x20)
            valid := and(and(success, gt(returndatasize(), 0x1f)), eq(mload(0), wanted))
        }
    }
}
