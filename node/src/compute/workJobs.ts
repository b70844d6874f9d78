import { isPersonaError } from "@persona-protocol/sdk/errors";
import type { Logger } from "pino";
import type { Hex } from "viem";
import type { JobStatus } from "./jobMachine.ts";
import type { Journal, JournalRow, OpenJob } from "./journal.ts";

/** Not a failure: the job is looked at again after so long. */
export type Wait = { readonly waitMs: number };

export type JobWork = {
  /** Looks at the journal again. */
  wake(): void;
  /** Jobs with a step under way. */
  underWay(): number;
  /** Resolves after the signal, when no step is under way. */
  readonly ended: Promise<void>;
};

/** Seconds between two tries of a step that keeps failing: 1, 2, 4, … */
const firstDelayMs = 1_000;
const maxDelayMs = 60_000;

/**
 * Does the steps of all jobs in the journal, of different jobs side by side: at most `maxJobs` are being claimed or run, and a
 * settlement waits for none of them. Claimed jobs go before new ones. A step that fails is tried again after a growing delay.
 *
 * A job during whose step the daemon or its enclave ended before is done alone: if it happens again, it is known whose fault it
 * was, and none of the others is counted.
 */
export function workJobs(options: {
  readonly journal: Pick<Journal, "get" | "open" | "began" | "ended">;
  /** Does a job's next step. */
  readonly advance: (row: JournalRow) => Promise<Wait | undefined>;
  readonly maxJobs: number;
  /** False when no more jobs shall be begun: for ever, or until the next `wake`, or some seconds later. */
  readonly mayClaim: () => boolean;
  /** Has the enclave died, by itself? Then the step that has failed counts as its murderer. */
  readonly hasCrashed?: () => boolean;
  readonly log: Pick<Logger, "warn" | "error">;
  readonly signal: AbortSignal;
}): JobWork {
  const { journal, maxJobs, mayClaim, signal, log, hasCrashed = () => false } = options;
  /** Jobs with a step under way. */
  const working = new Map<Hex, Promise<void>>();
  /** Those of them that are being claimed or run. */
  const inSlot = new Set<Hex>();
  const failed = new Map<Hex, { readonly times: number; readonly dueAt: number }>();
  let alone: Hex | undefined;
  let news = true;
  let interrupt = () => {};
  const wake = () => {
    news = true;
    interrupt();
  };
  signal.addEventListener("abort", wake, { once: true });

  /** Steps until the job wants nothing more, or something must be tried again later. */
  const finish = async (jobId: Hex): Promise<void> => {
    let row = await journal.get(jobId);
    while (row !== undefined && !signal.aborted) {
      const { status } = row.state;
      if (!needsSlot(status) && inSlot.delete(jobId)) wake();
      if (!wantsWork(status)) break;
      try {
        const wait = await options.advance(row);
        if (wait !== undefined) {
          failed.set(jobId, { times: 0, dueAt: performance.now() + wait.waitMs });
          return;
        }
      } catch (error) {
        if (!signal.aborted) delay(jobId, status, error);
        return;
      }
      row = await journal.get(jobId);
      // A step that has changed nothing is not done again at once.
      if (!signal.aborted && row?.state.status === status) return delay(jobId, status);
      failed.delete(jobId);
    }
    failed.delete(jobId);
  };
  const delay = (jobId: Hex, status: JobStatus, error?: unknown): void => {
    const times = (failed.get(jobId)?.times ?? 0) + 1;
    const delayMs = Math.min(firstDelayMs * 2 ** (times - 1), maxDelayMs);
    failed.set(jobId, { times, dueAt: performance.now() + delayMs });
    const code = isPersonaError(error) ? error.code : "INTERNAL";
    const message = isPersonaError(error) ? error.shortMessage : String(error);
    log.warn({ jobId, status, code, message, times, delayMs }, "a step failed; it will be tried again");
  };

  const work = async (jobId: Hex): Promise<void> => {
    try {
      await journal.began(jobId);
      await finish(jobId);
      if (signal.aborted || !hasCrashed()) await journal.ended(jobId);
    } catch (error) {
      // The journal itself fails, a full disk for one: the step counts as not done.
      delay(jobId, "seen", error);
    } finally {
      working.delete(jobId);
      inSlot.delete(jobId);
      if (alone === jobId) alone = undefined;
      wake();
    }
  };
  const begin = ({ jobId, status, crashes }: OpenJob): void => {
    if (needsSlot(status)) inSlot.add(jobId);
    if (crashes > 0) alone = jobId;
    working.set(jobId, work(jobId));
  };

  /** Starts what can be started. @returns when the next job is due again */
  const start = async (): Promise<number> => {
    const open = await journal.open();
    const now = performance.now();
    let nextAt = now + maxDelayMs;
    if (signal.aborted) return nextAt;
    const may = mayClaim();
    for (const job of open.sort(byUrgency)) {
      if (alone !== undefined) break;
      if (working.has(job.jobId)) continue;
      const dueAt = failed.get(job.jobId)?.dueAt ?? 0;
      if (dueAt > now) {
        nextAt = Math.min(nextAt, dueAt);
        continue;
      }
      if (job.status === "seen" && !may) {
        nextAt = Math.min(nextAt, now + firstDelayMs);
        continue;
      }
      if (job.crashes > 0 && working.size > 0) break;
      if (needsSlot(job.status) && inSlot.size >= maxJobs) continue;
      begin(job);
    }
    return nextAt;
  };

  const loop = async (): Promise<void> => {
    while (!signal.aborted) {
      news = false;
      let nextAt = performance.now() + firstDelayMs;
      try {
        nextAt = await start();
      } catch (error) {
        log.error({ error: error instanceof Error ? error.message : "unknown" }, "the journal cannot be read");
      }
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, Math.max(0, nextAt - performance.now()));
        interrupt = () => {
          clearTimeout(timer);
          resolve();
        };
        if (news || signal.aborted) interrupt();
      });
    }
    await Promise.all(working.values());
  };
  return { wake, underWay: () => working.size, ended: loop() };
}

const needsSlot = (status: JobStatus): boolean => status === "seen" || status === "claiming" || status === "running";
const wantsWork = (status: JobStatus): boolean => needsSlot(status) || status === "settling";

/** What is claimed has a deadline to meet. */
const urgency: Readonly<Record<JobStatus, number>> = {
  settling: 0,
  running: 1,
  claiming: 2,
  seen: 3,
  settled: 4,
  done: 4,
  left: 4,
  quarantined: 4,
};
/** First of all those that are done alone: nothing else is under way just after a start. */
const byUrgency = (a: OpenJob, b: OpenJob): number =>
  Number(b.crashes > 0) - Number(a.crashes > 0) || urgency[a.status] - urgency[b.status];
