/**
 * A process of the schedule with a clock of its own: time stands still while anything is done, and then moves on to what waits next. It ends by
 * SIGKILL after so many steps, wherever that is. What services and the chain would have seen of it goes to a file, line by line.
 */
import { createHash } from "node:crypto";
import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { setImmediate } from "node:timers/promises";
import { PersonaError } from "@persona-protocol/sdk/errors";
import type { Clock } from "../../../../node/src/chain/clock.ts";
import { openScheduleJournal } from "../../../../node/src/ingest/schedule/scheduleJournal.ts";
import { runSchedule, type SourceRunner } from "../../../../node/src/ingest/schedule/scheduler.ts";
import type { TokenKeeper } from "../../../../node/src/ingest/schedule/tokenRefresh.ts";

export type WeekOrder = {
  readonly journal: string;
  readonly seen: string;
  readonly seed: string;
  readonly fromMs: number;
  readonly toMs: number;
  /** SIGKILL at this step; 0: never. */
  readonly killAt: number;
  /** The laptop is closed: `[at, for]` in milliseconds. */
  readonly naps: readonly (readonly [number, number])[];
  readonly limit: { readonly requests: number; readonly perMs: number };
  /** From when on whose consent is withdrawn. */
  readonly withdrawn: Readonly<Record<string, number>>;
};

export type Seen =
  | {
      readonly what: "run";
      readonly at: number;
      readonly source: string;
      readonly slot: number;
      readonly tokenUntil: number | null;
    }
  | { readonly what: "request"; readonly at: number; readonly host: string; readonly source: string }
  | { readonly what: "closed"; readonly at: number; readonly host: string; readonly until: number }
  | {
      readonly what: "publish";
      readonly at: number;
      readonly source: string;
      readonly slot: number;
      readonly digest: string;
    }
  | { readonly what: "renew"; readonly at: number; readonly account: string; readonly use: number }
  | { readonly what: "renewed"; readonly at: number; readonly account: string; readonly until: number };

export const seenIn = (file: string): Seen[] =>
  existsSync(file)
    ? readFileSync(file, "utf8")
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => JSON.parse(line) as Seen)
    : [];

/** A clock that moves when everybody waits for it. */
function createSimulatedClock(order: WeekOrder) {
  let now = order.fromMs;
  const naps = order.naps.filter(([at]) => at >= order.fromMs);
  const sleepers = new Set<{ readonly at: number; readonly wake: () => void }>();
  const clock: Clock = {
    now: () => now,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted) return resolve();
        const sleeper = {
          at: now + Math.max(0, ms),
          wake() {
            sleepers.delete(sleeper);
            signal?.removeEventListener("abort", sleeper.wake);
            resolve();
          },
        };
        sleepers.add(sleeper);
        signal?.addEventListener("abort", sleeper.wake, { once: true });
      }),
  };
  return {
    clock,
    /** Until then. */
    async run(toMs: number): Promise<void> {
      for (;;) {
        for (let quiet = 0; quiet < 3; quiet++) await setImmediate();
        const [first] = [...sleepers].sort((a, b) => a.at - b.at);
        if (first === undefined || first.at > toMs) return;
        now = Math.max(now, first.at);
        const [nap] = naps;
        if (nap !== undefined && nap[0] <= now) {
          naps.shift();
          now = Math.max(now, nap[0] + nap[1]);
        }
        for (const sleeper of [...sleepers]) if (sleeper.at <= now) sleeper.wake();
      }
    },
  };
}

