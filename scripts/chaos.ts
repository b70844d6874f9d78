// npm run test:chaos [-- --seed N --jobs N --short --long --keep]: two nodes and three guardians, while everything breaks.
import { randomInt } from "node:crypto";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { repositoryRoot } from "../node/src/dev/repositoryRoot.ts";
import { runChaos } from "./chaos/runChaos.ts";
import { makeSchedule, printSchedule } from "./chaos/schedule.ts";
import { canHaveNamespace, canMount, inOwnNamespace } from "./chaos/smallDisk.ts";
import { runCommand, wholeNumber } from "./command/runCommand.ts";
import { ToolError } from "./command/ToolError.ts";

const usage = `
usage: npm run test:chaos [-- --seed N --jobs N --short --long --print --keep]

Jobs through two nodes and three guardians while processes are killed, the chain's endpoints fail, blocks are reorganised, the
store lies, a guardian is down and a disk is full. Afterwards every job must have ended once, and chain and journals agree.
  --seed   another schedule; the same seed gives the same. Without it, one by chance
  --jobs   how many, 300 (with --short 40)
  --short  a look at it: one phase of a third of a minute
  --long   an hour, with as many jobs a minute
  --print  prints the schedule, and runs nothing
  --keep   keeps the run's folder, with logs and journals

The schedule and what happens go to stderr; the last line of stdout is one JSON object. Exit code 1 when a job is lost or done twice,
when a secret lies in a file, when a process is left, or when chain and journals differ.`;

const options = {
  seed: { type: "string" },
  jobs: { type: "string" },
  short: { type: "boolean", default: false },
  long: { type: "boolean", default: false },
  print: { type: "boolean", default: false },
  keep: { type: "boolean", default: false },
} as const;

const leastJobs = 300;
const lookJobs = 40;
const lookPhaseMs = 20_000;
const shortPhaseMs = 48_000;
const longPhaseMs = 28 * 60_000;

await runCommand({ usage, options }, async ({ seed: chosen, jobs: many, short, long, print, keep }) => {
  if (short && long) throw new ToolError("Say --short or --long, not both.", 2);
  const phaseMs = long ? longPhaseMs : short ? lookPhaseMs : shortPhaseMs;
  const least = short ? lookJobs : leastJobs;
  const seed = chosen === undefined ? randomInt(2 ** 31) : wholeNumber("seed", chosen);
  const jobs =
    many === undefined
      ? short
        ? least
        : Math.round((least * phaseMs) / shortPhaseMs)
      : wholeNumber("jobs", many, least);
  const schedule = makeSchedule(seed, { jobs, phaseMs, short });
  const say = (text: string) => void process.stderr.write(`${text}\n`);
  if (print) {
    for (const line of printSchedule(schedule)) process.stdout.write(`${line}\n`);
    return 0;
  }
  const mounts = canMount();
  if (!mounts && canHaveNamespace())
    return inOwnNamespace([...process.execArgv, ...process.argv.slice(1), "--seed", String(seed)]);
  if (!mounts) say("No file system can be mounted here, nor in a namespace: no disk will be full (skipped).");
  for (const line of printSchedule(schedule)) say(line);

  const parent = join(repositoryRoot, ".run");
  await mkdir(parent, { recursive: true, mode: 0o700 });
  const runDir = await mkdtemp(join(parent, "chaos-"));
  const stopping = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const)
    process.once(name, () => stopping.abort(new Error(`stopped by ${name}`)));
  const begun = performance.now();
  try {
    const report = await runChaos(schedule, { runDir, disks: mounts, log: say, signal: stopping.signal });
    const { settled, failed, timedOut, lost, doubled, leaks, orphans, complaints } = report;
    say(
      `${((performance.now() - begun) / 1_000).toFixed(0)} s, ${report.blocks} blocks, ${report.reorganisations} reorganisations, ${report.starts} starts of daemons`,
    );
    for (const what of complaints) say(`wrong: ${what}`);
    for (const what of orphans) say(`left behind: ${what}`);
    for (const what of leaks) say(`leak: ${what}`);
    const chaos = { seed, jobs, settled, failed, timedOut, lost, doubled, leaks: leaks.length };
    process.stdout.write(`${JSON.stringify({ chaos })}\n`);
    return lost + doubled + leaks.length + orphans.length + complaints.length === 0 ? 0 : 1;
  } finally {
    if (keep) say(`kept: ${runDir}`);
    else await rm(runDir, { recursive: true, force: true });
  }
});
