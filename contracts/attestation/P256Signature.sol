// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {P256} from "@openzeppelin/contracts/utils/cryptography/P256.sol";

/// @dev ECDSA over P-256, by the precompile of EIP-7951 and RIP-7212 where the chain has it and by OpenZeppelin's Solidity
/// where not; the verdict is the same. Intel does not normalise: half of its signatures have s > n / 2, and they count.
library P256Signature {
    uint256 private constant PRECOMPILE = 0x100;

    /// @param digest sha256 of what was signed.
    function isValid(bytes32 digest, bytes32 r, bytes32 s, bytes32 x, bytes32 y) internal view returns (bool) {
        if (_isConfirmed(digest, r, s, x, y)) return true;
        // An invalid signature and an absent precompile answer alike, with nothing.
        if (isPrecompiled()) return false;
        if (uint256(s) > P256.N / 2 && uint256(s) < P256.N) s = bytes32(P256.N - uint256(s));
        return P256.verifySolidity(digest, r, s, x, y);
    }

    /// @dev By a signature that is known to be good, from Wycheproof's vectors.
    function isPrecompiled() internal view returns (bool) {
        return _isConfirmed(
            0xbb5a52f42f9c9261ed4361f59422a1e30036e7c32b270c8807a419feca605023,
            bytes32(uint256(5)),
            bytes32(uint256(1)),
            0xa71af64de5126a4a4e02b7922d66ce9415ce88a4c9d25514d91082c8725ac957,
            0x5d47723c8fbe580bb369fec9c2665d8e30a435b9932645482e7c9f11e872296b
        );
    }

    function _isConfirmed(bytes32 digest, bytes32 r, bytes32 s, bytes32 x, bytes32 y)
        private
        view
        returns (bool confirmed)
    {
        assembly ("memory-safe") {
            let free := mload(0x40)
            mstore(free, digest)
            mstore(add(free, 0x20), r)
            mstore(add(free, 0x40), s)
            mstore(add(free, 0x60), x)
            mstore(add(free, 0x80), y)
            // Where nothing is returned, scratch space holds what was there before.
            let called := staticcall(gas(), PRECOMPILE, free, 0xa0, 0x00, 0x20)
            confirmed := and(called, and(eq(returndatasize(), 0x20), eq(mload(0x00), 1)))
        }
    }
}
