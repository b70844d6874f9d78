import type {
  Abi,
  Account,
  Address,
  Chain,
  ContractFunctionArgs,
  ContractFunctionName,
  Hex,
  PublicActions,
  TransactionReceipt,
  Transport,
  WalletClient,
} from "viem";
import { PersonaError } from "../errors/index.ts";
import { explainChainError } from "./revert.ts";

/** A viem client that reads, signs and sends: `createWalletClient({ account, … }).extend(publicActions)`. */
export type ChainClient = WalletClient<Transport, Chain, Account> & PublicActions<Transport, Chain, Account>;

/** What of it a dApp needs that asks, submits and reads: `createDappClient` makes one that has no more. */
export type CoreClient = Pick<
  ChainClient,
  | "account"
  | "chain"
  | "getBlock"
  | "getCapabilities"
  | "getContractEvents"
  | "getTransaction"
  | "getTransactionReceipt"
  | "readContract"
  | "sendCalls"
  | "signTypedData"
  | "simulateContract"
  | "waitForCallsStatus"
  | "waitForTransactionReceipt"
  | "writeContract"
>;

/**
 * Sends one call to a contract and waits until it is in a block.
 * @throws PersonaError with the code that the contract's custom error means, TRANSACTION_REVERTED or CHAIN_UNREACHABLE
 */
export async function callContract<
  const abi extends Abi,
  name extends ContractFunctionName<abi, "nonpayable" | "payable">,
>(
  client: ChainClient,
  call: {
    readonly address: Address;
    readonly abi: abi;
    readonly functionName: name;
    readonly args: ContractFunctionArgs<abi, "nonpayable" | "payable", name>;
    /** Bytes behind the call, for readers of the transaction; the contract does not see them. */
    readonly dataSuffix?: Hex;
  },
): Promise<TransactionReceipt> {
  try {
    const { chain, account } = client;
    const hash = await client.writeContract({ ...call, chain, account } as Parameters<typeof client.writeContract>[0]);
    const receipt = await client.waitForTransactionReceipt({ hash, timeout: 60_000 });
    if (receipt.status === "success") return receipt;
  } catch (error) {
    throw await explainChainError(error, call.functionName);
  }
  throw new PersonaError("TRANSACTION_REVERTED", `The transaction ${call.functionName} was mined and reverted.`);
}
