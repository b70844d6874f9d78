import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { expect } from "chai";
import { openArchive } from "../../../node/src/ingest/index.ts";
import { writeSampleArchive } from "../../../scripts/demo/sampleArchive.ts";
import { type ImportedSegment, readArchive } from "../../../sdk/src/ingest/index.ts";
import { readParquet } from "../../sdk/ingest/readParquet.ts";
import { temporaryFolder } from "./temporaryFolder.ts";

const folder = temporaryFolder();
const canaries = { post: "CANARY-post-7f3a", account: "CANARY-account-19bc", like: "CANARY-like-02de" };

const digest = async (path: string) =>
  createHash("sha256")
    .update(await readFile(path))
    .digest("hex");

describe("writeSampleArchive and its import", () => {
  let segments: readonly ImportedSegment[] = [];
  let texts: Record<string, string> = {};

  before(async function () {
    this.timeout(20_000);
    let started = performance.now();
    const made = await writeSampleArchive(folder.path("sample.zip"), { canaries });
    const madeMs = performance.now() - started;
    expect(made).to.include({ path: folder.path("sample.zip"), posts: 20_000, likes: 2500 });
    expect(made.bytes).to.equal((await readFile(made.path)).length);

    started = performance.now();
    const archive = await openArchive(made.path);
    const result = await readArchive(archive);
    const importedMs = performance.now() - started;
    segments = result.segments;
    expect(result.remarks).to.deep.equal([
      { segment: null, kind: "skipped", reason: "files this connector does not read", count: 1 },
    ]);
    texts = Object.fromEntries(
      await Promise.all(
        archive
          .entries()
          .map(
            async ({ path }) =>
              [path, Buffer.concat(await Array.fromAsync(archive.read(path, { maxBytes: 1e9 }))).toString()] as const,
          ),
      ),
    );
    await archive.close();
    console.log(
      `      sample written in ${madeMs.toFixed(0)} ms, ${made.posts} posts imported in ${importedMs.toFixed(0)} ms`,
    );
  });

  it("default", async () => {
    expect(segments.map(({ name, records }) => [name, records])).to.deep.equal([
      ["account", 1],
      ["posts", 20_000],
      ["likes", 2500],
      ["messages", 0],
      ["notes", 0],
      ["followers", 0],
      ["following", 0],
    ]);
    const { rows } = await readParquet(
      segments[1]?.bytes ?? new Uint8Array(),
      `select count(distinct id) as ids, count(published) as dated, max(like_count) as most,
      median(like_count)::bigint as median, count(*) filter (is_repost) as reposts, count(in_reply_to) as replies, min(length(id)) as digits,
      count(*) filter (content like '%&amp;%' or content like '%&lt;%') as escaped, count(*) filter (content like '% & %') as ampersands from data`,
    );
    const [row] = rows;
    expect(row).to.include({ ids: 20_000n, dated: 20_000n, escaped: 0n });
    expect(Number(row?.most)).to.be.greaterThan(1000);
    expect(Number(row?.median)).to.be.lessThan(5);
    expect(Number(row?.reposts)).to.be.within(2000, 4000);
    expect(Number(row?.replies)).to.be.within(3000, 5000);
    expect(Number(row?.digits)).to.be.greaterThan(16);
    expect(Number(row?.ampersands)).to.be.greaterThan(100);
  });

  it("behavior: X's own form", () => {
    expect(texts["data/tweets.js"]).to.match(/^window\.YTD\.tweets\.part0 = \[\n {2}\{\n {4}"tweet" : \{\n/);
    expect(texts["data/tweets.js"])
      .to.contain('"created_at" : "Thu Jun 01 12:30:00 +0000 2023"')
      .and.contain("&amp; ")
      .and.contain("&lt;")
      .and.match(/"RT @\w+: /);
    expect(texts["data/tweets.js"])
      .to.match(/"favorite_count" : "\d+"/)
      .and.match(/\]$/);
    expect(texts["data/manifest.js"]).to.match(/^window\.__THAR_CONFIG = \{\n/);
    expect(Object.values(texts).join("").length).to.be.lessThan(30e6);
  });

  it("behavior: canaries are where the leak search must never find them again", async () => {
    const count = (text: string | undefined, canary: string) => (text ?? "").split(canary).length - 1;
    expect(count(texts["data/tweets.js"], canaries.post)).to.equal(5);
    expect(count(texts["data/account.js"], canaries.account)).to.equal(2);
    expect(count(texts["data/like.js"], canaries.like)).to.equal(3);
    const found = async (index: number, column: string, canary: string) => {
      const { rows } = await readParquet(
        segments[index]?.bytes ?? new Uint8Array(),
        `select count(*) as n from data where ${column} like '%${canary}%'`,
      );
      return rows[0]?.n;
    };
    expect(await found(0, "email", canaries.account)).to.equal(1n);
    expect(await found(0, "display_name", canaries.account)).to.equal(1n);
    expect(await found(1, "content", canaries.post)).to.equal(5n);
    expect(await found(2, "content", canaries.like)).to.equal(3n);
  });

  it("behavior: the same seed gives the same bytes, in every time zone", async () => {
    const options = { posts: 300, likes: 50, seed: 7, canaries };
    const paths = ["Pacific/Auckland", "America/New_York", undefined].map((zone, index) => ({
      zone,
      path: folder.path(`${index}.zip`),
    }));
    const { TZ } = process.env;
    try {
      for (const { zone, path } of paths) {
        if (zone === undefined) delete process.env.TZ;
        else process.env.TZ = zone;
        await writeSampleArchive(path, options);
      }
    } finally {
      if (TZ === undefined) delete process.env.TZ;
      else process.env.TZ = TZ;
    }
    const digests = await Promise.all(paths.map(({ path }) => digest(path)));
    expect(new Set(digests).size).to.equal(1);
    await writeSampleArchive(folder.path("other.zip"), { ...options, seed: 8 });
    expect(await digest(folder.path("other.zip"))).not.to.equal(digests[0]);
  });

  it("behavior: few posts, none", async () => {
    for (const posts of [0, 1, 3]) {
      await writeSampleArchive(folder.path("few.zip"), { posts, likes: posts, canaries });
      const archive = await openArchive(folder.path("few.zip"));
      expect((await readArchive(archive)).segments.map(({ records }) => records)).to.deep.equal([
        1,
        posts,
        posts,
        0,
        0,
        0,
        0,
      ]);
      await archive.close();
    }
  });

  it("error: a canary that escaping would change", async () => {
    for (const post of ["a&b", '"', "<", "\\", "", "a\n"]) {
      await writeSampleArchive(folder.path("never.zip"), { canaries: { post } }).then(
        () => expect.fail("it was written"),
        (error: unknown) => expect(error).to.be.instanceOf(TypeError),
      );
    }
  });
});
