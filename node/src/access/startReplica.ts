import { PersonaError } from "@persona-protocol/sdk/errors";
import type { Context } from "../context.ts";
import { openEnclave } from "../enclave/openEnclave.ts";
import { parseEnclaveKeys, registerEnclaveKey } from "../enclave/registerEnclave.ts";
import { relayEndpoints } from "../enclave/relayChain.ts";
import { plainDeployment } from "../enclave/runtime/deploymentSchema.ts";
import type { RunningDuty } from "../startNode.ts";
import { startGuardianServer } from "./guardianServer.ts";
import { parseHandover } from "./replicas.ts";

/**
 * A replica: an enclave of a guardian that runs on another machine, attested and registered under the same node, which holds its keys
 * where the platform has nothing to seal with. It keeps no deposit, answers no release, and its own keys end with it: it writes nothing
 * to the disk, and the guardian has it hold its keys anew.
 */
export async function startReplica(context: Context, nodeId: number): Promise<RunningDuty> {
  const { config, log, deployment } = context;
  const chain = relayEndpoints(context);
  const enclave = await openEnclave(context, { role: "guardian", methods: chain.methods });
  let serving: { nodeId: number; signer: string; kemKey: Uint8Array } | undefined;
  const notHere = async (): Promise<never> => {
    throw new PersonaError("GUARDIANS_UNAVAILABLE", "This is a replica, which holds keys and answers nobody.");
  };
  const server = await startGuardianServer({
    host: config.host,
    port: config.port,
    log,
    routes: {
      key: () => serving,
      release: notHere,
      deposit: notHere,
      revoke: notHere,
      log: notHere,
      async handover(body) {
        const asked = parseHandover(body);
        const params = { nodeId, ...chain.place, ...asked };
        const box = await enclave.call("pass", params, { timeoutMs: 20_000 });
        if (!(box instanceof Uint8Array))
          throw new PersonaError("ENCLAVE_FAILED", "The enclave answered without keys.");
        log.info({ nodeId, signer: asked.signer }, "the guardian's keys were given back");
        return box;
      },
    },
  }).catch(async (error) => {
    await enclave.stop();
    chain.close();
    throw error;
  });
  const stop = async () => {
    await server.close();
    await enclave.stop();
    chain.close();
  };
  try {
    const params = { deployment: plainDeployment(deployment), sealed: null, keep: "replica" };
    const keys = parseEnclaveKeys(await enclave.call("start", params, { timeoutMs: 30_000 }));
    await registerEnclaveKey(context, enclave, { signer: keys.signer, nodeId, role: "guardian" });
    serving = { nodeId, ...keys };
    log.info({ nodeId, signer: keys.signer, port: server.port }, "the replica holds keys");
    return {
      nodeId,
      signer: keys.signer,
      port: server.port,
      enclavePid: enclave.pid,
      enclave,
      ended: enclave.ended,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
