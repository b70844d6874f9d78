import { CID } from "multiformats/cid";
import { bytesToHex, type Hex } from "viem";
import * as z from "zod";
import { sha256 } from "../crypto/index.ts";
import { PersonaError } from "../errors/index.ts";
import { decodeCbor, encodeCbor } from "../storage/cbor.ts";
import { jsonSchema } from "./jsonSchema.ts";

/** A program's code, as stored: one block of DAG-CBOR that is a byte string. */
export const maxCodeBytes = 1024 * 1024;

const dagCbor = 0x71;
const sha2 = 0x12;
const identifier = z.string().regex(/^[a-z][a-z0-9_]{0,62}$/);
const codeLink = z
  .custom<CID>((value) => {
    const cid = CID.asCID(value);
    return cid !== null && cid.version === 1 && cid.code === dagCbor && cid.multihash.code === sha2;
  }, "expected a CIDv1 of DAG-CBOR, with sha2-256")
  .transform((value) => String(CID.asCID(value)));

/**
 * A program of version 2: kind, code by its CID, JSON Schemas of arguments and result, limits, and the record schemas it reads.
 * As an object `code` is a CID's text; encoded it is an IPLD link, so that pinning the manifest pins its code.
 */
export const programManifestSchema = z
  .strictObject({
    v: z.literal(2),
    kind: z.enum(["sql", "wasm", "js"]),
    name: z.string().min(1).max(64),
    /** Shown to the owner before granting. */
    description: z.string().max(1_000),
    code: codeLink,
    /** Tables by record schema. `wasm` and `js` name the columns they get, and get no others; `sql` sees them all. */
    tables: z
      .array(
        z.strictObject({
          table: identifier,
          schema: z.string().max(64),
          columns: z.array(identifier).min(1).max(64).optional(),
        }),
      )
      .min(1)
      .max(32),
    /** Of an object. */
    args: jsonSchema,
    result: jsonSchema,
    /**
     * `sql` only: every row of the result must come from so many records of so many owners. The statement then has the one form
     * whose groups the runtime can count by itself (docs/programs.md).
     */
    groups: z
      .strictObject({ minRows: z.number().int().min(1).max(1_000_000), minOwners: z.number().int().min(1).max(64) })
      .optional(),
    limits: z.strictObject({
      timeMs: z.number().int().min(1).max(600_000),
      memoryMb: z.number().int().min(16).max(8_192),
      /** `wasm`: metered instructions; `js`: steps of the interpreter, ten thousand branches and calls each. */
      fuel: z.number().int().min(1).max(Number.MAX_SAFE_INTEGER).optional(),
      /** Of the result before it is sealed. */
      outputBytes: z.number().int().min(1).max(maxCodeBytes),
    }),
  })
  .superRefine((manifest, { addIssue }) => {
    const issue = (message: string) => addIssue({ code: "custom", message });
    const { kind, args, tables, groups, limits } = manifest;
    if (args.type !== "object") issue("arguments are an object");
    if (new Set(tables.map(({ table }) => table)).size !== tables.length) issue("a table is named twice");
    if (kind === "sql") {
      if (limits.fuel !== undefined) issue("sql has no fuel");
      if (tables.some(({ columns }) => columns !== undefined)) issue("sql names its columns in the statement");
      if (
        "properties" in args &&
        Object.values(args.properties).some(({ type }) =>
          ["array", "object"].includes(String(type).split(",")[0] ?? ""),
        )
      )
        issue("arguments of sql are scalars");
      return;
    }
    if (limits.fuel === undefined) issue(`${kind} needs a limit of fuel`);
    if (tables.some(({ columns }) => columns === undefined)) issue(`${kind} names the columns it reads`);
    if (groups !== undefined) issue("groups can be counted in sql only");
  });

export type ProgramManifest = z.output<typeof programManifestSchema>;

/** The value whose DAG-CBOR is the manifest's. */
export function manifestToEncode({ code, ...rest }: ProgramManifest): object {
  try {
    return { ...rest, code: CID.parse(code) };
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
    schema: z.instanceof(Uint8Array),
    maxBytes: maxCodeBytes + 16,
    code: "PROGRAM_INVALID",
    what: "program's code",
  });
}

/** SHA-256 of the block that `code` names. */
export const codeDigestOf = ({ code }: Pick<ProgramManifest, "code">): Hex =>
  bytesToHex(CID.parse(code).multihash.digest);
