import * as z from "zod";
import { PersonaError } from "../../errors/index.ts";
import { headerKey } from "./headers.ts";
import type { BankCsvMapping } from "./profiles.ts";
import { type BankField, synonyms } from "./synonyms.ts";

/** A mapping as a person writes it: a column is its header or its place, from 0. */
export type WrittenMapping = Omit<BankCsvMapping, "columns" | "memos"> & {
  readonly columns: ReadonlyMap<BankField, string | number>;
  readonly memos: readonly (string | number)[];
};

const maxColumns = 1_000;
const column = z.union([
  z
    .int()
    .min(0)
    .max(maxColumns - 1),
  z.string().min(1).max(100),
]);
const fields = Object.keys(synonyms) as [BankField, ...BankField[]];
const schema = z.strictObject({
  name: z.string().min(1).max(100).default("mapping"),
  columns: z.partialRecord(z.enum(fields), column),
  memos: z.array(column).max(100).default([]),
  currency: z
    .string()
    .regex(/^[A-Z]{3}$/, "expected three capital letters, such as EUR")
    .nullable()
    .default(null),
  order: z.enum(["day first", "month first"]),
  amounts: z.enum(["signed", "spent"]).default("signed"),
  account: z.string().min(1).max(100).nullable().default(null),
});

/**
 * The mapping of a bank's CSV that a person gave as JSON: which column is which field.
 *
 * @throws PersonaError CONFIG_INVALID saying what is wrong, and where
 */
export function parseBankCsvMapping(text: string): WrittenMapping {
  const invalid = (problem: string, cause?: unknown): PersonaError =>
    new PersonaError("CONFIG_INVALID", `The mapping cannot be used: ${problem}.`, { cause });
  let json: unknown;
  try {
    json = JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch (cause) {
    throw invalid("it is not JSON", cause);
  }
  const parsed = schema.safeParse(json);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw invalid(`${issue?.path.join(".") || "the whole"}: ${issue?.message}`, parsed.error);
  }
  const columns = new Map(Object.entries(parsed.data.columns) as [BankField, string | number][]);
  if (!columns.has("date") && !columns.has("valueDate")) throw invalid("columns: no date");
  if (!columns.has("amount") && !columns.has("debit") && !columns.has("credit")) {
    throw invalid("columns: neither amount nor debit nor credit");
  }
  // A transaction's day is its date.
  const day = columns.get("date") ?? columns.get("valueDate");
  if (day !== undefined && !columns.has("date")) {
    columns.set("date", day);
    columns.delete("valueDate");
  }
  return { ...parsed.data, columns };
}

/** The mapping with each header's place in this row; undefined when one is not in it. */
export function placeColumns(written: WrittenMapping, cells: readonly string[]): BankCsvMapping | undefined {
  const keys = cells.map(headerKey);
  const placeOf = (each: string | number): number => (typeof each === "number" ? each : keys.indexOf(headerKey(each)));
  const columns = new Map([...written.columns].map(([field, each]) => [field, placeOf(each)] as const));
  const memos = written.memos.map(placeOf);
  return [...columns.values(), ...memos].includes(-1) ? undefined : { ...written, columns, memos };
}
