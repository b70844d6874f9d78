/** What goes between whoever registers an enclave and a verifier node: DAG-CBOR in HTTP bodies. */
import { decode, encode } from "@ipld/dag-cbor";
import type { EvidenceResult, QuorumEvidence, SignedEvidenceResult } from "@persona-protocol/sdk/attestation";
import { PersonaError } from "@persona-protocol/sdk/errors";
import { bytesToHex, type Hex, hexToBytes } from "viem";
import { z } from "zod";

/** Evidence has some 5 KiB, three certificates some 6, a revocation list a few. */
export const maxQuestionBytes = 64 * 1024;
export const maxAnswerBytes = 4 * 1024;

export type QuorumQuestion = { readonly asked: QuorumEvidence; readonly verifiedAt: number };

const blob = z.custom<Uint8Array>((value) => value instanceof Uint8Array && value.length <= 32 * 1024, "not bytes");
const seconds = z.number().int().min(0).max(0xff_ffff_ffff);
const question = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("nitro"), evidence: blob, verifiedAt: seconds }),
  z.strictObject({
    kind: z.literal("snp"),
    evidence: blob,
    certificates: z.strictObject({ chip: blob, signer: blob, root: blob, crl: blob.nullable() }),
    verifiedAt: seconds,
  }),
]);

const word = z
  .custom<Uint8Array>((value) => value instanceof Uint8Array && value.length === 32, "not 32 bytes")
  .transform((bytes): Hex => bytesToHex(bytes));
const answer = z.strictObject({
  evidenceHash: word,
  measurement: word,
  reportDataHi: word,
  reportDataLo: word,
  platform: word,
  vendor: z.number().int().min(0).max(255),
  verifiedAt: seconds,
  validUntil: seconds,
  signature: z
    .custom<Uint8Array>((value) => value instanceof Uint8Array && value.length === 65, "not 65 bytes")
    .transform((bytes): Hex => bytesToHex(bytes)),
});

export function encodeQuestion({ asked, verifiedAt }: QuorumQuestion): Uint8Array {
  if (asked.kind === "nitro") return encode({ kind: asked.kind, evidence: asked.evidence, verifiedAt });
  const { chip, signer, root, crl } = asked.certificates;
  const certificates = { chip, signer, root, crl: crl ?? null };
  return encode({ kind: asked.kind, evidence: asked.evidence, certificates, verifiedAt });
}

/** @throws PersonaError REQUEST_INVALID */
export function decodeQuestion(body: Uint8Array): QuorumQuestion {
  const { verifiedAt, ...asked } = parse(question, body, maxQuestionBytes);
  if (asked.kind === "nitro") return { asked, verifiedAt };
  const { crl, ...certificates } = asked.certificates;
  return { asked: { ...asked, certificates: { ...certificates, ...(crl === null ? {} : { crl }) } }, verifiedAt };
}

export function encodeAnswer({ result, signature }: SignedEvidenceResult): Uint8Array {
  const { evidenceHash, measurement, reportDataHi, reportDataLo, platform, ...rest } = result;
  const words = { evidenceHash, measurement, reportDataHi, reportDataLo, platform };
  return encode({
    ...Object.fromEntries(Object.entries(words).map(([name, value]) => [name, hexToBytes(value)])),
    ...rest,
    signature: hexToBytes(signature),
  });
}

/** @throws PersonaError REQUEST_INVALID */
export function decodeAnswer(body: Uint8Array): SignedEvidenceResult {
  const { signature, ...result } = parse(answer, body, maxAnswerBytes);
  return { result: result satisfies EvidenceResult, signature };
}

function parse<Schema extends z.ZodType>(schema: Schema, body: Uint8Array, maxBytes: number): z.infer<Schema> {
  if (body.length > maxBytes) throw new PersonaError("REQUEST_INVALID", "The message is too large.");
  const parsed = schema.safeParse(decoded(body));
  if (parsed.success) return parsed.data;
  throw new PersonaError("REQUEST_INVALID", "The message is not one of verifier nodes.", { cause: parsed.error });
}

function decoded(body: Uint8Array): unknown {
  try {
    return decode(body);
  } catch (cause) {
    throw new PersonaError("REQUEST_INVALID", "The message is no DAG-CBOR.", { cause });
  }
}
