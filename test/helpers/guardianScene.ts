/** A dataset whose keys three real guardian daemons hold, and everybody who wants them, honest or not. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type Dataset,
  decodeReleaseAnswer,
  encodeReleaseCall,
  type GrantPackage,
  type GrantParameters,
  grant,
  publishDataset,
  type ReleaseAnswer,
  type ReleaseCall,
} from "@persona-protocol/sdk/access";
import { type BuiltJob, buildJob, grantedProgramOf, type JobRequest, sendJob } from "@persona-protocol/sdk/compute";
import {
  type ChainClient,
  callContract,
  type JobOrder,
  jobMarketAbi,
  jobOrderHashOf,
  nodeRegistryAbi,
  typedData,
} from "@persona-protocol/sdk/contracts";
import { codeOfReason } from "@persona-protocol/sdk/errors";
import { generateOwnerRootKey, ownerKemKeyPair } from "@persona-protocol/sdk/storage";
import type { PrivateKeyAccount } from "viem";
import { type Network, startNetwork } from "../../node/src/dev/startNetwork.ts";
import { deployOnAnvil } from "./deployedChain.ts";
import { createProgram } from "./programs.ts";
import { registerTestEnclave, type TestEnclave } from "./testEnclave.ts";

export type Scene = {
  readonly network: Network;
  readonly owner: ChainClient;
  readonly ownerKeys: Awaited<ReturnType<typeof ownerKemKeyPair>>;
  readonly dapp: ChainClient;
  readonly worker: TestEnclave;
  readonly dataset: Dataset;
  readonly keyBox: { readonly head: Uint8Array; readonly body: Uint8Array };
};

let started: Promise<Scene> | undefined;

/** One for the whole run: starting it takes seconds, and tests make grants and jobs of their own. */
export function sharedScene(): Promise<Scene> {
  started ??= startScene();
  return started;
}

// A hook of the root suite: it runs when all files are done, and also when a filter has left most of them out.
after(async function () {
  this.timeout(30_000);
  const scene = await started?.catch(() => undefined);
  await scene?.network.close();
  if (scene !== undefined) await rm(scene.network.runDir, { recursive: true, force: true });
});

/** One of its own, for who kills guardians or moves the clock. The caller closes its network and removes `runDir`. */
export async function startScene(guardians = 3): Promise<Scene> {
  const runDir = await mkdtemp(join(tmpdir(), "persona-guardians-"));
  const signal = new AbortController().signal;
  const network = await startNetwork({
    runDir,
    chain: "anvil",
    deploy: deployOnAnvil,
    port: 0,
    guardians,
    workers: 0,
    signal,
  });
  try {
    const owner = await network.fundedClient();
    const dapp = await network.fundedClient();
    const worker = await registerTestEnclave(network, await network.fundedClient());
    const ownerKeys = await ownerKemKeyPair(generateOwnerRootKey());
    const published = await publishSegments(network, owner, ownerKeys.publicKey);
    return { network, owner, ownerKeys, dapp, worker, ...published };
  } catch (error) {
    await network.close();
    throw error;
  }
}

/** A dataset of `posts` and `likes`. What is in them does not matter: guardians never see it. */
export async function publishSegments(
  network: Network,
  owner: ChainClient,
  ownerPublicKey: Uint8Array,
  guardians: readonly number[] = network.guardians.map(({ nodeId }) => nodeId),
): Promise<Pick<Scene, "dataset" | "keyBox">> {
  const segment = (name: string) => ({
    name,
    schema: `persona:${name}@1`,
    records: 1,
    from: null,
    to: null,
    bytes: new Uint8Array(9),
  });
  return publishDataset(
    { client: owner, deployment: network.deployment, store: network.store },
    { segments: [segment("posts"), segment("likes")], guardians, threshold: 2, ownerPublicKey },
  );
}

/** A grant of `posts` for the standard program, to the scene's dApp. */
export async function grantPosts(scene: Scene, choice: Partial<GrantParameters> = {}): Promise<GrantPackage> {
  const { network, owner, dapp, dataset } = scene;
  const program = createProgram();
  const { timestamp } = await owner.getBlock();
  return grant(
    { client: owner, deployment: network.deployment },
    {
      dataset,
      grantee: dapp.account.address,
      segments: ["posts"],
      program: grantedProgramOf(program),
      uses: 3,
      expiresAt: Number(timestamp) + 100_000,
      price: 1n,
      token: network.token,
      maxOutputBytes: 64_000n,
      ...choice,
    },
  );
}

