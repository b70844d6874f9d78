import { readdir, readFile, readlink } from "node:fs/promises";
import { expect } from "chai";
import { createDiskSpools } from "../../../node/src/ingest/index.ts";
import { expectError } from "../../sdk/ingest/expectError.ts";
import { temporaryFolder } from "./temporaryFolder.ts";

const folder = temporaryFolder();
const secret = "canary of a spool 7f3a";

async function collect(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of source) pieces.push(Uint8Array.from(piece));
  return Buffer.concat(pieces);
}

/** What the open files without a name in this folder hold on the disk. */
async function onDisk(path: string): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for (const fd of await readdir("/proc/self/fd")) {
    const target = await readlink(`/proc/self/fd/${fd}`).catch(() => "");
    if (target.startsWith(path) && target.endsWith(" (deleted)")) pieces.push(await readFile(`/proc/self/fd/${fd}`));
  }
  return Buffer.concat(pieces);
}

describe("createDiskSpools", () => {
  it("default: gives back what it was given, twice, and has no name and no clear text on the disk", async () => {
    const spool = await createDiskSpools(folder.path(""))();
    const bytes = Buffer.from(secret.repeat(100_000));
    for (let at = 0; at < bytes.length; at += 70_001) {
      const reused = Buffer.from(bytes.subarray(at, at + 70_001));
      await spool.write(reused);
      reused.fill(0);
    }
    const content = await spool.finish();
    expect(content.size).to.equal(bytes.length);
    for (let time = 0; time < 2; time++) expect((await collect(content.read())).equals(bytes)).to.equal(true);
    expect(await readdir(folder.path(""))).to.deep.equal([]);
    const disk = await onDisk(folder.path(""));
    expect(disk.length).to.equal(bytes.length);
    expect(disk.includes(secret)).to.equal(false);
    await content.discard();
    expect((await onDisk(folder.path(""))).length).to.equal(0);
  });

  it("error: no folder to wait in", async () => {
    await expectError("STORE_FAILED", createDiskSpools(folder.path("missing")));
  });
});
