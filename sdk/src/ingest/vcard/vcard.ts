import { readEach } from "../claimFiles.ts";
import type { ArchiveEntry, Connector, ConnectorOpenOptions, InspectedInput, RawItem } from "../connector.ts";
import { stableId } from "../stableId.ts";
import { throwIfCancelled } from "../throwIfCancelled.ts";
import { findByContent } from "../vobject/findByContent.ts";
import { readComponents } from "../vobject/readComponents.ts";
import { type ContentLine, readContentLines } from "../vobject/readContentLines.ts";
import { contactSegments, type RawCard } from "./contactSegments.ts";

/**
 * Contacts: vCard 2.1, 3.0 and 4.0 (`.vcf`) of telephones, Google, Apple, Outlook and everything else, several cards in a file and
 * several files. All of a contact is another person's and is marked so; groups are contacts of their kind.
 */
export const vcard: Connector = { id: "vcard", segments: contactSegments, detect, open };

const files = { ending: /\.(?:vcf|vcard)$/i, beginning: /^BEGIN:VCARD/i };

async function detect(input: InspectedInput): Promise<number> {
  return (await findByContent(input, files)).confidence;
}

async function* open(input: InspectedInput, options: ConnectorOpenOptions): AsyncGenerator<RawItem> {
  const { limits, signal, onProgress } = options;
  const { entries } = await findByContent(input, files);
  const bytesTotal = entries.reduce((total, { size }) => total + size, 0);
  let bytesRead = 0;

  async function* counted({ path }: ArchiveEntry): AsyncGenerator<Uint8Array> {
    for await (const chunk of input.read(path, { maxBytes: limits.maxEntryBytes, signal })) {
      throwIfCancelled(signal);
      yield chunk;
      bytesRead += chunk.length;
      onProgress?.({ file: path, bytesRead, bytesTotal });
    }
  }

  const seen = new Map<string, number>();
  yield* readEach(entries, "contacts", async function* (entry) {
    const file = entry.path;
    const lines = readContentLines(counted(entry), limits.maxRecordBytes);
    for await (const component of readComponents(lines, file, (name) => name === "VCARD", limits)) {
      if (component.name !== "VCARD") continue;
      const value: RawCard = { component, id: idOf(component.lines, seen), maxText: limits.maxStringLength };
      yield { segment: "contacts", value, file, position: component.position };
    }
  });
}

/**
 * The uid; with a number where another card of other content has the same. Without a uid the content is the id, and a card that
 * is there twice is two: telephones write such.
 */
function idOf(lines: readonly ContentLine[], seen: Map<string, number>): string {
  const content = stableId(
    ...lines.filter(({ name }) => name !== "REV" && name !== "PRODID").map(({ name, value }) => `${name}:${value}`),
  );
  const uid =
    lines
      .find(({ name }) => name === "UID")
      ?.value.trim()
      .toWellFormed() ?? "";
  const count = (key: string): number => {
    const times = seen.get(key) ?? 0;
    seen.set(key, times + 1);
    return times;
  };
  if (uid === "") return stableId(content, String(count(content)));
  const key = uid.length > 500 ? stableId(uid) : uid;
  const known = seen.get(`${key} ${content}`);
  const number = known ?? count(`uid ${key}`);
  seen.set(`${key} ${content}`, number);
  return number === 0 ? key : `${key}#${number}`;
}