/** Submits without the SDK's own check of the grant, as a hostile requester would. */
export async function postJob(
  scene: Scene,
  choice: Partial<JobRequest> = {},
  change: Partial<JobOrder> = {},
): Promise<BuiltJob> {
  const { network, dapp } = scene;
  const context = { client: dapp, deployment: network.deployment, store: network.store };
  const grants = choice.grants ?? [await grantPosts(scene)];
  const job = await buildJob(context, { program: createProgram(), fee: 1n, ...choice, grants });
  const { order, offer } = job.params;
  return sendJob(context, { ...job, params: { order: { ...order, ...change }, offer } });
}

export async function claim(
  { network }: Scene,
  { jobId, params: { order, offer } }: BuiltJob,
  { client, identity }: TestEnclave,
): Promise<void> {
  const market = { address: network.deployment.jobMarket, abi: jobMarketAbi } as const;
  const args = [jobId, offer, jobOrderHashOf(order), identity.account.address] as const;
  await callContract(client, { ...market, functionName: "claimJob", args });
}

export async function claimedJob(
  scene: Scene,
  choice: Partial<JobRequest> = {},
  change: Partial<JobOrder> = {},
): Promise<BuiltJob> {
  const job = await postJob(scene, choice, change);
  await claim(scene, job, scene.worker);
  return job;
}

export type CallChoice = {
  readonly guardian?: number;
  /** Who asks; `account` signs in its place. */
  readonly enclave?: TestEnclave;
  readonly account?: PrivateKeyAccount;
  readonly request?: Partial<ReleaseCall["request"]>;
  /** Replaces parts of the call after it has been signed. */
  readonly call?: Partial<ReleaseCall>;
};

/** A release request that is right, except for what is chosen otherwise. */
export async function releaseCall(
  { network, worker }: Scene,
  job: BuiltJob,
  choice: CallChoice = {},
): Promise<ReleaseCall> {
  const { identity } = choice.enclave ?? worker;
  const request = {
    jobId: job.jobId,
    attempt: 1,
    guardian: choice.guardian ?? network.guardians[0]?.nodeId ?? 0,
    input: 0,
    kemKeyHash: identity.kemKeyHash,
    bundleDigest: job.params.order.bundleDigest,
    ...choice.request,
  };
  const signature = await (choice.account ?? identity.account).signTypedData(
    typedData.releaseRequest(network.deployment, request),
  );
  return {
    request,
    signature,
    kemKey: identity.kem.publicKey,
    params: job.params,
    bundle: job.bundle,
    ...choice.call,
  };
}

/** The same as a body. */
export async function releaseBody(scene: Scene, job: BuiltJob, choice: CallChoice = {}): Promise<Uint8Array> {
  return encodeReleaseCall(await releaseCall(scene, job, choice));
}

export async function endpointOf({ network, owner }: Scene, guardian: number): Promise<string> {
  const registry = { address: network.deployment.nodeRegistry, abi: nodeRegistryAbi } as const;
  const { endpoint } = await owner.readContract({ ...registry, functionName: "nodeOf", args: [guardian] });
  return endpoint;
}

/** Puts a body to a guardian as it is. */
export async function post(
  scene: Scene,
  path: string,
  body: Uint8Array,
  guardian = scene.network.guardians[0]?.nodeId ?? 0,
) {
  const url = new URL(path, await endpointOf(scene, guardian));
  const response = await fetch(url, {
    method: "POST",
    body: body as Uint8Array<ArrayBuffer>,
    signal: AbortSignal.timeout(20_000),
  });
  return { status: response.status, body: new Uint8Array(await response.arrayBuffer()) };
}

export async function askRelease(scene: Scene, job: BuiltJob, choice: CallChoice = {}): Promise<ReleaseAnswer> {
  const { body } = await post(scene, "/release", await releaseBody(scene, job, choice), choice.guardian);
  return decodeReleaseAnswer(body);
}

/** `RELEASED`, or the code of the refusal. */
export async function outcomeOf(scene: Scene, job: BuiltJob, choice: CallChoice = {}): Promise<string> {
  const answer = await askRelease(scene, job, choice);
  return answer.status === "released" ? "RELEASED" : (codeOfReason(answer.refusal.reason) ?? "unknown");
}
