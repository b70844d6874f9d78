import { PersonaError } from "@persona-protocol/sdk/errors";
import { loadNodeConfig } from "../config/resolveNodeConfig.ts";
import { startNode } from "../startNode.ts";
import { aborted, untilStopped } from "./untilStopped.ts";

/**
 * `persona node start`: runs until it is asked to stop, or its enclave dies or must be replaced (exit code 75: a
 * supervisor starts it again). Logs go to stderr, stdout has one line.
 */
export async function nodeStart(options: { readonly config: string; readonly json: boolean }): Promise<void> {
  const signal = untilStopped();
  const config = loadNodeConfig(options.config);
  const node = await startNode(config);
  const { nodeId, signer, port, gatewayPort, enclavePid } = node;
  const facts = {
    role: config.role,
    nodeId,
    signer,
    port: port ?? null,
    gatewayPort: gatewayPort ?? null,
    pid: process.pid,
    enclavePid,
  };
  process.stdout.write(
    options.json
      ? `${JSON.stringify(facts)}\n`
      : `${config.role} ${nodeId} serves (enclave key ${signer}). Ctrl-C stops it.\n`,
  );

  const how = await Promise.race([aborted(signal), node.ended]);
  await node.stop();
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
