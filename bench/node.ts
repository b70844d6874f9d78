/**
 * A node under work: a real chain, three guardians and one worker, each a process with its enclave, on the machine's cores together.
 * Each figure stands beside a reference of the same run, in the log; the result has the figures alone.
 *
 * - jobLatencyMs: a small SQL job over 1 MiB, from the block that holds it to the block that settles it, one at a time.
 * - sqlJobsPerSecond over the same mebibyte, jobsPerSecond (the slower of `js` and `wasm`) over a thousand posts: between the first
 *   and the last settlement of jobs that wait when the worker starts. Each has a fresh sandbox.
 * - catchUpEventsPerSecond: of a chain's history into a journal on the disk.
 * - idleRssMB: proportional set size of daemon and supervisor, without the warm sandbox.
 * - coldStartMs: from the command to the line that says it serves.
 * - millionRowJobMs: from claim to receipt.
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { jobMarketAbi } from "@persona-protocol/sdk/contracts";
import { enclaveIn } from "../node/src/dev/processTree.ts";
import { startNetwork } from "../node/src/dev/startNetwork.ts";
import type { BenchContext } from "./bench.ts";
import { benchPrograms, ordinaryRows } from "./node/benchPrograms.ts";
import {
  type BenchProgram,
  type BenchScene,
  type BenchWorker,
  grantFor,
  postJobs,
  publishPosts,
  requireSettled,
  smallRows,
  startBenchWorker,
} from "./node/benchScene.ts";
import { measureCatchUp } from "./node/catchUp.ts";
import { filterPosts, postsParquet } from "./posts.ts";

export const options = {
  /** Jobs of each throughput, and of the latency. */
  jobs: { type: "string", default: "80" },
  "max-jobs": { type: "string", default: "8" },
} as const;

const warmUps = 15;
const millionRuns = 5;
const catchUpEvents = 100_000;

export async function run({ log, values }: BenchContext): Promise<object> {
  const count = Number(values["jobs"]);
  const maxJobs = Number(values["max-jobs"]);
  const runDir = await mkdtemp(join(tmpdir(), "persona-bench-"));
  const signal = new AbortController().signal;
  log("catching up with a chain's history");
  const catchUp = await measureCatchUp(catchUpEvents);
  log(
    `  ${catchUp.perSecond.toFixed(0)} events a second; reference: reading and parsing alone ${catchUp.referencePerSecond.toFixed(0)}`,
  );
  log("starting a chain, three guardians and a worker");
  const network = await startNetwork({ runDir, chain: "hardhat", port: 0, guardians: 3, workers: 1, signal });
  try {
    const scene: BenchScene = { network, owner: await network.fundedClient(), dapp: await network.fundedClient() };
    const small = await postsParquet(join(runDir, "small.parquet"), smallRows);
    const dataset = await publishPosts(scene, small, smallRows);
    const few = await postsParquet(join(runDir, "few.parquet"), ordinaryRows);
    const ordinary = await publishPosts(scene, few, ordinaryRows);
    log(`datasets of ${small.length} and ${few.length} bytes`);
    stopWorker(network.workers[0]?.pid);

    let worker = await startBenchWorker(scene, maxJobs);
    const coldStarts = [worker.coldStartMs];
    const granted = await grantFor(scene, dataset, filterPosts);
    const latency = await measureLatency(scene, () => postJobs(scene, granted, { program: filterPosts }, 1), count);
    log(
      `latency p50 ${latency.p50.toFixed(0)} ms, p99 ${latency.p99.toFixed(0)}; reference: sha256 of its bytes ${sha256Ms(small)} ms`,
    );

    await sleep(8_000);
    const idle = await idleMb(worker);
    log(`idle ${idle.toFixed(0)} MB; reference: a Node process that has loaded viem ${plainNodeMb()} MB`);

    const perSecond = async (name: string, program: BenchProgram): Promise<number> => {
      const grant = program.program === filterPosts ? granted : await grantFor(scene, ordinary, program.program);
      await worker.process.stop();
      const ids = await postJobs(scene, grant, program, count + warmUps);
      const posted = performance.now();
      worker = await startBenchWorker(scene, maxJobs);
      coldStarts.push(worker.coldStartMs);
      const rate = await settledPerSecond(scene, ids);
      log(
        `${name}: ${rate.toFixed(1)} jobs a second (${((performance.now() - posted) / 1_000).toFixed(1)} s with the start)`,
      );
      return rate;
    };
    const { sql, js, wasm } = await benchPrograms();
    const sqlRate = await perSecond("sql", sql);
    const jsRate = await perSecond("js", js);
    const wasmRate = await perSecond("wasm", wasm);
    const coldStart = middle(coldStarts);
    log(`cold start ${coldStart.toFixed(0)} ms; reference: a Node process that loads viem ${plainStartMs()} ms`);

    log("a million rows");
    const million = await postsParquet(join(runDir, "million.parquet"), 1_000_000);
    const large = await grantFor(scene, await publishPosts(scene, million, 1_000_000), filterPosts);
    for (let i = 0; i < millionRuns; i++) {
      const [jobId] = await postJobs(scene, large, { program: filterPosts }, 1);
      await requireSettled(scene, jobId as `0x${string}`);
      await sleep(1_000);
    }
    const millionMs = middle((await runTimes(worker.logFile)).slice(-millionRuns));
    log(
      `a million rows ${millionMs.toFixed(0)} ms; reference: sha256 of its ${million.length} bytes ${sha256Ms(million)} ms`,
    );
    return {
      node: {
        jobLatencyMsP50: Math.round(latency.p50),
        jobLatencyMsP99: Math.round(latency.p99),
        jobsPerSecond: round(Math.min(jsRate, wasmRate)),
        sqlJobsPerSecond: round(sqlRate),
        catchUpEventsPerSecond: Math.round(catchUp.perSecond),
        idleRssMB: Math.round(idle),
        coldStartMs: Math.round(coldStart),
        millionRowJobMs: Math.round(millionMs),
      },
    };
  } finally {
    await network.close();
    await rm(runDir, { recursive: true, force: true });
  }
}

