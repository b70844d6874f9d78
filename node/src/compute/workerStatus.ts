import type { JobStatus } from "./jobMachine.ts";

/** What a worker tells of itself, for metrics, health and commands. Reading it changes nothing. */
export type WorkerStatus = {
  readonly nodeId: number;
  /** Address of the enclave's signing key. */
  readonly signer: string;
  /** Jobs in the journal by state. Ended ones (`done`, `left`) are those still remembered. */
  readonly jobs: Readonly<Record<JobStatus, number>>;
  /** Jobs with a step under way in this process. */
  readonly underWay: number;
  /** Is anything new claimed? `draining`, `keyEnds` and `stopping` end by a restart only, the others by themselves. */
  readonly claims: "open" | "draining" | "keyEnds" | "stopping" | "memoryLow" | "balanceLow";
  /** The next block whose news is to be read; undefined before the first was read. */
  readonly nextBlock: bigint | undefined;
  /** What a run takes, the slowest of twenty, in milliseconds; undefined until some have ended. */
  readonly expectedRunMs: number | undefined;
  /** Of the operator's account, in wei; undefined while the chain does not say. */
  readonly balanceWei: bigint | undefined;
};

/** A worker from outside: what it does, and that it shall end what it has and take nothing new. */
export type WorkerView = {
  status(): Promise<WorkerStatus>;
  /** Claims nothing more. @returns when nothing claimed is unsettled, or the signal fires. Safe to call again. */
  drain(signal?: AbortSignal): Promise<void>;
};
