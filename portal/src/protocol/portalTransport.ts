import { custom, type EIP1193Provider, fallback, http, type Transport } from "viem";

/** What only a wallet can say or do. Everything else is read from the page's own endpoints. */
const askedOfWallet =
  /^(?:eth_(?:accounts|requestAccounts|chainId|sendTransaction|signTypedData_v4)|personal_sign|wallet_\w+)$/;

/**
 * Reads from the configured endpoints and writes through the wallet: a wallet's own endpoint may be slow, old, or another's. The
 * chain's id is the wallet's to say, so that nothing is signed for another chain than the one that is shown.
 */
export function portalTransport(rpcUrls: readonly string[], provider: EIP1193Provider | undefined): Transport {
  const endpoints = fallback(
    rpcUrls.map((url) => http(url, { batch: { wait: 5, batchSize: 50 }, retryCount: 1, timeout: 12_000 })),
  );
  return (parameters) => {
    const reading = endpoints({ ...parameters, retryCount: 0 });
    const request = async ({ method, params }: { method: string; params?: unknown }): Promise<unknown> => {
      if (provider !== undefined && askedOfWallet.test(method))
        return (provider.request as Ask)({ method, ...(params === undefined ? {} : { params }) });
      return (reading.request as Ask)({ method, ...(params === undefined ? {} : { params }) });
    };
    return custom({ request }, { retryCount: 0 })(parameters);
  };
}

type Ask = (call: { method: string; params?: unknown }) => Promise<unknown>;
