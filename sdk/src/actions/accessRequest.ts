import { type Address, bytesToHex, type Hex, hexToBytes } from "viem";
import { decodeProgram, encodeProgram, type Program } from "../compute/program.ts";
import type { Deployment } from "../contracts/deployment.ts";
import { isPersonaError, PersonaError } from "../errors/index.ts";
import { decodeCbor, encodeCbor } from "../storage/cbor.ts";
import {
  amount,
  bytesOf,
  bytesUpTo,
  distinct,
  integer,
  list,
  object,
  oneOf,
  text,
  where,
} from "../storage/decoders.ts";

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

const uint40 = (min: number) => integer(min, 2 ** 40 - 1);

const schema = object({
  v: oneOf(1),
  chainId: integer(1),
  requester: bytesOf(20),
  program: bytesUpTo(64 * 1_024),
  segments: where(list(text(1, 64), 1, 32), (names) => distinct(names), "a segment is named twice"),
  why: text(1, maxWhyLength),
  uses: integer(1, 2 ** 32 - 1),
  seconds: uint40(1),
  price: amount(96n),
  token: bytesOf(20),
  maxOutputBytes: amount(64n),
  askedAt: uint40(0),
  validUntil: uint40(0),
  salt: bytesOf(32),
  /** Of contract accounts with passkeys some hundred bytes. */
  signature: bytesUpTo(4_096),
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
    price: cborInteger(price),
    token: hexToBytes(token),
    maxOutputBytes: cborInteger(maxOutputBytes),
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
const cborInteger = (value: bigint): number | bigint => (value <= Number.MAX_SAFE_INTEGER ? Number(value) : value);

const invalid = (why: string, cause?: unknown) =>
  new PersonaError("ACCESS_REQUEST_INVALID", `This is no request for access. ${why}`, { cause });
