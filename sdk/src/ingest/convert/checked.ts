import { PersonaError } from "../../errors/index.ts";
import { checkRecord } from "../schemas/checkRecord.ts";
import type { ColumnValue, RecordSchema, SchemaRecord } from "../schemas/index.ts";
import { defaultRecordBytes } from "./format.ts";

/**
 * The record, when it fits its schema.
 *
 * Errors: `EXPORT_INVALID` (data: file, record from 1), without a value of it.
 */
export function checked(
  schema: RecordSchema,
  values: Readonly<Record<string, ColumnValue | undefined>>,
  place: { readonly file: string; readonly record: number },
): SchemaRecord {
  const record = Object.fromEntries(schema.columns.map(({ name }) => [name, values[name] ?? null]));
  const wrong = checkRecord(schema, record, defaultRecordBytes);
  if (wrong !== undefined) throw misfit(schema, wrong, place);
  return record;
}

export function misfit(
  schema: RecordSchema,
  problem: string,
  { file, record }: { readonly file: string; readonly record: number },
): PersonaError {
  return new PersonaError("EXPORT_INVALID", `${file} does not hold records of ${schema.id}: ${problem}.`, {
    data: { file, record },
  });
}
