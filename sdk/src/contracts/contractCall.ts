import { type Abi, type Address, encodeFunctionData, type Hex, type TransactionReceipt } from "viem";
import { PersonaError } from "../errors/index.ts";
import type { CoreClient } from "./callContract.ts";
import { explainChainError } from "./revert.ts";

/**
 * One call to a contract, built and not sent: for `sendTransaction`, for a batch (EIP-5792 `sendCalls`), a relayer, or a wallet of
 * several signers. `abi`, `functionName` and `args` say the same as `data`, for who shows or simulates it.
 */
export type ContractCall = {
  readonly to: Address;
  readonly data: Hex;
  readonly abi: Abi;
  readonly functionName: string;
  readonly args: readonly unknown[];
};

export function contractCall(call: Omit<ContractCall, "to" | "data"> & { readonly address: Address }): ContractCall {
  const { address, abi, functionName, args } = call;
  return { to: address, data: encodeFunctionData({ abi, functionName, args: [...args] }), abi, functionName, args };
}

const receiptTimeoutMs = 60_000;

/** Sends one call, and does not wait for its block. @throws PersonaError with what the contract's error means */
export async function sendCall(client: CoreClient, call: ContractCall): Promise<Hex> {
  const { to: address, abi, functionName, args } = call;
  try {
    return await client.writeContract({
      address,
      abi,
      functionName,
      args,
      chain: client.chain,
      account: client.account,
    });
  } catch (error) {
    throw await explainChainError(error, functionName);
  }
}

/** Waits until a transaction is in a block. @throws PersonaError TRANSACTION_REVERTED, CHAIN_UNREACHABLE */
export async function waitForCall(
  client: Pick<CoreClient, "waitForTransactionReceipt">,
  { hash, functionName }: { readonly hash: Hex; readonly functionName: string },
): Promise<TransactionReceipt> {
  try {
    const receipt = await client.waitForTransactionReceipt({ hash, timeout: receiptTimeoutMs });
    if (receipt.status === "success") return receipt;
  } catch (error) {
    throw await explainChainError(error, functionName);
  }
  throw new PersonaError("TRANSACTION_REVERTED", `The transaction ${functionName} was mined and reverted.`, {
    data: { hash },
  });
}

/**
 * What the chain would answer now, with nothing sent. Calls of one batch are each tried on the present state: only the first says
 * for certain what it says.
 * @throws PersonaError with the decoded reason
 */
export async function simulateCall(client: CoreClient, call: ContractCall): Promise<void> {
  const { to: address, abi, functionName, args } = call;
  try {
    await client.simulateContract({ address, abi, functionName, args, account: client.account });
  } catch (error) {
    throw await explainChainError(error, functionName);
  }
}

export type SentCalls = {
  /** `batch`: the wallet took them as one (EIP-5792). `single`: one transaction after the other, each waited for. */
  readonly how: "batch" | "single";
  readonly receipts: readonly { readonly transactionHash: Hex; readonly gasUsed: bigint }[];
};

/**
 * Sends calls in their order: as one atomic batch where the wallet can (EIP-5792), else one after the other. A wallet that says it
 * can and then fails is believed: nothing is sent twice.
 * @throws PersonaError with what the failing call's error means
 */
export async function sendCalls(client: CoreClient, calls: readonly ContractCall[]): Promise<SentCalls> {
  if (calls.length > 1 && (await takesBatches(client))) {
    const what = calls.map(({ functionName }) => functionName).join(", ");
    try {
      const { account, chain } = client;
      const plain = calls.map(({ to, data }) => ({ to, data }));
      const { id } = await client.sendCalls({ account, chain, calls: plain, forceAtomic: true });
      const { status, receipts = [] } = await client.waitForCallsStatus({ id, timeout: receiptTimeoutMs });
      if (status !== "success") throw new PersonaError("TRANSACTION_REVERTED", `The batch ${what} was not executed.`);
      return { how: "batch", receipts };
    } catch (error) {
      throw await explainChainError(error, what);
    }
  }
  const receipts: TransactionReceipt[] = [];
  for (const call of calls) {
    const hash = await sendCall(client, call);
    receipts.push(await waitForCall(client, { hash, functionName: call.functionName }));
  }
  return { how: "single", receipts };
}

/** An account whose key is here signs transactions itself: no wallet is behind it that could be asked. */
async function takesBatches(client: CoreClient): Promise<boolean> {
  if (client.account.type === "local") return false;
  try {
    const { atomic } = await client.getCapabilities({ account: client.account, chainId: client.chain.id });
    return atomic?.status === "supported" || atomic?.status === "ready";
  } catch {
    // Wallets from before EIP-5792 say so in many ways; none of them has sent anything.
    return false;
  }
}
