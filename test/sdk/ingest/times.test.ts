import { isTimeZone, utcInstant, validInstant, zonedInstant } from "@persona-protocol/sdk/ingest";
import { expect } from "chai";

const at = (year: number, month: number, day: number, hour = 0, minute = 0, second = 0) => ({
  year,
  month,
  day,
  hour,
  minute,
  second,
});

describe("times", () => {
  it("utcInstant: days and hours that there are", () => {
    expect(utcInstant(at(2024, 2, 29, 23, 59, 60))?.toISOString()).to.equal("2024-02-29T23:59:59.000Z");
    expect(utcInstant(at(50, 1, 1))?.toISOString()).to.equal("0050-01-01T00:00:00.000Z");
    for (const wall of [at(2023, 2, 29), at(2024, 2, 30), at(2024, 13, 1), at(2024, 1, 1, 24), at(2024, 1, 1, 0, 60)])
      expect(utcInstant(wall)).to.equal(null);
    expect(utcInstant(at(0, 1, 1))).to.equal(null);
    expect(utcInstant(at(275760, 1, 1))).to.equal(null);
    expect(validInstant(Number.NaN)).to.equal(null);
  });

  it("zonedInstant: summer, winter, the hour that is twice and the one that is not", () => {
    const oslo = (...wall: Parameters<typeof at>) => zonedInstant(at(...wall), "Europe/Oslo")?.toISOString();
    expect(oslo(2024, 7, 1, 12)).to.equal("2024-07-01T10:00:00.000Z");
    expect(oslo(2024, 1, 1, 12)).to.equal("2024-01-01T11:00:00.000Z");
    expect(oslo(2024, 10, 27, 2, 30)).to.equal("2024-10-27T00:30:00.000Z");
    expect(oslo(2024, 3, 31, 2, 30)).to.equal("2024-03-31T01:30:00.000Z");
    expect(zonedInstant(at(2024, 1, 1), "Asia/Kathmandu")?.toISOString()).to.equal("2023-12-31T18:15:00.000Z");
    expect(oslo(2024, 2, 30)).to.equal(undefined);
  });

  it("isTimeZone", () => {
    expect(isTimeZone("Europe/Oslo")).to.equal(true);
    expect(isTimeZone("Mars/Olympus")).to.equal(false);
  });
});
