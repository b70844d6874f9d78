/** Bits behind the point, of all that is computed here. */
const bits = 256n;
const one = 1n << bits;

/** Digits of log2 that are found; 64 of them are asked for. */
const digits = 128n;

/**
 * round(−ln(x / 2^64) · 2^64), for 1 ≤ x ≤ 2^64, in a way that shares no step with the race's: log2 digit by digit, by squaring,
 * times ln 2 as the sum of 1 / (k · 2^k).
 */
export function exactNegativeLog(x: bigint): bigint {
  const whole = BigInt(x.toString(2).length - 1);
  let rest = (x << bits) >> whole; // in [1, 2)
  let fraction = 0n;
  for (let digit = 0n; digit < digits; digit += 1n) {
    rest = (rest * rest) >> bits;
    fraction <<= 1n;
    if (rest >= 2n * one) {
      rest >>= 1n;
      fraction |= 1n;
    }
  }
  const binary = ((64n - whole) << digits) - fraction;
  const shift = digits + bits - 64n;
  return (binary * ln2() + (1n << (shift - 1n))) >> shift;
}

function ln2(): bigint {
  let sum = 0n;
  for (let k = 1n; k <= bits; k += 1n) sum += (one >> k) / k;
  return sum;
}
