/**
 * Reads an AWS Nitro attestation document: COSE_Sign1 (RFC 9052) around a CBOR map, as Amazon's "Nitro Enclaves Attestation
 * Process" specifies it. Nothing of it is believed before {@link verifyNitro}.
 */
import * as cborg from "cborg";
import { equalBytes } from "../../crypto/index.ts";
import { RuleBroken, requireRule } from "../rules.ts";

export type NitroDocument = {
  /** What is signed: the CBOR of ["Signature1", protected, "", payload]. */
  readonly signed: Uint8Array;
  /** r ‖ s, 96 bytes. */
  readonly signature: Uint8Array;
  readonly moduleId: string;
  /** Unix milliseconds, by the hypervisor. */
  readonly timestamp: number;
  readonly digest: string;
  /** By index, 48 bytes each. */
  readonly pcrs: ReadonlyMap<number, Uint8Array>;
  /** DER of the certificate whose key has signed. */
  readonly certificate: Uint8Array;
  /** DER, the root first. */
  readonly cabundle: readonly Uint8Array[];
  readonly publicKey: Uint8Array | null;
  readonly userData: Uint8Array | null;
  readonly nonce: Uint8Array | null;
};

const MAX_BYTES = 16_384;
const COSE_SIGN1_TAG = 0xd2;
/** {1: -35}: the algorithm is ES384. */
const PROTECTED = Uint8Array.of(0xa1, 0x01, 0x38, 0x22);
const SIGNATURE_BYTES = 96;
const PCR_BYTES = 48;
const MAX_PCRS = 32;
/** Amazon's chains have a root and three more. */
const MAX_BUNDLE = 8;
const MAX_CERTIFICATE_BYTES = 1_024;
/** The year 10,000, in milliseconds. */
const MAX_TIMESTAMP = 253_402_300_800_000;
const optionalFields = ["public_key", "user_data", "nonce"] as const;
const fieldNames = new Set([
  ...["module_id", "digest", "timestamp", "pcrs", "certificate", "cabundle"],
  ...optionalFields,
]);

const strict = {
  strict: true,
  allowIndefinite: false,
  allowUndefined: false,
  allowInfinity: false,
  allowNaN: false,
  rejectDuplicateMapKeys: true,
  useMaps: true,
} as const;

/** @throws RuleBroken nitro-size, nitro-cose, nitro-payload, nitro-limits, nitro-pcrs */
export function readNitroDocument(bytes: Uint8Array): NitroDocument {
  requireRule("nitro-size", bytes.length > 0 && bytes.length <= MAX_BYTES, `It has ${bytes.length} bytes.`);
  const { payload, signature } = readCose(bytes);
  const fields = readPayload(payload);
  const document = {
    signed: cborg.encode(["Signature1", PROTECTED, new Uint8Array(), payload]),
    signature,
    moduleId: textOf(fields, "module_id"),
    timestamp: timeOf(fields),
    digest: textOf(fields, "digest"),
    certificate: bytesOf(fields.get("certificate"), "certificate"),
    cabundle: listOf(fields, "cabundle").map((each) => bytesOf(each, "cabundle")),
    publicKey: optionalOf(fields, "public_key"),
    userData: optionalOf(fields, "user_data"),
    nonce: optionalOf(fields, "nonce"),
    pcrs: pcrsOf(fields),
  };
  requireLimits(document);
  requirePcrs(document.pcrs);
  return document;
}

/** The whole array is made again and compared: no other spelling of it passes, and nothing behind it. */
function readCose(bytes: Uint8Array): { payload: Uint8Array; signature: Uint8Array } {
  const untagged = bytes[0] === COSE_SIGN1_TAG ? bytes.subarray(1) : bytes;
  const value = decode("nitro-cose", untagged, strict);
  const [header, unprotected, payload, signature] = Array.isArray(value) ? value : [];
  const shape =
    Array.isArray(value) && value.length === 4 && unprotected instanceof Map && header instanceof Uint8Array;
  requireRule("nitro-cose", shape, "It is no array of protected header, map, payload and signature.");
  requireRule("nitro-cose", equalBytes(header, PROTECTED), "Its protected header is not that of ES384.");
  requireRule("nitro-cose", unprotected.size === 0, "It has unprotected headers.");
  requireRule("nitro-cose", payload instanceof Uint8Array && payload.length > 0, "It has no payload.");
  const signed = signature instanceof Uint8Array && signature.length === SIGNATURE_BYTES;
  requireRule("nitro-cose", signed, `Its signature has not ${SIGNATURE_BYTES} bytes.`);
  const again = cborg.encode([header, new Map(), payload, signature]);
  requireRule("nitro-cose", equalBytes(again, untagged), "It is not in deterministic CBOR.");
  return { payload, signature };
}

