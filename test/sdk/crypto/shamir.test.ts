import { combineSecret, equalBytes, isThreshold, splitSecret } from "@persona-protocol/sdk/crypto";
import { expect } from "chai";
import fc from "fast-check";
import { testSeed } from "../../helpers/random.ts";

const seed = testSeed();

const set = fc
  .integer({ min: 2, max: 16 })
  .chain((shares) => fc.record({ shares: fc.constant(shares), threshold: fc.integer({ min: 2, max: shares }) }))
  .chain(({ shares, threshold }) =>
    fc.record({
      shares: fc.constant(shares),
      threshold: fc.constant(threshold),
      secret: fc.uint8Array({ minLength: 32, maxLength: 32 }),
      order: fc.shuffledSubarray([...Array(shares).keys()], { minLength: shares, maxLength: shares }),
    }),
  );

describe("splitSecret", () => {
  it(`behavior: any t of n shares give the secret, in any order (seed ${seed})`, async () => {
    await fc.assert(
      fc.asyncProperty(set, async ({ shares, threshold, secret, order }) => {
        const parts = await splitSecret(secret, { threshold, shares });
        const chosen = order.slice(0, threshold).map((at) => parts[at] ?? new Uint8Array());
        expect(equalBytes(await combineSecret(chosen), secret)).to.equal(true);
      }),
      { seed, numRuns: 100 },
    );
  });

  it(`behavior: t - 1 shares combine to something else, whatever t and n (seed ${seed})`, async () => {
    await fc.assert(
      fc.asyncProperty(set, async ({ shares, threshold, secret, order }) => {
        fc.pre(threshold > 2);
        const parts = await splitSecret(secret, { threshold, shares });
        const chosen = order.slice(0, threshold - 1).map((at) => parts[at] ?? new Uint8Array());
        expect(equalBytes(await combineSecret(chosen), secret)).to.equal(false);
      }),
      { seed, numRuns: 100 },
    );
  });

  it("behavior: t - 1 shares fit every secret, so they say nothing of it", async () => {
    // One share of a 2-of-2 set and any byte as the secret: a line through both always exists. Over many splits of two
    // fixed secrets the first share's bytes are equally spread; a chi-square far beyond chance would show a leak.
    const runs = 40;
    for (const fill of [0x00, 0xff]) {
      const counts = new Array<number>(256).fill(0);
      for (let run = 0; run < runs; run++) {
        const [first] = await splitSecret(new Uint8Array(256).fill(fill), { threshold: 2, shares: 2 });
        for (const byte of first?.subarray(0, 256) ?? []) counts[byte] = (counts[byte] ?? 0) + 1;
      }
      const chiSquare = counts.reduce((sum, count) => sum + (count - runs) ** 2 / runs, 0);
      // 255 degrees of freedom: mean 255, standard deviation 22.6; ten of them above the mean never happen by chance.
      expect(chiSquare).to.be.lessThan(255 + 226);
    }
  });

  it("behavior: the caller's secret and shares are left as they were", async () => {
    const secret = new Uint8Array(32).fill(9);
    const parts = await splitSecret(secret, { threshold: 2, shares: 3 });
    const before = parts.map((part) => Uint8Array.from(part));
    await combineSecret(parts);
    expect(secret).to.deep.equal(new Uint8Array(32).fill(9));
    expect(parts).to.deep.equal(before);
  });

  it("error: t and n out of bounds", async () => {
    const bounds: readonly (readonly [number, number])[] = [
      [1, 3],
      [0, 2],
      [4, 3],
      [2, 17],
      [17, 17],
      [2.5, 3],
      [2, Number.NaN],
    ];
    for (const [threshold, shares] of bounds) {
      expect(isThreshold(threshold, shares)).to.equal(false);
      let caught: unknown;
      await splitSecret(new Uint8Array(32), { threshold, shares }).catch((cause: unknown) => {
        caught = cause;
      });
      expect(caught).to.be.instanceOf(RangeError);
    }
  });

  it("error: one share twice", async () => {
    const [first] = await splitSecret(new Uint8Array(32), { threshold: 2, shares: 3 });
    let caught: unknown;
    await combineSecret([first ?? new Uint8Array(), first ?? new Uint8Array()]).catch((cause: unknown) => {
      caught = cause;
    });
    expect(caught).to.be.instanceOf(RangeError);
  });
});
