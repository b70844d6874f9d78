import { isPersonaError, PersonaError } from "@persona-protocol/sdk/errors";
import type { Logger } from "pino";
import type { Clock } from "../../chain/clock.ts";
import type { Intent, ScheduledSource } from "./scheduledSource.ts";
import type { Begun, HostLimit, ScheduleJournal } from "./scheduleJournal.ts";
import { createTokenRefresh, type TokenKeeper } from "./tokenRefresh.ts";

/** What one run may use. */
export type RunOrder = {
  readonly source: ScheduledSource;
  /** The slot that it is for, Unix milliseconds. */
  readonly slot: number;
  readonly attempt: number;
  readonly signal: AbortSignal;
  /** Before each request: resolves when the host may be asked once. @throws PersonaError CANCELLED */
  readonly permit: (host: string) => Promise<void>;
  /** To be awaited right before the transaction that publishes is sent: from then on only the chain knows whether it happened. */
  readonly intend: (intent: Intent) => Promise<void>;
};

export type RunResult = {
  /** Undefined where there was nothing new. */
  readonly version: number | undefined;
  readonly cursor: string | undefined;
  /** Why it ended before its end; what it has published counts. */
  readonly stopped?: PersonaError | undefined;
};

/** What the scheduler knows nothing of: how a source is read, and how that is published. */
export type SourceRunner = {
  /** Reads from the cursor and publishes by compare-and-swap. Nothing is published when it throws. */
  run(order: RunOrder): Promise<RunResult>;
  /** Why the source may not be run: its owner has withdrawn what it needs. Undefined: it may. */
  objection(source: ScheduledSource): Promise<string | undefined>;
  /** After a crash: is that what the dataset's history says? */
  wasPublished(source: ScheduledSource, intent: Intent): Promise<boolean>;
};

export type SchedulerOptions = {
  readonly journal: ScheduleJournal;
  readonly clock: Clock;
  readonly runner: SourceRunner;
  /** Of sources with an account; without it they are refused. */
  readonly tokens?: TokenKeeper | undefined;
  readonly log: Pick<Logger, "info" | "warn" | "error">;
  readonly concurrency?: number | undefined;
  readonly hostLimit?: (host: string) => HostLimit;
  readonly maxAttempts?: number | undefined;
  /** How soon a change by another process (`persona sources`) is seen. */
  readonly lookMs?: number | undefined;
};

const defaults = { concurrency: 4, maxAttempts: 6, lookMs: 15_000 };
/** What services ask of clients that say nothing else. */
const defaultHostLimit: HostLimit = { requests: 60, perMs: 60_000 };
const firstBackoffMs = 30_000;
const maxBackoffMs = 6 * 3_600_000;

/** After these a source stands still until its owner has done something: trying again would be asking for what was refused. */
const pausing: ReadonlySet<string> = new Set([
  "SOURCE_CONSENT_ENDED",
  "SOURCE_REFUSED",
  "WRITER_REFUSED",
  "KEY_EPOCH_OLD",
  "DATASET_ERASED",
  "GRANT_REVOKED",
  "GRANT_EXPIRED",
]);

/** Runs until the signal comes; what is under way then ends, and is begun anew by the next start. */
export async function runSchedule(options: SchedulerOptions, signal: AbortSignal): Promise<void> {
  const { journal, clock, runner, log } = options;
  const { concurrency = defaults.concurrency, lookMs = defaults.lookMs } = options;
  const tokens = createTokenRefresh(options);
  const running = new Map<string, { readonly datasetId: string; readonly ended: Promise<void> }>();
  let wake = new AbortController();
  let broken: { readonly error: unknown } | undefined;

  await takeStock(options);
  while (!signal.aborted) {
    wake = new AbortController();
    const now = clock.now();
    for (const id of journal.due(now)) {
      if (running.size >= concurrency) break;
      const datasetId = journal.source(id)?.datasetId ?? "";
      // Two runs of one dataset would take the head from one another.
      if ([...running.values()].some((other) => other.datasetId === datasetId)) continue;
      const begun = journal.begin(id, now);
      if (begun === undefined) continue;
      const ended = runOne(options, begun, tokens.ensure, signal)
        // A journal that takes nothing ends the daemon: what is not written down did not happen.
        .catch((error: unknown) => {
          broken = { error };
        })
        .finally(() => {
          running.delete(id);
          wake.abort();
        });
      running.set(id, { datasetId, ended });
    }
    if (broken !== undefined) break;
    await tokens.renewDue(signal);
    const next = Math.min(journal.nextDue() ?? Number.POSITIVE_INFINITY, tokens.nextDue());
    // What is due already waits for a place or its dataset: the end of a run wakes us.
    const inMs = next <= clock.now() ? lookMs : Math.min(next - clock.now(), lookMs);
    if (!wake.signal.aborted) await clock.sleep(inMs, AbortSignal.any([signal, wake.signal]));
  }
  await Promise.all([...running.values()].map(({ ended }) => ended));
  if (broken !== undefined) throw broken.error;
  log.info({}, "the schedule stands still");

  async function takeStock({ maxAttempts = defaults.maxAttempts }: SchedulerOptions): Promise<void> {
    for (const run of journal.left()) {
      const { source: id, slot, intent, attempt } = run;
      const source = journal.source(id);
      if (source === undefined) continue;
      const isThere = intent !== undefined && (await untilKnown(source, intent));
      if (signal.aborted) return;
      if (isThere) journal.succeeded(id, slot, "published", intent.cursor, clock.now());
      else journal.failed(id, slot, "interrupted", attempt >= maxAttempts ? undefined : clock.now(), clock.now());
      log.warn({ source: id, slot, published: isThere }, "a run was interrupted by the end of the process");
    }
  }

  /** Without the chain's word it would be published again, or never. */
  async function untilKnown(source: ScheduledSource, intent: Intent): Promise<boolean> {
    for (let failures = 0; !signal.aborted; failures++) {
      try {
        return await runner.wasPublished(source, intent);
      } catch (error) {
        log.warn({ source: source.id, code: codeOf(error) }, "the chain cannot be asked what became of a run");
        await clock.sleep(backoffMs(source.id, failures), signal);
      }
    }
    return false;
  }
}

