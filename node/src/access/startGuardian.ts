import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import type { ChainClient } from "@persona-protocol/sdk/contracts";
import { isPersonaError, PersonaError } from "@persona-protocol/sdk/errors";
import { type Hex, isHex } from "viem";
import { z } from "zod";
import { connectChain } from "../chain/connectChain.ts";
import type { Context } from "../context.ts";
import { openEnclave } from "../enclave/openEnclave.ts";
import { announceEndpoint, registerEnclaveKey, registerNode } from "../enclave/registerEnclave.ts";
import { relayEndpoints } from "../enclave/relayChain.ts";
import type { RunningDuty } from "../startNode.ts";
import { openGuardianDeposits } from "./guardianDeposits.ts";
import { openGuardianFiles } from "./guardianFiles.ts";
import { keepAtReplicas, openGuardianKeys } from "./guardianKeys.ts";
import { forgetBatch, openGuardianLog } from "./guardianLog.ts";
import { startGuardianServer } from "./guardianServer.ts";
import { readLog } from "./readLog.ts";

const forgetEveryMs = 10 * 60_000;
/** An erased dataset is seen at start, on a request for it, and at the latest after this. */
const sweepEveryMs = 60 * 60_000;
/** Owners register a dataset right after its deposits: what nobody has registered by then is destroyed. */
const unregisteredMs = 7 * 24 * 60 * 60_000;
/** How far the confirmed block may be behind this machine's clock where "not registered" is to count. */
const maxChainAgeMs = 60 * 60_000;
/** Datasets of one message to the enclave. */
const sweepBatch = 256;
/** Of one dataset, destroyed at once; more are the next sweep's. */
const maxKeyBoxes = 1_024;
const bytes = z.custom<Uint8Array>((value) => value instanceof Uint8Array);
const answerParams = z.strictObject({ name: z.string().max(256) });
const logLines = z
  .array(
    z.strictObject({
      index: z.number().int().min(0),
      entry: bytes,
      answer: z
        .strictObject({ name: z.string().max(256), bytes, until: z.number().int() })
        .nullable()
        .transform((answer) => answer ?? undefined),
      revocation: bytes.nullable().transform((revocation) => revocation ?? undefined),
    }),
  )
  .max(1_024);
const hex = z.custom<Hex>((value) => isHex(value));
const depositParams = z.strictObject({ keyBoxDigest: hex });
const keptParams = z.strictObject({ datasetId: hex });
const destroyParams = z.strictObject({ keyBoxDigests: z.array(hex).max(maxKeyBoxes) });

const asOf = (): number => Date.now() - maxChainAgeMs;

