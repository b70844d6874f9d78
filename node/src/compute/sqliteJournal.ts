import { DatabaseSync } from "node:sqlite";
import type { Hex } from "viem";
import type { StreamPoint } from "../chain/stream/chainEvent.ts";
import { type JobEvent, type JobState, type JobStatus, jobMachine } from "./jobMachine.ts";
import { type Journal, type JournalRow, keptJobs, type OpenJob, pruneEvery, type Suspect } from "./journal.ts";
import { migrateJournal } from "./journalSchema.ts";

/** Crashes at one step of one job, without progress between them, after which it is left alone. */
const crashLimit = 3;

export type SqliteJournal = Journal & {
  /** What was found when the file was opened: jobs during whose step the process before this one ended. */
  readonly suspects: readonly Suspect[];
};

/**
 * A journal in one file, of which this process is the only writer.
 *
 * A commit survives the death of the process as it is. It survives the machine's only when it was synced, which costs
 * milliseconds, so only the receipt's is: what goes with the power otherwise is the end of the journal, and that is what a
 * restored backup is, too.
 * @throws PersonaError JOURNAL_UNUSABLE
 */
export function openJournal(file: string, { limit = crashLimit }: { readonly limit?: number } = {}): SqliteJournal {
  const db = new DatabaseSync(file);
  try {
    migrateJournal(db, file);
    db.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;");
  } catch (error) {
    db.close();
    throw error;
  }
  const insert = db.prepare(
    "INSERT INTO jobs (job_id, status, state, params) VALUES (?, 'seen', ?, ?) ON CONFLICT DO NOTHING",
  );
  const select = db.prepare("SELECT * FROM jobs WHERE job_id = ?");
  // Progress: whatever was thought of the step before says nothing about the next.
  const update = db.prepare(
    `UPDATE jobs SET status = ?, state = ?, block = ?, crashes = 0,
       receipt = coalesce(?, receipt), receipt_signer = coalesce(?, receipt_signer) WHERE job_id = ?`,
  );
  const selectOpen = db.prepare(
    `SELECT job_id AS jobId, status, crashes FROM jobs WHERE status IN ('seen', 'claiming', 'running', 'settling') ORDER BY rowid`,
  );
  const selectSettled = db.prepare(
    "SELECT * FROM jobs WHERE status = 'settled' AND block <= ? ORDER BY block, rowid LIMIT ?",
  );
  const selectSince = db.prepare("SELECT * FROM jobs WHERE block >= ? AND status IN ('running', 'settled', 'left')");
  const selectCounts = db.prepare("SELECT status, count(*) AS jobs FROM jobs GROUP BY status");
  const selectWaiting = db.prepare("SELECT count(*) AS jobs FROM jobs WHERE status = 'seen'");
  const mark = db.prepare("UPDATE jobs SET begun = ? WHERE job_id = ?");
  const selectBegun = db.prepare("SELECT * FROM jobs WHERE begun = 1");
  const countCrash = db.prepare("UPDATE jobs SET crashes = ?, begun = 0 WHERE job_id = ?");
  const prune = db.prepare(
    `DELETE FROM jobs WHERE rowid IN (SELECT rowid FROM jobs WHERE status IN ('done', 'left')
       ORDER BY rowid DESC LIMIT -1 OFFSET ${keptJobs})`,
  );
  const selectMeta = db.prepare("SELECT value FROM meta WHERE name = ?");
  const upsertMeta = db.prepare(
    "INSERT INTO meta VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
  );

  const meta = (name: string) => {
    const value = selectMeta.get(name)?.["value"];
    return typeof value === "string" ? value : undefined;
  };
  const number = (name: string): bigint | undefined => {
    const value = meta(name);
    return value === undefined ? undefined : BigInt(value);
  };
  const get = (jobId: Hex) => {
    const row = select.get(jobId);
    return row === undefined ? undefined : rowOf(row);
  };
  const write = (jobId: Hex, next: JobState, receipt?: Uint8Array, signer?: string): void => {
    const block = "block" in next ? next.block : 0;
    update.run(next.status, JSON.stringify(next), block, receipt ?? null, signer ?? null, jobId);
  };
  const apply = (row: JournalRow | undefined, event: JobEvent, receipt?: Uint8Array): JobState | undefined => {
    const next = row === undefined ? undefined : jobMachine(row.state, event);
    if (row === undefined || next === undefined) return undefined;
    if (receipt === undefined) {
      write(row.jobId, next);
      return next;
    }
    db.exec("PRAGMA synchronous = FULL");
    try {
      write(row.jobId, next, receipt, "signer" in next ? next.signer : undefined);
    } finally {
      db.exec("PRAGMA synchronous = NORMAL");
    }
    return next;
  };
  const takeStock = (): Suspect[] =>
    selectBegun.all().map((row) => {
      const { jobId, state } = rowOf(row);
      const crashes = Number(row["crashes"]) + 1;
      countCrash.run(crashes, jobId);
      const next = jobMachine(state, { type: "crashed", crashes, limit });
      if (next !== undefined) write(jobId, next);
      return { jobId, crashes, quarantined: next !== undefined };
    });
  const suspects = takeStock();
  prune.run();
  let added = 0;

  return {
    suspects,
    async add(jobId, params) {
      const { changes } = insert.run(jobId, JSON.stringify({ status: "seen" } satisfies JobState), params);
      if (changes === 1 && ++added % pruneEvery === 0) prune.run();
      return changes === 1;
    },
    get: async (jobId) => get(jobId),
    apply: async (jobId, event, receipt) => apply(get(jobId), event, receipt),
    open: async () => selectOpen.all() as unknown as OpenJob[],
    settled: async (block, most) => selectSettled.all(block, most).map(rowOf),
    async reorganised(block) {
      const changed: Hex[] = [];
      for (const row of selectSince.all(block).map(rowOf))
        if (apply(row, { type: "reorg", block }) !== undefined) changed.push(row.jobId);
      return changed;
    },
    async counts() {
      const counts = { ...noJobs };
      for (const { status, jobs } of selectCounts.all() as unknown as { status: JobStatus; jobs: number }[])
        counts[status] = jobs;
      return counts;
    },
    began: async (jobId) => void mark.run(1, jobId),
    ended: async (jobId) => void mark.run(0, jobId),
    waiting: async () => Number(selectWaiting.get()?.["jobs"] ?? 0),
    async point() {
      const value = meta("point");
      return value === undefined ? undefined : (JSON.parse(value) as StreamPoint);
    },
    setPoint: async (point) => void upsertMeta.run("point", JSON.stringify(point)),
    async nodeId() {
      const value = meta("nodeId");
      return value === undefined ? undefined : Number(value);
    },
    setNodeId: async (nodeId) => void upsertMeta.run("nodeId", String(nodeId)),
    registeringSince: async () => number("registeringSince"),
    setRegisteringSince: async (block) => void upsertMeta.run("registeringSince", String(block)),
    close: async () => db.close(),
  };
}

const noJobs: Record<JobStatus, number> = {
  seen: 0,
  claiming: 0,
  running: 0,
  settling: 0,
  settled: 0,
  done: 0,
  left: 0,
  quarantined: 0,
};

type SqlRow = Readonly<Record<string, null | number | bigint | string | Uint8Array>>;

/** The daemon is the file's only writer, so a row has the shape in which it was written. */
function rowOf(row: SqlRow): JournalRow {
  const {
    job_id: jobId,
    state,
    params,
    receipt,
    receipt_signer: signer,
  } = row as unknown as {
    job_id: Hex;
    state: string;
    params: Uint8Array;
    receipt: Uint8Array | null;
    receipt_signer: string | null;
  };
  return {
    jobId,
    state: JSON.parse(state) as JobState,
    params,
    receipt: receipt === null || signer === null ? undefined : { bytes: receipt, signer },
  };
}