function stopWorker(pid: number | undefined): void {
  if (pid !== undefined) process.kill(pid, "SIGTERM");
}

async function measureLatency(scene: BenchScene, post: () => Promise<`0x${string}`[]>, count: number) {
  const times: number[] = [];
  for (let i = 0; i < warmUps + count; i++) {
    const [jobId] = await post();
    const from = performance.now();
    await requireSettled(scene, jobId as `0x${string}`);
    times.push(performance.now() - from);
    // The next sandbox warms up after a job, not while the next is measured.
    await sleep(300);
  }
  const sorted = times.slice(warmUps).sort((a, b) => a - b);
  const at = (part: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0;
  return { p50: at(0.5), p99: at(0.99) };
}

/** Settlements of these jobs, by when they were seen: the first few are the start's. */
async function settledPerSecond({ network, dapp }: BenchScene, ids: readonly string[]): Promise<number> {
  const wanted = new Set(ids);
  const seenAt: number[] = [];
  let next = await dapp.getBlockNumber();
  const deadline = AbortSignal.timeout(300_000);
  while (seenAt.length < ids.length) {
    if (deadline.aborted) throw new Error(`${seenAt.length} of ${ids.length} jobs were settled in five minutes`);
    const head = await dapp.getBlockNumber();
    if (head >= next) {
      const events = await dapp.getContractEvents({
        address: network.deployment.jobMarket,
        abi: jobMarketAbi,
        eventName: "JobSettled",
        fromBlock: next,
        toBlock: head,
        strict: true,
      });
      for (const { args } of events) if (wanted.delete(args.jobId)) seenAt.push(performance.now());
      next = head + 1n;
    }
    await sleep(50);
  }
  const [first = 0, last = 0] = [seenAt[warmUps], seenAt.at(-1)];
  return ((ids.length - warmUps - 1) * 1_000) / (last - first);
}

/** From "job claimed" to "receipt signed", as the daemon's log dates them. */
async function runTimes(logFile: string): Promise<number[]> {
  const claimed = new Map<string, number>();
  const times: number[] = [];
  for (const line of (await readFile(logFile, "utf8")).split("\n")) {
    if (!line.includes('"jobId"')) continue;
    const { jobId, msg, time } = JSON.parse(line) as { jobId: string; msg: string; time: number };
    if (msg === "job claimed") claimed.set(jobId, time);
    const from = claimed.get(jobId);
    if (msg === "receipt signed" && from !== undefined) times.push(time - from);
  }
  return times;
}

async function idleMb({ process: daemon, enclavePid }: BenchWorker): Promise<number> {
  const sizes = await Promise.all([daemon.pid, enclavePid, enclaveIn(enclavePid)].map(pssMb));
  return sizes.reduce((sum, size) => sum + size, 0);
}

async function pssMb(pid: number): Promise<number> {
  const rollup = await readFile(`/proc/${pid}/smaps_rollup`, "utf8");
  return Number(/^Pss:\s+(\d+) kB$/m.exec(rollup)?.[1] ?? 0) / 1_024;
}

const loadsViem = ["--no-warnings", "--input-type=module", "-e"];

function plainStartMs(): number {
  const from = performance.now();
  spawnSync(process.execPath, [...loadsViem, 'await import("viem")']);
  return Math.round(performance.now() - from);
}

function plainNodeMb(): number {
  const script = `await import("viem"); const { readFileSync } = await import("node:fs");
    console.log(/^Pss:\\s+(\\d+) kB$/m.exec(readFileSync("/proc/self/smaps_rollup", "utf8"))[1])`;
  const { stdout } = spawnSync(process.execPath, [...loadsViem, script], { encoding: "utf8" });
  return Math.round(Number(stdout) / 1_024);
}

function sha256Ms(bytes: Uint8Array): number {
  const from = performance.now();
  createHash("sha256").update(bytes).digest();
  return round(performance.now() - from);
}

const middle = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
const round = (value: number): number => Math.round(value * 10) / 10;
