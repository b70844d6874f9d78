// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {WeightedRace} from "../../../contracts/compute/WeightedRace.sol";
import {JobId, NodeId} from "../../../contracts/types/Ids.sol";
import {Check} from "../helpers/Check.sol";

contract WeightedRaceTest is Check {
    /// @dev 2^-30 of 64.64 fixed point.
    uint256 private constant TOLERANCE = 1 << 34;

    uint256 private constant BLOCK = 1 << 16;
    uint256 private constant UNIT = 4;
    JobId private constant JOB = JobId.wrap("job");

    /// @dev 49 degrees of freedom, p = 0.001. In thousandths.
    uint256 private constant CRITICAL_49 = 85_351;

    /// @dev One degree of freedom, p = 0.001. In thousandths.
    uint256 private constant CRITICAL_1 = 10_828;

    // The logarithm

    /// Round(-ln(x / 2^64) * 2^64) by Python's decimal with 60 digits: ends, powers of two, around sqrt(1/2), and random.
    function test_negativeLog_Vectors() public pure {
        uint256[74] memory vectors = [
            uint256(1), 818_323_753_292_969_962_226,
            2, 805_537_444_647_767_306_567,
            3, 798_057_933_567_677_022_588,
            65_536, 613_742_814_969_727_471_670,
            2_147_483_648, 421_948_185_291_687_636_773,
            4_294_967_296, 409_161_876_646_484_981_113,
            4_294_967_297, 409_161_876_642_190_013_818,
            4_611_686_018_427_387_904, 25_572_617_290_405_311_320,
            9_223_372_036_854_775_807, 12_786_308_645_202_655_662,
            9_223_372_036_854_775_808, 12_786_308_645_202_655_660,
            9_223_372_036_854_775_809, 12_786_308_645_202_655_658,
            13_043_817_825_332_782_212, 6_393_154_322_601_327_830,
            13_043_817_825_332_782_213, 6_393_154_322_601_327_829,
            13_043_817_825_332_782_211, 6_393_154_322_601_327_832,
            18_446_744_073_709_551_614, 2,
            18_446_744_073_709_551_615, 1,
            18_446_744_073_709_551_616, 0,
            10_509_484_535_949_048_316, 10_378_317_949_180_146_390,
            4_389_513_409_687_898_346, 26_483_427_870_771_180_580,
            7_094_952_660_450_611_481, 17_625_942_242_937_804_522,
            11_383_752_525_327_097_774, 8_904_257_387_736_045_681,
            1_151_157_136_492_133_900, 51_173_486_093_450_033_908,
            7_134_189_978_434_999_630, 17_524_207_006_182_668_968,
            322_714_942_608_149_841, 74_633_197_768_133_046_866,
            8_056_606_706_632_270_310, 15_281_198_271_593_708_822,
            13_241_107_244_805_166_581, 6_116_233_938_356_523_034,
            4_184_490_998_275_178_245, 27_365_796_680_910_560_215,
            6_682_510_219_507_317_982, 18_730_716_639_169_270_300,
            7_352_142_984_425_953_506, 16_969_086_984_934_745_760,
            16, 767_178_518_712_159_339_587,
            1_559, 682_706_982_627_329_765_645,
            7_888_372, 525_372_849_164_278_387_488,
            97_460_986_726, 351_570_990_001_138_669_730,
            1_137_332_509_201, 306_247_547_641_525_598_544,
            8_168_136_469_106_860, 142_453_180_198_385_732_354,
            482_262_452_745_440_631, 67_222_788_881_542_787_589,
            1_997_740_966_730_071_281, 41_004_729_796_980_483_742
        ];
        for (uint256 i = 0; i < vectors.length; i += 2) {
            near(WeightedRace.negativeLog(vectors[i]), vectors[i + 1], TOLERANCE);
        }
    }

    function test_negativeLog_OfOneIsZero() public pure {
        eq(WeightedRace.negativeLog(1 << 64), 0);
    }

    /// Powers of two are multiples of ln 2, to the last bit.
    function test_negativeLog_PowersOfTwo() public pure {
        for (uint256 n = 0; n <= 64; ++n) {
            eq(WeightedRace.negativeLog(1 << n), (64 - n) * 12_786_308_645_202_655_660);
        }
    }

    /// Where one formula takes over from the other.
    function test_negativeLog_FallsAtEachSeam() public pure {
        for (uint256 n = 1; n < 64; ++n) {
            falls(1 << n);
            falls((26_087_635_650_665_564_425 >> (64 - n)) + 1);
            falls(26_087_635_650_665_564_425 >> (64 - n));
        }
    }

    function testFuzz_negativeLog_Falls(uint64 a, uint64 b) public pure {
        (uint256 low, uint256 high) = a < b ? (a, b) : (b, a);
        yes(WeightedRace.negativeLog(low + 1) >= WeightedRace.negativeLog(high + 1));
        falls(high + 1);
    }

    /// ln(x / 2) = ln x - ln 2, also between the formulas.
    function testFuzz_negativeLog_Halves(uint64 half) public pure {
        uint256 x = 2 * bound(half, 1, 1 << 63);
        uint256 wanted = WeightedRace.negativeLog(x) + 12_786_308_645_202_655_660;
        near(WeightedRace.negativeLog(x / 2), wanted, 2);
    }

    /// ln(x * y) = ln x + ln y.
    function testFuzz_negativeLog_OfAProduct(uint32 a, uint32 b) public pure {
        uint256 x = (uint256(a) + 1) << 32;
        uint256 y = (uint256(b) + 1) << 32;
        uint256 wanted = WeightedRace.negativeLog(x) + WeightedRace.negativeLog(y);
        near(WeightedRace.negativeLog((x * y) >> 64), wanted, 3 * TOLERANCE);
    }

    // The delay

    function testFuzz_delayOf(bytes32 seed, uint8 attempt, uint32 node, uint96 weight, uint128 others, uint8 unit)
        public
        pure
    {
        unit = uint8(bound(unit, 1, 63));
        weight = uint96(bound(weight, 1, type(uint96).max));
        uint256 total = bound(others, weight, type(uint128).max);
        uint256 draw = uint256(keccak256(abi.encode(seed, JOB, attempt, node))) >> 192;
        uint256 wanted = (WeightedRace.negativeLog(draw + 1) * unit * total) / weight >> 48;
        if (wanted > 64 * BLOCK) wanted = 64 * BLOCK;
        eq(delayOf(seed, attempt, node, unit, weight, total), wanted);
    }

    /// Each part of the draw changes it.
    function test_delayOf_DrawsAnewForEachAttempt() public pure {
        uint256 first = delayOf("seed", 1, 1, UNIT, 1, 1);
        yes(first != delayOf("seed", 2, 1, UNIT, 1, 1));
        yes(first != delayOf("seed", 1, 2, UNIT, 1, 1));
        yes(first != delayOf("other", 1, 1, UNIT, 1, 1));
        yes(first != WeightedRace.delayOf("seed", JobId.wrap("other"), 1, NodeId.wrap(1), UNIT, 1, 1));
    }

    function test_delayOf_LargestValuesDoNotOverflow() public pure {
        eq(delayOf("seed", 1, 1, 63, 1, type(uint128).max), 64 * BLOCK);
        yes(delayOf("seed", 1, 1, 63, type(uint96).max, type(uint96).max) <= 64 * BLOCK);
    }

    // The shares. Seeds are fixed: what passes once passes for ever.

    function test_Draws_SharesFollowWeights() public pure {
        uint256[] memory weights = unevenWeights();
        (uint256[] memory wins,) = race(weights, 20_000, "shares");
        yes(chiSquare(wins, weights, 20_000) < CRITICAL_49);
    }

    /// The first of fifty nodes is ten: what they win together is what it won alone.
    function test_Draws_SplittingANodeGainsNothing() public pure {
        uint256[] memory whole = unevenWeights();
        uint256[] memory parts = new uint256[](59);
        for (uint256 i = 0; i < 49; ++i) {
            parts[i] = whole[i + 1];
        }
        for (uint256 i = 49; i < 59; ++i) {
            parts[i] = whole[0] / 10;
        }
        (uint256[] memory wins,) = race(parts, 8000, "split");
        uint256[] memory two = new uint256[](2);
        uint256[] memory weights = new uint256[](2);
        for (uint256 i = 0; i < 59; ++i) {
            two[i < 49 ? 0 : 1] += wins[i];
            weights[i < 49 ? 0 : 1] += parts[i];
        }
        eq(weights[1], whole[0]);
        yes(chiSquare(two, weights, 8000) < CRITICAL_1);
    }

    /// The winner comes after `UNIT` blocks on average, whatever the number of nodes.
    function test_Draws_FirstClaimComesAfterTheUnit() public pure {
        (, uint256 sum) = race(unevenWeights(), 4000, "mean");
        // Four standard errors of the mean of 4,000 exponential draws.
        near(sum / 4000, UNIT * BLOCK, (4 * UNIT * BLOCK) / 63);
    }

    function testFuzz_NobodyWaitsLongerThanTheMaximum(bytes32 seed, uint32 node, uint96 weight) public pure {
        yes(delayOf(seed, 1, node, UNIT, uint256(weight) + 1, uint256(type(uint128).max)) <= 64 * BLOCK);
        yes(delayOf(seed, 1, node, 63, uint256(weight) + 1, uint256(weight) + 1) <= 64 * BLOCK);
    }

    /// @dev Fifty nodes, the largest with thirty times the stake of the smallest.
    function unevenWeights() private pure returns (uint256[] memory weights) {
        weights = new uint256[](50);
        weights[0] = 5000e18;
        for (uint256 i = 1; i < 50; ++i) {
            weights[i] = (500 + uint256(keccak256(abi.encode("weight", i))) % 14_500) * 1e18;
        }
    }

    /// @return wins of each node.
    /// @return sum of the winners' delays.
    function race(uint256[] memory weights, uint256 draws, bytes32 salt)
        private
        pure
        returns (uint256[] memory wins, uint256 sum)
    {
        uint256 total = 0;
        for (uint256 i = 0; i < weights.length; ++i) {
            total += weights[i];
        }
        wins = new uint256[](weights.length);
        for (uint256 i = 0; i < draws; ++i) {
            (uint256 winner, uint256 delay) = winnerOf(keccak256(abi.encode(salt, i)), weights, total);
            ++wins[winner];
            sum += delay;
        }
    }

    function winnerOf(bytes32 seed, uint256[] memory weights, uint256 total)
        private
        pure
        returns (uint256 winner, uint256 best)
    {
        uint256 free;
        assembly ("memory-safe") {
            free := mload(0x40)
        }
        best = type(uint256).max;
        for (uint256 i = 0; i < weights.length; ++i) {
            uint256 delay = delayOf(seed, 1, uint32(i + 1), UNIT, weights[i], total);
            if (delay < best) (winner, best) = (i, delay);
        }
        // What the draws encoded is garbage now; memory would cost more and more.
        assembly ("memory-safe") {
            mstore(0x40, free)
        }
    }

    /// @dev In thousandths.
    function chiSquare(uint256[] memory wins, uint256[] memory weights, uint256 draws)
        private
        pure
        returns (uint256 sum)
    {
        uint256 total = 0;
        for (uint256 i = 0; i < weights.length; ++i) {
            total += weights[i];
        }
        for (uint256 i = 0; i < weights.length; ++i) {
            // In millionths.
            uint256 wanted = (draws * 1e6 * weights[i]) / total;
            uint256 got = wins[i] * 1e6;
            uint256 difference = got > wanted ? got - wanted : wanted - got;
            sum += (difference * difference) / wanted;
        }
        sum /= 1000;
    }

    function delayOf(bytes32 seed, uint256 attempt, uint32 node, uint256 unit, uint256 weight, uint256 total)
        private
        pure
        returns (uint256)
    {
        return WeightedRace.delayOf(seed, JOB, attempt, NodeId.wrap(node), unit, weight, total);
    }

    function falls(uint256 x) private pure {
        yes(WeightedRace.negativeLog(x) >= WeightedRace.negativeLog(x == 1 << 64 ? x : x + 1));
    }

    function near(uint256 got, uint256 wanted, uint256 tolerance) private pure {
        if (got > wanted + tolerance || wanted > got + tolerance) revert UintUnequal(got, wanted);
    }
}
