import { expect } from "chai";
import { createKeySet } from "../../../sdk/src/ingest/keySet.ts";
import { createRandom, testSeed } from "../../helpers/random.ts";

describe("createKeySet", () => {
  it("default: says what a Set says, of ids that are alike and ids that are not", () => {
    const random = createRandom(testSeed());
    const keys = createKeySet();
    const truth = new Set<string>();
    const add = (key: string): void => {
      const isNew = !truth.has(key);
      truth.add(key);
      if (keys.add(key) !== isNew) throw new Error(`wrong of ${key}`);
    };
    for (const key of ["", "\u0000", "\u0000\u0000", "a", "A", "é", "e\u0301", "-1", "1-"]) {
      add(key);
      add(key);
    }
    for (let i = 0; i < 200_000; i++) add(String(1_664_201_234_567_000_000n + BigInt(i)));
    for (let i = 0; i < 100_000; i++) add(`sample-${i % 50_000}-${i % 7}`);
    for (let i = 0; i < 50_000; i++) add(Array.from({ length: 8 }, () => random.integer(0xffff).toString(36)).join(""));
    expect(truth.size).to.be.greaterThan(300_000);
  });

  it("behavior: a million ids take less than 50 MB", () => {
    const before = process.memoryUsage().arrayBuffers;
    const keys = createKeySet();
    for (let i = 0; i < 1_000_000; i++) keys.add(`id ${i}`);
    expect(process.memoryUsage().arrayBuffers - before).to.be.lessThan(50_000_000);
    expect(keys.add("id 0")).to.equal(false);
  });
});
