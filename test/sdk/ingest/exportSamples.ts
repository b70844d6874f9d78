import { type ArchiveInput, readArchive } from "../../../sdk/src/ingest/index.ts";
import { readParquet } from "./readParquet.ts";

export type Summary = {
  readonly connector: string;
  readonly segments: Readonly<Record<string, readonly [records: number, from: string | null, to: string | null]>>;
  readonly remarks: readonly string[];
};

/** What the command prints of an import: connector, counts and ranges of the segments, remarks as `kind reason count`. */
export async function summaryOf(input: ArchiveInput, options: readArchive.Options = {}): Promise<Summary> {
  const { connector, segments, remarks } = await readArchive(input, options);
  return {
    connector,
    segments: Object.fromEntries(
      segments.map(({ name, records, from, to }) => [
        name,
        [records, from?.toISOString() ?? null, to?.toISOString() ?? null] as const,
      ]),
    ),
    remarks: remarks.map(({ kind, reason, count }) => `${kind} ${reason} ${count}`),
  };
}

/** The rows of a segment, as the engine of programs reads them. Times as text: `2024-04-16 09:08:07`. */
export async function rowsOf(
  input: ArchiveInput,
  segment: string,
  options: readArchive.Options = {},
): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const { segments, ownerOnly } = await readArchive(input, options);
  const found = [...segments, ...ownerOnly].find(({ name }) => name === segment);
  if (found === undefined) throw new Error(`no segment ${segment}`);
  const { rows } = await readParquet(found.bytes);
  return rows.map((row) =>
    Object.fromEntries(
      Object.entries(row).map(([name, value]) => [
        name,
        typeof value === "object" && value !== null ? String(value) : value,
      ]),
    ),
  );
}
