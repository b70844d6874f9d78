import type { Page } from "playwright-core";
import { createWalletClient, http, type PrivateKeyAccount, publicActions, toHex } from "viem";
import { hardhat } from "viem/chains";

type Asked = { readonly method: string; readonly params: readonly unknown[] };
type Answer = { readonly result: unknown } | { readonly error: { readonly code: number; readonly message: string } };

export type InjectedWallet = {
  /** Methods for which a person would have been asked, in order. */
  readonly prompts: string[];
  /** From now on the person says no, or yes. */
  refuse(choice: boolean): void;
};

/**
 * A wallet that announces itself to a page as EIP-6963 has it, and keeps its keys outside of the page, in this process. What it is
 * not asked for it sends to the chain.
 */
export async function injectWallet(
  page: Page,
  { rpcUrl, accounts, chainId = hardhat.id }: injectWallet.Options,
): Promise<InjectedWallet> {
  const chain = { ...hardhat, id: chainId };
  const prompts: string[] = [];
  let refusing = false;
  const clientOf = (address: string) => {
    const account = accounts.find((each) => each.address.toLowerCase() === address.toLowerCase());
    if (account === undefined) throw Object.assign(new Error("unknown account"), { code: 4100 });
    return createWalletClient({ account, chain, transport: http(rpcUrl), cacheTime: 0 }).extend(publicActions);
  };
  const rpc = http(rpcUrl)({ chain });

  async function answer({ method, params }: Asked): Promise<unknown> {
    switch (method) {
      case "eth_requestAccounts":
        prompts.push(method);
        return accounts.map(({ address }) => address);
      case "eth_accounts":
        return accounts.map(({ address }) => address);
      case "eth_chainId":
        return toHex(chainId);
      case "wallet_getCapabilities":
        return {};
      case "eth_sendTransaction":
      case "eth_signTypedData_v4":
        break;
      default:
        if (method.startsWith("wallet_")) throw Object.assign(new Error("not supported"), { code: 4200 });
        return rpc.request({ method, params } as Parameters<typeof rpc.request>[0]);
    }
    prompts.push(method);
    if (refusing) throw Object.assign(new Error("User rejected the request."), { code: 4001 });
    if (method === "eth_signTypedData_v4") {
      const [address, text] = params as [string, string];
      return clientOf(address).signTypedData(JSON.parse(text) as Parameters<PrivateKeyAccount["signTypedData"]>[0]);
    }
    const [{ from, to, data, value }] = params as [Record<"from" | "to" | "data" | "value", `0x${string}`>];
    return clientOf(from).sendTransaction({ to, data, value: BigInt(value ?? 0) });
  }

  await page.exposeFunction("testWalletRequest", async (asked: Asked): Promise<Answer> => {
    try {
      return { result: await answer(asked) };
    } catch (error) {
      const { code = -32_603, message } = error as { code?: number; message: string };
      return { error: { code, message } };
    }
  });
  await page.addInitScript(announce);
  await page.evaluate(announce);
  return {
    prompts,
    refuse(choice) {
      refusing = choice;
    },
  };
}

export declare namespace injectWallet {
  type Options = {
    readonly rpcUrl: string;
    readonly accounts: readonly PrivateKeyAccount[];
    /** What the wallet says it is on. */
    readonly chainId?: number;
  };
}

/** Runs in the page, alone: it can use nothing of this module. */
function announce(): void {
  type Wallet = {
    testWalletRequest(asked: unknown): Promise<{ result?: unknown; error?: { code: number; message: string } }>;
  };
  const scope = globalThis as unknown as Wallet & EventTarget;
  const provider = {
    async request({ method, params = [] }: { method: string; params?: unknown[] }) {
      const { result, error } = await scope.testWalletRequest({ method, params });
      if (error === undefined) return result;
      throw Object.assign(new Error(error.message), { code: error.code });
    },
    on() {},
    removeListener() {},
  };
  const info = {
    uuid: "350670db-19fa-4704-a166-e52e178b59d2",
    name: "Test Wallet",
    icon: "data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg'/>",
    rdns: "example.test-wallet",
  };
  const detail = Object.freeze({ info: Object.freeze(info), provider });
  const say = () => scope.dispatchEvent(new CustomEvent("eip6963:announceProvider", { detail }));
  scope.addEventListener("eip6963:requestProvider", say);
  say();
}
