import { spawnSync } from "node:child_process";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { randomBytes, sha256 } from "@persona-protocol/sdk/crypto";
import { expect } from "chai";
import { writeLeaf } from "../../../node/src/storage/leafWriter.ts";

const fullDisk = fileURLToPath(new URL("../../helpers/fullDiskWriter.ts", import.meta.url));
const canMount = spawnSync("unshare", ["--map-root-user", "--mount", "true"]).status === 0;

describe("writeLeaf", () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "persona-leaf-"));
  });
  after(() => rm(folder, { recursive: true, force: true }));
  const leaf = (): Uint8Array<ArrayBuffer> => Uint8Array.from(randomBytes(4_096));

  it("default: one file, and the memory comes back", async () => {
    const target = { blocks: join(folder, "blocks"), temporary: folder, durable: false };
    const bytes = leaf();
    const digest = sha256(bytes);
    const written = await writeLeaf(bytes, target);
    expect(bytes).to.have.lengthOf(0);
    expect(written.memory).to.have.lengthOf(4_096);
    expect(written.digest).to.deep.equal(digest);
    expect(await readdir(written.folder)).to.have.lengthOf(1);
  });

  it("error: what the system says comes with its code, and leaves no file behind", async () => {
    const target = { blocks: join(folder, "blocks"), temporary: join(folder, "nowhere"), durable: false };
    const error = await writeLeaf(leaf(), target).catch((cause: unknown) => cause);
    expect(error).to.include({ code: "ENOENT" });
  });

  it("error: memory that is gone already, and then the thread still works", async () => {
    const target = { blocks: join(folder, "blocks"), temporary: folder, durable: false };
    const bytes = leaf();
    await writeLeaf(bytes, target);
    const error = await writeLeaf(bytes, target).catch((cause: unknown) => cause);
    expect(error).to.be.instanceOf(Error);
    expect((await writeLeaf(leaf(), target)).memory).to.have.lengthOf(4_096);
  });

  (canMount ? it : it.skip)(
    `error: a disk that is full at a leaf of another thread is full${canMount ? "" : " (skipped: no mount namespaces here)"}`,
    () => {
      const script = 'mount -t tmpfs -o size=9m tmpfs "$1" && exec "$2" --no-warnings "$3" "$1"';
      const args = ["--map-root-user", "--mount", "sh", "-c", script, "sh", folder, process.execPath, fullDisk];
      const { stdout, stderr, status } = spawnSync("unshare", args, { encoding: "utf8", timeout: 60_000 });
      expect(status, stderr).to.equal(0);
      // It has ended by itself: nothing of the threads keeps a process alive.
      expect(JSON.parse(stdout)).to.deep.equal({ code: "STORE_FAILED", kind: "full" });
    },
  );
});
