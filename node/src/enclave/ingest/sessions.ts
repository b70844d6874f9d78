import { sourceError } from "@persona-protocol/sdk/errors";
import {
  type HttpSession,
  type LiveRequest,
  type LiveResponse,
  oauthProviders,
  providerOfSource,
  type SourceAuthorization,
} from "@persona-protocol/sdk/ingest/live";
import { createHttpClient, type HttpClient, type HttpExchange, requireHost } from "./net/httpClient.ts";
import type { TlsConnection } from "./net/tlsConnection.ts";
import { exportKeys, importKeys } from "./oauth/dpopKeys.ts";
import { createOAuthClient, type OAuthClient, type Tokens } from "./oauth/oauthClient.ts";
import { newSessionId, type SessionState } from "./sessionState.ts";

export type SessionsOptions = {
  readonly connect: (host: string, port: number) => Promise<TlsConnection>;
  readonly rootsDigest: SessionState["rootsDigest"];
  /** Hands a newer state to the host and waits until it has written it down: tokens that were exchanged exist once. */
  readonly keep: (state: SessionState) => Promise<void>;
  readonly now: () => number;
};

/** Accounts while the enclave works for them: each token is renewed by one at a time. */
export type Sessions = {
  /** @throws PersonaError SOURCE_AUTH_INVALID, SOURCE_UNKNOWN and those of the authorization server */
  authorize(authorization: SourceAuthorization & { readonly id: SessionState["authorization"] }): Promise<SessionState>;
  /** Asks whether the person has confirmed a device code. @throws PersonaError SOURCE_AUTH_PENDING */
  confirm(state: SessionState): Promise<SessionState>;
  /** New tokens when the ones there end within `withinMs`. @throws PersonaError SOURCE_CONSENT_ENDED */
  renew(state: SessionState, withinMs: number): Promise<SessionState>;
  /** Tells the service that the consent is over. */
  withdraw(state: SessionState): Promise<void>;
  /** The service as a source sees it, and the state when it is done: its tokens may be newer. */
  open(
    state: SessionState,
    service: {
      readonly hosts: readonly string[];
      readonly maxAnswerBytes: number;
      readonly onExchange: (exchange: HttpExchange) => void;
    },
  ): { readonly session: HttpSession; readonly latest: () => SessionState; close(): void };
};

/** Tokens are renewed so long before their end: an answer may take that long. */
const beforeEndMs = 60_000;

