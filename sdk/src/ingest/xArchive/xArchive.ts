import { openBatches } from "../batches/openBatches.ts";
import type {
  ArchiveEntry,
  ArchiveInput,
  Connector,
  ConnectorOpenOptions,
  InspectedInput,
  RawBatch,
  RawItem,
  RawRecord,
} from "../connector.ts";
import { createFileGuard } from "../fileGuard.ts";
import { idField, objectField, type RawObject } from "../rawFields.ts";
import { throwIfCancelled } from "../throwIfCancelled.ts";
import { cutYtdBatches } from "./cutYtdBatches.ts";
import { findXFiles, findXFilesByHead, xFileKinds } from "./findXFiles.ts";
import { createLongPosts, type LongNote, type LongPosts } from "./longPosts.ts";
import { parseYtdBatch, readYtdRecords, type YtdRecord } from "./readYtdRecords.ts";
import { conversationMessages } from "./xMessages.ts";
import { type RawAccount, type RawFollow, type RawLike, type RawNote, type RawPost, xSegments } from "./xSegments.ts";

/**
 * The archive of X (Twitter), from "Download an archive of your data": `data/tweets.js` since 2020, `tweet.js` before.
 * Files that are missing are empty segments; the person may have left them out.
 */
export const xArchive: Connector = {
  id: "x-archive",
  segments: xSegments,
  detect,
  open: (input, options) => openBatches({ cut, parse }, input, options),
  batches: { cut, parse },
};

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

/** What the posts of an archive have in common. */
type PostsShared = { readonly notes: readonly LongNote[] };
/** And its messages: whose they are says the account file. */
type MessagesShared = { readonly owner: string | null };

/** Notes go with each batch of posts: of an archive with more, posts are parsed where the notes are. */
const maxSharedCharacters = 2 ** 20;

async function* cut(input: InspectedInput, options: ConnectorOpenOptions): AsyncGenerator<RawItem | RawBatch> {
  const found = findXFiles(input.entries()) ?? (await findXFilesByHead(input));
  if (found === undefined) return;
  const { files } = found;
  const bytesTotal = Object.values(files)
    .flat()
    .reduce((total, { size }) => total + size, 0);
  const bytesOf = counter(input, options, bytesTotal);

  async function* records(kind: keyof typeof xFileKinds): AsyncGenerator<YtdRecord & { readonly file: string }> {
    for (const entry of files[kind]) {
      const { path: file } = entry;
      const { names } = xFileKinds[kind];
      for await (const record of readYtdRecords(bytesOf(entry), file, names, options.limits)) yield { ...record, file };
    }
  }

  async function* batches(kind: BatchKind, shared?: unknown): AsyncGenerator<RawItem | RawBatch> {
    // Of several parts one may be cut off: the others are read.
    const guard = files[kind].length > 1 ? createFileGuard() : undefined;
    const segment = kind === "groupMessages" ? "messages" : kind;
    for (const entry of files[kind]) {
      const { path: file } = entry;
      const { names } = xFileKinds[kind];
      const cut = () => cutYtdBatches(bytesOf(entry), file, names, options.limits, options.memory);
      for await (const batch of guard === undefined ? cut() : guard.pass(segment, file, cut)) {
        yield { ...batch, content: kind, file, shared };
      }
    }
    if (guard !== undefined) yield* guard.told();
  }

  let profile: RawObject | undefined;
  let owner: string | null = null;
  for await (const { value } of records("profile")) profile ??= unwrap(value, "profile");
  for await (const { value, file, position } of records("account")) {
    const account: RawAccount = { account: unwrap(value, "account"), profile };
    owner ??= idField(account.account, "accountId");
    yield { segment: "account", value: account, file, position };
  }

  const longPosts = createLongPosts();
  for await (const { value, file, position } of records("notes")) {
    longPosts.add(value, file);
    const note: RawNote = { note: unwrap(value, "noteTweet") };
    yield { segment: "notes", value: note, file, position };
  }
  if (longPosts.characters() <= maxSharedCharacters) {
    const shared: PostsShared = { notes: longPosts.all() };
    yield* batches("posts", shared);
  } else {
    for await (const { value, file, position } of records("posts")) yield postOf(value, longPosts, { file, position });
  }

  yield* batches("likes");
  // Messages are own by their sender: without an account file nobody can say whose they are.
  const shared: MessagesShared = { owner };
  yield* batches("messages", shared);
  yield* batches("groupMessages", shared);
  yield* batches("followers");
  yield* batches("following");
}

type BatchKind = "posts" | "likes" | "messages" | "groupMessages" | "followers" | "following";

function parse(batch: RawBatch, _options: unknown, give: (item: RawItem) => void): void {
  const { file } = batch;
  const kind = batch.content as BatchKind;
  const longPosts = createLongPosts(kind === "posts" ? (batch.shared as PostsShared).notes : []);
  for (const { value, position } of parseYtdBatch(batch)) {
    if (kind === "posts") give(postOf(value, longPosts, { file, position }));
    else if (kind === "likes") {
      const like: RawLike = { like: unwrap(value, "like") };
      give({ segment: "likes", value: like, file, position });
    } else if (kind === "messages" || kind === "groupMessages") {
      const { owner } = batch.shared as MessagesShared;
      for (const message of conversationMessages(unwrap(value, "dmConversation"), owner)) {
        give({ segment: "messages", value: message, file, position });
      }
    } else {
      const follow: RawFollow = { follow: unwrap(value, kind === "followers" ? "follower" : "following") };
      give({ segment: kind, value: follow, file, position });
    }
  }
}

function postOf(
  value: RawObject,
  longPosts: LongPosts,
  place: { readonly file: string; readonly position: number },
): RawRecord {
  const tweet = unwrap(value, "tweet");
  const post: RawPost = { tweet, wholeText: longPosts.textOf(tweet) };
  return { segment: "posts", value: post, ...place };
}

/** The 2019 archive has the bare record, every later one `{ "tweet": { … } }`. */
function unwrap(value: RawObject, name: string): RawObject {
  return objectField(value, name) ?? value;
}

function counter(
  input: ArchiveInput,
  options: ConnectorOpenOptions,
  bytesTotal: number,
): (entry: ArchiveEntry) => AsyncGenerator<Uint8Array> {
  const { limits, signal, onProgress } = options;
  let bytesRead = 0;
  return async function* counted(entry) {
    for await (const chunk of input.read(entry.path, { maxBytes: limits.maxEntryBytes, signal })) {
      throwIfCancelled(signal);
      yield chunk;
      bytesRead += chunk.length;
      onProgress?.({ file: entry.path, bytesRead, bytesTotal });
    }
  };
}
