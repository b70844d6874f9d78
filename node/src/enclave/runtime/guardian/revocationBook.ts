import { decodeRevocation, type Revocation, verifyRevocation } from "@persona-protocol/sdk/access";
import type { Terms } from "@persona-protocol/sdk/contracts";
import { PersonaError, reasonOfCode } from "@persona-protocol/sdk/errors";
import { type Address, type Hex, zeroHash } from "viem";
import type { AccessLog } from "./accessLog.ts";
import type { GuardianChain } from "./guardianChain.ts";

/** Revocations that owners have handed straight to this guardian: they count before any block says so. */
export type RevocationBook = {
  /** Of this one grant. */
  isRevoked(owner: Address, grantHash: Hex): boolean;
  /** With all grants of its owner's epoch. */
  isEpochRevoked(terms: Pick<Terms, "owner" | "ownerEpoch">): boolean;
  /**
   * Takes a message of an owner. When it resolves the revocation is on the disk and in the log.
   * @throws PersonaError REQUEST_INVALID, OWNER_MISMATCH, LIMIT_EXCEEDED
   */
  take(bytes: Uint8Array): Promise<void>;
  /** One that was taken before a restart. */
  restore(bytes: Uint8Array): void;
};

/** Of one owner; whoever needs more revokes all at once. */
const maxPerOwner = 4_096;
const maxOwners = 65_536;

const revokedReason = reasonOfCode("GRANT_REVOKED") ?? 0;

export function createRevocationBook(chain: GuardianChain, log: Pick<AccessLog, "append">): RevocationBook {
  const grants = new Map<Address, Set<Hex>>();
  /** The highest epoch that was revoked, by owner. */
  const epochs = new Map<Address, number>();
  /** Those that are on the disk, or on their way there. */
  const written = new Map<string, Promise<unknown>>();
  const nameOf = ({ owner, what }: Revocation): string =>
    `${owner} ${"grantHash" in what ? what.grantHash : what.ownerEpoch}`;
  const keep = ({ owner, what }: Revocation): void => {
    if ("ownerEpoch" in what) epochs.set(owner, Math.max(epochs.get(owner) ?? 0, what.ownerEpoch));
    else grants.set(owner, (grants.get(owner) ?? new Set()).add(what.grantHash));
  };
  const book: Pick<RevocationBook, "isRevoked" | "isEpochRevoked"> = {
    isRevoked: (owner, grantHash) => grants.get(owner)?.has(grantHash) ?? false,
    isEpochRevoked: ({ owner, ownerEpoch }) => ownerEpoch <= (epochs.get(owner) ?? -1),
  };
  return {
    ...book,
    restore(bytes) {
      const revocation = decodeRevocation(bytes);
      keep(revocation);
      written.set(nameOf(revocation), Promise.resolve());
    },
    async take(bytes) {
      const revocation = decodeRevocation(bytes);
      const { owner, datasetId, what } = revocation;
      const { newest } = await chain.look();
      const dataset = await chain.view.dataset(datasetId, newest.number);
      // A dataset costs its owner gas: strangers cannot fill the book.
      if (dataset.owner !== owner)
        throw new PersonaError("OWNER_MISMATCH", "Revocations are taken from the dataset's owner only.", {
          data: { datasetId, owner },
        });
      // Last: an owner that is a contract is asked, and nobody else's contract.
      await verifyRevocation(chain.view.deployment, revocation, (digest) =>
        chain.view.signedBy(owner, digest, revocation.signature, newest.number),
      );
      const name = nameOf(revocation);
      const earlier = written.get(name);
      if (earlier !== undefined) return void (await earlier);
      const known = grants.get(owner)?.size ?? 0;
      if (("grantHash" in what && known >= maxPerOwner) || (known === 0 && grants.size + epochs.size >= maxOwners))
        throw new PersonaError("LIMIT_EXCEEDED", "The guardian keeps no more revocations of this owner: revoke all.", {
          data: { owner, maxPerOwner },
        });
      // It counts from here on, also while it is being written.
      keep(revocation);
      const entry = {
        kind: "revocation",
        reason: revokedReason,
        jobId: "grantHash" in what ? what.grantHash : zeroHash,
        attempt: 0,
        input: 0,
        datasetId,
        signer: owner,
        blockNumber: newest.number,
      } as const;
      const writing = log.append(entry, async () => ({ answer: undefined, revocation: bytes }));
      written.set(name, writing);
      writing.catch(() => written.delete(name));
      await writing;
    },
  };
}
