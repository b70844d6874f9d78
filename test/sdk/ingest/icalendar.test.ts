import { expect } from "chai";
import { generateCalendar } from "../../../scripts/exports/icalendar.ts";
import { expectError } from "./expectError.ts";
import { memoryArchive } from "./memoryArchive.ts";
import { readTables } from "./readTables.ts";

const calendar = (...lines: readonly string[]): string =>
  ["BEGIN:VCALENDAR", ...lines, "END:VCALENDAR", ""].join("\r\n");
const event = (...lines: readonly string[]): string => ["BEGIN:VEVENT", ...lines, "END:VEVENT"].join("\r\n");
const read = async (text: string, options: Parameters<typeof readTables>[1] = {}) =>
  readTables({ "a.ics": text }, options);

describe("icalendar connector", () => {
  it("default: an event in the zone it is in", async () => {
    const { connector, tables, counts, range, remarks } = await read(
      calendar(
        "X-WR-CALNAME:Havna",
        event(
          "UID:1",
          "SUMMARY:Tur\\, lang\\nto linjer",
          "DTSTART;TZID=Europe/Oslo:20260702T100000",
          "DURATION:PT1H30M",
          "STATUS:CONFIRMED",
          "X-MINE;A=b:c",
        ),
      ),
    );
    expect(connector).to.equal("icalendar");
    expect(counts).to.deep.equal({ events: 1, tasks: 0 });
    expect(range).to.deep.equal(["2026-07-02T08:00:00.000Z", "2026-07-02T08:00:00.000Z"]);
    expect(remarks).to.deep.equal([]);
    const [row] = tables["events"] ?? [];
    expect(row).to.include({
      id: "1",
      calendar: "Havna",
      title: "Tur, lang\nto linjer",
      local_time: "2026-07-02T10:00:00",
      time_zone: "Europe/Oslo",
      show_without_time: false,
      status: "confirmed",
      is_own: true,
    });
    expect(String(row?.["end"])).to.equal("2026-07-02 09:30:00");
    expect(tables["extra"]?.[0]?.["fields"]).to.equal(
      '{"X-MINE":{"params":{"A":["b"]},"value":"c"},"of_calendar":{"X-WR-CALNAME":"Havna"}}',
    );
  });

  it("behavior: days are days, also unsaid; floating times are read in the import's zone", async () => {
    const { tables, remarks } = await read(
      calendar(
        event("UID:1", "DTSTART;VALUE=DATE:20260702", "DTEND;VALUE=DATE:20260704"),
        event("UID:2", "DTSTART:20260702", "DURATION:P1D"),
        event("UID:3", "DTSTART:20260702T100000"),
      ),
      { timeZone: "Europe/Oslo" },
    );
    const rows = tables["events"] ?? [];
    expect(rows.map((row) => [String(row["start"]), row["show_without_time"]])).to.deep.equal([
      ["2026-07-02 00:00:00", true],
      ["2026-07-02 00:00:00", true],
      ["2026-07-02 08:00:00", false],
    ]);
    expect(rows.slice(0, 2).map((row) => [String(row["start_date"]), String(row["end_date"])])).to.deep.equal([
      ["2026-07-02", "2026-07-04"],
      ["2026-07-02", "2026-07-03"],
    ]);
    expect(remarks).to.deep.equal(["changed 1: has no time zone: read in the import's zone"]);
  });

  it("behavior: a zone that only the file knows, defined after its event", async () => {
    const zone = (rule: string): string =>
      `BEGIN:VTIMEZONE\r\nTZID:Own\r\nBEGIN:STANDARD\r\nDTSTART:20001001T030000\r\nTZOFFSETFROM:+0500\r\nTZOFFSETTO:+0400\r\n${rule}BYMONTH=10;BYDAY=-1SU\r\nEND:STANDARD\r\nBEGIN:DAYLIGHT\r\nDTSTART:20000401T020000\r\nTZOFFSETFROM:+0400\r\nTZOFFSETTO:+0500\r\n${rule}BYMONTH=3;BYDAY=-1SU\r\nEND:DAYLIGHT\r\nEND:VTIMEZONE`;
    const events = [
      event("UID:1", "DTSTART;TZID=Own:20260702T100000"),
      event("UID:2", "DTSTART;TZID=Own:20260102T100000"),
    ];
    const { tables, remarks } = await read(calendar(...events, zone("RRULE:FREQ=YEARLY;")));
    expect(tables["events"]?.map((row) => String(row["start"]))).to.deep.equal([
      "2026-07-02 05:00:00",
      "2026-01-02 06:00:00",
    ]);
    expect(remarks).to.deep.equal([]);
    // A zone whose clock is set every second would never be computed.
    const endless = await read(calendar(...events, zone("RRULE:FREQ=SECONDLY;")));
    expect(endless.remarks).to.deep.equal(["changed 2: has a time zone that nobody knows: read in the import's zone"]);
  });

  it("behavior: zones behind prefixes, of Windows, and with a colon in their name", async () => {
    const { tables } = await read(
      calendar(
        event("UID:1", "DTSTART;TZID=/mozilla.org/20070129_1/America/New_York:20200426T140000"),
        event("UID:2", 'DTSTART;TZID="Pacific Standard Time":20200426T140000'),
        event("UID:3", "DTSTART;TZID=(UTC+01:00) Oslo:20200426T140000"),
      ),
    );
    expect(tables["events"]?.map((row) => [String(row["start"]), row["time_zone"]])).to.deep.equal([
      ["2020-04-26 18:00:00", "/mozilla.org/20070129_1/America/New_York"],
      ["2020-04-26 21:00:00", "Pacific Standard Time"],
      ["2020-04-26 14:00:00", "(UTC+01:00) Oslo"],
    ]);
  });

  it("behavior: times with an offset, with fractions, and in Microsoft's UTC are exact", async () => {
    const { tables, remarks } = await read(
      calendar(
        event("UID:1", "DTSTART:20200426T140000+0200"),
        event("UID:2", "DTSTART:2020-04-26T14:00:00.000Z"),
        event("UID:3", "DTSTART;TZID=tzone://Microsoft/Utc:20200426T140000"),
      ),
    );
    expect(tables["events"]?.map((row) => [String(row["start"]), row["time_zone"]])).to.deep.equal([
      ["2020-04-26 12:00:00", "+0200"],
      ["2020-04-26 14:00:00", "UTC"],
      ["2020-04-26 14:00:00", "UTC"],
    ]);
    expect(remarks).to.deep.equal([]);
  });

  it("behavior: rules are kept as written; a changed repetition is a record of its own", async () => {
    const { tables } = await read(
      calendar(
        event(
          "UID:1",
          "DTSTART:20260101T100000Z",
          "RRULE:FREQ=WEEKLY;COUNT=3",
          "EXDATE:20260108T100000Z",
          "EXDATE:20260115T100000Z",
        ),
        event("UID:1", "RECURRENCE-ID:20260115T100000Z", "DTSTART:20260116T100000Z"),
      ),
    );
    expect(tables["events"]?.map(({ id }) => id)).to.deep.equal(["1", "1/20260115T100000Z"]);
    expect(tables["events"]?.[0]?.["recurrence"]).to.equal(
      '{"RRULE":"FREQ=WEEKLY;COUNT=3","EXDATE":["20260108T100000Z","20260115T100000Z"]}',
    );
  });

  it("behavior: the same uid with other content is not lost, with the same content it is a repeat; none is content", async () => {
    const { tables, remarks } = await read(
      calendar(
        event("UID:1", "SUMMARY:a"),
        event("UID:1", "SUMMARY:b"),
        event("UID:1", "SUMMARY:a", "DTSTAMP:20260101T000000Z"),
        event("SUMMARY:c"),
        event("SUMMARY:c"),
      ),
    );
    expect(tables["events"]?.map(({ title }) => title)).to.deep.equal(["a", "b", "c", "c"]);
    expect(new Set(tables["events"]?.map(({ id }) => id)).size).to.equal(4);
    expect(remarks).to.deep.equal(["skipped 1: repeats an id of the same segment"]);
  });

  it("behavior: dates that are none are null and said; what was written is kept", async () => {
    const { tables, remarks } = await read(
      calendar(
        event("UID:1", "DTSTART:20260230T100000Z"),
        event("UID:2", "DTSTART:275760-09-13"),
        event("UID:3", "DTSTART:20260101T000000Z", "DURATION:P999999999999999999W"),
      ),
    );
    expect(tables["events"]?.map(({ start, end }) => [start === null, end])).to.deep.equal([
      [true, null],
      [true, null],
      [false, null],
    ]);
    expect(remarks).to.deep.equal(["changed 2: has a time that is none", "changed 1: has a duration that is none"]);
    expect(tables["extra"]?.[0]?.["fields"]).to.equal('{"DTSTART":"20260230T100000Z"}');
  });

  it("behavior: tasks, journals and what is in other components", async () => {
    const { tables, counts, remarks } = await read(
      calendar(
        "BEGIN:VTODO\r\nUID:t\r\nSUMMARY:Paint\r\nDUE;VALUE=DATE:20260702\r\nPERCENT-COMPLETE:40\r\nSTATUS:IN-PROCESS\r\nEND:VTODO",
        "BEGIN:VJOURNAL\r\nUID:j\r\nEND:VJOURNAL",
        `BEGIN:X-BOX\r\n${event("UID:1")}\r\nEND:X-BOX`,
      ),
    );
    expect(counts).to.deep.equal({ events: 1, tasks: 1 });
    expect(tables["tasks"]?.[0]).to.include({ title: "Paint", percent_complete: 40n, progress: "in-process" });
    expect(String(tables["tasks"]?.[0]?.["due_date"])).to.equal("2026-07-02");
    expect(remarks).to.deep.equal(["skipped 1: is a journal entry, no event and no task"]);
  });

  it("behavior: other people are marked", async () => {
    const text = calendar(
      event("UID:1", "SUMMARY:Meeting", "ORGANIZER;CN=Ola:mailto:ola@example.org", "ATTENDEE:mailto:a@b.c"),
      event("UID:2", "SUMMARY:Mine"),
    );
    const { tables } = await read(text, { thirdParties: { policy: "omit" } });
    expect(
      tables["events"]?.map(({ title, organizer, participants }) => [title, organizer, participants]),
    ).to.deep.equal([
      [null, null, null],
      ["Mine", null, null],
    ]);
  });

  it("behavior: any line end, folds with empty lines, = for :, UTF-16, and a file that is cut off", async () => {
    const text = "BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID\n\n :1\nSUMMARY=Cut\nDESCRIPTION:a\n b\n";
    const variants = [text, text.replaceAll("\n", "\r"), text.replaceAll("\n", "\r\n"), `\ufeff${text}`].map(
      (variant) => new TextEncoder().encode(variant),
    );
    for (const bytes of [...variants, Uint8Array.from(Buffer.from(`\ufeff${text}`, "utf16le"))]) {
      const { tables, remarks } = await readTables(memoryArchive({ "a.ics": bytes }, 7));
      expect(tables["events"]?.[0]).to.include({ id: "1", title: "Cut", description: "ab" });
      expect(remarks).to.deep.equal([
        "changed 1: is cut off at the end of the file",
        "changed 1: has a line with = for :",
      ]);
    }
  });

  it("behavior: a renamed file is recognised, several are read", async () => {
    expect((await readTables({ "calendar.txt": calendar(event("UID:1", "X-A:1", "X-B:2")) })).connector).to.equal(
      "icalendar",
    );
    const { counts } = await readTables({ "T/a.ics": calendar(event("UID:1")), "T/b.ics": calendar(event("UID:2")) });
    expect(counts["events"]).to.equal(2);
  });

  it("error: no calendar, nested without end, a component without end", async () => {
    const event100 = `BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n${"X-A:b\r\n".repeat(100_000)}`;
    for (const text of ["", "no calendar", "BEGIN:\0", "BEGIN:VCALENDAR\r\n".repeat(1000), event100]) {
      await expectError("EXPORT_INVALID", () => read(text));
    }
  });

  it("behavior: a line longer than the limit is left out and said, in pieces of any size", async () => {
    const text = calendar(event("UID:1", `ATTACH:${"x".repeat(100_000)}`, "SUMMARY:after"));
    const { tables, remarks } = await readTables(memoryArchive({ "a.ics": text }, 999), {
      limits: { maxRecordBytes: 50_000 },
    });
    expect(tables["events"]?.[0]).to.include({ title: "after" });
    expect(remarks).to.deep.equal(["changed 1: has a line longer than the limit: its value is left out"]);
  });

  it("behavior: a generated calendar of any size", async () => {
    const { counts } = await read([...generateCalendar({ events: 500 })].join(""));
    expect(counts).to.deep.equal({ events: 500, tasks: 50 });
  });
});
