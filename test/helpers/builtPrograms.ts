import { encodeCode, type ProgramManifest } from "@persona-protocol/sdk/compute";
import { cidOfDigest } from "@persona-protocol/sdk/storage";

/** A program of version 2 with its code; anything can be chosen. Without a choice its result is one integer. */
export function createManifest(
  kind: ProgramManifest["kind"],
  source: string | Uint8Array,
  choice: Partial<ProgramManifest> = {},
): { readonly program: ProgramManifest; readonly code: Uint8Array } {
  const code = typeof source === "string" ? new TextEncoder().encode(source) : source;
  const isSql = kind === "sql";
  const program: ProgramManifest = {
    v: 2,
    kind,
    name: "test",
    description: "Of a test.",
    code: cidOfDigest(encodeCode(code).digest, "dag-cbor"),
    tables: [{ table: "posts", schema: "persona:post@1", ...(isSql ? {} : { columns: ["content"] }) }],
    args: { type: "object", properties: {}, additionalProperties: false },
    result: isSql ? rowsOf({ n: { type: "integer" } }) : { type: "integer" },
    limits: {
      timeMs: 10_000,
      memoryMb: 64,
      outputBytes: 4_096,
      ...(isSql ? {} : { fuel: kind === "js" ? 2_000 : 50_000_000 }),
    },
    ...choice,
  };
  return { program, code };
}

/** Schema of at most ten rows with these columns. */
export const rowsOf = (properties: Extract<ProgramManifest["args"], { properties: unknown }>["properties"]) => ({
  type: "array" as const,
  maxItems: 10,
  items: { type: "object" as const, properties, additionalProperties: false as const },
});
