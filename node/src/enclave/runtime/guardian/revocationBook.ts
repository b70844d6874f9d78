import { decodeRevocation, type Revocation, verifyRevocation } from "@persona-protocol/sdk/access";
import { PersonaError, reasonOfCode } from "@persona-protocol/sdk/errors";
import { type Hex, zeroHash } from "viem";
import type { AccessLog } from "./accessLog.ts";
import { type GuardianChain, headsOf } from "./guardianChain.ts";
import { createKeptRevocations, type KeptRevocations } from "./keptRevocations.ts";
import { createRateLimit } from "./rateLimits.ts";

/** Revocations that owners have handed straight to this guardian: they count before any block says so. */
export type RevocationBook = Pick<KeptRevocations, "isRevoked" | "isEpochRevoked"> & {
  /**
   * Takes a message of an owner. When it resolves the revocation, or one that says as much, is on the disk and in the log.
   * @throws PersonaError REQUEST_INVALID, SHARE_UNKNOWN, OWNER_MISMATCH, LIMIT_EXCEEDED, RATE_LIMITED, STORE_FAILED
   */
  take(bytes: Uint8Array): Promise<void>;
};

/** Higher and higher epochs of one owner: each makes a line of the log, and only the last one says anything. */
const epochRate = { burst: 16, perSecond: 1 / 60 };
const revokedReason = reasonOfCode("GRANT_REVOKED") ?? 0;

export function createRevocationBook(parts: {
  readonly chain: GuardianChain;
  readonly log: Pick<AccessLog, "append">;
  /** Whether this guardian keeps shares of a dataset. */
  readonly keeps: (datasetId: Hex) => Promise<boolean>;
  /** A clock that never goes back. */
  readonly nowMs: () => number;
  /** Those of before a restart. */
  readonly kept?: KeptRevocations;
}): RevocationBook {
  const { chain, log, keeps, nowMs, kept = createKeptRevocations() } = parts;
  const epochs = createRateLimit("owner", epochRate, nowMs);
  /** On their way to the disk. */
  const writing = new Map<string, Promise<unknown>>();
  /** They count, but the disk has not said that it has them. */
  const unwritten = new Set<string>();
  const nameOf = ({ owner, what }: Revocation): string =>
    `${owner} ${"grantHash" in what ? what.grantHash : "ownerEpoch"}`;
  return {
    isRevoked: kept.isRevoked,
    isEpochRevoked: kept.isEpochRevoked,
    async take(bytes) {
      const revocation = decodeRevocation(bytes);
      const { owner, datasetId, what } = revocation;
      if (!(await keeps(datasetId)))
        throw new PersonaError("SHARE_UNKNOWN", "The guardian keeps no share of this dataset.", {
          data: { datasetId },
        });
      // By all endpoints: one that is ahead of the others could name any owner, and call anything a contract's signature.
      const heads = headsOf(await chain.look());
      const [newest] = heads;
      const datasets = await Promise.all(heads.map(({ number }) => chain.view.dataset(datasetId, number)));
      // A dataset costs its owner gas: strangers cannot fill the book.
      if (datasets.some((dataset) => dataset.owner !== owner))
        throw new PersonaError("OWNER_MISMATCH", "Revocations are taken from the dataset's owner only.", {
          data: { datasetId, owner },
        });
      // Last: an owner that is a contract is asked, and nobody else's contract.
      await verifyRevocation(chain.view.deployment, revocation, async (digest) => {
        const { signature } = revocation;
        const said = await Promise.all(
          heads.map(({ number }) => chain.view.signedBy(owner, digest, signature, number)),
        );
        return said.every(Boolean);
      });
      const name = nameOf(revocation);
      if (kept.covers(revocation) && !unwritten.has(name)) return void (await writing.get(name));
      if (!kept.covers(revocation)) kept.requireRoom(revocation, bytes.length);
      if ("ownerEpoch" in what) epochs.take(owner);
      // It counts from here on, also while it is being written.
      kept.add(revocation, bytes.length);
      unwritten.delete(name);
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
      const written = log.append(entry, async () => ({ answer: undefined, revocation: bytes }));
      writing.set(name, written);
      try {
        await written;
      } catch (error) {
        unwritten.add(name);
        throw error;
      } finally {
        if (writing.get(name) === written) writing.delete(name);
      }
    },
  };
}
