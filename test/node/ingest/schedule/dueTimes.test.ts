import { expect } from "chai";
import { dueAt, nextSlot, requireTiming } from "../../../../node/src/ingest/schedule/dueTimes.ts";
import { expectError } from "../../../helpers/errors.ts";

const at = (text: string) => Date.parse(text);
const iso = (ms: number | undefined) => new Date(ms ?? Number.NaN).toISOString();

describe("dueTimes", () => {
  it("default: an interval from its moment on; a cron expression in its zone, over a change of clocks", () => {
    const every = { everySeconds: 3_600, fromMs: at("2026-06-01T00:10:00Z") };
    expect(iso(nextSlot(every, 0))).to.equal("2026-06-01T00:10:00.000Z");
    expect(iso(nextSlot(every, at("2026-06-01T00:10:00Z")))).to.equal("2026-06-01T01:10:00.000Z");
    expect(iso(nextSlot(every, at("2026-06-01T05:09:59.999Z")))).to.equal("2026-06-01T05:10:00.000Z");
    const daily = { cron: "30 4 * * *", timeZone: "Europe/Oslo" };
    expect(iso(nextSlot(daily, at("2026-10-24T12:00:00Z")))).to.equal("2026-10-25T03:30:00.000Z");
    expect(iso(nextSlot(daily, at("2026-10-23T12:00:00Z")))).to.equal("2026-10-24T02:30:00.000Z");
  });

  it("behavior: a slot's delay is the same whenever it is asked, another for each source, and within its bound", () => {
    const delays = Array.from({ length: 50 }, (_, i) => dueAt(`source-${i}`, 1_000_000, 600_000) - 1_000_000);
    expect(delays).to.deep.equal(delays.map((_, i) => dueAt(`source-${i}`, 1_000_000, 600_000) - 1_000_000));
    expect(new Set(delays).size).to.be.greaterThan(40);
    for (const delay of delays) expect(delay).to.be.within(0, 600_000);
    expect(dueAt("source", 7, 0)).to.equal(7);
  });

  it("error: CONFIG_INVALID: seconds, fields, days and zones that there are not; more often than a minute", async () => {
    for (const cron of ["* * * * * *", "61 * * * *", "0 0 30 2 *", "soon", ""])
      await expectError("CONFIG_INVALID", async () => requireTiming({ cron, timeZone: "UTC" }));
    await expectError("CONFIG_INVALID", async () => requireTiming({ cron: "0 3 * * *", timeZone: "Nowhere/Land" }));
    for (const everySeconds of [0, 59, 1.5, Number.NaN, 400 * 86_400])
      await expectError("CONFIG_INVALID", async () => requireTiming({ everySeconds, fromMs: 0 }));
    requireTiming({ everySeconds: 60, fromMs: 0 });
    requireTiming({ cron: "*/5 9-17 * * 1-5", timeZone: "America/New_York" });
  });
});
