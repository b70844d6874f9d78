import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { commitRotation, finishRotation, readDeposits } from "../../../node/src/access/guardianRotation.ts";
import { rotateGuardianKey } from "../../../node/src/access/rotateGuardianKey.ts";
import type { Context } from "../../../node/src/context.ts";
import { startAdminServer } from "../../../node/src/operations/adminServer.ts";
import { expectError } from "../../helpers/errors.ts";
import { temporaryFolder } from "../ingest/temporaryFolder.ts";

const name = (digit: string) => `${digit.repeat(64)}.cbor`;
const bytes = (text: string) => new TextEncoder().encode(text);

describe("commitRotation", () => {
  const folder = temporaryFolder();
  let count = 0;

  /** A guardian's data directory with two deposits. */
  async function dataDir(): Promise<string> {
    const dir = folder.path(`data-${count++}`);
    await mkdir(join(dir, "deposits"), { recursive: true });
    await writeFile(join(dir, "enclave-keys.sealed"), "old keys");
    for (const digit of ["a", "b"]) await writeFile(join(dir, "deposits", name(digit)), `old ${digit}`);
    return dir;
  }
  const next = { sealedKeys: bytes("new keys"), deposits: new Map([[name("a"), bytes("new a")]]) };
  const state = async (dir: string) => ({
    keys: await readFile(join(dir, "enclave-keys.sealed"), "utf8"),
    deposits: Object.fromEntries(
      [...(await readDeposits(dir))].map(([file, content]) => [file, new TextDecoder().decode(content)]),
    ),
    others: (await readdir(dir)).filter((entry) => entry.startsWith("rotation")),
  });
  const rotated = { keys: "new keys", deposits: { [name("a")]: "new a" }, others: [] };
  const before = { keys: "old keys", deposits: { [name("a")]: "old a", [name("b")]: "old b" } };

  it("default: the new keys and shares, and nothing of the old", async () => {
    const dir = await dataDir();
    await commitRotation(dir, next);
    expect(await state(dir)).to.deep.equal(rotated);
    await finishRotation(dir);
    expect(await state(dir)).to.deep.equal(rotated);
  });

  it("behavior: stopped before it was decided: all of the old, and the next try goes through", async () => {
    const dir = await dataDir();
    await mkdir(join(dir, "rotation.new/deposits"), { recursive: true });
    await writeFile(join(dir, "rotation.new/enclave-keys.sealed"), "half");
    await finishRotation(dir);
    expect(await state(dir)).to.deep.include(before);
    await commitRotation(dir, next);
    expect(await state(dir)).to.deep.equal(rotated);
  });

  it("behavior: stopped at any point after it was decided: opening the files finishes it", async () => {
    for (const step of [0, 1, 2, 3]) {
      const dir = await dataDir();
      await mkdir(join(dir, "rotation/deposits"), { recursive: true });
      await writeFile(join(dir, "rotation/enclave-keys.sealed"), next.sealedKeys);
      await writeFile(join(dir, "rotation/deposits", name("a")), "new a");
      if (step > 0) await writeFile(join(dir, "deposits", `${name("a")}.tmp`), "ne");
      if (step > 1) await writeFile(join(dir, "deposits", name("a")), "new a");
      if (step > 2) await writeFile(join(dir, "enclave-keys.sealed"), "new keys");
      await finishRotation(dir);
      expect(await state(dir), String(step)).to.deep.equal(rotated);
    }
  });
});

describe("rotateGuardianKey", () => {
  const folder = temporaryFolder();

  it("error: NODE_RUNNING: a daemon over this data directory, whether or not its endpoint can be reached", async () => {
    const dataDir = folder.path("running");
    await mkdir(dataDir);
    await writeFile(join(dataDir, "enclave-keys.sealed"), "keys");
    await writeFile(join(dataDir, "node.json"), JSON.stringify({ nodeId: 7 }));
    const daemon = await startAdminServer(join(dataDir, "admin.sock"), {
      status: async () => ({}),
      drain() {},
      stop() {},
    });
    try {
      // Nothing but the directory is looked at before: no chain, no enclave, no endpoint.
      const context = { config: { dataDir } } as Context;
      await expectError("NODE_RUNNING", () => rotateGuardianKey(context));
    } finally {
      await daemon.close();
    }
  });

  it("behavior: a deposit that the disk does not give back is for the enclave to refuse, and no reason to stop", async () => {
    const dataDir = folder.path("damaged");
    await mkdir(join(dataDir, "deposits", name("a")), { recursive: true });
    await writeFile(join(dataDir, "deposits", name("b")), "b");
    const found = await readDeposits(dataDir);
    expect([...found].map(([file, content]) => [file, content.length])).to.deep.include.members([
      [name("a"), 0],
      [name("b"), 1],
    ]);
  });
});
