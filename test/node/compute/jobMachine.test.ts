import { expect } from "chai";
import { isOver, type JobEvent, type JobState, jobMachine } from "../../../node/src/compute/jobMachine.ts";

type Status = JobState["status"];
type EventType = JobEvent["type"];

const claim = { attempt: 2, signer: "0xaa", block: 50 };
const states: { readonly [status in Status]: JobState & { readonly status: status } } = {
  seen: { status: "seen" },
  claiming: { status: "claiming" },
  running: { status: "running", ...claim },
  settling: { status: "settling", ...claim },
  settled: { status: "settled", outcome: "SETTLED", ...claim },
  done: { status: "done", outcome: "SETTLED" },
  left: { status: "left", why: "JOB_NOT_CLAIMABLE", block: 50 },
  quarantined: { status: "quarantined", at: "running", crashes: 3 },
};
const events: { readonly [type in EventType]: JobEvent & { readonly type: type } } = {
  claim: { type: "claim" },
  claimed: { type: "claimed", ...claim },
  claimLost: { type: "claimLost", why: "JOB_NOT_CLAIMABLE", block: 50 },
  claimLater: { type: "claimLater" },
  declined: { type: "declined", why: "WOULD_END_TOO_LATE", block: 50 },
  receiptSigned: { type: "receiptSigned" },
  claimUndone: { type: "claimUndone" },
  claimGone: { type: "claimGone", why: "ENCLAVE_LOST", block: 50 },
  settled: { type: "settled", outcome: "SETTLED", block: 50 },
  settlementUndone: { type: "settlementUndone" },
  finalized: { type: "finalized", block: 50 },
  reopened: { type: "reopened", block: 50 },
  reorg: { type: "reorg", block: 50 },
  crashed: { type: "crashed", crashes: 3, limit: 3 },
};
const quarantined = (at: Status): JobState => ({ status: "quarantined", at, crashes: 3 });

/** The whole table: a pair that is not here means nothing. */
const edges: readonly (readonly [from: Status, event: EventType, to: JobState])[] = [
  ["seen", "claim", states.claiming],
  ["seen", "declined", { status: "left", why: "WOULD_END_TOO_LATE", block: 50 }],
  ["claiming", "claimed", states.running],
  ["claiming", "claimLost", states.left],
  ["claiming", "claimLater", states.seen],
  ["running", "receiptSigned", states.settling],
  ["running", "claimUndone", states.claiming],
  ["running", "claimGone", { status: "left", why: "ENCLAVE_LOST", block: 50 }],
  ["running", "reorg", states.claiming],
  ["settling", "settled", states.settled],
  ["settling", "claimUndone", states.claiming],
  ["settling", "claimGone", { status: "left", why: "ENCLAVE_LOST", block: 50 }],
  ["settled", "finalized", states.done],
  ["settled", "settlementUndone", states.settling],
  ["settled", "reorg", states.settling],
  ["left", "reopened", states.seen],
  ["left", "reorg", states.seen],
  ["seen", "crashed", quarantined("seen")],
  ["claiming", "crashed", quarantined("claiming")],
  ["running", "crashed", quarantined("running")],
  ["settling", "crashed", quarantined("settling")],
  ["settled", "crashed", quarantined("settled")],
];

describe("jobMachine", () => {
  for (const state of Object.values(states)) {
    for (const event of Object.values(events)) {
      const edge = edges.find(([from, type]) => from === state.status && type === event.type);
      const [, , to] = edge ?? [];
      it(`default: ${state.status} on ${event.type}: ${to?.status ?? "nothing"}`, () => {
        const before = structuredClone(state);
        expect(jobMachine(state, event)).to.deep.equal(to);
        expect(state, "a pure function").to.deep.equal(before);
      });
    }
  }

  it("behavior: what is owed is never left: with a receipt signed nothing but the chain, or crashes, moves it on", () => {
    const moving = Object.values(events).filter((event) => jobMachine(states.settling, event) !== undefined);
    expect(moving).to.deep.equal([events.claimUndone, events.claimGone, events.settled, events.crashed]);
  });

  it("behavior: a claim that may be on its way is declined by nobody but the chain", () => {
    expect(jobMachine(states.claiming, events.declined)).to.equal(undefined);
  });

  it("behavior: the attempt and key of the claim stay those of the claim until it is over", () => {
    const running = jobMachine(states.claiming, { type: "claimed", attempt: 3, signer: "0xbb", block: 9 });
    expect(running).to.deep.equal({ status: "running", attempt: 3, signer: "0xbb", block: 9 });
    const settling = running && jobMachine(running, events.receiptSigned);
    expect(settling).to.include({ attempt: 3, signer: "0xbb" });
    const settled = settling && jobMachine(settling, events.settled);
    expect(settled).to.include({ attempt: 3, signer: "0xbb", block: 50 });
    expect(settled && jobMachine(settled, events.reorg)).to.include({ attempt: 3, signer: "0xbb" });
    expect(running && jobMachine(running, events.claimed), "a second claim changes nothing").to.equal(undefined);
  });

  it("behavior: a reorganisation counts from its first block on, and so does every other news of the chain", () => {
    for (const status of ["running", "settled", "left"] as const) {
      expect(jobMachine(states[status], { type: "reorg", block: 51 }), status).to.equal(undefined);
      expect(jobMachine(states[status], { type: "reorg", block: 0 }), status).to.not.equal(undefined);
    }
    expect(jobMachine(states.settled, { type: "finalized", block: 49 })).to.equal(undefined);
    expect(jobMachine(states.left, { type: "reopened", block: 49 }), "older than what we know").to.equal(undefined);
  });

  it("behavior: fewer crashes than the limit change nothing", () => {
    for (const state of Object.values(states))
      expect(jobMachine(state, { type: "crashed", crashes: 2, limit: 3 })).to.equal(undefined);
  });

  it("behavior: done and quarantined are the end", () => {
    for (const event of Object.values(events)) {
      expect(jobMachine(states.done, event)).to.equal(undefined);
      expect(jobMachine(states.quarantined, event)).to.equal(undefined);
    }
    expect(Object.values(states).filter(isOver)).to.deep.equal([states.done, states.left, states.quarantined]);
  });
});
