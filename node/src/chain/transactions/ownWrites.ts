import { randomUUID } from "node:crypto";
import type { ChainClient } from "@persona-protocol/sdk/contracts";
import type { TransactionCall, Transactions } from "./Transactions.ts";

/**
 * The same client, whose contract calls go through the account's one sender: for steps that are looked at on chain before they are
 * done, and so need no key. A call resolves when it is in a block.
 */
export function ownWrites(client: ChainClient, { send }: Pick<Transactions, "send">): ChainClient {
  const writeContract = (async (call: TransactionCall) => {
    const { address, abi, functionName, args, dataSuffix } = call;
    const suffix = dataSuffix === undefined ? {} : { dataSuffix };
    const receipt = await send({ address, abi, functionName, args, ...suffix }, { key: `once:${randomUUID()}` });
    return receipt.transactionHash;
  }) as unknown as ChainClient["writeContract"];
  return { ...client, writeContract };
}
