import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { Counter, Gauge, Histogram, Registry } from "prom-client";
import type { NodeConfig } from "../config/nodeConfig.ts";
import type { DutyView } from "./dutyView.ts";
import type { NodeFacts } from "./nodeChecks.ts";
import { checkNames, type Readiness } from "./readiness.ts";

/** States that a worker's jobs can be in; others would be counted as `other`. */
const jobStates = [
  "seen",
  "claiming",
  "running",
  "settling",
  "settled",
  "done",
  "left",
  "quarantined",
  "other",
] as const;
const claimStates = ["open", "draining", "keyEnds", "stopping", "memoryLow", "balanceLow", "other"] as const;
const levels = ["debug", "info", "warn", "error", "fatal"] as const;
const renewals = ["renewed", "failed"] as const;
/** As `Endpoints.health` says them; a label has no blank. */
const endpointStates = ["well", "ill", "lagging", "outvoted", "wrongChain"] as const;
const alarms = ["CHAIN_DISAGREES", "CHAIN_WRONG", "NONCE_TAKEN", "other"] as const;
/** Longer than this a scrape waits for nothing. */
const statusTimeoutMs = 4_000;

export type NodeMetrics = {
  readonly registry: Registry;
  close(): void;
  countLine(level: string): void;
  countRenewal(result: (typeof renewals)[number]): void;
  /** By the code of what somebody must be told of. */
  countAlarm(code: string): void;
  /** Looks at everything anew. @returns the text of Prometheus's exposition format */
  scrape(sources: ScrapeSources): Promise<string>;
};

type ScrapeSources = {
  readonly readiness: Readiness;
  readonly facts: NodeFacts;
  readonly duty: DutyView | undefined;
  readonly nodeId: number | undefined;
  /** Of each chain endpoint. */
  readonly endpoints: readonly { readonly state: string }[];
};

/**
 * The daemon's metrics, all `persona_<noun>_<unit>` with labels of fixed lists: their number does not grow with jobs or strangers.
 * A value that could not be had is left out rather than kept from before.
 */