function readPayload(payload: Uint8Array): ReadonlyMap<unknown, unknown> {
  // Amazon writes its maps with indefinite length. Every byte of the payload is signed, so its spelling is the signer's own.
  const value = decode("nitro-payload", payload, { ...strict, allowIndefinite: true });
  requireRule("nitro-payload", value instanceof Map, "It is no map.");
  for (const name of value.keys()) {
    const known = typeof name === "string" && fieldNames.has(name);
    requireRule("nitro-payload", known, "It has a field that Amazon's documents have not.");
  }
  return value;
}

function decode(rule: "nitro-cose" | "nitro-payload", bytes: Uint8Array, options: cborg.DecodeOptions): unknown {
  try {
    return cborg.decode(bytes, options);
  } catch (cause) {
    // Its errors are of no type of their own; a nesting too deep for the stack is a RangeError.
    throw new RuleBroken(rule, `It is no CBOR: ${cause instanceof Error ? cause.message : String(cause)}.`);
  }
}

type Fields = ReadonlyMap<unknown, unknown>;

function textOf(fields: Fields, name: string): string {
  const value = fields.get(name);
  requireRule("nitro-payload", typeof value === "string", `${name} is no text.`);
  return value;
}

function timeOf(fields: Fields): number {
  const value = fields.get("timestamp");
  requireRule("nitro-payload", typeof value === "number" && Number.isSafeInteger(value), "timestamp is no time.");
  return value;
}

function bytesOf(value: unknown, name: string): Uint8Array {
  requireRule("nitro-payload", value instanceof Uint8Array, `${name} is no byte string.`);
  return value;
}

/** Amazon's text forbids null, and its documents have it. */
function optionalOf(fields: Fields, name: (typeof optionalFields)[number]): Uint8Array | null {
  const value = fields.get(name);
  return value === undefined || value === null ? null : bytesOf(value, name);
}

function listOf(fields: Fields, name: string): readonly unknown[] {
  const value = fields.get(name);
  requireRule("nitro-payload", Array.isArray(value), `${name} is no list.`);
  return value;
}

function pcrsOf(fields: Fields): ReadonlyMap<number, Uint8Array> {
  const value = fields.get("pcrs");
  requireRule("nitro-payload", value instanceof Map, "pcrs is no map.");
  const pcrs = new Map<number, Uint8Array>();
  for (const [index, register] of value) {
    requireRule("nitro-payload", typeof index === "number", "A PCR's index is no number.");
    pcrs.set(index, bytesOf(register, "A PCR"));
  }
  return pcrs;
}

function requireLimits(document: Omit<NitroDocument, "signed" | "signature" | "pcrs">): void {
  const { moduleId, digest, timestamp, certificate, cabundle, publicKey, userData, nonce } = document;
  const within = (name: string, bytes: Uint8Array | null, min: number, max: number) =>
    requireRule("nitro-limits", bytes === null || (bytes.length >= min && bytes.length <= max), `${name}: size.`);
  requireRule("nitro-limits", /^[\x21-\x7e]{1,128}$/.test(moduleId), "module_id: 1 to 128 printable characters.");
  requireRule("nitro-limits", digest === "SHA384", "digest: not SHA384.");
  const dated = timestamp > 0 && timestamp < MAX_TIMESTAMP;
  requireRule("nitro-limits", dated, "timestamp: no time of these centuries.");
  requireRule("nitro-limits", cabundle.length > 0 && cabundle.length <= MAX_BUNDLE, "cabundle: number.");
  for (const each of cabundle) within("cabundle", each, 1, MAX_CERTIFICATE_BYTES);
  within("certificate", certificate, 1, MAX_CERTIFICATE_BYTES);
  within("public_key", publicKey, 1, 1_024);
  within("user_data", userData, 0, 512);
  within("nonce", nonce, 0, 512);
}

function requirePcrs(pcrs: ReadonlyMap<number, Uint8Array>): void {
  for (const [index, register] of pcrs) {
    const known = Number.isSafeInteger(index) && index >= 0 && index < MAX_PCRS;
    requireRule("nitro-pcrs", known, `There is no PCR ${index}.`);
    requireRule("nitro-pcrs", register.length === PCR_BYTES, `PCR ${index} has ${register.length} bytes.`);
  }
  for (const index of [0, 1, 2]) requireRule("nitro-pcrs", pcrs.has(index), `PCR ${index} is missing.`);
}
