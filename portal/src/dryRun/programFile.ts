import type { Program } from "@persona-protocol/sdk";
import {
  encodeCode,
  encodeProgram,
  type InlineProgram,
  type JsonSchema,
  type ProgramManifest,
} from "@persona-protocol/sdk/compute";
import { cidOfDigest, encodeCbor } from "@persona-protocol/sdk/storage";

/** What `persona program test` takes: the program with its code in one file. */
export function programFile(program: Program, code: Uint8Array | undefined): Uint8Array | undefined {
  const statement = program.v === 1 ? new TextEncoder().encode(program.statement) : code;
  if (statement === undefined) return undefined;
  const block = encodeCode(statement);
  const manifest = program.v === 2 ? program : asManifest(program, cidOfDigest(block.digest, "dag-cbor"));
  return encodeCbor({ v: 1, manifest: encodeProgram(manifest).bytes, code: block.bytes });
}

/** The same statement as a program of version 2, which is the form that a file has. Its id is another one. */
function asManifest(program: InlineProgram, code: string): ProgramManifest {
  const { name, description, tables, args, result, limits } = program;
  const properties = (of: InlineProgram["args"]) =>
    Object.fromEntries(of.map((each) => [each.name, scalar(each.type, false)] as const));
  const columns = result.columns.map((each) => [each.name, scalar(each.type, each.nullable)] as const);
  return {
    v: 2,
    kind: "sql",
    name,
    description,
    code,
    tables,
    args: { type: "object", properties: properties(args), additionalProperties: false },
    result: {
      type: "array",
      maxItems: result.maxRows,
      items: { type: "object", properties: Object.fromEntries(columns), additionalProperties: false },
    },
    limits: { ...limits, outputBytes: 1_048_576 },
  };
}

function scalar(type: InlineProgram["args"][number]["type"], nullable: boolean): JsonSchema {
  const orNull = <name extends string>(name: name) => (nullable ? ([name, "null"] as const) : name);
  switch (type) {
    case "bigint":
      return { type: orNull("integer") };
    case "double":
      return { type: orNull("number") };
    case "boolean":
      return { type: orNull("boolean") };
    case "varchar":
      return { type: orNull("string"), maxLength: 1_048_576 };
    default:
      return type satisfies never;
  }
}
