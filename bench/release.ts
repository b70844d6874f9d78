/**
 * Key release on loopback: real guardian processes, each with its enclave, and a real chain process. A latency is from the
 * first request of a job to the data key rebuilt from t opened and verified shares; each job is new to its guardians.
 * References in the same run: an HPKE seal, a recovery as guardians do it and by viem with the typed data around it, and one read
 * of the chain. Beside some of them the processor time, which says more on a busy machine.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  decodeReleaseAnswer,
  encodeReleaseCall,
  grant,
  postToGuardian,
  publishDataset,
  type ReleaseAnswer,
  releaseShareInfo,
} from "@persona-protocol/sdk/access";
import { type BuiltJob, buildJob, grantedProgramOf, type Program, sendJob } from "@persona-protocol/sdk/compute";
import {
  type ChainClient,
  callContract,
  devTokenAbi,
  jobMarketAbi,
  jobOrderHashOf,
  jobSpecHashOf,
  nodeRegistryAbi,
  typedData,
  typedDigest,
} from "@persona-protocol/sdk/contracts";
import { open, seal } from "@persona-protocol/sdk/crypto";
import { PersonaError } from "@persona-protocol/sdk/errors";
import {
  combineShares,
  decodeKeyBoxHead,
  generateOwnerRootKey,
  type KeyBoxHead,
  ownerKemKeyPair,
  verifyShare,
} from "@persona-protocol/sdk/storage";
import { parseEther, recoverTypedDataAddress } from "viem";
import { z } from "zod";
import { enclaveIn } from "../node/src/dev/processTree.ts";
import { type Network, startNetwork } from "../node/src/dev/startNetwork.ts";
import { enclaveBundle } from "../node/src/enclave/bundle/enclaveBundle.ts";
import { registerEnclaveKey, registerNode } from "../node/src/enclave/registerEnclave.ts";
import {
  createEnclaveIdentity,
  type EnclaveIdentity,
  makeRegistration,
} from "../node/src/enclave/runtime/enclaveIdentity.ts";
import { encodeRegistration, registrationFacts } from "../node/src/enclave/runtime/registrationMessage.ts";
import { recoverSigner } from "../node/src/enclave/runtime/secp256k1.ts";
import { simulatedEvidence } from "../node/src/enclave/runtime/simulatedEvidence.ts";
import { inWaves } from "../node/src/enclave/runtime/worker/inWaves.ts";
import type { BenchContext } from "./bench.ts";
import { cpuTimeMs } from "./cpuTime.ts";

const jobs = { latency: 60, wide: 30, throughput: 300 };
/** A guardian runs for months: what its compilers take at the start is not measured with what a release takes. */
const warmUps = 200;
/** Requests under way at one guardian while its throughput is measured. */
const width = 16;

const program: Program = {
  v: 1,
  kind: "sql",
  name: "count",
  description: "Counts posts.",
  statement: "SELECT count(*)::BIGINT AS n FROM posts",
  tables: [{ table: "posts", schema: "persona:posts@1" }],
  args: [],
  result: { columns: [{ name: "n", type: "bigint", nullable: false }], maxRows: 1 },
  limits: { timeMs: 5_000, memoryMb: 256 },
};

/** A registered enclave key whose private half the bench holds: the simulated root signs for anybody. */
type Enclave = { readonly identity: EnclaveIdentity; readonly client: ChainClient };

type Scene = {
  readonly network: Network;
  readonly owner: ChainClient;
  readonly dapp: ChainClient;
  readonly worker: Enclave;
  readonly endpoints: ReadonlyMap<number, string>;
};
type Set = { readonly guardians: readonly number[]; readonly head: KeyBoxHead; readonly datasetId: `0x${string}` };

export const options = { chain: { type: "string", default: "hardhat" } } as const;

