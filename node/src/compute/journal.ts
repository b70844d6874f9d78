import { DatabaseSync } from "node:sqlite";
import type { Hex } from "viem";
import { type JobEvent, type JobState, jobMachine } from "./jobMachine.ts";

export type JournalRow = {
  readonly jobId: Hex;
  readonly state: JobState;
  /** ABI bytes of JobParams, as the event brought them. */
  readonly params: Uint8Array;
  /** The signed receipt once there is one: it must survive a crash between signing and settling. */
  readonly receipt: Uint8Array | undefined;
};

/**
 * The daemon's memory. A step is written here before it is done, and every step is safe to do again, so a crash at any
 * instruction loses nothing and doubles nothing.
 */
export type Journal = {
  /** Remembers a job; a repeat changes nothing. */
  add(jobId: Hex, params: Uint8Array): void;
  get(jobId: Hex): JournalRow | undefined;
  /** Writes the next state, or returns undefined when the event means nothing now. */
  apply(jobId: Hex, event: JobEvent, receipt?: Uint8Array): JobState | undefined;
  /** Jobs that still want something done, oldest first. */
  open(): JournalRow[];
  /** The next block to read events from. */
  nextBlock(): bigint | undefined;
  setNextBlock(block: bigint): void;
  nodeId(): number | undefined;
  setNodeId(nodeId: number): void;
  close(): void;
};

export function openJournal(file: string): Journal {
  const db = new DatabaseSync(file);
  db.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;");
  db.exec(`
    CREATE TABLE IF NOT EXISTS jobs (
      job_id TEXT PRIMARY KEY,
      status TEXT NOT NULL,
      state TEXT NOT NULL,
      params BLOB NOT NULL,
      receipt BLOB
    ) STRICT;
    CREATE INDEX IF NOT EXISTS jobs_by_status ON jobs (status);
    CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
  `);
  const insert = db.prepare(
    "INSERT INTO jobs (job_id, status, state, params) VALUES (?, 'seen', ?, ?) ON CONFLICT DO NOTHING",
  );
  const select = db.prepare("SELECT * FROM jobs WHERE job_id = ?");
  const update = db.prepare("UPDATE jobs SET status = ?, state = ?, receipt = coalesce(?, receipt) WHERE job_id = ?");
  const selectOpen = db.prepare("SELECT * FROM jobs WHERE status NOT IN ('done', 'left') ORDER BY rowid");
  const selectMeta = db.prepare("SELECT value FROM meta WHERE name = ?");
  const upsertMeta = db.prepare(
    "INSERT INTO meta VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
  );

  const meta = (name: string) => {
    const value = selectMeta.get(name)?.["value"];
    return typeof value === "string" ? value : undefined;
  };
  const get = (jobId: Hex) => {
    const row = select.get(jobId);
    return row === undefined ? undefined : rowOf(row);
  };
  return {
    add: (jobId, params) => void insert.run(jobId, JSON.stringify({ status: "seen" } satisfies JobState), params),
    get,
    apply(jobId, event, receipt) {
      const row = get(jobId);
      const next = row === undefined ? undefined : jobMachine(row.state, event);
      if (next !== undefined) update.run(next.status, JSON.stringify(next), receipt ?? null, jobId);
      return next;
    },
    open: () => selectOpen.all().map(rowOf),
    nextBlock() {
      const value = meta("nextBlock");
      return value === undefined ? undefined : BigInt(value);
    },
    setNextBlock: (block) => void upsertMeta.run("nextBlock", String(block)),
    nodeId() {
      const value = meta("nodeId");
      return value === undefined ? undefined : Number(value);
    },
    setNodeId: (nodeId) => void upsertMeta.run("nodeId", String(nodeId)),
    close: () => db.close(),
  };
}

type SqlRow = Readonly<Record<string, null | number | bigint | string | Uint8Array>>;

/** The daemon is the file's only writer, so a row has the shape in which it was written. */
function rowOf(row: SqlRow): JournalRow {
  const {
    job_id: jobId,
    state,
    params,
    receipt,
  } = row as unknown as { job_id: Hex; state: string; params: Uint8Array; receipt: Uint8Array | null };
  return { jobId, state: JSON.parse(state) as JobState, params, receipt: receipt ?? undefined };
}
