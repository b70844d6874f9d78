import type { Imported, SpooledSegment } from "../../../../sdk/src/ingest/index.ts";
import { openParquet } from "../../../../sdk/src/ingest/parquetFile/openParquet.ts";
import { recordSchemas } from "../../../../sdk/src/ingest/schemas/recordSchemas.ts";

export type Part = { readonly name: string; readonly schema: string; readonly bytes: Uint8Array };

/** All segments of an import or a run, those for the owner alone too. */
export async function partsOf({
  segments,
  ownerOnly,
}: Pick<Imported<SpooledSegment>, "segments" | "ownerOnly">): Promise<Part[]> {
  return Promise.all([...segments, ...ownerOnly].map(async (each) => ({ ...each, bytes: await bytesOf(each) })));
}

/** The keys of a segment's records, in its order. */
export async function idsOf(run: Pick<Imported<SpooledSegment>, "segments">, name: string): Promise<string[]> {
  return (await rowsOf(run, name)).map((row) => String(row[keyOf(run, name)]));
}

/** The records of a segment, as its columns hold them. */
export async function rowsOf(
  run: Pick<Imported<SpooledSegment>, "segments">,
  name: string,
): Promise<Record<string, unknown>[]> {
  const segment = run.segments.find((each) => each.name === name);
  if (segment === undefined) throw new Error(`no segment ${name}`);
  if (segment.records === 0) return [];
  const columns = recordSchemas.get(segment.schema)?.columns.map((column) => column.name) ?? [];
  const rows: Record<string, unknown>[] = [];
  for await (const values of openParquet(await bytesOf(segment), { file: name }).rows(columns)) {
    rows.push(Object.fromEntries(columns.map((column, index) => [column, values[index]])));
  }
  return rows;
}

function keyOf({ segments }: Pick<Imported<SpooledSegment>, "segments">, name: string): string {
  const schema = segments.find((each) => each.name === name)?.schema ?? "";
  return recordSchemas.get(schema)?.key ?? "";
}

async function bytesOf({ content }: Pick<SpooledSegment, "content">): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for await (const piece of content.read()) pieces.push(piece.slice());
  return Uint8Array.from(Buffer.concat(pieces));
}
