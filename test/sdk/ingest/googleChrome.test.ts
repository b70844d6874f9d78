import { expect } from "chai";
import { chromeHistory } from "../../../scripts/exports/takeout.ts";
import { expectError } from "./expectError.ts";
import { importRecords } from "./importRecords.ts";
import { withSample } from "./samples.ts";

describe("google-chrome", () => {
  it("default", async () => {
    const visit = {
      page_transition: "TYPED",
      title: "Havn",
      url: "https://example.org",
      client_id: "a",
      time_usec: 1_700_000_000_123_456,
    };
    const { connector, counts, times, records, extras, skipped } = await importRecords({
      "Takeout/Chrome/History.json": JSON.stringify({
        "Browser History": [visit, visit, { ...visit, url: `https://example.org/${"a".repeat(1000)}` }, 7],
        "Typed Url": [{}],
        Session: [{}, {}],
      }),
      "Takeout/Chrome/Bookmarks.html": "<DL>",
    });
    expect(connector).to.equal("google-chrome");
    // The same page twice in a microsecond is two entries of the file.
    expect(counts).to.deep.equal({ browsing: 3 });
    expect(times["browsing"]?.[0]).to.equal("2023-11-14T22:13:20.123Z");
    expect(records["browsing"]?.[0]).to.include({
      url: "https://example.org",
      title: "Havn",
      transition: "TYPED",
      device: "a",
    });
    expect(extras[0]).to.deep.equal({ time_usec: 1_700_000_000_123_456 });
    expect(skipped).to.deep.equal({
      "is no visit of a page": 1,
      "a typed address": 1,
      "a session": 2,
      "files this connector does not read": 1,
    });
  });

  it("error: a file that is cut off", async () => {
    await expectError("EXPORT_INVALID", () => importRecords({ "x.json": chromeHistory({ records: 2 }).slice(0, -9) }));
    await expectError("EXPORT_INVALID", () => importRecords({ "Chrome/History.json": "{" }));
  });

  it("behavior: a history of any size", async () => {
    const { counts } = await importRecords({ "Chrome/BrowserHistory.json": chromeHistory({ records: 3000 }) });
    expect(counts).to.deep.equal({ browsing: 3000 });
  });

  describe("vectors", () => {
    withSample(
      "google-takeout/logbook/Chrome/History.json",
      "five, of which one has no time and one no address",
      async (input) => {
        const { connector, counts, times, records, changed } = await importRecords(input);
        expect([connector, counts]).to.deep.equal(["google-chrome", { browsing: 5 }]);
        expect(times["browsing"]).to.deep.equal(["2026-02-11T08:00:00.000Z", "2026-03-04T09:01:40.000Z"]);
        expect(records["browsing"]?.[0]).to.include({ title: "Van hire - Oslo", transition: "TYPED" });
        expect(changed).to.deep.equal({ "has no time_usec": 1, "has no url": 1 });
      },
    );
    withSample("google-takeout/synthetic/Chrome/BrowserHistory.json", "one", async (input) => {
      const { connector, counts, times, records } = await importRecords(input);
      expect([connector, counts]).to.deep.equal(["google-chrome", { browsing: 1 }]);
      expect(times["browsing"]?.[0]).to.equal("2023-11-14T22:13:20.123Z");
      expect(records["browsing"]?.[0]).to.include({
        url: "https://example.org/tides?d=1",
        title: "Tide tables – Oslo",
      });
    });
  });
});
