import { bytesToHex, type Hex } from "viem";
import { sha256 } from "../crypto/sha256.ts";
import { PersonaError } from "../errors/index.ts";
import { decodeCbor, encodeCbor } from "../storage/cbor.ts";
import {
  bytesUpTo,
  type Decoded,
  type Decoder,
  distinct,
  integer,
  list,
  object,
  oneOf,
  optional,
  Refused,
  text,
  where,
} from "../storage/decoders.ts";
import { linkDigest, linkOfText, linkText } from "../storage/link.ts";
import { type JsonSchema, jsonSchemaProblem } from "./jsonSchema.ts";

/** A program's code, as stored: one block of DAG-CBOR that is a byte string. */
export const maxCodeBytes = 1024 * 1024;

/** Of a table, a column or an argument. */
export const identifier = where(text(1, 63), (value) => /^[a-z][a-z0-9_]*$/.test(value), "not a name");
export const runLimits = { timeMs: integer(1, 600_000), memoryMb: integer(16, 8_192) };

const jsonSchema: Decoder<JsonSchema> = (given) => {
  const problem = jsonSchemaProblem(given);
  if (problem !== undefined) throw new Refused(problem);
  return given as JsonSchema;
};

const codeText: Decoder<string> = (given) => {
  const cid = linkText(given);
  if (cid === undefined) throw new Refused("expected a CIDv1 of DAG-CBOR, with sha2-256");
  return cid;
};

const fields = object({
  v: oneOf(2),
  kind: oneOf("sql", "wasm", "js"),
  name: text(1, 64),
  /** Shown to the owner before granting. */
  description: text(0, 1_000),
  code: codeText,
  /** Tables by record schema. `wasm` and `js` name the columns they get, and get no others; `sql` sees them all. */
  tables: list(object({ table: identifier, schema: text(0, 64), columns: optional(list(identifier, 1, 64)) }), 1, 32),
  /** Of an object. */
  args: jsonSchema,
  result: jsonSchema,
  /**
   * `sql` only: every row of the result must come from so many records of so many owners. The statement then has the one form
   * whose groups the runtime can count by itself (docs/programs.md).
   */
  groups: optional(object({ minRows: integer(1, 1_000_000), minOwners: integer(1, 64) })),
  limits: object({
    ...runLimits,
    /** `wasm`: metered instructions; `js`: steps of the interpreter, ten thousand branches and calls each. */
    fuel: optional(integer(1)),
    /** Of the result before it is sealed. */
    outputBytes: integer(1, maxCodeBytes),
  }),
});

/**
 * A program of version 2: kind, code by its CID, JSON Schemas of arguments and result, limits, and the record schemas it reads.
 * As an object `code` is a CID's text; encoded it is an IPLD link, so that pinning the manifest pins its code.
 */
export const programManifestSchema: Decoder<ProgramManifest> = (given) => {
  const manifest = fields(given);
  const problem = manifestProblem(manifest);
  if (problem !== undefined) throw new Refused(problem);
  return manifest;
};

function manifestProblem({ kind, args, tables, groups, limits }: ProgramManifest): string | undefined {
  if (args.type !== "object") return "arguments are an object";
  if (!distinct(tables, ({ table }) => table)) return "a table is named twice";
  if (kind === "sql") {
    if (limits.fuel !== undefined) return "sql has no fuel";
    if (tables.some(({ columns }) => columns !== undefined)) return "sql names its columns in the statement";
    const isScalar = ({ type }: JsonSchema) => !/^(array|object)/.test(String(type));
    return "properties" in args && !Object.values(args.properties).every(isScalar)
      ? "arguments of sql are scalars"
      : undefined;
  }
  if (limits.fuel === undefined) return `${kind} needs a limit of fuel`;
  if (tables.some(({ columns }) => columns === undefined)) return `${kind} names the columns it reads`;
  return groups === undefined ? undefined : "groups can be counted in sql only";
}

export type ProgramManifest = Decoded<typeof fields>;

/** The value whose DAG-CBOR is the manifest's. */
export function manifestToEncode({ code, ...rest }: ProgramManifest): object {
  try {
    return { ...rest, code: linkOfText(code) };
  } catch (cause) {
    throw new PersonaError("PROGRAM_INVALID", "The code is not named by a CID.", { cause });
  }
}

/** The block that holds a program's code, and its digest. @throws PersonaError PROGRAM_INVALID when it is too large */
export function encodeCode(code: Uint8Array): { readonly bytes: Uint8Array; readonly digest: Hex } {
  if (code.length > maxCodeBytes)
    throw new PersonaError("PROGRAM_INVALID", "The program's code is larger than allowed.", {
      data: { bytes: code.length, maxCodeBytes },
    });
  const bytes = encodeCbor(code);
  return { bytes, digest: bytesToHex(sha256(bytes)) };
}

/** The code in its block. @throws PersonaError PROGRAM_INVALID when it is another block than the manifest names */
export function decodeCode({ code: cid }: Pick<ProgramManifest, "code">, block: Uint8Array): Uint8Array {
  if (codeDigestOf({ code: cid }) !== bytesToHex(sha256(block)))
    throw new PersonaError("PROGRAM_INVALID", "The code is not the one that the manifest names.", { data: { cid } });
  return decodeCbor(block, {
    schema: bytesUpTo(maxCodeBytes),
    maxBytes: maxCodeBytes + 16,
    code: "PROGRAM_INVALID",
    what: "program's code",
  });
}

/** SHA-256 of the block that `code` names. */
export const codeDigestOf = ({ code }: Pick<ProgramManifest, "code">): Hex => bytesToHex(linkDigest(linkOfText(code)));
