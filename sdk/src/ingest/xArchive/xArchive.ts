import type {
  ArchiveEntry,
  ArchiveInput,
  Connector,
  ConnectorOpenOptions,
  InspectedInput,
  RawRecord,
} from "../connector.ts";
import { idField, objectField, type RawObject } from "../rawFields.ts";
import { throwIfCancelled } from "../throwIfCancelled.ts";
import { findXFiles, findXFilesByHead, type XFileKind, xFileKinds } from "./findXFiles.ts";
import { createLongPosts } from "./longPosts.ts";
import { readYtdRecords, type YtdRecord } from "./readYtdRecords.ts";
import { conversationMessages } from "./xMessages.ts";
import { type RawAccount, type RawFollow, type RawLike, type RawNote, type RawPost, xSegments } from "./xSegments.ts";

/**
 * The archive of X (Twitter), from "Download an archive of your data": `data/tweets.js` since 2020, `tweet.js` before.
 * Files that are missing are empty segments; the person may have left them out.
 */
export const xArchive: Connector = { id: "x-archive", segments: xSegments, detect, open };

async function detect(input: InspectedInput): Promise<number> {
  const found = findXFiles(input.entries());
  if (found === undefined) return (await findXFilesByHead(input)) === undefined ? 0 : 1;
  const { files, folder, manifest } = found;
  const one = files.account[0] ?? files.posts[0] ?? files.likes[0];
  for (const entry of [manifest, one]) {
    if (entry !== undefined && startsAsX(await input.head(entry.path))) return 1;
  }
  // By its names it is one, by its contents not: it shall fail as a broken X archive. A lone account.js is anybody's.
  const kinds = Object.values(files).filter((entries) => entries.length > 0).length + (manifest === undefined ? 0 : 1);
  return folder.endsWith("data/") || kinds > 1 ? 0.5 : 0.02;
}

function startsAsX(head: Uint8Array): boolean {
  const text = String.fromCharCode(...head.subarray(0, 64));
  return /^(?:\xef\xbb\xbf)?\s*window\.(?:YTD\.|__THAR_CONFIG\s*=)/.test(text);
}

async function* open(input: InspectedInput, options: ConnectorOpenOptions): AsyncGenerator<RawRecord> {
  const found = findXFiles(input.entries()) ?? (await findXFilesByHead(input));
  if (found === undefined) return;
  const { files } = found;
  const bytesTotal = Object.values(files)
    .flat()
    .reduce((total, { size }) => total + size, 0);
  const read = reader(input, options, bytesTotal);

  let profile: RawObject | undefined;
  let owner: string | null = null;
  for await (const { value } of read(files.profile, xFileKinds.profile)) profile ??= unwrap(value, "profile");
  for await (const { value, file, position } of read(files.account, xFileKinds.account)) {
    const account: RawAccount = { account: unwrap(value, "account"), profile };
    owner ??= idField(account.account, "accountId");
    yield { segment: "account", value: account, file, position };
  }

  const longPosts = createLongPosts();
  for await (const { value, file, position } of read(files.notes, xFileKinds.notes)) {
    longPosts.add(value, file);
    const note: RawNote = { note: unwrap(value, "noteTweet") };
    yield { segment: "notes", value: note, file, position };
  }
  for await (const { value, file, position } of read(files.posts, xFileKinds.posts)) {
    const tweet = unwrap(value, "tweet");
    const post: RawPost = { tweet, wholeText: longPosts.textOf(tweet) };
    yield { segment: "posts", value: post, file, position };
  }

  for await (const { value, file, position } of read(files.likes, xFileKinds.likes)) {
    const like: RawLike = { like: unwrap(value, "like") };
    yield { segment: "likes", value: like, file, position };
  }

  // Messages are own by their sender: without an account file nobody can say whose they are.
  for (const kind of ["messages", "groupMessages"] as const) {
    for await (const { value, file, position } of read(files[kind], xFileKinds[kind])) {
      for (const message of conversationMessages(unwrap(value, "dmConversation"), owner)) {
        yield { segment: "messages", value: message, file, position };
      }
    }
  }
  for (const segment of ["followers", "following"] as const) {
    for await (const { value, file, position } of read(files[segment], xFileKinds[segment])) {
      const follow: RawFollow = { follow: unwrap(value, segment === "followers" ? "follower" : "following") };
      yield { segment, value: follow, file, position };
    }
  }
}

/** The 2019 archive has the bare record, every later one `{ "tweet": { … } }`. */
function unwrap(value: RawObject, name: string): RawObject {
  return objectField(value, name) ?? value;
}

type ReadKind = (
  entries: readonly ArchiveEntry[],
  kind: XFileKind,
) => AsyncGenerator<YtdRecord & { readonly file: string }>;

function reader(input: ArchiveInput, options: ConnectorOpenOptions, bytesTotal: number): ReadKind {
  const { limits, signal, onProgress } = options;
  let bytesRead = 0;

  async function* counted(entry: ArchiveEntry): AsyncGenerator<Uint8Array> {
    for await (const chunk of input.read(entry.path, { maxBytes: limits.maxEntryBytes, signal })) {
      throwIfCancelled(signal);
      yield chunk;
      bytesRead += chunk.length;
      onProgress?.({ file: entry.path, bytesRead, bytesTotal });
    }
  }

  return async function* readKind(entries, kind) {
    for (const entry of entries) {
      const file = entry.path;
      for await (const record of readYtdRecords(counted(entry), file, kind.names, limits)) yield { ...record, file };
    }
  };
}
