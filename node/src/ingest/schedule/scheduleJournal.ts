import { DatabaseSync } from "node:sqlite";
import { PersonaError } from "@persona-protocol/sdk/errors";
import { dueAt, nextSlot } from "./dueTimes.ts";
import {
  type Intent,
  type Run,
  type RunStatus,
  type ScheduledSource,
  type SourceSpec,
  sourceSpecSchema,
} from "./scheduledSource.ts";

const version = 1;
const schema = `
  CREATE TABLE sources (
    id TEXT PRIMARY KEY, spec TEXT NOT NULL, status TEXT NOT NULL, reason TEXT, cursor TEXT, failures INTEGER NOT NULL DEFAULT 0,
    /** The next slot that no run stands for yet, and when it or a run that waits is due; null: never. Unix milliseconds. */
    slot INTEGER, due INTEGER
  ) STRICT;
  CREATE TABLE runs (
    source TEXT NOT NULL, slot INTEGER NOT NULL, through INTEGER NOT NULL, count INTEGER NOT NULL, status TEXT NOT NULL,
    attempt INTEGER NOT NULL, started INTEGER, ended INTEGER, error TEXT, version INTEGER, manifest TEXT, cursor TEXT,
    PRIMARY KEY (source, slot)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX open_runs ON runs (status, source);
  CREATE TABLE takes (host TEXT NOT NULL, at INTEGER NOT NULL) STRICT;
  CREATE INDEX takes_by_host ON takes (host, at);
  CREATE TABLE hosts (host TEXT PRIMARY KEY, closed_until INTEGER NOT NULL) STRICT;
  CREATE TABLE tokens (account TEXT PRIMARY KEY, expires INTEGER, lease INTEGER NOT NULL DEFAULT 0, not_before INTEGER NOT NULL DEFAULT 0) STRICT;
`;

/** Of a source that may begin something: what comes due while it runs waits for its end. */
const isIdle = "status = 'active' AND id NOT IN (SELECT source FROM runs WHERE status IN ('running', 'publishing'))";

/** Ended runs that are kept of each source. */
const keptRuns = 1_000;

export type ScheduleJournal = ReturnType<typeof openScheduleJournal>;

/** What `begin` found to do. */
export type Begun = { readonly source: ScheduledSource; readonly slot: number; readonly attempt: number };

/**
 * What is due, what was done and what was not, in one file. Every change is committed before it is acted on, and survives the death of the
 * process; `persona sources` writes to the same file while a daemon runs.
 * @throws PersonaError JOURNAL_UNUSABLE
 */