export async function run({ log, values }: BenchContext): Promise<object> {
  const chain = z.enum(["hardhat", "anvil"]).parse(values["chain"]);
  const runDir = await mkdtemp(join(tmpdir(), "persona-bench-"));
  const signal = new AbortController().signal;
  log("starting a chain and nine guardians");
  const network = await startNetwork({
    runDir,
    chain,
    port: 0,
    guardians: 9,
    workers: 0,
    signal,
  });
  try {
    const [owner, dapp] = [await network.fundedClient(), await network.fundedClient()];
    const worker = await registerEnclave(network, await network.fundedClient());
    const endpoints = new Map<number, string>();
    for (const { nodeId } of network.guardians) endpoints.set(nodeId, await endpointOf(network, owner, nodeId));
    const scene = { network, owner, dapp, worker, endpoints };
    const narrow = await measureLatency(scene, { threshold: 2, of: 3, jobs: jobs.latency }, log);
    const wide = await measureLatency(scene, { threshold: 5, of: 9, jobs: jobs.wide }, log);
    const { perSecond, cpuMsPerRelease } = await measureThroughput(scene, narrow, log);
    return {
      release: {
        chain,
        "2of3": narrow.latency,
        "5of9": wide.latency,
        perGuardianPerSecond: round(perSecond),
        cpuMsPerRelease,
        reference: await references(scene, narrow.last),
      },
    };
  } finally {
    await network.close();
    await rm(runDir, { recursive: true, force: true });
  }
}

type Asked = { readonly job: BuiltJob; readonly bodies: ReadonlyMap<number, Uint8Array> };
type Prepare = (count: number) => Promise<Asked[]>;

async function measureLatency(
  scene: Scene,
  { threshold, of, jobs: count }: { readonly threshold: number; readonly of: number; readonly jobs: number },
  log: (line: string) => void,
) {
  const { network, owner } = scene;
  const guardians = network.guardians.slice(0, of).map(({ nodeId }) => nodeId);
  const { publicKey } = await ownerKemKeyPair(generateOwnerRootKey());
  const segment = {
    name: "posts",
    schema: "persona:posts@1",
    records: 1,
    from: null,
    to: null,
    bytes: new Uint8Array(9),
  };
  const { dataset, keyBox } = await publishDataset(
    { client: owner, deployment: network.deployment, store: network.store },
    { segments: [segment], guardians, threshold, ownerPublicKey: publicKey },
  );
  const set = { guardians, head: decodeKeyBoxHead(keyBox.head), datasetId: dataset.datasetId };
  const granted = await grant(
    { client: owner, deployment: network.deployment },
    {
      dataset,
      grantee: scene.dapp.account.address,
      segments: ["posts"],
      program: grantedProgramOf(program),
      uses: 1_000,
      expiresAt: Number((await owner.getBlock()).timestamp) + 1_000_000,
      price: 0n,
      token: network.token,
      maxOutputBytes: 100_000_000n,
    },
  );
  const prepare: Prepare = async (wanted) => {
    log(`${threshold} of ${of}: posting and claiming ${wanted} jobs`);
    const asked: Asked[] = [];
    for (let i = 0; i < wanted; i++) asked.push(await prepareJob(scene, granted, guardians));
    return asked;
  };
  const prepared = await prepare(warmUps + count);
  const times: number[] = [];
  for (const asked of prepared) {
    const from = performance.now();
    const { others } = await obtainKey(scene, set, asked);
    times.push(performance.now() - from);
    // The next job must not compete with the late answers of this one.
    await others;
  }
  const measured = times.slice(warmUps);
  const latency = { p50Ms: round(percentile(measured, 0.5)), p99Ms: round(percentile(measured, 0.99)) };
  log(`${threshold} of ${of}: ${JSON.stringify(latency)}`);
  const last = prepared.at(-1) as Asked;
  return { latency, prepare, last, guardian: guardians[0] as number };
}

