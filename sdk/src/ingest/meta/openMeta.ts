import { createOccurrences } from "../chats/occurrences.ts";
import type { ConnectorOpenOptions, InspectedInput, RawItem } from "../connector.ts";
import { createExportReader } from "../exportReader.ts";
import { createFileGuard } from "../fileGuard.ts";
import { isObject } from "../jsonFiles.ts";
import { leftOut } from "../leftOut.ts";
import type { RawObject } from "../rawFields.ts";
import { stableId } from "../stableId.ts";
import { readJsonValues } from "../text/index.ts";
import { findMetaFiles, type ListFile, type ListSegment, type MetaLists } from "./metaFiles.ts";
import { readThread, type Thread } from "./readThread.ts";
import { readThreadList } from "./readThreadList.ts";
import { recordKey } from "./recordKey.ts";
import { repaired } from "./repairText.ts";

/** A record of one of Meta's lists, its texts repaired. */
export type RawMetaRecord = {
  readonly service: string;
  readonly record: RawObject;
  /** Name of the list in its file; the file's own name when it is a list itself. */
  readonly list: string;
  /** Of what does not change between exports, and of how often that came before in its file. */
  readonly id: string;
  readonly ownerName: string | null;
};

/** All records of an export of Facebook or Instagram: lists first, the account before them, because it says who the owner is. */
export async function* openMeta(
  input: InspectedInput,
  options: ConnectorOpenOptions,
  service: string,
  lists: MetaLists,
  nameOf: (account: RawObject) => string | null,
): AsyncGenerator<RawItem> {
  const { limits } = options;
  const found = await findMetaFiles(input, lists);
  const files = [...found.lists].sort((a, b) => order.indexOf(a.segment) - order.indexOf(b.segment));
  const ofThreads = found.threads.flatMap(({ entries }) => entries);
  const read = createExportReader(input, options, [
    ...files.map(({ entry }) => entry),
    ...ofThreads,
    ...ofThreads,
    ...found.threadLists,
  ]);
  let ownerName: string | null = null;

  const guard = createFileGuard();
  for (const file of files) yield* guard.pass(file.segment, file.entry.path, () => readList(file));

  async function* readList({ entry, key, segment, isRecord }: ListFile): AsyncGenerator<RawItem> {
    const file = entry.path;
    const list = key ?? (file.split("/").at(-1) ?? "").replace(/(?:_\d{1,4})?\.json$/, "");
    const countOf = createOccurrences();
    // An account stands alone under its name, other records in a list.
    const places =
      key === undefined ? [isRecord ? [] : ["*"]] : [[key, "*"], ...otherKeys({ entry, key, segment }, lists)];
    if (segment === "account" && key !== undefined && singles.has(key)) places.splice(0, 1, [key]);
    for await (const { place, value, position } of readJsonValues(read(entry), places, { file, limits })) {
      const record = repaired(value);
      if (!isObject(record) && !Array.isArray(record)) {
        yield leftOut(segment, file, "is no record");
        continue;
      }
      const whole = isObject(record) ? record : { values: record };
      if (segment === "account") ownerName ??= nameOf(whole);
      const recordId = recordKey(whole);
      const times = countOf(recordId);
      const name = key === undefined ? list : (places[place]?.[0] ?? list);
      const id = stableId(service, segment, recordId, times === 0 ? null : String(times));
      const raw: RawMetaRecord = { service, record: whole, list: name, id, ownerName };
      yield { segment, value: raw, file, position };
    }
  }
  const messagesOf = (thread: Thread) => readThread(thread, service, ownerName, read, options);
  for (const thread of found.threads) {
    // A conversation of several files is left out whole or not at all.
    const [only] = thread.entries;
    if (only === undefined || thread.entries.length > 1) yield* messagesOf(thread);
    else yield* guard.pass("messages", only.path, () => messagesOf(thread));
  }
  for (const entry of found.threadLists) {
    yield* guard.pass("messages", entry.path, () => readThreadList(entry, service, ownerName, read, options));
  }
  yield* guard.told();
}

const order: readonly ListSegment[] = ["account", "posts", "comments", "likes"];

/** Accounts that are one object, and no list. */
const singles = new Set(["profile_v2", "profile"]);

/** Lists of the same kind that may stand beside the first in one file: photos and videos, likes of posts and of comments. */
function otherKeys({ key, segment }: ListFile, { keys }: MetaLists): readonly string[][] {
  if (segment === "account") return [];
  return Object.entries(keys)
    .filter(([name, of]) => name !== key && of === segment)
    .map(([name]) => [name, "*"]);
}
