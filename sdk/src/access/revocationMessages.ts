/** A revocation handed straight to a guardian, which need not wait for a block (docs/protocol.md 4.5). */
import { bytesToHex, getAddress, type Hex, hexToBytes, recoverTypedDataAddress } from "viem";
import { z } from "zod";
import type { Deployment } from "../contracts/deployment.ts";
import { typedData } from "../contracts/typedData.ts";
import { PersonaError } from "../errors/index.ts";
import { decodeCbor, encodeCbor } from "../storage/cbor.ts";

export const maxRevocationBytes = 1_024;

/** Signed as for the contract (`revokeBySig`, `revokeAllBySig`): whoever has the message may also send it to the chain. */
export type Revocation = {
  /** A dataset of the owner that the guardian keeps shares of. */
  readonly datasetId: Hex;
  readonly owner: `0x${string}`;
  /** One grant, or all that name this or an earlier epoch of the owner. */
  readonly what: { readonly grantHash: Hex } | { readonly ownerEpoch: number };
  readonly signature: Hex;
};

const bytesOf = (length: number) => z.instanceof(Uint8Array).refine((b) => b.length === length, `not ${length} bytes`);
const common = { v: z.literal(1), datasetId: bytesOf(32), owner: bytesOf(20), signature: bytesOf(65) };
const schema = z.union([
  z.strictObject({ ...common, grantHash: bytesOf(32) }),
  z.strictObject({ ...common, ownerEpoch: z.int().min(0).max(0xffff_ffff) }),
]);

export function encodeRevocation({ datasetId, owner, what, signature }: Revocation): Uint8Array {
  return encodeCbor({
    v: 1,
    datasetId: hexToBytes(datasetId),
    owner: hexToBytes(owner),
    signature: hexToBytes(signature),
    ...("grantHash" in what ? { grantHash: hexToBytes(what.grantHash) } : { ownerEpoch: what.ownerEpoch }),
  });
}

/** @throws PersonaError REQUEST_INVALID */
export function decodeRevocation(bytes: Uint8Array): Revocation {
  const message = decodeCbor(bytes, {
    schema,
    maxBytes: maxRevocationBytes,
    maxItems: 32,
    code: "REQUEST_INVALID",
    what: "revocation",
  });
  return {
    datasetId: bytesToHex(message.datasetId),
    owner: getAddress(bytesToHex(message.owner)),
    signature: bytesToHex(message.signature),
    what: "grantHash" in message ? { grantHash: bytesToHex(message.grantHash) } : { ownerEpoch: message.ownerEpoch },
  };
}

/** @throws PersonaError OWNER_MISMATCH unless the owner's own key has signed; an owner that is a contract revokes on chain */
export async function verifyRevocation(
  d: Deployment,
  { owner, what, signature, datasetId }: Revocation,
): Promise<void> {
  const signer = await ("grantHash" in what
    ? recoverTypedDataAddress({ ...typedData.revoke(d, what.grantHash), signature })
    : recoverTypedDataAddress({ ...typedData.revokeAll(d, { owner, ownerEpoch: what.ownerEpoch }), signature })
  ).catch(() => undefined);
  if (signer === owner) return;
  throw new PersonaError("OWNER_MISMATCH", "The revocation is not signed by the owner it names.", {
    data: { owner, datasetId },
  });
}
