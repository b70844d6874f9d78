import type { DuckDBValue } from "@duckdb/node-api";
import { expect } from "chai";
import { type ArchiveInput, type ImportProgress, readArchive, xArchive } from "../../../sdk/src/ingest/index.ts";
import { inspectInput } from "../../../sdk/src/ingest/inspectInput.ts";
import { expectError } from "./expectError.ts";
import { account, memoryArchive, tweet, ytd } from "./memoryArchive.ts";
import { readParquet } from "./readParquet.ts";

type Row = Readonly<Record<string, DuckDBValue>>;

async function rowsOf(input: ArchiveInput, name: string, options: readArchive.Options = {}): Promise<readonly Row[]> {
  const { segments } = await readArchive(input, options);
  const segment = segments.find((candidate) => candidate.name === name);
  if (segment === undefined) throw new Error(`no segment ${name}`);
  const { rows } = await readParquet(segment.bytes);
  expect(rows).to.have.length(segment.records);
  return rows;
}

const posts = (...records: unknown[]) =>
  memoryArchive({ "data/tweets.js": ytd("tweets", records), "data/account.js": ytd("account", [account]) });

/** An export whose posts break the format in one way. */
const broken = (text: string) =>
  memoryArchive({ "data/tweets.js": text, "data/account.js": ytd("account", [account]) });

