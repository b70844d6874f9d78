import { open } from "node:fs/promises";
import { crc32, createDeflateRaw, deflateRawSync } from "node:zlib";
import { expect } from "chai";
import { openZipArchive } from "../../../node/src/ingest/index.ts";
import { readArchive } from "../../../sdk/src/ingest/index.ts";
import { expectError } from "../../sdk/ingest/expectError.ts";
import { type RawEntry, rawZip } from "./rawZip.ts";
import { temporaryFolder } from "./temporaryFolder.ts";

const folder = temporaryFolder();
const MiB = 2 ** 20;

/** `head`, then `megabytes` of `filler`, then `tail`; packed without ever being whole. */
async function largeEntry(
  name: string,
  head: string,
  filler: Buffer,
  megabytes: number,
  tail: string,
): Promise<RawEntry> {
  const deflate = createDeflateRaw({ level: 1 });
  const packed = Array.fromAsync(deflate as AsyncIterable<Buffer>);
  let crc = 0;
  let size = 0;
  for (const piece of [Buffer.from(head), ...Array.from({ length: megabytes }, () => filler), Buffer.from(tail)]) {
    crc = crc32(piece, crc);
    size += piece.length;
    if (!deflate.write(piece)) await new Promise((resolve) => deflate.once("drain", resolve));
  }
  deflate.end();
  return { name, packed: Buffer.concat(await packed), size, crc };
}

/** Bytes by which the process grew at most while `work` ran. */
async function growth(work: (sample: () => void) => Promise<unknown>): Promise<number> {
  const before = process.memoryUsage().rss;
  let peak = before;
  const sample = () => {
    peak = Math.max(peak, process.memoryUsage().rss);
  };
  const timer = setInterval(sample, 5);
  try {
    await work(sample);
  } finally {
    clearInterval(timer);
  }
  sample();
  return peak - before;
}

describe("memory of an import", function () {
  this.timeout(120_000);

  const opened = async (entry: RawEntry) =>
    openZipArchive(await folder.write("large.zip", rawZip([entry])), { limits: { maxRatio: 5000 } });

  it("behavior: a file of 300 MB of nothing", async () => {
    const archive = await opened(
      await largeEntry("data/tweets.js", "window.YTD.tweets.part0 = [", Buffer.alloc(MiB, " "), 300, "]"),
    );
    const grown = await growth(async (sample) => {
      const { segments } = await readArchive(archive, { onProgress: sample });
      expect(segments[1]?.records).to.equal(0);
    });
    await archive.close();
    console.log(`      grew by ${(grown / MiB).toFixed(0)} MiB`);
    expect(grown).to.be.lessThan(100 * MiB);
  });

  it("behavior: 300 MB of records that repeat one id", async () => {
    const record = `{"tweet":{"id_str":"1","full_text":"${"x".repeat(900)}"}},\n`;
    const filler = Buffer.from(record.repeat(Math.floor(MiB / record.length)));
    const archive = await opened(
      await largeEntry("data/tweets.js", "window.YTD.tweets.part0 = [", filler, 300, record.replace(",\n", "]")),
    );
    const grown = await growth(async (sample) => {
      const { segments } = await readArchive(archive, { onProgress: sample });
      expect(segments[1]?.records).to.equal(1);
    });
    await archive.close();
    console.log(`      grew by ${(grown / MiB).toFixed(0)} MiB`);
    expect(grown).to.be.lessThan(100 * MiB);
  });

  it("error: one record of 300 MB", async () => {
    const archive = await opened(
      await largeEntry(
        "data/tweets.js",
        'window.YTD.tweets.part0 = [{"tweet":{"id_str":"1","full_text":"',
        Buffer.alloc(MiB, "x"),
        300,
        '"}}]',
      ),
    );
    const grown = await growth(() => expectError("EXPORT_INVALID", () => readArchive(archive)));
    await archive.close();
    expect(grown).to.be.lessThan(100 * MiB);
  });

  it("error: a bomb of 300 MB that declares 1 kB, or its size", async () => {
    const packed = deflateRawSync(Buffer.alloc(300 * MiB));
    const liar = await opened({ name: "data/tweets.js", packed, size: 1000, crc: 0 });
    const grown = await growth(() => expectError("ARCHIVE_HOSTILE", () => readArchive(liar)));
    await liar.close();
    expect(grown).to.be.lessThan(100 * MiB);
    const path = await folder.write("bomb.zip", rawZip([{ name: "data/tweets.js", packed, size: 300 * MiB, crc: 0 }]));
    await expectError("ARCHIVE_HOSTILE", () => openZipArchive(path));
  });

  it("error: a zip of 5 GB, nearly all of it hole, is judged by its last bytes", async () => {
    const path = folder.path("hole.zip");
    const file = await open(path, "w");
    await file.truncate(5 * 2 ** 30);
    await file.close();
    const grown = await growth(() => expectError("ARCHIVE_NOT_ZIP", () => openZipArchive(path)));
    expect(grown).to.be.lessThan(20 * MiB);
  });
});
