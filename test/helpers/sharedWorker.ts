// One of several workers over a shared journal, run as a process of its own and killed at any moment:
//
//   node sharedWorker.ts URL NAME
//
// Its steps are those of a job, each safe to do again; what they do to the world is written to the table `effects`, as the market
// would: a claim by the first, one settlement. A claim dies with the process that made it, until its receipt is signed.

import { setTimeout as sleep } from "node:timers/promises";
import { Pool } from "pg";
import type { JournalRow } from "../../node/src/compute/journal.ts";
import { openSharedJournal } from "../../node/src/compute/shared/sharedJournal.ts";
import { workJobs } from "../../node/src/compute/workJobs.ts";

const [, , url = "", worker = ""] = process.argv;
const log = { warn() {}, error() {} };
const journal = await openSharedJournal({ url, worker, atOnce: 3, limit: 50, log });
const pool = new Pool({ connectionString: url, max: 2 });
const signer = `${worker}:${process.pid}`;

async function advance({ jobId, state, receipt }: JournalRow): Promise<undefined> {
  if (state.status === "seen" || state.status === "claiming") {
    await journal.apply(jobId, { type: "claim" });
    await pool.query(
      "INSERT INTO effects (job_id, claims, signer) VALUES ($1, 1, $2) ON CONFLICT (job_id) DO UPDATE SET claims = effects.claims + 1, signer = $2",
      [jobId, signer],
    );
    await journal.apply(jobId, { type: "claimed", attempt: 1, signer, block: 1 });
  } else if (state.status === "running") {
    if (state.signer !== signer && receipt === undefined) await journal.apply(jobId, { type: "claimUndone" });
    else {
      await sleep(20);
      await journal.apply(jobId, { type: "receiptSigned" }, Uint8Array.of(1, 2, 3));
    }
  } else if (state.status === "settling") {
    await pool.query("UPDATE effects SET settled = settled + 1 WHERE job_id = $1 AND settled = 0", [jobId]);
    await pool.query("INSERT INTO settlements VALUES ($1, $2) ON CONFLICT DO NOTHING", [jobId, worker]);
    await journal.apply(jobId, { type: "settled", outcome: "SETTLED", block: 2 });
  }
  return undefined;
}

const jobs = workJobs({
  journal,
  advance,
  maxJobs: 3,
  mayClaim: () => true,
  log,
  signal: new AbortController().signal,
});
journal.onNews(jobs.wake);
process.stdout.write("ready\n");
process.stdin.resume();
// A parent that is gone wants nothing more of it.
process.stdin.on("end", () => process.exit(0));