async function main(order: WeekOrder): Promise<void> {
  const { clock, run } = createSimulatedClock(order);
  const before = seenIn(order.seen);
  const published = new Set(before.flatMap((one) => (one.what === "publish" ? [one.digest] : [])));
  const tokenUntil = new Map(before.flatMap((one) => (one.what === "renewed" ? [[one.account, one.until]] : [])));
  const uses = new Map<string, number>();
  for (const one of before) if (one.what === "renew") uses.set(one.account, one.use);
  let steps = 0;
  const step = () => {
    steps += 1;
    if (steps === order.killAt) process.kill(process.pid, "SIGKILL");
  };
  const tell = (seen: Seen) => appendFileSync(order.seen, `${JSON.stringify(seen)}\n`);
  const draw = (...of: readonly (string | number)[]): number =>
    createHash("sha256")
      .update([order.seed, ...of].join(" "))
      .digest()
      .readUInt32BE(0) /
    2 ** 32;

  const tokens: TokenKeeper = {
    expiry: async (account) => tokenUntil.get(account) ?? 0,
    async renew(account) {
      step();
      const use = (uses.get(account) ?? 0) + 1;
      uses.set(account, use);
      tell({ what: "renew", at: clock.now(), account, use });
      step();
      await clock.sleep(800);
      if (draw("renew", account, use) < 0.05) throw new PersonaError("STORE_FAILED", "The service does not answer.");
      const until = clock.now() + 3_600_000;
      tokenUntil.set(account, until);
      tell({ what: "renewed", at: clock.now(), account, until });
      step();
      return until;
    },
  };
  const runner: SourceRunner = {
    objection: async ({ id }) =>
      (order.withdrawn[id] ?? Number.POSITIVE_INFINITY) <= clock.now() ? "WRITER_REFUSED" : undefined,
    wasPublished: async (_, { manifestDigest }) => published.has(manifestDigest),
    async run({ source, slot, attempt, permit, intend }) {
      const { id, account, hosts } = source;
      tell({
        what: "run",
        at: clock.now(),
        source: id,
        slot,
        tokenUntil: account === undefined ? null : (tokenUntil.get(account) ?? 0),
      });
      step();
      const chance = draw("run", id, slot, attempt);
      const requests = 1 + Math.floor(draw("requests", id, slot) * 5);
      for (let request = 0; request < requests; request++) {
        const host = hosts[request % hosts.length] ?? "";
        await permit(host);
        tell({ what: "request", at: clock.now(), host, source: id });
        step();
        await clock.sleep(20 + Math.floor(draw("latency", id, slot, request) * 3_000));
      }
      if (chance < 0.06) throw new PersonaError("STORE_FAILED", "The service does not answer.");
      if (chance < 0.08) {
        const retryAt = Math.floor(clock.now() / 1_000) + 900;
        for (const host of hosts) tell({ what: "closed", at: clock.now(), host, until: retryAt * 1_000 });
        throw new PersonaError("RATE_LIMITED", "The service wants to be left alone.", { data: { retryAt } });
      }
      if (chance < 0.085) throw new PersonaError("EXPORT_INVALID", "The service answers something else.");
      if (chance < 0.25) return { version: undefined, cursor: source.cursor };
      const version = 1 + Number(source.cursor ?? 0);
      const digest = `${id} ${slot} ${attempt} ${version}`;
      await intend({ version, manifestDigest: digest, cursor: String(version) });
      step();
      tell({ what: "publish", at: clock.now(), source: id, slot, digest });
      published.add(digest);
      step();
      await clock.sleep(1_000);
      return { version, cursor: String(version) };
    },
  };
  const silent = { info() {}, warn() {}, error() {} };
  const journal = openScheduleJournal(order.journal);
  const stop = new AbortController();
  const options = {
    journal,
    clock,
    runner,
    tokens,
    log: silent,
    hostLimit: () => order.limit,
    concurrency: 6,
    lookMs: 300_000,
  };
  const schedule = runSchedule(options, stop.signal);
  await run(order.toMs);
  stop.abort();
  await run(order.toMs + 60_000);
  await schedule;
  journal.close();
  process.stdout.write(`${JSON.stringify({ steps })}\n`);
}

const [given] = process.argv.slice(2);
if (given !== undefined && import.meta.filename === process.argv[1]) await main(JSON.parse(given) as WeekOrder);
