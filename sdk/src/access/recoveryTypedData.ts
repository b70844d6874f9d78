/** EIP-712 messages of a recovery: docs/protocol.md 3.4. */
import type { Address, Hex } from "viem";

/** Where OwnerKeys lives. */
export type OwnerKeysDeployment = { readonly chainId: number; readonly ownerKeys: Address };

const RecoveryVeto = [
  { name: "owner", type: "address" },
  { name: "requester", type: "address" },
  { name: "version", type: "uint32" },
  { name: "requestedAt", type: "uint40" },
] as const;

const RecoveryAnswer = [
  { name: "owner", type: "address" },
  { name: "planDigest", type: "bytes32" },
  { name: "requester", type: "address" },
  { name: "requestedAt", type: "uint40" },
  { name: "position", type: "uint8" },
  { name: "deviceKeyId", type: "bytes32" },
  { name: "sealedHash", type: "bytes32" },
] as const;

/** What an owner signs to stop one request, for anyone to send. */
export type RecoveryVeto = {
  readonly owner: Address;
  readonly requester: Address;
  /** Of the custody under which it was made. */
  readonly version: number;
  /** Unix seconds. */
  readonly requestedAt: number;
};

/** What a person signs with its share. */
export type RecoveryAnswerMessage = {
  readonly owner: Address;
  /** sha256 of the plan. */
  readonly planDigest: Hex;
  readonly requester: Address;
  /** Unix seconds. */
  readonly requestedAt: number;
  readonly position: number;
  readonly deviceKeyId: Hex;
  /** keccak(enc ‖ ct). */
  readonly sealedHash: Hex;
};

const domainOf = ({ chainId, ownerKeys }: OwnerKeysDeployment) =>
  ({ name: "Persona OwnerKeys", version: "1", chainId, verifyingContract: ownerKeys }) as const;

/** Each returns the whole typed-data definition, ready for `signTypedData`, `hashTypedData` and `verifyTypedData`. */
export const recoveryTypedData = {
  recoveryVeto: (d: OwnerKeysDeployment, message: RecoveryVeto) =>
    ({ domain: domainOf(d), types: { RecoveryVeto }, primaryType: "RecoveryVeto", message }) as const,
  recoveryAnswer: (d: OwnerKeysDeployment, message: RecoveryAnswerMessage) =>
    ({ domain: domainOf(d), types: { RecoveryAnswer }, primaryType: "RecoveryAnswer", message }) as const,
};
