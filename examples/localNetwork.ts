/**
 * What `persona dev --dir DIR` has written, for the examples: contract addresses and the block store of PERSONA_NETWORK=DIR, the
 * chain at PERSONA_RPC, and one of the accounts that every local chain funds. Its key is public: for chains on this machine only.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Deployment } from "@persona-protocol/sdk";
import { devTokenAbi } from "@persona-protocol/sdk/contracts";
import { type Address, createWalletClient, defineChain, http, parseEther, publicActions } from "viem";
import { mnemonicToAccount } from "viem/accounts";
import { createLocalIpfs } from "../node/src/storage/index.ts";

export const exampleAccount = mnemonicToAccount("test test test test test test test test test test test junk", {
  addressIndex: 5,
});

export async function localNetwork() {
  const { PERSONA_NETWORK: dir, PERSONA_RPC: rpcUrl = "http://127.0.0.1:8545" } = process.env;
  if (dir === undefined) throw new Error("Set PERSONA_NETWORK to the folder given to `persona dev --dir`.");
  const file = JSON.parse(await readFile(join(dir, "deployment.json"), "utf8")) as Deployment & { token: Address };
  const deployment: Deployment = { ...file, fromBlock: BigInt(file.fromBlock) };
  const chain = defineChain({
    id: deployment.chainId,
    name: "persona dev",
    nativeCurrency: { name: "Ether", symbol: "ETH", decimals: 18 },
    rpcUrls: { default: { http: [rpcUrl] } },
  });
  const client = createWalletClient({ account: exampleAccount, chain, transport: http() }).extend(publicActions);
  const mint = { address: file.token, abi: devTokenAbi, functionName: "mint" } as const;
  const hash = await client.writeContract({ ...mint, args: [exampleAccount.address, parseEther("10")] });
  await client.waitForTransactionReceipt({ hash, pollingInterval: 50 });
  const grant = await readFile(process.env["PERSONA_GRANT"] ?? join(dir, "posts.grant"));
  return {
    account: exampleAccount,
    chain,
    deployment,
    store: await createLocalIpfs({ path: join(dir, "ipfs") }),
    grant,
  };
}
