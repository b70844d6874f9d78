import { cp, mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { isPersonaError } from "@persona-protocol/sdk/errors";
import { createChainClient } from "../../node/src/chain/connectChain.ts";
import type { NodeConfig } from "../../node/src/config/nodeConfig.ts";
import { freePort } from "../../node/src/dev/freePort.ts";
import { type Network, startNetwork } from "../../node/src/dev/startNetwork.ts";
import { enclaveBundle } from "../../node/src/enclave/bundle/enclaveBundle.ts";
import { findLeaks, positiveControl } from "../demo/leakSearch.ts";
import { createRandom } from "../exports/random.ts";
import { judge, processesOf, readChainFacts, readJournal, type Verdict } from "./audit.ts";
import { type Breakable, breakThing } from "./breakThings.ts";
import { superviseDaemons } from "./daemons.ts";
import { type ChainProxy, createChainProxies } from "./faultyChain.ts";
import { startFaultyStore } from "./faultyStore.ts";
import { type MinedChain, openMinedChain } from "./minedChain.ts";
import { approveAll, createRequester, type Requester } from "./requester.ts";
import { makeScene, type Scene } from "./scene.ts";
import { type Daemon, daemonNames, onSmallDisk, type Phase, type Schedule } from "./schedule.ts";
import { putOnSmallDisk } from "./smallDisk.ts";

export type ChaosReport = Verdict & {
  readonly leaks: readonly string[];
  readonly orphans: readonly string[];
  readonly starts: number;
  readonly blocks: bigint;
  readonly reorganisations: number;
};

/** A block in each interval. */
const blockMs = 250;
const lookMs = 1_000;
/** Seconds of the chain's time, which runs faster than ours: a block is a second at least. */
const claimSeconds = 7_200;
const runSeconds = 900;
/** Settlements of an older block are closed for good. */
const finalDepth = 64;
/** On a machine that does other things, too. */
const serveMs = 120_000;
const dyingMs = 5_000;
/** Nothing has ended for so long: what is left waits for a deadline. */
const standstillMs = 10_000;
const longestDrainMs = 120_000;

export async function runChaos(
  schedule: Schedule,
  {
    runDir,
    disks,
    log,
    signal,
  }: {
    readonly runDir: string;
    /** May small disks be mounted? Without them none is filled. */
    readonly disks: boolean;
    readonly log: (text: string) => void;
    readonly signal: AbortSignal;
  },
): Promise<ChaosReport> {
  const network = await startNetwork({ runDir, chain: "hardhat", port: 0, guardians: 3, workers: 2, signal });
  const closing: (() => unknown)[] = [() => network.close()];
  try {
    return await underChaos(schedule, { network, disks, log, signal, closing });
  } finally {
    for (const close of closing.toReversed()) await close();
  }
}

async function underChaos(
  schedule: Schedule,
  {
    network,
    disks,
    log,
    signal,
    closing,
  }: {
    readonly network: Network;
    readonly disks: boolean;
    readonly log: (text: string) => void;
    readonly signal: AbortSignal;
    readonly closing: (() => unknown)[];
  },
): Promise<ChaosReport> {
  const { runDir, rpcUrl } = network;
  const random = createRandom(schedule.seed ^ 0x5eed);
  const jobs = schedule.phases.reduce((sum, phase) => sum + phase.jobs.length, 0);
  const scene = await makeScene(network, { seed: schedule.seed, jobs }, signal);
  await approveAll(network, scene.requester);
  for (const { pid } of network.processes.pids().slice(1)) process.kill(pid, "SIGTERM");

  const proxies = createChainProxies(rpcUrl, join(runDir, "transactions.log"), random);
  const store = await startFaultyStore(network.store, random);
  const endpoints = new Map<Daemon, readonly ChainProxy[]>();
  for (const name of daemonNames) {
    const own = [await proxies.start()];
    if (name === "worker-2") own.push(await proxies.start());
    endpoints.set(name, own);
  }
  closing.push(async () => {
    for (const proxy of [...endpoints.values()].flat()) await proxy.close();
    await store.close();
    await proxies.close();
  });
  // All processes of this run have its folder in their command line: none is another run's.
  const bundle = join(runDir, enclaveFolder);
  await cp(enclaveBundle().folder, bundle, { recursive: true });
  const dataDirOf = (name: Daemon) => join(runDir, name, "data");
  const supervisor = superviseDaemons(runDir, log);
  closing.push(() => supervisor.stop());
  const ports = new Map<Daemon, number>();
  for (const name of daemonNames) ports.set(name, await freePort(0));
  const settings = (name: Daemon): Partial<NodeConfig> => {
    const [rpc, ...others] = (endpoints.get(name) ?? []).map(({ url }) => url);
    return {
      rpcUrl: rpc ?? rpcUrl,
      rpcUrls: others,
      enclaveBundle: bundle,
      port: ports.get(name) ?? 0,
      gateway: false,
      maxJobs: 3,
      ...(name.startsWith("worker") ? { kuboUrl: store.url } : {}),
    };
  };
  // What the network has started is gone when its data are moved.
  while (
    network.processes
      .pids()
      .slice(1)
      .some(({ pid }) => isAlive(pid))
  )
    await sleep(50);
  await mkdir(join(runDir, "control"), { recursive: true });
  for (const name of disks ? onSmallDisk : []) {
    const away = putOnSmallDisk(dataDirOf(name));
    closing.unshift(away);
  }

  const client = createChainClient({ rpcUrl, chainId: network.deployment.chainId, account: scene.owner.account });
  const chain = await openMinedChain(client, proxies.seen);
  const requester = await createRequester(network, scene.requester);
  const things: Breakable = { supervisor, endpoints, store, dataDirOf, disks };
  const run = { chain, requester, scene, things, log, signal };
  let reorganisations = 0;
  for (const phase of schedule.phases) {
    log(`phase with ${phase.confirmations.join(" and ")} confirmations begins`);
    const [first, second] = phase.confirmations;
    const confirmations = (name: Daemon): Partial<NodeConfig> =>
      name === "worker-1" ? { confirmations: first } : name === "worker-2" ? { confirmations: second } : {};
    await mining(
      run,
      supervisor.restart((name) => ({ ...settings(name), ...confirmations(name) })),
    );
    await mining(run, supervisor.allServe(serveMs));
    reorganisations += await livePhase(run, phase);
    await mining(run, supervisor.allServe(serveMs));
    await untilEnded(run);
  }
  log("all is mended; the last blocks become final");
  for (let i = 0; i <= finalDepth + 16; i++) await chain.mine();
  const journalsAtRest = async (): Promise<void> => {
    const deadline = AbortSignal.timeout(30_000);
    while (!deadline.aborted && !workers.every((name) => isAtRest(dataDirOf(name)))) await sleep(200);
  };
  await mining(run, journalsAtRest());

  const accounts = [scene.owner.account.address, scene.requester.account.address];
  const facts = await readChainFacts(network, client, accounts);
  const blocks = await client.getBlockNumber();
  await supervisor.stop();
  const journals = workers.map((name) => readJournal(dataDirOf(name)));
  const verdict = judge(requester.jobs, facts, journals);
  // What is below a process that has just ended dies with it, by the kernel, and not in the same moment.
  const dying = AbortSignal.timeout(dyingMs);
  while (processesOf(runDir).length > 0 && !dying.aborted) await sleep(100);
  const orphans = processesOf(runDir);
  const leaks = await search(network, scene);
  return {
    ...verdict,
    complaints: [...verdict.complaints, ...supervisor.complaints],
    leaks,
    orphans,
    starts: supervisor.starts(),
    blocks,
    reorganisations,
  };
}

const enclaveFolder = "enclave";
const workers = ["worker-1", "worker-2"] as const;

type Run = {
  readonly chain: MinedChain;
  readonly requester: Requester;
  readonly scene: Scene;
  readonly things: Breakable;
  readonly log: (text: string) => void;
  readonly signal: AbortSignal;
};

/** One block, with what the requester has to say, and a pause. */
async function oneBlock({ chain, requester }: Run, state: { lookedAt: number }): Promise<void> {
  const from = performance.now();
  await requester.send();
  await chain.mine();
  if (from - state.lookedAt >= lookMs) {
    state.lookedAt = from;
    await requester.look();
  }
  await sleep(Math.max(0, blockMs - (performance.now() - from)));
}

/** Goes on making blocks until the work is done. */
async function mining<value>(run: Run, work: Promise<value>): Promise<value> {
  let done = false;
  const ended = work.finally(() => {
    done = true;
  });
  ended.catch(() => {});
  const state = { lookedAt: 0 };
  while (!done) {
    run.signal.throwIfAborted();
    await oneBlock(run, state);
  }
  return ended;
}

/** Jobs and faults by the schedule. @returns how many reorganisations there were */
async function livePhase(run: Run, phase: Phase): Promise<number> {
  const { chain, requester, scene, things, log, signal } = run;
  const begun = performance.now();
  const jobs = [...phase.jobs];
  const faults = [...phase.faults];
  const mends: { readonly at: number; readonly mend: () => void }[] = [];
  const preparing = new Set<Promise<void>>();
  const state = { lookedAt: 0 };
  let reorganisations = 0;
  let failed: unknown;
  for (;;) {
    signal.throwIfAborted();
    if (failed !== undefined) throw failed;
    const now = performance.now() - begun;
    for (const due of mends.filter(({ at }) => at <= now)) {
      due.mend();
      mends.splice(mends.indexOf(due), 1);
    }
    while ((faults[0]?.atMs ?? Number.POSITIVE_INFINITY) <= now) {
      const fault = faults.shift();
      if (fault === undefined) break;
      const { atMs: _, ...what } = fault;
      log(`  ${(now / 1_000).toFixed(1)} s: ${JSON.stringify(what)}`);
      if (fault.what === "reorg") {
        if ((await chain.reorganise(fault.depth, fault)) !== undefined) reorganisations += 1;
      } else {
        const mend = breakThing(things, fault);
        if (mend !== undefined && "forMs" in fault) mends.push({ at: now + fault.forMs, mend });
      }
    }
    while ((jobs[0]?.atMs ?? Number.POSITIVE_INFINITY) <= now && preparing.size < 4) {
      const job = jobs.shift();
      if (job === undefined) break;
      const one = requester
        .prepare(job.kind, { ...scene.request(job.kind), claimSeconds, runSeconds })
        .catch((error: unknown) => {
          // Too few guardians answer just now: whoever wants a job done tries again.
          if (isPersonaError(error) && error.retry === "later") jobs.unshift(job);
          else failed = error;
        })
        .finally(() => preparing.delete(one));
      preparing.add(one);
    }
    if (now >= phase.lengthMs && jobs.length + preparing.size + faults.length === 0) break;
    await oneBlock(run, state);
  }
  for (const { mend } of mends) mend();
  return reorganisations;
}

/**
 * With nothing broken any more, until every job has ended: first by itself, then by the deadline of its claim, after which another
 * node may have it, then by the end of its time altogether.
 */
async function untilEnded(run: Run): Promise<void> {
  const { requester, chain, log } = run;
  const left = () =>
    [...requester.jobs.keys()].filter((jobId) => {
      const at = requester.places().get(jobId)?.at;
      return at === undefined || at === "open" || at === "claimed";
    }).length;
  const untilStandstill = async (): Promise<boolean> => {
    const deadline = AbortSignal.timeout(longestDrainMs);
    const state = { lookedAt: 0 };
    let [least, since] = [Number.POSITIVE_INFINITY, performance.now()];
    await requester.look();
    while (!deadline.aborted) {
      const now = left();
      if (now === 0) return true;
      if (now < least) [least, since] = [now, performance.now()];
      if (performance.now() - since > standstillMs) return false;
      await oneBlock(run, state);
    }
    return false;
  };
  for (const seconds of [0, runSeconds + 1, claimSeconds + runSeconds]) {
    if (seconds > 0) await chain.later(seconds);
    if (await untilStandstill()) return;
    log(`  ${left()} jobs wait for a deadline`);
  }
  if (!(await untilStandstill())) log(`  ${left()} jobs do not end`);
}

function isAtRest(dataDir: string): boolean {
  const { rows } = readJournal(dataDir);
  return [...rows.values()].every(({ status }) => status === "done" || status === "left" || status === "quarantined");
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Every file of the run. */
async function search({ runDir }: Network, { plaintext, keys }: Scene): Promise<string[]> {
  const control = join(runDir, "control");
  const missed = await positiveControl(control, plaintext[0] ?? "a text of no archive");
  if (missed.length > 0) throw new Error(`the search does not find ${missed.join(", ")}`);
  // What the enclave is made of was there before, and nobody has written to it.
  const bundle = await readdir(join(runDir, enclaveFolder));
  const unwritten = bundle.map((name) => join(runDir, enclaveFolder, name));
  const leaks = await findLeaks(runDir, [...plaintext, ...keys], unwritten);
  return leaks.filter(({ file }) => !file.startsWith(control)).map(({ file, form }) => `${file} (${form})`);
}
