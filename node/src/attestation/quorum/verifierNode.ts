import {
  judgeEvidence,
  type QuorumDomain,
  type QuorumPolicy,
  quorumTypedData,
  type SignedEvidenceResult,
} from "@persona-protocol/sdk/attestation";
import { PersonaError } from "@persona-protocol/sdk/errors";
import type { LocalAccount } from "viem";
import type { QuorumQuestion } from "./quorumMessages.ts";

/** Between the asker's clock and ours; the contract allows as much. */
const maxSkewSeconds = 60;

export type VerifierNode = {
  /** @throws PersonaError EVIDENCE_REFUSED, REQUEST_INVALID */
  judge(question: QuorumQuestion): Promise<SignedEvidenceResult>;
};

/**
 * One member of a quorum: verifies evidence by itself, and signs what it found for one QuorumVerifier on one chain. It holds no
 * state and believes nobody: k such nodes in different hands stand where a contract cannot check P-384.
 *
 * @throws PersonaError CONFIG_INVALID for a development root on a chain that others use
 */
export function createVerifierNode({
  account,
  domain,
  policy = {},
  now = () => Math.floor(Date.now() / 1_000),
}: {
  readonly account: Pick<LocalAccount, "signTypedData">;
  readonly domain: QuorumDomain;
  readonly policy?: QuorumPolicy;
  /** Unix seconds. */
  readonly now?: () => number;
}): VerifierNode {
  requireMakersRoots(domain.chainId, policy);
  return {
    async judge({ asked, verifiedAt }) {
      if (Math.abs(verifiedAt - now()) > maxSkewSeconds) {
        throw new PersonaError("REQUEST_INVALID", "The time to sign for is not now: one of the two clocks is wrong.", {
          data: { verifiedAt, now: now() },
        });
      }
      const result = await judgeEvidence(asked, verifiedAt, policy);
      return { result, signature: await account.signTypedData(quorumTypedData.evidenceResult(domain, result)) };
    },
  };
}

/** Anyone has a development root's key. */
function requireMakersRoots(chainId: number, { nitroRoot, snpRoot }: QuorumPolicy): void {
  if (chainId === 31_337 || chainId === 1_337) return;
  if (nitroRoot === undefined && snpRoot === undefined) return;
  throw new PersonaError("CONFIG_INVALID", "Other roots than the makers' are for development chains only.", {
    data: { chainId },
  });
}
