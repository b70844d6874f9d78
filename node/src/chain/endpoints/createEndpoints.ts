import { PersonaError } from "@persona-protocol/sdk/errors";
import type { Logger } from "pino";
import type { Clock } from "../clock.ts";
import type { ChainPick, ChainSource, RpcRequest } from "./ChainSource.ts";
import { compareEndpoints, type EndpointView } from "./compareEndpoints.ts";
import { type RpcFailure, rpcFailure } from "./rpcFailure.ts";

/** For metrics and `persona node status`. */
type EndpointHealth = {
  /** Host and port of its URL: what else is in a URL may be a key. */
  readonly name: string;
  readonly state: "well" | "ill" | "lagging" | "outvoted" | "wrong chain";
  /** Newest block as last seen; undefined before it has answered. */
  readonly head: bigint | undefined;
  readonly failures: number;
};

export type Endpoints = ChainSource & {
  /**
   * One read, of whichever endpoint answers: the best first, then the others. What every endpoint has to say (no such block, a
   * revert) is thrown as the first one said it.
   */
  readonly request: RpcRequest;
  /** Endpoints by rank, and where the outcome is told: for transports that bring their own requests. */
  readonly ranked: () => readonly number[];
  report(index: number, failure: RpcFailure | undefined): void;
  readonly health: () => readonly EndpointHealth[];
  /** What they disagree about, where none of the chains has a majority: nothing new is to be begun. */
  readonly disagreement: () => PersonaError | undefined;
  /** Compares all of them now. */
  check(): Promise<void>;
  /** Compares them again and again; resolves after the signal. */
  watch(signal: AbortSignal): Promise<void>;
};

type Endpoint = {
  readonly name: string;
  readonly request: RpcRequest;
  failures: number;
  illUntil: number;
  view: EndpointView;
  head: bigint | undefined;
};

const firstPauseMs = 1_000;
const longestPauseMs = 60_000;
/** Honest endpoints differ for moments while a reorganisation spreads: only what two checks see is told. */
const strikesToAlarm = 2;

/**
 * Several endpoints of one chain: the first that is well is asked, those that fail rest for a growing time, those that lag or tell
 * of another chain than most are asked last or not at all, and somebody is told when they disagree.
 */
export function createEndpoints(options: {
  readonly endpoints: readonly { readonly url: string; readonly request: RpcRequest }[];
  readonly chainId: number;
  readonly clock: Clock;
  readonly log: Pick<Logger, "warn" | "error" | "info">;
  /** Called once when a disagreement begins, with CHAIN_DISAGREES or CHAIN_WRONG. */
  readonly onAlarm?: (error: PersonaError) => void;
  readonly checkEveryMs?: number;
}): Endpoints {
  const { clock, log, onAlarm = () => {}, checkEveryMs = 15_000 } = options;
  const endpoints = options.endpoints.map(
    ({ url, request }): Endpoint => ({
      name: nameOf(url),
      request,
      failures: 0,
      illUntil: 0,
      view: "well",
      head: undefined,
    }),
  );
  let disagreement: PersonaError | undefined;
  let strikes = 0;
  let alarmed = false;

  const rank = ({ view, illUntil }: Endpoint): number =>
    (view === "well" ? 0 : view === "lagging" ? 2 : 8) + (illUntil > clock.now() ? 4 : 0);
  /** Who tells of another chain is not asked at all. */
  const usable = () => endpoints.filter(({ view }) => view !== "wrong chain" && view !== "outvoted");
  const sorted = () => usable().toSorted((a, b) => rank(a) - rank(b));

  const report = (endpoint: Endpoint, failure: RpcFailure | undefined): void => {
    if (failure === undefined) {
      endpoint.failures = 0;
      endpoint.illUntil = 0;
    }
    if (failure !== "down" && failure !== "rate") return;
    endpoint.failures += 1;
    endpoint.illUntil = clock.now() + Math.min(firstPauseMs * 2 ** (endpoint.failures - 1), longestPauseMs);
    if (endpoint.failures === 1) log.warn({ endpoint: endpoint.name, failure }, "a chain endpoint fails");
  };
  const ask = async (endpoint: Endpoint, call: Parameters<RpcRequest>[0]): Promise<unknown> => {
    try {
      const value = await endpoint.request(call);
      report(endpoint, undefined);
      return value;
    } catch (error) {
      report(endpoint, rpcFailure(error));
      throw error;
    }
  };
  const picks = endpoints.map(
    (endpoint): ChainPick => ({
      name: endpoint.name,
      request: (call) => ask(endpoint, call),
      failed: (error) => report(endpoint, rpcFailure(error) === "rate" ? "rate" : "down"),
    }),
  );
  const pickOf = (endpoint: Endpoint | undefined): ChainPick | undefined =>
    endpoint === undefined ? undefined : picks[endpoints.indexOf(endpoint)];

  function pick(): ChainPick;
  function pick(not: ChainPick): ChainPick | undefined;
  function pick(not?: ChainPick): ChainPick | undefined {
    if (not !== undefined) return pickOf(sorted().find((endpoint) => pickOf(endpoint) !== not && rank(endpoint) === 0));
    if (disagreement !== undefined) throw disagreement;
    const best = pickOf(sorted()[0]);
    if (best === undefined) throw new PersonaError("CHAIN_UNREACHABLE", "No endpoint serves the deployment's chain.");
    return best;
  }

  const alarm = (error: PersonaError): void => {
    if (alarmed) return;
    alarmed = true;
    log.error({ code: error.code, ...error.data }, "chain endpoints disagree");
    onAlarm(error);
  };

  const check = async (): Promise<void> => {
    const result = await compareEndpoints(picks, options.chainId);
    for (const [at, { view, head }] of result.endpoints.entries()) {
      const endpoint = endpoints[at];
      if (endpoint === undefined) continue;
      endpoint.head = head ?? endpoint.head;
      if (view !== "silent" && view !== endpoint.view) {
        log.warn({ endpoint: endpoint.name, view }, "a chain endpoint is seen otherwise");
        endpoint.view = view;
      }
    }
    strikes = result.error === undefined ? 0 : strikes + 1;
    disagreement = result.split ? result.error : undefined;
    if (result.error === undefined) alarmed = false;
    else if (strikes >= strikesToAlarm || result.error.code === "CHAIN_WRONG") alarm(result.error);
  };

  return {
    pick,
    async request(call) {
      let first: unknown;
      for (const endpoint of sorted()) {
        try {
          return await ask(endpoint, call);
        } catch (error) {
          first ??= error;
        }
      }
      throw first ?? new PersonaError("CHAIN_UNREACHABLE", "No endpoint serves the deployment's chain.");
    },
    ranked: () => sorted().map((endpoint) => endpoints.indexOf(endpoint)),
    report(index, failure) {
      const endpoint = endpoints[index];
      if (endpoint !== undefined) report(endpoint, failure);
    },
    health: () =>
      endpoints.map((endpoint) => {
        const { name, head, failures, view } = endpoint;
        const state = view === "well" && endpoint.illUntil > clock.now() ? "ill" : view;
        return { name, state: state === "silent" ? "ill" : state, head, failures };
      }),
    disagreement: () => disagreement,
    check,
    async watch(signal) {
      while (!signal.aborted) {
        await clock.sleep(checkEveryMs, signal);
        if (!signal.aborted) await check();
        // What two checks must see is looked at again soon.
        while (strikes > 0 && strikes < strikesToAlarm && !signal.aborted) {
          await clock.sleep(Math.min(2_000, checkEveryMs), signal);
          await check();
        }
      }
    },
  };
}

function nameOf(url: string): string {
  return new URL(url).host;
}
