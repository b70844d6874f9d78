import { erc20Abi } from "viem";
import {
  type ChainClient,
  type ContractCall,
  contractCall,
  type Deployment,
  type JobParams,
  jobMarketCoreAbi,
} from "../contracts/index.ts";
import { PersonaError } from "../errors/index.ts";
import type { BuiltJob } from "./buildJob.ts";

type Context = { readonly client: Pick<ChainClient, "account" | "readContract">; readonly deployment: Deployment };

/** What leaves the requester's account: fee, prices and protocol fee, in the token's smallest unit. */
export const costOf = ({ order }: Pick<JobParams, "order">): bigint =>
  order.inputs.reduce((sum, { price }) => sum + price, order.fee + order.protocolFee);

/** The submission of a job whose bundle and program are stored. The market must be allowed to take what it costs. */
export function submitCall({ jobMarket: address }: Pick<Deployment, "jobMarket">, job: BuiltJob): ContractCall {
  const { order, offer } = job.params;
  const { specHash, bundleDigest, token, fee, maxOutputBytes } = order;
  const request = { salt: job.salt, specHash, bundleDigest, token, fee, maxOutputBytes, offer };
  const terms = job.grants.map((grant) => grant.terms);
  const signatures = job.grants.map(({ signature }) => signature ?? "0x");
  const market = { address, abi: jobMarketCoreAbi };
  return signatures.some((signature) => signature !== "0x")
    ? contractCall({ ...market, functionName: "submitJobWithSignatures", args: [request, terms, signatures] })
    : contractCall({ ...market, functionName: "submitJob", args: [request, terms] });
}

/**
 * Lets the market take what the job costs; undefined where it may already.
 * @throws PersonaError TOKENS_INSUFFICIENT: approved and submitted, it would only cost gas
 */
export async function approveCall(
  { client, deployment }: Context,
  { params }: Pick<BuiltJob, "params">,
): Promise<ContractCall | undefined> {
  const account = client.account.address;
  const { token: address } = params.order;
  const token = { address, abi: erc20Abi } as const;
  const needed = costOf(params);
  const [balance, allowed] = await Promise.all([
    client.readContract({ ...token, functionName: "balanceOf", args: [account] }),
    client.readContract({ ...token, functionName: "allowance", args: [account, deployment.jobMarket] }),
  ]);
  if (balance < needed)
    throw new PersonaError("TOKENS_INSUFFICIENT", "The account cannot pay the job.", {
      data: { account, token: address, balance, needed },
    });
  if (allowed >= needed) return undefined;
  return contractCall({ ...token, functionName: "approve", args: [deployment.jobMarket, needed] });
}

/**
 * The fee that is left for the node when `maxFee` is all that may leave the account: owners' prices and the market's share come
 * first.
 * @throws PersonaError REQUEST_INVALID when it does not even pay these
 */
export async function feeWithin(
  { client, deployment }: Context,
  { maxFee, prices, token }: { readonly maxFee: bigint; readonly prices: bigint; readonly token: `0x${string}` },
): Promise<bigint> {
  const { protocolFeeBps } = await client.readContract({
    address: deployment.jobMarket,
    abi: jobMarketCoreAbi,
    functionName: "tokenOf",
    args: [token],
  });
  const paid = (maxFee * 10_000n) / (10_000n + BigInt(protocolFeeBps));
  if (paid >= prices) return paid - prices;
  throw new PersonaError("REQUEST_INVALID", "maxFee does not pay the owners' prices and the protocol fee.", {
    data: { maxFee, prices, protocolFeeBps },
  });
}
