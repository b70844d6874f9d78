/** A week of 50 sources, with failures, a process that is killed again and again, and a laptop that sleeps. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { dueAt } from "../../../../node/src/ingest/schedule/dueTimes.ts";
import type { SourceSpec } from "../../../../node/src/ingest/schedule/scheduledSource.ts";
import { openScheduleJournal } from "../../../../node/src/ingest/schedule/scheduleJournal.ts";
import { temporaryFolder } from "../temporaryFolder.ts";
import { type Seen, seenIn, type WeekOrder } from "./simulatedWeek.ts";

const hour = 3_600_000;
const day = 24 * hour;
/** A Monday without a change of clocks in its week. */
const monday = Date.UTC(2026, 5, 1);
const end = monday + 7 * day;
const program = fileURLToPath(new URL("simulatedWeek.ts", import.meta.url));
const limit = { requests: 20, perMs: 60_000 };
const jitterMs = 10 * 60_000;

const ids = Array.from({ length: 50 }, (_, i) => `source-${String(i).padStart(2, "0")}`);
/** By hand and not by the code under test. */
function slotsOf(i: number): { readonly timing: SourceSpec["timing"]; readonly slots: number[] } {
  const every = (first: number, step: number) => {
    const slots = [];
    for (let at = first; at < end; at += step) slots.push(at);
    return slots;
  };
  switch (i % 4) {
    case 0:
      return {
        timing: { everySeconds: 7_200, fromMs: monday + i * 60_000 },
        slots: every(monday + i * 60_000, 2 * hour),
      };
    case 1:
      return { timing: { cron: "15 */3 * * *", timeZone: "UTC" }, slots: every(monday + hour / 4, 3 * hour) };
    case 2:
      // Two hours ahead of UTC in June.
      return { timing: { cron: "30 3 * * *", timeZone: "Europe/Oslo" }, slots: every(monday + 1.5 * hour, day) };
    default:
      return { timing: { everySeconds: 3_600, fromMs: monday }, slots: every(monday, hour) };
  }
}

