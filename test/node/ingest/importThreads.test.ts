import { readdir } from "node:fs/promises";
import { expect } from "chai";
import { createDiskSpools, startImportThreads } from "../../../node/src/ingest/index.ts";
import { importArchive, readArchive, type SpooledSegment } from "../../../sdk/src/ingest/index.ts";
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
