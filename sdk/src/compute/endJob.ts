import type { Address, Hex } from "viem";
import {
  type ChainClient,
  type ContractCall,
  type Deployment,
  type JobParams,
  jobMarketAbi,
  sendCall,
  waitForCall,
} from "../contracts/index.ts";
import { cancelJobCall, timeOutJobCall, withdrawCall } from "./endCalls.ts";

type Context = { readonly client: ChainClient; readonly deployment: Deployment };
type Sent = { readonly gasUsed: bigint };
type Job = { readonly jobId: Hex; readonly params: JobParams };

/**
 * Takes back a job that nobody has claimed in its claim window: all fees return, and prices and uses unless a claim before has
 * failed after keys may have been released.
 * @throws PersonaError TRANSACTION_REVERTED while the window is open, or when the job is claimed or ended
 */
export function cancelJob({ client, deployment }: Context, { jobId, params }: Job): Promise<Sent> {
  return sent(client, cancelJobCall(deployment, { jobId, params }));
}

/**
 * Ends a claim after its deadline. Where the job can still be claimed it is opened again, for another node; else the fee
 * returns to the requester, and prices go to the owners (keys may have been released). Anyone may call it.
 * @throws PersonaError TRANSACTION_REVERTED before the deadline, JOB_NOT_CLAIMED
 */
export function timeOutJob({ client, deployment }: Context, { jobId, params }: Job): Promise<Sent> {
  return sent(client, timeOutJobCall(deployment, { jobId, params }));
}

/** What the market holds for an account: fees, prices and refunds wait to be withdrawn. In the token's smallest unit. */
export function balanceOf(
  { client, deployment }: { readonly client: Pick<ChainClient, "readContract">; readonly deployment: Deployment },
  token: Address,
  account: Address,
): Promise<bigint> {
  return client.readContract({
    address: deployment.jobMarket,
    abi: jobMarketAbi,
    functionName: "balanceOf",
    args: [token, account],
  });
}

/** Sends the caller all that the market holds for it in this token. @throws PersonaError TRANSACTION_REVERTED when that is nothing */
export function withdraw({ client, deployment }: Context, token: Address): Promise<Sent> {
  return sent(client, withdrawCall(deployment, token));
}

const sent = async (client: ChainClient, call: ContractCall): Promise<Sent> =>
  waitForCall(client, { hash: await sendCall(client, call), functionName: call.functionName });
