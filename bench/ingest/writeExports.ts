/** Exports of any size, written as their services write them, for the bench of imports. */
import { createWriteStream } from "node:fs";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import yazl from "yazl";
import { appleHealthExport } from "../../scripts/exports/appleHealth.ts";
import { generateMbox } from "../../scripts/exports/mbox.ts";

export type WrittenExport = {
  readonly path: string;
  /** Bytes of all files, unpacked. */
  readonly bytes: number;
  /** Of the segment that holds most; the import is held to it. */
  readonly records: number | undefined;
};

const POST_BYTES = 1_200;

/** A zipped X archive with posts of 1.2 kB each. */
export async function writeXArchive(path: string, bytes: number): Promise<WrittenExport> {
  const posts = Math.floor(bytes / POST_BYTES);
  const zip = new yazl.ZipFile();
  let written = 0;
  const add = (name: string, pieces: Iterable<string>): void => {
    const counted = function* () {
      for (const piece of pieces) {
        const data = Buffer.from(piece);
        written += data.length;
        yield data;
      }
    };
    zip.addReadStream(Readable.from(counted()), name);
  };
  const account = {
    email: "kari@example.org",
    username: "kari",
    accountId: "1",
    createdAt: "2009-04-01T10:20:30.000Z",
  };
  add("data/account.js", [`window.YTD.account.part0 = ${JSON.stringify([{ account }])}`]);
  add("data/tweets.js", xPosts(posts));
  zip.end();
  await pipeline(zip.outputStream, createWriteStream(path));
  return { path, bytes: written, records: posts };
}

/** Pieces of a hundred posts: a piece a post would cost more than what is measured. */
function* xPosts(posts: number): Generator<string> {
  yield "window.YTD.tweets.part0 = [";
  for (let from = 0; from < posts; from += 100) {
    const some = Array.from({ length: Math.min(100, posts - from) }, (_, index) => xPost(from + index));
    yield `${from === 0 ? "" : ","}\n${some.join(",\n")}`;
  }
  yield "\n]";
}

const words = "tide berth rope harbour ferry sail keel anchor fjord brygga lighthouse mooring gull net oar".split(" ");

function xPost(index: number): string {
  const word = (offset: number) => words[(index * 7 + offset * offset + (index >> 4)) % words.length] ?? "";
  const text = `${Array.from({ length: 18 }, (_, n) => word(n)).join(" ")} &amp; ${index} https://t.co/${index.toString(36)}`;
  const id = String(1_400_000_000_000_000_000n + BigInt(index) * 4_194_304n);
  const user = {
    name: word(3),
    screen_name: `${word(4)}_${index % 97}`,
    indices: ["0", "12"],
    id_str: String(index % 997),
    id: String(index % 997),
  };
  const tweet = {
    edit_info: {
      initial: {
        editTweetIds: [id],
        editableUntil: "2023-06-01T13:30:00.000Z",
        editsRemaining: "5",
        isEditEligible: true,
      },
    },
    retweeted: false,
    source: '<a href="https://mobile.twitter.com" rel="nofollow">Twitter Web App</a>',
    entities: {
      hashtags: [{ text: word(5), indices: ["20", "26"] }],
      symbols: [],
      user_mentions: [user],
      urls: [
        {
          url: `https://t.co/${index.toString(36)}`,
          expanded_url: `https://example.org/${word(6)}/${index}`,
          indices: ["1", "24"],
        },
      ],
    },
    display_text_range: ["0", String(text.length)],
    favorite_count: String(index % 50),
    id_str: id,
    truncated: false,
    retweet_count: String(index % 7),
    id,
    possibly_sensitive: false,
    created_at: `Thu Jun 01 ${String(index % 24).padStart(2, "0")}:30:00 +0000 2023`,
    favorited: false,
    full_text: text,
    lang: "en",
  };
  return JSON.stringify({ tweet }).padEnd(POST_BYTES - 2, " ");
}

/** Half text mail of about 10 kB, half with attachments of about 70 kB. */
export async function writeMbox(path: string, bytes: number): Promise<WrittenExport> {
  return write(path, generateMbox({ bytes, kind: "mixed" }));
}

/** One of its records takes 430 bytes. */
export async function writeHealth(path: string, bytes: number): Promise<WrittenExport> {
  const records = Math.floor(bytes / 430);
  const encoder = new TextEncoder();
  const pieces = function* () {
    for (const piece of appleHealthExport({ records })) yield encoder.encode(piece);
  };
  return { ...(await write(path, pieces())), records };
}

async function write(path: string, pieces: Iterable<Uint8Array>): Promise<WrittenExport> {
  let written = 0;
  const gathered = function* () {
    let parts: Uint8Array[] = [];
    let size = 0;
    for (const piece of pieces) {
      parts.push(piece);
      size += piece.length;
      written += piece.length;
      if (size < 2 ** 20) continue;
      yield Buffer.concat(parts);
      parts = [];
      size = 0;
    }
    yield Buffer.concat(parts);
  };
  await pipeline(Readable.from(gathered()), createWriteStream(path));
  return { path, bytes: written, records: undefined };
}
