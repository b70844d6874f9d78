import type { Hex } from "viem";
import * as z from "zod";
import { toHex } from "../crypto/index.ts";

/** Segment indexes fit one 256-bit bitmap of a grant's Scope. */
export const MAX_SEGMENTS = 256;

/** Exactly `length` bytes, as they are. */
export function bytesOf(length: number): z.ZodType<Uint8Array, unknown> {
  return z.custom<Uint8Array>(
    (value) => value instanceof Uint8Array && value.length === length,
    `expected ${length} bytes`,
  );
}

/** 32 bytes in CBOR, lower-case hex in TypeScript. */
export const bytes32: z.ZodType<Hex, unknown> = bytesOf(32).transform((bytes): Hex => toHex(bytes));

/** An address: 20 bytes in CBOR, lower-case hex in TypeScript. */
export const bytes20: z.ZodType<Hex, unknown> = bytesOf(20).transform((bytes): Hex => toHex(bytes));

export const uint32 = z.int().min(0).max(0xffff_ffff);

/** The contract keeps a dataset's version in 48 bits. */
export const datasetVersion = z
  .int()
  .min(0)
  .max(2 ** 48 - 1);

export const segmentIndex = z
  .int()
  .min(0)
  .max(MAX_SEGMENTS - 1);

/** NodeRegistry counts from 1; 0 means no node. */
export const nodeId = z.int().min(1).max(0xffff_ffff);

/** True when each number is greater than the one before: sorted, and none twice. */
export function isStrictlyAscending(numbers: readonly number[]): boolean {
  return numbers.every((number, at) => at === 0 || number > (numbers[at - 1] ?? Number.POSITIVE_INFINITY));
}
