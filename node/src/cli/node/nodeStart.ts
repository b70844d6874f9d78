import { PersonaError } from "@persona-protocol/sdk/errors";
import { redactConfig } from "../../config/redactConfig.ts";
import { endOnCrash, explainFailure } from "../../operations/explainFailure.ts";
import { createInstruments } from "../../operations/operateNode.ts";
import { startNode } from "../../startNode.ts";
import { jsonLine } from "../jsonLine.ts";
import { aborted, untilStopped } from "../untilStopped.ts";
import { type ConfigOptions, configOf } from "./configOf.ts";

/**
 * `persona node start`: runs until it is asked to stop, or its enclave dies or must be replaced (exit code 75: a
 * supervisor starts it again). Logs go to stderr, stdout has one line. A stop takes at most `stopSeconds`, also while it starts; the
 * second ask ends it at once.
 */
export async function nodeStart(options: ConfigOptions & { readonly json: boolean }): Promise<void> {
  const signal = untilStopped();
  const { config, sources } = configOf(options);
  const instruments = createInstruments(config);
  const { log } = instruments;
  endOnCrash(log);
  log.info({ config: redactConfig(config), sources }, "configuration");
  const stopInTime = () => {
    log.info({ stopSeconds: config.stopSeconds }, "stopping");
    setTimeout(() => {
      const error = new PersonaError("NODE_STOP_SLOW", "The node did not stop in time.");
      log.error(error, "the stop took too long: what is left is ended");
      process.exit(error.exitCode);
    }, config.stopSeconds * 1_000).unref();
  };
  signal.addEventListener("abort", stopInTime, { once: true });

  const node = await startNode(config, { instruments });
  const { nodeId, signer, port, gatewayPort, metricsPort, enclavePid } = node;
  // However this process ends: a hung enclave does not see its door close.
  process.once("exit", () => endProcess(enclavePid));
  const facts = {
    role: config.role,
    nodeId,
    signer,
    port: port ?? null,
    gatewayPort: gatewayPort ?? null,
    metricsPort,
    pid: process.pid,
    enclavePid,
  };
  process.stdout.write(
    options.json ? jsonLine(facts) : `${config.role} ${nodeId} serves (enclave key ${signer}). Ctrl-C stops it.\n`,
  );

  const how = await Promise.race([aborted(signal), node.stopAsked, node.ended]);
  if (!signal.aborted) stopInTime();
  await node.stop().catch(async (error: unknown) => {
    throw await explainFailure(error);
  });
  log.info("stopped");
  if (typeof how !== "string") {
    process.exitCode = 0;
    return;
  }
  throw new PersonaError(
    "ENCLAVE_FAILED",
    `The enclave is of no more use: ${how}. Start the node again: it makes a fresh one.`,
    { data: { nodeId } },
  );
}

/** 0 is an enclave that somebody else has started. */
function endProcess(pid: number): void {
  if (pid === 0) return;
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has ended already.
  }
}
