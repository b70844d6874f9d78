/** A revocation handed straight to a guardian, which need not wait for a block (docs/protocol.md 4.5). */
import { bytesToHex, getAddress, type Hex, hashTypedData, hexToBytes, recoverAddress } from "viem";
import * as z from "zod";
import { maxContractSignatureBytes } from "../contracts/contractSignature.ts";
import type { Deployment } from "../contracts/deployment.ts";
import { typedData } from "../contracts/typedData.ts";
import { PersonaError } from "../errors/index.ts";
import { decodeCbor, encodeCbor } from "../storage/cbor.ts";

export const maxRevocationBytes = 4_096;

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
/** 65 bytes of a key, or whatever an account that is a contract calls its signature. */
const signatureBytes = z
  .instanceof(Uint8Array)
  .refine((b) => b.length > 0 && b.length <= maxContractSignatureBytes, "not a signature's length");
const common = { v: z.literal(1), datasetId: bytesOf(32), owner: bytesOf(20), signature: signatureBytes };
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

/**
 * Has the owner signed? By its own key, or where the owner is a contract (`signedBy`, at the newest block) by its word.
 *
 * @throws PersonaError OWNER_MISMATCH otherwise
 */
export async function verifyRevocation(
  d: Deployment,
  { owner, what, signature, datasetId }: Revocation,
  signedBy: (digest: Hex) => Promise<boolean>,
): Promise<void> {
  const digest =
    "grantHash" in what
      ? hashTypedData(typedData.revoke(d, what.grantHash))
      : hashTypedData(typedData.revokeAll(d, { owner, ownerEpoch: what.ownerEpoch }));
  // The key first, as in the contracts: an account that has delegated its code keeps its key's right to revoke.
  const signer = await recoverAddress({ hash: digest, signature }).catch(() => undefined);
  if (signer === owner || (await signedBy(digest))) return;
  throw new PersonaError("OWNER_MISMATCH", "The revocation is not signed by the owner it names.", {
    data: { owner, datasetId },
  });
}