async function prepareJob(
  { network, dapp, worker }: Scene,
  granted: Awaited<ReturnType<typeof grant>>,
  guardians: readonly number[],
): Promise<Asked> {
  const { deployment } = network;
  const context = { client: dapp, deployment, store: network.store };
  const job = await sendJob(context, await buildJob(context, { program, grants: [granted], fee: 0n }));
  const { order, offer } = job.params;
  const { identity } = worker;
  const args = [job.jobId, offer, jobOrderHashOf(order), identity.account.address] as const;
  await callContract(worker.client, {
    address: deployment.jobMarket,
    abi: jobMarketAbi,
    functionName: "claimJob",
    args,
  });
  const bodies = new Map<number, Uint8Array>();
  for (const guardian of guardians) {
    const { jobId, bundle, params } = job;
    const request = {
      jobId,
      attempt: 1,
      guardian,
      input: 0,
      kemKeyHash: identity.kemKeyHash,
      bundleDigest: order.bundleDigest,
    };
    const signature = await identity.account.signTypedData(typedData.releaseRequest(deployment, request));
    bodies.set(guardian, encodeReleaseCall({ request, signature, kemKey: identity.kem.publicKey, params, bundle }));
  }
  return { job, bodies };
}

/** What a supervisor does between its claim and its data key: asks in its way, and takes the first t. */
async function obtainKey(scene: Scene, { guardians, head, datasetId }: Set, { job, bodies }: Asked) {
  const { network, worker, endpoints } = scene;
  const jobSpecHash = jobSpecHashOf(network.deployment, job.spec);
  const asked: Promise<unknown>[] = [];
  const questions = guardians.map((guardian, position) => () => {
    const answering = ask(endpoints.get(guardian) ?? "", bodies.get(guardian) as Uint8Array);
    asked.push(answering);
    return answering.then((answer) => ({ guardian, position, answer }));
  });
  const shares: { position: number; share: Uint8Array }[] = [];
  for await (const { guardian, position, answer } of inWaves([questions], () => true).answers) {
    const [box] = answer.keys.shares;
    if (box === undefined) throw new PersonaError("INTERNAL", "No share was released.");
    const info = releaseShareInfo({
      jobSpecHash,
      datasetId,
      segment: 0,
      guardian,
      signer: worker.identity.account.address,
    });
    const share = await open({ privateKey: worker.identity.kem.privateKey, info, enc: box.enc, ct: box.ct });
    verifyShare({ head, segment: 0, position, share });
    shares.push({ position, share });
    if (shares.length === head.threshold) break;
  }
  await combineShares({ head, segment: 0, shares });
  return { asked: asked.length, others: Promise.all(asked) };
}

async function ask(endpoint: string, body: Uint8Array): Promise<Extract<ReleaseAnswer, { status: "released" }>> {
  const options = { maxBytes: 1024 * 1024, signal: AbortSignal.timeout(30_000) };
  const answer = decodeReleaseAnswer(await postToGuardian(endpoint, "/release", body, options));
  if (answer.status === "released") return answer;
  throw new PersonaError("INTERNAL", "A guardian refused.", { data: { reason: answer.refusal.reason } });
}

async function measureThroughput(
  scene: Scene,
  { prepare, guardian }: { readonly prepare: Prepare; readonly guardian: number },
  log: (line: string) => void,
) {
  const prepared = await prepare(warmUps + jobs.throughput);
  const endpoint = scene.endpoints.get(guardian) ?? "";
  const all = prepared.map(({ bodies: each }) => each.get(guardian) as Uint8Array);
  await postAll(endpoint, all.slice(0, warmUps));
  const bodies = all.slice(warmUps);
  const cpuBefore = await cpuTimes(scene, guardian);
  const from = performance.now();
  await postAll(endpoint, bodies);
  const perSecond = (bodies.length * 1_000) / (performance.now() - from);
  const cpuAfter = await cpuTimes(scene, guardian);
  const used = (["chain", "host", "enclave", "client"] as const).map(
    (who) => [who, round((cpuAfter[who] - cpuBefore[who]) / bodies.length)] as const,
  );
  const check = await ask(endpoint, bodies[0] as Uint8Array);
  log(`one guardian: ${perSecond.toFixed(0)} releases a second (last head ${check.release.logHead.slice(0, 10)})`);
  return { perSecond, cpuMsPerRelease: Object.fromEntries(used) };
}

