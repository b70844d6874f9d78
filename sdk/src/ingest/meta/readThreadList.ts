import { createOccurrences } from "../chats/occurrences.ts";
import type { ArchiveEntry, ConnectorOpenOptions, RawItem } from "../connector.ts";
import type { ExportReader } from "../exportReader.ts";
import { idText, isObject } from "../jsonFiles.ts";
import { leftOut } from "../leftOut.ts";
import { stableId } from "../stableId.ts";
import { readJsonValues } from "../text/index.ts";
import { messageKey, type RawMetaMessage, senderOf } from "./metaMessage.ts";
import { repaired } from "./repairText.ts";

/** More are in no conversation. */
const maxPeople = 1000;

/**
 * The messages of `messages.json`, as Instagram wrote all conversations until 2020: a list of the people and the messages of each. A
 * conversation has no name and no path: its people tell it apart.
 */
export async function* readThreadList(
  entry: ArchiveEntry,
  service: string,
  ownerName: string | null,
  read: ExportReader,
  { limits }: ConnectorOpenOptions,
): AsyncGenerator<RawItem> {
  const file = entry.path;
  let place = "";
  let people: string[] = [];
  let countOf = createOccurrences();
  const places = [
    ["*", "participants", "*"],
    ["*", "conversation", "*"],
  ];
  for await (const { place: kind, path, value, position } of readJsonValues(read(entry), places, { file, limits })) {
    const [index = ""] = path;
    if (index !== place) {
      place = index;
      people = [];
      countOf = createOccurrences();
    }
    const fixed = repaired(value);
    if (kind === 0) {
      const name = idText(fixed);
      if (name !== null && people.length < maxPeople) people.push(name);
      continue;
    }
    if (!isObject(fixed)) {
      yield leftOut("messages", file, "is no message");
      continue;
    }
    const sender = senderOf(fixed);
    const raw: RawMetaMessage = {
      service,
      message: fixed,
      conversation: stableId(service, "people", ...[...people].sort()),
      times: countOf(messageKey(fixed)),
      ownerName,
      recipients: people.filter((person) => person !== sender),
      about: undefined,
    };
    yield { segment: "messages", value: raw, file, position };
  }
}
