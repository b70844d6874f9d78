import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { ChainClient } from "@persona-protocol/sdk/contracts";
import type { Logger } from "pino";
import type { NodeConfig } from "../config/nodeConfig.ts";
import type { Context } from "../context.ts";
import type { EnclaveProcess } from "../enclave/startEnclave.ts";
import { startAdminServer } from "./adminServer.ts";
import { createLogger } from "./createLogger.ts";
import type { DutyView } from "./dutyView.ts";
import { keepKey } from "./keepKey.ts";
import { createNodeChecks } from "./nodeChecks.ts";
import { createNodeMetrics } from "./nodeMetrics.ts";
import { startOpsServer } from "./opsServer.ts";
import { createReadiness } from "./readiness.ts";
import { adminSocketOf } from "./socketPath.ts";

/** What operations need of a duty that is under way. */
export type OperatedDuty = {
  readonly nodeId: number;
  readonly signer: string;
  readonly enclavePid: number;
  readonly enclave: Pick<EnclaveProcess, "call" | "companionsOf">;
  /** Sends from the operator's account, where the duty owns its nonce. */
  readonly client?: ChainClient;
  /** What a worker does; a guardian has none. */
  readonly worker?: DutyView;
  /** The enclave's key lives on until then, in Unix seconds. */
  renewed?(openUntil: number): void;
};

export type Operations = {
  readonly metricsPort: number;
  /** Resolves when `persona node exit` asks for the end. */
  readonly stopAsked: Promise<void>;
  /** Before it everything says that the node is starting. */
  serve(duty: OperatedDuty): Promise<void>;
  close(): Promise<void>;
};

/** A logger and metrics that count its lines: they are there before anything can fail. */
export function createInstruments(config: NodeConfig) {
  const metrics = createNodeMetrics(config);
  const log = createLogger({ role: config.role, level: config.logLevel, onLine: metrics.countLine });
  return { log, metrics };
}

/**
 * What an operator sees and asks of a daemon: health, metrics, and the socket of `persona node`. It is the lock of the data
 * directory, too, so it opens before any duty does.
 * @throws PersonaError NODE_RUNNING, PORT_IN_USE, CONFIG_INVALID
 */
export async function operateNode(
  context: Context,
  { log, metrics }: ReturnType<typeof createInstruments>,
): Promise<Operations> {
  const { config } = context;
  const closing = new AbortController();
  const { promise: stopAsked, resolve: stop } = Promise.withResolvers<void>();
  let duty: OperatedDuty | undefined;
  let draining: "no" | "under way" | "done" = "no";

  const { checks, facts } = createNodeChecks({
    ...context,
    duty: () =>
      duty === undefined ? undefined : { ...duty, claims: () => whyNoClaims(duty?.worker, draining !== "no") },
  });
  const readiness = createReadiness({ checks });

  const drain = (): void => {
    if (draining !== "no") return;
    draining = "under way";
    log.info("draining: nothing more is claimed");
    const drained = duty?.worker?.drain(closing.signal) ?? Promise.resolve();
    drained.then(
      () => {
        draining = "done";
        log.info("drained");
      },
      (error: unknown) => {
        draining = "no";
        log.error({ error }, "the drain failed");
      },
    );
  };

  const admin = await startAdminServer(adminSocketOf(config), {
    async status() {
      const [{ ready, checks: results }, work] = await Promise.all([readiness.judge(), duty?.worker?.status()]);
      return plain({
        role: config.role,
        pid: process.pid,
        uptimeSeconds: Math.round(process.uptime()),
        nodeId: duty?.nodeId,
        signer: duty?.signer,
        enclavePid: duty?.enclavePid,
        metricsPort: server?.port,
        ready,
        draining,
        checks: results,
        ...facts,
        work,
      });
    },
    drain,
    stop,
  });
  let server: Awaited<ReturnType<typeof startOpsServer>> | undefined;
  try {
    server = await startOpsServer({
      host: config.metricsHost,
      port: config.metricsPort,
      readiness: readiness.judge,
      async metrics() {
        const sources = {
          readiness: await readiness.judge(),
          facts,
          duty: duty?.worker,
          nodeId: duty?.nodeId,
          endpoints: context.chain.endpoints.health(),
        };
        return metrics.scrape(sources);
      },
    });
  } catch (error) {
    await admin.close();
    throw error;
  }
  const opened = server;
  return {
    metricsPort: opened.port,
    stopAsked,
    async serve(started) {
      duty = started;
      await rememberNode(config.dataDir, started.nodeId);
      void keepKey({
        context: { ...context, client: started.client ?? context.client },
        duty: started,
        onRenewed: (openUntil) => started.renewed?.(openUntil),
        count: metrics.countRenewal,
        signal: closing.signal,
      });
      watchReadiness(readiness, log, closing.signal);
    },
    async close() {
      closing.abort();
      await opened.close();
      await admin.close();
      metrics.close();
    },
  };
}

/** Why a worker claims nothing; undefined when it does, or has nothing to claim. */
async function whyNoClaims(worker: DutyView | undefined, draining: boolean): Promise<string | undefined> {
  if (draining) return "the node is draining";
  const claims = (await worker?.status())?.claims ?? "open";
  return claims === "open" ? undefined : `nothing is claimed: ${claims}`;
}

const watchEveryMs = 15_000;

/** A log line for each check that begins or ceases to fail: the log alone tells the story, too. */
function watchReadiness(readiness: ReturnType<typeof createReadiness>, log: Logger, signal: AbortSignal): void {
  const failing = new Map<string, string>();
  const look = async () => {
    const { checks } = await readiness.judge();
    if (signal.aborted) return;
    for (const { name: check, ok, reason } of checks) {
      if (ok && failing.delete(check)) log.info({ check }, "the check passes again");
      if (ok || failing.has(check)) continue;
      failing.set(check, reason);
      log.warn({ check, reason }, "the check fails: the node is not ready");
    }
  };
  const timer = setInterval(() => void look(), watchEveryMs).unref();
  signal.addEventListener("abort", () => clearInterval(timer), { once: true });
}

/** For `persona node exit` while no daemon runs. */
async function rememberNode(dataDir: string, nodeId: number): Promise<void> {
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  await writeFile(join(dataDir, "operated.json"), `${JSON.stringify({ nodeId })}\n`, { mode: 0o600 });
}

/** JSON has no bigint. */
const plain = (value: object): object =>
  JSON.parse(JSON.stringify(value, (_, item: unknown) => (typeof item === "bigint" ? String(item) : item))) as object;
