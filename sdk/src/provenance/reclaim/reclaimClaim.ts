import canonicalize from "canonicalize";
import { keccak256, recoverMessageAddress, stringToBytes } from "viem";
import { isJsonObject, parseStrictJson } from "../strictJson.ts";
import type { ReclaimProof } from "./reclaimProof.ts";

/** RFC 8785, by the library that attestors themselves use. @returns undefined for what has no canonical form (lone surrogates, 1e400) */
export function canonicalJson(value: unknown): string | undefined {
  try {
    return canonicalize(value) ?? undefined;
  } catch {
    return undefined;
  }
}

/** The context as it is hashed, with what is in it; undefined where it is none. */
export function readContext({
  context,
  form,
}: ReclaimProof): { readonly text: string; readonly value: Readonly<Record<string, unknown>> } | undefined {
  if (context === "") return { text: "", value: {} };
  const parsed = parseStrictJson(context);
  if (!parsed.ok || !isJsonObject(parsed.value)) return undefined;
  const text = canonicalJson(parsed.value);
  if (text === undefined || (form === "contract" && text !== context)) return undefined;
  return { text, value: parsed.value };
}

/** keccak256 of `provider LF parameters LF context`, as 0x and lower-case hex digits. */
export function claimIdentifier(
  proof: Pick<ReclaimProof, "provider" | "parameters">,
  contextText: string,
): `0x${string}` {
  return keccak256(stringToBytes(`${proof.provider}\n${proof.parameters}\n${contextText}`));
}

/** What an attestor signs, by EIP-191: four lines, no line break at the end. */
export function claimMessage(claim: {
  readonly identifier: string;
  readonly owner: string;
  readonly timestampS: number;
  readonly epoch: number;
}): string {
  return [claim.identifier, claim.owner.toLowerCase(), claim.timestampS, claim.epoch].join("\n");
}

/** Half of the order of secp256k1: of the two forms of a signature only that with the lower s is taken. */
const halfOrder = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0n;

/** @returns the address in lower case, or undefined where it is not r ‖ s ‖ v of a signature */
export async function recoverSigner(message: string, signature: string): Promise<string | undefined> {
  if (!/^0x[0-9a-fA-F]{128}(?:1b|1c|1B|1C)$/.test(signature)) return undefined;
  if (BigInt(`0x${signature.slice(66, 130)}`) > halfOrder) return undefined;
  try {
    return (await recoverMessageAddress({ message, signature: signature as `0x${string}` })).toLowerCase();
  } catch {
    // r or s is zero, not below the order, or no point of the curve.
    return undefined;
  }
}
