import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { jobMarketAbi } from "@persona-protocol/sdk/contracts";
import { PersonaError } from "@persona-protocol/sdk/errors";
import { cidOfDigest, collectBytes } from "@persona-protocol/sdk/storage";
import { type Hex, isHex } from "viem";
import { z } from "zod";
import { connectChain } from "../chain/connectChain.ts";
import { createRpcRelay } from "../chain/rpcRelay.ts";
import type { Context } from "../context.ts";
import { openEnclave } from "../enclave/openEnclave.ts";
import { parseEnclaveKeys, registerEnclaveKey, registerNode } from "../enclave/registerEnclave.ts";
import { relayChain } from "../enclave/relayChain.ts";
import { plainDeployment } from "../enclave/runtime/deploymentSchema.ts";
import type { PeerMethods } from "../enclave/runtime/peer.ts";
import type { RunningDuty } from "../startNode.ts";
import { createGuardianClient } from "./guardianClient.ts";
import { advanceJob } from "./jobSteps.ts";
import { type Journal, openJournal } from "./journal.ts";
import { serialWrites } from "./serialWrites.ts";
import { watchJobs } from "./watchJobs.ts";
import { readKey, watchKey } from "./watchKey.ts";
import { workJobs } from "./workJobs.ts";

/** As long as an enclave may take for one job, and its settlement. */
const maxDrainMs = 11 * 60_000;

const digest = z.custom<Hex>((value) => isHex(value) && value.length === 66);
const blockParams = z.strictObject({ digest, maxBytes: z.number().int().positive() });
const blobParams = z.strictObject({
  cid: z.string().max(128),
  offset: z.number().int().min(0),
  length: z
    .number()
    .int()
    .min(1)
    .max(8 * 1024 * 1024),
});
const askParams = z.strictObject({
  guardian: z.number().int().positive(),
  body: z.custom<Uint8Array>((value) => value instanceof Uint8Array),
});

/** A compute node: claims jobs, carries bytes for its enclave, and settles receipts. It holds no data key and no plaintext. */
export async function startWorker(context: Context): Promise<RunningDuty> {
  const { config, log, client, deployment, isolation } = context;
  const journal = openJournal(join(config.dataDir, "journal.sqlite"));
  // Each proves to serve the deployment's chain before anything is read through it.
  await Promise.all(config.rpcUrls.map((rpcUrl) => connectChain({ rpcUrl, deployment, account: client.account })));
  const relays = [config.rpcUrl, ...config.rpcUrls].map(createRpcRelay);
  const enclave = await openEnclave(context, {
    role: "worker",
    methods: { ...relayChain(...relays.map(({ request }) => request)), ...carry(context) },
  });
  const stopping = new AbortController();
  let working: Promise<void> = Promise.resolve();
  const stop = async () => {
    stopping.abort();
    await enclave.stop();
    await working;
    for (const relay of relays) relay.close();
    journal.close();
  };

  try {
    const { signer } = parseEnclaveKeys(
      await enclave.call(
        "start",
        { deployment: plainDeployment(deployment), endpoints: relays.length },
        { timeoutMs: 30_000 },
      ),
    );
    let nodeId = journal.nodeId();
    if (nodeId === undefined) {
      nodeId = await registerNode(context, { role: "worker", stake: BigInt(config.stake), endpoint: "" });
      journal.setNodeId(nodeId);
    }
    await registerEnclaveKey(context, enclave, { signer, nodeId, role: "worker" });
    const key = await readKey(context, signer);
    // An endpoint that lags behind its own answers does not know the key yet: then the market alone judges.
    const openUntil = key.nodeId === 0 ? Number.MAX_SAFE_INTEGER : key.openUntil;
    const raceUnit = await client.readContract({
      address: deployment.jobMarket,
      abi: jobMarketAbi,
      functionName: "RACE_UNIT",
    });
    const { maxJobs } = config;
    let mayClaim = true;
    const worker = {
      ...context,
      client: serialWrites(client),
      limits: config,
      openUntil,
      raceUnit,
      journal,
      enclave,
      signer,
    };
    const jobs = workJobs({
      journal,
      log,
      maxJobs,
      mayClaim: () => mayClaim,
      advance: (row) => advanceJob(worker, row),
      signal: stopping.signal,
    });
    const watching = watchJobs(context, journal, jobs.wake, stopping.signal);
    const keyEnded = watchKey(context, signer, stopping.signal).then(async (end) => {
      // Stopped by the signal: whoever gave it waits for nothing else.
      if (end === undefined) return new Promise<never>(() => {});
      mayClaim = false;
      log.warn(
        { signer, why: end.why },
        "the enclave must be replaced: no more jobs are claimed, and the daemon ends with exit code 75 so that its supervisor (systemd: Restart=on-failure) starts it with a fresh key",
      );
      if (!end.atOnce) await drained(journal, stopping.signal);
      return end.why;
    });
    working = Promise.all([jobs.ended, watching]).then(() => {});
    log.info({ nodeId, signer, isolation, openUntil }, "worker serves");
    const ended = Promise.race([enclave.ended, keyEnded]);
    return { nodeId, signer, port: undefined, enclavePid: enclave.pid, enclave, ended, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Until no claimed job is under way, or the longest that one may take. */
async function drained(journal: Pick<Journal, "open">, signal: AbortSignal): Promise<void> {
  const from = performance.now();
  const underWay = () => journal.open().some(({ state: { status } }) => status !== "seen");
  while (!signal.aborted && underWay() && performance.now() - from < maxDrainMs)
    await sleep(1_000, undefined, { signal }).catch(() => {});
}

/** What the host brings to its enclave: blocks and blobs from its store, and answers of guardians. */
function carry({ store, client, deployment }: Context): PeerMethods {
  const guardians = createGuardianClient(client, deployment);
  return {
    async block(params) {
      const { digest: wanted, maxBytes } = blockParams.parse(params);
      return store.getBlock(cidOfDigest(wanted, "dag-cbor"), { maxBytes });
    },
    async blob(params) {
      const { cid, offset, length } = blobParams.parse(params);
      const bytes = await collectBytes(store.get(cid, { offset, length }));
      if (bytes.length !== length)
        throw new PersonaError("BLOB_NOT_FOUND", "The store holds less than the blob's size.", { data: { cid } });
      return bytes;
    },
    async ask(params) {
      const { guardian, body } = askParams.parse(params);
      return guardians.release(guardian, body);
    },
  };
}
