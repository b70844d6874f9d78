import { detectConnector } from "../../../sdk/src/ingest/index.ts";
import { createFuzz, refusedOr } from "../../helpers/fuzz.ts";
import { memoryArchive } from "./memoryArchive.ts";

/** One line or two of each kind: what every connector looks at before it says that a file is not its own. */
const beginnings: Readonly<Record<string, string>> = {
  "a.ics": "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART:20260702T100000Z\r\n",
  "a.mbox": "From 1@xxx Mon Mar 02 10:15:00 +0000 2026\nSubject: x\n\ny\n",
  "a.xml": '<?xml version="1.0"?><!DOCTYPE HealthData [<!ENTITY a "b">]><HealthData locale="en"><Record/></HealthData>',
  "a.json": '{"messages":[{"id":1,"date":"2024-01-01T00:00:00"}],"name":"x"}',
  "a.csv": 'Date;"Amount";Text\n2024-01-01;-1,50;x\n',
  "a.txt": "[01/02/2024, 10:15:00] Kari: hei\n",
};

describe("which connector reads what is damaged", function () {
  this.timeout(0);
  it("behavior: one, or an error with a code", async () => {
    const { runs } = createFuzz();
    for (const [name, text] of Object.entries(beginnings)) {
      const { fuzz } = createFuzz(Math.ceil(runs / Object.keys(beginnings).length));
      await fuzz(new TextEncoder().encode(text), async (bytes) => {
        await refusedOr(() => detectConnector(memoryArchive({ [name]: bytes }), {}));
      });
    }
  });
});
