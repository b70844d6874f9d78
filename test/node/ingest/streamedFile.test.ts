import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdir, symlink, writeFile } from "node:fs/promises";
import { gzipSync } from "node:zlib";
import { expect } from "chai";
import { combineArchives, type OpenArchive, openArchive } from "../../../node/src/ingest/index.ts";
import { expectError } from "../../sdk/ingest/expectError.ts";
import { tarHeader as header } from "./tarHeader.ts";
import { temporaryFolder } from "./temporaryFolder.ts";

const folder = temporaryFolder();

async function textOf(archive: OpenArchive, path: string): Promise<string> {
  const pieces: Uint8Array[] = [];
  for await (const piece of archive.read(path, { maxBytes: 2 ** 30 })) pieces.push(Uint8Array.from(piece));
  return Buffer.concat(pieces).toString();
}

const long = `${"a very long folder name/".repeat(6)}file.txt`;
const big = randomBytes(800_000).toString("hex");

/** Packed by the system's tar. */
async function tarOf(name: string, ...flags: readonly string[]): Promise<string> {
  const root = folder.path(`${name}-content`);
  await mkdir(`${root}/data`, { recursive: true });
  await mkdir(`${root}/${long.slice(0, long.lastIndexOf("/"))}`, { recursive: true });
  await writeFile(`${root}/data/a.txt`, "first");
  await writeFile(`${root}/data/b.txt`, big);
  await writeFile(`${root}/data/empty.txt`, "");
  await writeFile(`${root}/${long}`, "long name");
  await writeFile(`${root}/øl.txt`, "ø");
  const path = folder.path(name);
  execFileSync("tar", [...flags, "-cf", path, "-C", root, "."]);
  return path;
}

