import { randomBytes } from "node:crypto";
import { openAsBlob } from "node:fs";
import { appendFile } from "node:fs/promises";
import { deflateRawSync, gzipSync, crc32 as zlibCrc32 } from "node:zlib";
import { expect } from "chai";
import type { OpenArchive } from "../../../../sdk/src/ingest/archive/index.ts";
import { crc32 } from "../../../../sdk/src/ingest/browser/crc32.ts";
import { importArchive, openBrowserArchive } from "../../../../sdk/src/ingest/index.ts";
import { rawZip } from "../../../node/ingest/rawZip.ts";
import { tarHeader } from "../../../node/ingest/tarHeader.ts";
import { temporaryFolder } from "../../../node/ingest/temporaryFolder.ts";
import { expectError } from "../expectError.ts";

const folder = temporaryFolder();

const fileOf = (name: string, bytes: string | Uint8Array): File =>
  new File([typeof bytes === "string" ? bytes : Uint8Array.from(bytes)], name);

/** A File of a folder that was chosen whole. */
function inFolder(path: string, bytes: string | Uint8Array): File {
  const name = path.slice(path.lastIndexOf("/") + 1);
  return Object.assign(fileOf(name, bytes), { webkitRelativePath: path });
}

async function textsOf(archive: OpenArchive): Promise<Record<string, string>> {
  const texts: Record<string, string> = {};
  for (const { path } of archive.entries()) {
    const pieces: Uint8Array[] = [];
    for await (const piece of archive.read(path, { maxBytes: 2 ** 30 })) pieces.push(Uint8Array.from(piece));
    texts[path] = Buffer.concat(pieces).toString();
  }
  await archive.close();
  return texts;
}

const opened = async (...files: Blob[]): Promise<Record<string, string>> => textsOf(await openBrowserArchive(files));

const padded = (text: string): Buffer => Buffer.from(text.padEnd(Math.ceil(text.length / 512) * 512, "\0"));
const long = randomBytes(1_500_000).toString("hex");
const tar = Buffer.concat([
  ...[tarHeader("data/a.txt", 5), padded("first")],
  ...[tarHeader("b.txt", long.length), padded(long)],
  Buffer.alloc(1024),
]);

// Zips: test/node/ingest/zipArchive.test.ts gives every case to this reader, too.
describe("openBrowserArchive", () => {
  it("default: a tar, in gzip or not, a file by itself, in gzip or not, and a Blob without a name", async () => {
    const files = { "data/a.txt": "first", "b.txt": long };
    expect(await opened(fileOf("a.tar", tar))).to.deep.equal(files);
    expect(await opened(fileOf("a.tgz", gzipSync(tar)))).to.deep.equal(files);
    expect(await opened(fileOf("a.mbox", "From x"))).to.deep.equal({ "a.mbox": "From x" });
    expect(await opened(fileOf("a.mbox.gz", gzipSync(long)))).to.deep.equal({ "a.mbox": long });
    expect(await opened(new Blob(["x"]))).to.deep.equal({ file: "x" });
    expect(await opened(fileOf("empty.csv", ""))).to.deep.equal({ "empty.csv": "" });
    expect(await opened(fileOf("a/b\\c:d\n.csv", "x"))).to.deep.equal({ "a_b_c_d_.csv": "x" });
  });

  it("behavior: several files are one export, and the files of a folder keep their paths", async () => {
    const zip = fileOf("1.zip", rawZip([{ name: "a.txt", data: "1" }]));
    const other = fileOf("2.zip", rawZip([{ name: "a.txt", data: "2" }]));
    expect(await opened(zip, other)).to.deep.equal({ "a.txt": "1", "part-2/a.txt": "2" });
    const chosen = [inFolder("export/data/b.js", "b"), inFolder("export/a.zip", "not opened"), zip];
    expect(await opened(...chosen)).to.deep.equal({ "a.zip": "not opened", "data/b.js": "b", "a.txt": "1" });
  });

  it("behavior: an import of a file, its beginnings read first", async () => {
    const archive = await openBrowserArchive([fileOf("x.ndjson.gz", gzipSync('{"a":1}\n'.repeat(3)))]);
    const { connector, segments } = await importArchive(archive);
    expect([connector, segments[0]?.records]).to.deep.equal(["ndjson", 3]);
  });

  it("error: hostile and damaged ones, as in Node", async () => {
    for (const [code, ...files] of [
      ["ARCHIVE_HOSTILE", fileOf("a.tar", Buffer.concat([tarHeader("../a", 0), Buffer.alloc(1024)]))],
      ["ARCHIVE_HOSTILE", fileOf("a.tar", Buffer.concat([tarHeader("a", 0, "2"), Buffer.alloc(1024)]))],
      ["ARCHIVE_HOSTILE", fileOf("a.gz", gzipSync(Buffer.alloc(20_000_000)))],
      ["ARCHIVE_HOSTILE", inFolder("x/../../a", "x")],
      ["ARCHIVE_HOSTILE", inFolder("x/a", "1"), inFolder("x/./a", "2")],
      ["ARCHIVE_NOT_ZIP", fileOf("a.tar", tar.subarray(0, 10_000))],
      ["ARCHIVE_NOT_ZIP", fileOf("a.tgz", gzipSync(tar).subarray(0, 5_000))],
      ["ARCHIVE_NOT_ZIP", fileOf("a.gz", Buffer.concat([gzipSync("one"), gzipSync("two")]))],
    ] as const) {
      await expectError(code, () => opened(...files));
    }
    const limits = { maxEntryBytes: 5, maxEntries: 1 };
    const refuse = (...files: File[]) => openBrowserArchive(files, { limits });
    await expectError("ARCHIVE_TOO_LARGE", () => refuse(fileOf("a", "123456")));
    await expectError("ARCHIVE_TOO_LARGE", () => refuse(inFolder("x/a", "123456")));
    await expectError("ARCHIVE_HOSTILE", () => refuse(inFolder("x/a", "1"), inFolder("x/b", "1")));
    const small = await openBrowserArchive([inFolder("x/a", "1234")], { limits: { maxTotalBytes: 3 } });
    await expectError("ARCHIVE_TOO_LARGE", () => textsOf(small));
  });

  it("error: a file that was changed after it was chosen, and a reader that stops", async () => {
    const path = await folder.write("a.csv", "a;b\n".repeat(100));
    const archive = await openBrowserArchive([await openAsBlob(path)]);
    await appendFile(path, "more");
    await expectError("ARCHIVE_NOT_FOUND", () => textsOf(archive));

    const packed = deflateRawSync(Buffer.from(long));
    const zip = await openBrowserArchive([fileOf("a.zip", rawZip([{ name: "a", packed, data: long }]))]);
    for await (const _ of zip.read("a", { maxBytes: 1e9 })) break;
    const stop = new AbortController();
    await expectError("CANCELLED", async () => {
      for await (const _ of zip.read("a", { maxBytes: 1e9, signal: stop.signal })) stop.abort();
    });
    await expectError("CANCELLED", () =>
      openBrowserArchive([fileOf("a.zip", rawZip([{ name: "a" }]))], { signal: AbortSignal.abort() }),
    );
  });

  it("default: crc32 is zlib's, at every length and offset, in pieces", () => {
    const bytes = Uint8Array.from({ length: 100 }, (_, index) => (index * 7919) % 251);
    for (let length = 0; length < 40; length++) {
      const part = bytes.subarray(length % 9, (length % 9) + length);
      expect(crc32(part)).to.equal(zlibCrc32(part));
      expect(crc32(bytes, crc32(part))).to.equal(zlibCrc32(bytes, zlibCrc32(part)));
    }
  });
});
