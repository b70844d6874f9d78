import type { Hex, TransactionReceipt } from "viem";
import {
  type ContractCall,
  type CoreClient,
  type SentCalls,
  sendCall,
  sendCalls,
  simulateCall,
  waitForCall,
} from "../contracts/index.ts";
import { PersonaError } from "../errors/index.ts";
import type { ActionContext } from "./context.ts";

/** The calls of one write, in order, and what it is about. The last call is the write itself; those before allow it. */
export type Planned<value extends object> = { readonly calls: readonly ContractCall[]; readonly value: value };

export type Sent = { readonly hash: Hex };
export type Mined = Sent & {
  readonly gasUsed: bigint;
  readonly receipt: Pick<TransactionReceipt, "logs" | "blockNumber">;
};

/** What is made of one plan: four actions that differ in how far they go. */
export function writes<parameters extends readonly unknown[], value extends object>(
  context: ActionContext<CoreClient>,
  plan: (...parameters: parameters) => Promise<Planned<value>>,
) {
  return {
    /** Sends, and does not wait for the block of the last call. */
    async send(...parameters: parameters): Promise<value & Sent> {
      const { calls, value } = await plan(...parameters);
      return { ...value, hash: await sendAll(context, calls) };
    },
    async andWait(...parameters: parameters): Promise<value & Mined> {
      const { calls, value } = await plan(...parameters);
      const { hash, call } = { hash: await sendAll(context, calls), call: lastOf(calls) };
      const receipt = await waitForCall(context.client, { hash, functionName: call.functionName });
      return { ...value, hash, gasUsed: receipt.gasUsed, receipt };
    },
    /** Sends nothing: `calls` are for a batch, a relayer or a wallet of several signers. */
    async build(...parameters: parameters): Promise<value & { readonly calls: readonly ContractCall[] }> {
      const { calls, value } = await plan(...parameters);
      return { ...value, calls };
    },
    /** Sends nothing: throws what the contract would refuse. */
    async simulate(...parameters: parameters): Promise<value> {
      const { calls, value } = await plan(...parameters);
      // A call behind another one may need what that one changes; it cannot be judged yet.
      for (const call of calls.slice(0, 1)) await simulateCall(context.client, call);
      return value;
    },
  };
}

async function sendAll({ client }: ActionContext<CoreClient>, calls: readonly ContractCall[]): Promise<Hex> {
  const last = lastOf(calls);
  const before = calls.slice(0, -1);
  if (before.length === 0) return sendCall(client, last);
  const { receipts }: SentCalls = await sendCalls(client, calls);
  const hash = receipts.at(-1)?.transactionHash;
  if (hash === undefined) throw new PersonaError("INTERNAL", "The wallet did not say where its batch is.");
  return hash;
}

function lastOf(calls: readonly ContractCall[]): ContractCall {
  const last = calls.at(-1);
  if (last === undefined) throw new PersonaError("INTERNAL", "There is nothing to send.");
  return last;
}
