import { decode } from "@ipld/dag-cbor";
import { bytesToHex, type Hex } from "viem";
import { z } from "zod";
import { sha256 } from "../crypto/index.ts";
import { PersonaError } from "../errors/index.ts";
import { decodeCbor, encodeCbor } from "../storage/cbor.ts";

const scalarType = z.enum(["bigint", "double", "varchar", "boolean"]);
const columnName = z.string().regex(/^[a-z][a-z0-9_]{0,62}$/);

const programSchema = z.strictObject({
  v: z.literal(1),
  kind: z.literal("sql"),
  name: z.string().min(1).max(64),
  /** Shown to the owner before granting. */
  description: z.string().max(1_000),
  /** The exact statement; `$name` binds an argument. */
  statement: z.string().min(1).max(20_000),
  /** Tables the statement reads, by record schema: `posts` of `persona:post@1`. */
  tables: z
    .array(z.strictObject({ table: columnName, schema: z.string().max(64) }))
    .min(1)
    .max(32),
  /** Typed scalars only. */
  args: z.array(z.strictObject({ name: columnName, type: scalarType })).max(32),
  result: z.strictObject({
    columns: z
      .array(z.strictObject({ name: columnName, type: scalarType, nullable: z.boolean() }))
      .min(1)
      .max(64),
    maxRows: z.number().int().min(1).max(100_000),
  }),
  limits: z.strictObject({
    timeMs: z.number().int().min(1).max(600_000),
    memoryMb: z.number().int().min(16).max(8_192),
  }),
});

/** A content-addressed `sql` program. Its id covers the statement, the schemas and the limits. */
export type Program = z.infer<typeof programSchema>;
export type ProgramArgs = Readonly<Record<string, string | number | bigint | boolean>>;
export type ResultRow = Readonly<Record<string, string | number | bigint | boolean | null>>;
type ScalarType = z.infer<typeof scalarType>;

const maxProgramBytes = 64 * 1024;

/** Canonical bytes and id (sha256 of them) of a program. @throws PersonaError PROGRAM_INVALID */
export function encodeProgram(program: Program): { bytes: Uint8Array; programId: Hex } {
  const bytes = encodeCbor(program);
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

/** sha256 of the result's shape: what a grant's `outputSchemaHash` names. */
export function outputSchemaHashOf(program: Program): Hex {
  return bytesToHex(sha256(encodeCbor(program.result)));
}

/**
 * Canonical bytes of arguments that fit the program. Integers of any size up to 64 bits become CBOR integers.
 * @throws PersonaError ARGS_NOT_GRANTED when a name or type does not fit.
 */
export function encodeArgs(program: Program, args: ProgramArgs): Uint8Array {
  const wanted = new Map(program.args.map(({ name, type }) => [name, type]));
  for (const name of Object.keys(args)) {
    if (!wanted.has(name)) throw argsError(`The program has no argument "${name}".`);
  }
  for (const [name, type] of wanted) {
    const value = Object.hasOwn(args, name) ? args[name] : undefined;
    if (value === undefined) throw argsError(`The argument "${name}" is missing.`);
    if (!fits(type, value)) throw argsError(`The argument "${name}" is not a ${type}.`);
  }
  return encodeCbor(Object.fromEntries(Object.entries(args).map(([name, value]) => [name, toCbor(value)])));
}

/** @throws PersonaError ARGS_NOT_GRANTED */
export function decodeArgs(program: Program, bytes: Uint8Array): ProgramArgs {
  let args: ProgramArgs;
  try {
    args = z.record(z.string(), z.union([z.string(), z.number(), z.bigint(), z.boolean()])).parse(decode(bytes));
  } catch (cause) {
    throw argsError("The arguments are not a CBOR map of scalars.", cause);
  }
  if (bytesToHex(encodeArgs(program, args)) !== bytesToHex(bytes))
    throw argsError("The arguments are not in canonical form.");
  return args;
}

/**
 * Canonical bytes of a result. Integers beyond 2^53 stay exact.
 * @throws PersonaError OUTPUT_POLICY_VIOLATED when the rows are not of the declared shape.
 */
export function encodeResult(program: Program, rows: readonly ResultRow[]): Uint8Array {
  checkRows(program, rows);
  return encodeCbor(rows.map((row) => Object.fromEntries(Object.entries(row).map(([k, v]) => [k, toCbor(v)]))));
}

/** @throws PersonaError OUTPUT_POLICY_VIOLATED */
export function decodeResult(program: Program, bytes: Uint8Array): readonly ResultRow[] {
  let rows: unknown;
  try {
    rows = decode(bytes);
  } catch (cause) {
    throw new PersonaError("OUTPUT_POLICY_VIOLATED", "The result is not DAG-CBOR.", { cause });
  }
  checkRows(program, rows);
  return rows;
}

function checkRows(program: Program, rows: unknown): asserts rows is readonly ResultRow[] {
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
const toCbor = <value>(value: value): value | number => {
  if (typeof value !== "bigint") return value;
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
};

const argsError = (message: string, cause?: unknown) => new PersonaError("ARGS_NOT_GRANTED", message, { cause });
