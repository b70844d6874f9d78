/**
 * What one node does with one job, as a pure function: state and event in, next state out. The daemon writes the next state
 * to its journal before it acts on it.
 *
 * seen → claiming → running → settling → settled → done, or `left` from anywhere that nothing is owed, or `quarantined`.
 *
 * A state that rests on what a block says holds the block's number: a reorganisation that replaces this block takes the state
 * back to where the chain is asked again.
 */
export type JobState =
  | { readonly status: "seen" }
  /** A claim may be on its way; only the chain knows. */
  | { readonly status: "claiming" }
  /** The chain says, since `block`, that `signer`, an enclave key of ours, has claimed this attempt. */
  | ({ readonly status: "running" } & Claimed)
  /** The enclave has signed; the receipt is in the journal and must reach the chain. */
  | ({ readonly status: "settling" } & Claimed)
  /** The chain has the receipt since `block`, which is not final yet. */
  | ({ readonly status: "settled"; readonly outcome: string } & Claimed)
  | { readonly status: "done"; readonly outcome: string }
  /** Nothing is owed: as of `block` it is another's, or over, or we do not want it. */
  | { readonly status: "left"; readonly why: string; readonly block: number }
  /** So many crashes of the daemon or its enclave, one after the other, at this step of this job. */
  | { readonly status: "quarantined"; readonly at: JobStatus; readonly crashes: number };

export type JobStatus = "seen" | "claiming" | "running" | "settling" | "settled" | "done" | "left" | "quarantined";

type Claimed = { readonly attempt: number; readonly signer: string; readonly block: number };

export type JobEvent =
  | { readonly type: "claim" }
  | ({ readonly type: "claimed" } & Claimed)
  /** The job is another's, or over. */
  | { readonly type: "claimLost"; readonly why: string; readonly block: number }
  /** The chain has refused the claim for now: none is on its way. */
  | { readonly type: "claimLater" }
  /** We do not want it: too little is paid, or we would not end before its deadline. */
  | { readonly type: "declined"; readonly why: string; readonly block: number }
  | { readonly type: "receiptSigned" }
  /** A block that is not older than the claim shows the job open at our attempt: a reorganisation has taken the claim. */
  | { readonly type: "claimUndone" }
  /** We cannot finish this attempt: the enclave that claimed is gone and its keys with it, or the claim is, as the chain says. */
  | { readonly type: "claimGone"; readonly why: string; readonly block: number }
  | { readonly type: "settled"; readonly outcome: string; readonly block: number }
  /** The block at which the receipt counts as settled does not show it. */
  | { readonly type: "settlementUndone" }
  /** The final block `block` shows the receipt. */
  | { readonly type: "finalized"; readonly block: number }
  | { readonly type: "reopened"; readonly block: number }
  /** Blocks from `block` on were replaced. */
  | { readonly type: "reorg"; readonly block: number }
  /** The daemon or its enclave ended while this step was under way, `crashes` times without progress; `limit` are too many. */
  | { readonly type: "crashed"; readonly crashes: number; readonly limit: number };

/** @returns the next state; undefined when the event means nothing in this state (a repeat, or news of another node's doing). */
export function jobMachine(state: JobState, event: JobEvent): JobState | undefined {
  switch (event.type) {
    case "claim":
      return state.status === "seen" ? { status: "claiming" } : undefined;
    case "claimed": {
      const { attempt, signer, block } = event;
      return state.status === "claiming" ? { status: "running", attempt, signer, block } : undefined;
    }
    case "claimLost":
      return state.status === "claiming" ? left(event) : undefined;
    case "claimLater":
      return state.status === "claiming" ? { status: "seen" } : undefined;
    case "declined":
      // Not while a claim may be on its way: it would cost the bond.
      return state.status === "seen" ? left(event) : undefined;
    case "receiptSigned":
      return state.status === "running" ? { ...state, status: "settling" } : undefined;
    case "claimUndone":
      return state.status === "running" || state.status === "settling" ? { status: "claiming" } : undefined;
    case "claimGone":
      return state.status === "running" || state.status === "settling" ? left(event) : undefined;
    case "settled": {
      const { outcome, block } = event;
      return state.status === "settling" ? { ...state, status: "settled", outcome, block } : undefined;
    }
    case "settlementUndone":
      return state.status === "settled" ? settlingAgain(state) : undefined;
    case "finalized":
      return state.status === "settled" && state.block <= event.block
        ? { status: "done", outcome: state.outcome }
        : undefined;
    case "reopened":
      // Our own failed attempt excludes us; only a job we left to another comes back.
      return state.status === "left" && state.block <= event.block ? { status: "seen" } : undefined;
    case "reorg":
      return reorganised(state, event.block);
    case "crashed": {
      const { crashes, limit } = event;
      if (crashes < limit || isOver(state)) return undefined;
      return { status: "quarantined", at: state.status, crashes };
    }
  }
}

/** Does nothing more come of it, unless the chain changes its mind? */
export const isOver = ({ status }: Pick<JobState, "status">): boolean =>
  status === "done" || status === "left" || status === "quarantined";

/** The step that follows asks the chain again; so do all steps that are not named here, whenever they are done. */
function reorganised(state: JobState, block: number): JobState | undefined {
  if (!("block" in state) || state.block < block) return undefined;
  switch (state.status) {
    case "running":
      return { status: "claiming" };
    case "settled":
      return settlingAgain(state);
    case "left":
      return { status: "seen" };
    case "settling":
      return undefined;
  }
}

/** The claim is at most as new as what followed it: where both went, the step finds that out. */
const settlingAgain = ({ attempt, signer, block }: Claimed): JobState => ({
  status: "settling",
  attempt,
  signer,
  block,
});

const left = ({ why, block }: { readonly why: string; readonly block: number }): JobState => ({
  status: "left",
  why,
  block,
});
