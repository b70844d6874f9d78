import { createWalletClient, defineChain, http, parseEther, publicActions } from "viem";
import { z } from "zod";
import { devAccount } from "./devAccount.ts";

const accounts = 10;

/** geth's development chain gives all its ether to one account, which it signs for: as others do, ten get some of it here. */
export async function fundDevAccounts(url: string, chainId: number): Promise<void> {
  const chain = defineChain({
    id: chainId,
    name: "geth --dev",
    nativeCurrency: { name: "Ether", symbol: "ETH", decimals: 18 },
    rpcUrls: { default: { http: [url] } },
  });
  const client = createWalletClient({ chain, transport: http(url), pollingInterval: 20 }).extend(publicActions);
  const [rich] = z.array(z.templateLiteral(["0x", z.string()])).parse(await client.request({ method: "eth_accounts" }));
  if (rich === undefined) return;
  for (let addressIndex = 0; addressIndex < accounts; addressIndex++) {
    const { address: to } = devAccount(addressIndex);
    const hash = await client.sendTransaction({ account: rich, to, value: parseEther("10000") });
    await client.waitForTransactionReceipt({ hash });
  }
}
