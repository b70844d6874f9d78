// npm run test:soak [-- --minutes N --keep]: one node under steady load. What grows?
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { buildJob, sendJob } from "@persona-protocol/sdk/compute";
import { jobMarketAbi } from "@persona-protocol/sdk/contracts";
import type { Hex } from "viem";
import { repositoryRoot } from "../node/src/dev/repositoryRoot.ts";
import { startNetwork } from "../node/src/dev/startNetwork.ts";
import { makeScene } from "./chaos/scene.ts";
import { jobKinds } from "./chaos/schedule.ts";
import { runCommand, wholeNumber } from "./command/runCommand.ts";
import { growthOf, type Look, lookAt } from "./soak/measure.ts";

const usage = `
usage: npm run test:soak [-- --minutes N --keep]

One node and three guardians, with as many jobs as they take: is there more memory, are there more files, sandboxes or bytes of
journal in the end than at the beginning? The bounds are in scripts/soak/measure.ts and docs/operations.md.
  --minutes  10; a look at it takes 1
  --keep     keeps the run's folder, with logs and journals

The last line of stdout is one JSON object. Exit code 1 when something has grown beyond its bound, or jobs did not end.`;

const options = { minutes: { type: "string", default: "10" }, keep: { type: "boolean", default: false } } as const;

/** Jobs that wait or run at a time: there is always one more to claim. */
const open = 6;
/** Of the worker's settings, by default. */
const maxJobs = 2;
const looksPerMinute = 12;
const mostPerMinute = 600;

await runCommand({ usage, options }, async ({ minutes: text, keep }) => {
  const minutes = wholeNumber("minutes", text, 1);
  const say = (line: string) => void process.stderr.write(`${line}\n`);
  const parent = join(repositoryRoot, ".run");
  await mkdir(parent, { recursive: true, mode: 0o700 });
  const runDir = await mkdtemp(join(parent, "soak-"));
  const stopping = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const)
    process.once(name, () => stopping.abort(new Error(`stopped by ${name}`)));
  const { signal } = stopping;
  const network = await startNetwork({ runDir, chain: "hardhat", port: 0, guardians: 3, workers: 1, signal });
  try {
    const scene = await makeScene(network, { seed: 1, jobs: minutes * mostPerMinute }, signal);
    const { deployment, store } = network;
    const context = { client: scene.requester, deployment, store };
    const worker = network.workers[0];
    if (worker === undefined) throw new Error("there is no worker");
    const dataDir = join(runDir, worker.name, "data");

    const posted = new Set<Hex>();
    const ended = new Set<Hex>();
    let from = await scene.requester.getBlockNumber();
    const readEnds = async (): Promise<void> => {
      const head = await scene.requester.getBlockNumber();
      if (head < from) return;
      const market = {
        address: deployment.jobMarket,
        abi: jobMarketAbi,
        fromBlock: from,
        toBlock: head,
        strict: true,
      } as const;
      for (const eventName of ["JobSettled", "JobFailed"] as const)
        for (const { args } of await scene.requester.getContractEvents({ ...market, eventName })) ended.add(args.jobId);
      from = head + 1n;
    };
    const until = performance.now() + minutes * 60_000;
    const posting = async (): Promise<void> => {
      while (performance.now() < until && !signal.aborted) {
        await readEnds();
        if (posted.size - ended.size >= open) {
          await sleep(50);
          continue;
        }
        const kind = jobKinds[posted.size % jobKinds.length] ?? "sql";
        const window = { claimSeconds: 3_600, runSeconds: 3_600 };
        const job = await buildJob(context, { ...scene.request(kind), ...window });
        await sendJob(context, job);
        posted.add(job.jobId);
      }
    };
    const looks: Look[] = [];
    const looking = async (): Promise<void> => {
      while (performance.now() < until && !signal.aborted) {
        looks.push(lookAt(worker.pid, dataDir));
        if (looks.length % looksPerMinute === 0)
          say(`${looks.length / looksPerMinute} min: ${ended.size} jobs, ${JSON.stringify(looks.at(-1))}`);
        await sleep(60_000 / looksPerMinute);
      }
    };
    await Promise.all([posting(), looking()]);
    signal.throwIfAborted();
    const deadline = AbortSignal.timeout(60_000);
    while (posted.size > ended.size && !deadline.aborted) {
      await readEnds();
      await sleep(100);
    }
    looks.push(lookAt(worker.pid, dataDir));

    say(`daemon, MB: ${looks.map(({ daemonMb }) => Math.round(daemonMb)).join(" ")}`);
    const growth = growthOf(looks, { jobs: posted.size, maxJobs });
    for (const { name, got, bound } of growth)
      say(`${name} ${got}, at most ${bound}${got > bound ? ": TOO MUCH" : ""}`);
    const unended = posted.size - ended.size;
    const soak = {
      minutes,
      jobs: posted.size,
      unended,
      ...Object.fromEntries(growth.map(({ name, got }) => [name, got])),
      withinBounds: unended === 0 && growth.every(({ got, bound }) => got <= bound),
    };
    process.stdout.write(`${JSON.stringify({ soak })}\n`);
    return soak.withinBounds ? 0 : 1;
  } finally {
    await network.close();
    if (keep) say(`kept: ${runDir}`);
    else await rm(runDir, { recursive: true, force: true });
  }
});
