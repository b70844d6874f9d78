import { spawnSync } from "node:child_process";
import { mkdir, readdir, readFile, stat, symlink } from "node:fs/promises";
import { expect } from "chai";
import { readPassphrase, readSmallFile, requireNewFile, writeNewFile } from "../../../node/src/cli/files.ts";
import { unlockKeystore } from "../../../node/src/cli/keystore.ts";
import { expectError } from "../../helpers/errors.ts";
import { temporaryFolder } from "../ingest/temporaryFolder.ts";

describe("readSmallFile", () => {
  const folder = temporaryFolder();

  it("default: the text of a file up to its limit", async () => {
    expect(await readSmallFile(await folder.write("a", "ø".repeat(8)), 16, "CONFIG_INVALID")).to.equal("ø".repeat(8));
  });

  it("error: missing, longer than the limit, not text", async () => {
    const read = (path: string) => readSmallFile(path, 16, "CONFIG_INVALID");
    await expectError("CONFIG_INVALID", () => read(folder.path("nothing")));
    const long = folder.write("long", "x".repeat(17));
    await expectError("CONFIG_INVALID", async () => read(await long));
    const binary = folder.write("binary", Uint8Array.of(0xff, 0xfe));
    await expectError("CONFIG_INVALID", async () => read(await binary));
  });

  it("error: a folder, an endless device, a pipe that nobody writes to", async () => {
    const pipe = folder.path("pipe");
    expect(spawnSync("sh", ["-c", 'mkfifo "$0"', pipe]).status).to.equal(0);
    for (const path of [folder.path("."), "/dev/zero", pipe]) {
      await expectError("DEPLOYMENT_UNKNOWN", () => readSmallFile(path, 16, "DEPLOYMENT_UNKNOWN"));
    }
  });
});

describe("readPassphrase", () => {
  const folder = temporaryFolder();

  it("default: white space at its end is not part of it, in it and before it is", async () => {
    expect(await readPassphrase(await folder.write("p", " two words \r\n\n"))).to.equal(" two words");
  });

  it("error: empty", async () => {
    for (const text of ["", "\n", " \t\r\n"]) {
      const file = await folder.write("empty", text);
      await expectError("CONFIG_INVALID", () => readPassphrase(file));
    }
  });
});

describe("writeNewFile", () => {
  const folder = temporaryFolder();

  it("default: a whole file that only its owner reads, and nothing beside it", async () => {
    const dir = folder.path("one");
    await mkdir(dir);
    await writeNewFile(`${dir}/a.json`, "text");
    expect(await readFile(`${dir}/a.json`, "utf8")).to.equal("text");
    expect((await stat(`${dir}/a.json`)).mode & 0o777).to.equal(0o600);
    expect(await readdir(dir)).to.deep.equal(["a.json"]);
  });

  it("error: never over another file, nor through a link", async () => {
    const dir = folder.path("two");
    await mkdir(dir);
    const there = await folder.write("two/there", "mine");
    await symlink("/tmp/persona-nowhere", `${dir}/link`);
    for (const path of [there, `${dir}/link`]) await expectError("CONFIG_INVALID", () => writeNewFile(path, "yours"));
    expect(await readFile(there, "utf8")).to.equal("mine");
    expect((await readdir(dir)).sort()).to.deep.equal(["link", "there"]);
    await expectError("CONFIG_INVALID", () => requireNewFile(there));
    await expectError("CONFIG_INVALID", () => requireNewFile(folder.path("no/folder")));
    await expectError("CONFIG_INVALID", () => writeNewFile(folder.path("no/folder"), "x"));
  });
});

describe("unlockKeystore", () => {
  const folder = temporaryFolder();

  it("error: no file, a damaged one, an endless one", async () => {
    const damaged = await folder.write("damaged.json", '{"version":1');
    for (const file of [damaged, folder.path("nothing"), "/dev/zero"]) {
      await expectError("KEYSTORE_INVALID", () => unlockKeystore(file, "account", "p"));
    }
  });
});
