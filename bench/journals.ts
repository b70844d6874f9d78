/**
 * A worker's journal by itself, as a file and in PostgreSQL: bytes a job once it has ended, and jobs a second through all of its
 * states, one after the other. Parameters and receipts are random bytes of the size of a job with one input.
 */
import { randomBytes } from "node:crypto";
import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Pool } from "pg";
import { bytesToHex } from "viem";
import type { Journal } from "../node/src/compute/journal.ts";
import { openSharedJournal } from "../node/src/compute/shared/sharedJournal.ts";
import { openJournal } from "../node/src/compute/sqliteJournal.ts";
import { findPostgres, startPostgres } from "../scripts/postgres/startPostgres.ts";
import type { BenchContext } from "./bench.ts";

export const options = { jobs: { type: "string", default: "1000" } } as const;

const paramsBytes = 1_248;
const receiptBytes = 1_700;
const signer = "0x0000000000000000000000000000000000000001";

export async function run({ log, values }: BenchContext): Promise<object> {
  const jobs = Number(values["jobs"]);
  const file = await ofFile(jobs);
  log(`a file: ${JSON.stringify(file)}`);
  const programs = findPostgres();
  if ("reason" in programs) {
    log(`PostgreSQL: ${programs.reason}`);
    return { journals: { file } };
  }
  const server = await startPostgres(programs);
  try {
    const postgres = await ofPostgres(server.url, jobs);
    log(`PostgreSQL: ${JSON.stringify(postgres)}`);
    return { journals: { file, postgres } };
  } finally {
    await server.close();
  }
}

async function ofFile(jobs: number) {
  const folder = await mkdtemp(join(tmpdir(), "persona-bench-"));
  try {
    const journal = openJournal(join(folder, "journal.sqlite"));
    const begun = performance.now();
    for (let i = 0; i < jobs; i++) {
      const jobId = newId();
      await journal.add(jobId, randomBytes(paramsBytes));
      await finish(journal, jobId);
    }
    const seconds = (performance.now() - begun) / 1_000;
    await journal.close();
    const sizes = await Promise.all((await readdir(folder)).map((name) => stat(join(folder, name))));
    const bytes = sizes.reduce((sum, { size }) => sum + size, 0);
    return { bytesPerJob: Math.round(bytes / jobs), jobsPerSecond: Math.round(jobs / seconds) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Handed out by the queue, to two workers of eight places each. */
async function ofPostgres(url: string, jobs: number) {
  const log = { warn: () => {} };
  const workers = await Promise.all(
    ["a", "b"].map((worker) => openSharedJournal({ url, worker, atOnce: 8, limit: 3, log })),
  );
  const pool = new Pool({ connectionString: url, max: 1 });
  const begun = performance.now();
  const [first] = workers;
  for (let i = 0; i < jobs; i++) await first?.add(newId(), randomBytes(paramsBytes));
  let done = 0;
  await Promise.all(
    workers.map(async (journal) => {
      while (done < jobs) {
        const open = await journal.open();
        if (open.length === 0) await sleep(5);
        await Promise.all(open.map(({ jobId }) => finish(journal, jobId)));
        done += open.length;
      }
    }),
  );
  const seconds = (performance.now() - begun) / 1_000;
  const { rows } = await pool.query<{ bytes: string }>("SELECT pg_total_relation_size('persona.jobs') AS bytes");
  await pool.end();
  for (const journal of workers) await journal.close();
  return { bytesPerJob: Math.round(Number(rows[0]?.bytes) / jobs), jobsPerSecond: Math.round(jobs / seconds) };
}

async function finish(journal: Journal, jobId: `0x${string}`): Promise<void> {
  await journal.began(jobId);
  await journal.apply(jobId, { type: "claim" });
  await journal.apply(jobId, { type: "claimed", attempt: 1, signer, block: 7 });
  await journal.apply(jobId, { type: "receiptSigned" }, randomBytes(receiptBytes));
  await journal.apply(jobId, { type: "settled", outcome: "SETTLED", block: 9 });
  await journal.ended(jobId);
  await journal.apply(jobId, { type: "finalized", block: 9 });
}

const newId = () => bytesToHex(randomBytes(32));
