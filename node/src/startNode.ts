import { startGuardian } from "./access/startGuardian.ts";
import { startReplica } from "./access/startReplica.ts";
import { startIngestorNode } from "./compute/startIngestorNode.ts";
import { startWorker, type WorkerHooks } from "./compute/startWorker.ts";
import type { WorkerView } from "./compute/workerStatus.ts";
import type { NodeConfig } from "./config/nodeConfig.ts";
import { createContext } from "./context.ts";
import { explainFailure } from "./operations/explainFailure.ts";
import { createInstruments, type OperatedDuty, operateNode } from "./operations/operateNode.ts";
import { startGatewayServer } from "./storage/index.ts";

/** A duty under way; the daemon adds its gateway and what its operator sees. */
export type RunningDuty = Omit<RunningNode, "gatewayPort" | "metricsPort" | "stopAsked"> & OperatedDuty;

export type RunningNode = {
  readonly nodeId: number;
  /** Address of the enclave's signing key. */
  readonly signer: string;
  /** Where a guardian listens, and who wants fresh data asks an ingestor. */
  readonly port: number | undefined;
  /** Where the trustless gateway listens; undefined when it is turned off. */
  readonly gatewayPort: number | undefined;
  /** Where /metrics, /healthz and /readyz are. */
  readonly metricsPort: number;
  readonly enclavePid: number;
  /** What a worker does; a guardian has none. */
  readonly worker?: WorkerView;
  /** Resolves when the enclave process has ended, with a text of how. */
  readonly ended: Promise<string>;
  /** Resolves when the operator asks for the end by the admin socket. */
  readonly stopAsked: Promise<void>;
  stop(): Promise<void>;
};

/** Starts the daemon's duties for the configured role. */
export async function startNode(
  config: NodeConfig,
  options: { readonly instruments?: ReturnType<typeof createInstruments>; readonly hooks?: WorkerHooks } = {},
): Promise<RunningNode> {
  const { instruments = createInstruments(config), hooks } = options;
  const { log, metrics } = instruments;
  const context = await createContext(config, log, ({ code }) => metrics.countAlarm(code)).catch(
    async (error: unknown) => {
      throw await explainFailure(error);
    },
  );
  const { store } = context;
  /** The last is closed first. */
  const open: { close(): Promise<void> }[] = [context.chain];
  const close = async () => {
    const failures: unknown[] = [];
    for (const part of open.toReversed()) await part.close().catch((failure: unknown) => failures.push(failure));
    if (failures.length > 0) throw failures[0];
  };
  try {
    const operations = await operateNode(context, instruments);
    open.push(operations);
    const gateway = config.gateway
      ? await startGatewayServer({ host: config.gatewayHost, port: config.gatewayPort, store, log })
      : undefined;
    if (gateway !== undefined) open.push(gateway);
    const { role, replicaOf } = config;
    const duty = () => (replicaOf === undefined ? startGuardian(context) : startReplica(context, replicaOf));
    const node = await (role === "ingestor"
      ? startIngestorNode(context)
      : role === "guardian"
        ? duty()
        : startWorker(context, hooks));
    open.push({ close: node.stop });
    await operations.serve(node);
    const { metricsPort, stopAsked } = operations;
    return { ...node, gatewayPort: gateway?.port, metricsPort, stopAsked, stop: close };
  } catch (error) {
    // A journal on a full disk does not close either: that must not stand in the place of why it did not start.
    await close().catch((failure: unknown) => {
      log.warn({ error: failure instanceof Error ? failure.name : "unknown" }, "what was open could not be closed");
    });
    throw await explainFailure(error);
  }
}
