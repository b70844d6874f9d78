/**
 * What one node does with one job, as a pure function: state and event in, next state out. The daemon writes the next state
 * to its journal before it acts on it.
 *
 * seen → claiming → running → settling → done, or `left` from anywhere that nothing is owed.
 */
export type JobState =
  | { readonly status: "seen" }
  /** A claim may be on its way; only the chain knows. */
  | { readonly status: "claiming" }
  /** The chain says that `signer`, an enclave key of ours, has claimed this attempt. */
  | { readonly status: "running"; readonly attempt: number; readonly signer: string }
  /** The enclave has signed; the receipt is in the journal and must reach the chain. */
  | { readonly status: "settling"; readonly attempt: number; readonly signer: string }
  | { readonly status: "done"; readonly outcome: string }
  | { readonly status: "left"; readonly why: string };

export type JobEvent =
  | { readonly type: "claim" }
  | { readonly type: "claimed"; readonly attempt: number; readonly signer: string }
  | { readonly type: "claimLost"; readonly why: string }
  /** The chain has refused the claim for now: none is on its way. */
  | { readonly type: "claimLater" }
  | { readonly type: "receiptSigned" }
  | { readonly type: "settled"; readonly outcome: string }
  | { readonly type: "reopened" }
  /** Nobody can finish this attempt: the enclave that claimed is gone and its keys with it, or the claim is. */
  | { readonly type: "claimGone"; readonly why: string };

/** @returns the next state; undefined when the event means nothing in this state (a repeat, or news of another node's doing). */
export function jobMachine(state: JobState, event: JobEvent): JobState | undefined {
  switch (event.type) {
    case "claim":
      return state.status === "seen" ? { status: "claiming" } : undefined;
    case "claimed": {
      const { attempt, signer } = event;
      return state.status === "claiming" ? { status: "running", attempt, signer } : undefined;
    }
    case "claimLost":
      return state.status === "claiming" ? { status: "left", why: event.why } : undefined;
    case "claimLater":
      return state.status === "claiming" ? { status: "seen" } : undefined;
    case "receiptSigned":
      return state.status === "running" ? { ...state, status: "settling" } : undefined;
    case "settled":
      return state.status === "settling" ? { status: "done", outcome: event.outcome } : undefined;
    case "reopened":
      // Our own failed attempt excludes us; only a job we left to another comes back.
      return state.status === "left" ? { status: "seen" } : undefined;
    case "claimGone":
      return state.status === "running" ? { status: "left", why: event.why } : undefined;
  }
}
