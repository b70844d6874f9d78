import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { encode } from "@ipld/dag-cbor";
import { maxDepositBytes, maxReleaseCallBytes, maxRevocationBytes } from "@persona-protocol/sdk/access";
import { isPersonaError, PersonaError } from "@persona-protocol/sdk/errors";
import type { Logger } from "pino";
import { createRateLimit, type RateLimit } from "../enclave/runtime/guardian/rateLimits.ts";
import { type Listening, listen } from "../listen.ts";
import { addressNetwork } from "./addressNetwork.ts";
import { createFloodLog } from "./floodLog.ts";
import { maxHandoverBytes } from "./replicas.ts";

export type GuardianServer = Listening;

export type GuardianRoutes = {
  /** DAG-CBOR `{ nodeId, signer, kemKey }`; undefined until the guardian serves. */
  key(): { nodeId: number; signer: string; kemKey: Uint8Array } | undefined;
  release(body: Uint8Array): Promise<Uint8Array>;
  deposit(body: Uint8Array): Promise<void>;
  /** A revocation that its owner has signed; it counts when this resolves. */
  revoke(body: Uint8Array): Promise<void>;
  /** One page of the access log for the owner who signed this query. */
  log(query: string): Promise<Uint8Array>;
  /** Of a replica: keys that it holds, for an enclave of the same guardian. */
  handover?(body: Uint8Array): Promise<Uint8Array>;
};

/** Requests before the enclave at once; more are told to come back. */
const maxConcurrent = 64;
/** Of these, for one address while more than half are taken: nobody alone keeps the others out. */
const maxConcurrentPerAddress = 8;
/** Bodies being read at once, from one address and from all: a slow one keeps its place for as long as a request may take. */
const maxBodiesPerAddress = 8;
const maxBodies = 256;
/** Requests of one address that cost more than a look: a node asks some hundred times a job at most. */
const addressRate = { burst: 2_048, perSecond: 512 };
/** Of these the questions for a log, each of which may make the chain endpoints run an account's contract. */
const queryRate = { burst: 1_024, perSecond: 32 };
/** More are closed as they come. `GET` needs no more than a connection. */
const maxConnectionsPerAddress = 256;
const maxConnections = 1_024;

/**
 * `GET /key`, `GET /healthz`, `GET /log`, `POST /release`, `POST /deposit`, `POST /revoke`, of a replica `POST /handover`; bodies are DAG-CBOR
 * (docs/protocol.md 4.4 to 4.6). The server holds no key: it hands each body to the guardian's enclave.
 */
export async function startGuardianServer(options: {
  readonly host: string;
  readonly port: number;
  readonly routes: GuardianRoutes;
  readonly log: Logger;
}): Promise<GuardianServer> {
  const { host, port, routes, log } = options;
  const gates: Gates = {
    connections: createGate(maxConnectionsPerAddress, maxConnections),
    bodies: createGate(maxBodiesPerAddress, maxBodies),
    enclave: createGate(maxConcurrentPerAddress, maxConcurrent, maxConcurrent / 2),
    rate: createRateLimit("address", addressRate, () => performance.now()),
    queries: createRateLimit("address", queryRate, () => performance.now()),
  };
  const failures = createFloodLog(log);
  // Node looks for requests that are too slow every 30 seconds, unless told otherwise.
  const server = createServer({ connectionsCheckingInterval: 1_000 }, (request, response) => {
    // An owner's page deposits and revokes. No answer depends on who asks from where: what is not public is signed.
    response.setHeader("access-control-allow-origin", "*");
    serve(routes, gates, request, response).catch((error: unknown) => {
      const known = isPersonaError(error)
        ? error
        : new PersonaError("INTERNAL", "The guardian failed.", { cause: error });
      failures.warn({ code: known.code, path: request.url?.split("?", 1)[0] }, "request failed");
      sendError(response, statusOf(known), known);
    });
  });
  server.maxConnections = maxConnections;
  server.on("connection", (socket) => {
    const leave = gates.connections.enter(addressNetwork(socket.remoteAddress));
    if (leave === undefined) socket.destroy();
    else socket.once("close", leave);
  });
  server.requestTimeout = 10_000;
  server.headersTimeout = 5_000;
  const { port: boundPort, close } = await listen(server, { host, port, name: "The guardian" });
  return {
    port: boundPort,
    async close() {
      failures.close();
      await close();
    },
  };
}

type Gates = Readonly<Record<"connections" | "bodies" | "enclave", Gate> & Record<"rate" | "queries", RateLimit>>;

