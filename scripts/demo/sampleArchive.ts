import { createWriteStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import { ZipFile } from "yazl";
import { createRandom, type Random } from "../exports/random.ts";
import { closings, handles, openings, sources, subjects } from "./sampleWords.ts";

export type SampleArchiveOptions = {
  readonly posts?: number;
  readonly likes?: number;
  /** Any 32-bit number: the same seed gives the same bytes (with the same zlib). */
  readonly seed?: number;
  /**
   * Texts put verbatim where the leak search must never find them again: into several posts, the account's e-mail and
   * display name, and several likes. Without `& < > " \\` and control characters, so that no escaping changes them.
   */
  readonly canaries?: { readonly post?: string; readonly account?: string; readonly like?: string };
};

export type SampleArchive = {
  readonly path: string;
  readonly posts: number;
  readonly likes: number;
  /** Size of the zip file. */
  readonly bytes: number;
};

/** Thu Jun 01 2023: the newest post. Older ones follow about three hours apart, closer where there are very many. */
const newestMs = Date.UTC(2023, 5, 1, 12, 30, 0);
const canaryPosts = 5;
const canaryLikes = 3;

/**
 * Writes an archive in the exact format of X's export (names, wrappers, indentation, escaping, counts as strings), with
 * invented people. For the demo, and for every test that needs an archive of some size.
 */
export async function writeSampleArchive(path: string, options: SampleArchiveOptions = {}): Promise<SampleArchive> {
  const { posts = 20_000, likes = 2_500, seed = 1, canaries = {} } = options;
  for (const canary of Object.values(canaries)) {
    if (!/^[^&<>"\\\p{C}]+$/u.test(canary)) throw new TypeError("Escaping would change this canary.");
  }
  const random = createRandom(seed);
  const files: readonly (readonly [path: string, text: string])[] = [
    ["data/account.js", accountFile(canaries.account)],
    ["data/profile.js", profileFile()],
    ["data/tweets.js", postsFile(random, posts, canaries.post)],
    ["data/like.js", likesFile(random, likes, canaries.like)],
    ["data/manifest.js", manifestFile(posts, likes)],
  ];
  const zip = new ZipFile();
  // The DOS fields of a zip are local time: a date made from local parts is the same bytes in every zone.
  const entry = { mtime: new Date(2023, 5, 3, 0, 0, 0), mode: 0o100644, forceDosTimestamp: true, compressionLevel: 4 };
  for (const [name, text] of files) zip.addBuffer(Buffer.from(text, "utf8"), name, entry);
  zip.end();
  const output = createWriteStream(path);
  await pipeline(zip.outputStream, output);
  return { path, posts, likes, bytes: output.bytesWritten };
}

function postsFile(random: Random, count: number, canary: string | undefined): string {
  const every = Math.max(1, Math.floor(count / canaryPosts));
  const records: string[] = [];
  let ms = newestMs;
  let previousId = "1664201234567890123";
  for (let index = 0; index < count; index++) {
    const id = snowflake(ms, random);
    const withCanary = canary !== undefined && index % every === 0 && index < every * canaryPosts;
    records.push(indented({ tweet: post(random, id, previousId, ms, withCanary ? canary : undefined) }));
    previousId = id;
    ms -= gapMs(random, count, 21_000);
  }
  return wrapped("tweets", records);
}

function post(random: Random, id: string, previousId: string, ms: number, canary: string | undefined): object {
  const kind = canary === undefined ? random.next() : 1;
  const words = `${random.pick(openings)} ${random.pick(subjects)} ${random.pick(closings)}`;
  const link = random.chance(0.2) ? ` https://t.co/${letters(random, 10)}` : "";
  const handle = random.pick(handles);
  const text =
    kind < 0.15
      ? cut(`RT @${handle}: ${words} ${random.pick(openings)} ${random.pick(subjects)} ${random.pick(closings)}${link}`)
      : kind < 0.35
        ? `@${handle} ${words}${link}`
        : `${words}${canary === undefined ? "" : ` ${canary}`}${link}`;
  const fullText = escaped(text);
  const [href, name] = random.pick(sources);
  const likes = kind < 0.15 ? 0 : heavyTail(random, 1.1);
  const isReply = kind >= 0.15 && kind < 0.35;
  return {
    edit_info: {
      initial: {
        editTweetIds: [id],
        editableUntil: new Date(ms + 3_600_000).toISOString(),
        editsRemaining: "5",
        isEditEligible: !isReply,
      },
    },
    retweeted: false,
    source: `<a href="${href}" rel="nofollow">${name}</a>`,
    entities: {
      hashtags: [],
      symbols: [],
      user_mentions:
        kind < 0.35
          ? [
              {
                name: handle,
                screen_name: handle,
                indices: ["3", String(3 + handle.length)],
                id_str: "1000000002",
                id: "1000000002",
              },
            ]
          : [],
      urls: [],
    },
    display_text_range: ["0", String([...fullText].length)],
    favorite_count: String(likes),
    ...(isReply
      ? {
          in_reply_to_status_id_str: previousId,
          in_reply_to_status_id: previousId,
          in_reply_to_user_id: "1000000002",
          in_reply_to_user_id_str: "1000000002",
          in_reply_to_screen_name: handle,
        }
      : {}),
    id_str: id,
    truncated: false,
    retweet_count: String(kind < 0.15 ? random.integer(200) : Math.floor(likes * random.next() * 0.4)),
    id,
    created_at: xDate(ms),
    favorited: false,
    full_text: fullText,
    lang: random.pick(["en", "en", "en", "no", "ja", "fr", "de", "ru", "und"]),
  };
}

function likesFile(random: Random, count: number, canary: string | undefined): string {
  const every = Math.max(1, Math.floor(count / canaryLikes));
  const records: string[] = [];
  let ms = newestMs;
  for (let index = 0; index < count; index++) {
    const tweetId = snowflake(ms, random);
    const withCanary = canary !== undefined && index % every === 0 && index < every * canaryLikes;
    const words = escaped(
      `${random.pick(openings)} ${random.pick(subjects)} ${random.pick(closings)}${withCanary ? ` ${canary}` : ""}`,
    );
    // X leaves the text out where the liked post is gone.
    const text = !withCanary && random.chance(0.1) ? {} : { fullText: words };
    records.push(indented({ like: { tweetId, ...text, expandedUrl: `https://twitter.com/i/web/status/${tweetId}` } }));
    ms -= gapMs(random, count, 80_000);
  }
  return wrapped("like", records);
}

function accountFile(canary: string | undefined): string {
  const account = {
    email: canary === undefined ? "kari.nordmann@example.org" : `${canary}@example.org`,
    createdVia: "web",
    username: "kari_example",
    accountId: "1000000001",
    createdAt: "2009-04-01T10:20:30.000Z",
    accountDisplayName: canary === undefined ? "Kari Nordmann ⚓" : `Kari ${canary} ⚓`,
  };
  return wrapped("account", [indented({ account })]);
}

function profileFile(): string {
  const profile = {
    description: { bio: "Boats.\nRopes & knots.", website: "https://t.co/CCCCcccc03", location: "Oslo, Norge" },
    avatarMediaUrl: "https://pbs.twimg.com/profile_images/1/a.jpg",
  };
  return wrapped("profile", [indented({ profile })]);
}

function manifestFile(posts: number, likes: number): string {
  const files = (name: string, count: number): object => ({
    files: [{ fileName: `data/${name}.js`, globalName: `YTD.${name}.part0`, count: String(count) }],
  });
  const manifest = {
    userInfo: { accountId: "1000000001", userName: "kari_example", displayName: "Kari Nordmann ⚓" },
    archiveInfo: {
      sizeBytes: "12345",
      generationDate: "2023-06-03T00:00:00.000Z",
      isPartialArchive: false,
      maxPartSizeBytes: "53687091200",
    },
    readmeInfo: { fileName: "data/README.txt", directory: "data/", name: "README.txt" },
    dataTypes: {
      account: files("account", 1),
      like: files("like", likes),
      profile: files("profile", 1),
      tweets: { mediaDirectory: "data/tweets_media", ...files("tweets", posts) },
    },
  };
  return `window.__THAR_CONFIG = ${xJson(manifest, 0)}`;
}

/** X's own layout: `[`, each record indented by two, `]` without a newline after it. */
function wrapped(name: string, records: readonly string[]): string {
  return `window.YTD.${name}.part0 = [\n${records.join(",\n")}\n]`;
}

function indented(record: object): string {
  return `  ${xJson(record, 1)}`;
}

/** JSON as X writes it: two spaces a level and ` : ` after a name. */
function xJson(value: unknown, level: number): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const inner = "  ".repeat(level + 1);
  const end = `\n${"  ".repeat(level)}`;
  if (Array.isArray(value)) {
    return value.length === 0 ? "[]" : `[\n${value.map((item) => inner + xJson(item, level + 1)).join(",\n")}${end}]`;
  }
  const fields = Object.entries(value).map(([name, item]) => `${inner}"${name}" : ${xJson(item, level + 1)}`);
  return `{\n${fields.join(",\n")}${end}}`;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

/** X cuts what is reposted to 140 characters and ends it with an ellipsis. */
function cut(text: string): string {
  const characters = [...text];
  return characters.length > 140 ? `${characters.slice(0, 139).join("")}…` : text;
}

function xDate(ms: number): string {
  const [weekday, day, month, year, time] = new Date(ms).toUTCString().replace(",", "").split(" ");
  return `${weekday} ${month} ${day} ${time} +0000 ${year}`;
}

/** X's ids: 41 bits of milliseconds since 4 November 2010, 22 bits of worker and sequence. Older posts had small ids. */
function snowflake(ms: number, random: Random): string {
  const since = ms - 1_288_834_974_657;
  return since > 0 ? String((BigInt(since) << 22n) | BigInt(random.integer(2 ** 22))) : String(Math.floor(ms / 100));
}

/** Time to the next older one: a minute to `mostSeconds`, and twelve years for all of them; older posts had other ids. */
function gapMs(random: Random, count: number, mostSeconds: number): number {
  return 1000 * (60 + random.integer(Math.min(mostSeconds, Math.floor((2 * 12 * 365 * 86_400) / count))));
}

/** Pareto: most posts have none or a few, some thousands. */
function heavyTail(random: Random, shape: number): number {
  return Math.min(
    250_000,
    Math.floor((1 - random.next()) ** (-1 / shape) - 1 + (random.chance(0.02) ? random.integer(500) : 0)),
  );
}

function letters(random: Random, count: number): string {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  return Array.from({ length: count }, () => alphabet[random.integer(alphabet.length)]).join("");
}
