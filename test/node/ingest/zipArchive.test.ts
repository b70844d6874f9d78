import { createReadStream, readdirSync } from "node:fs";
import { mkdir, truncate } from "node:fs/promises";
import { crc32, createDeflateRaw, deflateRawSync } from "node:zlib";
import { expect } from "chai";
import { ZipFile } from "yazl";
import { type ArchiveLimits, type OpenArchive, openZipArchive } from "../../../node/src/ingest/index.ts";
import type { ErrorCode } from "../../../sdk/src/errors/index.ts";
import { openBrowserArchive } from "../../../sdk/src/ingest/index.ts";
import { expectError } from "../../sdk/ingest/expectError.ts";
import { type RawEntry, type RawZipOptions, rawZip, unicodePathExtra } from "./rawZip.ts";
import { temporaryFolder } from "./temporaryFolder.ts";

const folder = temporaryFolder();

type Case = { readonly options?: RawZipOptions; readonly limits?: Partial<ArchiveLimits>; readonly maxBytes?: number };

const openNamed = (bytes: Uint8Array, limits: Case["limits"]) =>
  openBrowserArchive([new File([Uint8Array.from(bytes)], "a.zip")], { limits });
/** Both readers of zips: they judge by the same code, and each reads the bytes by its own. */
const readers: readonly ((bytes: Uint8Array, limits: Case["limits"]) => Promise<OpenArchive>)[] = [
  async (bytes, limits) => openZipArchive(await folder.write("a.zip", bytes), { limits }),
  openNamed,
];

/** Opens a zip and reads all of its files. */
async function readAll(bytes: Uint8Array, options: Case = {}): Promise<Record<string, string>> {
  const results = [];
  for (const open of readers) results.push(await readWith(open, bytes, options));
  expect(results[1]).to.deep.equal(results[0]);
  return results[0] ?? {};
}

async function readWith(
  open: (typeof readers)[number],
  bytes: Uint8Array,
  { limits, maxBytes = 2 ** 40 }: Case,
): Promise<Record<string, string>> {
  const archive = await open(bytes, limits);
  try {
    const texts: Record<string, string> = {};
    for (const { path, size } of archive.entries()) {
      const chunks = await Array.fromAsync(archive.read(path, { maxBytes }));
      const text = Buffer.concat(chunks).toString();
      expect(Buffer.byteLength(text)).to.equal(size);
      texts[path] = text;
    }
    return texts;
  } finally {
    await archive.close();
  }
}

const zipped = (entries: readonly RawEntry[], options: Case = {}) => readAll(rawZip(entries, options.options), options);
/** By both. @param inBrowser where its stream cannot tell one kind of damage from another */
async function refusedBytes(code: ErrorCode, bytes: Uint8Array, options: Case = {}, inBrowser = code): Promise<void> {
  for (const [index, open] of readers.entries()) {
    await expectError(index === 0 ? code : inBrowser, () => readWith(open, bytes, options));
  }
}
const refused = (code: ErrorCode, entries: readonly RawEntry[], options: Case = {}, inBrowser = code) =>
  refusedBytes(code, rawZip(entries, options.options), options, inBrowser);
/** Refused when it is opened, before any file is read. */
async function refusedAtOpen(code: ErrorCode, entries: readonly RawEntry[], options: Case = {}) {
  const bytes = rawZip(entries, options.options);
  await expectError(code, async () => (await openNamed(bytes, options.limits)).close());
  return expectError(code, async () =>
    (await openZipArchive(await folder.write("a.zip", bytes), { limits: options.limits })).close(),
  );
}

const openFiles = () => readdirSync("/proc/self/fd").length;

