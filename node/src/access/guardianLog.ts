import { DatabaseSync } from "node:sqlite";
import {
  appendLeaf,
  consistencyProof,
  decodeLogEntry,
  decodeReleaseAnswer,
  emptyFrontier,
  encodeReleaseAnswer,
  type Frontier,
  inclusionProof,
  isFrontier,
  type LogLine,
  leafHash,
  rootAt,
} from "@persona-protocol/sdk/access";
import { isPersonaError, PersonaError } from "@persona-protocol/sdk/errors";
import { bytesToHex, type Hex, hexToBytes } from "viem";
import { openRevocations } from "./guardianRevocations.ts";

/** Answers forgotten by one commit: a release waits for it at most some milliseconds. */
export const forgetBatch = 256;

/** One line as the enclave hands it over. */
type StoredLine = {
  /** Its place, so that a line that went missing on the way is noticed before anything is written. */
  readonly index: number;
  /** ABI bytes of a LogEntry. */
  readonly entry: Uint8Array;
  /** What was answered, for whoever asks again: a name of the request, the whole answer, and until when it can be asked. */
  readonly answer: { readonly name: string; readonly bytes: Uint8Array; readonly until: number } | undefined;
  /** A revocation as its owner signed it. */
  readonly revocation: Uint8Array | undefined;
};

/**
 * The guardian's log on the host's disk, with the nodes of its Merkle tree. The host can lose or change it, and is found out:
 * each answer of the enclave names the head that the log must lead to.
 */
export type GuardianLog = {
  frontier(): Frontier;
  /**
   * All of the lines or none, on the disk when it returns. Lines that are there already, byte for byte, are so again: an enclave
   * that waited too long for a slow disk sends them once more.
   * @throws PersonaError STORE_FAILED when it cannot be written, INTERNAL when the lines do not follow on the last one
   */
  append(lines: readonly StoredLine[]): void;
  answer(name: string): Uint8Array | undefined;
  /**
   * Forgets answers that nobody can ask for any more: the entries and what was signed stay, the sealed shares go.
   * @param now Unix seconds of the chain
   * @returns how many it has forgotten; a full batch may not have been all
   */
  forgetAnswers(now: number): number;
  /** Those that still say something, in pages that fit a message to the enclave. */
  revocations(): Iterable<Uint8Array[]>;
  /** Entries of one dataset from `from` on, proved in the log of `size` entries. */
  lines(query: { readonly datasetId: Hex; readonly from: number; readonly limit: number; readonly size: number }): {
    readonly lines: (Omit<LogLine, "release"> & { readonly answer: Uint8Array | undefined })[];
    readonly next: number | undefined;
  };
  consistency(since: number, size: number): Hex[];
  close(): void;
};

