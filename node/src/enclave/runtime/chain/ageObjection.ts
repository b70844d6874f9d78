import type { BundleInput } from "@persona-protocol/sdk/compute";
import type { ChainView, InputSpec } from "@persona-protocol/sdk/contracts";
import type { ErrorCode } from "@persona-protocol/sdk/errors";

/**
 * A grant with a maximum age: how long before the job was posted was its version published, in block time? The job says where, and the
 * block's receipts whether that is so; without a place, or with a wrong one, a version counts as too old.
 * @param raceBlock in which the job was posted, or last reopened
 * @throws PersonaError CHAIN_PROOF_INVALID, CHAIN_UNREACHABLE, CHAIN_DISAGREES
 */
export async function ageObjection(
  chain: Pick<ChainView, "block" | "publishedAt">,
  { datasetId, version }: InputSpec,
  { scope, published }: Pick<BundleInput, "scope" | "published">,
  raceBlock: bigint,
): Promise<ErrorCode | undefined> {
  if (scope.maxAge === 0n) return undefined;
  if (published === undefined || chain.publishedAt === undefined) return "DATA_TOO_OLD";
  const [block, index] = published;
  if (BigInt(block) > raceBlock) return "DATA_TOO_OLD";
  const place = { blockNumber: BigInt(block), index };
  const [posted, publishedAt] = await Promise.all([
    chain.block(raceBlock),
    chain.publishedAt({ datasetId, version }, place),
  ]);
  if (publishedAt === undefined) return "DATA_TOO_OLD";
  const age = posted.timestamp - publishedAt;
  return age >= 0n && age <= scope.maxAge ? undefined : "DATA_TOO_OLD";
}
