/** The steps of a job, each safe to do again. `jobMachine` says which comes next; the journal is written before each. */
import type { JobOffer } from "@persona-protocol/sdk/contracts";
import type { Hex } from "viem";
import type { Transactions } from "../chain/transactions/Transactions.ts";
import type { NodeConfig } from "../config/nodeConfig.ts";
import type { Context } from "../context.ts";
import type { EnclaveProcess } from "../enclave/startEnclave.ts";
import type { Ending } from "./bringReceipts.ts";
import { claim } from "./claimStep.ts";
import type { Journal, JournalRow } from "./journal.ts";
import { run } from "./runStep.ts";
import { settle } from "./settleStep.ts";
import type { Wait } from "./workJobs.ts";

export type WorkerContext = Pick<Context, "client" | "deployment" | "operator" | "log"> & {
  readonly journal: Journal;
  readonly send: Transactions["send"];
  readonly enclave: Pick<EnclaveProcess, "call">;
  readonly signer: Hex;
  /** The enclave key is of no use from then on, in Unix seconds. */
  readonly openUntil: number;
  readonly limits: Pick<NodeConfig, "minFee" | "pollMs">;
  /** Blocks: the market's RACE_UNIT. */
  readonly raceUnit: bigint;
  /** Why a job with this offer is not for this node now; undefined when it is. */
  readonly declines: (offer: Pick<JobOffer, "runSeconds">) => string | undefined;
  /** Told of each run that ended with a receipt, in milliseconds. */
  readonly took: (ms: number) => void;
  /** Brings a receipt to the chain. @returns the block that holds it @throws PersonaError */
  readonly bring: (ending: Ending) => Promise<number>;
};

/** Does the job's next step. Resolves when there is nothing more to do for now: with a wait where time alone will change that. */
export async function advanceJob(context: WorkerContext, row: JournalRow): Promise<Wait | undefined> {
  switch (row.state.status) {
    case "seen":
    case "claiming":
      return claim(context, row);
    case "running":
      await run(context, row, row.state);
      return undefined;
    case "settling":
      await settle(context, row, row.state);
      return undefined;
    case "settled":
    case "done":
    case "left":
    case "quarantined":
      return undefined;
  }
}
