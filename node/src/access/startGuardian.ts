import { PersonaError } from "@persona-protocol/sdk/errors";
import { type Hex, isHex } from "viem";
import { z } from "zod";
import type { Context } from "../context.ts";
import { announceEndpoint, parseEnclaveKeys, registerEnclaveKey, registerNode } from "../enclave/registerEnclave.ts";
import { relayChain } from "../enclave/relayChain.ts";
import { plainDeployment } from "../enclave/runtime/deploymentSchema.ts";
import { startEnclave } from "../enclave/startEnclave.ts";
import type { RunningDuty } from "../startNode.ts";
import { openGuardianFiles } from "./guardianFiles.ts";
import { startGuardianServer } from "./guardianServer.ts";

const depositParams = z.strictObject({ keyBoxDigest: z.custom<Hex>((value) => isHex(value)) });

/** A guardian: an enclave that holds one share of each key it is trusted with, and the host that carries for it. */
export async function startGuardian(context: Context): Promise<RunningDuty> {
  const { config, log, client, deployment, isolation } = context;
  const files = await openGuardianFiles(config.dataDir);
  const enclave = startEnclave({
    role: "guardian",
    isolation,
    log: (line) => log.warn({ line }, "enclave says"),
    methods: {
      ...relayChain(client.request),
      deposit: async (params) => (await files.deposit(depositParams.parse(params).keyBoxDigest)) ?? null,
      log: (entry) => files.appendLog(entry),
    },
  });

  let serving: { nodeId: number; signer: string; kemKey: Uint8Array } | undefined;
  const server = await startGuardianServer({
    host: config.host,
    port: config.port,
    log,
    routes: {
      key: () => serving,
      release: async (body) => asBytes(await enclave.call("release", body, { timeoutMs: 10_000 })),
      async deposit(body) {
        const keyBoxDigest = await enclave.call("deposit", body, { timeoutMs: 30_000 });
        await files.saveDeposit(keyBoxDigest as Hex, body);
      },
    },
  }).catch(async (error) => {
    await enclave.stop();
    throw error;
  });
  const stop = async () => {
    await server.close();
    await enclave.stop();
  };

  try {
    const answer = await enclave.call(
      "start",
      { deployment: plainDeployment(deployment), sealed: (await files.sealedKeys()) ?? null },
      { timeoutMs: 30_000 },
    );
    const keys = parseEnclaveKeys(answer);
    const { sealed } = z.object({ sealed: z.custom<Uint8Array>((value) => value instanceof Uint8Array) }).parse(answer);
    // The keys must be on disk before anybody can trust them with a share.
    await files.saveSealedKeys(sealed);

    const endpoint = `http://${config.host}:${server.port}`;
    let nodeId = await files.nodeId();
    if (nodeId === undefined) {
      nodeId = await registerNode(context, { role: "guardian", stake: BigInt(config.stake), endpoint });
      await files.saveNodeId(nodeId);
    } else {
      await announceEndpoint(context, nodeId, endpoint);
    }
    await registerEnclaveKey(context, enclave, { signer: keys.signer, nodeId, role: "guardian" });
    await enclave.call(
      "serve",
      { nodeId, confirmations: config.confirmations, logHead: await files.logHead() },
      { timeoutMs: 10_000 },
    );
    serving = { nodeId, ...keys };
    log.info({ nodeId, signer: keys.signer, port: server.port, isolation }, "guardian serves");
    return { nodeId, signer: keys.signer, port: server.port, enclavePid: enclave.pid, ended: enclave.ended, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function asBytes(value: unknown): Uint8Array {
  if (value instanceof Uint8Array) return value;
  throw new PersonaError("ENCLAVE_FAILED", "The enclave answered with something else than bytes.");
}
