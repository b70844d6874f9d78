import { expect } from "chai";
import { createOccurrences, occurrenceId } from "../../../sdk/src/ingest/occurrences.ts";

describe("createOccurrences", () => {
  it("default", () => {
    const occurrenceOf = createOccurrences();
    expect([occurrenceOf(["a"]), occurrenceOf(["b"]), occurrenceOf(["a"]), occurrenceOf(["a"])]).to.deep.equal([
      0, 0, 1, 2,
    ]);
    expect(occurrenceOf([null])).to.equal(0);
    expect(occurrenceOf([""])).to.equal(0);
  });

  it("behavior: as many as there are, as it grows", () => {
    const occurrenceOf = createOccurrences();
    for (let turn = 0; turn < 3; turn += 1)
      for (let index = 0; index < 5_000; index += 1) expect(occurrenceOf([String(index)])).to.equal(turn);
  });

  it("behavior: ids differ by the count, and the first has the plain one", () => {
    const ids = [0, 1, 2].map((occurrence) => occurrenceId(["a"], occurrence));
    expect(new Set(ids).size).to.equal(3);
    expect(occurrenceId(["a"], 0)).to.equal(ids[0]);
  });
});
