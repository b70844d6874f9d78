import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { inWaves } from "../../../node/src/enclave/runtime/worker/inWaves.ts";

type Answer = { readonly who: string; readonly good: boolean };

const isGood = ({ good }: Answer) => good;

/** Guardians that answer after so many milliseconds, or never; who was asked is written down. */
function group(asked: string[], answers: Record<string, { readonly afterMs: number; readonly good?: boolean }>) {
  return Object.entries(answers).map(([who, { afterMs, good = true }]) => async (): Promise<Answer> => {
    asked.push(who);
    await (afterMs === Number.POSITIVE_INFINITY ? new Promise(() => {}) : sleep(afterMs));
    return { who, good };
  });
}

async function take(answers: AsyncIterable<Answer>, wanted: number): Promise<string[]> {
  const got: string[] = [];
  for await (const { who, good } of answers) {
    if (good) got.push(who);
    if (got.length === wanted) break;
  }
  return got;
}

describe("inWaves", () => {
  it("default: asks a majority and leaves the others in peace", async () => {
    const asked: string[] = [];
    const { answers } = inWaves([group(asked, { a: { afterMs: 5 }, b: { afterMs: 1 }, c: { afterMs: 1 } })], isGood);
    expect(await take(answers, 2)).to.deep.equal(["b", "a"]);
    expect(asked).to.deep.equal(["a", "b"]);
  });

  it("behavior: one that refuses or is silent brings all the others of its group, and of no other group", async () => {
    const asked: string[] = [];
    const first = group(asked, { a: { afterMs: 1, good: false }, b: { afterMs: 1 }, c: { afterMs: 5 } });
    const second = group(asked, { d: { afterMs: 1 }, e: { afterMs: 1 }, f: { afterMs: 1 } });
    const { answers } = inWaves([first, second], isGood);
    expect((await take(answers, 4)).sort()).to.deep.equal(["b", "c", "d", "e"]);
    expect(asked.sort()).to.deep.equal(["a", "b", "c", "d", "e"]);
  });

  it("behavior: who takes long is not waited for", async () => {
    const asked: string[] = [];
    const never = Number.POSITIVE_INFINITY;
    const { answers } = inWaves(
      [group(asked, { a: { afterMs: never }, b: { afterMs: 1 }, c: { afterMs: 1 } })],
      isGood,
    );
    expect(await take(answers, 2)).to.deep.equal(["b", "c"]);
  });

  it("behavior: who listens on after all have answered well is given the others", async () => {
    const asked: string[] = [];
    const { answers } = inWaves([group(asked, { a: { afterMs: 1 }, b: { afterMs: 2 }, c: { afterMs: 3 } })], isGood);
    expect(await take(answers, 9)).to.deep.equal(["a", "b", "c"]);
    expect(asked).to.deep.equal(["a", "b", "c"]);
  });

  it("behavior: a larger threshold asks more at once", async () => {
    const asked: string[] = [];
    const waves = inWaves([group(asked, { a: { afterMs: 1 }, b: { afterMs: 20 }, c: { afterMs: 1 } })], isGood);
    for await (const { who } of waves.answers) {
      if (who === "a") waves.atLeast(0, 3);
      if (who === "c") break;
    }
    expect(asked).to.deep.equal(["a", "b", "c"]);
  });

  it("error: guardians that hold the line: after the given time there are no more answers", async () => {
    const never = Number.POSITIVE_INFINITY;
    const silent = { a: { afterMs: never }, b: { afterMs: 1 }, c: { afterMs: never } };
    const { answers } = inWaves([group([], silent)], isGood, 50);
    expect(await take(answers, 2), "it ends by itself").to.deep.equal(["b"]);
  });

  it("behavior: nobody to ask ends at once", async () => {
    expect(await take(inWaves<Answer>([[]], isGood).answers, 1)).to.deep.equal([]);
    expect(await take(inWaves<Answer>([], isGood).answers, 1)).to.deep.equal([]);
  });
});
