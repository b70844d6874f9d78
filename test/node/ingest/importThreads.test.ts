import { readdir } from "node:fs/promises";
import { expect } from "chai";
import { createDiskSpools, startImportThreads } from "../../../node/src/ingest/index.ts";
import { appleHealthExport } from "../../../scripts/exports/appleHealth.ts";
import { generateMbox } from "../../../scripts/exports/mbox.ts";
import {
  type ArchiveInput,
  type ImportRemark,
  importArchive,
  readArchive,
  type SpooledSegment,
} from "../../../sdk/src/ingest/index.ts";
import { expectError } from "../../sdk/ingest/expectError.ts";
import { account, memoryArchive, tweet, ytd } from "../../sdk/ingest/memoryArchive.ts";
import { temporaryFolder } from "./temporaryFolder.ts";

const folder = temporaryFolder();

async function bytesOf({ content }: SpooledSegment): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of content.read()) pieces.push(Uint8Array.from(piece));
  return Buffer.concat(pieces);
}

describe("startImportThreads", function () {
  this.timeout(60_000); // 70,000 records, on a busy machine
  it("default: the same files as without it, also after it has ended", async () => {
    const tweets = Array.from({ length: 70_000 }, (_, index) =>
      tweet({ id_str: String(index), full_text: `t ${index}` }),
    );
    const input = memoryArchive(
      { "data/account.js": ytd("account", [account]), "data/tweets.js": ytd("tweets", tweets) },
      2 ** 20,
    );
    const threads = startImportThreads();
    const imported = await importArchive(input, { openSpool: createDiskSpools(folder.path("")), threads });
    await threads.close();
    const here = await readArchive(input);
    const pairs = [...imported.segments, ...imported.ownerOnly];
    for (const [index, segment] of [...here.segments, ...here.ownerOnly].entries()) {
      const other = pairs[index];
      if (other === undefined) throw new Error(`there is no segment ${segment.name}`);
      expect([other.name, other.records, other.from, other.to, other.content.size]).to.deep.equal([
        segment.name,
        segment.records,
        segment.from,
        segment.to,
        segment.bytes.length,
      ]);
      expect((await bytesOf(other)).equals(segment.bytes), segment.name).to.equal(true);
      await other.content.discard();
    }
    expect(await readdir(folder.path(""))).to.deep.equal([]);
  });

  /** The same import twice: on this thread, and on others. All that came out must be the same. */
  async function expectSame(input: ArchiveInput, options: importArchive.Options = {}): Promise<ImportRemark[]> {
    const threads = startImportThreads();
    const here = await importArchive(input, options);
    const there = await importArchive(input, { ...options, threads });
    await threads.close();
    expect(there.remarks).to.deep.equal(here.remarks);
    for (const [index, segment] of [...here.segments, ...here.ownerOnly].entries()) {
      const other = [...there.segments, ...there.ownerOnly][index];
      if (other === undefined) throw new Error(`there is no segment ${segment.name}`);
      expect([other.name, other.records, other.from, other.to]).to.deep.equal([
        segment.name,
        segment.records,
        segment.from,
        segment.to,
      ]);
      expect((await bytesOf(other)).equals(await bytesOf(segment)), segment.name).to.equal(true);
    }
    return [...here.remarks];
  }

  it("behavior: repeats in one batch, across batches and across files are the same ones, whoever is done first", async () => {
    const many = Array.from({ length: 30_000 }, (_, index) =>
      tweet({ id_str: String(index % 17_000), full_text: `t ${index} ${"x".repeat(index % 300)}`, extra: index }),
    );
    const input = memoryArchive(
      {
        "data/account.js": ytd("account", [account]),
        "data/tweets.js": ytd("tweets", many),
        "data/tweets-part1.js": ytd("tweets", many.slice(0, 12_000), 1),
        "data/like.js": ytd("like", [{ like: { tweetId: "1", fullText: "a" } }, { like: {} }]),
      },
      2 ** 18,
    );
    const remarks = await expectSame(input);
    expect(remarks.find(({ reason }) => reason.startsWith("repeats"))?.count).to.equal(25_000);
  });

  it("behavior: a mailbox, with people under pseudonyms and mails twice", async () => {
    const mails = Buffer.concat([...generateMbox({ bytes: 9_000_000, kind: "mixed" })]);
    const input = memoryArchive(
      { "a.mbox": mails, "b.mbox": mails.subarray(0, mails.indexOf("\nFrom ", 5_000_000) + 1) },
      2 ** 18,
    );
    const key = new Uint8Array(32).fill(7);
    const remarks = await expectSame(input, { thirdParties: { policy: "pseudonymise", key } });
    expect(remarks.some(({ reason }) => reason.startsWith("repeats"))).to.equal(true);
    await expectSame(input, { thirdParties: { policy: "omit" } });
  });

  it("behavior: a health export whose records are interrupted", async () => {
    const [prolog = "", root = "", ...lines] = [
      ...appleHealthExport({ records: 24_000, workouts: 3, hasDoctype: false }),
    ];
    const records = lines.slice(0, 24_000).join("");
    const between =
      ' <Correlation type="C"><Record type="T" value="1"/></Correlation>\n<!-- <Record -->\n <Odd a="\'>"/>\n';
    const xml = `${prolog}${root}${records}${between}<Record type="with a comment"><!-- > --></Record>${records.slice(0, 1_000_000)}`;
    const cut = xml.lastIndexOf(" <Record");
    const input = memoryArchive({ "export.xml": `${xml.slice(0, cut)}${lines.slice(24_000).join("")}` }, 2 ** 18);
    const remarks = await expectSame(input);
    expect(remarks.map(({ reason }) => reason)).to.include("is of an unknown kind");
    expect(remarks.find(({ reason }) => reason.startsWith("repeats"))?.count).to.be.greaterThan(2_000);
  });

  it("error: the first in the file, whichever is found first", async () => {
    const half = ytd(
      "tweets",
      Array.from({ length: 60_000 }, (_, index) => tweet({ id_str: String(index) })),
    );
    const at = half.indexOf('"full_text"', half.length / 2);
    // Not JSON in the middle, and cut off at the end: the cutter sees the end long before a parser sees the middle.
    const broken = `${half.slice(0, at)}x${half.slice(at, -10)}`;
    const input = memoryArchive({ "data/account.js": ytd("account", [account]), "data/tweets.js": broken }, 2 ** 20);
    const threads = startImportThreads();
    const there = await expectError("EXPORT_INVALID", () => importArchive(input, { threads }));
    const here = await expectError("EXPORT_INVALID", () => importArchive(input));
    expect([there.message, there.data]).to.deep.equal([here.message, here.data]);
    expect(there.message).to.contain("not valid JSON");

    const tooMany = { limits: { maxRecords: 100 } };
    const whole = memoryArchive({ "data/account.js": ytd("account", [account]), "data/tweets.js": half }, 2 ** 20);
    await expectError("ARCHIVE_TOO_LARGE", () => importArchive(whole, { threads, ...tooMany }));
    const abort = new AbortController();
    const onProgress = () => abort.abort();
    await expectError("CANCELLED", () => importArchive(whole, { threads, onProgress, signal: abort.signal }));
    // And the threads are as good as new.
    expect((await importArchive(whole, { threads })).segments[1]?.records).to.equal(60_000);
    await threads.close();
    await expectError("INTERNAL", () => importArchive(whole, { threads }));
  });

  it("error: an import that fails leaves no open file; a folder that is not there", async () => {
    const open = async () => (await readdir("/proc/self/fd")).length;
    const threads = startImportThreads();
    const openSpool = createDiskSpools(folder.path(""));
    const whole = await importArchive(memoryArchive({ "data/account.js": ytd("account", [account]) }), {
      openSpool,
      threads,
    });
    for (const { content } of [...whole.segments, ...whole.ownerOnly]) await content.discard();
    const before = await open();
    const broken = memoryArchive({ "data/account.js": ytd("account", [account]), "data/tweets.js": "window.YTD" });
    await expectError("EXPORT_INVALID", () => importArchive(broken, { openSpool, threads }));
    expect(await open()).to.equal(before);

    await expectError("STORE_FAILED", () =>
      importArchive(memoryArchive({ "data/account.js": ytd("account", [account]) }), {
        openSpool: createDiskSpools(folder.path("missing")),
        threads,
      }),
    );
    await threads.close();
  });
});
