/** The steps of the story that are told more than once: a grant of posts, and a job under it. */
import { type Dataset, type GrantPackage, grant } from "@persona-protocol/sdk/access";
import { grantedProgramOf, readResult, submitJob } from "@persona-protocol/sdk/compute";
import type { ChainClient } from "@persona-protocol/sdk/contracts";
import type { Network } from "../../node/src/dev/startNetwork.ts";
import { engagementProgram, type Score, threshold } from "./engagementProgram.ts";

export type DemoContext = {
  readonly network: Network;
  readonly owner: ChainClient;
  readonly dapp: ChainClient;
  readonly dataset: Dataset;
  readonly signal: AbortSignal;
};

const price = 5n * 10n ** 18n;
const fee = 10n ** 18n;
const day = 86_400;

/** A grant of `posts` for the engagement program. */
export async function grantPosts(
  { network, owner, dapp, dataset }: DemoContext,
  options: { readonly uses: number; readonly mayNameNode?: boolean; readonly maxOutputBytes?: bigint },
): Promise<GrantPackage & { readonly gasUsed: bigint }> {
  const { uses, mayNameNode = false, maxOutputBytes = 64_000n } = options;
  const { timestamp } = await owner.getBlock();
  return grant(
    { client: owner, deployment: network.deployment },
    {
      dataset,
      grantee: dapp.account.address,
      segments: ["posts"],
      program: grantedProgramOf(engagementProgram),
      uses,
      expiresAt: Number(timestamp) + 30 * day,
      price,
      token: network.token,
      maxOutputBytes,
      nodePolicy: { verifierKinds: 1, vendors: 1, minStake: 0n, requesterMayNameNode: mayNameNode },
    },
  );
}

export const request = (granted: GrantPackage) => ({
  program: engagementProgram,
  grants: [granted],
  args: { threshold },
  fee,
});

/** One job through the open market, to a decrypted and verified result. */
export async function runJob({ network, dapp, signal }: DemoContext, granted: GrantPackage) {
  const { deployment, store } = network;
  const job = await submitJob({ client: dapp, deployment, store }, request(granted));
  // readResult throws unless the receipt stands: recorded by the market, signed by an attested worker, over this ciphertext.
  const { rows, receipt, gasUsed } = await readResult({ client: dapp, deployment }, job, {
    signal: AbortSignal.any([signal, AbortSignal.timeout(60_000)]),
    pollMs: 20,
  });
  return {
    jobId: job.jobId,
    score: rows[0] as unknown as Score,
    verified: receipt.jobId === job.jobId,
    submitGas: job.gasUsed,
    settleGas: gasUsed,
  };
}
