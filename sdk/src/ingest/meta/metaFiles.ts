import type { ArchiveEntry, InspectedInput } from "../connector.ts";
import { jsonHead } from "../jsonFiles.ts";
import type { Thread } from "./readThread.ts";

export type ListSegment = "account" | "posts" | "comments" | "likes";

/** What a service's lists are called: by their one member's name, or by their file's name where a file is a list itself. */
export type MetaLists = {
  readonly keys: Readonly<Record<string, ListSegment>>;
  readonly lists: readonly { readonly name: RegExp; readonly head: RegExp; readonly segment: ListSegment }[];
  /** Files that are an object of several lists or one record, whatever member comes first. Without a key the object is the record. */
  readonly objects?: readonly { readonly head: RegExp; readonly key?: string; readonly segment: ListSegment }[];
};

export type ListFile = {
  readonly entry: ArchiveEntry;
  /** Undefined when the file is a list itself, or one record. */
  readonly key: string | undefined;
  /** The file is one record. */
  readonly isRecord?: boolean;
  readonly segment: ListSegment;
};

export type MetaFiles = {
  readonly lists: readonly ListFile[];
  readonly threads: readonly Thread[];
  /** All conversations in one file, as Instagram wrote them until 2020. */
  readonly threadLists: readonly ArchiveEntry[];
  /** Looked at, and none of both. */
  readonly others: readonly ArchiveEntry[];
};

const threadFile =
  /^(.*\/)?(?:messages|inbox|archived_threads|filtered_threads|message_requests|e2ee_cutover|legacy_threads)\/(?:.*\/)?message_(\d{1,4})\.json$/;

/** The files of an export that hold records of these lists, and its conversations, whose files are told by their names. */
export async function findMetaFiles(
  input: InspectedInput,
  lists: MetaLists,
  most = Number.POSITIVE_INFINITY,
): Promise<MetaFiles> {
  const entries = input.entries();
  const isLone = entries.length === 1;
  const found: ListFile[] = [];
  const folders = new Map<string, ArchiveEntry[]>();
  const lone: Thread[] = [];
  const threadLists: ArchiveEntry[] = [];
  const others: ArchiveEntry[] = [];
  let looks = 0;
  for (const entry of entries) {
    if (!isLone && !entry.path.endsWith(".json")) continue;
    const folder = threadFile.test(entry.path) ? entry.path.slice(0, entry.path.lastIndexOf("/")) : undefined;
    if (folder !== undefined) {
      const files = folders.get(folder) ?? [];
      folders.set(folder, files);
      files.push(entry);
      continue;
    }
    looks += 1;
    if (looks > most) continue;
    const head = await jsonHead(input, entry);
    if (isThreadHead(head)) {
      lone.push({ folder: null, entries: [entry] });
      continue;
    }
    if (isThreadListHead(head)) {
      threadLists.push(entry);
      continue;
    }
    const list = listOf(entry, head, lists);
    if (list === undefined) others.push(entry);
    else found.push(list);
  }
  const threads = [...folders].map(([folder, files]) => ({
    folder,
    entries: files.sort((a, b) => partOf(a) - partOf(b)),
  }));
  return { lists: found, threads: [...threads, ...lone], threadLists, others };
}

export function isThreadHead(head: string): boolean {
  if (!/^\{\s*"(?:participants|messages|title|threadName|thread_path)"\s*:/.test(head)) return false;
  return /"(?:sender_name|senderName)"\s*:/.test(head) && /"(?:timestamp_ms|timestamp)"\s*:/.test(head);
}

function isThreadListHead(head: string): boolean {
  return /^\[\s*\{\s*"(?:participants|conversation)"\s*:\s*\[/.test(head) && /"conversation"\s*:\s*\[/.test(head);
}

function listOf(entry: ArchiveEntry, head: string, { keys, lists, objects = [] }: MetaLists): ListFile | undefined {
  const key = /^\{\s*"([a-zA-Z0-9_]{1,80})"\s*:/.exec(head)?.[1];
  const segment = key === undefined || !Object.hasOwn(keys, key) ? undefined : keys[key];
  if (segment !== undefined) return { entry, key, segment };
  const object = objects.find((each) => each.head.test(head));
  if (object !== undefined) {
    return { entry, key: object.key, segment: object.segment, isRecord: object.key === undefined };
  }
  if (!head.startsWith("[")) return undefined;
  const list = lists.find(({ name, head: pattern }) => name.test(entry.path) && pattern.test(head));
  return list === undefined ? undefined : { entry, key: undefined, segment: list.segment };
}

function partOf(entry: ArchiveEntry): number {
  return Number(threadFile.exec(entry.path)?.[2] ?? 0);
}
