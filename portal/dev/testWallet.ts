import {
  createWalletClient,
  type EIP1193Provider,
  encodeFunctionData,
  type Hex,
  http,
  numberToHex,
  parseAbi,
  publicActions,
  type TransactionReceipt,
} from "viem";
import { privateKeyToAccount } from "viem/accounts";

/**
 * A wallet for tests and local networks, announced as wallets announce themselves (EIP-6963). Its key is in the page: it must never
 * meet another chain than one of this machine, and is no part of the page that is built.
 */
export type TestWalletOptions = {
  readonly rpcUrl: string;
  readonly chainId: number;
  readonly privateKey: Hex;
  /** A contract whose one key this is: the account that pages see, in whose name everything is sent (`run(address,bytes)`). */
  readonly contract?: Hex;
  readonly name: string;
  /** Asks a person by the browser's own dialog; else everything is allowed that `control` does not decline. */
  readonly asks: boolean;
};

/** How tests move the wallet: on `window.personaTestWallet`. */
export type TestWalletControl = {
  /** So many of the next questions are declined. */
  decline: number;
  /** The chain that the wallet says it is on. */
  chainId: number;
  /** Whether it says that it takes several calls as one (EIP-5792), as smart accounts do. */
  batches: boolean;
  /** Every method that was asked for. */
  readonly asked: string[];
  /** Moves it to another chain, and says so. */
  moveTo(chainId: number): void;
};

const contractAbi = parseAbi(["function run(address target, bytes data)"]);

type Listener = (...values: readonly unknown[]) => void;
type Call = { readonly method: string; readonly params?: readonly unknown[] };

/** What is used of a page. The types of Node, by which tests are checked, have none of it. */
type Page = {
  confirm(text: string): boolean;
  dispatchEvent(event: unknown): boolean;
  addEventListener(name: string, listener: () => void): void;
  personaTestWallet?: TestWalletControl;
};
const scope = globalThis as unknown as Page;

const icon =
  "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 24 24'%3E%3Crect width='24' height='24' rx='6' fill='%23704b00'/%3E%3Cpath d='M6 9h12v8H6z' fill='none' stroke='%23fff' stroke-width='2'/%3E%3C/svg%3E";

