import { decode, encode } from "@ipld/dag-cbor";
import { z } from "zod";

const bytes = z.custom<Uint8Array>((value) => value instanceof Uint8Array);

/** What an enclave answers when it has run a job; the journal keeps it. */
const signedAnswer = z.object({
  receipt: bytes,
  signature: bytes,
  ciphertext: bytes,
  /** A row that an earlier build has written has none. */
  releases: z.array(bytes).max(64).default([]),
  failure: z.string().nullable(),
});

export type SignedAnswer = z.infer<typeof signedAnswer>;

export const parseSignedAnswer = (value: unknown): SignedAnswer => signedAnswer.parse(value);
export const encodeSignedAnswer = (answer: SignedAnswer): Uint8Array => encode(answer);
export const decodeSignedAnswer = (row: Uint8Array): SignedAnswer => signedAnswer.parse(decode(row));