/** Each once, `width` of them under way. */
async function postAll(endpoint: string, bodies: readonly Uint8Array[]): Promise<void> {
  const next = bodies.values();
  await Promise.all(
    Array.from({ length: width }, async () => {
      for (const body of next) {
        const options = { maxBytes: 1024 * 1024, signal: AbortSignal.timeout(30_000) };
        await postToGuardian(endpoint, "/release", body, options);
      }
    }),
  );
}

/** Processor time of all who take part in a release of one guardian. */
async function cpuTimes({ network }: Scene, nodeId: number) {
  const chain = network.processes.pids().find(({ name }) => name === "chain");
  const guardian = network.guardians.find((each) => each.nodeId === nodeId);
  if (chain === undefined || guardian === undefined) throw new PersonaError("INTERNAL", "A process is not there.");
  return {
    chain: await cpuTimeMs(chain.pid),
    host: await cpuTimeMs(guardian.pid),
    enclave: await cpuTimeMs(enclaveIn(guardian.enclavePid)),
    client: await cpuTimeMs(process.pid),
  };
}

async function references({ network, owner, worker }: Scene, { job }: Asked): Promise<object> {
  const { identity } = worker;
  const request = {
    jobId: job.jobId,
    attempt: 1,
    guardian: 1,
    input: 0,
    kemKeyHash: identity.kemKeyHash,
    bundleDigest: job.jobId,
  };
  const signed = typedData.releaseRequest(network.deployment, request);
  const signature = await identity.account.signTypedData(signed);
  const plaintext = new Uint8Array(33);
  const digest = typedDigest(signed);
  const cpuOf = async (work: () => unknown) => {
    const from = process.cpuUsage();
    for (let i = 0; i < 100; i++) await work();
    const { user, system } = process.cpuUsage(from);
    return Math.round((user + system) / 1_000) / 100;
  };
  const times = async (work: () => unknown) => {
    const each: number[] = [];
    for (let i = 0; i < 60; i++) {
      const from = performance.now();
      await work();
      each.push(performance.now() - from);
    }
    return round(percentile(each, 0.5));
  };
  return {
    sealMs: await times(() => seal({ publicKey: identity.kem.publicKey, info: new Uint8Array(9), plaintext })),
    recoverMs: await times(() => recoverSigner(digest, signature)),
    recoverByViemMs: await times(() => recoverTypedDataAddress({ ...signed, signature })),
    recoverCpuMs: await cpuOf(() => recoverSigner(digest, signature)),
    recoverByViemCpuMs: await cpuOf(() => recoverTypedDataAddress({ ...signed, signature })),
    chainReadMs: await times(() => owner.getBlock()),
  };
}

/** With a stake for the bonds of all claims of the run, none of which is ever settled. */
async function registerEnclave({ deployment, verifier, token }: Network, client: ChainClient): Promise<Enclave> {
  const stake = parseEther("1000000");
  const mint = { address: token, abi: devTokenAbi, functionName: "mint" } as const;
  await callContract(client, { ...mint, args: [client.account.address, stake] });
  const identity = await createEnclaveIdentity();
  const context = { client, deployment, operator: client.account.address, verifier };
  const nodeId = await registerNode(context, { role: "worker", stake, endpoint: "" });
  const evidence = simulatedEvidence(enclaveBundle().measurement);
  const call = async (_method: string, facts: unknown) =>
    encodeRegistration(await makeRegistration(identity, evidence, deployment, registrationFacts.parse(facts)));
  await registerEnclaveKey(context, { call }, { signer: identity.account.address, nodeId, role: "worker" });
  return { identity, client };
}

async function endpointOf({ deployment }: Network, client: ChainClient, nodeId: number): Promise<string> {
  const registry = { address: deployment.nodeRegistry, abi: nodeRegistryAbi } as const;
  return (await client.readContract({ ...registry, functionName: "nodeOf", args: [nodeId] })).endpoint;
}

const round = (value: number) => Math.round(value * 10) / 10;

function percentile(times: readonly number[], share: number): number {
  const sorted = times.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
}
