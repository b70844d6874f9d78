import type { ChainClient, Deployment } from "@persona-protocol/sdk/contracts";
import { PersonaError } from "@persona-protocol/sdk/errors";
import type { Logger } from "pino";
import type { Account } from "viem";
import type { Clock } from "./clock.ts";
import { chainTransport, createChainClient } from "./connectChain.ts";
import { createEndpoints, type Endpoints } from "./endpoints/createEndpoints.ts";
import { failoverTransport } from "./endpoints/failoverTransport.ts";
import { createRpcRelay, type RpcRelay } from "./rpcRelay.ts";
import { watchHeads } from "./stream/watchHeads.ts";

/** The chain as a daemon has it: several endpoints behind one client. */
export type OpenChain = {
  /** Reads, signs and sends; whichever endpoint is well answers. */
  readonly client: ChainClient;
  /** For the stream, health and metrics. */
  readonly endpoints: Endpoints;
  /** One for each URL, in their order: what an enclave compares itself. */
  readonly relays: readonly RpcRelay[];
  /** Resolves when there may be a new block, or after `ms`. */
  untilNews(ms: number, signal: AbortSignal): Promise<void>;
  /** Ends subscriptions, comparisons and connections. */
  close(): Promise<void>;
};

/**
 * Opens the chain through all endpoints. One that is down is left for later; one that serves another chain is a mistake of the
 * configuration.
 * @throws PersonaError CHAIN_UNREACHABLE when none answers, CHAIN_WRONG, DEPLOYMENT_UNKNOWN
 */
export async function openChain(options: {
  readonly urls: readonly string[];
  /** Websocket of one of them, for news without polling. */
  readonly wsUrl?: string | undefined;
  readonly deployment: Deployment;
  readonly account: Account;
  readonly clock: Clock;
  readonly log: Pick<Logger, "info" | "warn" | "error">;
  /** When endpoints begin to disagree. */
  readonly onAlarm?: (error: PersonaError) => void;
}): Promise<OpenChain> {
  const { urls, wsUrl, deployment, account, clock, log, onAlarm } = options;
  const closing = new AbortController();
  const { signal } = closing;
  const { chainId } = deployment;
  const relays = urls.map(createRpcRelay);
  const listed = urls.flatMap((url, at) => {
    const relay = relays[at];
    return relay === undefined ? [] : [{ url, request: relay.request }];
  });
  const endpoints = createEndpoints({ endpoints: listed, chainId, clock, log, ...(onAlarm ? { onAlarm } : {}) });
  signal.addEventListener("abort", () => relays.forEach(({ close }) => void close()), { once: true });

  await endpoints.check();
  const health = endpoints.health();
  const wrong = health.filter(({ state }) => state === "wrong chain").map(({ name }) => name);
  if (wrong.length > 0)
    throw new PersonaError("CHAIN_WRONG", "An endpoint serves another chain.", {
      data: { endpoints: wrong.join(" "), wanted: chainId },
    });
  if (health.every(({ head }) => head === undefined))
    throw new PersonaError("CHAIN_UNREACHABLE", "No chain endpoint answers.", {
      data: { endpoints: health.map(({ name }) => name).join(" ") },
    });
  const transport = urls.length === 1 ? undefined : failoverTransport(urls.map(chainTransport), endpoints);
  const client = createChainClient({ rpcUrl: urls[0] ?? "", chainId, account, ...(transport ? { transport } : {}) });
  if ((await client.getCode({ address: deployment.jobMarket })) === undefined)
    throw new PersonaError("DEPLOYMENT_UNKNOWN", "There is no contract at the market's address.", {
      data: { jobMarket: deployment.jobMarket },
    });

  const watching = urls.length > 1 ? endpoints.watch(signal) : Promise.resolve();
  const heads =
    wsUrl === undefined
      ? undefined
      : watchHeads({
          url: wsUrl,
          clock,
          onState: (connected) => log.info({ connected }, "subscription to new blocks"),
          signal,
        });
  return {
    client,
    endpoints,
    relays,
    untilNews: (ms, until) => heads?.untilNews(ms, until) ?? clock.sleep(ms, until),
    async close() {
      closing.abort();
      await Promise.all([watching, heads?.ended]);
    },
  };
}
