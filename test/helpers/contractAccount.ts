import { readFile } from "node:fs/promises";
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
} from "viem";

type Artifact = { readonly abi: Abi; readonly bytecode: Hex };

/** A contract of test/contracts/helpers/SmartWallet.sol, deployed by `client`. */
export async function deployAccount(
  client: ChainClient,
  name: "SmartWallet" | "GasBurner" | "ReturnBomb" | "ShortAnswer",
  args: readonly unknown[] = [],
): Promise<{ readonly address: Address; readonly abi: Abi }> {
  const path = `../../artifacts/test/contracts/helpers/SmartWallet.sol/${name}.json`;
  const { abi, bytecode } = JSON.parse(await readFile(new URL(path, import.meta.url), "utf8")) as Artifact;
  const hash = await client.deployContract({ abi, bytecode, args, chain: client.chain, account: client.account });
  const { contractAddress } = await client.waitForTransactionReceipt({ hash });
  if (contractAddress === null || contractAddress === undefined) throw new Error(`${name} was not deployed`);
  return { address: contractAddress, abi };
}

/**
 * A client as a page gets it from a wallet that is a contract: its address is the contract's, what it sends comes from there, and
 * what it signs is a signature of ERC-1271. `payer` sends and `key` signs.
 */
export async function contractClient(payer: ChainClient, key: PrivateKeyAccount): Promise<ChainClient> {
  const wallet = await deployAccount(payer, "SmartWallet", [key.address]);
  const transport = custom({
    async request({ method, params }: { method: string; params: unknown[] }) {
      if (method === "eth_sendTransaction") {
        const [{ to, data = "0x" }] = params as [{ to: Address; data?: Hex }];
        const { transactionHash } = await callContract(payer, { ...wallet, functionName: "run", args: [to, data] });
        return transactionHash;
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
