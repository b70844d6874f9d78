import { expect } from "chai";
import type { Address, Hex } from "viem";
import type { JobState } from "../../node/src/compute/jobMachine.ts";
import { type ChainFacts, judge } from "../../scripts/chaos/audit.ts";
import type { PostedJob } from "../../scripts/chaos/requester.ts";
import { makeSchedule, maxReorgDepth, printSchedule } from "../../scripts/chaos/schedule.ts";

describe("makeSchedule", () => {
  const profile = { jobs: 300, phaseMs: 48_000 };

  it("default: the same seed gives the same schedule, another seed another one", () => {
    const text = (seed: number) => [...printSchedule(makeSchedule(seed, profile))].join("\n");
    expect(text(7)).to.equal(text(7));
    expect(text(7)).not.to.equal(text(8));
  });

  it("behavior: a short one has a phase with both depths, and what ends processes, blocks and disks", () => {
    const { phases } = makeSchedule(3, { jobs: 40, phaseMs: 20_000, short: true });
    expect(phases.map(({ confirmations, jobs }) => [confirmations, jobs.length])).to.deep.equal([
      [[0, maxReorgDepth + 2], 40],
    ]);
    const kinds = new Set(phases.flatMap(({ faults }) => faults.map(({ what }) => what)));
    expect([...kinds].sort()).to.deep.equal(["chain", "disk", "down", "kill", "reorg", "store"]);
  });

  it("behavior: whatever the seed, each phase has every fault, and a reorganisation as deep as they get", () => {
    for (let seed = 0; seed < 50; seed++) {
      const { phases } = makeSchedule(seed, profile);
      expect(phases.flatMap(({ jobs }) => jobs)).to.have.lengthOf(profile.jobs);
      const deep = maxReorgDepth + 2;
      expect(phases.map(({ confirmations }) => confirmations)).to.deep.equal([
        [0, 0],
        [deep, deep],
      ]);
      for (const { faults, lengthMs } of phases) {
        const kinds = new Set(faults.map((fault) => ("how" in fault ? `${fault.what} ${fault.how}` : fault.what)));
        for (const kind of [
          "kill",
          "down",
          "disk",
          "reorg",
          "chain drop",
          "chain lag",
          "chain behind",
          "chain errors",
          "chain rate",
          "store slow",
          "store wrong",
        ])
          expect([...kinds], `${seed}`).to.include(kind);
        expect(Math.max(...faults.map((fault) => ("depth" in fault ? fault.depth : 0)))).to.equal(maxReorgDepth);
        expect(faults.every(({ atMs }) => atMs < lengthMs)).to.equal(true);
      }
    }
  });
});

describe("judge", () => {
  const fee = 5n;
  const job: Hex = "0x01";
  const operator: Address = "0x0000000000000000000000000000000000000007";
  const jobs = new Map([[job, { kind: "sql", job: { params: { order: { fee } } } } as unknown as PostedJob]]);
  const settled = { how: "settled", nodeId: 4, outcome: "SETTLED", paid: true } as const;
  const cancelled = { ...settled, how: "cancelled", nodeId: 0, outcome: "CANCELLED", paid: false } as const;
  const chain = (facts: Partial<ChainFacts> = {}): ChainFacts => ({
    excluded: new Map(),
    ends: new Map([[job, [settled]]]),
    operators: new Map([[4, operator]]),
    balances: new Map([[operator, fee]]),
    held: fee,
    collected: 0n,
    ...facts,
  });
  const journal = (state: JobState | undefined, nodeId = 4) => ({
    nodeId,
    rows: new Map(state === undefined ? [] : [[job, state]]),
  });
  const done: JobState = { status: "done", outcome: "SETTLED" };
  const left: JobState = { status: "left", why: "JOB_CLAIMED_BY_OTHER", block: 9 };

  it("default: a job that ended once, by the node whose journal says so and whose operator has the fee", () => {
    const verdict = judge(jobs, chain(), [journal(done), journal(left, 5)]);
    expect(verdict).to.deep.equal({ settled: 1, failed: 0, timedOut: 0, lost: 0, doubled: 0, complaints: [] });
  });

  it("behavior: taken back by its requester, as long as no node was left that could have done it", () => {
    const facts = { ends: new Map([[job, [cancelled]]]), balances: new Map(), held: 0n };
    const failed: JobState = { status: "done", outcome: "ENCLAVE_FAILED" };
    const signed: JobState = { status: "left", why: "JOB_RUN_BEFORE", block: 9 };
    const both = chain({ ...facts, excluded: new Map([[job, new Set([4, 5])]]) });
    expect(judge(jobs, both, [journal(failed), journal(failed, 5)])).to.include({ timedOut: 1, lost: 0 });
    const one = chain({ ...facts, excluded: new Map([[job, new Set([4])]]) });
    expect(judge(jobs, one, [journal(failed), journal(signed, 5)])).to.include({ timedOut: 1, lost: 0 });
    expect(judge(jobs, one, [journal(failed), journal(left, 5)])).to.include({ timedOut: 1, lost: 1 });
  });

  it("error: lost, ended twice, ended by two journals, unfinished, paid otherwise than the journals say", () => {
    const cases = {
      lost: judge(jobs, chain({ ends: new Map() }), [journal(left)]),
      cancelled: judge(jobs, chain({ ends: new Map([[job, [cancelled]]]) }), [journal(left)]),
      twice: judge(jobs, chain({ ends: new Map([[job, [settled, settled]]]) }), [journal(done)]),
      both: judge(jobs, chain(), [journal(done), journal(done, 5)]),
    };
    expect([cases.lost.lost, cases.cancelled.lost]).to.deep.equal([1, 1]);
    expect([cases.twice.doubled, cases.both.doubled]).to.deep.equal([1, 1]);
    const unfinished: JobState = { status: "running", attempt: 1, signer: "0x", block: 3 };
    for (const { complaints } of [
      judge(jobs, chain(), [journal(unfinished)]),
      judge(jobs, chain(), [journal(undefined)]),
      judge(jobs, chain({ balances: new Map([[operator, 2n * fee]]), held: 2n * fee }), [journal(done)]),
      judge(jobs, chain({ held: fee + 1n }), [journal(done)]),
    ])
      expect(complaints).not.to.deep.equal([]);
  });
});
