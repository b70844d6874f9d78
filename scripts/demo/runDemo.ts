/** The main job, from an export file to a verified receipt, and what must fail. Each part reads top-down as the story goes. */
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { publishDataset, revoke } from "@persona-protocol/sdk/access";
import { type ChainClient, jobMarketAbi, nodeRegistryAbi } from "@persona-protocol/sdk/contracts";
import { PersonaError } from "@persona-protocol/sdk/errors";
import { type ImportedSegment, readArchive } from "@persona-protocol/sdk/ingest";
import { generateOwnerRootKey, openKeystore, ownerKemKeyPair, sealKeystore } from "@persona-protocol/sdk/storage";
import type { Hex } from "viem";
import { createProgress } from "../../node/src/cli/progress.ts";
import type { ChainKind } from "../../node/src/dev/chainProcess.ts";
import { type Network, startNetwork } from "../../node/src/dev/startNetwork.ts";
import { openZipArchive } from "../../node/src/ingest/index.ts";
import { canariesOf } from "./canaries.ts";
import type { Score } from "./engagementProgram.ts";
import { findLeaks, type Leak, positiveControl } from "./leakSearch.ts";
import { expectedScore, type PlainArchive, readPlainArchive } from "./plainArchive.ts";
import { startRecordingProxy } from "./recordingProxy.ts";
import { type Refusals, showRefusals } from "./refusals.ts";
import { writeSampleArchive } from "./sampleArchive.ts";
import { type DemoContext, grantPosts, runJob } from "./story.ts";

export type DemoOptions = {
  /** A person's own archive; undefined for the sample. */
  readonly archive: string | undefined;
  readonly chain: ChainKind;
  readonly port: number;
  readonly runDir: string;
  readonly installMs: number;
  readonly quiet: boolean;
  readonly signal: AbortSignal;
};

export type DemoReport = {
  readonly ok: boolean;
  readonly records: number;
  readonly result: Score;
  readonly expected: Score;
  readonly receiptVerified: boolean;
  readonly refused: Refusals;
  readonly leaks: number;
  readonly gas: Readonly<Record<string, number>>;
  readonly ms: Readonly<Record<string, number>>;
};

export async function runDemo(options: DemoOptions): Promise<DemoReport> {
  const { runDir, signal, quiet } = options;
  const started = performance.now();
  const progress = createProgress({ quiet });
  const ms: Record<string, number> = { install: options.installMs };
  const timed = async <value>(
    name: string,
    title: string,
    work: (update: (text: string) => void) => Promise<value>,
  ): Promise<value> => {
    signal.throwIfAborted();
    const from = performance.now();
    const step = progress.step(title);
    try {
      const value = await untilAborted(work(step.update), signal);
      ms[name] = Math.round(performance.now() - from);
      step.done();
      return value;
    } catch (error) {
      step.fail();
      throw error;
    }
  };

  await mkdir(runDir, { recursive: true, mode: 0o700 });
  const archive = options.archive ?? join(runDir, "sample-archive.zip");
  if (options.archive === undefined)
    await timed("sample", "making a sample X archive of 20,000 posts", () => makeSample(archive));
  // Read before anything starts: a bad archive must leave nothing behind.
  const imported = await timed("ingest", "reading the archive into segments", (update) =>
    importArchive(archive, signal, update),
  );

  const plain = await readPlainArchive(archive);
  const expected = expectedScore(plain);
  const rpcFile = join(runDir, "rpc.log");
  let closeProxy = async () => {};
  let booting: Promise<Network> | undefined;
  try {
    const network = await timed("boot", "starting chain, guardians, nodes and enclaves", (onProgress) => {
      booting = startNetwork({
        runDir,
        chain: options.chain,
        port: options.port,
        guardians: 3,
        workers: 2,
        signal,
        onProgress,
        async wrapRpc(url) {
          const proxy = await startRecordingProxy(url, rpcFile);
          closeProxy = proxy.close;
          return proxy.url;
        },
      });
      return booting;
    });
    const [owner, dapp] = [await network.fundedClient(), await network.fundedClient()];
    const published = await timed(
      "publish",
      "encrypting on this device, splitting keys 2 of 3, registering",
      (update) => publish(network, owner, imported, update),
    );
    const context: DemoContext = { network, owner, dapp, dataset: published.dataset, signal };

    const granted = await timed("grant", "the owner grants `posts` to one dApp, one program, 3 uses, 30 days", () =>
      grantPosts(context, { uses: 3 }),
    );
    const job = await timed("jobToReceipt", "the dApp posts a job; an enclave answers with a receipt", () =>
      runJob(context, granted),
    );
    const refused = await timed("refusals", "what must fail", (update) => showRefusals(context, granted, update));
    const lastRevoke = await timed("revoke", "the owner revokes", () =>
      revoke({ client: owner, deployment: network.deployment }, granted),
    );
    const gas = await gasOf(context, {
      registerDataset: published.gasUsed,
      grant: granted.gasUsed,
      revoke: lastRevoke.gasUsed,
      submitJob: job.submitGas,
      settleJob: job.settleGas,
    });
    await dumpEvents(context);

    await timed("shutdown", "stopping everything", async () => {
      await network.close();
      await closeProxy();
    });
    const leaks = await timed("leakSearch", "looking for leaks in every file, block, log and RPC body", () =>
      searchLeaks(options, archive, plain),
    );
    ms["total"] = Math.round(performance.now() - started) + options.installMs;
    const records = imported.reduce((sum, segment) => sum + segment.records, 0);
    const ok = isSame(job.score, expected) && leaks.length === 0;
    for (const leak of leaks) progress.note(`LEAK ${leak.form} in ${leak.file}`);
    return {
      ok,
      records,
      result: job.score,
      expected,
      receiptVerified: job.verified,
      refused,
      leaks: leaks.length,
      gas,
      ms,
    };
  } finally {
    // A network that failed to start has closed itself.
    await booting?.then(
      (network) => network.close(),
      () => {},
    );
    await closeProxy();
  }
}