export function openScheduleJournal(file: string) {
  const db = openDatabase(file);
  const selectSource = db.prepare("SELECT * FROM sources WHERE id = ?");
  const selectSources = db.prepare("SELECT * FROM sources ORDER BY id");
  const insertSource = db.prepare("INSERT INTO sources (id, spec, status, slot, due) VALUES (?, ?, 'active', ?, ?)");
  const deleteSource = db.prepare("DELETE FROM sources WHERE id = ?");
  const setStatus = db.prepare("UPDATE sources SET status = ?, reason = ?, slot = ?, due = ? WHERE id = ?");
  const setPlan = db.prepare("UPDATE sources SET slot = ?, due = ? WHERE id = ?");
  const selectDue = db.prepare(`SELECT id FROM sources WHERE ${isIdle} AND due <= ? ORDER BY due, id`);
  const selectNext = db.prepare(`SELECT min(due) AS due FROM sources WHERE ${isIdle}`);
  const selectOpen = db.prepare(
    "SELECT * FROM runs WHERE source = ? AND status IN ('running', 'publishing', 'waiting')",
  );
  const selectLeft = db.prepare("SELECT * FROM runs WHERE status IN ('running', 'publishing') ORDER BY source, slot");
  const selectLast = db.prepare("SELECT max(through) AS last FROM runs WHERE source = ?");
  const deleteRuns = db.prepare("DELETE FROM runs WHERE source = ?");
  const selectRuns = db.prepare("SELECT * FROM runs WHERE source = ? ORDER BY slot DESC LIMIT ?");
  const insertRun = db.prepare(
    "INSERT INTO runs (source, slot, through, count, status, attempt, started, ended, error) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
  );
  const restart = db.prepare(
    "UPDATE runs SET status = 'running', attempt = attempt + 1, started = ? WHERE source = ? AND slot = ?",
  );
  const intend = db.prepare(
    "UPDATE runs SET status = 'publishing', version = ?, manifest = ?, cursor = ? WHERE source = ? AND slot = ?",
  );
  const endRun = db.prepare("UPDATE runs SET status = ?, ended = ?, error = ? WHERE source = ? AND slot = ?");
  const succeed = db.prepare("UPDATE sources SET failures = 0, cursor = ? WHERE id = ?");
  const countFailure = db.prepare("UPDATE sources SET failures = failures + 1 WHERE id = ?");
  const prune = db.prepare(
    `DELETE FROM runs WHERE source = ?1 AND status NOT IN ('running', 'publishing', 'waiting') AND slot <
       (SELECT slot FROM runs WHERE source = ?1 ORDER BY slot DESC LIMIT 1 OFFSET ${keptRuns})`,
  );

  const selectAccounts = db.prepare(
    "SELECT DISTINCT spec ->> '$.account' AS account FROM sources WHERE status = 'active' AND account IS NOT NULL",
  );

  const source = (id: string): ScheduledSource | undefined => {
    const row = selectSource.get(id);
    return row === undefined ? undefined : sourceOf(row);
  };
  const openRun = (id: string) => {
    const row = selectOpen.get(id);
    return row === undefined ? undefined : { ...runOf(row), intent: intentOf(row) };
  };
  /** All or nothing, also when the process dies in it. */
  const atomically = <result>(work: () => result): result => {
    db.exec("BEGIN IMMEDIATE");
    try {
      const result = work();
      db.exec("COMMIT");
      return result;
    } catch (error) {
      db.exec("ROLLBACK");
      throw error;
    }
  };
  const planned = (of: ScheduledSource, slot: number | undefined) =>
    [slot ?? null, slot === undefined ? null : dueAt(of.id, slot, of.jitterMs)] as const;
  /** No slot comes twice, also where the clock is turned back. */
  const lastSlotOf = (id: string): number => numberOf(selectLast.get(id)?.["last"]) ?? 0;
  const slotOf = (id: string): number | undefined => numberOf(selectSource.get(id)?.["slot"]);

  return {
    source,
    sources: (): ScheduledSource[] => selectSources.all().map(sourceOf),
    /** Of active sources, each once. */
    accounts: (): string[] => selectAccounts.all().map((row) => String(row["account"])),
    /** When its next run is due, Unix milliseconds. */
    dueOf: (id: string): number | undefined => numberOf(selectSource.get(id)?.["due"]),
    /** Newest first. */
    runs: (id: string, most = keptRuns): Run[] => selectRuns.all(id, most).map(runOf),

    /** @throws PersonaError CONFIG_INVALID when there is one of this id */
    add(id: string, spec: SourceSpec, nowMs: number): void {
      atomically(() => {
        if (selectSource.get(id) !== undefined)
          throw new PersonaError("CONFIG_INVALID", "There is a source of this name.", { data: { source: id } });
        const slot = nextSlot(spec.timing, nowMs - 1);
        insertSource.run(
          id,
          JSON.stringify(spec),
          slot ?? null,
          slot === undefined ? null : dueAt(id, slot, spec.jitterMs),
        );
      });
    },
    /** With its runs: one of the same name that is added later has nothing of it. */
    remove(id: string): boolean {
      return atomically(() => {
        deleteRuns.run(id);
        return deleteSource.run(id).changes === 1;
      });
    },
    /** A run that is under way ends; slots that pass meanwhile are not due. */
    pause(id: string, reason: string, nowMs: number): void {
      atomically(() => {
        const open = openRun(id);
        if (open?.status === "waiting") endRun.run("failed", nowMs, reason, id, open.slot);
        setStatus.run("paused", reason, slotOf(id) ?? null, null, id);
      });
    },
    /** From its next slot on. */
    resume(id: string, nowMs: number): void {
      atomically(() => {
        const found = source(id);
        if (found === undefined || found.status === "active") return;
        const [slot, due] = planned(found, nextSlot(found.timing, Math.max(nowMs - 1, lastSlotOf(id))));
        setStatus.run("active", null, slot, due, id);
      });
    },
    /** Due now, whatever its slots say: somebody has asked. False where it is paused or under way. */
    hasten(id: string, nowMs: number): boolean {
      return atomically(() => {
        const found = source(id);
        const open = openRun(id);
        if (found?.status !== "active" || (open !== undefined && open.status !== "waiting")) return false;
        setPlan.run(open === undefined ? Math.max(nowMs, lastSlotOf(id) + 1) : (slotOf(id) ?? null), nowMs, id);
        return true;
      });
    },

    due: (nowMs: number): string[] => selectDue.all(nowMs).map((row) => String(row["id"])),
    nextDue: (): number | undefined => numberOf(selectNext.get()?.["due"]),

    /**
     * Begins what is due of a source: a run that waits is tried again, unless its next slot has come: then it has failed. Of several slots
     * that have passed the newest is run, and the others are written down as missed. Undefined when nothing is due.
     */
    begin(id: string, nowMs: number): Begun | undefined {
      return atomically(() => {
        const found = source(id);
        const due = numberOf(selectSource.get(id)?.["due"]);
        if (found?.status !== "active" || due === undefined || due > nowMs) return undefined;
        const open = openRun(id);
        if (open !== undefined && open.status !== "waiting") return undefined;
        let slot = slotOf(id);
        const isNewer = slot !== undefined && dueAt(id, slot, found.jitterMs) <= nowMs;
        if (open !== undefined && !isNewer) {
          restart.run(nowMs, id, open.slot);
          setPlan.run(...planned(found, slot), id);
          return { source: found, slot: open.slot, attempt: open.attempt + 1 };
        }
        if (open !== undefined) endRun.run("failed", nowMs, open.error ?? "superseded", id, open.slot);
        if (slot === undefined) return undefined;
        const first = slot;
        let last: number | undefined;
        let missed = 0;
        for (let next = nextSlot(found.timing, slot); next !== undefined; next = nextSlot(found.timing, next)) {
          if (dueAt(id, next, found.jitterMs) > nowMs) break;
          [last, slot] = [slot, next];
          missed += 1;
        }
        if (last !== undefined) insertRun.run(id, first, last, missed, "missed", 0, null, nowMs, "not running");
        insertRun.run(id, slot, slot, 1, "running", 1, nowMs, null, null);
        setPlan.run(...planned(found, nextSlot(found.timing, Math.max(slot, first))), id);
        prune.run(id);
        return { source: found, slot, attempt: 1 };
      });
    },
    /** Written down before the transaction is sent: after a crash the chain says whether it came to be. */
    intend(id: string, slot: number, { version: next, manifestDigest, cursor }: Intent): void {
      intend.run(next, manifestDigest, cursor ?? null, id, slot);
    },
    succeeded(id: string, slot: number, status: "published" | "unchanged", cursor: string | undefined, nowMs: number) {
      atomically(() => {
        // Of a source that was removed meanwhile.
        if (endRun.run(status, nowMs, null, id, slot).changes === 0) return;
        succeed.run(cursor ?? null, id);
      });
    },
    /** @param retryAt when it is tried again; undefined: never */
    failed(id: string, slot: number, error: string, retryAt: number | undefined, nowMs: number): void {
      atomically(() => {
        if (endRun.run(retryAt === undefined ? "failed" : "waiting", nowMs, error, id, slot).changes === 0) return;
        countFailure.run(id);
        const found = source(id);
        if (found === undefined || found.status === "paused" || retryAt === undefined) return;
        const [next, due] = planned(found, slotOf(id));
        setPlan.run(next, Math.min(due ?? retryAt, retryAt), id);
      });
    },
    /** Runs during which the process before this one ended. */
    left: (): (Run & { readonly intent: Intent | undefined })[] =>
      selectLeft.all().map((row) => ({ ...runOf(row), intent: intentOf(row) })),

    ...hostLimits(db, atomically),
    ...tokenLeases(db, atomically),
    close: () => db.close(),
  };
}

