import { bytesToHex, type Hex } from "viem";
import { OutputClass } from "../contracts/structs.ts";
import { sha256 } from "../crypto/sha256.ts";
import { PersonaError } from "../errors/index.ts";
import { decodeCbor, encodeCbor } from "../storage/cbor.ts";
import { decodeDagCbor } from "../storage/dagCbor.ts";
import {
  anything,
  boolean,
  type Decoded,
  type Decoder,
  integer,
  isMap,
  list,
  object,
  oneOf,
  text,
} from "../storage/decoders.ts";
import { type JsonValue, maxSchemaDepth, schemaViolation } from "./jsonSchema.ts";
import {
  identifier,
  manifestToEncode,
  type ProgramManifest,
  programManifestSchema,
  runLimits,
} from "./programManifest.ts";

const scalarType = oneOf("bigint", "double", "varchar", "boolean");

const inlineSchema = object({
  v: oneOf(1),
  kind: oneOf("sql"),
  name: text(1, 64),
  /** Shown to the owner before granting. */
  description: text(0, 1_000),
  /** The exact statement; `$name` binds an argument. */
  statement: text(1, 20_000),
  /** Tables the statement reads, by record schema: `posts` of `persona:post@1`. */
  tables: list(object({ table: identifier, schema: text(0, 64) }), 1, 32),
  /** Typed scalars only. */
  args: list(object({ name: identifier, type: scalarType }), 0, 32),
  result: object({
    columns: list(object({ name: identifier, type: scalarType, nullable: boolean }), 1, 64),
    maxRows: integer(1, 100_000),
  }),
  limits: object(runLimits),
});

/** A `sql` program of version 1, which holds its statement itself. */
export type InlineProgram = Decoded<typeof inlineSchema>;
/** A content-addressed program. Its id covers code, schemas and limits. */
export type Program = InlineProgram | ProgramManifest;
export type ProgramArgs = Readonly<Record<string, JsonValue>>;
export type ResultRow = Readonly<Record<string, string | number | bigint | boolean | null>>;
type ScalarType = Decoded<typeof scalarType>;

const programSchema: Decoder<Program> = (given) =>
  (isMap(given) && given["v"] === 2 ? programManifestSchema : inlineSchema)(given);

export const maxProgramBytes = 64 * 1024;
/** Largest result, before any limit of its program. */
const maxResultBytes = 16 * 1024 * 1024;
/** Most items (RFC 8949, 3) of a result. */
const maxResultItems = 262_144;

/** Canonical bytes and id (sha256 of them) of a program. @throws PersonaError PROGRAM_INVALID */
export function encodeProgram(program: Program): { bytes: Uint8Array; programId: Hex } {
  const bytes = encodeCbor(program.v === 2 ? manifestToEncode(program) : program);
  decodeProgram(bytes);
  return { bytes, programId: programIdOf(bytes) };
}

export const programIdOf = (bytes: Uint8Array): Hex => bytesToHex(sha256(bytes));

/** @throws PersonaError PROGRAM_INVALID when bytes are not the canonical form of a program. */
export function decodeProgram(bytes: Uint8Array): Program {
  return decodeCbor(bytes, {
    schema: programSchema,
    maxBytes: maxProgramBytes,
    code: "PROGRAM_INVALID",
    what: "program",
  });
}

/** sha256 of the result's shape, and of what its groups must hold: what a grant's `outputSchemaHash` names. */
export function outputSchemaHashOf(program: Program): Hex {
  const groups = program.v === 2 ? program.groups : undefined;
  return bytesToHex(sha256(encodeCbor(groups === undefined ? program.result : { result: program.result, groups })));
}

/**
 * What kind of result leaves: `aggregate` where the runtime counts the records behind each row and one alone is never enough
 * (docs/programs.md), `bounded` for everything else, which may be the data itself. `raw` is of a Read, which runs no program.
 */
export function outputClassOf(program: Program): number {
  const counted = program.v === 2 && program.kind === "sql" && (program.groups?.minRows ?? 1) > 1;
  return counted ? OutputClass.aggregate : OutputClass.bounded;
}

/** All that a grant names of the program it covers. */
export function grantedProgramOf(program: Program) {
  const takesArgs = program.v === 1 ? program.args.length > 0 : hasProperties(program.args);
  return {
    programId: encodeProgram(program).programId,
    outputSchemaHash: outputSchemaHashOf(program),
    outputClass: outputClassOf(program),
    takesArgs,
  };
}

const hasProperties = (schema: object): boolean =>
  "properties" in schema && Object.keys(schema.properties as object).length > 0;

/**
 * Canonical bytes of arguments that fit the program. Integers of any size up to 64 bits become CBOR integers.
 * @throws PersonaError ARGS_NOT_GRANTED when a name or type does not fit.
 */
