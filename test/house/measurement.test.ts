import { expect } from "chai";
import { compareMeasurements, type Measured } from "../../scripts/measurement/compareMeasurements.ts";

const committed: Measured = {
  platform: "linux-x64",
  measurement: "0x01",
  files: { "worker.mjs": "0x02", "engine.node": "0x03" },
  packages: { viem: "1.0.0" },
};

describe("compareMeasurements", () => {
  it("default: nothing to say of the same", () => {
    expect(compareMeasurements(committed, structuredClone(committed))).to.equal("");
  });

  it("behavior: names what changed, what came and what went", () => {
    const now = {
      ...committed,
      measurement: "0x09",
      files: { "worker.mjs": "0x07", "engine.node": "0x03", "more.mjs": "0x08" },
      packages: {},
    };
    expect(compareMeasurements(committed, now).split("\n")).to.deep.equal([
      "- measurement 0x01",
      "+ measurement 0x09",
      "+ more.mjs 0x08",
      "- worker.mjs 0x02",
      "+ worker.mjs 0x07",
      "- viem 1.0.0",
    ]);
    expect(compareMeasurements(undefined, committed)).not.to.equal("");
  });

  it("behavior: another platform has another engine, and the same code", () => {
    const elsewhere = {
      ...committed,
      platform: "darwin-arm64",
      measurement: "0x05",
      files: { ...committed.files, "engine.node": "0x06" },
    };
    expect(compareMeasurements(committed, elsewhere)).to.equal("");
    expect(compareMeasurements(committed, { ...elsewhere, files: { "worker.mjs": "0x04" } })).to.include("worker.mjs");
  });
});
