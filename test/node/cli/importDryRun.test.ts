import { mkdir, readdir, readFile, truncate, writeFile } from "node:fs/promises";
import { expect } from "chai";
import { writeSampleArchive } from "../../../scripts/demo/sampleArchive.ts";
import { rawZip } from "../ingest/rawZip.ts";
import { temporaryFolder } from "../ingest/temporaryFolder.ts";
import { drivesTerminal, expectRefusal, runPersona } from "./persona.ts";

const canaries = { post: "canary of a post 1a2b", account: "canary of an account 3c4d", like: "canary of a like 5e6f" };

describe("persona import --dry-run", function () {
  this.timeout(120_000); // a dozen processes
  const folder = temporaryFolder();
  let archive: string;

  before(async () => {
    archive = folder.path("archive.zip");
    await writeSampleArchive(archive, { posts: 60, likes: 9, seed: 3, canaries });
  });

  /** In an empty folder of its own, which must stay empty. */
  async function run(args: readonly string[]) {
    const cwd = folder.path(`cwd-${Math.random()}`);
    await mkdir(cwd);
    const result = await runPersona(["import", ...args], cwd);
    expect(await readdir(cwd)).to.deep.equal([]);
    return result;
  }

  it("default: connector, segments, counts, time range and remarks, and nothing of the content", async () => {
    const { code, stdout, stderr } = await run([archive, "--dry-run"]);
    expect(code, stderr).to.equal(0);
    expect(stdout).to.match(/account\s*│.*│\s*1\s*│/);
    expect(stdout).to.match(/posts\s*│.*│\s*60\s*│\s*20\d\d-\d\d-\d\d\s*│\s*2023-06-01/);
    expect(stdout).to.match(/likes\s*│.*│\s*9\s*│/);
    expect(stdout).to.include("Nothing was published");
    for (const canary of [...Object.values(canaries), "kari", "Kari", "Oslo"])
      expect(stdout + stderr).to.not.include(canary);
    expect(stdout).to.not.match(drivesTerminal);
  });

  it("behavior: --json is one line of exactly what is promised", async () => {
    const { code, stdout, stderr } = await run([archive, "--dry-run", "--json"]);
    expect(code, stderr).to.equal(0);
    const { segments, ...rest } = JSON.parse(stdout);
    expect(rest).to.deep.equal({
      connector: "x-archive",
      skipped: [{ reason: "files this connector does not read", count: 1 }],
    });
    for (const segment of segments) expect(Object.keys(segment)).to.deep.equal(["name", "records", "from", "to"]);
    const [, posts, , messages] = segments;
    expect([posts.name, posts.records]).to.deep.equal(["posts", 60]);
    for (const time of [posts.from, posts.to]) expect(time).to.match(/^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect(messages).to.deep.equal({ name: "messages", records: 0, from: null, to: null });
  });

  it("behavior: --json --report is one line, the last, with all there is to say and no more", async () => {
    const { code, stdout, stderr } = await run([archive, "--dry-run", "--json", "--report"]);
    expect(code, stderr).to.equal(0);
    const lines = stdout.trimEnd().split("\n");
    expect(lines.length).to.equal(1);
    const { segments, ownerOnly, ...rest } = JSON.parse(lines[0] ?? "");
    expect(rest).to.deep.equal({
      ok: true,
      dryRun: true,
      connector: "x-archive",
      also: [],
      thirdParties: "pseudonymise",
      skipped: [{ segment: null, reason: "files this connector does not read", count: 1 }],
      changed: [],
    });
    expect(ownerOnly.map(({ name }: { name: string }) => name)).to.deep.equal(["extra", "people"]);
    expect(segments.map(({ name, records }: { name: string; records: number }) => [name, records])).to.deep.equal([
      ["account", 1],
      ["posts", 60],
      ["likes", 9],
      ["messages", 0],
      ["notes", 0],
      ["followers", 0],
      ["following", 0],
    ]);
    expect(Object.keys(segments[1]).sort()).to.deep.equal(["bytes", "from", "name", "records", "schema", "to"]);
    expect(stderr).to.equal("");
  });

  it("behavior: a folder that the archive was unpacked to, and what was left out of it", async () => {
    const unpacked = folder.path("unpacked");
    await mkdir(`${unpacked}/data`, { recursive: true });
    await writeFile(
      `${unpacked}/data/account.js`,
      'window.YTD.account.part0 = [ { "account" : { "accountId" : "1", "username" : "x", "createdAt" : "2009-04-01T10:20:30.000Z", "accountDisplayName" : "X", "email" : "x@example.org", "createdVia" : "web" } } ]',
    );
    const tweet = (text: string) => ({
      tweet: {
        id_str: "5",
        id: "5",
        full_text: text,
        created_at: "Thu Jun 01 12:00:00 +0000 2023",
        favorite_count: "1",
        retweet_count: "0",
        entities: {},
      },
    });
    await writeFile(
      `${unpacked}/data/tweets.js`,
      `window.YTD.tweets.part0 = ${JSON.stringify([tweet("one secret"), tweet("another secret")])}`,
    );
    const { code, stdout, stderr } = await run([unpacked, "--dry-run"]);
    expect(code, stderr).to.equal(0);
    expect(stdout).to.match(/posts\s*│\s*1\s*│\s*skipped\s*│\s*repeats an id/);
    expect(stdout).to.not.include("secret");
  });

  it("error: no file, and a file name that drives a terminal", async () => {
    expectRefusal(await run(["--dry-run"]), "USAGE");
    expectRefusal(await run([folder.path("nothing.zip"), "--dry-run"]), "ARCHIVE_NOT_FOUND");
    expectRefusal(await run([folder.path("\u{1b}[31m\u{202e}evil\u{9b}2J.zip"), "--dry-run"]), "ARCHIVE_NOT_FOUND");
  });

  it("error: truncated, no zip, password-protected, hostile, of another service", async () => {
    const truncated = await folder.write("truncated.zip", await readFile(archive));
    await truncate(truncated, 5_000);
    expectRefusal(await run([truncated, "--dry-run"]), "ARCHIVE_NOT_ZIP");
    expectRefusal(await run([await folder.write("text.zip", "this is a text"), "--dry-run"]), "ARCHIVE_NOT_ZIP");
    const encrypted = rawZip([{ name: "data/tweets.js", data: "x", flags: 0x801 }]);
    expectRefusal(await run([await folder.write("encrypted.zip", encrypted), "--dry-run"]), "ARCHIVE_ENCRYPTED");
    const outside = rawZip([{ name: "../\u{1b}]0;owned\u{7}.js", data: "x" }]);
    expectRefusal(await run([await folder.write("outside.zip", outside), "--dry-run"]), "ARCHIVE_HOSTILE");
    const bomb = rawZip([{ name: "data/tweets.js", data: new Uint8Array(40_000_000) }]);
    expectRefusal(await run([await folder.write("bomb.zip", bomb), "--dry-run"]), "ARCHIVE_HOSTILE");
    const other = rawZip([
      { name: "holiday.txt", data: "x" },
      { name: "holiday.jpg", data: "y" },
    ]);
    expectRefusal(await run([await folder.write("other.zip", other), "--dry-run"]), "ARCHIVE_UNRECOGNISED");
  });

  it("error: --max-entry-bytes holds for both readers, and takes a number", async () => {
    expectRefusal(await run([archive, "--dry-run", "--max-entry-bytes", "1000"]), "ARCHIVE_TOO_LARGE");
    expectRefusal(await run([archive, "--dry-run", "--max-entry-bytes", "ten"]), "USAGE");
    const { code } = await run([archive, "--dry-run", "--max-entry-bytes", "1000000"]);
    expect(code).to.equal(0);
  });

  it("error: with --json the failure is one line of JSON too", async () => {
    const { code, stdout, stderr } = await run([folder.path("nothing.zip"), "--dry-run", "--json"]);
    expect([code, stdout]).to.deep.equal([1, ""]);
    expect(JSON.parse(stderr))
      .to.deep.include({ ok: false })
      .and.have.nested.property("error.code", "ARCHIVE_NOT_FOUND");
  });
});
