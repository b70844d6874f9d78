import { execFileSync } from "node:child_process";
import { mkdir, rm, symlink, writeFile } from "node:fs/promises";
import { expect } from "chai";
import { openArchive, openDirectoryArchive } from "../../../node/src/ingest/index.ts";
import { readArchive } from "../../../sdk/src/ingest/index.ts";
import { expectError } from "../../sdk/ingest/expectError.ts";
import { account, tweet, ytd } from "../../sdk/ingest/memoryArchive.ts";
import { rawZip } from "./rawZip.ts";
import { temporaryFolder } from "./temporaryFolder.ts";

const folder = temporaryFolder();

/** A fresh unpacked export. */
async function unpacked(name: string): Promise<string> {
  const path = folder.path(name);
  await mkdir(`${path}/data`, { recursive: true });
  await writeFile(`${path}/data/tweets.js`, ytd("tweets", [tweet()]));
  await writeFile(`${path}/data/account.js`, ytd("account", [account]));
  return path;
}

describe("openDirectoryArchive", () => {
  it("default", async () => {
    const archive = await openDirectoryArchive(await unpacked("default"));
    expect(archive.entries().map(({ path }) => path)).to.deep.equal(["data/account.js", "data/tweets.js"]);
    const { segments } = await readArchive(archive);
    expect(segments.map(({ records }) => records)).to.deep.equal([1, 1, 0, 0, 0, 0, 0]);
    await archive.close();
  });

  it("behavior: the folder gives the same bytes as the zip; openArchive takes both, and data/ itself", async () => {
    const path = await unpacked("same");
    const zip = await folder.write(
      "same.zip",
      rawZip([
        { name: "data/account.js", data: ytd("account", [account]) },
        { name: "data/tweets.js", data: ytd("tweets", [tweet()]) },
      ]),
    );
    const results = [];
    for (const given of [path, zip, `${path}/data`]) {
      const archive = await openArchive(given);
      results.push((await readArchive(archive)).segments);
      await archive.close();
    }
    expect(results[1]).to.deep.equal(results[0]);
    expect(results[2]).to.deep.equal(results[0]);
  });

  it("error: not found", async () => {
    await expectError("ARCHIVE_NOT_FOUND", () => openDirectoryArchive(folder.path("missing")));
    await expectError("ARCHIVE_NOT_FOUND", () => openArchive(folder.path("missing")));
    const archive = await openDirectoryArchive(await unpacked("vanishing"));
    await rm(folder.path("vanishing"), { recursive: true });
    await expectError("ARCHIVE_NOT_FOUND", () => readArchive(archive));
  });

  it("error: links are refused, to a file, a folder, nothing, and behind our back", async () => {
    for (const [index, target] of ["/etc/passwd", "/etc", "nowhere"].entries()) {
      const path = await unpacked(`link${index}`);
      await symlink(target, `${path}/data/like.js`);
      await expectError("ARCHIVE_HOSTILE", () => openDirectoryArchive(path));
    }
    const path = await unpacked("exchanged");
    const archive = await openDirectoryArchive(path);
    await rm(`${path}/data/tweets.js`);
    await symlink("/etc/passwd", `${path}/data/tweets.js`);
    await expectError("ARCHIVE_NOT_FOUND", () => readArchive(archive));
  });

  it("error: pipes and devices", async () => {
    const path = await unpacked("pipe");
    const archive = await openDirectoryArchive(path);
    await rm(`${path}/data/tweets.js`);
    execFileSync("env", ["mkfifo", `${path}/data/tweets.js`]);
    await expectError("ARCHIVE_HOSTILE", () => openDirectoryArchive(path));
    await expectError("ARCHIVE_HOSTILE", () => readArchive(archive));
  });

  it("error: limits", async () => {
    const path = await unpacked("limits");
    await expectError("ARCHIVE_HOSTILE", () => openDirectoryArchive(path, { limits: { maxEntries: 2 } }));
    await expectError("ARCHIVE_TOO_LARGE", () => openDirectoryArchive(path, { limits: { maxEntryBytes: 100 } }));
    await expectError("CANCELLED", () => openDirectoryArchive(path, { signal: AbortSignal.abort() }));
    const archive = await openDirectoryArchive(path, { limits: { maxTotalBytes: 100 } });
    await expectError("ARCHIVE_TOO_LARGE", () => readArchive(archive));
    await expectError("ARCHIVE_TOO_LARGE", async () =>
      readArchive(await openDirectoryArchive(path), { limits: { maxEntryBytes: 10 } }),
    );
    await mkdir(`${path}/${"d/".repeat(40)}`, { recursive: true });
    await expectError("ARCHIVE_HOSTILE", () => openDirectoryArchive(path));
  });
});
