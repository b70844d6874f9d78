import { segmentBitmap, segmentIndexes } from "@persona-protocol/sdk/access";
import { expect } from "chai";
import fc from "fast-check";
import { expectError } from "../../helpers/errors.ts";
import { testSeed } from "../../helpers/random.ts";

const seed = testSeed();

describe("segmentBitmap and segmentIndexes", () => {
  it(`default: indexes come back ascending and once (seed ${seed})`, () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 255 })), (indexes) => {
        const wanted = [...new Set(indexes)].sort((a, b) => a - b);
        expect(segmentIndexes(segmentBitmap(indexes))).to.deep.equal(wanted);
      }),
      { seed },
    );
  });

  it("behavior: nothing is zero, the last index is the highest bit", () => {
    expect(segmentBitmap([])).to.equal(0n);
    expect(segmentIndexes(0n)).to.deep.equal([]);
    expect(segmentBitmap([255])).to.equal(1n << 255n);
  });

  it("error: what is no index", async () => {
    for (const index of [-1, 256, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53]) {
      await expectError("REQUEST_INVALID", () => segmentBitmap([0, index]));
    }
  });
});
