import { once } from "node:events";
import { createServer } from "node:https";
import { type AddressInfo, connect } from "node:net";
import type { HttpSession, LiveSource } from "@persona-protocol/sdk/ingest/live";
import { createHttpClient, type HttpExchange, type HttpLimits } from "../../node/src/enclave/ingest/net/httpClient.ts";
import { createRootStore, openTls } from "../../node/src/enclave/ingest/net/tlsConnection.ts";
import { createTestAuthority, type TestAuthority } from "./testCertificates.ts";

export type Asked = {
  readonly host: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
};

export type Reply = {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  /** JSON, or bytes as they are. */
  readonly body?: unknown;
  /** Ends the connection in the middle of the body. */
  readonly cutOff?: boolean;
};

export type HttpService = {
  readonly port: number;
  readonly authority: TestAuthority;
  /** Everything that was asked, in order. */
  readonly asked: Asked[];
  /** Waits that sources have asked for, milliseconds: time passes at once. */
  readonly waits: number[];
  /** What answers; may be changed at any time. */
  answer: (asked: Asked) => Reply;
  /** The enclave's own HTTP client over TLS to this service, without an enclave around it. */
  session(
    source: Pick<LiveSource, "hosts">,
    limits?: Partial<HttpLimits>,
  ): HttpSession & { readonly exchanges: HttpExchange[] };
  stop(): Promise<void>;
};

let shared: TestAuthority | undefined;

/** A service at 127.0.0.1 that has the certificates of these names, and answers as it is told. */
export async function startHttpService(names: readonly string[], answer: HttpService["answer"]): Promise<HttpService> {
  shared ??= createTestAuthority();
  const authority = shared;
  const asked: Asked[] = [];
  const waits: number[] = [];
  let now = Date.UTC(2026, 0, 15);
  const server = createServer(authority.issue(names), (request, response) => {
    const host = request.headers.host ?? "";
    const url = new URL(request.url ?? "/", `https://${host}`);
    const got: Asked = { host, path: url.pathname, query: url.searchParams, headers: request.headers };
    asked.push(got);
    const { status = 200, headers = {}, body, cutOff } = service.answer(got);
    const bytes =
      body instanceof Uint8Array ? body : Buffer.from(typeof body === "string" ? body : JSON.stringify(body ?? null));
    response.writeHead(status, {
      "content-type": "application/json; charset=UTF-8",
      ...(headers as Record<string, string>),
    });
    if (cutOff === true) response.write(bytes.subarray(0, bytes.length >> 1), () => request.socket.destroy());
    else response.end(bytes);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const roots = createRootStore([authority.root]);
  const clients: { close(): void }[] = [];
  const service: HttpService = {
    port,
    authority,
    asked,
    waits,
    answer,
    session({ hosts }, limits = {}) {
      const exchanges: HttpExchange[] = [];
      const client = createHttpClient({
        hosts,
        connect: (host) => openTls(connect({ host: "127.0.0.1", port }), { host, roots, alpn: "http/1.1" }),
        onExchange: (exchange) => exchanges.push(exchange),
        limits: { maxBytes: 4 * 2 ** 20, idleMs: 20_000, wholeMs: 60_000, ...limits },
      });
      clients.push(client);
      return {
        exchanges,
        now: () => now,
        async wait(ms) {
          waits.push(ms);
          now += ms;
        },
        async request({ method = "GET", url, headers = {}, shape }, { signal } = {}) {
          const {
            status,
            headers: got,
            body,
          } = await client.request({
            method,
            url: new URL(url),
            headers: { authorization: "Bearer of this test", ...headers },
            shape,
            signal,
          });
          const header = (name: string) => {
            const value = got[name];
            return value === undefined ? null : Array.isArray(value) ? value.join(", ") : value;
          };
          return { status, body, header };
        },
      };
    },
    async stop() {
      for (const client of clients) client.close();
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
  return service;
}
