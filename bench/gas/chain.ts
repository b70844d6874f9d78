import {
  type Abi,
  type Account,
  type Address,
  type Chain,
  createTestClient,
  encodeDeployData,
  encodeFunctionData,
  getAddress,
  type Hex,
  http,
  type PublicActions,
  publicActions,
  type TestClient,
  type Transport,
  type WalletActions,
  walletActions,
} from "viem";
import { mnemonicToAccount } from "viem/accounts";
import type { MinedChainKind } from "../../node/src/dev/chainProcess.ts";
import { type GasParts, type GasTrace, gasByOpcode } from "./traceGas.ts";

export type Contract = { readonly address: Address; readonly abi: Abi };

type Client = TestClient<MinedChainKind, Transport, Chain | undefined> & PublicActions & WalletActions;

/** A chain under measurement. Every call says what its receipt was charged: 21,000 and calldata included. */
export type GasChain = {
  readonly client: Client;
  account(index: number): Account;
  deploy(
    code: { readonly abi: Abi; readonly bytecode: Hex },
    args: readonly unknown[],
    from: Account,
  ): Promise<Contract>;
  /** @returns gas used, from the receipt @throws where the transaction reverted */
  send(contract: Contract, functionName: string, args: readonly unknown[], from: Account): Promise<number>;
  read<T>(contract: Contract, functionName: string, args?: readonly unknown[]): Promise<T>;
  mine(blocks: number): Promise<void>;
  /** Where the gas of the newest call of this function went, by opcode. On Hardhat's chain only. */
  explain(functionName: string): Promise<GasParts>;
};

/** The well-known mnemonic of local chains, on both of which these accounts are funded or can be. */
const mnemonic = "test test test test test test test test test test test junk";

/** @param where URL, or how to reach a chain in this process */
export function connectGasChain(where: string | Transport, kind: MinedChainKind): GasChain {
  const transport = typeof where === "string" ? http(where) : where;
  const client: Client = createTestClient({ mode: kind, transport, pollingInterval: 10 })
    .extend(publicActions)
    .extend(walletActions);
  const chain = null;
  const newest = new Map<string, { readonly hash: Hex; readonly data: Hex }>();

  const receiptOf = async (hash: Hex, what: string) => {
    const receipt = await client.waitForTransactionReceipt({ hash });
    if (receipt.status !== "success") throw new Error(`${what} reverted.`);
    return receipt;
  };
  const transact = async (from: Account, request: { readonly to?: Address; readonly data: Hex }, what: string) => {
    // The limit is given: an estimate would be what is measured, and is another request.
    const hash = await client.sendTransaction({ ...request, account: from, chain, gas: 16_000_000n });
    return receiptOf(hash, what);
  };

  return {
    client,
    account: (addressIndex) => mnemonicToAccount(mnemonic, { addressIndex }),
    async deploy({ abi, bytecode }, args, from) {
      const { contractAddress } = await transact(
        from,
        { data: encodeDeployData({ abi, bytecode, args }) },
        "A deployment",
      );
      if (!contractAddress) throw new Error("A deployment left no contract.");
      return { address: getAddress(contractAddress), abi };
    },
    async send({ address, abi }, functionName, args, from) {
      await client.simulateContract({ address, abi, functionName, args, account: from }); // Says why it would revert.
      const data = encodeFunctionData({ abi, functionName, args });
      const { gasUsed, transactionHash } = await transact(from, { to: address, data }, functionName);
      newest.set(functionName, { hash: transactionHash, data });
      return Number(gasUsed);
    },
    read: async <T>({ address, abi }: Contract, functionName: string, args: readonly unknown[] = []) =>
      (await client.readContract({ address, abi, functionName, args })) as T,
    mine: (blocks) => client.mine({ blocks }),
    async explain(functionName) {
      const call = newest.get(functionName);
      if (!call) throw new Error(`${functionName} was not called.`);
      const options = { disableStorage: true, disableMemory: true, disableStack: true };
      const request = { method: "debug_traceTransaction", params: [call.hash, options] };
      return gasByOpcode((await client.request(request as never)) as GasTrace, call.data);
    },
  };
}