describe("a week of schedule", function () {
  this.timeout(400_000);
  const folder = temporaryFolder();
  const withdrawn = { "source-07": monday + 2.4 * day, "source-40": monday + 5 * day };
  let seen: Seen[];
  let rows: Map<string, ReturnType<ReturnType<typeof openScheduleJournal>["runs"]>>;
  let kills = 0;

  before(async () => {
    const journalFile = join(folder.path("."), "schedule.sqlite");
    const seenFile = join(folder.path("."), "seen.jsonl");
    const journal = openScheduleJournal(journalFile);
    for (const [i, id] of ids.entries()) {
      const hosts = [`host-${i % 8}.example`];
      const account = i % 3 === 0 ? undefined : `account-${i % 10}`;
      const datasetId = `0x${String(i).padStart(64, "0")}`;
      const spec = { kind: "simulated", settings: {}, datasetId, timing: slotsOf(i).timing, jitterMs, hosts };
      journal.add(id, account === undefined ? spec : { ...spec, account }, monday);
    }
    journal.close();
    let from = monday;
    for (let life = 0; from < end; life++) {
      // Twelve times it is killed, each time after another number of steps; and it is off for minutes up to half a day.
      const killAt = life < 12 ? 300 + ((life * 7_919) % 1_700) : 0;
      const naps = [
        [monday + 1.3 * day, 9 * hour],
        [monday + 6.1 * day, 4 * hour],
      ] as const;
      const order: WeekOrder = {
        ...{ journal: journalFile, seen: seenFile, seed: "week", fromMs: from, toMs: end, killAt },
        ...{ naps, limit, withdrawn },
      };
      const { status, signal, stderr } = spawnSync(process.execPath, [program, JSON.stringify(order)], {
        encoding: "utf8",
        timeout: 350_000,
      });
      if (signal === null) {
        expect(status, stderr).to.equal(0);
        break;
      }
      expect(signal).to.equal("SIGKILL");
      kills += 1;
      from = Math.max(from, ...seenIn(seenFile).map(({ at }) => at)) + ((life % 4) * life + 1) * 20 * 60_000;
    }
    seen = seenIn(seenFile);
    const after = openScheduleJournal(journalFile);
    rows = new Map(ids.map((id) => [id, after.runs(id).toReversed()]));
    after.close();
  });

  it("default: every run that was due happened once, or is written down as failed or missed", () => {
    expect(kills).to.equal(12);
    const tally: Record<string, number> = {};
    for (const [i, id] of ids.entries()) {
      const ended = withdrawn[id as keyof typeof withdrawn];
      const { slots } = slotsOf(i);
      const covered = (rows.get(id) ?? []).flatMap(({ slot, through, count, status, error }) => {
        const its = slots.filter((one) => one >= slot && one <= through);
        expect(its.length, `${id} ${status}`).to.equal(count);
        tally[status] = (tally[status] ?? 0) + count;
        if (status === "failed" || status === "missed") expect(error, id).to.be.a("string");
        return its;
      });
      expect(new Set(covered).size, `${id}: each once`).to.equal(covered.length);
      const due = slots.filter((slot) => dueAt(id, slot, jitterMs) <= end);
      if (ended === undefined) {
        // What is due in the last minutes may wait for its turn.
        const wanted = due.filter((slot) => slot < end - hour);
        expect(
          covered.filter((slot) => slot < end - hour),
          id,
        ).to.deep.equal(wanted);
      } else {
        expect(Math.max(...covered), "nothing is run that was not consented to").to.be.below(ended + 12 * hour);
        expect(covered).to.deep.equal(due.filter((slot) => slot <= Math.max(...covered)));
      }
    }
    expect(tally["published"]).to.be.greaterThan(1_500);
    expect(tally["failed"], "some fail for good").to.be.greaterThan(3);
    expect(tally["missed"], "some are missed").to.be.greaterThan(50);
    expect((tally["waiting"] ?? 0) + (tally["running"] ?? 0)).to.be.below(30);
  });

  it("behavior: what was published was published once, whatever killed the process around it", () => {
    const publications = seen.flatMap((one) => (one.what === "publish" ? [`${one.source} ${one.slot}`] : []));
    expect(new Set(publications).size).to.equal(publications.length);
    const inJournal = [...rows].flatMap(([id, runs]) =>
      runs.filter(({ status }) => status === "published").map(({ slot }) => `${id} ${slot}`),
    );
    expect(publications.toSorted()).to.deep.equal(inJournal.toSorted());
  });

  it("behavior: no token is renewed twice at once, and none has ended when a run begins", () => {
    const byAccount = Map.groupBy(
      seen.filter((one) => one.what === "renew" || one.what === "renewed"),
      ({ account }) => account,
    );
    expect(byAccount.size).to.be.greaterThan(5);
    for (const [account, events] of byAccount) {
      let begun: number | undefined;
      for (const { what, at } of events) {
        // One that failed, or whose process died, is followed by another only when it must be over.
        if (what === "renew" && begun !== undefined) expect(at - begun, account).to.be.at.least(60_000);
        begun = what === "renew" ? at : undefined;
      }
    }
    for (const one of seen)
      if (one.what === "run" && one.tokenUntil !== null) expect(one.tokenUntil, one.source).to.be.greaterThan(one.at);
  });

  it("behavior: no host is asked more often than its limit, over restarts, nor while it wants to be left alone", () => {
    const byHost = Map.groupBy(
      seen.filter((one) => one.what === "request"),
      ({ host }) => host,
    );
    expect(byHost.size).to.equal(8);
    for (const [host, requests] of byHost) {
      const times = requests.map(({ at }) => at).sort((a, b) => a - b);
      for (const [i, at] of times.entries()) {
        const later = times[i + limit.requests];
        if (later !== undefined) expect(later - at, host).to.be.at.least(limit.perMs);
      }
    }
    for (const closed of seen.filter((one) => one.what === "closed")) {
      // A request of another source may have been under way in that very moment.
      const during = (byHost.get(closed.host) ?? []).filter(({ at }) => at > closed.at && at < closed.until);
      expect(during, `${closed.host} at ${closed.at}`).to.deep.equal([]);
    }
  });
});
