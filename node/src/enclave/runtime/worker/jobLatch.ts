import { PersonaError } from "@persona-protocol/sdk/errors";
import type { Hex } from "viem";
import type { SignedReceipt } from "./runJob.ts";

/**
 * What a supervisor remembers of its jobs, whatever its host asks: one receipt a job, also over attempts, and once a share was
 * opened no code that says otherwise. It lives as long as the keys do: a restart makes others.
 */
export type JobLatch = {
  /**
   * The receipt of a job that was run, or is running; otherwise what `run` makes. A run that signs nothing leaves the job open.
   * @throws PersonaError JOB_NOT_CLAIMED when a receipt of another attempt was signed, or one so long ago that it is forgotten
   */
  once(jobId: Hex, attempt: number, run: () => Promise<SignedReceipt>): Promise<SignedReceipt>;
  /** Marks, for ever, that a share of this job was opened. */
  open(jobId: Hex): void;
  isOpened(jobId: Hex): boolean;
};

/** Receipts that can be told again; of older ones only the name is kept. */
const maxReceipts = 1_024;
/** Names kept: more than a node runs in the life of a key. */
const maxNames = 262_144;

export function createJobLatch(): JobLatch {
  const receipts = new Map<Hex, { readonly attempt: number; readonly running: Promise<SignedReceipt> }>();
  const signed = new Set<Hex>();
  const opened = new Set<Hex>();
  return {
    async once(jobId, attempt, run) {
      const known = receipts.get(jobId);
      if (known?.attempt === attempt) return known.running;
      if (known !== undefined || signed.has(jobId)) {
        throw new PersonaError("JOB_NOT_CLAIMED", "This enclave has run the job before: it signs once.", {
          data: { jobId, attempt },
        });
      }
      const running = run();
      receipts.set(jobId, { attempt, running });
      try {
        const receipt = await running;
        remember(signed, jobId, maxNames);
        const [oldest] = receipts.keys();
        if (receipts.size > maxReceipts && oldest !== undefined && signed.has(oldest)) receipts.delete(oldest);
        return receipt;
      } catch (error) {
        // Nothing was signed: the host may ask again when the chain has moved.
        receipts.delete(jobId);
        throw error;
      }
    },
    open: (jobId) => remember(opened, jobId, maxNames),
    isOpened: (jobId) => opened.has(jobId),
  };
}

function remember(names: Set<Hex>, name: Hex, max: number): void {
  const [oldest] = names;
  if (names.size >= max && oldest !== undefined) names.delete(oldest);
  names.add(name);
}