/** @throws PersonaError CONFIG_INVALID when the file is no log, or its tree lacks a node */
export function openGuardianLog(file: string): GuardianLog {
  const db = open(file);
  const insertEntry = db.prepare("INSERT INTO entries (idx, dataset_id, entry, answer) VALUES (?, ?, ?, ?)");
  const insertNode = db.prepare("INSERT INTO nodes (level, idx, hash) VALUES (?, ?, ?)");
  const insertAnswer = db.prepare("INSERT INTO answers (name, until, idx) VALUES (?, ?, ?) ON CONFLICT DO NOTHING");
  const selectEntry = db.prepare("SELECT entry FROM entries WHERE idx = ?");
  const revocations = openRevocations(db);
  const selectNode = db.prepare("SELECT hash FROM nodes WHERE level = ? AND idx = ?");
  const selectAnswer = db.prepare(
    "SELECT entries.answer FROM answers JOIN entries ON entries.idx = answers.idx WHERE name = ?",
  );
  const selectOver = db.prepare(
    "SELECT name, entries.idx AS idx, entries.answer AS answer FROM answers LEFT JOIN entries ON entries.idx = answers.idx WHERE until < ? LIMIT ?",
  );
  const forget = db.prepare("DELETE FROM answers WHERE name = ?");
  const updateAnswer = db.prepare("UPDATE entries SET answer = ? WHERE idx = ?");
  const selectLines = db.prepare(
    "SELECT idx, entry, answer FROM entries WHERE dataset_id = ? AND idx >= ? AND idx < ? ORDER BY idx LIMIT ?",
  );

  const node = (level: number, index: number): Hex => {
    const hash = selectNode.get(level, index)?.["hash"];
    if (hash instanceof Uint8Array) return bytesToHex(hash);
    throw new PersonaError("CONFIG_INVALID", "The access log lacks a part of its tree: restore the file.", {
      data: { file, level, index },
    });
  };
  let frontier = readFrontier(db, node);
  return {
    frontier: () => frontier,
    append(lines) {
      let next = frontier;
      try {
        db.exec("BEGIN IMMEDIATE");
        for (const { index, entry, answer, revocation } of lines) {
          const stored = index < next.size ? selectEntry.get(index)?.["entry"] : undefined;
          if (stored instanceof Uint8Array && Buffer.compare(stored, entry) === 0) continue;
          if (index !== next.size)
            throw new PersonaError("INTERNAL", "A line of the access log does not follow on the last one.", {
              data: { got: index, wanted: next.size },
            });
          const isFirst = answer !== undefined && insertAnswer.run(answer.name, answer.until, index).changes > 0;
          // A second one of a name is never given again.
          const kept = answer === undefined || isFirst ? answer?.bytes : withoutKeys(answer.bytes);
          insertEntry.run(index, hexToBytes(decodeLogEntry(entry).datasetId), entry, kept ?? null);
          next = appendLeaf(next, leafHash(entry), (level, at, hash) => insertNode.run(level, at, hexToBytes(hash)));
          if (revocation !== undefined) revocations.insert(index, revocation);
        }
        db.exec("COMMIT");
      } catch (cause) {
        if (db.isTransaction) db.exec("ROLLBACK");
        if (cause instanceof PersonaError) throw cause;
        throw new PersonaError("STORE_FAILED", "The access log cannot be written.", { data: { file }, cause });
      }
      frontier = next;
    },
    answer(name) {
      const bytes = selectAnswer.get(name)?.["answer"];
      return bytes instanceof Uint8Array ? bytes : undefined;
    },
    forgetAnswers(now) {
      try {
        db.exec("BEGIN IMMEDIATE");
        const over = selectOver.all(now, forgetBatch) as { name: string; idx: number | null; answer: unknown }[];
        for (const { name, idx, answer } of over) {
          if (idx !== null && answer instanceof Uint8Array) updateAnswer.run(withoutKeys(answer) ?? null, idx);
          forget.run(name);
        }
        db.exec("COMMIT");
        return over.length;
      } catch (cause) {
        if (db.isTransaction) db.exec("ROLLBACK");
        throw new PersonaError("STORE_FAILED", "The access log cannot be written.", { data: { file }, cause });
      }
    },
    revocations: revocations.pages,
    lines({ datasetId, from, limit, size }) {
      const rows = selectLines.all(hexToBytes(datasetId), from, size, limit + 1);
      const lines = rows.slice(0, limit).map((row) => {
        const {
          idx: index,
          entry,
          answer,
        } = row as unknown as { idx: number; entry: Uint8Array; answer: Uint8Array | null };
        return {
          index,
          entry,
          proof: inclusionProof(index, size, node),
          root: rootAt(index + 1, node),
          rootProof: consistencyProof(index + 1, size, node),
          answer: answer ?? undefined,
        };
      });
      return { lines, next: rows[limit]?.["idx"] as number | undefined };
    },
    consistency: (since, size) => consistencyProof(since, size, node),
    close: () => db.close(),
  };
}

/** What the owner is shown of it; undefined where it is damaged. */
function withoutKeys(bytes: Uint8Array): Uint8Array | undefined {
  try {
    const answer = decodeReleaseAnswer(bytes);
    if (answer.status !== "released") return bytes;
    const nothing = new Uint8Array();
    return encodeReleaseAnswer({ ...answer, keys: { bundleKey: { enc: nothing, ct: nothing }, shares: [] } });
  } catch (error) {
    if (isPersonaError(error)) return undefined;
    throw error;
  }
}

function open(file: string): DatabaseSync {
  try {
    const db = new DatabaseSync(file);
    // A commit is on the disk when it returns: a release must not be known to anybody before its entry is.
    db.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON;");
    db.exec(`
      CREATE TABLE IF NOT EXISTS entries (
        idx INTEGER PRIMARY KEY,
        dataset_id BLOB NOT NULL,
        entry BLOB NOT NULL,
        answer BLOB
      ) STRICT;
      CREATE INDEX IF NOT EXISTS entries_by_dataset ON entries (dataset_id, idx);
      CREATE TABLE IF NOT EXISTS nodes (
        level INTEGER NOT NULL,
        idx INTEGER NOT NULL,
        hash BLOB NOT NULL,
        PRIMARY KEY (level, idx)
      ) STRICT, WITHOUT ROWID;
      CREATE TABLE IF NOT EXISTS answers (name TEXT PRIMARY KEY, until INTEGER NOT NULL, idx INTEGER NOT NULL) STRICT;
    `);
    return db;
  } catch (cause) {
    throw new PersonaError("CONFIG_INVALID", "The access log cannot be opened: move the file away, or restore it.", {
      data: { file },
      cause,
    });
  }
}

/** From the tree's own nodes: the largest full subtrees from the left. */
function readFrontier(db: DatabaseSync, node: (level: number, index: number) => Hex): Frontier {
  const size = db.prepare("SELECT coalesce(max(idx) + 1, 0) AS size FROM entries").get()?.["size"] as number;
  const peaks: Hex[] = [];
  for (let level = 52, before = 0; level >= 0; level--) {
    const width = 2 ** level;
    if (Math.floor(size / width) % 2 === 0) continue;
    peaks.push(node(level, before / width));
    before += width;
  }
  const frontier = size === 0 ? emptyFrontier : { size, peaks };
  if (isFrontier(frontier)) return frontier;
  throw new PersonaError("CONFIG_INVALID", "The access log's tree is not one of its size: restore the file.");
}
