/** How a registration crosses the enclave door: both ends use this one file. */
import { decodeStruct, encodeStruct } from "@persona-protocol/sdk/contracts";
import { bytesToHex, getAddress, type Hex, hexToBytes, isAddress, isHex } from "viem";
import { z } from "zod";
import type { EnclaveRegistration } from "./enclaveIdentity.ts";

/** What the host tells: who pays and operates, and a recent block. The contract checks all of it. */
export const registrationFacts = z.strictObject({
  operator: z
    .string()
    .refine((text) => isAddress(text), "not an address")
    .transform((text) => getAddress(text)),
  keyClass: z.number().int().min(1).max(2),
  blockNumber: z.number().int().min(0).transform(BigInt),
  blockHash: z.custom<Hex>((value) => isHex(value) && value.length === 66, "not 32 bytes of hex"),
});

const bytes = z.custom<Uint8Array>((value) => value instanceof Uint8Array, "not bytes");
const message = z.strictObject({
  binding: bytes,
  evidence: bytes,
  signature: bytes,
});

export function encodeRegistration({ binding, evidence, signature }: EnclaveRegistration): z.infer<typeof message> {
  return { binding: encodeStruct("EnclaveBinding", binding), evidence, signature: hexToBytes(signature) };
}

export function decodeRegistration(value: unknown): EnclaveRegistration {
  const { binding, evidence, signature } = message.parse(value);
  return { binding: decodeStruct("EnclaveBinding", binding), evidence, signature: bytesToHex(signature) };
}
