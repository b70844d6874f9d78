import { expect } from "chai";
import { availableMemoryMb, createCapacity } from "../../../node/src/compute/capacity.ts";

describe("createCapacity", () => {
  const limits = { claimMarginSeconds: 30, minFreeMemoryMb: 512 };

  it("default: a job is declined that would not end in time, by what jobs have taken", () => {
    const capacity = createCapacity(limits);
    expect(capacity.declines({ runSeconds: 29 })).to.equal("RUN_TIME_TOO_SHORT");
    expect(capacity.declines({ runSeconds: 30 })).to.equal(undefined);
    for (let run = 0; run < 7; run++) capacity.took(40_000);
    expect(capacity.declines({ runSeconds: 30 }), "too few to tell").to.equal(undefined);
    capacity.took(40_000);
    expect(capacity.expectedMs()).to.equal(40_000);
    expect(capacity.declines({ runSeconds: 79 })).to.equal("WOULD_END_TOO_LATE");
    expect(capacity.declines({ runSeconds: 80 })).to.equal(undefined);
  });

  it("behavior: one slow run in many says little, and a machine that is quick again takes short jobs again", () => {
    const capacity = createCapacity(limits);
    for (let run = 0; run < 127; run++) capacity.took(100);
    capacity.took(600_000);
    expect(capacity.expectedMs()).to.equal(100);
    for (let run = 0; run < 128; run++) capacity.took(60_000);
    expect(capacity.declines({ runSeconds: 60 })).to.equal("WOULD_END_TOO_LATE");
    for (let run = 0; run < 128; run++) capacity.took(100);
    expect(capacity.declines({ runSeconds: 60 })).to.equal(undefined);
  });

  it("behavior: nothing is begun while memory is short; this machine says how much it has", () => {
    expect(createCapacity(limits, () => 511).hasMemory()).to.equal(false);
    expect(createCapacity(limits, () => 512).hasMemory()).to.equal(true);
    expect(availableMemoryMb()).to.be.greaterThan(1);
  });
});