export function createSessions({ connect, rootsDigest, keep, now }: SessionsOptions): Sessions {
  /** What was seen last of each session since this enclave started: an older box is not taken again. */
  const newest = new Map<string, number>();
  const renewing = new Map<string, Promise<SessionState>>();

  async function clientOf(
    state: SessionState,
    service?: {
      readonly hosts: readonly string[];
      readonly maxBytes: number;
      readonly onExchange: (exchange: HttpExchange) => void;
    },
  ): Promise<OAuthClient & { close(): void }> {
    const { server, client, dpop } = state;
    if (server === null || client === null) {
      throw sourceError(
        "SOURCE_AUTH_INVALID",
        "This source needs an authorization server, and the authorization names none.",
      );
    }
    const endpoints = [server.token_endpoint, server.device_authorization_endpoint, server.revocation_endpoint];
    const hosts = [...new Set(endpoints.filter((url) => url !== undefined).map((url) => new URL(url).host))];
    const limits = { maxBytes: 2 ** 20, idleMs: 30_000, wholeMs: 60_000 };
    const http = createHttpClient({ hosts, connect, limits });
    const resources: HttpClient = createHttpClient({
      hosts: service?.hosts ?? [],
      connect,
      onExchange: service?.onExchange,
      limits: { maxBytes: service?.maxBytes ?? 0, idleMs: 60_000, wholeMs: 300_000 },
    });
    const keys = dpop === null ? undefined : await importKeys(dpop);
    const made = createOAuthClient({ server, client, http, resources, dpop: keys, now });
    return {
      ...made,
      close() {
        http.close();
        resources.close();
      },
    };
  }

  async function using<T>(state: SessionState, work: (client: OAuthClient) => Promise<T>): Promise<T> {
    const client = await clientOf(state);
    try {
      return await work(client);
    } finally {
      client.close();
    }
  }

  function requireNewest({ id, generation }: SessionState): void {
    const seen = newest.get(id) ?? 0;
    if (generation < seen) {
      throw sourceError(
        "SOURCE_UNKNOWN",
        "A newer state of this session is in use: the host has brought an older one.",
        {
          data: { generation, newest: seen },
        },
      );
    }
    newest.set(id, generation);
  }

  async function next(state: SessionState, change: Partial<SessionState>): Promise<SessionState> {
    const changed = { ...state, ...change, generation: state.generation + 1 };
    newest.set(state.id, changed.generation);
    await keep(changed);
    return changed;
  }

  async function renew(state: SessionState, withinMs: number): Promise<SessionState> {
    const under = renewing.get(state.id);
    if (under !== undefined) return under;
    const { tokens } = state;
    if (tokens === null || (tokens.expiresAt !== null && tokens.expiresAt - now() > withinMs)) return state;
    if (tokens.expiresAt === null && withinMs !== Number.POSITIVE_INFINITY) return state;
    if (tokens.refresh === null) {
      throw sourceError(
        "SOURCE_CONSENT_ENDED",
        "The access token has ended, and the service gave none to renew it with.",
      );
    }
    const work = using(state, (client) => client.refresh(tokens)).then((renewed) => next(state, { tokens: renewed }));
    renewing.set(state.id, work);
    try {
      return await work;
    } finally {
      renewing.delete(state.id);
    }
  }

  return {
    async authorize(authorization) {
      const { id, source, server, client, scopes, grant, mailbox, recipient } = authorization;
      requireOwnServer(source, server);
      if ((grant.kind === "password") !== (server === null) || (source === "imap" && mailbox === null)) {
        throw sourceError("SOURCE_AUTH_INVALID", "The authorization does not fit its source.", {
          data: { source, rule: "grant" },
        });
      }
      const binds = server?.dpop_signing_alg_values_supported?.includes("ES256") === true;
      const state: SessionState = {
        id: newSessionId(),
        authorization: id,
        source,
        server,
        client,
        scopes,
        mailbox,
        recipient,
        rootsDigest,
        generation: 1,
        tokens: null,
        device: null,
        password: grant.kind === "password" ? grant.password : null,
        dpop: binds ? await exportKeys() : null,
      };
      if (grant.kind === "password") return next(state, {});
      return using(state, async (oauth) => {
        if (grant.kind === "device") return next(state, { device: await oauth.startDevice(scopes) });
        return next(state, { tokens: await oauth.exchangeCode(grant) });
      });
    },
    async confirm(state) {
      requireNewest(state);
      const { device } = state;
      if (device === null) return state;
      if (now() > device.expiresAt) {
        throw sourceError("SOURCE_AUTH_INVALID", "The device code has expired.", { data: { rule: "expired_token" } });
      }
      const tokens = await using(state, (oauth) => oauth.pollDevice(device.deviceCode));
      return next(state, { tokens, device: null });
    },
    async renew(state, withinMs) {
      requireNewest(state);
      return renew(state, withinMs);
    },
    async withdraw(state) {
      const { tokens } = state;
      newest.set(state.id, Number.MAX_SAFE_INTEGER);
      if (tokens !== null) await using(state, (oauth) => oauth.revoke(tokens));
    },
    open(state, { hosts, maxAnswerBytes, onExchange }) {
      requireNewest(state);
      let current = state;
      const client = clientOf(state, { hosts, maxBytes: maxAnswerBytes, onExchange });
      client.catch(() => {}); // The first request hears of it.
      return {
        latest: () => current,
        close: () =>
          void client.then(
            (opened) => opened.close(),
            () => {},
          ),
        session: {
          now,
          wait,
          async request(request, { signal } = {}) {
            const url = URL.parse(request.url);
            if (url === null)
              throw sourceError("SOURCE_HOST_REFUSED", "The source was about to ask for what is no address.");
            requireHost(url, hosts);
            current = await renew(current, beforeEndMs);
            const used = tokensOf(current);
            const answer = await send(url, request, used, signal);
            if (answer.status !== 401 || used.refresh === null) return answer;
            // The service has ended the token before its time: once more with a new one.
            if (current.tokens === used) current = await renew(current, Number.POSITIVE_INFINITY);
            return send(url, request, tokensOf(current), signal);
          },
        },
      };

      async function send(
        url: URL,
        request: LiveRequest,
        tokens: Tokens,
        signal: AbortSignal | undefined,
      ): Promise<LiveResponse> {
        const { method = "GET", headers = {} } = request;
        const names = [...new Set(url.searchParams.keys())].sort();
        const {
          status,
          headers: got,
          body,
        } = await (await client).resource(tokens, {
          method,
          url,
          headers,
          shape: `${method} ${request.shape}${names.length === 0 ? "" : `?${names.join("&")}`}`.slice(0, 512),
          signal,
        });
        return {
          status,
          body,
          header(name) {
            const value = got[name];
            return value === undefined ? null : Array.isArray(value) ? value.join(", ") : value;
          },
        };
      }
    },
  };
}

function tokensOf({ tokens }: SessionState): Tokens {
  if (tokens !== null) return tokens;
  throw sourceError("SOURCE_AUTH_PENDING", "The person has not confirmed the code yet.");
}

/** A source of a known service is authorized by that service's own server, as this build knows it. */
function requireOwnServer(source: string, server: SourceAuthorization["server"]): void {
  const name = providerOfSource[source];
  if (name === undefined || server === null) return;
  const known = oauthProviders[name];
  if (server.issuer === known.issuer && server.token_endpoint === known.token_endpoint) return;
  throw sourceError("SOURCE_AUTH_INVALID", "The authorization names another server than the service's own.", {
    data: { source, rule: "issuer" },
  });
}

/** @throws PersonaError CANCELLED */
async function wait(ms: number, signal?: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  const stop = () => resolve();
  signal?.addEventListener("abort", stop, { once: true });
  await promise;
  clearTimeout(timer);
  signal?.removeEventListener("abort", stop);
  signal?.throwIfAborted();
}
