import { startGuardian } from "./access/startGuardian.ts";
import { startWorker } from "./compute/startWorker.ts";
import type { NodeConfig } from "./config.ts";
import { createContext } from "./context.ts";

export type RunningNode = {
  readonly nodeId: number;
  /** Address of the enclave's signing key. */
  readonly signer: string;
  /** Where a guardian listens. */
  readonly port: number | undefined;
  readonly enclavePid: number;
  /** Resolves when the enclave process has ended, with a text of how. */
  readonly ended: Promise<string>;
  stop(): Promise<void>;
};

/** Starts the daemon's duties for the configured role. */
export async function startNode(config: NodeConfig): Promise<RunningNode> {
  const context = await createContext(config);
  return config.role === "guardian" ? startGuardian(context) : startWorker(context);
}
