import { decode, encode } from "@ipld/dag-cbor";
import type { z } from "zod";
import { equalBytes } from "../crypto/index.ts";
import { type ErrorCode, PersonaError } from "../errors/index.ts";

/** Deterministic DAG-CBOR: one value has one encoding, so that its digest names the value. */
export function encodeCbor(value: unknown): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(encode(value));
}

/**
 * Decodes and validates what came from outside. Bytes that are not the one canonical encoding of their value are refused:
 * otherwise one manifest or KeyBox would have many digests, and two readers could disagree on what was signed.
 *
 * @throws `code` when the bytes are too many, not canonical DAG-CBOR, or not of the schema.
 */
export function decodeCbor<S extends z.ZodType>(
  bytes: Uint8Array,
  parameters: { readonly schema: S; readonly maxBytes: number; readonly code: ErrorCode; readonly what: string },
): z.output<S> {
  const { code, what, maxBytes } = parameters;
  if (bytes.length > maxBytes) {
    throw new PersonaError(code, `The ${what} is larger than allowed.`, { data: { bytes: bytes.length, maxBytes } });
  }
  let value: unknown;
  let canonical: Uint8Array;
  try {
    value = decode(bytes);
    canonical = encode(value);
  } catch (cause) {
    throw new PersonaError(code, `The ${what} is not DAG-CBOR.`, { cause });
  }
  if (!equalBytes(canonical, bytes)) {
    throw new PersonaError(code, `The ${what} is not encoded in its canonical form.`);
  }
  const parsed = parameters.schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new PersonaError(code, `The ${what} breaks its schema: ${issue?.message ?? "invalid"}.`, {
    data: { path: issue?.path.map(String).join(".") ?? "" },
    cause: parsed.error,
  });
}
