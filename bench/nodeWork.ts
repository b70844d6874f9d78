/**
 * What one job costs in processor time, by process: chain, guardians, daemon, its enclave and the sandboxes. Processor time hardly
 * depends on what else a machine does, so this says where a node's time goes on any.
 *
 * Jobs of each kind wait when the worker starts, as in the throughputs of `node`; counted is from the first settlement after the
 * warm-up to the last.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { jobMarketAbi } from "@persona-protocol/sdk/contracts";
import { descendantsOf, enclaveIn } from "../node/src/dev/processTree.ts";
import { startNetwork } from "../node/src/dev/startNetwork.ts";
import type { BenchContext } from "./bench.ts";
import { cpuTimeMs } from "./cpuTime.ts";
import { benchPrograms, ordinaryRows } from "./node/benchPrograms.ts";
import { type BenchScene, grantFor, postJobs, publishPosts, startBenchWorker } from "./node/benchScene.ts";
import { postsParquet } from "./posts.ts";

export const options = {
  jobs: { type: "string", default: "40" },
  rows: { type: "string", default: String(ordinaryRows) },
  "max-jobs": { type: "string", default: "8" },
  /** Writes V8's profiles of the daemon there. */
  profiles: { type: "string" },
} as const;

const warmUps = 10;
const settleMs = 2_000;
const idleMs = 5_000;

export async function run({ log, values }: BenchContext): Promise<object> {
  const [count, rows, maxJobs] = [values["jobs"], values["rows"], values["max-jobs"]].map(Number) as [
    number,
    number,
    number,
  ];
  const runDir = await mkdtemp(join(tmpdir(), "persona-bench-"));
  const { signal } = new AbortController();
  const network = await startNetwork({ runDir, chain: "hardhat", port: 0, guardians: 3, workers: 1, signal });
  try {
    const scene: BenchScene = { network, owner: await network.fundedClient(), dapp: await network.fundedClient() };
    const dataset = await publishPosts(scene, await postsParquet(join(runDir, "posts.parquet"), rows), rows);
    process.kill(network.workers[0]?.pid ?? 0, "SIGTERM");
    const kinds: Record<string, Record<string, number>> = {};
    for (const [kind, program] of Object.entries(await benchPrograms())) {
      const ids = await postJobs(scene, await grantFor(scene, dataset, program.program), program, count + warmUps);
      if (values["profiles"] !== undefined)
        process.env["NODE_OPTIONS"] = `--cpu-prof --cpu-prof-dir=${values["profiles"]}/${kind}`;
      const worker = await startBenchWorker(scene, maxJobs);
      delete process.env["NODE_OPTIONS"];
      const enclave = enclaveIn(worker.enclavePid);
      const sandboxes = watchBelow(enclave);
      const sum = async (pids: readonly number[]) =>
        (await Promise.all(pids.map(cpuOf))).reduce((all, ms) => all + ms, 0);
      const look = async () => ({
        chain: await sum([network.processes.pids()[0]?.pid ?? 0]),
        guardians: await sum(network.guardians.flatMap(({ pid, enclavePid }) => [pid, enclaveIn(enclavePid)])),
        daemon: await sum([worker.process.pid]),
        enclave: await sum([enclave]),
        sandboxes: sandboxes.total(),
      });
      await untilSettled(scene, ids, warmUps);
      const [from, begun] = [await look(), performance.now()];
      await untilSettled(scene, ids, ids.length);
      const [to, ended] = [await look(), performance.now()];
      const names = Object.keys(from) as (keyof typeof from)[];
      sandboxes.stop();
      // What they do anyway, by the clock: they look at the chain every 50 ms.
      await sleep(settleMs);
      const [idleFrom, idleBegun] = [await look(), performance.now()];
      await sleep(idleMs);
      const idleTo = await look();
      const idle = (name: keyof typeof from) => (idleTo[name] - idleFrom[name]) / (performance.now() - idleBegun);
      const wallMs = ended - begun;
      const each = Object.fromEntries(
        names.map((name) => [name, round((to[name] - from[name] - idle(name) * wallMs) / count)]),
      );
      kinds[kind] = {
        ...each,
        all: round(Object.values(each).reduce((sum, ms) => sum + ms, 0)),
        perSecond: round((count * 1_000) / (ended - begun)),
      };
      await worker.process.stop();
      log(`${kind}: ${JSON.stringify(kinds[kind])}`);
    }
    return { nodeWork: kinds };
  } finally {
    await network.close();
    await rm(runDir, { recursive: true, force: true });
  }
}

async function untilSettled({ network, dapp }: BenchScene, ids: readonly string[], wanted: number): Promise<void> {
  const deadline = AbortSignal.timeout(600_000);
  for (;;) {
    const events = await dapp.getContractEvents({
      address: network.deployment.jobMarket,
      abi: jobMarketAbi,
      eventName: "JobSettled",
      fromBlock: network.deployment.fromBlock,
      strict: true,
    });
    const settled = new Set(events.map(({ args }) => args.jobId));
    if (ids.filter((id) => settled.has(id as `0x${string}`)).length >= wanted) return;
    if (deadline.aborted) throw new Error("the jobs do not end");
    await sleep(200);
  }
}

/** Of a process that may have ended meanwhile. */
const cpuOf = (pid: number): Promise<number> => cpuTimeMs(pid).catch(() => 0);

/**
 * Processor time of all processes below one, whose own parents do not wait for them: each as it was last seen alive, every few
 * milliseconds.
 */
function watchBelow(pid: number): { total(): number; stop(): void } {
  const seen = new Map<number, number>();
  const look = async (): Promise<void> => {
    for (const below of descendantsOf(pid)) seen.set(below, Math.max(seen.get(below) ?? 0, await cpuOf(below)));
  };
  const timer = setInterval(() => void look(), 20);
  return { total: () => [...seen.values()].reduce((all, ms) => all + ms, 0), stop: () => clearInterval(timer) };
}

const round = (value: number): number => Math.round(value * 10) / 10;
