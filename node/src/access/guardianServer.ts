import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { encode } from "@ipld/dag-cbor";
import { maxDepositBytes, maxReleaseCallBytes } from "@persona-protocol/sdk/access";
import { isPersonaError, PersonaError } from "@persona-protocol/sdk/errors";
import type { Logger } from "pino";

export type GuardianRoutes = {
  /** DAG-CBOR `{ nodeId, signer, kemKey }`; undefined until the guardian serves. */
  key(): { nodeId: number; signer: string; kemKey: Uint8Array } | undefined;
  release(body: Uint8Array): Promise<Uint8Array>;
  deposit(body: Uint8Array): Promise<void>;
};

export type GuardianServer = { readonly port: number; close(): Promise<void> };

/** Requests served at once; more are told to come back. */
const maxConcurrent = 64;

/**
 * `GET /key`, `GET /healthz`, `POST /release`, `POST /deposit`; bodies are DAG-CBOR (docs/protocol.md 4.4, 4.5). The server
 * holds no key: it hands each body to the guardian's enclave.
 */
export async function startGuardianServer(options: {
  readonly host: string;
  readonly port: number;
  readonly routes: GuardianRoutes;
  readonly log: Logger;
}): Promise<GuardianServer> {
  const { host, port, routes, log } = options;
  let active = 0;
  // Node looks for requests that are too slow every 30 seconds, unless told otherwise.
  const server = createServer({ connectionsCheckingInterval: 1_000 }, (request, response) => {
    if (active >= maxConcurrent) {
      sendError(response, 503, new PersonaError("GUARDIANS_UNAVAILABLE", "The guardian is busy."));
      return;
    }
    active += 1;
    serve(routes, request, response)
      .catch((error: unknown) => {
        const known = isPersonaError(error)
          ? error
          : new PersonaError("INTERNAL", "The guardian failed.", { cause: error });
        log.warn({ code: known.code, path: request.url }, "request failed");
        sendError(response, known.exitCode === 75 ? 503 : known.code === "INTERNAL" ? 500 : 400, known);
      })
      .finally(() => {
        active -= 1;
      });
  });
  server.requestTimeout = 10_000;
  server.headersTimeout = 5_000;
  await new Promise<void>((resolve, reject) => {
    server.once("error", (cause: NodeJS.ErrnoException) => {
      const taken = cause.code === "EADDRINUSE";
      reject(
        new PersonaError(taken ? "PORT_IN_USE" : "CONFIG_INVALID", `The guardian cannot listen: ${cause.message}.`, {
          data: { host, port },
          cause,
        }),
      );
    });
    server.listen(port, host, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function serve(routes: GuardianRoutes, request: IncomingMessage, response: ServerResponse): Promise<void> {
  switch (`${request.method} ${request.url}`) {
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
    case "POST /release":
      send(response, await routes.release(await readBody(request, maxReleaseCallBytes)));
      return;
    case "POST /deposit":
      await routes.deposit(await readBody(request, maxDepositBytes));
      send(response, encode(null));
      return;
    default:
      response.writeHead(404).end();
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
