import { createServer } from "node:http";
import { type Listening, listen } from "../listen.ts";
import type { Readiness } from "./readiness.ts";

const maxConnections = 64;

/**
 * `GET /metrics` (Prometheus), `GET /healthz` (is a restart needed?) and `GET /readyz` (can it do its work?): 200 or 503, with a
 * reason for each check that fails. On a port of its own, on loopback unless told otherwise; it says nothing secret and takes no
 * orders.
 */
export async function startOpsServer(options: {
  readonly host: string;
  readonly port: number;
  readonly metrics: () => Promise<string>;
  readonly readiness: () => Promise<Readiness>;
}): Promise<Listening> {
  const { host, port, metrics, readiness } = options;
  const answer = async (url: string | undefined): Promise<Answer> => {
    switch (url) {
      case "/metrics":
        return { status: 200, type: "text/plain; version=0.0.4; charset=utf-8", body: await metrics() };
      case "/readyz":
        return judged(await readiness());
      case "/healthz": {
        const { checks } = await readiness();
        const own = checks.filter(({ name }) => name === "enclave" || name === "journal");
        return judged({ ready: own.every(({ ok, reason }) => ok || reason === starting), checks: own });
      }
      default:
        return { status: 404, type: "text/plain", body: "there are /metrics, /healthz and /readyz\n" };
    }
  };
  const server = createServer({ connectionsCheckingInterval: 1_000 }, (request, response) => {
    request.resume();
    if (request.method !== "GET" && request.method !== "HEAD") {
      response.writeHead(405, { allow: "GET, HEAD" }).end();
      return;
    }
    answer(request.url).then(
      ({ status, type, body }) =>
        response.writeHead(status, { "content-type": type, "cache-control": "no-store" }).end(body),
      () => response.writeHead(500).end(),
    );
  });
  server.maxConnections = maxConnections;
  server.requestTimeout = 10_000;
  server.headersTimeout = 5_000;
  return listen(server, { host, port, name: "The metrics' server" });
}

/** Not a reason to be restarted. */
const starting = "the node is starting";

type Answer = { readonly status: number; readonly type: string; readonly body: string };

const judged = (readiness: Readiness): Answer => ({
  status: readiness.ready ? 200 : 503,
  type: "application/json",
  body: `${JSON.stringify(readiness)}\n`,
});
