/** How an owner reads a guardian's access log (docs/protocol.md 4.6): DAG-CBOR, the query in the address of `GET /log`. */
import { bytesToHex, decodeAbiParameters, encodeAbiParameters, getAddress, type Hex, hexToBytes, isHex } from "viem";
import * as z from "zod";
import { decodeStruct, encodeStruct } from "../contracts/abiStructs.ts";
import { maxContractSignatureBytes } from "../contracts/contractSignature.ts";
import type { Release } from "../contracts/typedData.ts";
import { equalBytes } from "../crypto/index.ts";
import { PersonaError } from "../errors/index.ts";
import { decodeCbor, encodeCbor } from "../storage/cbor.ts";
import type { LogEntry, LogEntryKind, LogHead, LogQuery } from "./logTypedData.ts";

export const maxLogEntries = 256;
export const maxLogPageBytes = 4 * 1024 * 1024;
const maxQueryBytes = 512 + maxContractSignatureBytes;

export type SignedLogQuery = LogQuery & { readonly signature: Hex };
export type SignedLogHead = LogHead & { readonly signature: Hex };

/** One entry with what proves it. */
export type LogLine = {
  readonly index: number;
  /** ABI bytes, as in the leaf. */
  readonly entry: Uint8Array;
  /** In the log of the page's head. */
  readonly proof: readonly Hex[];
  /** Root right after this entry, which the signed answer names, and the proof that it is the beginning of the page's head. */
  readonly root: Hex;
  readonly rootProof: readonly Hex[];
  /** The signed release without its sealed keys; of every other entry nothing. */
  readonly release: { readonly release: Release; readonly signature: Hex } | undefined;
};

export type LogPage = {
  readonly head: SignedLogHead;
  /** From the query's `since` to the head. */
  readonly consistency: readonly Hex[];
  readonly lines: readonly LogLine[];
  /** Index at which the next page begins; undefined after the last. */
  readonly next: number | undefined;
};

const kinds: readonly LogEntryKind[] = ["release", "refusal", "revocation", "destruction"];
const entryAbi = [
  { type: "uint8" },
  { type: "uint16" },
  { type: "bytes32" },
  { type: "uint32" },
  { type: "uint32" },
  { type: "bytes32" },
  { type: "address" },
  { type: "uint64" },
  { type: "bytes32" },
] as const;

/** abi(uint8 kind, uint16 reason, bytes32 jobId, uint32 attempt, uint32 input, bytes32 datasetId, address signer, uint64 blockNumber, bytes32 salt) */
export function encodeLogEntry(entry: LogEntry): Uint8Array {
  const { kind, reason, jobId, attempt, input, datasetId, signer, blockNumber, salt } = entry;
  const values = [
    kinds.indexOf(kind) + 1,
    reason,
    jobId,
    attempt,
    input,
    datasetId,
    signer,
    blockNumber,
    salt,
  ] as const;
  return hexToBytes(encodeAbiParameters(entryAbi, values));
}

/** @throws PersonaError GUARDIAN_LOG_INVALID */
export function decodeLogEntry(bytes: Uint8Array): LogEntry {
  try {
    const [number, reason, jobId, attempt, input, datasetId, signer, blockNumber, salt] = decodeAbiParameters(
      entryAbi,
      bytesToHex(bytes),
    );
    const kind = kinds[number - 1];
    if (kind !== undefined) {
      const entry = { kind, reason, jobId, attempt, input, datasetId, signer: getAddress(signer), blockNumber, salt };
      if (equalBytes(encodeLogEntry(entry), bytes)) return entry;
    }
  } catch (cause) {
    throw new PersonaError("GUARDIAN_LOG_INVALID", "These bytes are no entry of an access log.", { cause });
  }
  throw new PersonaError("GUARDIAN_LOG_INVALID", "These bytes are not the canonical encoding of a log entry.");
}

const count = z.int().min(0).max(Number.MAX_SAFE_INTEGER);
const bytesOf = (length: number) => z.instanceof(Uint8Array).refine((b) => b.length === length, `not ${length} bytes`);
const hex32 = bytesOf(32).transform((value): Hex => bytesToHex(value));
const signature = bytesOf(65).transform((value): Hex => bytesToHex(value));
/** 65 bytes of a key, or whatever an account that is a contract calls its signature. */
const ownerSignature = z
  .instanceof(Uint8Array)
  .refine((b) => b.length > 0 && b.length <= maxContractSignatureBytes, "not a signature's length")
  .transform((value): Hex => bytesToHex(value));
