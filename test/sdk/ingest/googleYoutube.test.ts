import { expect } from "chai";
import { htmlEntry, watchHistory, watchHtml } from "../../../scripts/exports/takeout.ts";
import { localDate } from "../../../sdk/src/ingest/takeout/localDate.ts";
import { expectError } from "./expectError.ts";
import { importRecords } from "./importRecords.ts";
import { withSample } from "./samples.ts";

const folder = "Takeout/YouTube and YouTube Music/history";

const html = (...entries: Parameters<typeof htmlEntry>[0][]) => ({
  [`${folder}/watch-history.html`]: `<html><body><div class="mdl-grid">${entries.map(htmlEntry).join("")}</div></body></html>`,
});

describe("google-youtube", () => {
  it("default", async () => {
    const { connector, counts, times, records, skipped, changed, extras } = await importRecords({
      [`${folder}/watch-history.json`]: watchHistory({ records: 2 }),
      [`${folder}/search-history.json`]: JSON.stringify([
        {
          header: "YouTube",
          title: "Searched for ropes & knots",
          titleUrl: "https://www.youtube.com/results?search_query=ropes",
          time: "2025-02-01T10:00:00.5Z",
        },
      ]),
      "Takeout/YouTube and YouTube Music/subscriptions/subscriptions.csv":
        "Channel Id,Channel Url,Channel Title\nUC0123456789012345678901,http://www.youtube.com/channel/UC0123456789012345678901,Boats\nnone,,\n",
      "Takeout/YouTube and YouTube Music/comments/comments.csv": "Comment ID\n",
    });
    expect(connector).to.equal("google-youtube");
    expect(counts).to.deep.equal({ watches: 2, searches: 1, subscriptions: 1 });
    expect(times["searches"]).to.deep.equal(["2025-02-01T10:00:00.500Z", "2025-02-01T10:00:00.500Z"]);
    expect(skipped).to.deep.equal({ "files this connector does not read": 1, "is no channel": 1 });
    expect(records["subscriptions"]?.[0]).to.deep.equal({
      id: "UC0123456789012345678901",
      url: "http://www.youtube.com/channel/UC0123456789012345678901",
      since: null,
    });
    expect(changed).to.deep.equal({});
    expect(records["watches"]?.[0]).to.deep.include({
      kind: "watched",
      title: "Video 0 – 50 % off",
      url: "https://www.youtube.com/watch?v=A0",
      channel: "Havn",
      is_ad: false,
    });
    expect(records["searches"]?.[0]).to.include({ query: "ropes & knots" });
    expect(extras[0]).to.deep.equal({ products: ["YouTube"], activityControls: ["YouTube watch history"] });
  });

  it("behavior: verbs of other languages; one that is not known stays", async () => {
    const titles = ["Så på Seil", "„Seil“ angesehen", "Vous avez regardé Seil", "Has visto Seil", "Katsottu: Seil"];
    const { records, changed } = await importRecords({
      "watch-history.json": JSON.stringify(
        titles.map((title, index) => ({
          header: "YouTube",
          title,
          titleUrl: `https://www.youtube.com/watch?v=${index}`,
          time: "2025-02-01T10:00:00Z",
        })),
      ),
    });
    expect(records["watches"]?.map(({ title, kind }) => [title, kind])).to.deep.equal([
      ["Seil", "watched"],
      ["Seil", "watched"],
      ["Seil", "watched"],
      ["Seil", "watched"],
      ["Katsottu: Seil", "other"],
    ]);
    expect(changed).to.deep.equal({ "its verb is not known: the title is kept whole": 1 });
  });

  it("behavior: My Activity holds both, and what is neither; the same view in two files is one", async () => {
    const view = {
      header: "YouTube",
      title: "Watched A",
      titleUrl: "https://www.youtube.com/watch?v=A",
      time: "2025-02-01T10:00:00Z",
    };
    const { counts, skipped } = await importRecords({
      "Takeout/My Activity/YouTube/MyActivity.json": JSON.stringify([
        view,
        { header: "YouTube", title: "Searched for B", time: "2025-02-01T10:00:00Z" },
        {
          header: "YouTube",
          title: "Subscribed to C",
          titleUrl: "https://www.youtube.com/channel/C",
          time: "2025-02-01T10:00:00Z",
        },
        7,
      ]),
      [`${folder}/watch-history.json`]: JSON.stringify([view]),
    });
    expect(counts).to.deep.equal({ watches: 1, searches: 1, subscriptions: 0 });
    expect(skipped).to.deep.equal({
      "an activity that is neither a view nor a search": 1,
      "is no activity": 1,
      "repeats an id of the same segment": 1,
    });
  });

  it("behavior: the playlist form of the years before 2018", async () => {
    const { records, times } = await importRecords({
      "watch-history.json": JSON.stringify([
        {
          contentDetails: { videoId: "AAA" },
          kind: "youtube#playlistItem",
          snippet: { title: "Seil", publishedAt: "2016-01-02T03:04:05.000Z" },
        },
      ]),
    });
    expect(records["watches"]?.[0]).to.include({ title: "Seil", url: "https://www.youtube.com/watch?v=AAA" });
    expect(times["watches"]?.[0]).to.equal("2016-01-02T03:04:05.000Z");
  });

  it("behavior: HTML: two lines, removed videos, zones", async () => {
    const { counts, records, changed } = await importRecords(
      html(
        {
          what: 'Watched\u00a0<a href="https://www.youtube.com/watch?v=B&amp;t=1">Rope &amp;amp; &lt;b&gt;</a>',
          lines: ['<a href="https://www.youtube.com/channel/UC1">Havn &#39;68</a>'],
          date: "Feb 1, 2025, 11:00:00\u202fAM CET",
        },
        { what: "Watched a video that has been removed", date: "Dec 31, 2019, 11:00:00\u202fPM XYZ" },
        { what: 'Searched for\u00a0<a href="https://www.youtube.com/results?search_query=a">a</a>', date: "no date" },
      ),
      { timeZone: "Europe/Oslo" },
    );
    expect(counts).to.deep.equal({ watches: 2, searches: 1, subscriptions: 0 });
    expect(
      records["watches"]?.map(({ watched, local_time, title, url, channel }) => [
        watched,
        local_time,
        title,
        url,
        channel,
      ]),
    ).to.deep.equal([
      [
        new Date("2025-02-01T10:00:00Z"),
        "Feb 1, 2025, 11:00:00 AM CET",
        "Rope &amp; <b>",
        "https://www.youtube.com/watch?v=B&t=1",
        "Havn '68",
      ],
      [new Date("2019-12-31T22:00:00Z"), "Dec 31, 2019, 11:00:00 PM XYZ", "a video that has been removed", null, null],
    ]);
    expect(changed).to.deep.equal({
      "its zone's name is not known: read in the import's zone": 1,
      "its date cannot be read": 1,
    });
  });

  it("behavior: dates as they are shown", () => {
    const read = (text: string) => {
      const date = localDate(text, "Asia/Tokyo");
      return `${date?.instant?.toISOString() ?? "-"} ${date?.zone ?? "-"}`;
    };
    expect(read("Feb 1, 2025, 11:00:00\u202fPM EST")).to.equal("2025-02-02T04:00:00.000Z written");
    expect(read("1 Feb 2025, 11:00:00 CST")).to.equal("2025-02-01T02:00:00.000Z unknown");
    expect(read("01.02.2025, 11:00:00 MEZ")).to.equal("2025-02-01T10:00:00.000Z written");
    expect(read("1. feb. 2025, 11:00:00 CET")).to.equal("2025-02-01T10:00:00.000Z written");
    expect(read("1 févr. 2025, 11:00:00 GMT+05:30")).to.equal("2025-02-01T05:30:00.000Z written");
    expect(read("1 août 2025, 11:00:00 UTC−3")).to.equal("2025-08-01T14:00:00.000Z written");
    expect(read("2025/02/01 11:00:00 JST")).to.equal("2025-02-01T02:00:00.000Z written");
    expect(read("1 Feb 2025, 11:00:00")).to.equal("2025-02-01T02:00:00.000Z missing");
    for (const text of [
      "15 sty 2024, 03:14:21 CET",
      "15 янв. 2024 г., 05:14:21 MSK",
      "15 Oca 2024 05:14:21 TRT",
      "15. 1. 2024 3:14:21 SEČ",
      "15 de jan. de 2024, 23:14:21 BRT".replace("15", "14"),
      "2024年1月15日 CST 上午10:14:21",
      "2024年1月15日 GMT+8 上午10:14:21",
    ])
      expect(read(text), text).to.equal("2024-01-15T02:14:21.000Z written");
    expect(read("15 Jul 2024, 03:14:21 BST")).to.equal("2024-07-15T02:14:21.000Z written");
    expect(read("Feb 30, 2025, 11:00:00 AM UTC")).to.equal("- written");
    expect(read("Havn 1 Feb")).to.equal("- -");
    const from = performance.now();
    for (const part of ["1:", "1 ", "a", "1:1:"]) localDate(part.repeat(100_000), "UTC");
    expect(performance.now() - from).to.be.below(5000);
  });

  it("error: files that have its name alone", async () => {
    await expectError("EXPORT_INVALID", () =>
      importRecords({ "watch-history.json": '[{"header": "YouTube", "title": ' }),
    );
    await expectError("EXPORT_INVALID", () =>
      importRecords({ "watch-history.html": "<html><title>My Activity History</title></html>" }),
    );
    await expectError("EXPORT_INVALID", () =>
      importRecords(
        { "watch-history.html": watchHtml({ records: 1 }) + "x".repeat(10_000) },
        { limits: { maxRecordBytes: 8000 } },
      ),
    );
  });

  it("behavior: hostile HTML takes no time", async () => {
    const from = performance.now();
    for (const part of ["<", '<a "', "<a href=", "&", "<div>", '<div class="outer-cell'])
      await importRecords({ "watch-history.html": watchHtml({ records: 1 }) + part.repeat(20_000) });
    expect(performance.now() - from).to.be.below(15_000);
  });

  it("behavior: a history of any size", async () => {
    const { counts } = await importRecords({ [`${folder}/watch-history.json`]: watchHistory({ records: 2000 }) });
    expect(counts).to.deep.equal({ watches: 2000, searches: 0, subscriptions: 0 });
    const shown = await importRecords({ [`${folder}/watch-history.html`]: watchHtml({ records: 500 }) });
    expect(shown.connector).to.equal("google-youtube");
    expect(shown.counts).to.deep.equal({ watches: 500, searches: 0, subscriptions: 0 });
  });

  describe("vectors", () => {
    const path = "google-takeout/synthetic/YouTube and YouTube Music/history";
    withSample(`${path}/watch-history.json`, "five records", async (input) => {
      const { connector, counts, times, records } = await importRecords(input);
      expect([connector, counts]).to.deep.equal(["google-youtube", { watches: 5, searches: 0, subscriptions: 0 }]);
      expect(times["watches"]).to.deep.equal(["2019-12-31T23:00:00.000Z", "2025-02-01T23:59:59.000Z"]);
      expect(records["watches"]?.map(({ kind, is_ad }) => `${kind} ${is_ad}`)).to.deep.equal([
        "watched false",
        "watched true",
        "watched false",
        "viewed false",
        "watched false",
      ]);
      expect(records["watches"]?.[0]).to.include({
        product: "YouTube",
        title: "https://www.youtube.com/watch?v=AAAAAAAAAAA",
        url: "https://www.youtube.com/watch?v=AAAAAAAAAAA",
      });
    });
    withSample(`${path}/watch-history.html`, "two entries", async (input) => {
      const { connector, counts, times, records } = await importRecords(input);
      expect([connector, counts]).to.deep.equal(["google-youtube", { watches: 2, searches: 0, subscriptions: 0 }]);
      expect(times["watches"]).to.deep.equal(["2019-12-31T22:00:00.000Z", "2025-02-01T10:00:00.000Z"]);
      expect(records["watches"]?.[0]).to.include({ title: "Rope & splicing", channel: "Havn" });
    });
    withSample("google-takeout/exportube/watch-history.json", "four records", async (input) => {
      const { connector, counts, times, records } = await importRecords(input);
      expect([connector, counts]).to.deep.equal(["google-youtube", { watches: 4, searches: 0, subscriptions: 0 }]);
      expect(times["watches"]).to.deep.equal(["2024-01-15T03:14:21.123Z", "2024-03-02T11:00:00.000Z"]);
      expect(records["watches"]?.[0]).to.include({
        title: "Daft Punk - One More Time (Official Video)",
        url: "https://www.youtube.com/watch?v=FGBhQbmPwH8",
      });
    });
  });
});
