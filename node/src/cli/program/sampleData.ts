import { createReadStream } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { basename } from "node:path";
import type { ProgramManifest } from "@persona-protocol/sdk/compute";
import { PersonaError } from "@persona-protocol/sdk/errors";
import { convertRecords, type RecordFormat, recordSchemas } from "@persona-protocol/sdk/ingest";
import { collectBytes } from "@persona-protocol/sdk/storage";
import type { ProgramTable } from "../../enclave/runtime/worker/runUnderPolicy.ts";

const maxSampleBytes = 512 * 1024 * 1024;
const formats: Readonly<Record<string, RecordFormat>> = { csv: "csv", json: "json", ndjson: "ndjson", jsonl: "ndjson" };

/**
 * The tables of a trial run. Parquet is taken as it is; other forms must be records of the table's schema. The first file of each
 * table is of the first owner, the second of the second, and so on.
 * @param samples TABLE=FILE, or FILE where the program has one table
 */
export async function readSample(manifest: ProgramManifest, samples: readonly string[]): Promise<ProgramTable[]> {
  const count = new Map<string, number>();
  const tables: ProgramTable[] = [];
  for (const sample of samples) {
    const { table, file } = nameOf(manifest, sample);
    const schema = manifest.tables.find((each) => each.table === table)?.schema ?? "";
    const owner = (count.get(table) ?? 0) + 1;
    count.set(table, owner);
    tables.push({ table, owner: owner.toString(16).padStart(16, "0"), parquet: await readParquet(file, schema) });
  }
  const missing = manifest.tables.find(({ table }) => !count.has(table));
  if (missing !== undefined)
    throw new PersonaError("USAGE", `The program reads the table ${missing.table}: give --data ${missing.table}=FILE.`);
  return tables;
}

function nameOf({ tables }: ProgramManifest, sample: string): { readonly table: string; readonly file: string } {
  const [, table, file] = /^([a-z][a-z0-9_]*)=(.+)$/.exec(sample) ?? [];
  if (table !== undefined && file !== undefined && tables.some((each) => each.table === table)) return { table, file };
  const [only] = tables;
  if (tables.length === 1 && only !== undefined) return { table: only.table, file: sample };
  throw new PersonaError("USAGE", "--data takes TABLE=FILE, with a table of the program.", {
    data: { tables: tables.map((each) => each.table).join(", ") },
  });
}

async function readParquet(file: string, schemaId: string): Promise<Uint8Array> {
  const found = await stat(file).catch((cause: unknown) => {
    throw new PersonaError("CONFIG_INVALID", `${file} is not there.`, { data: { file }, cause });
  });
  if (!found.isFile() || found.size > maxSampleBytes)
    throw new PersonaError("CONFIG_INVALID", `${file} is no file of at most ${maxSampleBytes} bytes.`, {
      data: { file },
    });
  const extension = /\.([a-z]+)$/i.exec(file)?.[1]?.toLowerCase() ?? "";
  const from = formats[extension];
  if (from === undefined) return new Uint8Array(await readFile(file));
  const schema = recordSchemas.get(schemaId);
  if (schema === undefined)
    throw new PersonaError("CONFIG_INVALID", `There is no schema ${schemaId}: give the records as Parquet.`, {
      data: { file },
    });
  return collectBytes(convertRecords(schema, createReadStream(file), { file: basename(file), from, to: "parquet" }));
}
