/** What a worker tells of itself; `WorkerStatus` of compute has these and more. Reading it changes nothing. */
type WorkerState = {
  /** Jobs in the journal by state. */
  readonly jobs: Readonly<Record<string, number>>;
  /** Jobs with a step under way in this process. */
  readonly underWay: number;
  /** `open`, or why nothing new is claimed. */
  readonly claims: string;
  /** The next block to read events from. */
  readonly nextBlock: bigint | undefined;
};

export type DutyView = {
  status(): Promise<WorkerState>;
  /** Claims nothing more. @returns when nothing claimed is unsettled, or the signal fires. Safe to call again. */
  drain(signal?: AbortSignal): Promise<void>;
};
