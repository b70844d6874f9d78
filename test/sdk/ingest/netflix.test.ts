import { expect } from "chai";
import { viewingActivity } from "../../../scripts/exports/netflix.ts";
import { inspectInput } from "../../../sdk/src/ingest/index.ts";
import { createDateOrder } from "../../../sdk/src/ingest/netflix/dateOrder.ts";
import { netflix } from "../../../sdk/src/ingest/netflix/netflix.ts";
import { expectError } from "./expectError.ts";
import { rowsOf, summaryOf } from "./exportSamples.ts";
import { memoryArchive } from "./memoryArchive.ts";
import { withSample } from "./samples.ts";

const history = (text: string) => memoryArchive({ "NetflixViewingHistory.csv": text });

describe("netflix", () => {
  it("default", async () => {
    const input = memoryArchive({ "CONTENT_INTERACTION/ViewingActivity.csv": viewingActivity(20) });
    expect(await summaryOf(input)).to.deep.equal({
      connector: "netflix",
      segments: { views: [18, "2024-03-13T06:00:00.000Z", "2024-03-14T00:00:00.000Z"] },
      remarks: ["skipped is a trailer or preview, not a view 2"],
    });
  });

  it("behavior: the order of day and month comes from all dates of a file", () => {
    const decide = (isEnglish: boolean, ...dates: string[]) => {
      const order = createDateOrder();
      for (const date of dates) order.add(date);
      const { order: found, isCertain } = order.decide(isEnglish);
      return `${found} ${isCertain}`;
    };
    expect(decide(true, "3/14/24", "1/2/24")).to.equal("MDY true");
    expect(decide(true, "14/3/24", "1/2/24")).to.equal("DMY true");
    // Newest first: 4 March before 5 February, or 3 April before 2 May?
    expect(decide(true, "3/4/24", "2/5/24")).to.equal("MDY true");
    expect(decide(false, "4/3/24", "5/2/24")).to.equal("DMY true");
    expect(decide(true, "1/2/24")).to.equal("MDY false");
    expect(decide(false, "01/02/24")).to.equal("DMY false");
    // Points: day, month, year, in any order of rows.
    expect(decide(true, "31.12.20", "02.01.21")).to.equal("DMY true");
    expect(decide(true, "01.02.24")).to.equal("DMY true");
    expect(decide(true, "2024-03-14", "2024-01-02")).to.equal("MDY true");
    expect(decide(true, "24-03-14", "24-01-20")).to.equal("YMD true");
    expect(decide(true)).to.equal("MDY true");
  });

  it("behavior: days of every form, the text beside what is a guess", async () => {
    expect((await rowsOf(history('Titel,Datum\r\n"Dune: ""2""","24.12.23"\r\n'), "views"))[0]).to.include({
      title: 'Dune: "2"',
      started: "2023-12-24 00:00:00",
      precision: "day",
      local_time: "24.12.23",
    });
    const { segments, remarks } = await summaryOf(history("Title,Date\nA,1/2/24\nB,2/30/24\nA,1/2/24\nC,\n"));
    expect(segments["views"]).to.deep.equal([4, "2024-01-02T00:00:00.000Z", "2024-01-02T00:00:00.000Z"]);
    expect(remarks).to.deep.equal([
      "changed its date does not tell day from month 2",
      "changed its date cannot be read 2",
    ]);
    expect((await summaryOf(history("Title,Date\nA,2024-01-02\n"))).segments["views"]?.[1]).to.equal(
      "2024-01-02T00:00:00.000Z",
    );
  });

  it("behavior: profiles are other people", async () => {
    const input = memoryArchive({ "ViewingActivity.csv": viewingActivity(2) });
    const rows = await rowsOf(input, "views", { thirdParties: { policy: "pseudonymise", key: new Uint8Array(32) } });
    expect(rows[0]?.["profile"]).to.match(/^person-/);
  });

  it("behavior: a list of titles and dates by another name is claimed only where nothing speaks against it", async () => {
    const confidence = async (files: Record<string, string>) => netflix.detect(inspectInput(memoryArchive(files)));
    expect(await confidence({ "a.csv": "Title,Date\nA,1/2/24\nB,1/1/24\n" })).to.equal(0.4);
    expect(await confidence({ "a.csv": "Title,Date,Author\nA,1/2/24,B\n" })).to.be.below(0.05);
    expect(await confidence({ "a.csv": "Title,Date\nA,some day\nB,c\n" })).to.be.below(0.05);
    expect(await confidence({ "x.csv": viewingActivity(1) })).to.equal(0.9);
  });

  it("error: a header of another kind, a quote that is never closed", async () => {
    await expectError("EXPORT_INVALID", () => summaryOf(memoryArchive({ "ViewingActivity.csv": "a,b\n1,2\n" })));
    await expectError("EXPORT_INVALID", () => summaryOf(history('Title,Date\n"A,1/2/24\n')));
  });

  withSample("netflix/synthetic/ViewingActivity.csv", "behavior: the shared sample with times", async (input) => {
    expect(await summaryOf(input)).to.deep.equal({
      connector: "netflix",
      segments: { views: [3, "2024-03-10T01:00:00.000Z", "2024-03-14T20:12:03.000Z"] },
      remarks: ["skipped is a trailer or preview, not a view 1"],
    });
    const [first, , long] = await rowsOf(input, "views");
    expect(first).to.include({ profile: "Kari", title: 'Breaking Bad: Season 1: "Pilot"', duration_seconds: 2902n });
    expect(long).to.include({ duration_seconds: 93600n, title: "Hello, World: Limited Series: Episode 1, Part 2" });
  });

  withSample("netflix/synthetic/NetflixViewingHistory.csv", "behavior: the shared sample with days", async (input) => {
    expect(await summaryOf(input)).to.deep.equal({
      connector: "netflix",
      segments: { views: [3, "2023-12-25T00:00:00.000Z", "2024-03-14T00:00:00.000Z"] },
      remarks: [],
    });
    expect((await rowsOf(input, "views"))[2]).to.include({ title: 'Money Heist: Part 1: "Do as Planned"' });
  });
});
