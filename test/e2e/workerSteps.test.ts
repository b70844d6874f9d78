/**
 * One real worker on a real chain, between each two of its steps: killed there, and with the blocks gone on which it rests. Each
 * job ends once, by a result; or, where the only key that could sign it died with its enclave, by its deadline.
 */
import { mkdtemp, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import type { GrantPackage } from "@persona-protocol/sdk/access";
import {
  type BuiltJob,
  buildJob,
  cancelJob,
  readResult,
  sendJob,
  timeOutJob,
  waitForJob,
} from "@persona-protocol/sdk/compute";
import { type ChainClient, jobMarketAbi, nodeRegistryAbi } from "@persona-protocol/sdk/contracts";
import { expect } from "chai";
import { type Network, startNetwork } from "../../node/src/dev/startNetwork.ts";
import { askDaemon } from "../../node/src/operations/askDaemon.ts";
import { grantPosts, request } from "../../scripts/demo/story.ts";
import { publishSample } from "../helpers/publishedSample.ts";
import { createRandom, testSeed } from "../helpers/random.ts";
import { dieStepped, type SteppedWorker, startStepped } from "../helpers/stepping.ts";

const seed = testSeed();
/** In seconds: longer than a busy machine takes for a restart. */
const window = { claimSeconds: 600, runSeconds: 600 };
/** Of the worker's settings, by default. */
const crashLimit = 3;
/** Blocks after which a settlement counts as final. */
const finalDepth = 64;

/** Where nothing is lost: no claim yet, or a receipt that the journal has. */
const harmless = [
  "add before",
  "add after",
  "setPoint before",
  "began before",
  "began after",
  "apply claim before",
  "apply claim after",
  "send claimJob before",
  "apply receiptSigned after",
  "bring before",
  "send settleJob before",
  "send settleJob after",
  "bring after",
  "apply settled before",
  "apply settled after",
  "ended before",
  "apply finalized before",
  "apply finalized after",
] as const;
/** Where the claim is in the chain and its receipt is nowhere yet. */
const costly = [
  "send claimJob after",
  "apply claimed before",
  "apply claimed after",
  "run before",
  "run after",
  "apply receiptSigned before",
] as const;

/** All of them in `npm test -- --only steps`; in every run some, drawn by the seed. */
function points(all: readonly string[], some: number): readonly string[] {
  if (process.env["PERSONA_SUITE"] === "steps") return all;
  const random = createRandom(seed);
  const left = [...all];
  return Array.from({ length: some }, () => left.splice(random.integer(left.length), 1)[0] ?? "");
}

describe(`a worker between its steps (PERSONA_SEED=${seed})`, function () {
  this.timeout(120_000);
  const stop = new AbortController();
  let folder: string;
  let network: Network;
  let dapp: ChainClient;
  let granted: GrantPackage;
  let worker: SteppedWorker;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "persona-steps-"));
    const runDir = join(folder, "network");
    const size = { guardians: 2, workers: 1 };
    network = await startNetwork({ runDir, chain: "hardhat", port: 0, ...size, signal: stop.signal });
    const [owner, requester] = [await network.fundedClient(), await network.fundedClient()];
    dapp = requester;
    const dataset = await publishSample({ network, owner, folder }, { posts: 20, likes: 2, seed: 8 });
    granted = await grantPosts(
      { network, owner, dapp, dataset, signal: stop.signal },
      { uses: 100, maxOutputBytes: 1_000_000n },
    );
    // Its node, its keystore and its journal go on in a process that can be held.
    const [daemon] = network.workers;
    process.kill(daemon?.pid ?? 0, "SIGTERM");
    worker = await restart();
  });
  after(async () => {
    await worker?.stop();
    await network?.close();
    await rm(folder, { recursive: true, force: true });
  });

  const workerFolder = () => join(network.runDir, "worker-1");
  const configFile = () => join(workerFolder(), "config.json");
  const restart = () => startStepped(configFile(), join(network.runDir, "logs/stepped.log"));
  const market = () => ({ client: dapp, deployment: network.deployment, store: network.store });
  const soon = () => ({ signal: AbortSignal.timeout(60_000), pollMs: 20 });
  const rpc = (method: string, ...params: unknown[]) =>
    (dapp.request as (call: { method: string; params: unknown[] }) => Promise<unknown>)({ method, params });
  /** One by one: of many at once Hardhat makes blocks that do not lie on each other. */
  async function mine(blocks: number): Promise<void> {
    for (let i = 0; i < blocks; i++) await rpc("evm_mine");
  }
  const build = () => buildJob(market(), { ...request(granted), ...window });

  const stateOf = ({
    jobId,
  }: BuiltJob): { readonly status: string; readonly outcome?: string; readonly why?: string } => {
    const db = new DatabaseSync(join(workerFolder(), "data/journal.sqlite"), { readOnly: true });
    try {
      const state = db.prepare("SELECT state FROM jobs WHERE job_id = ?").get(jobId)?.["state"];
      return state === undefined ? { status: "unknown" } : JSON.parse(String(state));
    } finally {
      db.close();
    }
  };
  async function untilState(job: BuiltJob, ...wanted: readonly string[]): Promise<void> {
    const deadline = AbortSignal.timeout(60_000);
    while (!wanted.includes(stateOf(job).status)) {
      if (deadline.aborted) throw new Error(`the journal says ${JSON.stringify(stateOf(job))}`);
      await sleep(20);
    }
  }
  async function eventsOf({ jobId }: BuiltJob): Promise<string[]> {
    const events = await dapp.getContractEvents({
      address: network.deployment.jobMarket,
      abi: jobMarketAbi,
      fromBlock: network.deployment.fromBlock,
      strict: true,
    });
    return events.filter(({ args }) => "jobId" in args && args.jobId === jobId).map(({ eventName }) => eventName);
  }
  async function expectResult(job: BuiltJob): Promise<void> {
    const { rows } = await readResult(market(), job, soon());
    expect(rows).to.have.lengthOf(1);
    await untilState(job, "settled", "done");
    expect(stateOf(job).outcome).to.equal("SETTLED");
    expect(await eventsOf(job), "each once").to.deep.equal(["JobSubmitted", "JobClaimed", "JobSettled"]);
  }

  for (const point of points(harmless, 3)) {
    it(`behavior: killed at "${point}": the job ends once, by its result`, async () => {
      const job = await build();
      if (point.startsWith("apply finalized")) {
        await sendJob(market(), job);
        await untilState(job, "settled");
        await worker.arm(point, "kill");
        await mine(finalDepth + 1);
      } else {
        await worker.arm(point, "kill");
        await sendJob(market(), job);
      }
      expect(await worker.ended).to.equal("SIGKILL");
      worker = await restart();
      await expectResult(job);
    });
  }

  for (const point of points(costly, 2)) {
    it(`behavior: killed at "${point}": the claim dies with its enclave, and times out once`, async () => {
      const job = await build();
      await worker.arm(point, "kill");
      await sendJob(market(), job);
      expect(await worker.ended).to.equal("SIGKILL");
      worker = await restart();
      await untilState(job, "left");
      expect(stateOf(job).why).to.be.oneOf(["ENCLAVE_LOST", "JOB_CLAIMED_BY_OTHER"]);
      await rpc("evm_increaseTime", window.claimSeconds + window.runSeconds + 1);
      await mine(1);
      await timeOutJob(market(), job);
      expect((await waitForJob(market(), job.jobId, soon())).status).to.equal("timedOut");
      expect(await eventsOf(job)).to.deep.equal(["JobSubmitted", "JobClaimed", "JobTimedOut"]);
    });
  }

  /** Takes the chain back to the snapshot, and on with other blocks: at least as many as there were. */
  async function reorganise(snapshot: unknown): Promise<void> {
    const before = await dapp.getBlockNumber();
    expect(await rpc("evm_revert", snapshot)).to.equal(true);
    await mine(Number(before - (await dapp.getBlockNumber())) + 2);
  }
  async function snapshotWhenHeld(): Promise<unknown> {
    await worker.held();
    return rpc("evm_snapshot");
  }

  it("behavior: a reorganisation takes a job that was seen: it is forgotten, and taken up when it is posted again", async () => {
    const job = await build();
    const snapshot = await rpc("evm_snapshot");
    await worker.arm("apply claim before", "hold");
    await sendJob(market(), job);
    await worker.held();
    await reorganise(snapshot);
    worker.go();
    await untilState(job, "left", "seen");
    await sendJob(market(), job);
    await expectResult(job);
  });

  for (const [state, point] of [
    ["claiming", "apply claimed before"],
    ["running", "run before"],
    ["running, with a receipt signed", "run after"],
    ["settling", "bring before"],
  ] as const) {
    it(`behavior: a reorganisation takes the claim of a job that is ${state}: it is claimed again, and ends once`, async () => {
      const job = await build();
      await sendHeld(job, point);
      worker.go();
      await expectResult(job);
    });
  }
  /** Posts the job, and takes its claim out of the chain when the worker has come to the point. */
  async function sendHeld(job: BuiltJob, point: string): Promise<void> {
    await worker.arm("send claimJob before", "hold");
    await sendJob(market(), job);
    const snapshot = await snapshotWhenHeld();
    await worker.arm(point, "hold");
    worker.go();
    await worker.held();
    await reorganise(snapshot);
  }

  it("behavior: a reorganisation takes the settlement before it is written down: it is brought again", async () => {
    const job = await build();
    await worker.arm("bring before", "hold");
    await sendJob(market(), job);
    const snapshot = await snapshotWhenHeld();
    await worker.arm("apply settled before", "hold");
    worker.go();
    await worker.held();
    await reorganise(snapshot);
    worker.go();
    await mine(finalDepth + 2);
    await expectResult(job);
  });

  it("behavior: a reorganisation takes the settlement of a job that counts as settled: it is brought again", async () => {
    const job = await build();
    await worker.arm("bring before", "hold");
    await sendJob(market(), job);
    const snapshot = await snapshotWhenHeld();
    worker.go();
    await untilState(job, "settled");
    await reorganise(snapshot);
    await mine(finalDepth + 2);
    await expectResult(job);
    await mine(finalDepth + 2);
    await untilState(job, "done");
  });

  it("behavior: a reorganisation takes what a job was left for: it is taken up again", async () => {
    const job = await build();
    await worker.arm("began before", "hold");
    await sendJob(market(), job);
    await worker.held();
    const snapshot = await rpc("evm_snapshot");
    await rpc("evm_increaseTime", window.claimSeconds + 1);
    await mine(1);
    await cancelJob(market(), job);
    await untilState(job, "left");
    worker.go();
    await reorganise(snapshot);
    await expectResult(job);
  });

  it("behavior: a reorganisation of newer blocks leaves a job alone that is done", async () => {
    const job = await build();
    await sendJob(market(), job);
    await expectResult(job);
    await mine(finalDepth + 2);
    await untilState(job, "done");
    const snapshot = await rpc("evm_snapshot");
    await mine(8);
    await reorganise(snapshot);
    const next = await build();
    await sendJob(market(), next);
    await expectResult(next);
    expect(stateOf(job)).to.deep.equal({ status: "done", outcome: "SETTLED" });
    await expectResult(job);
  });

  // Of some restarts: npm test -- --only steps
  const itLong = process.env["PERSONA_SUITE"] === "steps" ? it : () => {};

  itLong("behavior: a job that ends the daemon again and again is put aside, and the next one is done", async () => {
    const [poisoned, next] = [await build(), await build()];
    await worker.arm("apply claim before", "kill");
    await sendJob(market(), poisoned);
    expect(await worker.ended).to.equal("SIGKILL");
    for (let crashes = 2; crashes <= crashLimit; crashes++) {
      expect(stateOf(poisoned).status).to.equal("seen");
      expect(await dieStepped(configFile(), "apply claim before")).to.equal("SIGKILL");
    }
    worker = await restart();
    await untilState(poisoned, "quarantined");
    await sendJob(market(), next);
    await expectResult(next);
    expect(await eventsOf(poisoned), "nothing was claimed").to.deep.equal(["JobSubmitted"]);
  });

  itLong(
    "behavior: drained under load: what is claimed is settled, nothing more is claimed until it is started again",
    async () => {
      const jobs = await Promise.all(Array.from({ length: 12 }, build));
      for (const job of jobs) await sendJob(market(), job);
      await untilState(jobs[0] as BuiltJob, "running", "settling", "settled");
      const socket = join(workerFolder(), "data/admin.sock");
      await askDaemon(socket, "POST", "/drain");
      const drained = async () =>
        ((await askDaemon(socket, "GET", "/status")) as { draining: string }).draining === "done";
      const deadline = AbortSignal.timeout(60_000);
      while (!(await drained()) && !deadline.aborted) await sleep(50);
      const states = jobs.map((job) => stateOf(job).status);
      expect(states).to.include("seen");
      expect(states.filter((status) => !["seen", "settled", "done"].includes(status))).to.deep.equal([]);
      const later = await build();
      await sendJob(market(), later);
      await untilState(later, "seen");
      expect(await eventsOf(later)).to.deep.equal(["JobSubmitted"]);
      await worker.stop();
      worker = await restart();
      for (const job of [...jobs, later]) await expectResult(job);
    },
  );

  it("behavior: a journal of yesterday: what has happened since is found in the chain, nothing is done twice", async () => {
    const before = await build();
    await worker.arm("bring before", "hold");
    await sendJob(market(), before);
    await worker.held();
    const files = ["journal.sqlite", "transactions.sqlite"].map((name) => join(workerFolder(), "data", name));
    for (const file of files) {
      const db = new DatabaseSync(file);
      db.exec(`VACUUM INTO '${file}.backup'`);
      db.close();
    }
    const nodes = await nodeCount();
    worker.go();
    await expectResult(before);
    const since = await build();
    await sendJob(market(), since);
    await expectResult(since);

    await worker.stop();
    const open = await build();
    await sendJob(market(), open);
    for (const file of files) {
      for (const end of ["", "-wal", "-shm"]) await rm(`${file}${end}`, { force: true });
      await rename(`${file}.backup`, file);
    }
    worker = await restart();
    await expectResult(open);
    await untilState(before, "settled", "done");
    expect(stateOf(since).status, "over, and not begun again").to.be.oneOf(["unknown", "left"]);
    for (const job of [before, since])
      expect(await eventsOf(job), "once").to.deep.equal(["JobSubmitted", "JobClaimed", "JobSettled"]);
    expect(await nodeCount(), "no second node, no second stake").to.equal(nodes);
  });

  async function nodeCount(): Promise<number> {
    const registry = { address: network.deployment.nodeRegistry, abi: nodeRegistryAbi } as const;
    const events = await dapp.getContractEvents({ ...registry, eventName: "NodeRegistered", fromBlock: 0n });
    return events.length;
  }
});
