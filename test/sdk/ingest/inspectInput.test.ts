import { expect } from "chai";
import { inspectInput } from "../../../sdk/src/ingest/index.ts";
import { importRecords } from "./importRecords.ts";
import { memoryArchive } from "./memoryArchive.ts";

/** What macOS packs beside each file: a resource fork in the file's own name. */
const fork = `\0\u0005\u0016\u0007\0\u0002\0\0Mac OS X        ${"\0".repeat(100)}`;

describe("inspectInput", () => {
  it("behavior: what systems leave beside files is no part of an export", async () => {
    const files: Record<string, Record<string, string>> = {
      json: { "d/a.json": '[{"a": 1}]' },
      mbox: { "d/a.mbox": "From a@b Mon Jan  1 00:00:00 2024\nSubject: a\n\nx\n" },
      whatsapp: { "d/WhatsApp Chat with Kari.txt": "30/12/21, 22:01 - Kari: Hei\n" },
      icalendar: { "d/a.ics": "BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:1\nEND:VEVENT\nEND:VCALENDAR\n" },
    };
    for (const [id, own] of Object.entries(files)) {
      const sidecars = Object.keys(own).map((path) => [`__MACOSX/${path.replace("d/", "d/._")}`, fork] as const);
      const packed = { ...Object.fromEntries(sidecars), "d/.DS_Store": "\0\0\0\u0001Bud1", "d/Thumbs.db": "x", ...own };
      const [alone, beside] = [await importRecords(own), await importRecords(packed)];
      expect(beside.connector).to.equal(id);
      expect([beside.counts, beside.times]).to.deep.equal([alone.counts, alone.times]);
      expect(beside.skipped).to.deep.equal({ ...alone.skipped, "files that systems leave beside others": 3 });
    }
  });

  it("behavior: where there is nothing else they are what was meant", () => {
    expect(inspectInput(memoryArchive({ "._a.json": fork })).entries()).to.have.length(1);
    expect(inspectInput(memoryArchive({})).entries()).to.deep.equal([]);
  });
});
