import * as all from "./index.ts";
import type { RecordSchema } from "./recordSchema.ts";

/** Every record schema there is, by id. */
export const recordSchemas: ReadonlyMap<string, RecordSchema> = new Map(
  Object.values(all)
    .filter((item): item is RecordSchema => typeof item === "object" && "columns" in item)
    .map((schema) => [schema.id as string, schema] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1)),
);