async function runOne(
  { journal, clock, runner, log, hostLimit, maxAttempts = defaults.maxAttempts }: SchedulerOptions,
  { source, slot, attempt }: Begun,
  ensureToken: (account: string, signal: AbortSignal) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const { id } = source;
  try {
    const objection = await runner.objection(source);
    if (objection !== undefined) {
      journal.failed(id, slot, objection, undefined, clock.now());
      journal.pause(id, objection, clock.now());
      log.warn({ source: id, reason: objection }, "the source is paused");
      return;
    }
    if (source.account !== undefined) await ensureToken(source.account, signal);
    const permit = async (host: string): Promise<void> => {
      if (!source.hosts.includes(host))
        throw new PersonaError("CONFIG_INVALID", "The source asks a host that it does not name.", { data: { host } });
      for (;;) {
        if (signal.aborted) throw new PersonaError("CANCELLED", "The schedule was stopped.");
        const at = journal.take(host, hostLimit?.(host) ?? defaultHostLimit, clock.now());
        if (at === undefined) return;
        await clock.sleep(Math.max(1, at - clock.now()), signal);
      }
    };
    const intend = async (intent: Intent) => journal.intend(id, slot, intent);
    const { version, cursor, stopped } = await runner.run({ source, slot, attempt, signal, permit, intend });
    // A run that brought nothing and was cut short has failed: its end is judged as any other.
    if (version === undefined && stopped !== undefined) throw stopped;
    journal.succeeded(id, slot, version === undefined ? "unchanged" : "published", cursor, clock.now());
    const closedUntil = retryAtMs(stopped);
    if (closedUntil !== undefined) for (const host of source.hosts) journal.closeHost(host, closedUntil);
    log.info({ source: id, slot, version, stopped: stopped?.code }, "a source was read");
  } catch (error) {
    const code = codeOf(error);
    // Left as it is: the next start finds it, and asks the chain where that may know.
    if (code === "CANCELLED" && signal.aborted) return;
    const now = clock.now();
    if (pausing.has(code)) {
      journal.failed(id, slot, code, undefined, now);
      journal.pause(id, code, now);
      log.warn({ source: id, reason: code }, "the source is paused");
      return;
    }
    const closedUntil = retryAtMs(error);
    if (closedUntil !== undefined) for (const host of source.hosts) journal.closeHost(host, closedUntil);
    const retryAt = Math.max(now + backoffMs(id, attempt - 1), closedUntil ?? 0);
    const isOver = attempt >= maxAttempts || (isPersonaError(error) && error.retry === "never" && !again.has(code));
    journal.failed(id, slot, code, isOver ? undefined : retryAt, now);
    log.warn({ source: id, slot, code, attempt, retryAt: isOver ? undefined : retryAt }, "a source was not read");
  }
}

/** Somebody else has published meanwhile: read anew, it works. */
const again: ReadonlySet<string> = new Set(["DATASET_HEAD_MISMATCH", "VERSION_NOT_GRANTED"]);

const codeOf = (error: unknown): string => (isPersonaError(error) ? error.code : "INTERNAL");

/** Of a service that has said when: Unix seconds in the error's data. */
function retryAtMs(error: unknown): number | undefined {
  const at = isPersonaError(error) ? Number(error.data["retryAt"]) : Number.NaN;
  return Number.isFinite(at) && at > 0 ? at * 1_000 : undefined;
}

/** Twice as long each time, and for each source a little else. */
function backoffMs(id: string, failures: number): number {
  const spread = 0.75 + (([...id].reduce((sum, letter) => sum + letter.charCodeAt(0), 0) + failures) % 50) / 100;
  return Math.min(maxBackoffMs, firstBackoffMs * 2 ** Math.min(failures, 20)) * spread;
}
