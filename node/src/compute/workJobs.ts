import { isPersonaError } from "@persona-protocol/sdk/errors";
import type { Logger } from "pino";
import type { Hex } from "viem";
import type { JobState } from "./jobMachine.ts";
import type { Journal, JournalRow } from "./journal.ts";

/** Not a failure: the job is looked at again after so long. */
export type Wait = { readonly waitMs: number };

export type JobWork = {
  /** Looks at the journal again. */
  wake(): void;
  /** Resolves after the signal, when no step is under way. */
  readonly ended: Promise<void>;
};

/** Seconds between two tries of a step that keeps failing: 1, 2, 4, … */
const firstDelayMs = 1_000;
const maxDelayMs = 60_000;

/**
 * Does the steps of all jobs in the journal, of different jobs side by side: at most `maxJobs` are being claimed or run, and a
 * settlement waits for none of them. Claimed jobs go before new ones. A step that fails is tried again after a growing delay.
 */
export function workJobs(options: {
  readonly journal: Pick<Journal, "get" | "open">;
  /** Does a job's next step. */
  readonly advance: (row: JournalRow) => Promise<Wait | undefined>;
  readonly maxJobs: number;
  /** False when no more jobs shall be begun. */
  readonly mayClaim: () => boolean;
  readonly log: Pick<Logger, "warn">;
  readonly signal: AbortSignal;
}): JobWork {
  const { journal, maxJobs, mayClaim, signal } = options;
  /** Jobs with a step under way. */
  const working = new Map<Hex, Promise<void>>();
  /** Those of them that are being claimed or run. */
  const inSlot = new Set<Hex>();
  const failed = new Map<Hex, { readonly times: number; readonly dueAt: number }>();
  let news = true;
  let interrupt = () => {};
  const wake = () => {
    news = true;
    interrupt();
  };
  signal.addEventListener("abort", wake, { once: true });

  /** Steps until the job wants nothing more, or something must be tried again later. */
  const finish = async (jobId: Hex): Promise<void> => {
    for (let row = journal.get(jobId); row !== undefined && !signal.aborted; row = journal.get(jobId)) {
      if (!needsSlot(row.state) && inSlot.delete(jobId)) wake();
      if (row.state.status === "done" || row.state.status === "left") return;
      try {
        const wait = await options.advance(row);
        if (wait !== undefined) {
          failed.set(jobId, { times: 0, dueAt: performance.now() + wait.waitMs });
          return;
        }
        // A step that has changed nothing is not done again at once.
        if (!signal.aborted && journal.get(jobId)?.state.status === row.state.status) return delay(jobId, row);
        failed.delete(jobId);
      } catch (error) {
        if (!signal.aborted) delay(jobId, row, error);
        return;
      }
    }
  };
  const delay = (jobId: Hex, { state: { status } }: JournalRow, error?: unknown): void => {
    const times = (failed.get(jobId)?.times ?? 0) + 1;
    const delayMs = Math.min(firstDelayMs * 2 ** (times - 1), maxDelayMs);
    failed.set(jobId, { times, dueAt: performance.now() + delayMs });
    const code = isPersonaError(error) ? error.code : "INTERNAL";
    const message = isPersonaError(error) ? error.shortMessage : String(error);
    options.log.warn({ jobId, status, code, message, times, delayMs }, "a step failed; it will be tried again");
  };

  /** Starts what can be started. @returns when the next job is due again */
  const start = (): number => {
    const now = performance.now();
    let nextAt = now + maxDelayMs;
    for (const { jobId, state } of journal.open().sort(byUrgency)) {
      if (working.has(jobId)) continue;
      const dueAt = failed.get(jobId)?.dueAt ?? 0;
      if (dueAt > now) {
        nextAt = Math.min(nextAt, dueAt);
        continue;
      }
      if (state.status === "seen" && !mayClaim()) continue;
      if (needsSlot(state)) {
        if (inSlot.size >= maxJobs) continue;
        inSlot.add(jobId);
      }
      const ended = finish(jobId).finally(() => {
        working.delete(jobId);
        inSlot.delete(jobId);
        wake();
      });
      working.set(jobId, ended);
    }
    return nextAt;
  };

  const work = async (): Promise<void> => {
    while (!signal.aborted) {
      news = false;
      const nextAt = start();
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, nextAt - performance.now());
        interrupt = () => {
          clearTimeout(timer);
          resolve();
        };
        if (news) interrupt();
      });
    }
    await Promise.all(working.values());
  };
  return { wake, ended: work() };
}

const needsSlot = ({ status }: JobState): boolean => status === "seen" || status === "claiming" || status === "running";

/** What is claimed has a deadline to meet. */
const urgency: Readonly<Record<JobState["status"], number>> = {
  settling: 0,
  running: 1,
  claiming: 2,
  seen: 3,
  done: 4,
  left: 4,
};
const byUrgency = (a: JournalRow, b: JournalRow): number => urgency[a.state.status] - urgency[b.state.status];