export function createNodeMetrics({ role, minBalanceWei }: Pick<NodeConfig, "role" | "minBalanceWei">): NodeMetrics {
  const registry = new Registry();
  const registers = [registry];
  const gauge = (name: string, help: string) => new Gauge({ name, help, registers });
  const labelled = <const label extends string>(name: string, help: string, label: label) =>
    new Gauge({ name, help, labelNames: [label], registers });

  const info = new Gauge({
    name: "persona_node_info",
    help: "Always 1; its labels say which node this is.",
    labelNames: ["role", "node_id"],
    registers,
  });
  const ready = gauge("persona_node_ready_ratio", "1 when every check of /readyz passes, else 0.");
  const checks = labelled("persona_check_ok_ratio", "1 when this check of /readyz passes, else 0.", "check");
  const checkTime = labelled("persona_check_seconds", "How long the check took.", "check");
  const started = gauge("persona_node_start_seconds", "Unix time at which the daemon started.");
  const jobs = labelled("persona_jobs_count", "Jobs in the journal (worker).", "state");
  const underWay = gauge("persona_steps_underway_count", "Jobs with a step under way (worker).");
  const claims = labelled("persona_claims_state_ratio", "1 for the state that claims are in (worker).", "state");
  const nextBlock = gauge("persona_journal_block_number", "The next block that the worker reads events from.");
  const block = gauge("persona_chain_block_number", "Number of the newest block that the endpoint knows.");
  const blockAge = gauge("persona_chain_block_age_seconds", "Age of that block.");
  const balance = gauge("persona_operator_balance_wei", "What the operator has for gas.");
  const floor = gauge("persona_operator_balance_floor_wei", "The least that it should have (minBalanceWei).");
  const sealLeft = gauge("persona_key_seal_left_seconds", "Until the enclave's key takes no new shares.");
  const openLeft = gauge("persona_key_open_left_seconds", "Until the enclave's key is of no use.");
  const disk = gauge("persona_disk_free_bytes", "Free space where the data directory is.");
  const memory = gauge("persona_process_resident_bytes", "Memory of the daemon, without its enclave.");
  const processor = new Counter({
    name: "persona_process_cpu_seconds_total",
    help: "Processor time of the daemon, without its enclave.",
    registers,
  });
  const files = gauge("persona_process_open_files_count", "File handles of the daemon.");
  const lines = new Counter({
    name: "persona_log_lines_total",
    help: "Lines written to the log.",
    labelNames: ["level"],
    registers,
  });
  const renewed = new Counter({
    name: "persona_key_renewals_total",
    help: "Renewals of the enclave's key on chain.",
    labelNames: ["result"],
    registers,
  });
  const endpointsBy = labelled("persona_chain_endpoints_count", "Chain endpoints by what is thought of them.", "state");
  const alarmed = new Counter({
    name: "persona_chain_alarms_total",
    help: "Times that endpoints began to disagree, or another program used the operator's account.",
    labelNames: ["code"],
    registers,
  });
  const loopLag = new Histogram({
    name: "persona_eventloop_lag_seconds",
    help: "How much later than asked for a timer of the daemon ran.",
    buckets: [0.01, 0.05, 0.1, 0.5, 1, 5],
    registers,
  });
  started.set(Date.now() / 1_000 - process.uptime());
  floor.set(Number(minBalanceWei));
  for (const level of levels) lines.inc({ level }, 0);
  for (const result of renewals) renewed.inc({ result }, 0);
  for (const code of alarms) alarmed.inc({ code }, 0);
  let lagFrom = performance.now();
  const lagging = setInterval(() => {
    loopLag.observe(Math.max(0, performance.now() - lagFrom - lagEveryMs) / 1_000);
    lagFrom = performance.now();
  }, lagEveryMs).unref();
  let cpuBefore = 0;

  return {
    registry,
    close: () => clearInterval(lagging),
    countLine: (level) => lines.inc({ level: levels.find((known) => known === level) ?? "info" }),
    countRenewal: (result) => renewed.inc({ result }),
    countAlarm: (code) => alarmed.inc({ code: alarms.find((known) => known === code) ?? "other" }),
    async scrape({ readiness, facts, duty, nodeId, endpoints }) {
      info.reset();
      info.set({ role, node_id: nodeId ?? "none" }, 1);
      ready.set(Number(readiness.ready));
      for (const name of checkNames) {
        const result = readiness.checks.find((check) => check.name === name);
        checks.set({ check: name }, Number(result?.ok === true));
        checkTime.set({ check: name }, (result?.tookMs ?? 0) / 1_000);
      }
      for (const state of endpointStates) {
        const seen = endpoints.filter((endpoint) => endpoint.state.replace(" chain", "Chain") === state);
        endpointsBy.set({ state }, seen.length);
      }
      const now = Date.now() / 1_000;
      setOrDrop(block, facts.blockNumber);
      setOrDrop(blockAge, facts.blockAgeSeconds);
      setOrDrop(balance, facts.balanceWei);
      setOrDrop(disk, facts.freeDiskBytes);
      setOrDrop(sealLeft, facts.sealUntil === undefined ? undefined : facts.sealUntil - now);
      setOrDrop(openLeft, facts.openUntil === undefined ? undefined : facts.openUntil - now);
      memory.set(process.memoryUsage.rss());
      const { user, system } = process.cpuUsage();
      processor.inc((user + system - cpuBefore) / 1e6);
      cpuBefore = user + system;
      setOrDrop(files, existsSync(ownFiles) ? (await readdir(ownFiles)).length : undefined);
      const status = await statusOf(duty);
      jobs.reset();
      claims.reset();
      setOrDrop(underWay, status?.underWay);
      setOrDrop(nextBlock, status?.nextBlock);
      if (status !== undefined) {
        for (const state of jobStates) jobs.set({ state }, 0);
        for (const [state, count] of Object.entries(status.jobs))
          jobs.inc({ state: jobStates.find((known) => known === state) ?? "other" }, count);
        const current = claimStates.find((known) => known === status.claims) ?? "other";
        for (const state of claimStates) claims.set({ state }, Number(state === current));
      }
      return registry.metrics();
    },
  };
}

const lagEveryMs = 500;
const ownFiles = "/proc/self/fd";

function setOrDrop(gauge: Gauge, value: number | bigint | undefined): void {
  if (value === undefined) gauge.remove({});
  else gauge.set(Number(value));
}

/** @returns undefined where there is nobody to ask, or no answer in time */
async function statusOf(duty: DutyView | undefined) {
  if (duty === undefined) return undefined;
  const { promise: late, resolve } = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => resolve(undefined), statusTimeoutMs);
  try {
    return await Promise.race([duty.status(), late]);
  } catch {
    return undefined; // The check of what failed says so.
  } finally {
    clearTimeout(timer);
  }
}
