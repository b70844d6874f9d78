import { checkResult, decodeResult, encodeResult, type Program } from "@persona-protocol/sdk/compute";
import { PersonaError } from "@persona-protocol/sdk/errors";
import type { SandboxAnswer } from "../sandbox/sandboxWire.ts";

/** What may leave, beside what the program itself declares. */
export type OutputPolicy = {
  /** The most that any of the job's grants asks for. */
  readonly minOwners: number;
  /** Of the result before it is sealed: what the job and its grants allow. */
  readonly maxBytes: number;
};

export type ReleasedResult = {
  readonly value: unknown;
  /** Its canonical encoding: what is sealed and committed to. */
  readonly plaintext: Uint8Array;
};

/** Largest result of a program of version 1, which names no limit. */
const inlineOutputBytes = 64 * 1024;

export const outputBytesOf = (program: Program): number =>
  program.v === 1 ? inlineOutputBytes : program.limits.outputBytes;

/**
 * Behind each row of a `sql` program must stand so many records of so many owners; undefined where nobody asks for more than
 * one. Of `wasm` and `js` nobody outside can count: there the number of the job's owners is all that a grant can ask for.
 */
export function groupsWanted(
  program: Program,
  { minOwners }: Pick<OutputPolicy, "minOwners">,
): { readonly minRows: number; readonly minOwners: number } | undefined {
  if (program.kind !== "sql") return undefined;
  const declared = program.v === 2 ? program.groups : undefined;
  if (declared === undefined && minOwners <= 1) return undefined;
  return { minRows: declared?.minRows ?? 1, minOwners: Math.max(minOwners, declared?.minOwners ?? 1) };
}

/**
 * Judges what a sandbox says its program's result is, outside of the sandbox. Nothing is cut to fit: what must not leave is a
 * failure.
 * @throws PersonaError OUTPUT_POLICY_VIOLATED, OUTPUT_TOO_LARGE
 */
export function applyOutputPolicy(
  program: Program,
  policy: OutputPolicy,
  { result, groups }: Pick<SandboxAnswer, "result" | "groups">,
): ReleasedResult {
  if (result.length > outputBytesOf(program)) throw tooLarge(result.length, outputBytesOf(program));
  const value = decodeResult(program, result);
  checkResult(program, value);
  const wanted = groupsWanted(program, policy);
  if (wanted !== undefined) {
    const counted = Array.isArray(value) && groups.length === value.length;
    if (!counted || !groups.every(({ rows, owners }) => rows >= wanted.minRows && owners >= wanted.minOwners)) {
      throw new PersonaError("OUTPUT_POLICY_VIOLATED", "A row of the result comes from too few records or owners.", {
        data: wanted,
      });
    }
  }
  const plaintext = encodeResult(program, value);
  if (plaintext.length > policy.maxBytes) throw tooLarge(plaintext.length, policy.maxBytes);
  return { value, plaintext };
}

const tooLarge = (bytes: number, limit: number) =>
  new PersonaError("OUTPUT_TOO_LARGE", "The result is too large.", { data: { bytes, limit } });