describe("readArchive", () => {
  it("default", async () => {
    const input = memoryArchive({
      "data/account.js": ytd("account", [account]),
      "data/tweets.js": ytd("tweets", [tweet(), tweet({ id_str: "2", created_at: "Fri Jun 02 08:00:00 +0000 2023" })]),
      "data/like.js": ytd("like", [
        { like: { tweetId: "7", fullText: "&lt;3", expandedUrl: "https://twitter.com/i/web/status/7" } },
      ]),
    });
    const { connector, segments, remarks } = await readArchive(input);
    expect(connector).to.equal("x-archive");
    expect(remarks).to.deep.equal([]);
    const made = new Date("2009-04-01T10:20:30.000Z");
    expect(segments.map(({ bytes: _, ...rest }) => rest)).to.deep.equal([
      { name: "account", schema: "persona:account@1", table: "account", records: 1, from: made, to: made },
      {
        name: "posts",
        schema: "persona:post@1",
        table: "posts",
        records: 2,
        from: new Date("2023-06-01T12:30:00Z"),
        to: new Date("2023-06-02T08:00:00Z"),
      },
      { name: "likes", schema: "persona:like@1", table: "likes", records: 1, from: null, to: null },
      { name: "messages", schema: "persona:message@1", table: "messages", records: 0, from: null, to: null },
      { name: "notes", schema: "persona:note@1", table: "notes", records: 0, from: null, to: null },
      { name: "followers", schema: "persona:follow@1", table: "follows", records: 0, from: null, to: null },
      { name: "following", schema: "persona:follow@1", table: "follows", records: 0, from: null, to: null },
    ]);
  });

  it("behavior: the same input gives the same bytes", async () => {
    const files = { "data/tweets.js": ytd("tweets", [tweet(), tweet({ id_str: "2", full_text: "🐟" })]) };
    const first = await readArchive(memoryArchive(files, 7));
    const second = await readArchive(memoryArchive(files, 4096));
    expect(second.segments).to.deep.equal(first.segments);
  });

  it("behavior: types, nulls and values reach the engine", async () => {
    const { segments } = await readArchive(
      posts(
        tweet({ in_reply_to_status_id_str: "1579999999999999999" }),
        tweet({ id_str: "2", lang: undefined, source: undefined, favorite_count: undefined }),
      ),
    );
    const { types, rows } = await readParquet(
      segments[1]?.bytes ?? new Uint8Array(),
      "select *, published = timestamp '2023-06-01 12:30:00' as same_time from data",
    );
    expect(types).to.deep.equal({
      id: "VARCHAR",
      published: "TIMESTAMP",
      content: "VARCHAR",
      language: "VARCHAR",
      in_reply_to: "VARCHAR",
      like_count: "BIGINT",
      share_count: "BIGINT",
      is_repost: "BOOLEAN",
      source: "VARCHAR",
      same_time: "BOOLEAN",
    });
    const { published: _, ...first } = rows[0] ?? {};
    expect(first).to.deep.equal({
      id: "1664201234567890123",
      content: "hello",
      language: "en",
      in_reply_to: "1579999999999999999",
      like_count: 12n,
      share_count: 3n,
      is_repost: false,
      source: "Twitter Web App",
      same_time: true,
    });
    expect(rows[1]).to.include({ id: "2", language: null, in_reply_to: null, like_count: null, source: null });
  });

  it("behavior: account joined with its profile", async () => {
    const [row] = await rowsOf(
      memoryArchive({
        "data/account.js": ytd("account", [{ account: { ...account.account, phoneNumber: "+15555555555" } }]),
        "data/profile.js": ytd("profile", [
          { profile: { description: { bio: "Boats.\nRopes.", website: "https://t.co/C", location: "Oslo" } } },
        ]),
      }),
      "account",
    );
    expect(row).to.include({
      id: "1000000001",
      username: "kari_example",
      display_name: "Kari",
      email: "kari@example.org",
      phone: "+15555555555",
      created_via: "web",
      bio: "Boats.\nRopes.",
      website: "https://t.co/C",
      location: "Oslo",
    });
  });

  it("behavior: parts in the order of their numbers", async () => {
    const files: Record<string, string> = {};
    for (const part of [10, 2, 1, 0]) {
      files[`data/tweets${part === 0 ? "" : `-part${part}`}.js`] = ytd(
        "tweets",
        [tweet({ id_str: String(part) })],
        part,
      );
    }
    expect((await rowsOf(memoryArchive(files), "posts")).map(({ id }) => id)).to.deep.equal(["0", "1", "2", "10"]);
  });

  it("behavior: posts in communities are posts, those that were deleted are not", async () => {
    const input = memoryArchive({
      "data/account.js": ytd("account", [account]),
      "data/tweets.js": ytd("tweets", [tweet({ id_str: "1" })]),
      "data/community-tweet.js": ytd("community_tweet", [tweet({ id_str: "2" }), tweet({ id_str: "1" })]),
      "data/deleted-tweets.js": ytd("deleted_tweets", [tweet({ id_str: "3" })]),
    });
    expect((await rowsOf(input, "posts")).map(({ id }) => id)).to.have.members(["1", "2"]);
  });

  it("behavior: the form of 2019, bare records in tweet.js at the root", async () => {
    const text =
      'window.YTD.tweet.part0 = [ {\n "retweeted" : false,\n "id" : "1100000000000000001",\n "id_str" : "1100000000000000001",\n "favorite_count" : "4", "retweet_count" : "1",\n "created_at" : "Thu Feb 28 10:00:00 +0000 2019",\n "full_text" : "a ] and a }; in text",\n "lang" : "en"\n} ]';
    const [row, ...others] = await rowsOf(memoryArchive({ "tweet.js": text }), "posts");
    expect(others).to.have.length(0);
    expect(row).to.include({
      id: "1100000000000000001",
      content: "a ] and a }; in text",
      like_count: 4n,
      source: null,
    });
  });

  it("behavior: files under the zip's own folder; the fuller folder wins", async () => {
    const input = memoryArchive({
      "backup/data/account.js": ytd("account", [{ account: { ...account.account, accountId: "1" } }]),
      "twitter-2023-06-01-abc/data/account.js": ytd("account", [{ account: { ...account.account, accountId: "2" } }]),
      "twitter-2023-06-01-abc/data/tweets.js": ytd("tweets", [tweet()]),
      "twitter-2023-06-01-abc/Your archive.html": "<html>",
    });
    expect((await rowsOf(input, "account"))[0]).to.include({ id: "2" });
    expect(await rowsOf(input, "posts")).to.have.length(1);
  });

  it("behavior: an account without posts is an archive with none", async () => {
    const { segments } = await readArchive(memoryArchive({ "data/account.js": ytd("account", [account]) }));
    expect(segments.map(({ records }) => records)).to.deep.equal([1, 0, 0, 0, 0, 0, 0]);
    const empty = await readParquet(segments[1]?.bytes ?? new Uint8Array());
    expect(empty.rows).to.have.length(0);
    expect(empty.types.published).to.equal("TIMESTAMP");
  });

  it("behavior: reposts, by X's own form", async () => {
    const texts = ["RT @ola_example: Løft ankeret!", "RT @ola", "I said RT @ola: no", "@ola RT @x: y", "rt @ola: x"];
    const rows = await rowsOf(
      posts(...texts.map((full_text, index) => tweet({ id_str: String(index), full_text }))),
      "posts",
    );
    expect(rows.map(({ is_repost }) => is_repost)).to.deep.equal([true, false, false, false, false]);
  });

  it("behavior: repeats are dropped and reported", async () => {
    const { segments, remarks } = await readArchive(posts(tweet(), tweet(), tweet({ id_str: "2" })));
    expect(segments[1]?.records).to.equal(2);
    expect(remarks).to.deep.equal([
      { segment: "posts", kind: "skipped", reason: "repeats an id of the same segment", count: 1 },
    ]);
  });

  it("behavior: what cannot be read is null or left out, and reported", async () => {
    const { segments, remarks } = await readArchive(
      posts(
        tweet({ id_str: undefined, id: 2 ** 60 }),
        tweet({ id_str: "2", full_text: undefined }),
        tweet({ id_str: "3", created_at: "Thu Feb 30 12:30:00 +0000 2023" }),
        tweet({ id_str: "4", favorite_count: "many", lang: 7 }),
        tweet({ id_str: "5", full_text: "cut here \ud83d" }),
      ),
    );
    const { rows } = await readParquet(segments[1]?.bytes ?? new Uint8Array());
    expect(rows.map(({ id }) => id)).to.deep.equal(["3", "4", "5"]);
    expect(rows[0]?.published).to.equal(null);
    expect(rows[1]).to.include({ like_count: null, language: null });
    expect(rows[2]?.content).to.equal("cut here \ufffd");
    expect(remarks.map(({ kind, reason, count }) => `${kind} ${count}: ${reason}`)).to.deep.equal([
      "skipped 1: has no id",
      "skipped 1: has no text",
      "changed 1: created_at is not a date",
      "changed 1: lang is not text",
      "changed 1: favorite_count is not a count",
      "changed 1: full_text held half a character",
    ]);
  });

  it("behavior: __proto__, constructor and other names of objects are data", async () => {
    const text =
      'window.YTD.tweets.part0 = [{"__proto__":{"tweet":{"id_str":"9","full_text":"x"}},"constructor":1},' +
      '{"tweet":{"__proto__":{"id_str":"8"},"full_text":"y","toString":null,"hasOwnProperty":1}},' +
      '{"tweet":{"id_str":"7","full_text":"kept","__proto__":null}}]';
    const rows = await rowsOf(broken(text), "posts");
    expect(rows.map(({ id }) => id)).to.deep.equal(["7"]);
    expect(({} as Record<string, unknown>).id_str).to.equal(undefined);
  });

  it("behavior: NUL, right-to-left marks and quotes survive", async () => {
    const full_text = "a\u0000b \u202eevil\u202c 'q' \"d\" \\ \t\n \u{10ffff}";
    const rows = await rowsOf(posts(tweet({ full_text })), "posts");
    expect(rows[0]?.content).to.equal(full_text);
  });

  describe("long posts", () => {
    const whole = `${"A long note with rope & chain <3. ".repeat(20)}END`;
    const cutText = (text: string) =>
      `${text.slice(0, 270).replaceAll("&", "&amp;").replaceAll("<", "&lt;").trim()}… https://t.co/AbCdEfGhIj`;
    const note = (text: string, createdAt = "2023-06-01T12:29:59.000Z", noteTweetId = "1664201230000000000") => ({
      noteTweet: { noteTweetId, createdAt, core: { text, urls: [], mentions: [] } },
    });
    const archive = (tweets: unknown[], notes: unknown[]) =>
      memoryArchive({ "data/tweets.js": ytd("tweets", tweets), "data/note-tweet.js": ytd("note_tweet", notes) });
    const contentOf = async (tweets: unknown[], notes: unknown[]) =>
      (await rowsOf(archive(tweets, notes), "posts"))[0]?.content;

    it("default", async () => {
      expect(await contentOf([tweet({ full_text: cutText(whole) })], [note(whole)])).to.equal(whole);
    });

    it("behavior: a note that is escaped as posts are", async () => {
      const text = whole.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
      expect(await contentOf([tweet({ full_text: cutText(whole) })], [note(text)])).to.equal(whole);
    });

    it("behavior: a reply keeps the mentions that only the post has", async () => {
      expect(await contentOf([tweet({ full_text: `@ola @havn ${cutText(whole)}` })], [note(whole)])).to.equal(
        `@ola @havn ${whole}`,
      );
    });

    it("behavior: the same id, whatever the time", async () => {
      const notes = [note(whole, "2020-01-01T00:00:00.000Z", "1664201234567890123")];
      expect(await contentOf([tweet({ full_text: cutText(whole) })], notes)).to.equal(whole);
    });

    it("behavior: of two notes in one minute the one that goes on as the post does", async () => {
      const other = whole.replace("rope", "rape");
      expect(
        await contentOf(
          [tweet({ full_text: cutText(whole) })],
          [note(other, undefined, "1"), note(whole, undefined, "2")],
        ),
      ).to.equal(whole);
    });

    it("behavior: a note of another time or text changes nothing", async () => {
      const cut = tweet({ full_text: cutText(whole) });
      const kept = await contentOf([cut], []);
      expect(await contentOf([cut], [note(whole, "2023-06-01T12:35:00.000Z")])).to.equal(kept);
      expect(await contentOf([cut], [note(`B${whole}`)])).to.equal(kept);
      expect(await contentOf([cut], [{ noteTweet: {} }, {}, note("")])).to.equal(kept);
      expect(await contentOf([tweet({ full_text: "short" })], [note(`short ${whole}`)])).to.equal("short");
    });
  });

  describe("what is not an X archive", () => {
    it("error: nothing of it is known", async () => {
      for (const files of [{}, { "photos/1.jpg": "x", "README.md": "y" }])
        await expectError("ARCHIVE_UNRECOGNISED", () => readArchive(memoryArchive(files)));
      // A single file is kept as it stands.
      for (const files of [{ "a.txt": "x" }, { "src/account.js": "export const account = 1;" }])
        expect((await readArchive(memoryArchive(files))).connector).to.equal("file");
    });

    it("behavior: confidence", async () => {
      const confidence = (files: Record<string, string>) => xArchive.detect(inspectInput(memoryArchive(files, 5)));
      expect(await confidence({ "data/account.js": ytd("account", []) })).to.equal(1);
      expect(await confidence({ "tweet.js": `\ufeff${ytd("tweet", [])}` })).to.equal(1);
      expect(await confidence({ "data/manifest.js": "window.__THAR_CONFIG = {}", "data/tweets.js": "?" })).to.equal(1);
      expect(await confidence({ "data/tweets.js": "?" })).to.equal(0.5);
      expect(await confidence({ "tweets.js": "?", "like.js": "" })).to.equal(0.5);
      expect(await confidence({ "src/account.js": "?" })).to.equal(0.02);
      expect(await confidence({ "data/follower.js": ytd("follower", []) })).to.equal(1);
      expect(await confidence({ "a/b/c/d/data/tweets.js": ytd("tweets", []) })).to.equal(1);
      expect(await confidence({ "data/profile.js": ytd("profile", []) })).to.equal(0);
      expect(await confidence({ "data/app.js": ytd("app", []) })).to.equal(0);
    });
  });

  describe("broken and hostile exports", () => {
    it("error: another file's wrapper", async () => {
      const error = await expectError("EXPORT_INVALID", () => readArchive(broken(ytd("like", []))));
      expect(error.data).to.deep.equal({ file: "data/tweets.js", position: 0 });
    });

    it("error: cut at any place", async () => {
      const text = ytd("tweets", [tweet({ full_text: "🐟 ] };" }), tweet({ id_str: "2" })]);
      const bytes = new TextEncoder().encode(text);
      for (let length = 0; length < bytes.length; length += 3) {
        const input = memoryArchive({
          "data/tweets.js": bytes.subarray(0, length),
          "data/account.js": ytd("account", [account]),
        });
        await expectError("EXPORT_INVALID", () => readArchive(input));
      }
    });

    it("error: a text over the limit", async () => {
      const input = posts(tweet({ id_str: "1" }), tweet({ id_str: "2", full_text: "x".repeat(2 ** 20 + 1) }));
      const error = await expectError("EXPORT_INVALID", () => readArchive(input));
      expect(error.data.file).to.equal("data/tweets.js");
      expect(error.data.position).to.be.greaterThan(100);
    });

    it("error: more records than the limit", async () => {
      const input = posts(...Array.from({ length: 11 }, () => tweet()));
      await expectError("ARCHIVE_TOO_LARGE", () => readArchive(input, { limits: { maxRecords: 10 } }));
    });

    it("behavior: a thousand parts at most, and quickly", async () => {
      const files: Record<string, string> = { "data/tweets.js": ytd("tweets", [tweet()]) };
      for (let part = 0; part < 50_000; part++)
        files[`data/tweets-part${part}.js`] = ytd("tweets", [tweet({ id_str: String(part) })], part);
      const started = performance.now();
      const { segments } = await readArchive(memoryArchive(files));
      expect(segments[1]?.records).to.equal(1001);
      expect(performance.now() - started).to.be.lessThan(5000);
    });

    it("error: cancelled before and in between", async () => {
      await expectError("CANCELLED", () => readArchive(posts(tweet()), { signal: AbortSignal.abort() }));
      const controller = new AbortController();
      const input = posts(...Array.from({ length: 100 }, (_, index) => tweet({ id_str: String(index) })));
      const onProgress = () => controller.abort();
      await expectError("CANCELLED", () => readArchive(input, { signal: controller.signal, onProgress }));
    });

    it("error: an input that fails passes its error on", async () => {
      const input: ArchiveInput = {
        entries: () => [{ path: "data/tweets.js", size: 10 }],
        // biome-ignore lint/correctness/useYield: it fails first
        async *read() {
          throw new RangeError("of the platform");
        },
      };
      await readArchive(input).then(
        () => expect.fail("nothing was thrown"),
        (error: unknown) => expect(error).to.be.instanceOf(RangeError),
      );
    });
  });

  it("behavior: progress counts every byte of the files that are read", async () => {
    const seen: ImportProgress[] = [];
    const input = posts(...Array.from({ length: 50 }, (_, index) => tweet({ id_str: String(index) })));
    await readArchive(input, { onProgress: (progress) => seen.push(progress) });
    expect(seen.at(-1)?.bytesRead).to.equal(seen.at(-1)?.bytesTotal);
    expect(seen.map(({ bytesRead }) => bytesRead)).to.deep.equal(
      seen.map(({ bytesRead }) => bytesRead).sort((a, b) => a - b),
    );
  });
});
