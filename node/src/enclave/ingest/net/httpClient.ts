import { createHash } from "node:crypto";
import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import { Agent, request as httpsRequest } from "node:https";
import { sourceError } from "@persona-protocol/sdk/errors";
import type { Hex } from "viem";
import { connectionError, type TlsConnection } from "./tlsConnection.ts";

type HttpRequest = {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
  /** For the statement of origin. */
  readonly shape: string;
  readonly signal?: AbortSignal | undefined;
};

export type HttpAnswer = { readonly status: number; readonly headers: IncomingHttpHeaders; readonly body: Uint8Array };

/** What a statement of origin says of one answer. */
export type HttpExchange = {
  readonly host: string;
  readonly certificate: Hex;
  readonly shape: string;
  readonly status: number;
  /** Unix seconds, of the host's clock; null when it says none. */
  readonly date: number | null;
  readonly bodyDigest: Hex;
};

export type HttpClient = {
  /**
   * One request and its whole answer, of any status. No redirect is followed, no cookie kept, nothing decompressed.
   *
   * @throws PersonaError SOURCE_HOST_REFUSED, SOURCE_CERTIFICATE_INVALID, SOURCE_UNAVAILABLE, SOURCE_ANSWER_INVALID, CANCELLED
   */
  request(request: HttpRequest): Promise<HttpAnswer>;
  close(): void;
};

const defaults = { maxBytes: 64 * 2 ** 20, idleMs: 60_000, wholeMs: 300_000 };
export type HttpLimits = typeof defaults;

/**
 * HTTPS of an ingest enclave: to the named hosts alone, over connections that end inside.
 *
 * @param hosts in lower case, with the port where it is not 443
 */
export function createHttpClient({
  hosts,
  connect,
  onExchange,
  limits: { maxBytes, idleMs, wholeMs } = defaults,
}: {
  readonly hosts: readonly string[];
  readonly connect: (host: string, port: number) => Promise<TlsConnection>;
  readonly onExchange?: ((exchange: HttpExchange) => void) | undefined;
  readonly limits?: HttpLimits | undefined;
}): HttpClient {
  const certificates = new WeakMap<object, Hex>();
  const agent = new (class extends Agent {
    override createConnection(...[options, done]: Parameters<Agent["createConnection"]>): undefined {
      const { host, port } = options as { readonly host: string; readonly port: number };
      connect(host, Number(port)).then(
        ({ socket, certificate }) => {
          certificates.set(socket, certificate);
          done?.(null, socket);
        },
        // The stream is of no use to anybody then.
        (error: Error) => done?.(error, undefined as never),
      );
      return undefined;
    }
  })({ keepAlive: true, maxSockets: 2, maxFreeSockets: 2 });

  return {
    async request({ method, url, headers, body, shape, signal }) {
      requireHost(url, hosts);
      const whole = AbortSignal.any([AbortSignal.timeout(wholeMs), ...(signal === undefined ? [] : [signal])]);
      try {
        const { incoming, certificate } = await send();
        const bytes = await wholeBody(incoming, maxBytes, url.host);
        requirePlain(incoming, url.host);
        const { statusCode: status = 0, headers: got } = incoming;
        const date = Date.parse(got.date ?? "");
        onExchange?.({
          host: url.host,
          certificate,
          shape,
          status,
          date: Number.isNaN(date) ? null : Math.floor(date / 1_000),
          bodyDigest: `0x${createHash("sha256").update(bytes).digest("hex")}`,
        });
        return { status, headers: got, body: bytes };
      } catch (error) {
        if (signal?.aborted === true) throw signal.reason;
        throw connectionError(error, url.host);
      }

      function send(): Promise<{ readonly incoming: IncomingMessage; readonly certificate: Hex }> {
        const { promise, resolve, reject } = Promise.withResolvers<{ incoming: IncomingMessage; certificate: Hex }>();
        const outgoing = httpsRequest(url, {
          agent,
          method,
          headers: {
            ...headers,
            "accept-encoding": "identity",
            ...(body === undefined ? {} : { "content-length": Buffer.byteLength(body) }),
          },
          signal: whole,
          maxHeaderSize: 32_768,
        });
        outgoing.setTimeout(idleMs, () => outgoing.destroy(new Error("silence")));
        outgoing.once("error", reject);
        outgoing.once("response", (incoming) => {
          const certificate = certificates.get(incoming.socket);
          if (certificate !== undefined) resolve({ incoming, certificate });
          else reject(new Error("an answer over no connection of ours"));
        });
        outgoing.end(body);
        return promise;
      }
    },
    close: () => agent.destroy(),
  };
}

/** @throws PersonaError SOURCE_HOST_REFUSED */
export function requireHost(url: URL, hosts: readonly string[]): void {
  const isOwn = url.protocol === "https:" && url.username === "" && url.password === "" && hosts.includes(url.host);
  if (!isOwn) {
    throw sourceError("SOURCE_HOST_REFUSED", "The source asks nobody but its own hosts, by https.", {
      data: { host: url.host, protocol: url.protocol },
    });
  }
}

async function wholeBody(incoming: IncomingMessage, maxBytes: number, host: string): Promise<Uint8Array> {
  const tooMuch = () => {
    incoming.destroy();
    return sourceError("SOURCE_ANSWER_INVALID", "The service answers with more than the limit.", {
      data: { host, maxBytes },
    });
  };
  if (Number(incoming.headers["content-length"] ?? 0) > maxBytes) throw tooMuch();
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of incoming) {
    length += (piece as Buffer).length;
    if (length > maxBytes) throw tooMuch();
    pieces.push(piece as Buffer);
  }
  if (!incoming.complete) throw sourceError("SOURCE_UNAVAILABLE", "The answer was cut off.", { data: { host } });
  return new Uint8Array(Buffer.concat(pieces));
}

/** Compressed although it was asked not to: a few bytes could become any number. */
function requirePlain({ headers }: IncomingMessage, host: string): void {
  const encoding = headers["content-encoding"];
  if (encoding === undefined || encoding === "identity") return;
  throw sourceError("SOURCE_ANSWER_INVALID", "The service compressed an answer, which it was asked not to.", {
    data: { host },
  });
}
