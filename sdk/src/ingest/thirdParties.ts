import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import type { Column, ColumnValue, RecordSchema, SchemaRecord } from "./schemas/recordSchema.ts";

/**
 * What becomes of other people in the segments that programs may be granted. Nobody of them was asked.
 *
 * - `pseudonymise` (what the command does unless told otherwise): names, handles, addresses and ids become pseudonyms, the
 *   same for the same text and key; who is who stands in the dataset's `people` segment, which is never granted by default.
 *   What they wrote stays.
 * - `omit`: they are null; records that cannot be without them are left out.
 * - `keep`: everything stays.
 */
export type ThirdParties =
  | { readonly policy: "keep" }
  | { readonly policy: "omit" }
  | {
      readonly policy: "pseudonymise";
      /** 32 secret bytes, the same for every import of one owner: pseudonyms stay the same, and nobody else can make them. */
      readonly key: Uint8Array;
    };

export type ThirdPartyFilter = {
  /** The record as it may be shared; undefined when nothing of it is left. */
  apply(schema: RecordSchema, record: SchemaRecord): SchemaRecord | undefined;
  /** The record's key as {@link ThirdPartyFilter.apply} leaves it; undefined in a schema without one. */
  keyOf(schema: RecordSchema, record: SchemaRecord): string | undefined;
  /** Who stands behind the pseudonyms that were used since this was asked last, as it was written first since then. */
  takePeople(): ReadonlyMap<string, string>;
};

/** Pseudonyms that are remembered, so that they need not be made again. */
const maxRemembered = 100_000;

export function createThirdPartyFilter(choice: ThirdParties): ThirdPartyFilter {
  const pseudonyms = new Map<string, string>();
  let people = new Map<string, string>();

  function pseudonymOf(text: string, key: Uint8Array): string {
    // One person, however the address was typed.
    const identity = text.includes("@") ? text.normalize().trim().toLowerCase() : text.normalize().trim();
    if (identity === "") return text;
    let pseudonym = pseudonyms.get(identity);
    if (pseudonym === undefined) {
      const mac = hmac(sha256, key, new TextEncoder().encode(identity));
      pseudonym = `person-${Array.from(mac.subarray(0, 10), (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
      if (pseudonyms.size === maxRemembered) pseudonyms.clear();
      pseudonyms.set(identity, pseudonym);
    }
    if (!people.has(pseudonym)) people.set(pseudonym, text);
    return pseudonym;
  }

  function filtered(column: Column, value: string, key: Uint8Array): ColumnValue {
    if (column.type !== "JSON") return pseudonymOf(value, key);
    return JSON.stringify(mapTexts(JSON.parse(value), (text) => pseudonymOf(text, key)));
  }

  const speaksOfOthers = (column: Column, record: SchemaRecord): boolean =>
    column.others !== undefined &&
    !(column.unless !== undefined && record[column.unless] === true) &&
    !(column.onlyIf !== undefined && record[column.onlyIf] !== true);

  return {
    keyOf(schema, record) {
      if (schema.key === null) return undefined;
      const value = String(record[schema.key]);
      if (choice.policy !== "pseudonymise") return value;
      const column = keyColumn(schema);
      if (column?.others !== "identity" || !speaksOfOthers(column, record)) return value;
      return pseudonymOf(value, choice.key);
    },
    apply(schema, record) {
      if (choice.policy === "keep") return record;
      let changed: Record<string, ColumnValue> | undefined;
      for (const column of schema.columns) {
        const value = record[column.name];
        if (value === null || value === undefined || !speaksOfOthers(column, record)) continue;
        if (choice.policy === "omit") {
          if (!column.nullable) return undefined;
          changed ??= { ...record };
          changed[column.name] = null;
        } else if (column.others === "identity" && typeof value === "string") {
          changed ??= { ...record };
          changed[column.name] = filtered(column, value, choice.key);
        }
      }
      return changed ?? record;
    },
    takePeople() {
      const taken = people;
      people = new Map();
      return taken;
    },
  };
}

const keyColumns = new WeakMap<RecordSchema, Column>();

/** Looked for once: it is asked for with each record. */
function keyColumn(schema: RecordSchema): Column | undefined {
  const known = keyColumns.get(schema);
  if (known !== undefined) return known;
  const column = schema.columns.find(({ name }) => name === schema.key);
  if (column !== undefined) keyColumns.set(schema, column);
  return column;
}

/** A JSON value with each of its texts replaced; names of fields stay. */
function mapTexts(value: unknown, map: (text: string) => string): unknown {
  if (typeof value === "string") return map(value);
  if (Array.isArray(value)) return value.map((item) => mapTexts(item, map));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, mapTexts(item, map)]));
}