describe("openStreamedFile", () => {
  it("adversarial: small files behind a large one are read twice at the price of once, and not for days", async () => {
    const file = (name: string, content: Buffer) =>
      Buffer.concat([header(name, content.length), content, Buffer.alloc((512 - (content.length % 512)) % 512)]);
    const tar = Buffer.concat([
      file("big", Buffer.from(big)),
      ...["a", "b"].map((name) => file(name, Buffer.from(name))),
      Buffer.alloc(1024),
    ]);
    const path = folder.path("behind.tgz");
    await writeFile(path, gzipSync(tar));
    const archive = await openArchive(path, { limits: { maxTotalBytes: 100 } });
    for (let times = 0; times < 50; times++) expect(await textOf(archive, "b")).to.equal("b");
    const error = await expectError("ARCHIVE_TOO_LARGE", async () => {
      for (let times = 0; times < 40; times++) await textOf(archive, times % 2 === 0 ? "a" : "b");
    });
    expect(error.message).to.contain("unpacked again");
    await archive.close();
  });

  for (const [name, flags] of [
    ["gnu.tar", ["--format=gnu"]],
    ["pax.tar", ["--format=pax"]],
    ["ustar.tar", ["--format=ustar"]],
    ["gnu.tar.gz", ["--format=gnu", "-z"]],
    ["pax.tgz", ["--format=pax", "-z"]],
  ] as const) {
    it(`default: ${name}, in its order and against it`, async () => {
      const archive = await openArchive(await tarOf(name, ...flags));
      const sizes = new Map(archive.entries().map(({ path, size }) => [path, size]));
      expect([...sizes.keys()].sort()).to.deep.equal([long, "data/a.txt", "data/b.txt", "data/empty.txt", "øl.txt"]);
      expect(sizes.get("data/b.txt")).to.equal(big.length);
      for (const path of [...sizes.keys(), ...[...sizes.keys()].reverse()]) {
        expect((await textOf(archive, path)).length).to.equal(path === "øl.txt" ? 1 : sizes.get(path));
      }
      expect(await textOf(archive, long)).to.equal("long name");
      // A look at the beginning leaves nothing behind that disturbs the next reader.
      for await (const piece of archive.read("data/b.txt", { maxBytes: big.length })) {
        expect(piece.length).to.be.greaterThan(0);
        break;
      }
      expect(await textOf(archive, "data/b.txt")).to.equal(big);
      await archive.close();
    });
  }

  it("behavior: one file by itself, packed by gzip, or behind a link", async () => {
    const plain = await folder.write("mail.mbox", "From x");
    await symlink(plain, folder.path("linked.mbox"));
    for (const [path, name] of [
      [plain, "mail.mbox"],
      [folder.path("linked.mbox"), "linked.mbox"],
      [await folder.write("mail.mbox.gz", gzipSync("From x")), "mail.mbox"],
    ] as const) {
      const archive = await openArchive(path);
      expect(archive.entries()).to.deep.equal([{ path: name, size: 6 }]);
      expect(await textOf(archive, name)).to.equal("From x");
      await archive.close();
    }
    const empty = await openArchive(await folder.write("empty.csv", ""));
    expect(empty.entries()).to.deep.equal([{ path: "empty.csv", size: 0 }]);
  });

  it("behavior: several files as one", async () => {
    const parts = [
      await folder.write("1.tar", Buffer.concat([header("a.txt", 1), Buffer.from("1".padEnd(512, "\0"))])),
      await folder.write("2.tar", Buffer.concat([header("a.txt", 1), Buffer.from("2".padEnd(512, "\0"))])),
      await folder.write("b.txt", "3"),
    ];
    const whole = combineArchives(await Promise.all(parts.map((path) => openArchive(path))));
    expect(whole.entries().map(({ path }) => path)).to.deep.equal(["a.txt", "part-2/a.txt", "b.txt"]);
    expect(await textOf(whole, "part-2/a.txt")).to.equal("2");
    await whole.close();
  });

  it("error: a path outside, a link, a device, two files of one name", async () => {
    for (const [index, bytes] of [
      header("../evil.txt", 0),
      header("/etc/passwd", 0),
      header("link", 0, "2"),
      header("hard", 0, "1"),
      header("pipe", 0, "6"),
      Buffer.concat([header("same", 0), header("same", 0)]),
      Buffer.concat([header("././@LongLink", 2 ** 20, "L"), Buffer.alloc(2 ** 20)]),
    ].entries()) {
      await expectError("ARCHIVE_HOSTILE", async () => openArchive(await folder.write(`hostile${index}.tar`, bytes)));
    }
  });

  it("error: damaged, cut off, of an unknown kind", async () => {
    const good = Buffer.concat([header("a.txt", 600), Buffer.alloc(1024), Buffer.alloc(1024)]);
    const broken = Buffer.concat([good.subarray(0, 1536), Buffer.from(header("b.txt", 1)).fill("x", 0, 50)]);
    for (const [index, bytes] of [
      good.subarray(0, 900),
      broken,
      header("sparse", 0, "S"),
      gzipSync(good).subarray(0, 30),
    ].entries()) {
      await expectError("ARCHIVE_NOT_ZIP", async () => openArchive(await folder.write(`broken${index}.tar`, bytes)));
    }
  });

  it("error: a bomb, a file above the limit, a size that no number is", async () => {
    const bomb = await folder.write("bomb.gz", gzipSync(Buffer.alloc(20_000_000)));
    await expectError("ARCHIVE_HOSTILE", () => openArchive(bomb));
    const limits = { maxEntryBytes: 5 };
    await expectError("ARCHIVE_TOO_LARGE", async () => openArchive(await folder.write("six", "123456"), { limits }));
    const huge = header("a", 0);
    huge.fill(0xff, 124, 136);
    huge.write(" ".repeat(8), 148);
    huge.write(
      `${huge
        .reduce((total, byte) => total + byte, 0)
        .toString(8)
        .padStart(6, "0")}\0 `,
      148,
    );
    await expectError("ARCHIVE_HOSTILE", async () => openArchive(await folder.write("huge.tar", huge)));
  });
});