async function makeSample(path: string): Promise<void> {
  await writeSampleArchive(path, {
    posts: 20_000,
    canaries: {
      post: "canary of a post 7f3a91",
      account: "canary of an account 5c20d8",
      like: "canary of a like 91be04",
    },
  });
}

async function importArchive(
  path: string,
  signal: AbortSignal,
  update: (text: string) => void,
): Promise<readonly ImportedSegment[]> {
  const archive = await openZipArchive(path, { signal });
  try {
    const { segments } = await readArchive(archive, {
      signal,
      onProgress: ({ file, bytesRead, bytesTotal }) =>
        update(`${file} ${Math.round((100 * bytesRead) / Math.max(bytesTotal, 1))} %`),
    });
    return segments;
  } finally {
    await archive.close();
  }
}

async function publish(
  network: Network,
  owner: ChainClient,
  segments: readonly ImportedSegment[],
  update: (text: string) => void,
) {
  // The root key is random and lives in a keystore; what is used here is read back from that file.
  const passphrase = "a passphrase that only the owner knows";
  const keystore = JSON.stringify(
    await sealKeystore({ kind: "owner-root", secret: generateOwnerRootKey(), passphrase }),
  );
  await writeFile(join(network.runDir, "owner-keystore.json"), keystore, { mode: 0o600 });
  const { secret } = await openKeystore(keystore, passphrase);
  const { publicKey } = await ownerKemKeyPair(secret);
  return publishDataset(
    { client: owner, deployment: network.deployment, store: network.store },
    {
      segments,
      guardians: network.guardians.map(({ nodeId }) => nodeId),
      threshold: 2,
      ownerPublicKey: publicKey,
      onProgress: ({ step, done, total }) => update(`${step} ${done}/${total}`),
    },
  );
}

/** Gas of what the daemons sent, from their receipts, beside what we sent ourselves. */
async function gasOf(
  { network, owner }: DemoContext,
  own: Readonly<Record<string, bigint>>,
): Promise<Record<string, number>> {
  const { deployment } = network;
  const range = { fromBlock: deployment.fromBlock, strict: true } as const;
  const [registered] = await owner.getContractEvents({
    address: deployment.nodeRegistry,
    abi: nodeRegistryAbi,
    eventName: "NodeRegistered",
    ...range,
  });
  const [keyAdded] = await owner.getContractEvents({
    address: deployment.nodeRegistry,
    abi: nodeRegistryAbi,
    eventName: "EnclaveKeyAdded",
    ...range,
  });
  const [claimed] = await owner.getContractEvents({
    address: deployment.jobMarket,
    abi: jobMarketAbi,
    eventName: "JobClaimed",
    ...range,
  });
  const gasUsedBy = async (event: { readonly transactionHash: Hex } | undefined): Promise<bigint> => {
    if (event === undefined) throw new PersonaError("INTERNAL", "The chain lacks an event that must be there.");
    return (await owner.getTransactionReceipt({ hash: event.transactionHash })).gasUsed;
  };
  const all = {
    registerNode: await gasUsedBy(registered),
    addEnclaveKey: await gasUsedBy(keyAdded),
    claimJob: await gasUsedBy(claimed),
    ...own,
  };
  return Object.fromEntries(Object.entries(all).map(([name, gas]) => [name, Number(gas)]));
}

/** Every event of the chain, where the leak search reads it. */
async function dumpEvents({ network, owner }: DemoContext): Promise<void> {
  const logs = await owner.getLogs({ fromBlock: 0n, toBlock: "latest" });
  await writeFile(
    join(network.runDir, "events.json"),
    JSON.stringify(logs, (_, value) => (typeof value === "bigint" ? String(value) : value)),
  );
}

async function searchLeaks({ runDir }: DemoOptions, archive: string, plain: PlainArchive): Promise<Leak[]> {
  const canaries = canariesOf(plain);
  const control = join(runDir, "control");
  const missed = await positiveControl(control, canaries[0] ?? "a text of no archive");
  if (missed.length > 0)
    throw new PersonaError("INTERNAL", "The leak search does not find what it must find.", {
      data: { missed: missed.join(" ") },
    });
  await rm(control, { recursive: true });
  return findLeaks(runDir, canaries, [archive]);
}

const isSame = (a: Score, b: Score) =>
  a.posts === b.posts && a.high_engagement_posts === b.high_engagement_posts && a.score === b.score;

/** The work's value, or a typed error as soon as somebody presses Ctrl-C; closing the network then ends what still runs. */
function untilAborted<value>(work: Promise<value>, signal: AbortSignal): Promise<value> {
  const { promise, reject } = Promise.withResolvers<never>();
  const onAbort = () => reject(new PersonaError("CANCELLED", "The demo was stopped."));
  signal.addEventListener("abort", onAbort, { once: true });
  return Promise.race([work, promise]).finally(() => signal.removeEventListener("abort", onAbort));
}