export function encodeArgs(program: Program, args: ProgramArgs): Uint8Array {
  if (program.v === 1) checkInlineArgs(program, args);
  else {
    const violation = schemaViolation(program.args, args);
    if (violation !== undefined) throw argsError(`The arguments do not fit the program: ${violation}.`);
  }
  return encodeCbor(toCbor(args));
}

function checkInlineArgs(program: InlineProgram, args: ProgramArgs): void {
  const wanted = new Map(program.args.map(({ name, type }) => [name, type]));
  for (const name of Object.keys(args)) {
    if (!wanted.has(name)) throw argsError(`The program has no argument "${name}".`);
  }
  for (const [name, type] of wanted) {
    const value = Object.hasOwn(args, name) ? args[name] : undefined;
    if (value === undefined) throw argsError(`The argument "${name}" is missing.`);
    if (!fits(type, value)) throw argsError(`The argument "${name}" is not a ${type}.`);
  }
}

/** @throws PersonaError ARGS_NOT_GRANTED */
export function decodeArgs(program: Program, bytes: Uint8Array): ProgramArgs {
  let args: ProgramArgs;
  try {
    const value = decodeDagCbor(bytes);
    if (!isMap(value)) throw new TypeError("not a map");
    args = value as ProgramArgs;
  } catch (cause) {
    throw argsError("The arguments are not a CBOR map.", cause);
  }
  if (bytesToHex(encodeArgs(program, args)) !== bytesToHex(bytes))
    throw argsError("The arguments are not in canonical form.");
  return args;
}

/**
 * Canonical bytes of a result. Integers beyond 2^53 stay exact.
 * @throws PersonaError OUTPUT_POLICY_VIOLATED when the result is not of the declared shape.
 */
export function encodeResult(program: Program, result: unknown): Uint8Array {
  checkResult(program, result);
  return encodeCbor(toCbor(result));
}

/**
 * The result in these bytes. They may come from a program that would rather be believed: sizes and nesting are bounded before
 * anything is built from them, and bytes that are not the one encoding of their value are refused.
 * @throws PersonaError OUTPUT_POLICY_VIOLATED
 */
export function decodeResult(program: InlineProgram, bytes: Uint8Array): readonly ResultRow[];
export function decodeResult(program: Program, bytes: Uint8Array): unknown;
export function decodeResult(program: Program, bytes: Uint8Array): unknown {
  const result = decodeCbor(bytes, {
    schema: anything,
    maxBytes: maxResultBytes,
    maxItems: maxResultItems,
    maxDepth: maxSchemaDepth + 1,
    code: "OUTPUT_POLICY_VIOLATED",
    what: "result",
  });
  checkResult(program, result);
  return result;
}

/** Is this result what the program declares? @throws PersonaError OUTPUT_POLICY_VIOLATED */
export function checkResult(program: Program, result: unknown): void {
  const violation = program.v === 1 ? undefined : schemaViolation(program.result, result);
  if (program.v === 1) checkRows(program, result);
  if (violation !== undefined)
    throw new PersonaError("OUTPUT_POLICY_VIOLATED", `The result does not fit the program's schema: ${violation}.`);
}

function checkRows(program: InlineProgram, rows: unknown): void {
  const { columns, maxRows } = program.result;
  const violated = (message: string) => new PersonaError("OUTPUT_POLICY_VIOLATED", message);
  if (!Array.isArray(rows)) throw violated("The result is not a list of rows.");
  if (rows.length > maxRows)
    throw violated(`The result has ${rows.length} rows; the program declares at most ${maxRows}.`);
  for (const row of rows) {
    if (typeof row !== "object" || row === null || Object.keys(row).length !== columns.length) {
      throw violated("A row does not have the declared columns.");
    }
    for (const { name, type, nullable } of columns) {
      const value: unknown = Object.hasOwn(row, name) ? (row as Record<string, unknown>)[name] : undefined;
      if (value === null ? !nullable : !fits(type, value)) throw violated(`The column "${name}" is not a ${type}.`);
    }
  }
}

function fits(type: ScalarType, value: unknown): boolean {
  switch (type) {
    case "bigint":
      return Number.isSafeInteger(value) || (typeof value === "bigint" && value >= -(2n ** 63n) && value < 2n ** 63n);
    case "double":
      return typeof value === "number" && Number.isFinite(value);
    case "varchar":
      return typeof value === "string" && value.isWellFormed();
    case "boolean":
      return typeof value === "boolean";
  }
}

/** CBOR has one integer type: a bigint that fits a safe integer must encode as that integer does. */
function toCbor(value: unknown): unknown {
  if (typeof value === "bigint") {
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : value;
  }
  if (Array.isArray(value)) return value.map(toCbor);
  // Zero has a sign in CBOR and none here.
  if (typeof value !== "object" || value === null) return value === 0 ? 0 : value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, toCbor(inner)]));
}

const argsError = (message: string, cause?: unknown) => new PersonaError("ARGS_NOT_GRANTED", message, { cause });
