import type { Abi, Address, ContractFunctionArgs, ContractFunctionName, Hex, TransactionReceipt } from "viem";

type Write = "nonpayable" | "payable";

/** As `callContract` takes it. */
export type TransactionCall<
  abi extends Abi = Abi,
  name extends ContractFunctionName<abi, Write> = ContractFunctionName<abi, Write>,
> = {
  readonly address: Address;
  readonly abi: abi;
  readonly functionName: name;
  readonly args: ContractFunctionArgs<abi, Write, name>;
  /** Bytes behind the call, for readers of the transaction; the contract does not see them. */
  readonly dataSuffix?: Hex;
};

/** The one sender of an account's transactions. */
export type Transactions = {
  /**
   * Sends the call, and resolves when it is in a block. The same key is the same transaction: a repeat, also after a restart, waits
   * for the one that is under way or returns the receipt of the one that is done. Only one that was mined and reverted is tried
   * again by a repeat. It is written before it is sent, its fee is raised while it is not mined, and it is sent again when a
   * reorganisation has taken it out; whoever waits need not be there.
   * @throws PersonaError what the contract says before anything is sent, or in the block; CHAIN_UNREACHABLE; GAS_EMPTY;
   * CANCELLED when the signal comes (the transaction goes on)
   */
  send<const abi extends Abi, name extends ContractFunctionName<abi, Write>>(
    call: TransactionCall<abi, name>,
    options: { readonly key: string; readonly signal?: AbortSignal },
  ): Promise<TransactionReceipt>;
  /** False while the account has less than its floor beyond what transactions under way may cost: finish jobs, begin none. */
  mayClaim(): boolean;
  /** For metrics, as last read. Wei. */
  readonly status: () => TransactionsStatus;
  /** Resolves after the signal, when no step is under way. */
  readonly ended: Promise<void>;
};

type TransactionsStatus = {
  /** Undefined before the first reading. */
  readonly balance: bigint | undefined;
  readonly floor: bigint;
  readonly open: number;
  readonly mined: number;
};
