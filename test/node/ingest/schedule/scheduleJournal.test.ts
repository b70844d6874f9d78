import { expect } from "chai";
import type { Clock } from "../../../../node/src/chain/clock.ts";
import type { SourceSpec } from "../../../../node/src/ingest/schedule/scheduledSource.ts";
import { openScheduleJournal, type ScheduleJournal } from "../../../../node/src/ingest/schedule/scheduleJournal.ts";
import { createTokenRefresh } from "../../../../node/src/ingest/schedule/tokenRefresh.ts";

const minute = 60_000;
const start = Date.UTC(2026, 5, 1);

describe("the journal of a schedule", () => {
  let journal: ScheduleJournal;
  beforeEach(() => {
    journal = openScheduleJournal(":memory:");
  });
  afterEach(() => journal.close());

  const spec = (more: Partial<SourceSpec> = {}): SourceSpec => ({
    ...{ kind: "folder", settings: {}, datasetId: `0x${"11".repeat(32)}`, jitterMs: 0, hosts: [] },
    timing: { everySeconds: 60, fromMs: start },
    ...more,
  });
  function begun(now: number) {
    const run = journal.begin("one", now);
    if (run === undefined) throw new Error("nothing was due");
    return run;
  }

  it("behavior: a clock that is turned back: what has been run is not run again, and nothing throws", () => {
    journal.add("one", spec(), start);
    for (const at of [0, 1, 2]) journal.succeeded("one", begun(start + at * minute).slot, "unchanged", "c", start);
    journal.pause("one", "by hand", start + 2 * minute);
    journal.resume("one", start + minute);
    expect(journal.dueOf("one")).to.equal(start + 3 * minute);
    expect(journal.begin("one", start + 2 * minute)).to.equal(undefined);
    expect(journal.hasten("one", start + minute)).to.equal(true);
    const { slot } = begun(start + minute);
    expect(slot).to.be.greaterThan(start + 2 * minute);
    journal.succeeded("one", slot, "unchanged", "c", start);
    expect(begun(start + 3 * minute).slot).to.equal(start + 3 * minute);
  });

  it("behavior: a source that is removed and added again has nothing of the one before: no run that waits, no cursor that comes late", () => {
    journal.add("one", spec(), start);
    const waiting = begun(start);
    journal.failed("one", waiting.slot, "SOURCE_UNAVAILABLE", start + 10, start);
    journal.remove("one");
    journal.add("one", spec({ timing: { everySeconds: 60, fromMs: start + 7 } }), start + 7);
    expect(journal.runs("one")).to.deep.equal([]);
    const under = begun(start + 7);
    expect(under.attempt).to.equal(1);

    journal.remove("one");
    journal.add("one", spec({ timing: { everySeconds: 60, fromMs: start + 9 } }), start + 9);
    // The run of the source before ends now.
    journal.succeeded("one", under.slot, "published", "another account's", start + 9);
    journal.failed("one", under.slot, "INTERNAL", start + 10, start + 9);
    expect(journal.source("one")).to.deep.include({ cursor: undefined, failures: 0, status: "active" });
    expect(journal.left()).to.deep.equal([]);
    expect(journal.dueOf("one")).to.equal(start + 9);
  });

  it("behavior: tokens that live shorter than the margin are renewed at half of their life, not again and again", async () => {
    journal.add("one", spec({ account: "kari" }), start);
    let now = start;
    let renewals = 0;
    const clock: Clock = { now: () => now, sleep: async () => {} };
    const signal = new AbortController().signal;
    let end = start;
    const tokens = createTokenRefresh({
      ...{ journal, clock, log: { info() {}, warn() {} } },
      tokens: {
        expiry: async () => end,
        async renew() {
          renewals += 1;
          end = now + 5 * minute;
          return end;
        },
      },
    });
    for (; now < start + 20 * minute; now += minute / 4) {
      await tokens.renewDue(signal);
      await tokens.ensure("kari", signal);
      expect(end).to.be.greaterThan(now);
    }
    expect(renewals).to.be.within(7, 9);
  });
});
