import { writeFileSync } from "node:fs";
import { expect } from "chai";
import { openZipArchive } from "../../../node/src/ingest/index.ts";
import { PersonaError } from "../../../sdk/src/errors/index.ts";
import { readArchive } from "../../../sdk/src/ingest/index.ts";
import { account, tweet, ytd } from "../../sdk/ingest/memoryArchive.ts";
import { rawZip } from "./rawZip.ts";
import { temporaryFolder } from "./temporaryFolder.ts";

const folder = temporaryFolder();
const cases = Number(process.env.PERSONA_FUZZ_CASES ?? 1000);

type Below = (limit: number) => number;

function seeded(seed: number): Below {
  let state = seed >>> 0;
  return (limit) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
}

const files: Readonly<Record<string, string>> = {
  "data/account.js": ytd("account", [account]),
  "data/tweets.js": ytd("tweets", [
    tweet(),
    tweet({ id_str: "2", full_text: "🐟 &amp; ] };", in_reply_to_status_id_str: "1" }),
  ]),
  "data/note-tweet.js": ytd("note_tweet", [
    { noteTweet: { noteTweetId: "9", createdAt: "2023-06-01T12:30:00.000Z", core: { text: "x".repeat(300) } } },
  ]),
  "data/like.js": ytd("like", [{ like: { tweetId: "7", fullText: "&lt;3" } }, { like: { tweetId: "8" } }]),
};

/** Flips, inserts, removes, doubles and overwrites with what parsers dislike, one to four times. */
function mutated(bytes: Buffer, below: Below): Buffer {
  const dislikes = [
    "\0",
    "]",
    "}",
    "[{",
    '"',
    "\\",
    "\\u",
    "\ud800",
    "__proto__",
    "=",
    "window.YTD.",
    "1e999",
    "-",
    "null",
    "\xff\xff\xff\xff",
    "PK\u0001\u0002",
    "PK\u0005\u0006",
    "../",
  ];
  let out = bytes;
  for (let times = 1 + below(4); times > 0; times--) {
    const at = below(out.length);
    const length = below(1 + below(64));
    const dislike = Buffer.from(dislikes[below(dislikes.length)] ?? "", "latin1");
    const [head, tail] = [out.subarray(0, at), out.subarray(at)];
    switch (below(6)) {
      case 0: {
        out = Buffer.from(out);
        out[at] = (out[at] ?? 0) ^ (1 << below(8));
        break;
      }
      case 1:
        out = Buffer.concat([head, dislike, tail]);
        break;
      case 2:
        out = Buffer.concat([head, tail.subarray(length)]);
        break;
      case 3:
        out = Buffer.concat([head, tail.subarray(0, length), tail]);
        break;
      case 4:
        out = Buffer.concat([head, dislike, tail.subarray(dislike.length)]);
        break;
      default:
        out =
          below(8) === 0 ? head : Buffer.concat([head, Buffer.from(Array.from({ length }, () => below(256))), tail]);
    }
    if (out.length === 0) return out;
  }
  return out;
}

/** A valid result, or the code of the PersonaError; anything else fails the test with its seed. */
async function outcome(bytes: Uint8Array, seed: number): Promise<string> {
  const path = folder.path("mutated.zip");
  writeFileSync(path, bytes);
  const signal = AbortSignal.timeout(5000);
  try {
    const archive = await openZipArchive(path, { signal });
    try {
      const { segments } = await readArchive(archive, { signal });
      expect(segments).to.have.length(7);
      for (const segment of segments) expect(Buffer.from(segment.bytes.subarray(0, 4)).toString()).to.equal("PAR1");
      return "read";
    } finally {
      await archive.close();
    }
  } catch (error) {
    if (!(error instanceof PersonaError) || error.code === "INTERNAL" || error.code === "CANCELLED") {
      throw new Error(`seed ${seed}`, { cause: error });
    }
    return error.code;
  }
}

describe("mutated archives", function () {
  this.timeout(120_000);

  it(`${cases} mutations of the zip's bytes: a typed error or a result`, async () => {
    const whole = rawZip(
      Object.entries(files).map(([name, data], index) => ({ name, data, method: index % 2 === 0 ? 8 : 0 })),
    );
    expect(await outcome(whole, -1)).to.equal("read");
    const seen = new Map<string, number>();
    for (let seed = 0; seed < cases; seed++) {
      const end = await outcome(mutated(whole, seeded(seed)), seed);
      seen.set(end, (seen.get(end) ?? 0) + 1);
    }
    console.log(`      ${JSON.stringify(Object.fromEntries(seen))}`);
    expect([...seen.keys()]).to.include.members(["ARCHIVE_NOT_ZIP", "ARCHIVE_HOSTILE", "ARCHIVE_ENCRYPTED", "read"]);
  });

  it(`${cases} mutations of what is in the zip: a typed error or a result`, async () => {
    const names = Object.keys(files);
    const seen = new Map<string, number>();
    for (let seed = 0; seed < cases; seed++) {
      const below = seeded(seed ^ 0x5eed);
      const victim = names[below(names.length)];
      const entries = Object.entries(files).map(([name, data]) => ({
        name,
        data: name === victim ? mutated(Buffer.from(data), below) : data,
        method: 0,
      }));
      const end = await outcome(rawZip(entries), seed);
      seen.set(end, (seen.get(end) ?? 0) + 1);
    }
    console.log(`      ${JSON.stringify(Object.fromEntries(seen))}`);
    expect([...seen.keys()]).to.include.members(["EXPORT_INVALID", "read"]);
  });
});
