import { type Address, bytesToHex, type Hex, hexToBytes } from "viem";
import * as z from "zod";
import { decodeProgram, encodeProgram, type Program } from "../compute/program.ts";
import type { Deployment } from "../contracts/index.ts";
import { isPersonaError, PersonaError } from "../errors/index.ts";
import { decodeCbor, encodeCbor } from "../storage/cbor.ts";

/** What a requester asks an owner for. It holds the whole program: the owner sees what would run before anything is granted. */
export type AccessRequest = {
  readonly chainId: number;
  readonly requester: Address;
  readonly program: Program;
  /** Names of segments. */
  readonly segments: readonly string[];
  /** The requester's own words. Escape them: they are a stranger's. */
  readonly why: string;
  readonly uses: number;
  /** From the grant on. */
  readonly seconds: number;
  /** Per use, in the token's smallest unit. */
  readonly price: bigint;
  readonly token: Address;
  /** Of ciphertext, over all uses. */
  readonly maxOutputBytes: bigint;
  /** Unix seconds. */
  readonly askedAt: number;
  /** Unix seconds after which it may not be granted any more. */
  readonly validUntil: number;
  readonly salt: Hex;
};

export type SignedAccessRequest = { readonly request: AccessRequest; readonly signature: Hex };

const maxWhyLength = 1_000;
/** Of the text form: a program is 64 KiB at most, and base64 a third longer. */
const maxAccessRequestLength = 128 * 1_024;
const prefix = "persona-access-1.";

const AccessRequestType = [
  { name: "requester", type: "address" },
  { name: "programId", type: "bytes32" },
  { name: "segments", type: "string[]" },
  { name: "why", type: "string" },
  { name: "uses", type: "uint32" },
  { name: "seconds", type: "uint40" },
  { name: "price", type: "uint96" },
  { name: "token", type: "address" },
  { name: "maxOutputBytes", type: "uint64" },
  { name: "askedAt", type: "uint40" },
  { name: "validUntil", type: "uint40" },
  { name: "salt", type: "bytes32" },
] as const;

/** What the requester signs: bound to one chain and one grant registry. */
export function accessRequestTypedData(d: Pick<Deployment, "chainId" | "grantRegistry">, request: AccessRequest) {
  const { chainId: _, program, segments, ...rest } = request;
  return {
    domain: { name: "Persona GrantRegistry", version: "1", chainId: d.chainId, verifyingContract: d.grantRegistry },
    types: { AccessRequest: AccessRequestType },
    primaryType: "AccessRequest",
    message: { ...rest, segments: [...segments], programId: encodeProgram(program).programId },
  } as const;
}

const sized = (length: number) =>
  z.custom<Uint8Array>((value) => value instanceof Uint8Array && value.length === length, `not ${length} bytes`);
const atMost = (length: number) =>
  z.custom<Uint8Array>((value) => value instanceof Uint8Array && value.length <= length, `over ${length} bytes`);
const text = (max: number) =>
  z
    .string()
    .max(max)
    .refine((value) => value.isWellFormed(), "not well-formed Unicode");
const amount = z.union([z.int().min(0), z.bigint().min(0n)]).transform((value) => BigInt(value));
const uint40 = z
  .int()
  .min(0)
  .max(2 ** 40 - 1);

const schema = z.strictObject({
  v: z.literal(1),
  chainId: z.int().min(1),
  requester: sized(20),
  program: atMost(64 * 1_024),
  segments: z
    .array(text(64).min(1))
    .min(1)
    .max(32)
    .refine((names) => new Set(names).size === names.length, "a segment is named twice"),
  why: text(maxWhyLength).min(1),
  uses: z
    .int()
    .min(1)
    .max(2 ** 32 - 1),
  seconds: uint40.min(1),
  price: amount.refine((value) => value < 2n ** 96n, "beyond uint96"),
  token: sized(20),
  maxOutputBytes: amount.refine((value) => value < 2n ** 64n, "beyond uint64"),
  askedAt: uint40,
  validUntil: uint40,
  salt: sized(32),
  /** Of contract accounts with passkeys some hundred bytes. */
  signature: atMost(4_096),
});

/** One line of letters, digits, `-`, `_` and a dot: for a link, a QR code or a message. */
export function encodeAccessRequest({ request, signature }: SignedAccessRequest): string {
  const { requester, program, segments, price, token, maxOutputBytes, salt, ...rest } = request;
  const bytes = encodeCbor({
    v: 1,
    ...rest,
    requester: hexToBytes(requester),
    program: encodeProgram(program).bytes,
    segments: [...segments],
    price: integer(price),
    token: hexToBytes(token),
    maxOutputBytes: integer(maxOutputBytes),
    salt: hexToBytes(salt),
    signature: hexToBytes(signature),
  });
  const binary = Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
  const encoded = `${prefix}${btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "")}`;
  decodeAccessRequest(encoded);
  return encoded;
}

/**
 * What the text says; nobody is believed yet.
 * @throws PersonaError ACCESS_REQUEST_INVALID
 */
export function decodeAccessRequest(encoded: string): SignedAccessRequest {
  if (encoded.length > maxAccessRequestLength) throw invalid("It is larger than any that is honest.");
  if (!encoded.startsWith(prefix) || !/^[\w-]+$/.test(encoded.slice(prefix.length)))
    throw invalid("It does not begin like one, or was cut or wrapped on its way.");
  try {
    const base64 = encoded.slice(prefix.length).replaceAll("-", "+").replaceAll("_", "/");
    const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
    const decoded = decodeCbor(bytes, {
      schema,
      maxBytes: maxAccessRequestLength,
      code: "ACCESS_REQUEST_INVALID",
      what: "request for access",
    });
    const { v: _, signature, requester, program, token, salt, ...rest } = decoded;
    const request = { ...rest, requester: bytesToHex(requester), token: bytesToHex(token), salt: bytesToHex(salt) };
    return { request: { ...request, program: decodeProgram(program) }, signature: bytesToHex(signature) };
  } catch (cause) {
    if (isPersonaError(cause, "ACCESS_REQUEST_INVALID")) throw cause;
    throw invalid("It is damaged, or its program is not one.", cause);
  }
}

/** CBOR has one integer type. */
const integer = (value: bigint): number | bigint => (value <= Number.MAX_SAFE_INTEGER ? Number(value) : value);

const invalid = (why: string, cause?: unknown) =>
  new PersonaError("ACCESS_REQUEST_INVALID", `This is no request for access. ${why}`, { cause });