export function announceTestWallet(options: TestWalletOptions): void {
  const { rpcUrl, privateKey, name, asks } = options;
  const account = privateKeyToAccount(privateKey);
  const shown = options.contract ?? account.address;
  const chain = {
    id: options.chainId,
    name: "local",
    nativeCurrency: { name: "Ether", symbol: "ETH", decimals: 18 },
    rpcUrls: { default: { http: [rpcUrl] } },
  };
  const client = createWalletClient({ account, chain, transport: http(rpcUrl) }).extend(publicActions);
  const listeners = new Map<string, Set<Listener>>();
  const tell = (event: string, ...values: readonly unknown[]) => {
    for (const listener of listeners.get(event) ?? []) listener(...values);
  };
  const control: TestWalletControl = {
    decline: 0,
    batches: false,
    chainId: options.chainId,
    asked: [],
    moveTo(chainId) {
      control.chainId = chainId;
      tell("chainChanged", numberToHex(chainId));
    },
  };

  const batches: TransactionReceipt[][] = [];
  const unsupported = () => Object.assign(new Error("This wallet does not do that."), { code: 4_200 });

  // As wallets do: an address is shown to a page that was allowed to see it, also when it comes back.
  const allowedKey = `persona-test-wallet ${shown}`;
  const isAllowed = () => localStorage.getItem(allowedKey) !== null;

  function requireYes(question: string): void {
    const declined = control.decline > 0 || (asks && !scope.confirm(`${name}\n\n${question}`));
    if (!declined) return;
    control.decline = Math.max(0, control.decline - 1);
    throw Object.assign(new Error("User rejected the request."), { code: 4_001 });
  }

  /** By the key itself, or by the contract on its word. */
  function send(call: { readonly to: Hex; readonly data: Hex; readonly value?: bigint }): Promise<Hex> {
    if (options.contract === undefined) return client.sendTransaction(call);
    const data = encodeFunctionData({ abi: contractAbi, functionName: "run", args: [call.to, call.data] });
    return client.sendTransaction({ to: options.contract, data });
  }

  async function request({ method, params = [] }: Call): Promise<unknown> {
    control.asked.push(method);
    switch (method) {
      case "eth_requestAccounts":
        if (!isAllowed()) requireYes("Show your address to this page?");
        localStorage.setItem(allowedKey, "yes");
        return [shown];
      case "wallet_requestPermissions":
        requireYes("Show your address to this page?");
        localStorage.setItem(allowedKey, "yes");
        return [{ parentCapability: "eth_accounts", caveats: [{ value: [shown] }] }];
      case "eth_accounts":
        return isAllowed() ? [shown] : [];
      case "wallet_revokePermissions":
        localStorage.removeItem(allowedKey);
        return null;
      case "eth_chainId":
        return numberToHex(control.chainId);
      case "wallet_switchEthereumChain": {
        const [{ chainId }] = params as readonly [{ readonly chainId: Hex }];
        requireYes(`Switch to the chain ${Number(chainId)}?`);
        control.moveTo(Number(chainId));
        return null;
      }
      case "eth_signTypedData_v4": {
        const typed = JSON.parse(String(params[1])) as TypedData;
        requireYes(`Sign “${typed.primaryType}”?\n${JSON.stringify(typed.message, null, 1).slice(0, 1_500)}`);
        return account.signTypedData({ ...typed, message: numbered(typed, typed.primaryType, typed.message) } as never);
      }
      case "eth_sendTransaction": {
        const [transaction] = params as readonly [{ readonly to: Hex; readonly data?: Hex; readonly value?: Hex }];
        requireYes(`Send a transaction to ${transaction.to}?\n${(transaction.data ?? "0x").slice(0, 200)}`);
        const { to, data = "0x", value = "0x0" } = transaction;
        return send({ to, data, value: BigInt(value) });
      }
      case "wallet_getCapabilities":
        if (control.batches) return { [numberToHex(control.chainId)]: { atomic: { status: "supported" } } };
        throw unsupported();
      case "wallet_sendCalls": {
        if (!control.batches) throw unsupported();
        const [{ calls }] = params as readonly [
          { readonly calls: readonly { readonly to: Hex; readonly data: Hex }[] },
        ];
        requireYes(`Send ${calls.length} calls as one?`);
        // One after the other: an account without code has no batches, and the page only sees their end.
        const receipts: TransactionReceipt[] = [];
        for (const { to, data } of calls)
          receipts.push(
            await client.waitForTransactionReceipt({
              hash: await send({ to, data }),
              pollingInterval: 50,
            }),
          );
        batches.push(receipts);
        return { id: numberToHex(batches.length, { size: 32 }) };
      }
      case "wallet_getCallsStatus": {
        const receipts = batches[Number(params[0]) - 1] ?? [];
        const shown = receipts.map(({ transactionHash, blockHash, blockNumber, gasUsed }) => ({
          transactionHash,
          blockHash,
          blockNumber: numberToHex(blockNumber),
          gasUsed: numberToHex(gasUsed),
          status: "0x1",
          logs: [],
        }));
        return {
          version: "2.0.0",
          id: params[0],
          chainId: numberToHex(control.chainId),
          status: 200,
          atomic: true,
          receipts: shown,
        };
      }
      default:
        return client.request({ method, params } as never);
    }
  }

  const provider = {
    request,
    on(event: string, listener: Listener) {
      const all = listeners.get(event) ?? new Set();
      listeners.set(event, all.add(listener));
    },
    removeListener(event: string, listener: Listener) {
      listeners.get(event)?.delete(listener);
    },
  };
  scope.personaTestWallet = control;
  const info = Object.freeze({ uuid: crypto.randomUUID(), name, icon, rdns: "local.persona.test" });
  const announce = () =>
    scope.dispatchEvent(
      new CustomEvent("eip6963:announceProvider", {
        detail: Object.freeze({ info, provider: provider as unknown as EIP1193Provider }),
      }),
    );
  scope.addEventListener("eip6963:requestProvider", announce);
  announce();
}

type TypedData = {
  readonly primaryType: string;
  readonly types: Readonly<Record<string, readonly { readonly name: string; readonly type: string }[]>>;
  readonly message: Readonly<Record<string, unknown>>;
};

/** JSON has no integers above 2^53: wallets get them as texts. */
function numbered({ types }: Pick<TypedData, "types">, type: string, value: unknown): unknown {
  const fields = types[type];
  if (type.endsWith("[]"))
    return (value as readonly unknown[]).map((each) => numbered({ types }, type.slice(0, -2), each));
  if (fields === undefined) return /^u?int/.test(type) ? BigInt(value as string) : value;
  const given = value as Readonly<Record<string, unknown>>;
  return Object.fromEntries(fields.map((field) => [field.name, numbered({ types }, field.type, given[field.name])]));
}