describe("openZipArchive", () => {
  it("default", async () => {
    const texts = await zipped([
      { name: "data/", method: 0 },
      { name: "data/a.js", data: "a".repeat(1000) },
      { name: "data/b.js", data: "b", method: 0 },
      { name: "empty", data: "" },
    ]);
    expect(texts).to.deep.equal({ "data/a.js": "a".repeat(1000), "data/b.js": "b", empty: "" });
  });

  it("behavior: names in UTF-8, in cp437, with ./ and empty parts", async () => {
    expect(
      Object.keys(
        await zipped([
          { name: "data/blåbær 🐟.js" },
          { name: Buffer.from([0x61, 0x81]), flags: 0 },
          { name: "./x//y.js" },
        ]),
      ),
    ).to.deep.equal(["data/blåbær 🐟.js", "aü", "x/y.js"]);
  });

  it("behavior: zip64, made here and by yazl", async () => {
    expect(
      await zipped(
        [
          { name: "a", data: "one" },
          { name: "b", data: "two" },
        ],
        { options: { zip64: true } },
      ),
    ).to.deep.equal({ a: "one", b: "two" });
    const zip = new ZipFile();
    zip.addBuffer(Buffer.from("one"), "a", { forceZip64Format: true });
    zip.addReadStream(createReadStream(new URL(import.meta.url)), "streamed", { forceZip64Format: true });
    zip.end({ forceZip64Format: true, comment: "" });
    const chunks = await Array.fromAsync(zip.outputStream as AsyncIterable<Buffer>);
    const texts = await readAll(Buffer.concat(chunks));
    expect(texts.a).to.equal("one");
    expect(texts.streamed).to.contain("openZipArchive");
  });

  it("behavior: a comment, two reads of one file at once, reading again", async () => {
    const data = "x".repeat(700_000);
    const archive = await openZipArchive(
      await folder.write("c.zip", rawZip([{ name: "a", data }], { comment: Buffer.from("hello") })),
    );
    const [one, two] = await Promise.all([1, 2].map(() => Array.fromAsync(archive.read("a", { maxBytes: 1e6 }))));
    expect(Buffer.concat(one ?? []).equals(Buffer.concat(two ?? []))).to.equal(true);
    expect(Buffer.concat(await Array.fromAsync(archive.read("a", { maxBytes: 1e6 }))).length).to.equal(data.length);
    await archive.close();
    await archive.close();
  });

  it("behavior: leaves no file open, whatever happens", async () => {
    await zipped([{ name: "a", data: "x" }]);
    const before = openFiles();
    await refused("ARCHIVE_HOSTILE", [{ name: "../a" }]);
    await refused("ARCHIVE_NOT_ZIP", [{ name: "a", data: "x", crc: 1 }]);
    await refusedBytes("ARCHIVE_NOT_ZIP", Buffer.from("no zip"));
    const archive = await openZipArchive(await folder.write("d.zip", rawZip([{ name: "a", data: "x".repeat(1e6) }])));
    for await (const _ of archive.read("a", { maxBytes: 1e6 })) break;
    await archive.close();
    expect(openFiles()).to.equal(before);
  });

  describe("what is no zip", () => {
    it("error: no file there", async () => {
      const error = await expectError("ARCHIVE_NOT_FOUND", () => openZipArchive(folder.path("missing.zip")));
      expect(error.data.path).to.equal(folder.path("missing.zip"));
      await expectError("ARCHIVE_NOT_FOUND", () => openZipArchive(`${folder.path("a.zip")}/b.zip`));
    });

    it("error: a folder", async () => {
      await mkdir(folder.path("folder"));
      await expectError("ARCHIVE_NOT_ZIP", () => openZipArchive(folder.path("folder")));
    });

    it("error: other bytes", async () => {
      for (const bytes of ["", "P", "PK\u0003\u0004", "%PDF-1.7", "x".repeat(100_000)]) {
        await refusedBytes("ARCHIVE_NOT_ZIP", Buffer.from(bytes));
      }
    });

    it("error: cut off at 20 places, at the front or the back", async () => {
      const whole = rawZip([
        { name: "data/tweets.js", data: "x".repeat(5000), method: 0 },
        { name: "data/like.js", data: "y".repeat(500) },
      ]);
      for (let cut = 1; cut <= 20; cut++) {
        const at = Math.floor((whole.length * cut) / 21);
        await refusedBytes("ARCHIVE_NOT_ZIP", whole.subarray(0, at));
        await refusedBytes("ARCHIVE_NOT_ZIP", whole.subarray(at));
      }
      await refusedBytes("ARCHIVE_NOT_ZIP", whole.subarray(0, -1));
      await refusedBytes("ARCHIVE_NOT_ZIP", Buffer.concat([whole, Buffer.from("more")]));
    });

    it("error: cut off while it is read", async () => {
      const data = Buffer.from(Array.from({ length: 500_000 }, (_, index) => (index * 7919) % 251));
      const path = await folder.write("e.zip", rawZip([{ name: "a", data, method: 0 }]));
      const archive = await openZipArchive(path);
      const chunks = archive.read("a", { maxBytes: 1e6 })[Symbol.asyncIterator]();
      await chunks.next();
      await truncate(path, 1000);
      await expectError("ARCHIVE_NOT_ZIP", async () => {
        while ((await chunks.next()).done !== true);
      });
      await archive.close();
    });

    it("error: a wrong checksum, a broken stream, a packing that nobody knows", async () => {
      await refused("ARCHIVE_NOT_ZIP", [{ name: "a", data: "hello", crc: 0x12345678 }]);
      await refused("ARCHIVE_NOT_ZIP", [{ name: "a", data: "hello", method: 0, crc: 0 }]);
      await refused("ARCHIVE_NOT_ZIP", [{ name: "a", size: 100, packed: Buffer.alloc(100, 0xff) }]);
      const whole = deflateRawSync(Buffer.alloc(1000, 1));
      await refused("ARCHIVE_NOT_ZIP", [{ name: "a", size: 1000, packed: whole.subarray(0, whole.length - 3) }]);
      for (const method of [1, 9, 12, 14, 93, 98]) await refused("ARCHIVE_NOT_ZIP", [{ name: "a", data: "x", method }]);
    });

    it("error: a count or offset that the file does not hold", async () => {
      await refusedAtOpen("ARCHIVE_NOT_ZIP", [{ name: "a" }], { options: { entryCount: 2 } });
      const wrong = rawZip([{ name: "a" }], { zip64: true });
      wrong.writeBigUInt64LE(2n ** 63n, wrong.length - 22 - 20 - 56 + 48);
      await refusedBytes("ARCHIVE_NOT_ZIP", wrong);
    });
  });

  describe("passwords", () => {
    it("error: encrypted entries", async () => {
      await refusedAtOpen("ARCHIVE_ENCRYPTED", [{ name: "a" }, { name: "b", data: "secret", flags: 0x801 }]);
      await refusedAtOpen("ARCHIVE_ENCRYPTED", [{ name: "b", data: "secret", flags: 0x841 }]);
      await refusedAtOpen("ARCHIVE_ENCRYPTED", [{ name: "b", data: "secret", method: 99 }]);
      await refused("ARCHIVE_ENCRYPTED", [{ name: "b", data: "secret", localFlags: 0x801 }]);
    });

    it("error: the stored bytes of an encrypted entry are 12 longer", async () => {
      await refusedAtOpen("ARCHIVE_ENCRYPTED", [
        { name: "b", method: 0, flags: 1, packed: Buffer.alloc(112), size: 100 },
      ]);
    });
  });

  describe("hostile", () => {
    it("error: names that lead outside or are no names", async () => {
      const names = [
        "../a",
        "data/../../a",
        "data/..",
        "/etc/passwd",
        "//host/share",
        "C:/a",
        "c:a",
        "..\\a",
        "data\\tweets.js",
        "\\\\host\\a",
        "a\u0000.js",
        "a\u001b[2J",
        "a\n.js",
        "",
        ".",
        "x".repeat(1025),
        "a/".repeat(600),
      ];
      for (const name of names) {
        const error = await refusedAtOpen("ARCHIVE_HOSTILE", [{ name }]);
        // A terminal must not be given what the archive says.
        expect(error.message.replaceAll("\n", "")).not.to.match(/\p{Cc}/u);
      }
      await refusedAtOpen("ARCHIVE_HOSTILE", [{ name: "fine.js", extra: unicodePathExtra("fine.js", "../evil.js") }]);
    });

    it("error: links, devices, pipes", async () => {
      for (const kind of [0o120777, 0o060666, 0o020666, 0o010666, 0o140666]) {
        await refusedAtOpen("ARCHIVE_HOSTILE", [
          { name: "data/tweets.js", data: "/etc/passwd", externalAttributes: kind * 0x10000 },
        ]);
      }
    });

    it("error: two files of one name", async () => {
      await refusedAtOpen("ARCHIVE_HOSTILE", [
        { name: "data/tweets.js", data: "1" },
        { name: "data/tweets.js", data: "2" },
      ]);
      await refusedAtOpen("ARCHIVE_HOSTILE", [
        { name: "data/tweets.js", data: "1" },
        { name: "./data//tweets.js", data: "2" },
      ]);
      await refusedAtOpen("ARCHIVE_HOSTILE", [
        { name: "b.js", data: "1" },
        { name: "a.js", data: "2", extra: unicodePathExtra("a.js", "b.js") },
      ]);
      await refusedAtOpen("ARCHIVE_HOSTILE", [
        { name: "data", data: "1" },
        { name: "data/", method: 0 },
      ]);
    });

    it("error: 200,000 entries", async function () {
      this.timeout(20_000);
      const bytes = rawZip(
        Array.from({ length: 200_000 }, (_, index) => ({
          name: `data/tweets_media/${index}.jpg`,
          method: 0,
          directoryOnly: true,
          headerOffset: 0,
        })),
      );
      const path = await folder.write("many.zip", bytes);
      const started = performance.now();
      await expectError("ARCHIVE_HOSTILE", () => openZipArchive(path));
      expect(performance.now() - started).to.be.lessThan(1000);
    });

    it("behavior: 90,000 honest entries open in seconds", async function () {
      this.timeout(20_000);
      const path = await folder.write(
        "many.zip",
        rawZip(Array.from({ length: 90_000 }, (_, index) => ({ name: `data/tweets_media/${index}.jpg`, method: 0 }))),
      );
      const started = performance.now();
      const archive = await openZipArchive(path);
      expect(archive.entries()).to.have.length(90_000);
      await archive.close();
      expect(performance.now() - started).to.be.lessThan(8000);
    });

    it("error: more or less data than declared", async () => {
      const data = "x".repeat(3000);
      await refused("ARCHIVE_HOSTILE", [{ name: "a", data, size: 10, crc: crc32("x".repeat(10)) }]);
      await refused("ARCHIVE_HOSTILE", [{ name: "a", data, size: 4000 }]);
      await refusedAtOpen("ARCHIVE_HOSTILE", [{ name: "a", data, method: 0, size: 10 }]);
      await refused("ARCHIVE_HOSTILE", [{ name: "a", data, localSize: 99 }]);
      await refused("ARCHIVE_HOSTILE", [{ name: "a", data, localMethod: 0 }]);
      await refused("ARCHIVE_HOSTILE", [{ name: "a", data, localName: "b" }]);
      const hidden = Buffer.concat([deflateRawSync(Buffer.from(data)), Buffer.from("hidden")]);
      await refused("ARCHIVE_HOSTILE", [{ name: "a", data, packed: hidden }], {}, "ARCHIVE_NOT_ZIP");
      await refusedAtOpen("ARCHIVE_HOSTILE", [{ name: "folder/", data }]);
    });

    it("error: a bomb by its ratio", async () => {
      const data = Buffer.alloc(20 * 2 ** 20);
      const error = await refusedAtOpen("ARCHIVE_HOSTILE", [{ name: "data/tweets.js", data }]);
      expect(error.data.bytes).to.equal(data.length);
      expect(Object.keys(await zipped([{ name: "a", data: Buffer.alloc(2 ** 20) }]))).to.deep.equal(["a"]);
    });

    it("error: a bomb of many small files", async () => {
      const packed = deflateRawSync(Buffer.alloc(2 ** 20));
      const bomb = Array.from({ length: 100 }, (_, index) => ({
        name: `data/tweets-part${index}.js`,
        packed,
        size: 2 ** 20,
        crc: 0,
      }));
      await refusedAtOpen("ARCHIVE_HOSTILE", bomb);
    });

    it("error: a bomb that declares little", async () => {
      const packed = deflateRawSync(Buffer.alloc(50 * 2 ** 20));
      await refused("ARCHIVE_HOSTILE", [{ name: "a", packed, size: 1000, crc: 0 }]);
    });

    it("error: entries that share one file's bytes", async () => {
      const kernel = { name: "0.js", data: "x".repeat(1e6) };
      const packedSize = deflateRawSync(Buffer.from(kernel.data)).length;
      const shared = Array.from({ length: 20 }, (_, index) => ({
        name: `${index + 1}.js`,
        size: 1e6,
        packedSize,
        directoryOnly: true,
        headerOffset: 0,
      }));
      await refusedAtOpen("ARCHIVE_HOSTILE", [kernel, ...shared]);
    });

    it("error: entries that quote each other's headers", async () => {
      // Of Fifield's "better zip bomb": a's data is a stored block that holds the header of b, followed by b's own data.
      const b = rawZip([{ name: "b", data: "x".repeat(100_000) }]);
      const bPacked = deflateRawSync(Buffer.from("x".repeat(100_000)));
      const header = b.subarray(0, 31);
      const quote = Buffer.from([0, header.length, 0, ~header.length & 0xff, 0xff]);
      const packed = Buffer.concat([quote, header, bPacked]);
      const a: RawEntry = { name: "a", packed, size: header.length + 100_000 };
      const inner: RawEntry = {
        name: "b",
        data: "x".repeat(100_000),
        directoryOnly: true,
        headerOffset: 31 + quote.length,
      };
      await refusedAtOpen("ARCHIVE_HOSTILE", [a, inner]);
    });

    it("error: an overlap that only the local header shows", async () => {
      const entries: RawEntry[] = [
        { name: "a", data: "aaaa", method: 0, localExtra: Buffer.alloc(8) },
        { name: "b", data: "bbbb", method: 0 },
      ];
      expect(await zipped(entries)).to.deep.equal({ a: "aaaa", b: "bbbb" });
      const bytes = rawZip(entries);
      bytes.writeUInt16LE(12, 28);
      await refusedBytes("ARCHIVE_HOSTILE", bytes);
    });

    it("error: data that runs into the directory", async () => {
      await refusedAtOpen("ARCHIVE_HOSTILE", [{ name: "a", data: "x", method: 0, size: 100, packedSize: 100 }]);
      await refusedAtOpen("ARCHIVE_HOSTILE", [{ name: "a", data: "x", headerOffset: 2 ** 40 }]);
    });
  });

  describe("limits", () => {
    const fourGiB = { limits: { maxEntryBytes: 4 * 2 ** 30 } };

    it("error: without a limit of one's own, 10 GB are refused by what they are packed to, and 65 GiB by their size", async () => {
      await refusedAtOpen("ARCHIVE_HOSTILE", [{ name: "a", data: "x", size: 10 * 2 ** 30 }]);
      await refusedAtOpen("ARCHIVE_TOO_LARGE", [{ name: "a", data: "x", size: 65 * 2 ** 30 }]);
    });

    it("error: a member of 10 GB, before anything is read", async () => {
      const declared: RawEntry = { name: "data/tweets.js", data: "x", size: 10 * 2 ** 30 };
      const error = await refusedAtOpen("ARCHIVE_TOO_LARGE", [declared], fourGiB);
      expect(error.data.bytes).to.equal(10 * 2 ** 30);
    });

    it("error: a real member of 10 GB of zeros", async function () {
      this.timeout(20_000);
      // Deflate of zeros repeats itself: 10 MB of it, not 10 GB of work.
      const deflate = createDeflateRaw({ level: 9 });
      const chunks = Array.fromAsync(deflate as AsyncIterable<Buffer>);
      for (let index = 0; index < 64; index++) deflate.write(Buffer.alloc(2 ** 20));
      deflate.end();
      const packed = Buffer.concat(await chunks);
      await refusedAtOpen(
        "ARCHIVE_TOO_LARGE",
        [{ name: "data/tweets.js", packed, size: 10 * 2 ** 30, crc: 0 }],
        fourGiB,
      );
    });

    it("error: larger than the reader wants, before and while reading", async () => {
      await refused("ARCHIVE_TOO_LARGE", [{ name: "a", data: "x".repeat(100) }], { maxBytes: 99 });
      await refused("ARCHIVE_HOSTILE", [{ name: "a", data: "x".repeat(1e6), size: 50, crc: 0 }], { maxBytes: 99 });
    });

    it("error: all reads together", async () => {
      const entries = [1, 2, 3].map((index) => ({ name: String(index), data: "x".repeat(1000) }));
      await refused("ARCHIVE_TOO_LARGE", entries, { limits: { maxTotalBytes: 2500 } });
      await zipped(entries, { limits: { maxTotalBytes: 3000 } });
    });

    it("error: limits of the caller's own", async () => {
      await refusedAtOpen("ARCHIVE_TOO_LARGE", [{ name: "a", data: "xx" }], { limits: { maxEntryBytes: 1 } });
      await refusedAtOpen("ARCHIVE_HOSTILE", [{ name: "a" }, { name: "b" }], { limits: { maxEntries: 1 } });
    });
  });

  it("error: cancelled", async () => {
    const path = await folder.write("f.zip", rawZip([{ name: "a", data: Buffer.alloc(1e6, "ab"), method: 0 }]));
    await expectError("CANCELLED", () => openZipArchive(path, { signal: AbortSignal.abort() }));
    const archive = await openZipArchive(path);
    const controller = new AbortController();
    await expectError("CANCELLED", async () => {
      for await (const _ of archive.read("a", { maxBytes: 1e6, signal: controller.signal })) controller.abort();
    });
    await archive.close();
  });

  it("error: an unknown path, a closed archive", async () => {
    const archive = await openZipArchive(await folder.write("g.zip", rawZip([{ name: "a", data: "x" }])));
    await expectError("INTERNAL", () => Array.fromAsync(archive.read("b", { maxBytes: 1 })));
    await archive.close();
    await expectError("INTERNAL", () => Array.fromAsync(archive.read("a", { maxBytes: 1 })));
  });
});