const proof = z.array(hex32).max(64);
const querySchema = z.strictObject({
  v: z.literal(1),
  datasetId: hex32,
  guardian: z.int().min(1),
  from: count,
  limit: z.int().min(1).max(maxLogEntries),
  since: count,
  issuedAt: count,
  signature: ownerSignature,
});
const headSchema = z.strictObject({
  guardian: z.int().min(1),
  size: count,
  root: hex32,
  blockNumber: count.transform(BigInt),
  blockHash: hex32,
  signature,
});
const short = z.instanceof(Uint8Array).refine((b) => b.length <= 1_024, "longer than 1,024 bytes");
const pageSchema = z.strictObject({
  v: z.literal(1),
  head: headSchema,
  consistency: proof,
  next: count.nullable(),
  lines: z
    .array(
      z.strictObject({
        index: count,
        entry: short,
        proof,
        root: hex32,
        rootProof: proof,
        release: z.strictObject({ release: short, signature }).nullable(),
      }),
    )
    .max(maxLogEntries),
});

/** In hex, as the address carries it: `GET /log?q=0x…`. */
export function encodeLogQuery({ datasetId, signature: signed, ...plain }: SignedLogQuery): Hex {
  return bytesToHex(encodeCbor({ v: 1, ...plain, datasetId: hexToBytes(datasetId), signature: hexToBytes(signed) }));
}

/** @throws PersonaError REQUEST_INVALID */
export function decodeLogQuery(text: string): SignedLogQuery {
  if (!isHex(text) || text.length % 2 !== 0 || text.length > 2 * maxQueryBytes)
    throw new PersonaError("REQUEST_INVALID", "The log query is not a short text of hex.");
  const bytes = hexToBytes(text);
  const { v: _, ...query } = decodeCbor(bytes, {
    schema: querySchema,
    maxBytes: maxQueryBytes,
    code: "REQUEST_INVALID",
    what: "log query",
  });
  return query;
}

export function encodeSignedLogHead(head: SignedLogHead): Uint8Array {
  return encodeCbor(plainHead(head));
}

/** @throws PersonaError GUARDIAN_LOG_INVALID */
export function decodeSignedLogHead(bytes: Uint8Array): SignedLogHead {
  return decodeCbor(bytes, { schema: headSchema, maxBytes: 1_024, code: "GUARDIAN_LOG_INVALID", what: "log head" });
}

export function encodeLogPage({ head, consistency, lines, next }: LogPage): Uint8Array {
  return encodeCbor({
    v: 1,
    head: plainHead(head),
    consistency: consistency.map((part) => hexToBytes(part)),
    next: next ?? null,
    lines: lines.map(({ index, entry, proof: path, root, rootProof, release }) => ({
      index,
      entry,
      proof: path.map((part) => hexToBytes(part)),
      root: hexToBytes(root),
      rootProof: rootProof.map((part) => hexToBytes(part)),
      release:
        release === undefined
          ? null
          : { release: encodeStruct("Release", release.release), signature: hexToBytes(release.signature) },
    })),
  });
}

/** @throws PersonaError GUARDIAN_LOG_INVALID */
export function decodeLogPage(bytes: Uint8Array): LogPage {
  const code = "GUARDIAN_LOG_INVALID";
  const page = decodeCbor(bytes, { schema: pageSchema, maxBytes: maxLogPageBytes, code, what: "page of a log" });
  const lines = page.lines.map((line) => ({
    ...line,
    release:
      line.release === null
        ? undefined
        : { release: decodeStruct("Release", line.release.release), signature: line.release.signature },
  }));
  return { head: page.head, consistency: page.consistency, lines, next: page.next ?? undefined };
}

function plainHead({ guardian, size, root, blockNumber, blockHash, signature: signed }: SignedLogHead) {
  return {
    guardian,
    size,
    root: hexToBytes(root),
    blockNumber: Number(blockNumber),
    blockHash: hexToBytes(blockHash),
    signature: hexToBytes(signed),
  };
}
