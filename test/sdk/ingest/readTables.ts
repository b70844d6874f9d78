import { type ArchiveInput, readArchive } from "../../../sdk/src/ingest/index.ts";
import { memoryArchive } from "./memoryArchive.ts";
import { readParquet } from "./readParquet.ts";

type Row = Readonly<Record<string, unknown>>;
export type Tables = Readonly<Record<string, readonly Row[]>>;

/** An import read back by the engine that programs run on: rows of each segment by its name, and what was remarked. */
export async function readTables(
  input: ArchiveInput | Readonly<Record<string, string | Uint8Array>>,
  options: readArchive.Options = {},
): Promise<{
  readonly connector: string;
  readonly tables: Tables;
  readonly remarks: readonly string[];
  readonly counts: Readonly<Record<string, number>>;
  readonly range: readonly (string | null)[];
}> {
  const archive = "entries" in input ? (input as ArchiveInput) : memoryArchive(input as Record<string, string>);
  const { connector, segments, ownerOnly, remarks } = await readArchive(archive, options);
  const tables: Record<string, readonly Row[]> = {};
  for (const { name, bytes } of [...segments, ...ownerOnly]) tables[name] = (await readParquet(bytes)).rows;
  const [first] = segments;
  return {
    connector,
    tables,
    remarks: remarks.map(({ kind, reason, count }) => `${kind} ${count}: ${reason}`),
    counts: Object.fromEntries(segments.map(({ name, records }) => [name, records])),
    range: [first?.from?.toISOString() ?? null, first?.to?.toISOString() ?? null],
  };
}
