import { setTimeout as sleep } from "node:timers/promises";
import { PersonaError } from "@persona-protocol/sdk/errors";
import { expect } from "chai";
import type { Hex } from "viem";
import type { Journal, JournalRow } from "../../../node/src/compute/journal.ts";
import { openJournal } from "../../../node/src/compute/sqliteJournal.ts";
import { keyEnd } from "../../../node/src/compute/watchKey.ts";
import { type Wait, workJobs } from "../../../node/src/compute/workJobs.ts";

const idOf = (n: number): Hex => `0x${String(n).padStart(64, "0")}`;

describe("workJobs", () => {
  let journal: Journal;
  let stopping: AbortController;
  let running: Map<Hex, () => void>;
  let mayClaim: boolean;
  let crashed: boolean;
  beforeEach(() => {
    journal = openJournal(":memory:");
    stopping = new AbortController();
    running = new Map();
    mayClaim = true;
    crashed = false;
  });

  /** Claims and settles at once; a job runs until the test lets it end. */
  const advance = async ({ jobId, state }: JournalRow): Promise<Wait | undefined> => {
    if (state.status === "seen") {
      await journal.apply(jobId, { type: "claim" });
      await journal.apply(jobId, { type: "claimed", attempt: 1, signer: "0xaa", block: 5 });
    }
    if (state.status === "running") {
      await new Promise<void>((resolve) => running.set(jobId, resolve));
      running.delete(jobId);
      await journal.apply(jobId, { type: "receiptSigned" }, new Uint8Array(1));
    }
    if (state.status === "settling") await journal.apply(jobId, { type: "settled", outcome: "SETTLED", block: 5 });
    return undefined;
  };
  const begin = (work = advance) =>
    workJobs({
      journal,
      advance: work,
      maxJobs: 2,
      mayClaim: () => mayClaim,
      log: { warn: () => {}, error: () => {} },
      hasCrashed: () => crashed,
      signal: stopping.signal,
    });
  const end = async (work: ReturnType<typeof begin>) => {
    stopping.abort();
    for (const resolve of running.values()) resolve();
    await work.ended;
    await journal.close();
  };
  const add = async (...ids: readonly number[]) => {
    for (const n of ids) await journal.add(idOf(n), new Uint8Array(1));
  };
  const statusOf = async (n: number) => (await journal.get(idOf(n)))?.state.status;
  const statusesOf = (...ids: readonly number[]) => Promise.all(ids.map(statusOf));

  it("default: a job that takes long stops none of the others; no more are claimed than can run", async () => {
    await add(1, 2, 3, 4);
    const work = begin();
    await sleep(0);
    expect(await statusesOf(1, 2, 3, 4)).to.deep.equal(["running", "running", "seen", "seen"]);
    for (const n of [2, 3, 4]) {
      running.get(idOf(n))?.();
      await sleep(5);
      expect(await statusOf(n)).to.equal("settled");
    }
    expect(await statusOf(1)).to.equal("running");
    await end(work);
  });

  it("behavior: what is to be settled waits for no slot, and what is claimed goes before what is new", async () => {
    await add(1, 2, 3);
    for (const n of [2, 3]) {
      await journal.apply(idOf(n), { type: "claim" });
      await journal.apply(idOf(n), { type: "claimed", attempt: 1, signer: "0xaa", block: 5 });
    }
    await add(4);
    await journal.apply(idOf(4), { type: "claim" });
    await journal.apply(idOf(4), { type: "claimed", attempt: 1, signer: "0xaa", block: 5 });
    await journal.apply(idOf(4), { type: "receiptSigned" }, new Uint8Array(1));
    const work = begin();
    await sleep(5);
    expect(await statusesOf(1, 2, 3, 4)).to.deep.equal(["seen", "running", "running", "settled"]);
    await end(work);
  });

  it("behavior: a step that fails, or does nothing, is tried again after a while, however often it is woken", async () => {
    await add(1, 2);
    const tries = new Map<Hex, number>();
    const work = begin(async ({ jobId }) => {
      tries.set(jobId, (tries.get(jobId) ?? 0) + 1);
      if (jobId === idOf(1)) throw new PersonaError("ENCLAVE_FAILED", "wedged");
      return undefined;
    });
    for (let i = 0; i < 50; i++) {
      work.wake();
      await sleep(1);
    }
    expect([...tries.values()]).to.deep.equal([1, 1]);
    await sleep(1_050);
    expect([...tries.values()]).to.deep.equal([2, 2]);
    await sleep(1_050);
    expect([...tries.values()], "the second delay is longer").to.deep.equal([2, 2]);
    await end(work);
  });

  it("behavior: a job that waits for its turn takes no slot and is no failure", async () => {
    await add(1, 2, 3);
    const looks = new Map<Hex, number>();
    const work = begin(async (row) => {
      const times = (looks.get(row.jobId) ?? 0) + 1;
      looks.set(row.jobId, times);
      if (row.jobId !== idOf(3) && row.state.status === "seen" && times < 4) return { waitMs: 20 };
      return advance(row);
    });
    await sleep(10);
    expect(await statusesOf(1, 2, 3), "the third has a slot though two wait").to.deep.equal([
      "seen",
      "seen",
      "running",
    ]);
    expect([looks.get(idOf(1)), looks.get(idOf(2))], "not before its time").to.deep.equal([1, 1]);
    for (let i = 0; i < 100 && (await statusOf(1)) !== "running"; i++) await sleep(10);
    expect(await statusOf(1), "the fourth look, sooner than a failure would be tried again").to.equal("running");
    await end(work);
  });

  it("behavior: a job during which the process ended before is done first and alone", async () => {
    await add(1, 2, 3);
    await journal.began(idOf(3));
    const { open } = journal;
    // As after two crashes: what a journal says when it is opened again.
    journal = {
      ...journal,
      open: async () => (await open()).map((job) => ({ ...job, crashes: job.jobId === idOf(3) ? 2 : 0 })),
    };
    const work = begin();
    await sleep(5);
    expect(await statusesOf(1, 2, 3)).to.deep.equal(["seen", "seen", "running"]);
    running.get(idOf(3))?.();
    await sleep(5);
    expect(await statusesOf(1, 2, 3)).to.deep.equal(["running", "running", "settled"]);
    await end(work);
  });

  it("behavior: a step that ends is unmarked, also when it fails; one with which the enclave died is not", async () => {
    await add(1, 2);
    const marks: string[] = [];
    const { began, ended } = journal;
    journal = {
      ...journal,
      began: async (jobId) => void marks.push(`began ${Number(jobId)}`, String(await began(jobId))),
      ended: async (jobId) => void marks.push(`ended ${Number(jobId)}`, String(await ended(jobId))),
    };
    const work = begin(async ({ jobId }) => {
      if (jobId === idOf(1)) throw new PersonaError("STORE_FAILED", "slow");
      await new Promise<void>((resolve) => running.set(jobId, resolve));
      throw new PersonaError("ENCLAVE_FAILED", "gone");
    });
    await sleep(5);
    crashed = true;
    running.get(idOf(2))?.();
    await sleep(5);
    expect(marks.filter((mark) => mark !== "undefined")).to.deep.equal(["began 1", "began 2", "ended 1"]);
    await end(work);
  });

  it("behavior: a node that is to end begins nothing new", async () => {
    mayClaim = false;
    await add(1);
    const work = begin();
    await sleep(5);
    expect(await statusOf(1)).to.equal("seen");
    await end(work);
  });
});

describe("keyEnd", () => {
  const day = 86_400;
  const key = { state: 1, registeredAt: 0, openUntil: 7 * day };
  it("default: replaced in the last day, or the last seventh of a shorter life", async () => {
    expect(keyEnd(key, 6 * day)).to.equal(undefined);
    expect(keyEnd(key, 6 * day + 1)).to.include({ atOnce: false });
    expect(keyEnd({ ...key, openUntil: 700 }, 600)).to.equal(undefined);
    expect(keyEnd({ ...key, openUntil: 700 }, 601)).to.include({ atOnce: false });
    expect(keyEnd(key, 7 * day)).to.include({ atOnce: true });
  });
  it("behavior: a draining key ends its jobs; a frozen, destroyed or unknown one does not", async () => {
    expect([0, 1, 2, 3, 4].map((state) => keyEnd({ ...key, state }, 1)?.atOnce)).to.deep.equal([
      true,
      undefined,
      false,
      true,
      true,
    ]);
  });
});