function statusOf({ code, exitCode }: PersonaError): number {
  if (code === "RATE_LIMITED") return 429;
  if (code === "INTERNAL") return 500;
  return exitCode === 75 ? 503 : 400;
}

async function serve(
  routes: GuardianRoutes,
  gates: Gates,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  /** A body counts while it is read, and the enclave while it works: nobody waits for who only opens a request. */
  const from = addressNetwork(request.socket.remoteAddress);
  const read = (maxBytes: number) => within(gates.bodies, from, () => readBody(request, maxBytes));
  const ask = <answer>(work: () => Promise<answer>) => within(gates.enclave, from, work);
  const [path, query] = (request.url ?? "").split("?q=", 2);
  const route = query === undefined ? `${request.method} ${request.url}` : `${request.method} ${path}?q=`;
  if (request.method === "POST" || query !== undefined) gates.rate.take(from);
  switch (route) {
    case "GET /healthz": {
      const serving = routes.key() !== undefined;
      response.writeHead(serving ? 200 : 503).end(serving ? "ok" : "starting");
      return;
    }
    case "GET /key": {
      const key = routes.key();
      if (key === undefined) throw new PersonaError("GUARDIANS_UNAVAILABLE", "The guardian is starting.");
      send(response, encode(key));
      return;
    }
    case "POST /release": {
      const body = await read(maxReleaseCallBytes);
      send(response, await ask(() => routes.release(body)));
      return;
    }
    case "POST /deposit": {
      const body = await read(maxDepositBytes);
      await ask(() => routes.deposit(body));
      send(response, encode(null));
      return;
    }
    case "POST /revoke": {
      const body = await read(maxRevocationBytes);
      await ask(() => routes.revoke(body));
      send(response, encode(null));
      return;
    }
    case "POST /handover": {
      const body = await read(maxHandoverBytes);
      const { handover } = routes;
      if (handover === undefined) throw new PersonaError("GUARDIANS_UNAVAILABLE", "This guardian is no replica.");
      send(response, encode(await ask(() => handover(body))));
      return;
    }
    case "GET /log?q=": {
      gates.queries.take(from);
      send(response, await ask(() => routes.log(query ?? "")));
      return;
    }
    default:
      response.writeHead(404).end();
  }
}

/** A count of who is inside, in all and by address. */
type Gate = {
  /** @returns how to leave, once; undefined when it is full */
  enter(address: string): (() => void) | undefined;
};

/** @param freeBelow while fewer are inside, an address may have more than its share */
function createGate(maxPerAddress: number, maxAll: number, freeBelow = 0): Gate {
  const inside = new Map<string, number>();
  let all = 0;
  return {
    enter(address) {
      const same = inside.get(address) ?? 0;
      if (all >= maxAll || (same >= maxPerAddress && all >= freeBelow)) return undefined;
      all += 1;
      inside.set(address, same + 1);
      return () => {
        all -= 1;
        const left = (inside.get(address) ?? 1) - 1;
        if (left === 0) inside.delete(address);
        else inside.set(address, left);
      };
    },
  };
}

/** @throws PersonaError GUARDIANS_UNAVAILABLE when there is no place */
async function within<result>(gate: Gate, address: string, work: () => Promise<result>): Promise<result> {
  const leave = gate.enter(address);
  if (leave === undefined) throw new PersonaError("GUARDIANS_UNAVAILABLE", "The guardian is busy.");
  try {
    return await work();
  } finally {
    leave();
  }
}

async function readBody(request: IncomingMessage, maxBytes: number): Promise<Uint8Array> {
  const tooLarge = () => new PersonaError("REQUEST_INVALID", "The request is too large.", { data: { maxBytes } });
  if (Number(request.headers["content-length"] ?? 0) > maxBytes) throw tooLarge();
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Uint8Array>) {
    length += chunk.length;
    if (length > maxBytes) throw tooLarge();
    chunks.push(chunk);
  }
  return new Uint8Array(Buffer.concat(chunks, length));
}

function send(response: ServerResponse, body: Uint8Array): void {
  response.writeHead(200, { "content-type": "application/cbor", "content-length": body.length }).end(body);
}

function sendError(response: ServerResponse, status: number, error: PersonaError): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const { code, message, data } = error.toJSON();
  const body = encode({ code, message, data });
  response
    .writeHead(status, { "content-type": "application/cbor", "content-length": body.length, connection: "close" })
    .end(body);
}
