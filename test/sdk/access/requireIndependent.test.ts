import { expect } from "chai";
import type { Address } from "viem";
import { requireIndependent } from "../../../sdk/src/access/publishDataset.ts";
import { expectError } from "../../helpers/errors.ts";
import { createRandom, testSeed } from "../../helpers/random.ts";
import { randomDeployment } from "../../helpers/structs.ts";

const operators: readonly Address[] = [`0x${"aa".repeat(20)}`, `0x${"bb".repeat(20)}`, `0x${"cc".repeat(20)}`];
/** Guardians 1, 2, 3 … of these operators. */
const guardiansOf = (...its: readonly number[]) =>
  its.map((operator, i) => ({ nodeId: i + 1, operator: operators[operator] as Address }));

describe("requireIndependent", () => {
  const deployment = { ...randomDeployment(createRandom(testSeed())), chainId: 42_161 };

  it("default: no operator has as many guardians as the threshold", () => {
    for (const [guardians, threshold] of [
      [guardiansOf(0, 1, 2), 2],
      [guardiansOf(0, 0, 1, 1), 3],
    ] as const)
      requireIndependent(deployment, guardians, threshold);
  });

  it("error: CONFIG_INVALID: one that has, named with its guardians; a second operator changes nothing", async () => {
    for (const [guardians, threshold, its] of [
      [guardiansOf(0, 0, 0), 2, "1 2 3"],
      [guardiansOf(1, 0, 0), 2, "2 3"],
      [guardiansOf(2, 0, 1, 0, 0), 3, "2 4 5"],
    ] as const) {
      const error = await expectError("CONFIG_INVALID", async () =>
        requireIndependent(deployment, guardians, threshold),
      );
      expect(error.data).to.deep.include({ operator: operators[0], guardians: its });
    }
  });

  it("behavior: local chains may break the rule", () => {
    requireIndependent({ ...deployment, chainId: 31_337 }, guardiansOf(0, 0), 2);
  });
});
