import type { DatabaseSync } from "node:sqlite";
import { PersonaError } from "@persona-protocol/sdk/errors";

/** Of the files that this build writes (`PRAGMA user_version`). */
const version = 1;

/** The first version of all had none: its files say 0, as an empty file does. */
const steps: readonly string[] = [
  `
    CREATE TABLE IF NOT EXISTS jobs (
      job_id TEXT PRIMARY KEY,
      status TEXT NOT NULL,
      state TEXT NOT NULL,
      params BLOB NOT NULL,
      receipt BLOB
    ) STRICT;
    CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
    DROP INDEX IF EXISTS jobs_by_status;
    ALTER TABLE jobs ADD COLUMN receipt_signer TEXT;
    /** 1 while a step is under way. */
    ALTER TABLE jobs ADD COLUMN begun INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE jobs ADD COLUMN crashes INTEGER NOT NULL DEFAULT 0;
    /** Of the block that the state rests on; 0 where it rests on none, or is older than this column. */
    ALTER TABLE jobs ADD COLUMN block INTEGER NOT NULL DEFAULT 0;
    UPDATE jobs SET receipt_signer = json_extract(state, '$.signer') WHERE status = 'settling';
    UPDATE jobs SET state = json_set(state, '$.block', 0) WHERE status IN ('running', 'settling', 'left');
    CREATE INDEX jobs_by_status ON jobs (status, block);
    INSERT OR IGNORE INTO meta
      SELECT 'point', json_object('v', 1, 'nextBlock', value, 'trail', json('[]')) FROM meta WHERE name = 'nextBlock';
    DELETE FROM meta WHERE name = 'nextBlock';
  `,
];

/**
 * Brings a journal of any earlier version to this one, each step whole or not at all.
 * @throws PersonaError JOURNAL_UNUSABLE for a newer one, and for a file that is none
 */
export function migrateJournal(db: DatabaseSync, file: string): void {
  const found = readVersion(db, file);
  if (found > version)
    throw new PersonaError("JOURNAL_UNUSABLE", "The journal was written by a newer build: it is not touched.", {
      data: { file, version: found, known: version },
    });
  for (const [at, step] of steps.entries()) {
    if (at < found) continue;
    db.exec(`BEGIN IMMEDIATE; ${step} PRAGMA user_version = ${at + 1}; COMMIT;`);
  }
}

function readVersion(db: DatabaseSync, file: string): number {
  try {
    return Number(db.prepare("PRAGMA user_version").get()?.["user_version"] ?? 0);
  } catch (cause) {
    if (!isOfFile(cause)) throw cause;
    throw new PersonaError("JOURNAL_UNUSABLE", "The journal is no SQLite file, or a damaged one.", {
      data: { file },
      cause,
    });
  }
}

/** SQLite's CORRUPT and NOTADB. Of the rest, such as a full disk, the file is not to blame. */
const ofFile: readonly number[] = [11, 26];

const isOfFile = (error: unknown): boolean =>
  error instanceof Error &&
  "errcode" in error &&
  typeof error.errcode === "number" &&
  ofFile.includes(error.errcode & 0xff);
