import { createWriteStream } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { type Hex, keccak256 } from "viem";
import type { Random } from "../exports/random.ts";
import type { ChainFault } from "./schedule.ts";

export type ChainProxy = {
  readonly url: string;
  fault: { readonly how: ChainFault; readonly share: number } | undefined;
  close(): Promise<void>;
};

type Call = { readonly id: unknown; readonly method: string; readonly params?: readonly unknown[] };
type Answer = { readonly jsonrpc: "2.0"; readonly id: unknown; readonly result?: unknown; readonly error?: unknown };

const lagMs = 1_500;
/** An endpoint that is behind does not know so many of the newest blocks. */
const behindBlocks = 5;

/** Signed transactions that went through any proxy, by their hash: a reorganisation may give them back. */
export type SeenTransactions = ReadonlyMap<Hex, Hex>;

/**
 * Stands between a daemon and the chain, and does to its requests what a bad provider does. What is sent to the chain is
 * written to a file, for the search at the end.
 */
export function createChainProxies(target: string, trafficFile: string, random: Random) {
  const seen = new Map<Hex, Hex>();
  const traffic = createWriteStream(trafficFile, { mode: 0o600 });
  const ask = async (body: unknown): Promise<unknown> => {
    const passed = await fetch(target, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    return passed.json();
  };

  async function start(): Promise<ChainProxy> {
    const server = createServer((request, response) => {
      answer(request, response).catch(() => response.destroy());
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const proxy: ChainProxy = {
      url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      fault: undefined,
      close: () =>
        new Promise((resolve) => {
          server.close(() => resolve());
          server.closeAllConnections();
        }),
    };
    return proxy;

    async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const body = JSON.parse(Buffer.concat(chunks).toString("utf8")) as Call | Call[];
      const calls = Array.isArray(body) ? body : [body];
      for (const { method, params = [] } of calls) {
        if (method !== "eth_sendRawTransaction") continue;
        const raw = params[0] as Hex;
        seen.set(keccak256(raw), raw);
        traffic.write(`${raw}\n`);
      }
      const { fault } = proxy;
      const how = fault !== undefined && random.chance(fault.share) ? fault.how : undefined;
      const end = (value: unknown, status = 200) =>
        response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(value));
      switch (how) {
        case "drop":
          // Half of them after the chain has heard it: the answer is what is lost.
          if (random.chance(0.5)) await ask(body);
          request.socket.destroy();
          return;
        case "rate":
          end({ error: "slow down" }, 429);
          return;
        case "errors": {
          if (random.chance(0.5)) return void end("bad gateway", 502);
          const error = { code: -32_603, message: "internal error" };
          const answers = calls.map(({ id }): Answer => ({ jsonrpc: "2.0", id, error }));
          return void end(Array.isArray(body) ? answers : answers[0]);
        }
        case "behind":
          return void end(await behind(body));
        case "lag":
          await sleep(random.integer(lagMs));
      }
      end(await ask(body));
    }
  }

  /** As an endpoint says it whose newest block is older. What is sent to it reaches the others all the same. */
  async function behind(body: Call | Call[]): Promise<unknown> {
    const { result } = (await ask({ jsonrpc: "2.0", id: 0, method: "eth_blockNumber", params: [] })) as Answer;
    const head = Math.max(0, Number(result) - behindBlocks);
    const hex = `0x${head.toString(16)}`;
    const isNewer = (value: unknown) => typeof value === "string" && Number(value) > head;
    const one = async (call: Call): Promise<Answer> => {
      const { id, method, params = [] } = call;
      if (method === "eth_blockNumber") return { jsonrpc: "2.0", id, result: hex };
      if (method === "eth_getBlockByNumber" && isNewer(params[0])) return { jsonrpc: "2.0", id, result: null };
      const older = params.map((value) => (value === "latest" || value === "pending" ? hex : value));
      const said = (await ask({ ...call, params: older })) as Answer;
      const block = (said.result as { blockNumber?: unknown } | null | undefined)?.blockNumber;
      return method === "eth_getTransactionReceipt" && isNewer(block) ? { jsonrpc: "2.0", id, result: null } : said;
    };
    return Array.isArray(body) ? Promise.all(body.map(one)) : one(body);
  }

  return {
    seen: seen as SeenTransactions,
    start,
    close: () => new Promise<void>((resolve) => traffic.end(resolve)),
  };
}
