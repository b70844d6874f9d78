import { createReadStream, readFileSync } from "node:fs";
import { stat } from "node:fs/promises";
import { gzipSync } from "node:zlib";
import { expect } from "chai";
import { writeXArchive } from "../../../bench/ingest/writeExports.ts";
import { generateCalendar } from "../../../scripts/exports/icalendar.ts";
import { generateMbox } from "../../../scripts/exports/mbox.ts";
import { describeInBrowser, type TestPage } from "../../helpers/browser.ts";
import { rawZip } from "../../node/ingest/rawZip.ts";
import { tarHeader } from "../../node/ingest/tarHeader.ts";
import { temporaryFolder } from "../../node/ingest/temporaryFolder.ts";

type IngestPage = typeof import("../pages/ingestPage.ts");

const MB = 1_000_000;

describeInBrowser("imports in Chromium", (open) => {
  const folder = temporaryFolder();
  let page: TestPage<IngestPage>;

  before(async () => {
    page = await open<IngestPage>({
      module: new URL("../pages/ingestPage.ts", import.meta.url),
      modules: { "/worker.js": new URL("../pages/importWorker.ts", import.meta.url) },
    });
  });

  /** Bytes that the browser's renderers hold: of their own, and their share of what they share (Linux). */
  async function rendererPss(): Promise<number> {
    const session = await page.page.context().browser()?.newBrowserCDPSession();
    const { processInfo } = (await session?.send("SystemInfo.getProcessInfo")) ?? { processInfo: [] };
    await session?.detach();
    return processInfo
      .filter(({ type }) => type === "renderer")
      .reduce((sum, { id }) => {
        const [, kB] = /^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${id}/smaps_rollup`, "utf8")) ?? [];
        return sum + Number(kB ?? 0) * 1_024;
      }, 0);
  }

  it("behavior: 200 MB of a zipped X archive in a worker; the page is never stopped", async function () {
    this.timeout(240_000);
    const path = folder.path("x.zip");
    const { bytes, records } = await writeXArchive(path, 200 * MB);
    const { size } = await stat(path);
    page.site.route("/x.zip", (_, response) => {
      createReadStream(path).pipe(response.writeHead(200, { "content-length": size }));
    });
    // The watch sees what it is for.
    const blocked = await page.call("blockFor", 150);
    expect(blocked.longestGapMs).to.be.at.least(149);
    expect(blocked.longTasksMs).to.have.length(1);

    const before = await rendererPss();
    let peak = 0;
    let ended = false;
    const work = page.call("importInWorker", { "x.zip": "/x.zip" }).finally(() => {
      ended = true;
    });
    while (!ended) {
      peak = Math.max(peak, await rendererPss());
      await Promise.race([work, new Promise((resolve) => setTimeout(resolve, 250))]);
    }
    const { imported, page: lively } = await work;
    if ("error" in imported) expect.fail(imported.error);
    expect(imported.connector).to.equal("x-archive");
    expect(imported.segments).to.include({ account: 1, posts: records });
    const grown = (peak - before) / MB;
    const { seconds } = imported;
    const told = `${(bytes / MB).toFixed(0)} MB in ${seconds.toFixed(1)} s, Parquet ${(imported.bytes / MB).toFixed(0)} MB`;
    console.log(`      ${told}, renderer +${grown.toFixed(0)} MB (PSS), longest gap ${lively.longestGapMs} ms`);
    expect(lively.longTasksMs.filter((duration) => duration > 100)).to.deep.equal([]);
    expect(lively.longestGapMs).to.be.lessThan(250);
    expect(lively.turns).to.be.greaterThan(seconds * 50);
    // The segments wait in memory here; all else is a row group or two.
    expect(grown).to.be.lessThan(imported.bytes / MB + 600);
  });

  it("default: a mailbox in gzip, a calendar, a tar, several files as one", async function () {
    this.timeout(60_000);
    const mbox = Buffer.concat([...generateMbox({ bytes: 2 * MB })]);
    const calendar = Buffer.from([...generateCalendar({ events: 500 })].join(""));
    const padding = Buffer.alloc((512 - (calendar.length % 512)) % 512);
    const tar = Buffer.concat([tarHeader("a.ics", calendar.length), calendar, padding, Buffer.alloc(1024)]);
    const mails = mbox.toString("latin1").match(/^From \d+@xxx /gm)?.length;
    const served: Readonly<Record<string, Uint8Array>> = {
      "a.mbox.gz": gzipSync(mbox),
      "a.ics": calendar,
      "a.tar": tar,
      "1.zip": rawZip([{ name: "Takeout/a.ics", data: calendar }]),
      "2.zip": rawZip([{ name: "Takeout/b.ics", data: calendar.toString().replaceAll("@example.org", "@other") }]),
    };
    for (const [name, bytes] of Object.entries(served)) page.site.route(`/${name}`, Uint8Array.from(bytes));
    for (const [names, connector, segment, records] of [
      [["a.mbox.gz"], "mbox", "headers", mails],
      [["a.ics"], "icalendar", "events", 500],
      [["a.tar"], "icalendar", "events", 500],
      [["1.zip", "2.zip"], "icalendar", "events", 1_000],
    ] as const) {
      const paths = Object.fromEntries(names.map((name) => [name, `/${name}`]));
      const { imported } = await page.call("importInWorker", paths);
      if ("error" in imported) expect.fail(imported.error);
      expect([imported.connector, imported.segments[segment]], names.join()).to.deep.equal([connector, records]);
    }
  });

  it("error: what is hostile or damaged is refused by Chromium's own streams, too, with its code", async function () {
    this.timeout(60_000);
    const data = "x".repeat(3_000);
    for (const [name, bytes, code] of [
      ["bomb.zip", rawZip([{ name: "a", data: Buffer.alloc(20 * MB) }]), "ARCHIVE_HOSTILE"],
      ["liar.zip", rawZip([{ name: "a", packed: rawZip([{ name: "b", data }]), size: 9, crc: 0 }]), "ARCHIVE_NOT_ZIP"],
      ["longer.zip", rawZip([{ name: "a.csv", data, size: 10 }]), "ARCHIVE_HOSTILE"],
      ["shorter.zip", rawZip([{ name: "a.csv", data, size: 4_000 }]), "ARCHIVE_HOSTILE"],
      ["crc.zip", rawZip([{ name: "a.csv", data, crc: 1 }]), "ARCHIVE_NOT_ZIP"],
      ["secret.zip", rawZip([{ name: "a", data, flags: 1 }]), "ARCHIVE_ENCRYPTED"],
      ["outside.zip", rawZip([{ name: "../a", data }]), "ARCHIVE_HOSTILE"],
      ["cut.gz", gzipSync(mixed(200_000)).subarray(0, 1_000), "ARCHIVE_NOT_ZIP"],
      ["twice.gz", Buffer.concat([gzipSync("one"), gzipSync("two")]), "ARCHIVE_NOT_ZIP"],
      ["bomb.gz", gzipSync(Buffer.alloc(50 * MB)), "ARCHIVE_HOSTILE"],
    ] as const) {
      page.site.route(`/${name}`, Uint8Array.from(bytes));
      const { imported } = await page.call("importInWorker", { [name]: `/${name}` });
      expect(imported, name).to.deep.equal({ error: code });
    }
  });
});

function mixed(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => (index * index) >> 7);
}
