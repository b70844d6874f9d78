/** What is true at the end, read from the chain on one side and from the journals on the other. */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { failureName } from "@persona-protocol/sdk/compute";
import { type ChainClient, jobMarketAbi, nodeRegistryAbi } from "@persona-protocol/sdk/contracts";
import { type Address, erc20Abi, type Hex } from "viem";
import type { JobState } from "../../node/src/compute/jobMachine.ts";
import type { Network } from "../../node/src/dev/startNetwork.ts";
import { jobEvents, type PostedJob } from "./requester.ts";

export type Verdict = {
  readonly settled: number;
  readonly failed: number;
  readonly timedOut: number;
  readonly lost: number;
  readonly doubled: number;
  /** What does not fit together, in words. */
  readonly complaints: readonly string[];
};

/** How a job ended: by whom, and what that pays. */
type End = {
  readonly how: "settled" | "failed" | "timedOut" | "cancelled";
  readonly nodeId: number;
  /** As the node's journal calls it. */
  readonly outcome: string;
  /** Does its operator get the fee? */
  readonly paid: boolean;
};

/** Codes from 32 on are nobody's proof: the requester has the fee back. */
const firstUnproved = 32;

export type ChainFacts = {
  readonly ends: ReadonlyMap<Hex, readonly End[]>;
  /** Nodes that have failed at a job, and may not claim it again. */
  readonly excluded: ReadonlyMap<Hex, ReadonlySet<number>>;
  readonly operators: ReadonlyMap<number, Address>;
  readonly balances: ReadonlyMap<Address, bigint>;
  readonly held: bigint;
  readonly collected: bigint;
};

/** The chain's own word, before it is stopped. */
export async function readChainFacts(
  { deployment, token }: Network,
  client: ChainClient,
  accounts: readonly Address[],
): Promise<ChainFacts> {
  const market = { address: deployment.jobMarket, abi: jobMarketAbi } as const;
  const events = await client.getContractEvents({
    address: deployment.jobMarket,
    abi: jobEvents,
    fromBlock: deployment.fromBlock,
    strict: true,
  });
  const ends = new Map<Hex, End[]>();
  const excluded = new Map<Hex, Set<number>>();
  const nodes = new Set<number>();
  for (const { eventName, args } of events) {
    if ("nodeId" in args) nodes.add(args.nodeId);
    if (eventName === "JobReopened") excluded.set(args.jobId, (excluded.get(args.jobId) ?? new Set()).add(args.nodeId));
    const end = endOf(eventName, args);
    if (end !== undefined) ends.set(args.jobId, [...(ends.get(args.jobId) ?? []), end]);
  }
  const operators = new Map<number, Address>();
  for (const nodeId of nodes) {
    const registry = { address: deployment.nodeRegistry, abi: nodeRegistryAbi } as const;
    operators.set(nodeId, await client.readContract({ ...registry, functionName: "ownerOf", args: [BigInt(nodeId)] }));
  }
  const balances = new Map<Address, bigint>();
  for (const account of new Set([...accounts, ...operators.values()]))
    balances.set(account, await client.readContract({ ...market, functionName: "balanceOf", args: [token, account] }));
  const terms = await client.readContract({ ...market, functionName: "tokenOf", args: [token] });
  const held = await client.readContract({
    address: token,
    abi: erc20Abi,
    functionName: "balanceOf",
    args: [deployment.jobMarket],
  });
  return { ends, excluded, operators, balances, held, collected: terms.collected };
}

function endOf(
  eventName: string,
  args: { readonly jobId: Hex; readonly nodeId?: number; readonly code?: number },
): End | undefined {
  const { nodeId = 0, code = 0 } = args;
  if (eventName === "JobSettled") return { how: "settled", nodeId, outcome: "SETTLED", paid: true };
  if (eventName === "JobFailed")
    return { how: "failed", nodeId, outcome: failureName(code) ?? String(code), paid: code < firstUnproved };
  if (eventName === "JobTimedOut") return { how: "timedOut", nodeId, outcome: "JOB_TIMED_OUT", paid: false };
  if (eventName === "JobCancelled") return { how: "cancelled", nodeId, outcome: "CANCELLED", paid: false };
  return undefined;
}

