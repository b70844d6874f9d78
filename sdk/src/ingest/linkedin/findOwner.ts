import type { ArchiveInput, ConnectorOpenOptions } from "../connector.ts";
import type { CsvFile } from "../csvExport/findCsvFiles.ts";
import { type KnownRow, readCsvFiles } from "../csvExport/readCsvFiles.ts";
import { cellOf } from "../text/readCsvTable.ts";
import { type LinkedinKind, linkedinKinds } from "./linkedinKinds.ts";

/** Who the owner is among the people of the messages; null where the export does not tell. */
export type LinkedinOwner = { readonly profile: string | null };

/**
 * The owner's profile address: the one that takes part in every message. Where several do, as with a single correspondent, the one
 * that sends under the name in Profile.csv. A name alone is not enough: others have it too.
 */
export async function findOwner(
  input: ArchiveInput,
  all: readonly CsvFile<LinkedinKind>[],
  options: ConnectorOpenOptions,
): Promise<LinkedinOwner> {
  const files = all.filter(({ kind }) => kind === "profile" || kind === "messages");
  if (!files.some(({ kind }) => kind === "messages")) return { profile: null };
  let name: string | null = null;
  let always: Set<string> | undefined;
  const named = new Set<string>();
  // What is read twice is not counted twice.
  for await (const row of readCsvFiles(input, files, linkedinKinds, { ...options, onProgress: undefined })) {
    if (row.kind === "profile") {
      name ??= `${cellOf(row.fields, "First Name") ?? ""} ${cellOf(row.fields, "Last Name") ?? ""}`.trim();
      continue;
    }
    const people = new Set([senderOf(row), ...recipientsOf(row)].filter((address) => address !== null));
    if (people.size === 0) continue;
    const before: ReadonlySet<string> = always ?? people;
    const still = new Set([...before].filter((address) => people.has(address)));
    always = still;
    const sender = senderOf(row);
    if (sender !== null && still.has(sender) && cellOf(row.fields, "FROM") === name) named.add(sender);
  }
  const candidates = [...(always ?? [])];
  const chosen = candidates.length > 1 ? candidates.filter((address) => named.has(address)) : candidates;
  return { profile: chosen.length === 1 ? (chosen[0] ?? null) : null };
}

export function senderOf({ fields }: KnownRow<LinkedinKind>): string | null {
  return cellOf(fields, "SENDER PROFILE URL");
}

export function recipientsOf({ fields }: KnownRow<LinkedinKind>): readonly string[] {
  const text = cellOf(fields, "RECIPIENT PROFILE URLS");
  return text === null ? [] : text.split(/[,;]/).flatMap((part) => part.trim() || []);
}
