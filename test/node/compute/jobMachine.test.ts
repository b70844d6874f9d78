import { expect } from "chai";
import { type JobEvent, type JobState, jobMachine } from "../../../node/src/compute/jobMachine.ts";

type Status = JobState["status"];
type EventType = JobEvent["type"];

const states: { readonly [status in Status]: JobState & { readonly status: status } } = {
  seen: { status: "seen" },
  claiming: { status: "claiming" },
  running: { status: "running", attempt: 2, signer: "0xaa" },
  settling: { status: "settling", attempt: 2, signer: "0xaa" },
  done: { status: "done", outcome: "SETTLED" },
  left: { status: "left", why: "JOB_NOT_CLAIMABLE" },
};
const events: { readonly [type in EventType]: JobEvent & { readonly type: type } } = {
  claim: { type: "claim" },
  claimed: { type: "claimed", attempt: 2, signer: "0xaa" },
  claimLost: { type: "claimLost", why: "JOB_NOT_CLAIMABLE" },
  claimLater: { type: "claimLater" },
  receiptSigned: { type: "receiptSigned" },
  settled: { type: "settled", outcome: "SETTLED" },
  reopened: { type: "reopened" },
  claimGone: { type: "claimGone", why: "ENCLAVE_LOST" },
};

/** The whole table: a pair that is not here means nothing. */
const edges: readonly (readonly [from: Status, event: EventType, to: JobState])[] = [
  ["seen", "claim", states.claiming],
  ["claiming", "claimed", states.running],
  ["claiming", "claimLost", states.left],
  ["claiming", "claimLater", states.seen],
  ["running", "receiptSigned", states.settling],
  ["running", "claimGone", { status: "left", why: "ENCLAVE_LOST" }],
  ["settling", "settled", states.done],
  ["left", "reopened", states.seen],
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

  it("behavior: what is owed is never left: with a receipt signed only its settlement moves on", () => {
    const leaving = Object.values(events).filter((event) => jobMachine(states.settling, event) !== undefined);
    expect(leaving).to.deep.equal([events.settled]);
  });

  it("behavior: the attempt and key of the claim stay those of the claim until it is settled", () => {
    const running = jobMachine(states.claiming, { type: "claimed", attempt: 3, signer: "0xbb" });
    expect(running).to.deep.equal({ status: "running", attempt: 3, signer: "0xbb" });
    expect(running && jobMachine(running, events.receiptSigned)).to.include({ attempt: 3, signer: "0xbb" });
    expect(running && jobMachine(running, events.claimed), "a second claim changes nothing").to.equal(undefined);
  });

  it("behavior: done is the end", () => {
    for (const event of Object.values(events)) expect(jobMachine(states.done, event)).to.equal(undefined);
  });
});
