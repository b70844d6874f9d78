import { PersonaError } from "../errors/index.ts";
import { createKeyHashes, createKeySet, type KeySet } from "./keySet.ts";
import { looseKey } from "./looseKey.ts";
import { openParquet } from "./parquetFile/openParquet.ts";
import { extraSchema } from "./schemas/extraSchema.ts";
import { recordSchemas } from "./schemas/recordSchemas.ts";

/** What a dataset holds already: an import into it leaves that out, so that the same or a newer export adds only what is new. */
export type KnownRecords = {
  /**
   * A segment of the dataset, as a Parquet file. Several may have one name: each import adds its own.
   *
   * Errors: those of `openParquet`; `CONFIG_INVALID` for a schema that this version does not know.
   */
  add(segment: { readonly name: string; readonly schema: string; readonly bytes: Uint8Array }): Promise<void>;
  /** Whether a record with one of these keys ({@link createKeyHashes}), as they are stored, is there. Counts those that are. */
  has(segment: string, hashes: Uint32Array, index: number): boolean;
  /** For each segment's name: records with a key that the dataset holds, and how many of them were asked for. */
  counts(): readonly { readonly segment: string; readonly held: number; readonly found: number }[];
};

/** By this name {@link KnownRecords.has} is asked for fields that became no record ({@link looseKey}). */
export const looseExtras = "extra";

export function createKnownRecords(): KnownRecords {
  const parts = new Map<string, { readonly keys: KeySet; found: number }>();

  function partOf(name: string): { readonly keys: KeySet; found: number } {
    const part = parts.get(name) ?? { keys: createKeySet(), found: 0 };
    parts.set(name, part);
    return part;
  }

  return {
    async add({ name, schema: id, bytes }) {
      const schema = recordSchemas.get(id);
      if (schema === undefined) {
        throw new PersonaError(
          "CONFIG_INVALID",
          "The dataset has a segment of a schema that this version does not know.",
          {
            data: { schema: id },
          },
        );
      }
      const table = openParquet(bytes, { file: `segment ${name}` });
      const { keys } = partOf(name);
      const wanted = schema === extraSchema ? ["segment", "id", "fields"] : [schema.key ?? ""];
      for await (const [first = null, recordId, fields] of table.rows(wanted)) {
        if (schema !== extraSchema) keys.add(String(first));
        else if (recordId === null) keys.add(looseKey(first === null ? null : String(first), String(fields)));
      }
    },
    has(segment, hashes, index) {
      const part = parts.get(segment);
      if (part === undefined || !part.keys.hasHash(hashes, index)) return false;
      part.found += 1;
      return true;
    },
    counts: () =>
      [...parts]
        .filter(([name]) => name !== looseExtras)
        .map(([segment, { keys, found }]) => ({ segment, held: keys.size, found })),
  };
}

/** Asks for one key at a time. */
export function createKnownCheck(known: KnownRecords | undefined): (segment: string, key: string) => boolean {
  if (known === undefined) return () => false;
  const hashes = createKeyHashes();
  return (segment, key) => {
    hashes.add(key);
    return known.has(segment, hashes.take(), 0);
  };
}
