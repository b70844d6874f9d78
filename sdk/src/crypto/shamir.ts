import { combine, split } from "shamir-secret-sharing";
import { zeroise } from "./bytes.ts";

/** The most guardians one KeyBox may have; t and n are a byte each on chain. */
export const MAX_SHARES = 16;

/** A usable threshold: 2 ≤ t ≤ n ≤ 16. One share must never be the secret. */
export function isThreshold(threshold: number, shares: number): boolean {
  return (
    Number.isInteger(threshold) &&
    Number.isInteger(shares) &&
    threshold >= 2 &&
    threshold <= shares &&
    shares <= MAX_SHARES
  );
}

/**
 * Shamir's t-of-n over GF(2^8) by the audited package `shamir-secret-sharing`. A share is one byte longer than the
 * secret: its last byte is the x coordinate, drawn at random for each set.
 *
 * @throws RangeError unless 2 ≤ threshold ≤ shares ≤ 16 and the secret is not empty.
 */
export async function splitSecret(
  secret: Uint8Array,
  parameters: { readonly threshold: number; readonly shares: number },
): Promise<Uint8Array[]> {
  const { threshold, shares } = parameters;
  if (!isThreshold(threshold, shares)) {
    throw new RangeError(`a threshold needs 2 <= t <= n <= ${MAX_SHARES}, not t = ${threshold}, n = ${shares}`);
  }
  if (secret.length === 0) throw new RangeError("there is no secret to split");
  // The package looks at the constructor itself and refuses Node's Buffer.
  const copy = Uint8Array.from(secret);
  try {
    return await split(copy, shares, threshold);
  } finally {
    zeroise(copy);
  }
}

/**
 * The secret of which `shares` are at least t shares. Fewer, or shares of different sets, give other bytes without any
 * sign of it: callers compare the result with a commitment.
 *
 * @throws RangeError when two shares have one x coordinate, when there are fewer than 2, or lengths differ.
 */
export async function combineSecret(shares: readonly Uint8Array[]): Promise<Uint8Array> {
  const copies = shares.map((share) => Uint8Array.from(share));
  try {
    return await combine(copies);
  } catch (cause) {
    throw new RangeError("these shares cannot be combined", { cause });
  } finally {
    zeroise(...copies);
  }
}
