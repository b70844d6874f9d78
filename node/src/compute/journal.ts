import type { Hex } from "viem";
import type { StreamPoint } from "../chain/stream/chainEvent.ts";
import type { JobEvent, JobState, JobStatus } from "./jobMachine.ts";

export type JournalRow = {
  readonly jobId: Hex;
  readonly state: JobState;
  /** ABI bytes of JobParams, as the event brought them. */
  readonly params: Uint8Array;
  /** The signed receipt once there is one, and the enclave key that signed it: it must survive a crash before it is settled. */
  readonly receipt: { readonly bytes: Uint8Array; readonly signer: string } | undefined;
};

/** A job without its bytes, as `open` lists it. */
export type OpenJob = {
  readonly jobId: Hex;
  readonly status: JobStatus;
  /** How often the daemon or its enclave has ended during the job's present step. */
  readonly crashes: number;
};

/**
 * The daemon's memory. A step is written here before it is done, and every step is safe to do again, so a crash at any
 * instruction loses nothing and doubles nothing. So is an older journal, restored from a backup: it says less than the chain,
 * which every step asks first.
 */
export type Journal = {
  /** Remembers a job; a repeat changes nothing. @returns whether it is new */
  add(jobId: Hex, params: Uint8Array): Promise<boolean>;
  get(jobId: Hex): Promise<JournalRow | undefined>;
  /**
   * Writes the next state, or returns undefined when the event means nothing now. A receipt is on the disk when this returns,
   * whatever becomes of the machine's power.
   */
  apply(jobId: Hex, event: JobEvent, receipt?: Uint8Array): Promise<JobState | undefined>;
  /** Jobs that want something done by this process, oldest first. */
  open(): Promise<OpenJob[]>;
  /** Settled jobs whose block is at most `block`, oldest first. */
  settled(block: number, most: number): Promise<JournalRow[]>;
  /** Applies a reorganisation from `block` on to every job. @returns those that it changed */
  reorganised(block: number): Promise<Hex[]>;
  counts(): Promise<Readonly<Record<JobStatus, number>>>;
  /** Notes that a job's step begins. Without `ended` it counts as a crash when the journal is opened again. */
  began(jobId: Hex): Promise<void>;
  ended(jobId: Hex): Promise<void>;
  /** How many jobs wait to be claimed. */
  waiting(): Promise<number>;
  /** Where the chain's stream stands: what it said before is in here. */
  point(): Promise<StreamPoint | undefined>;
  setPoint(point: StreamPoint): Promise<void>;
  /** Of this node, and of no other that shares the journal. */
  nodeId(): Promise<number | undefined>;
  setNodeId(nodeId: number): Promise<void>;
  /** The block before which no registration of this node was sent; undefined when none was. */
  registeringSince(): Promise<bigint | undefined>;
  setRegisteringSince(block: bigint): Promise<void>;
  close(): Promise<void>;
};

/** What the journal tells of jobs that took the process down before: for the log. */
export type Suspect = { readonly jobId: Hex; readonly crashes: number; readonly quarantined: boolean };

/** Jobs that are over are kept so long: the oldest go first. */
export const keptJobs = 20_000;
/** How often that is looked at: each time that so many jobs were added. */
export const pruneEvery = 256;
