import { fileURLToPath } from "node:url";
import { createHardhatRuntimeEnvironment } from "hardhat/hre";
import {
  type Abi,
  type Account,
  type Address,
  createTestClient,
  custom,
  encodeDeployData,
  getAddress,
  type Hex,
  publicActions,
  type TransactionReceipt,
  walletActions,
} from "viem";
import { readArtifact } from "../../node/src/deploy/artifacts.ts";
import type { ContractName } from "../../node/src/deploy/protocolContracts.ts";
import { devAccount } from "../../node/src/dev/devAccount.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
/** More than any call here needs; below EIP-7825's limit. */
const gas = 16_000_000n;

export type Contract = { readonly address: Address; readonly abi: Abi };

/** A chain in this process, of any time and rules: for what needs a past time, or a chain without a precompile. */
export type MemoryChain = Awaited<ReturnType<typeof startMemoryChain>>;

/**
 * @param options.timestamp Unix seconds of the first block
 * @param options.hardfork prague has no precompile for P-256
 */
export async function startMemoryChain(
  options: { readonly timestamp?: number; readonly hardfork?: "osaka" | "prague"; readonly chainId?: number } = {},
) {
  const { timestamp, hardfork = "osaka", chainId = 31_337 } = options;
  const hre = await createHardhatRuntimeEnvironment({ paths: { artifacts: "./.cache/no-artifacts" } }, {}, root);
  const connection = await hre.network.create({
    network: "default",
    override: {
      chainId,
      hardfork,
      ...(timestamp === undefined ? {} : { initialDate: new Date(timestamp * 1000) }),
    },
  });
  const client = createTestClient({
    mode: "hardhat",
    transport: custom(connection.provider as never, { retryCount: 0 }),
    pollingInterval: 1,
    cacheTime: 0,
  })
    .extend(publicActions)
    .extend(walletActions);
  const account = (index: number): Account => devAccount(index);

  const receiptOf = async (hash: Hex): Promise<TransactionReceipt> => {
    const receipt = await client.waitForTransactionReceipt({ hash });
    if (receipt.status !== "success") throw new Error(`The transaction ${hash} reverted.`);
    return receipt;
  };

  return {
    client,
    account,
    /** @throws what the constructor says */
    async deploy(name: ContractName, args: readonly unknown[]): Promise<Contract> {
      const { abi, bytecode } = await readArtifact(name);
      const data = encodeDeployData({ abi, bytecode, args });
      await client.call({ data, account: account(0).address });
      const hash = await client.sendTransaction({ data, gas, account: account(0), chain: null });
      const { contractAddress } = await receiptOf(hash);
      if (!contractAddress) throw new Error(`${name} was not deployed.`);
      return { address: getAddress(contractAddress), abi };
    },
    /** @throws the contract's own error, before anything is sent */
    async send(
      contract: Contract,
      functionName: string,
      args: readonly unknown[],
      from: Account = account(0),
    ): Promise<TransactionReceipt> {
      await client.simulateContract({ ...contract, functionName, args, account: from });
      const hash = await client.writeContract({ ...contract, functionName, args, account: from, gas, chain: null });
      return receiptOf(hash);
    },
    async read<T>(contract: Contract, functionName: string, args: readonly unknown[] = []): Promise<T> {
      return (await client.readContract({ ...contract, functionName, args })) as T;
    },
    async setTime(seconds: number): Promise<void> {
      await client.setNextBlockTimestamp({ timestamp: BigInt(seconds) });
      await client.mine({ blocks: 1 });
    },
    close: () => connection.close(),
  };
}
