import { readFileSync } from "node:fs";
import { type ChainClient, callContract } from "@persona-protocol/sdk/contracts";
import {
  type Abi,
  type Account,
  type Address,
  createWalletClient,
  custom,
  type Hex,
  type PrivateKeyAccount,
  publicActions,
  type TransactionReceipt,
  toHex,
} from "viem";
import { unoptimized } from "../../hardhat.config.ts";
import { compileSolidity, mustCompile, type SolidityOutput } from "../../scripts/solidity/compileSolidity.ts";

type Artifact = { readonly abi: Abi; readonly bytecode: Hex };

const root = new URL("../../", import.meta.url);
const sources = {
  SmartWallet: "test/contracts/helpers/SmartWallet.sol",
  GasBurner: "test/contracts/helpers/SmartWallet.sol",
  ReturnBomb: "test/contracts/helpers/SmartWallet.sol",
  ShortAnswer: "test/contracts/helpers/SmartWallet.sol",
  DelegateAccount: "test/contracts/helpers/Accounts.sol",
} as const;
const compiled = new Map<string, SolidityOutput>();

/** Compiled here: the builds of the Solidity tests are not this suite's. */
function artifactOf(name: keyof typeof sources): Artifact {
  const source = sources[name];
  const output =
    compiled.get(source) ??
    mustCompile(
      compileSolidity({
        sources: new Map([[source, readFileSync(new URL(source, root), "utf8")]]),
        settings: unoptimized.settings,
        select: { [source]: { "*": ["abi", "evm.bytecode.object"] } },
        onMissing: (path) => readFileSync(new URL(`node_modules/${path}`, root), "utf8"),
      }),
    );
  compiled.set(source, output);
  const { abi, evm } = output.contracts?.[source]?.[name] ?? {};
  if (abi === undefined || evm?.bytecode === undefined) throw new Error(`there is no contract ${name} in ${source}`);
  return { abi, bytecode: `0x${evm.bytecode.object}` };
}

/** A contract of test/contracts/helpers, deployed by `client`. */
export async function deployAccount(
  client: ChainClient,
  name: keyof typeof sources,
  args: readonly unknown[] = [],
): Promise<{ readonly address: Address; readonly abi: Abi }> {
  const { abi, bytecode } = artifactOf(name);
  const hash = await client.deployContract({ abi, bytecode, args, chain: client.chain, account: client.account });
  const { contractAddress } = await client.waitForTransactionReceipt({ hash });
  if (contractAddress === null || contractAddress === undefined) throw new Error(`${name} was not deployed`);
  return { address: contractAddress, abi };
}

const batchReceipt = ({ transactionHash, blockHash, blockNumber, gasUsed, logs }: TransactionReceipt) => ({
  ...{ transactionHash, blockHash, blockNumber: toHex(blockNumber), gasUsed: toHex(gasUsed), status: "0x1" },
  logs: logs.map(({ address, data, topics }) => ({ address, data, topics })),
});

/**
 * A client as a page gets it from a wallet that is a contract: its address is the contract's, what it sends comes from there, and
 * what it signs is a signature of ERC-1271. `payer` sends and `key` signs.
 */
export async function contractClient(
  payer: ChainClient,
  key: PrivateKeyAccount,
  {
    batches = [],
  }: { /** Takes batches (EIP-5792), too, and notes each. */ readonly batches?: unknown[] | undefined } = {},
): Promise<ChainClient> {
  const wallet = await deployAccount(payer, "SmartWallet", [key.address]);
  const transport = custom({
    async request({ method, params }: { method: string; params: unknown[] }) {
      if (method === "eth_sendTransaction") {
        const [{ to, data = "0x" }] = params as [{ to: Address; data?: Hex }];
        const { transactionHash } = await callContract(payer, { ...wallet, functionName: "run", args: [to, data] });
        return transactionHash;
      }
      if (method === "wallet_getCapabilities") return { [toHex(payer.chain.id)]: { atomic: { status: "supported" } } };
      if (method === "wallet_sendCalls") {
        const [batch] = params as [{ calls: readonly { to: Address; data?: Hex }[] }];
        const receipts = [];
        for (const { to, data = "0x" } of batch.calls)
          receipts.push(await callContract(payer, { ...wallet, functionName: "run", args: [to, data] }));
        const id = toHex(batches.push(receipts.map(batchReceipt)), { size: 32 });
        return { id };
      }
      if (method === "wallet_getCallsStatus") {
        const receipts = batches[Number(params[0]) - 1];
        return { version: "2.0.0", chainId: toHex(payer.chain.id), id: params[0], status: 200, atomic: true, receipts };
      }
      if (method === "eth_signTypedData_v4") {
        const [, text] = params as [Address, string];
        return key.signTypedData(JSON.parse(text) as Parameters<PrivateKeyAccount["signTypedData"]>[0]);
      }
      return payer.request({ method, params } as Parameters<ChainClient["request"]>[0]);
    },
  });
  const account: Account = { address: wallet.address, type: "json-rpc" };
  const { chain } = payer;
  return createWalletClient({ account, chain, transport, pollingInterval: 20, cacheTime: 0 }).extend(publicActions);
}