type Atomically = <result>(work: () => result) => result;

/** At most so many requests to a host within any window of so long. */
export type HostLimit = { readonly requests: number; readonly perMs: number };

function hostLimits(db: DatabaseSync, atomically: Atomically) {
  const nth = db.prepare("SELECT at FROM takes WHERE host = ? ORDER BY at DESC LIMIT 1 OFFSET ?");
  const insert = db.prepare("INSERT INTO takes VALUES (?, ?)");
  const forget = db.prepare("DELETE FROM takes WHERE host = ? AND at < ?");
  const closed = db.prepare("SELECT closed_until FROM hosts WHERE host = ?");
  const close = db.prepare(
    "INSERT INTO hosts VALUES (?, ?) ON CONFLICT (host) DO UPDATE SET closed_until = max(closed_until, excluded.closed_until)",
  );
  return {
    /** One request to a host: taken (undefined), or the moment from which to ask again. Counted before it is sent, over restarts. */
    take(host: string, { requests, perMs }: HostLimit, nowMs: number): number | undefined {
      return atomically(() => {
        const until = Math.max(
          numberOf(closed.get(host)?.["closed_until"]) ?? 0,
          (numberOf(nth.get(host, requests - 1)?.["at"]) ?? Number.NEGATIVE_INFINITY) + perMs,
        );
        if (until > nowMs) return until;
        insert.run(host, nowMs);
        forget.run(host, nowMs - perMs);
        return undefined;
      });
    },
    /** The host has said when it may be asked again. */
    closeHost: (host: string, untilMs: number): void => void close.run(host, untilMs),
  };
}

