/**
 * Reads the plain archive again, without any code of the protocol: what the demo compares the enclave's answer with, and
 * where it takes the texts from that must be found nowhere.
 */
import { buffer } from "node:stream/consumers";
import * as yauzl from "yauzl";
import { type Score, threshold } from "./engagementProgram.ts";

type Post = {
  readonly id_str?: string;
  readonly full_text?: string;
  readonly favorite_count?: string;
  readonly retweet_count?: string;
};

export type PlainArchive = {
  readonly posts: readonly Post[];
  readonly likes: readonly { readonly fullText?: string }[];
  readonly account: { readonly email?: string; readonly username?: string; readonly accountDisplayName?: string };
};

export async function readPlainArchive(path: string): Promise<PlainArchive> {
  const files = await readZip(path);
  const listOf = (pattern: RegExp): unknown[] =>
    [...files]
      .filter(([name]) => pattern.test(name))
      .flatMap(([, text]) => JSON.parse(text.slice(text.indexOf("=") + 1)) as unknown[]);
  const inner = (record: unknown, key: string) => (record as Record<string, unknown>)[key] ?? record;
  return {
    posts: listOf(/(^|\/)data\/tweets?(-part\d+)?\.js$/).map((record) => inner(record, "tweet") as Post),
    likes: listOf(/(^|\/)data\/like(-part\d+)?\.js$/).map((record) => inner(record, "like") as { fullText?: string }),
    account: inner(listOf(/(^|\/)data\/account\.js$/)[0] ?? {}, "account") as PlainArchive["account"],
  };
}

export function expectedScore({ posts }: PlainArchive): Score {
  const own = new Map(
    posts.filter(({ full_text: text = "" }) => !/^RT @\w{1,20}:/.test(text)).map((post) => [post.id_str, post]),
  );
  const engagements = [...own.values()].map((post) => countOf(post.favorite_count) + 2 * countOf(post.retweet_count));
  const high = engagements.filter((engagement) => engagement >= threshold);
  return {
    posts: own.size,
    high_engagement_posts: high.length,
    score: high.reduce((sum, engagement) => sum + engagement, 0),
  };
}

/** Counts are strings in real exports; what is not a number counts as none, as it does in the program. */
const countOf = (text: string | number | undefined): number => Number(text) || 0;

async function readZip(path: string): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  const zip = await yauzl.openPromise(path);
  for await (const entry of zip.eachEntry()) {
    if (!/(^|\/)data\/(tweets?|like|account)(-part\d+)?\.js$/.test(entry.fileName)) continue;
    const stream = await zip.openReadStreamPromise(entry);
    files.set(entry.fileName, (await buffer(stream)).toString("utf8"));
  }
  return files;
}
