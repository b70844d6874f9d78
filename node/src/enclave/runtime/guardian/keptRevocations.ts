import { decodeRevocation, type Revocation } from "@persona-protocol/sdk/access";
import type { Terms } from "@persona-protocol/sdk/contracts";
import { PersonaError } from "@persona-protocol/sdk/errors";
import type { Address, Hex } from "viem";

/** What owners have handed over, in the memory of the enclave: bounded by what is taken, whatever the host brings back. */
export type KeptRevocations = {
  /** Of this one grant. */
  isRevoked(owner: Address, grantHash: Hex): boolean;
  /** With all grants of its owner's epoch. */
  isEpochRevoked(terms: Pick<Terms, "owner" | "ownerEpoch">): boolean;
  /** Whether it says nothing that is not kept. */
  covers(revocation: Revocation): boolean;
  /** It counts from here on. @param size bytes of the message */
  add(revocation: Revocation, size: number): void;
  /** One that was taken before a restart, whoever restarted in the middle of it. @throws PersonaError REQUEST_INVALID */
  restore(bytes: Uint8Array): void;
  /** @throws PersonaError LIMIT_EXCEEDED */
  requireRoom(revocation: Revocation, size: number): void;
};

/** Grants of one owner; whoever needs more revokes all at once. */
const maxPerOwner = 4_096;
/** Of all owners: some seconds of a guardian's start. Revoking all has its own places, so that it is never crowded out by these. */
const maxGrants = 131_072;
const maxGrantBytes = 128 * 1024 * 1024;
/** Owners that have revoked all, one message each. */
const maxEpochs = 65_536;

export function createKeptRevocations(): KeptRevocations {
  const grants = new Map<Address, Set<Hex>>();
  /** The highest epoch that was revoked, by owner: it says all that lower ones do. */
  const epochs = new Map<Address, number>();
  let grantCount = 0;
  let grantBytes = 0;
  const isEpochRevoked: KeptRevocations["isEpochRevoked"] = ({ owner, ownerEpoch }) =>
    ownerEpoch <= (epochs.get(owner) ?? -1);
  const covers: KeptRevocations["covers"] = ({ owner, what }) =>
    "ownerEpoch" in what ? isEpochRevoked({ owner, ...what }) : (grants.get(owner)?.has(what.grantHash) ?? false);
  const add: KeptRevocations["add"] = (revocation, size) => {
    if (covers(revocation)) return;
    const { owner, what } = revocation;
    if ("ownerEpoch" in what) {
      epochs.set(owner, what.ownerEpoch);
      return;
    }
    grants.set(owner, (grants.get(owner) ?? new Set()).add(what.grantHash));
    grantCount += 1;
    grantBytes += size;
  };
  return {
    isRevoked: (owner, grantHash) => grants.get(owner)?.has(grantHash) ?? false,
    isEpochRevoked,
    covers,
    add,
    restore: (bytes) => add(decodeRevocation(bytes), bytes.length),
    requireRoom({ owner, what }, size) {
      const known = grants.get(owner)?.size ?? 0;
      const isFull =
        "ownerEpoch" in what
          ? !epochs.has(owner) && epochs.size >= maxEpochs
          : known >= maxPerOwner || grantCount >= maxGrants || grantBytes + size > maxGrantBytes;
      if (!isFull) return;
      throw new PersonaError("LIMIT_EXCEEDED", "The guardian keeps no more revocations of this owner: revoke all.", {
        data: { owner, maxPerOwner },
      });
    },
  };
}