function tokenLeases(db: DatabaseSync, atomically: Atomically) {
  const select = db.prepare("SELECT * FROM tokens WHERE account = ?");
  const known = db.prepare(
    "INSERT INTO tokens (account, expires, not_before) VALUES (?, ?, ?) ON CONFLICT (account) DO UPDATE SET expires = excluded.expires, lease = 0, not_before = excluded.not_before",
  );
  const lease = db.prepare(
    "INSERT INTO tokens (account, lease) VALUES (?, ?) ON CONFLICT (account) DO UPDATE SET lease = excluded.lease",
  );
  const later = db.prepare("UPDATE tokens SET lease = 0, not_before = ? WHERE account = ?");
  return {
    /** Unix milliseconds at which an account's token ends, as far as it is known. */
    tokenExpiry: (account: string): number | undefined => numberOf(select.get(account)?.["expires"]),
    /** @param notBeforeMs until then it needs no renewal */
    tokenKnown: (account: string, expiresMs: number, notBeforeMs: number): void =>
      void known.run(account, expiresMs, notBeforeMs),
    /**
     * The right to renew an account's token until then, or the moment from which to ask again: another has it, or the last try has failed. It
     * outlives its process: what that has sent may still be under way.
     */
    leaseToken(account: string, untilMs: number, nowMs: number): number | undefined {
      return atomically(() => {
        const row = select.get(account);
        const free = Math.max(numberOf(row?.["lease"]) ?? 0, numberOf(row?.["not_before"]) ?? 0);
        if (free > nowMs) return free;
        lease.run(account, untilMs);
        return undefined;
      });
    },
    /** Until when nobody may try, Unix milliseconds. */
    tokenWaits(account: string): number {
      const row = select.get(account);
      return Math.max(numberOf(row?.["lease"]) ?? 0, numberOf(row?.["not_before"]) ?? 0);
    },
    tokenFailed: (account: string, notBeforeMs: number): void => void later.run(notBeforeMs, account),
  };
}

function openDatabase(file: string): DatabaseSync {
  const db = new DatabaseSync(file, { timeout: 5_000 });
  try {
    const found = Number(db.prepare("PRAGMA user_version").get()?.["user_version"] ?? 0);
    if (found > version)
      throw new PersonaError("JOURNAL_UNUSABLE", "The journal was written by a newer build: it is not touched.", {
        data: { file, version: found, known: version },
      });
    db.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;");
    if (found === 0) db.exec(`BEGIN IMMEDIATE; ${schema} PRAGMA user_version = ${version}; COMMIT;`);
    return db;
  } catch (cause) {
    db.close();
    if (cause instanceof PersonaError) throw cause;
    throw new PersonaError("JOURNAL_UNUSABLE", "The journal is no SQLite file, or a damaged one.", {
      data: { file },
      cause,
    });
  }
}

type Row = Readonly<Record<string, unknown>>;

const numberOf = (value: unknown): number | undefined =>
  value === null || value === undefined ? undefined : Number(value);
const textOf = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);

function sourceOf(row: Row): ScheduledSource {
  return {
    ...sourceSpecSchema.parse(JSON.parse(String(row["spec"]))),
    id: String(row["id"]),
    status: row["status"] === "active" ? "active" : "paused",
    reason: textOf(row["reason"]),
    cursor: textOf(row["cursor"]),
    failures: Number(row["failures"]),
  };
}

function runOf(row: Row): Run {
  return {
    source: String(row["source"]),
    slot: Number(row["slot"]),
    through: Number(row["through"]),
    count: Number(row["count"]),
    // As this file has written it.
    status: String(row["status"]) as RunStatus,
    attempt: Number(row["attempt"]),
    startedAt: numberOf(row["started"]),
    endedAt: numberOf(row["ended"]),
    error: textOf(row["error"]),
    version: numberOf(row["version"]),
  };
}

function intentOf(row: Row): Intent | undefined {
  if (row["status"] !== "publishing") return undefined;
  return {
    version: Number(row["version"]),
    manifestDigest: String(row["manifest"]),
    cursor: textOf(row["cursor"]),
  };
}
