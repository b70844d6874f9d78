import { createWalletClient, type Hex, http, type SignTypedDataParameters, toHex } from "viem";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { faucet, type Network } from "./network.ts";

const place = "persona-test-wallet";

/**
 * A wallet for people without one, on a local network only: its key lies in this page's storage. It announces itself as any
 * wallet does (EIP-6963), asks before it signs or sends, and fills itself from the network's faucet.
 */
export function announceTestWallet({ chain, rpcUrl }: Network): void {
  const key = (localStorage.getItem(place) ?? generatePrivateKey()) as Hex;
  localStorage.setItem(place, key);
  const account = privateKeyToAccount(key);
  const client = createWalletClient({ account, chain, transport: http(rpcUrl) });
  let isFunded = false;

  async function request({ method, params = [] }: { method: string; params?: readonly unknown[] }): Promise<unknown> {
    switch (method) {
      case "eth_requestAccounts":
        if (!isFunded) await faucet(account.address);
        isFunded = true;
        return [account.address];
      case "eth_accounts":
        return isFunded ? [account.address] : [];
      case "eth_chainId":
        return toHex(chain.id);
      case "wallet_switchEthereumChain":
        return null;
      case "wallet_getCapabilities":
        return {};
      case "eth_signTypedData_v4": {
        const data = JSON.parse(params[1] as string) as SignTypedDataParameters & { readonly primaryType: string };
        ask(`Sign "${data.primaryType}"?`);
        return account.signTypedData(data as Parameters<typeof account.signTypedData>[0]);
      }
      case "eth_sendTransaction": {
        const [{ to, data }] = params as [{ to: Hex; data: Hex }];
        ask(`Send a transaction to ${to}?`);
        return client.sendTransaction({ to, data });
      }
      default:
        if (method.startsWith("wallet_")) throw Object.assign(new Error("not supported"), { code: 4200 });
        return client.request({ method, params } as Parameters<typeof client.request>[0]);
    }
  }

  const info = { uuid: crypto.randomUUID(), name: "Local test wallet", icon, rdns: "local.test-wallet" };
  const detail = Object.freeze({ info, provider: { request, on() {}, removeListener() {} } });
  const announce = () => window.dispatchEvent(new CustomEvent("eip6963:announceProvider", { detail }));
  window.addEventListener("eip6963:requestProvider", announce);
  announce();
}

function ask(question: string): void {
  if (!window.confirm(`${question}\n\nLocal test wallet: play money only.`))
    throw Object.assign(new Error("User rejected the request."), { code: 4001 });
}

const icon =
  "data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 1 1'><rect width='1' height='1' fill='teal'/></svg>";
