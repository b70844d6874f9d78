import { join } from "node:path";
import { isPersonaError, PersonaError } from "@persona-protocol/sdk/errors";
import { cidOfDigest, collectBytes } from "@persona-protocol/sdk/storage";
import { type Hex, isHex } from "viem";
import { z } from "zod";
import type { Context } from "../context.ts";
import { parseEnclaveKeys, registerEnclaveKey, registerNode } from "../enclave/registerEnclave.ts";
import { relayChain } from "../enclave/relayChain.ts";
import { plainDeployment } from "../enclave/runtime/deploymentSchema.ts";
import type { PeerMethods } from "../enclave/runtime/peer.ts";
import { startEnclave } from "../enclave/startEnclave.ts";
import type { RunningNode } from "../startNode.ts";
import { createGuardianClient } from "./guardianClient.ts";
import { advanceJob, type WorkerContext } from "./jobSteps.ts";
import { openJournal } from "./journal.ts";
import { watchJobs } from "./watchJobs.ts";

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
export async function startWorker(context: Context): Promise<RunningNode> {
  const { config, log, client, deployment, isolation } = context;
  const journal = openJournal(join(config.dataDir, "journal.sqlite"));
  const enclave = startEnclave({
    role: "worker",
    isolation,
    log: (line) => log.warn({ line }, "enclave says"),
    methods: { ...relayChain(client.request), ...carry(context) },
  });
  const stopping = new AbortController();
  let working: Promise<void> = Promise.resolve();
  const stop = async () => {
    stopping.abort();
    await enclave.stop();
    await working;
    journal.close();
  };

  try {
    const { signer } = parseEnclaveKeys(
      await enclave.call("start", { deployment: plainDeployment(deployment) }, { timeoutMs: 30_000 }),
    );
    let nodeId = journal.nodeId();
    if (nodeId === undefined) {
      nodeId = await registerNode(context, { role: "worker", stake: BigInt(config.stake), endpoint: "" });
      journal.setNodeId(nodeId);
    }
    await registerEnclaveKey(context, enclave, { signer, nodeId, role: "worker" });
    working = work({ ...context, journal, enclave, signer }, stopping.signal);
    log.info({ nodeId, signer, isolation }, "worker serves");
    return { nodeId, signer, port: undefined, enclavePid: enclave.pid, ended: enclave.ended, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Until the signal: reads the chain, and does one job's step after the other. */
async function work(context: WorkerContext & Pick<Context, "config">, signal: AbortSignal): Promise<void> {
  let wake: () => void = () => {};
  let news = true;
  const onNews = () => {
    news = true;
    wake();
  };
  signal.addEventListener("abort", onNews);
  const retry = setInterval(onNews, Math.max(context.config.pollMs * 10, 1_000));
  const watching = watchJobs(context, context.journal, onNews, signal);
  while (!signal.aborted) {
    if (!news)
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    news = false;
    for (const { jobId } of context.journal.open()) await finishJob(context, jobId, signal);
  }
  clearInterval(retry);
  await watching;
}

/** Steps until the job wants nothing more, or something must be tried again later. */
async function finishJob(context: WorkerContext, jobId: Hex, signal: AbortSignal): Promise<void> {
  const { journal, log } = context;
  for (let row = journal.get(jobId); row !== undefined && !signal.aborted; row = journal.get(jobId)) {
    if (row.state.status === "done" || row.state.status === "left") return;
    try {
      await advanceJob(context, row);
    } catch (error) {
      if (signal.aborted) return;
      const code = isPersonaError(error) ? error.code : "INTERNAL";
      log.error(
        { jobId, status: row.state.status, code, message: isPersonaError(error) ? error.shortMessage : String(error) },
        "a step failed; it will be tried again",
      );
      return;
    }
  }
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
