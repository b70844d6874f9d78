import { expect } from "chai";
import { parseXDate } from "../../../sdk/src/ingest/xArchive/parseXDate.ts";

describe("parseXDate", () => {
  it("default", () => {
    expect(parseXDate("Thu Jun 01 12:30:00 +0000 2023")?.toISOString()).to.equal("2023-06-01T12:30:00.000Z");
    expect(parseXDate("2009-04-01T10:20:30.000Z")?.toISOString()).to.equal("2009-04-01T10:20:30.000Z");
    expect(parseXDate("2009-04-01T10:20:30.12Z")?.toISOString()).to.equal("2009-04-01T10:20:30.120Z");
    expect(parseXDate("2009-04-01T10:20:30Z")?.toISOString()).to.equal("2009-04-01T10:20:30.000Z");
  });

  it("behavior: zones other than UTC", () => {
    expect(parseXDate("Thu Jun 01 00:30:00 +0200 2023")?.toISOString()).to.equal("2023-05-31T22:30:00.000Z");
    expect(parseXDate("Thu Jun 01 23:30:00 -0330 2023")?.toISOString()).to.equal("2023-06-02T03:00:00.000Z");
  });

  it("behavior: every day of four years, both forms", () => {
    for (let ms = Date.UTC(2020, 0, 1, 23, 59, 58); ms < Date.UTC(2024, 0, 1); ms += 86_400_000) {
      const iso = new Date(ms).toISOString();
      const [weekday, day, month, year, time] = new Date(ms).toUTCString().replace(",", "").split(" ");
      expect(parseXDate(iso)?.getTime()).to.equal(ms);
      expect(parseXDate(`${weekday} ${month} ${day} ${time} +0000 ${year}`)?.getTime()).to.equal(ms);
    }
  });

  it("behavior: null, not a guess", () => {
    const wrong = [
      undefined,
      null,
      0,
      1_685_622_600,
      {},
      "",
      "yesterday",
      "Thu Feb 30 12:30:00 +0000 2023",
      "Wed Feb 29 12:30:00 +0000 2023",
      "Thu Jun 00 12:30:00 +0000 2023",
      "Thu Jun 32 12:30:00 +0000 2023",
      "Thu Jun 01 24:30:00 +0000 2023",
      "Thu Jun 01 12:60:00 +0000 2023",
      "Thu Jun 01 12:30:60 +0000 2023",
      "Thu Jun 01 12:30:00 +9900 2023",
      "Thu unJ 01 12:30:00 +0000 2023",
      "Thu Jux 01 12:30:00 +0000 2023",
      "Thu Jun 01 12:30:00 x0000 2023",
      "Thu Jun 01 12:30:00 +0000 0023",
      "Thu Jun 01 1x:30:00 +0000 2023",
      "Thu Jun-01 12:30:00 +0000 2023",
      "2023-02-30T00:00:00.000Z",
      "2023-06-01",
      "2023-06-01T12:30:00",
      "2023-13-01T00:00:00.000Z",
      "275760-09-13T00:00:00.000Z",
      "0099-01-01T00:00:00.000Z",
      "2023-06-01T12:30:00.000Z\n",
    ];
    for (const text of wrong) expect(parseXDate(text), String(text)).to.equal(null);
  });
});
