// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {JobId, NodeId} from "../types/Ids.sol";

/// @notice A weighted exponential race: node i may claim after `unit · E_i · W / w_i` blocks, E_i exponential with mean 1.
/// @dev The smallest of these is node i's with probability w_i / W, so shares follow weights, a node gains nothing by
/// splitting, and nobody has to know who else runs. The same steps, bit for bit, are in sdk/src/compute/weightedRace.ts;
/// docs/protocol.md, 5.6.
library WeightedRace {
    /// @dev Delays count in 2^-16 blocks.
    uint256 internal constant BLOCK = 1 << 16;

    /// @dev Blocks after which everyone may claim: a dead first node delays a job by no more.
    uint256 internal constant MAX_BLOCKS = 64;

    uint256 private constant ONE = 1 << 64;

    /// @dev round(ln 2 · 2^64).
    uint256 private constant LN2 = 12_786_308_645_202_655_660;

    /// @dev round(√2 · 2^64).
    uint256 private constant SQRT2 = 26_087_635_650_665_564_425;

    /// @param unit blocks; the first claim comes so long after the start, on average.
    /// @param weight of the node, not zero.
    /// @return in 2^-16 blocks, at most `MAX_BLOCKS`.
    function delayOf(
        bytes32 seed,
        JobId jobId,
        uint256 attempt,
        NodeId nodeId,
        uint256 unit,
        uint256 weight,
        uint256 totalWeight
    ) internal pure returns (uint256) {
        uint256 draw = uint256(keccak256(abi.encode(seed, jobId, attempt, nodeId))) >> 192;
        // Below 2^70 · 2^32 · 2^128.
        uint256 delay = (negativeLog(draw + 1) * unit * totalWeight) / (weight << 48);
        return Math.min(delay, MAX_BLOCKS * BLOCK);
    }

    /// @notice −ln(x / 2^64) in 64.64 fixed point, for 1 ≤ x ≤ 2^64. The error is below 2^-30.
    /// @dev x = 2^n · m with m in [√½, √2), and ln m = 2·(s + s³/3 + s⁵/5 + s⁷/7 + s⁹/9), s = (m − 1) / (m + 1). |s| < 0.172, so
    /// the next term is below 2^-30. No loop, no table.
    function negativeLog(uint256 x) internal pure returns (uint256) {
        uint256 n = Math.log2(x);
        // In [1, 2), scaled by 2^64.
        uint256 m = x << (64 - n);
        uint256 whole = (64 - n) * LN2;
        if (m >= SQRT2) {
            // m / 2 is in [√½, 1): its logarithm is negative, and n is one more.
            return whole - LN2 + _log((2 * ONE - m) * ONE / (2 * ONE + m));
        }
        uint256 part = _log(((m - ONE) * ONE) / (m + ONE));
        // x = 2^64: n is 64, m is 1, both are zero.
        return whole - part;
    }

    /// @dev 2·(s + s³/3 + s⁵/5 + s⁷/7 + s⁹/9) of s ≥ 0.
    function _log(uint256 s) private pure returns (uint256) {
        uint256 square = (s * s) >> 64;
        uint256 sum = ONE / 9;
        sum = ONE / 7 + ((sum * square) >> 64);
        sum = ONE / 5 + ((sum * square) >> 64);
        sum = ONE / 3 + ((sum * square) >> 64);
        sum = ONE + ((sum * square) >> 64);
        return (2 * s * sum) >> 64;
    }
}
