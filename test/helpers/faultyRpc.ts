import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export type RpcCall = { readonly id: unknown; readonly method: string; readonly params: readonly unknown[] };

/**
 * What the endpoint does with a call: cuts the line, answers with a status, an error or a result of its own, or passes it on and
 * perhaps changes what comes back.
 */
type Fault =
  | "drop"
  | { readonly status: number }
  | { readonly error: { readonly code: number; readonly message: string } }
  | { readonly result: unknown }
  | { readonly change: (result: unknown) => unknown }
  | undefined;

export type FaultyRpc = {
  readonly url: string;
  /** Methods as they came. */
  readonly calls: RpcCall[];
  /** Asked for each call, in a batch too; the first drop or status is the whole batch's. */
  fault: (call: RpcCall) => Fault | Promise<Fault>;
  /** Another chain from now on. */
  target: string;
  close(): Promise<void>;
};

type Answer = { readonly jsonrpc: "2.0"; readonly id: unknown; readonly result?: unknown; readonly error?: unknown };

/** Stands before a chain on loopback and does to its answers what a bad provider does. */
export async function startFaultyRpc(target: string): Promise<FaultyRpc> {
  const calls: RpcCall[] = [];
  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const proxy: FaultyRpc = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    fault: () => undefined,
    target,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = JSON.parse(Buffer.concat(chunks).toString("utf8")) as RpcCall | RpcCall[];
    const asked = Array.isArray(body) ? body : [body];
    calls.push(...asked);
    const faults = await Promise.all(asked.map((call) => proxy.fault(call)));
    if (faults.includes("drop")) {
      request.socket.destroy();
      return;
    }
    const status = faults.find((fault) => typeof fault === "object" && "status" in fault);
    if (typeof status === "object" && "status" in status) {
      response.writeHead(status.status).end("no");
      return;
    }
    const answers = await Promise.all(asked.map((call, at) => one(call, faults[at])));
    response.writeHead(200, { "content-type": "application/json" });
    response.end(JSON.stringify(Array.isArray(body) ? answers : answers[0]));
  }

  async function one(call: RpcCall, fault: Fault): Promise<Answer> {
    const { id } = call;
    if (typeof fault === "object" && "error" in fault) return { jsonrpc: "2.0", id, error: fault.error };
    if (typeof fault === "object" && "result" in fault) return { jsonrpc: "2.0", id, result: fault.result };
    const passed = await fetch(proxy.target, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(call),
    });
    const value = (await passed.json()) as Answer;
    return typeof fault === "object" && "change" in fault && "result" in value
      ? { ...value, result: fault.change(value.result) }
      : value;
  }
  return proxy;
}