/** A guardian: an enclave that holds one share of each key it is trusted with, and the host that carries for it. */
export async function startGuardian(context: Context): Promise<RunningDuty> {
  const { config, log, client, isolation } = context;
  const files = await openGuardianFiles(config.dataDir);
  const deposits = await openGuardianDeposits(config.dataDir, { minFreeBytes: config.minFreeDiskMb * 1_024 * 1_024 });
  // Each proves to serve the deployment's chain before anything is read through it.
  await Promise.all(config.rpcUrls.map((rpcUrl) => connectAnother(context, rpcUrl)));
  const chain = relayEndpoints(context);
  const journal = openGuardianLog(join(config.dataDir, "access-log.sqlite"));
  const enclave = await openEnclave(context, {
    role: "guardian",
    methods: {
      ...chain.methods,
      deposit: async (params) => (await deposits.read(depositParams.parse(params).keyBoxDigest)) ?? null,
      kept: async (params) => deposits.keyBoxesOf(keptParams.parse(params).datasetId).slice(0, maxKeyBoxes),
      async destroy(params) {
        const { keyBoxDigests } = destroyParams.parse(params);
        await deposits.destroy(keyBoxDigests);
        log.info({ keyBoxDigests }, "shares of an erased dataset destroyed");
        return null;
      },
      async expire(params) {
        const expired = await deposits.expire(asOf() - unregisteredMs, keptParams.parse(params).datasetId);
        if (expired.length > 0) log.info({ keyBoxDigests: expired }, "shares that nobody has registered destroyed");
        return expired.length;
      },
      log: async (lines) => journal.append(logLines.parse(lines)),
      answer: async (params) => journal.answer(answerParams.parse(params).name) ?? null,
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
        await deposits.save(keyBoxDigest as Hex, body);
      },
      async revoke(body) {
        await enclave.call("revoke", body, { timeoutMs: 10_000 });
      },
      async log(query) {
        if (serving === undefined) throw new PersonaError("GUARDIANS_UNAVAILABLE", "The guardian is starting.");
        const signHead = async (text: string) => asBytes(await enclave.call("logHead", text, { timeoutMs: 10_000 }));
        return readLog({ log: journal, signHead }, query);
      },
    },
  }).catch(async (error) => {
    await enclave.stop();
    journal.close();
    throw error;
  });
  const stop = async () => {
    stopping = true;
    clearInterval(forgetting);
    clearInterval(sweeping);
    await replicas?.stop();
    await server.close();
    await enclave.stop();
    chain.close();
    journal.close();
  };
  let stopping = false;
  const sweep = async () => {
    const kept = deposits.datasets();
    for (let at = 0; at < kept.length && !stopping; at += sweepBatch) {
      const datasetIds = kept.slice(at, at + sweepBatch);
      const now = asOf();
      const overdue = {
        datasetIds: deposits.keptSince(now - unregisteredMs, datasetIds),
        asOf: Math.floor(now / 1_000),
      };
      await enclave.call("sweep", { datasetIds, overdue }, { timeoutMs: 60_000 });
    }
  };
  // What fails now is found again by the next one.
  const sweepSoon = () =>
    void sweep().catch((error: unknown) => {
      const code = isPersonaError(error) ? error.code : "INTERNAL";
      if (!stopping) log.warn({ code }, "the sweep for erased datasets failed");
    });
  let sweeping: NodeJS.Timeout | undefined;
  let replicas: { stop(): Promise<void> } | undefined;
  const forget = async () => {
    const now = Number((await client.getBlock()).timestamp);
    while (!stopping && journal.forgetAnswers(now) === forgetBatch) await setImmediate();
  };
  // Nothing hangs on it: what is not forgotten now is forgotten the next time.
  const forgetting = setInterval(() => void forget().catch(() => {}), forgetEveryMs).unref();

  try {
    const [known, before] = [await files.nodeId(), await files.sealedKeys()];
    const { kept, ...keys } = await openGuardianKeys(context, enclave, { kept: before, nodeId: known });
    // The keys must be on disk before anybody can trust them with a share.
    if (kept !== undefined && kept !== before) await files.saveSealedKeys(kept);

    const endpoint = `http://${config.host}:${server.port}`;
    let nodeId = known;
    if (nodeId === undefined) {
      nodeId = await registerNode(context, { role: "guardian", stake: BigInt(config.stake), endpoint });
      await files.saveNodeId(nodeId);
    } else {
      await announceEndpoint(context, nodeId, endpoint);
    }
    await registerEnclaveKey(context, enclave, { signer: keys.signer, nodeId, role: "guardian" });
    if (config.replicaUrls.length > 0) replicas = await keepAtReplicas(context, enclave, { keys, nodeId, files });
    for (const page of journal.revocations()) await enclave.call("restore", page, { timeoutMs: 30_000 });
    await enclave.call(
      "serve",
      {
        nodeId,
        ...chain.place,
        log: journal.frontier(),
      },
      { timeoutMs: 30_000 },
    );
    serving = { nodeId, ...keys };
    sweepSoon();
    sweeping = setInterval(sweepSoon, sweepEveryMs).unref();
    log.info({ nodeId, signer: keys.signer, port: server.port, isolation }, "guardian serves");
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

/** One more endpoint, which must serve the same chain. */
async function connectAnother({ client, deployment }: Context, rpcUrl: string): Promise<ChainClient> {
  return connectChain({ rpcUrl, deployment, account: client.account });
}

function asBytes(value: unknown): Uint8Array {
  if (value instanceof Uint8Array) return value;
  throw new PersonaError("ENCLAVE_FAILED", "The enclave answered with something else than bytes.");
}
