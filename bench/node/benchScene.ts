import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Dataset, type GrantPackage, grant, publishDataset } from "@persona-protocol/sdk/access";
import {
  buildJob,
  grantedProgramOf,
  type JobRequest,
  type Program,
  sendJob,
  waitForJob,
} from "@persona-protocol/sdk/compute";
import type { ChainClient } from "@persona-protocol/sdk/contracts";
import { PersonaError } from "@persona-protocol/sdk/errors";
import { generateOwnerRootKey, ownerKemKeyPair } from "@persona-protocol/sdk/storage";
import type { ManagedProcess } from "../../node/src/dev/processes.ts";
import { type Network, startDaemon } from "../../node/src/dev/startNetwork.ts";

/** What a job runs: a program, and its code where it has any. */
export type BenchProgram = {
  readonly program: Program;
  readonly code?: Uint8Array;
  readonly args?: JobRequest["args"];
};

/** A worker daemon that the bench has started, and when it served. */
export type BenchWorker = {
  readonly process: ManagedProcess;
  readonly enclavePid: number;
  readonly coldStartMs: number;
  readonly logFile: string;
};

export type BenchScene = {
  readonly network: Network;
  readonly owner: ChainClient;
  readonly dapp: ChainClient;
};

/** Rows of a Parquet file of about a mebibyte. */
export const smallRows = 96_000;

export async function publishPosts({ network, owner }: BenchScene, bytes: Uint8Array, rows: number): Promise<Dataset> {
  const { publicKey } = await ownerKemKeyPair(generateOwnerRootKey());
  const segment = { name: "posts", schema: "persona:post@1", records: rows, from: null, to: null, bytes };
  const guardians = network.guardians.map(({ nodeId }) => nodeId);
  const { dataset } = await publishDataset(
    { client: owner, deployment: network.deployment, store: network.store },
    { segments: [segment], guardians, threshold: 2, ownerPublicKey: publicKey },
  );
  return dataset;
}

export async function grantFor(
  { network, owner, dapp }: BenchScene,
  dataset: Dataset,
  program: Program,
): Promise<GrantPackage> {
  const { timestamp } = await owner.getBlock();
  return grant(
    { client: owner, deployment: network.deployment },
    {
      dataset,
      grantee: dapp.account.address,
      segments: ["posts"],
      program: grantedProgramOf(program),
      uses: 2_000,
      expiresAt: Number(timestamp) + 20 * 86_400,
      price: 0n,
      token: network.token,
      maxOutputBytes: 100_000_000n,
    },
  );
}

/** @returns the ids of jobs that are in the chain now */
export async function postJobs(
  { network, dapp }: BenchScene,
  granted: GrantPackage,
  { program, code, args }: BenchProgram,
  count: number,
): Promise<`0x${string}`[]> {
  const context = { client: dapp, deployment: network.deployment, store: network.store };
  const ids: `0x${string}`[] = [];
  for (let i = 0; i < count; i++) {
    const job = await buildJob(context, {
      program,
      ...(code === undefined ? {} : { code }),
      ...(args === undefined ? {} : { args }),
      grants: [granted],
      fee: 0n,
      claimSeconds: 3_600,
      runSeconds: 3_600,
    });
    await sendJob(context, job);
    ids.push(job.jobId);
  }
  return ids;
}

/** @throws PersonaError when the job ended otherwise than by a result */
export async function requireSettled({ network, dapp }: BenchScene, jobId: `0x${string}`): Promise<void> {
  const context = { client: dapp, deployment: network.deployment };
  const end = await waitForJob(context, jobId, { signal: AbortSignal.timeout(120_000), pollMs: 4 });
  if (end.status !== "settled")
    throw new PersonaError("INTERNAL", "A job of the bench failed.", { data: { ...end } as never });
}

let started = 0;

/** Starts the worker of the network again, as an operator does: by its command. */
export async function startBenchWorker(
  { network }: Pick<BenchScene, "network">,
  maxJobs: number,
): Promise<BenchWorker> {
  const configFile = join(network.runDir, "worker-1/config.json");
  const config = JSON.parse(await readFile(configFile, "utf8"));
  await writeFile(configFile, JSON.stringify({ ...config, maxJobs }));
  const name = `worker-bench-${++started}`;
  const from = performance.now();
  const process = startDaemon(network.processes, name, configFile);
  const { enclavePid } = JSON.parse(await process.ready) as { enclavePid: number };
  return {
    process,
    enclavePid,
    coldStartMs: performance.now() - from,
    logFile: join(network.runDir, "logs", `${name}.log`),
  };
}
