import { startGuardian } from "./access/startGuardian.ts";
import { startWorker } from "./compute/startWorker.ts";
import type { NodeConfig } from "./config/nodeConfig.ts";
import { createContext } from "./context.ts";
import { startGatewayServer } from "./storage/index.ts";

/** A duty under way; the daemon adds its gateway. */
export type RunningDuty = Omit<RunningNode, "gatewayPort">;

export type RunningNode = {
  readonly nodeId: number;
  /** Address of the enclave's signing key. */
  readonly signer: string;
  /** Where a guardian listens. */
  readonly port: number | undefined;
  /** Where the trustless gateway listens; undefined when it is turned off. */
  readonly gatewayPort: number | undefined;
  readonly enclavePid: number;
  /** Resolves when the enclave process has ended, with a text of how. */
  readonly ended: Promise<string>;
  stop(): Promise<void>;
};

/** Starts the daemon's duties for the configured role. */
export async function startNode(config: NodeConfig): Promise<RunningNode> {
  const context = await createContext(config);
  const { log, store } = context;
  const gateway = config.gateway
    ? await startGatewayServer({ host: config.gatewayHost, port: config.gatewayPort, store, log })
    : undefined;
  try {
    const node = await (config.role === "guardian" ? startGuardian(context) : startWorker(context));
    return {
      ...node,
      gatewayPort: gateway?.port,
      async stop() {
        await gateway?.close();
        await node.stop();
      },
    };
  } catch (error) {
    await gateway?.close();
    throw error;
  }
}
