import type { ChainClient, Deployment } from "@persona-protocol/sdk/contracts";
import { PersonaError } from "@persona-protocol/sdk/errors";
import { type Account, createWalletClient, defineChain, http, publicActions, type Transport } from "viem";
import { batchingFetch } from "./batchingFetch.ts";

/** Local chains mine at once: waiting seconds between two looks would be most of a job's time. */
const localChainIds = [31_337, 1_337];

/**
 * A client that reads, signs and sends, once the endpoint has proved to serve the deployment's chain and its contracts.
 * @throws PersonaError CHAIN_UNREACHABLE, CHAIN_WRONG, DEPLOYMENT_UNKNOWN
 */
export async function connectChain(options: {
  readonly rpcUrl: string;
  readonly deployment: Deployment;
  readonly account: Account;
}): Promise<ChainClient> {
  const { rpcUrl, deployment, account } = options;
  const client = createChainClient({ rpcUrl, chainId: deployment.chainId, account });
  let got: number;
  try {
    got = await client.getChainId();
  } catch (cause) {
    throw new PersonaError("CHAIN_UNREACHABLE", "The chain endpoint does not answer.", { data: { rpcUrl }, cause });
  }
  if (got !== deployment.chainId) {
    throw new PersonaError("CHAIN_WRONG", "The endpoint serves another chain.", {
      data: { rpcUrl, got, wanted: deployment.chainId },
    });
  }
  const code = await client.getCode({ address: deployment.jobMarket });
  if (code === undefined) {
    throw new PersonaError("DEPLOYMENT_UNKNOWN", "There is no contract at the market's address.", {
      data: { jobMarket: deployment.jobMarket },
    });
  }
  return client;
}

export function createChainClient(options: {
  readonly rpcUrl: string;
  readonly chainId: number;
  readonly account: Account;
  /** In place of one to `rpcUrl` alone. */
  readonly transport?: Transport;
}): ChainClient {
  const { rpcUrl, chainId, account, transport = chainTransport(rpcUrl) } = options;
  const chain = defineChain({
    id: chainId,
    name: `chain ${chainId}`,
    nativeCurrency: { name: "Ether", symbol: "ETH", decimals: 18 },
    rpcUrls: { default: { http: [rpcUrl] } },
  });
  const pollingInterval = localChainIds.includes(chainId) ? 20 : 1_000;
  return createWalletClient({ account, chain, transport, pollingInterval, cacheTime: 0 }).extend(publicActions);
}

/** Reads of one turn go in one request: a guardian makes several for each release, and HTTP costs more than they do. */
export const chainTransport = (rpcUrl: string): Transport =>
  http(rpcUrl, {
    timeout: 15_000,
    retryCount: 0,
    batch: { batchSize: 64, wait: 0 },
    fetchFn: batchingFetch(),
  });