export type JournalRows = ReadonlyMap<Hex, JobState>;

export function readJournal(dataDir: string): { readonly nodeId: number; readonly rows: JournalRows } {
  const db = new DatabaseSync(join(dataDir, "journal.sqlite"), { readOnly: true });
  try {
    const rows = db.prepare("SELECT job_id AS jobId, state FROM jobs").all() as unknown as {
      jobId: Hex;
      state: string;
    }[];
    const nodeId = db.prepare("SELECT value FROM meta WHERE name = 'nodeId'").get()?.["value"];
    return { nodeId: Number(nodeId), rows: new Map(rows.map((row) => [row.jobId, JSON.parse(row.state)])) };
  } finally {
    db.close();
  }
}

/** Holds the chain against the journals, job by job, and the market's money against both. */
export function judge(
  jobs: ReadonlyMap<Hex, PostedJob>,
  chain: ChainFacts,
  journals: ReturnType<typeof readJournal>[],
): Verdict {
  const complaints: string[] = [];
  const tally = { settled: 0, failed: 0, timedOut: 0, cancelled: 0 };
  let [lost, doubled] = [0, 0];
  const earned = new Map<number, bigint>();
  for (const [jobId, { job, kind }] of jobs) {
    const ends = chain.ends.get(jobId) ?? [];
    const states = journals.map(({ nodeId, rows }) => ({ nodeId, state: rows.get(jobId) }));
    const say = (what: string) => complaints.push(`${jobId} (${kind}) ${what}: ${JSON.stringify({ ends, states })}`);
    const [end] = ends;
    if (end === undefined) {
      lost += 1;
      say("has not ended");
      continue;
    }
    if (ends.length > 1) {
      doubled += 1;
      say("has ended more than once");
    }
    tally[end.how] += 1;
    const mayTake = ({ nodeId, state }: (typeof states)[number]) =>
      chain.excluded.get(jobId)?.has(nodeId) !== true && !(state?.status === "left" && state.why === "JOB_RUN_BEFORE");
    if (end.how === "cancelled" && states.some(mayTake)) {
      // It was well at the end, and had the time.
      lost += 1;
      say("was left to its requester");
    }
    if (kind !== "fails" && end.how === "failed" && end.paid) say("failed by its own fault, and has none");
    let claimants = 0;
    for (const { nodeId, state } of states) {
      if (state === undefined || state.status === "left" || state.status === "quarantined") continue;
      if (state.status !== "done") say("is unfinished in a journal");
      else if (nodeId === end.nodeId && state.outcome === end.outcome) claimants += 1;
      else if (state.outcome === "SETTLED" || state.outcome === "PROGRAM_FAILED") {
        doubled += 1;
        say("was ended by another than the journal says");
      }
      if (state.status === "done" && nodeId === end.nodeId && end.paid)
        earned.set(nodeId, (earned.get(nodeId) ?? 0n) + job.params.order.fee);
    }
    if ((end.how === "settled" || end.how === "failed") && claimants !== 1)
      say("is not in its node's journal as ended");
  }
  for (const [nodeId, operator] of chain.operators) {
    const [onChain, inJournal] = [chain.balances.get(operator) ?? 0n, earned.get(nodeId) ?? 0n];
    if (onChain !== inJournal)
      complaints.push(`node ${nodeId} has ${onChain} of fees on chain and ${inJournal} by its journal`);
  }
  const owed = [...chain.balances.values()].reduce((sum, value) => sum + value, 0n) + chain.collected;
  if (owed !== chain.held) complaints.push(`the market holds ${chain.held} and owes ${owed}`);
  return {
    settled: tally.settled,
    failed: tally.failed,
    timedOut: tally.timedOut + tally.cancelled,
    lost,
    doubled,
    complaints,
  };
}

/** Command lines of processes that have something of the run's folder in theirs. */
export function processesOf(runDir: string): string[] {
  const found: string[] = [];
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name) || Number(name) === process.pid) continue;
    try {
      const command = readFileSync(`/proc/${name}/cmdline`, "utf8").replaceAll("\0", " ");
      if (command.includes(runDir)) found.push(`${name} ${command.slice(0, 200)}`);
    } catch {
      // It has ended meanwhile.
    }
  }
  return found;
}
