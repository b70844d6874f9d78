import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { callContract, nodeRegistryAbi } from "@persona-protocol/sdk/contracts";
import { PersonaError } from "@persona-protocol/sdk/errors";
import type { Address } from "viem";
import { z } from "zod";
import { type Context, openStore } from "../context.ts";
import { attestedLevel } from "../enclave/attestedLevel.ts";
import type { LiveAccounts } from "../enclave/liveAccounts.ts";
import { saysOf } from "../enclave/openEnclave.ts";
import { openLiveAccounts } from "../enclave/openLiveAccounts.ts";
import { registerEnclaveKey, registerNode } from "../enclave/registerEnclave.ts";
import { plainDeployment } from "../enclave/runtime/deploymentSchema.ts";
import type { RunningDuty } from "../startNode.ts";
import { startWriterIngestor, writerKeyOf } from "./startWriterIngestor.ts";

/** An ingestor: the schedule of a folder, and an ingest enclave whose key is registered under this node, so that anybody can look up who signs. */
export async function startIngestorNode(context: Context): Promise<RunningDuty> {
  const { config, client, deployment, log, bundle, evidence } = context;
  const { sourcesDir: dir, writerPassphraseFile } = config;
  if (dir === undefined || writerPassphraseFile === undefined)
    throw new PersonaError("CONFIG_INVALID", "An ingestor needs sourcesDir and writerPassphraseFile.");
  const own = ownNode(context);
  const accounts = await openLiveAccounts({
    ...{ dir, recipientOf: writerKeyOf(writerPassphraseFile), log: saysOf(log) },
    level: attestedLevel({ client, deployment }),
    enclave: { bundle, ...(evidence === undefined ? {} : { platform: evidence }) },
  });
  try {
    const nodeId = await own.register(accounts);
    const ingestor = await startWriterIngestor(
      { client, deployment, store: await openStore(config) },
      { dir, writerPassphraseFile, port: config.port, log, accounts },
    );
    const { port, ended } = ingestor;
    const { host } = accounts;
    const { signer } = host.enclave;
    log.info({ nodeId, signer, port }, "the ingestor runs its schedule");
    return {
      ...{ nodeId, signer, port, enclavePid: host.pid },
      enclave: own.enclaveOf(accounts),
      // Tokens and key are the enclave's: the daemon ends with it, and is started again.
      ended: Promise.race([host.ended, ended.then(() => "the schedule stands still")]),
      stop: () => ingestor.stop(),
    };
  } catch (error) {
    await accounts.stop();
    throw error;
  }
}

const remembered = z.object({ nodeId: z.number().int(), signer: z.custom<Address>() });

/** This ingestor's node. Its enclave's keys end with its process: those of the one before are destroyed on chain, too. */
function ownNode(context: Context) {
  const { config, client, deployment } = context;
  const file = join(config.dataDir, "ingestor.json");
  const known = async () => {
    const text = await readFile(file, "utf8").catch(() => undefined);
    return text === undefined ? undefined : remembered.parse(JSON.parse(text));
  };
  const remember = async (value: z.infer<typeof remembered>) => {
    await writeFile(`${file}.new`, JSON.stringify(value), { mode: 0o600 });
    await rename(`${file}.new`, file);
  };
  const enclaveOf = ({ host }: LiveAccounts): RunningDuty["enclave"] => ({
    // The enclave has asked no chain: who registers it says where.
    call: (method, params, options) =>
      host.process.call(
        method,
        method === "register" ? { ...Object(params), deployment: plainDeployment(deployment) } : params,
        options,
      ),
    companionsOf: host.process.companionsOf,
  });
  return {
    enclaveOf,
    async register(accounts: LiveAccounts): Promise<number> {
      const { signer } = accounts.host.enclave;
      const before = await known();
      const stake = BigInt(config.stake);
      const nodeId = before?.nodeId ?? (await registerNode(context, { role: "ingestor", stake, endpoint: "" }));
      if (before !== undefined) await destroy(before.signer);
      await remember({ nodeId, signer });
      await registerEnclaveKey(context, enclaveOf(accounts), { signer, nodeId, role: "ingestor" });
      return nodeId;
    },
  };

  async function destroy(signer: Address): Promise<void> {
    const registry = { address: deployment.nodeRegistry, abi: nodeRegistryAbi } as const;
    const { state } = await client.readContract({ ...registry, functionName: "enclaveKeyOf", args: [signer] });
    if (state === 0 || state === destroyed) return;
    await callContract(client, { ...registry, functionName: "destroyEnclaveKey", args: [signer] });
  }
}

/** Of the registry's `KeyState`. */
const destroyed = 4;
