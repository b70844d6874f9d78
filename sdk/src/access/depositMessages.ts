/** How an owner hands a guardian its sealed shares (docs/protocol.md 4.5). */
import { type Address, bytesToHex, type Hex, hexToBytes, keccak256 } from "viem";
import * as z from "zod";
import { maxContractSignatureBytes } from "../contracts/contractSignature.ts";
import { decodeCbor, encodeCbor } from "../storage/cbor.ts";
import { MAX_KEY_BOX_BODY_BYTES, MAX_KEY_BOX_HEAD_BYTES } from "../storage/keyBox.ts";

export const maxDepositBytes = 1024 * 1024;

export type Deposit = {
  readonly owner: Address;
  /** The dataset's salt: before registration it proves that `owner` is whom the id was made for. */
  readonly salt: Hex;
  readonly head: Uint8Array;
  /** A KeyBox body with this guardian's shares only. */
  readonly body: Uint8Array;
  /** By `owner` over `KeyBoxDeposit`. */
  readonly signature: Hex;
};

const bytesOf = (length: number) => z.instanceof(Uint8Array).refine((b) => b.length === length, `not ${length} bytes`);
const atMost = (max: number) => z.instanceof(Uint8Array).refine((b) => b.length <= max, `longer than ${max} bytes`);
const schema = z.strictObject({
  v: z.literal(1),
  owner: bytesOf(20),
  salt: bytesOf(32),
  head: atMost(MAX_KEY_BOX_HEAD_BYTES),
  body: atMost(MAX_KEY_BOX_BODY_BYTES),
  signature: atMost(maxContractSignatureBytes),
});

export function encodeDeposit(deposit: Deposit): Uint8Array {
  return encodeCbor({
    v: 1,
    owner: hexToBytes(deposit.owner),
    salt: hexToBytes(deposit.salt),
    head: deposit.head,
    body: deposit.body,
    signature: hexToBytes(deposit.signature),
  });
}

/** @throws PersonaError REQUEST_INVALID */
export function decodeDeposit(bytes: Uint8Array): Deposit {
  const { owner, salt, head, body, signature } = decodeCbor(bytes, {
    schema,
    maxBytes: maxDepositBytes,
    maxItems: 64,
    code: "REQUEST_INVALID",
    what: "KeyBox deposit",
  });
  return { owner: bytesToHex(owner), salt: bytesToHex(salt), head, body, signature: bytesToHex(signature) };
}

/** What the owner's signature covers of the body. */
export const depositBodyHash = (body: Uint8Array): Hex => keccak256(body);
