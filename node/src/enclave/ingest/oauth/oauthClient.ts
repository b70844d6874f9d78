import type { OAuthProvider, AuthorizationServer as ServerFacts } from "@persona-protocol/sdk/ingest/live";
import * as oauth from "oauth4webapi";
import type { HttpAnswer, HttpClient } from "../net/httpClient.ts";
import { type OAuthStep, oauthErrorOf } from "./oauthErrors.ts";

export type Tokens = {
  readonly access: string;
  readonly refresh: string | null;
  /** Unix milliseconds of this enclave's clock; null when the server does not say. */
  readonly expiresAt: number | null;
  /** What was granted, when the server says it. */
  readonly scopes: readonly string[] | null;
  readonly type: "bearer" | "dpop";
};

export type DeviceCode = {
  /** Secret: it becomes tokens. */
  readonly deviceCode: string;
  readonly userCode: string;
  readonly verificationUri: string;
  readonly verificationUriComplete: string | null;
  readonly expiresAt: number;
  readonly intervalMs: number;
};

export type OAuthClient = {
  /**
   * The tokens for a code that came back to the browser: state, issuer and PKCE are checked.
   * @throws PersonaError SOURCE_AUTH_INVALID, SOURCE_UNAVAILABLE, SOURCE_RATE_LIMITED and those of {@link HttpClient.request}
   */
  exchangeCode(grant: {
    readonly callback: string;
    readonly state: string;
    readonly verifier: string;
    readonly redirectUri: string;
  }): Promise<Tokens>;
  startDevice(scopes: readonly string[]): Promise<DeviceCode>;
  /** @throws PersonaError SOURCE_AUTH_PENDING too */
  pollDevice(deviceCode: string): Promise<Tokens>;
  /** @throws PersonaError SOURCE_CONSENT_ENDED too */
  refresh(tokens: Tokens): Promise<Tokens>;
  /** Tells the service that the tokens are of no use any more, where it can be told. */
  revoke(tokens: Tokens): Promise<void>;
  /** A request with an access token; DPoP where the token is bound. Answers of any status. */
  resource(tokens: Tokens, request: ResourceRequest): Promise<HttpAnswer>;
};

type ResourceRequest = {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly shape: string;
  readonly signal?: AbortSignal | undefined;
};

/** OAuth 2.1 by oauth4webapi, over connections of the enclave's own. */
export function createOAuthClient({
  server,
  client,
  http,
  resources,
  dpop,
  now,
}: {
  readonly server: OAuthProvider;
  readonly client: { readonly id: string; readonly secret: string | null };
  /** To the authorization server alone. */
  readonly http: HttpClient;
  /** To the service. */
  readonly resources: HttpClient;
  /** Key that tokens are bound to, where the server offers it. */
  readonly dpop: oauth.CryptoKeyPair | undefined;
  readonly now: () => number;
}): OAuthClient {
  const as = metadataOf(server);
  /** By how much the servers' clocks are ahead of this one's, seconds: the enclave's is its host's, and may be anything. */
  const skew = { server: 0, resources: 0 };
  // A function of the library: a nonce that one server gave is for that one.
  const self: oauth.Client = { client_id: client.id };
  const proofs = dpop === undefined ? undefined : makeProofs(dpop);
  const authenticate = clientAuthOf(server, client);

  function makeProofs(keys: oauth.CryptoKeyPair) {
    const make = () => ({
      server: oauth.DPoP({ [oauth.clockSkew]: skew.server }, keys),
      resources: oauth.DPoP({ [oauth.clockSkew]: skew.resources }, keys),
    });
    let current = make();
    const renew = () => {
      current = make();
    };
    return { get: () => current, renew };
  }

  /** As the library calls it; it sees a Response of what the enclave's own client has brought. */
  const fetchOf =
    (to: HttpClient, clock: "server" | "resources", shape: string, kept?: (answer: HttpAnswer) => void) =>
    async (
      url: string,
      options: { body?: unknown; headers: Record<string, string>; method: string; signal?: AbortSignal | undefined },
    ): Promise<Response> => {
      const { body, headers, method, signal } = options;
      const answer = await to.request({
        method,
        url: new URL(url),
        headers: { "user-agent": userAgent, ...headers },
        ...(body instanceof URLSearchParams ? { body: body.toString() } : {}),
        shape,
        signal,
      });
      const date = Date.parse(answer.headers.date ?? "");
      if (!Number.isNaN(date)) skew[clock] = Math.round((date - now()) / 1_000);
      kept?.(answer);
      return responseOf(answer);
    };

  /**
   * One request of the protocol. A server that wants its nonce, or that finds the proof's time wrong, is asked once more: its answer
   * has told both.
   */
  async function ask<T>(
    step: OAuthStep,
    shape: string,
    call: (options: oauth.TokenEndpointRequestOptions) => Promise<T>,
  ): Promise<T> {
    for (let attempt = 0; ; attempt++) {
      try {
        return await call({
          [oauth.customFetch]: fetchOf(http, "server", shape),
          ...(proofs === undefined ? {} : { DPoP: proofs.get().server }),
        });
      } catch (error) {
        const isTime = error instanceof oauth.ResponseBodyError && error.error === "invalid_dpop_proof";
        if (attempt > 0 || !(oauth.isDPoPNonceError(error) || (isTime && proofs !== undefined)))
          throw oauthErrorOf(error, step);
        if (isTime) proofs?.renew();
      }
    }
  }

  function tokensOf(response: oauth.TokenEndpointResponse, before?: Tokens): Tokens {
    const { expires_in: expiresIn, scope } = response;
    return {
      access: response.access_token,
      // A server that does not rotate gives none: the one before stays.
      refresh: response.refresh_token ?? before?.refresh ?? null,
      expiresAt: expiresIn === undefined ? null : now() + expiresIn * 1_000,
      scopes: typeof scope === "string" && scope !== "" ? scope.split(/[\s,]+/) : (before?.scopes ?? null),
      type: response.token_type === "dpop" ? "dpop" : "bearer",
    };
  }

  return {
    async exchangeCode({ callback, state, verifier, redirectUri }) {
      let checked: URLSearchParams;
      try {
        checked = oauth.validateAuthResponse(as, self, new URLSearchParams(callback), state);
      } catch (error) {
        throw oauthErrorOf(error, "callback");
      }
      return ask("code", "POST token (authorization_code)", async (options) => {
        const response = await oauth.authorizationCodeGrantRequest(
          as,
          self,
          authenticate,
          checked,
          redirectUri,
          verifier,
          options,
        );
        return tokensOf(await oauth.processAuthorizationCodeResponse(as, self, response));
      });
    },
    startDevice: (scopes) =>
      ask("device", "POST device_authorization", async (options) => {
        const parameters = { scope: scopes.join(" ") };
        const response = await oauth.deviceAuthorizationRequest(as, self, authenticate, parameters, options);
        const found = await oauth.processDeviceAuthorizationResponse(as, self, response);
        return {
          deviceCode: found.device_code,
          userCode: found.user_code,
          verificationUri: found.verification_uri,
          verificationUriComplete: found.verification_uri_complete ?? null,
          expiresAt: now() + found.expires_in * 1_000,
          intervalMs: (found.interval ?? 5) * 1_000,
        };
      }),
    pollDevice: (deviceCode) =>
      ask("poll", "POST token (device_code)", async (options) => {
        const response = await oauth.deviceCodeGrantRequest(as, self, authenticate, deviceCode, options);
        return tokensOf(await oauth.processDeviceCodeResponse(as, self, response));
      }),
    refresh: (tokens) =>
      ask("refresh", "POST token (refresh_token)", async (options) => {
        const response = await oauth.refreshTokenGrantRequest(as, self, authenticate, tokens.refresh ?? "", options);
        return tokensOf(await oauth.processRefreshTokenResponse(as, self, response), tokens);
      }),
    async revoke(tokens) {
      if (as.revocation_endpoint === undefined) return;
      await ask("revoke", "POST revocation", async (options) => {
        const response = await oauth.revocationRequest(as, self, authenticate, tokens.refresh ?? tokens.access, {
          ...(options[oauth.customFetch] === undefined ? {} : { [oauth.customFetch]: options[oauth.customFetch] }),
        });
        await oauth.processRevocationResponse(response);
      });
    },
    async resource(tokens, { method, url, headers, shape, signal }) {
      for (let attempt = 0; ; attempt++) {
        let answer: HttpAnswer | undefined;
        const request = () =>
          oauth.protectedResourceRequest(tokens.access, method, url, new Headers(headers), undefined, {
            [oauth.customFetch]: fetchOf(resources, "resources", shape, (kept) => {
              answer = kept;
            }),
            ...(signal === undefined ? {} : { signal }),
            ...(tokens.type === "dpop" && proofs !== undefined ? { DPoP: proofs.get().resources } : {}),
          });
        try {
          await request();
        } catch (error) {
          // A challenge is an answer, too; whoever asked judges it. But for a nonce that is wanted.
          if (attempt === 0 && oauth.isDPoPNonceError(error)) continue;
          if (!(error instanceof oauth.WWWAuthenticateChallengeError)) throw error;
          const isTime = error.cause.some(({ parameters }) => parameters.error === "invalid_dpop_proof");
          if (attempt === 0 && isTime && proofs !== undefined) {
            proofs.renew();
            continue;
          }
        }
        if (answer !== undefined) return answer;
        throw new Error("no answer and no error");
      }
    },
  };
}

const userAgent = "persona-protocol-ingest/1 (+https://github.com/persona-protocol)";

function metadataOf(server: ServerFacts): oauth.AuthorizationServer {
  const {
    issuer,
    token_endpoint,
    authorization_endpoint,
    device_authorization_endpoint,
    revocation_endpoint,
    dpop_signing_alg_values_supported,
    authorization_response_iss_parameter_supported,
  } = server;
  return {
    issuer,
    token_endpoint,
    ...(authorization_endpoint === undefined ? {} : { authorization_endpoint }),
    ...(device_authorization_endpoint === undefined ? {} : { device_authorization_endpoint }),
    ...(revocation_endpoint === undefined ? {} : { revocation_endpoint }),
    ...(dpop_signing_alg_values_supported === undefined
      ? {}
      : { dpop_signing_alg_values_supported: [...dpop_signing_alg_values_supported] }),
    ...(authorization_response_iss_parameter_supported === undefined
      ? {}
      : { authorization_response_iss_parameter_supported }),
  };
}

function clientAuthOf(
  server: OAuthProvider,
  { id, secret }: { readonly id: string; readonly secret: string | null },
): oauth.ClientAuth {
  if (secret !== null) return oauth.ClientSecretPost(secret);
  if (server.publicClient !== "basic") return oauth.None();
  // RFC 6749, 2.3.1, with the empty password that this service documents for applications that cannot keep one.
  return (_as, _client, _body, headers) => headers.set("authorization", `Basic ${btoa(`${encodeURIComponent(id)}:`)}`);
}

/** GitHub says errors with status 200, which no standard knows. */
function responseOf({ status, headers, body }: HttpAnswer): Response {
  const entries = Object.entries(headers).flatMap(([name, value]) =>
    value === undefined || name === "set-cookie"
      ? []
      : [[name, Array.isArray(value) ? value.join(", ") : value] as const],
  );
  const isEmpty = status === 204 || status === 205 || status === 304;
  const fixed = status === 200 && isErrorBody(body) ? 400 : status;
  return new Response(isEmpty ? null : Uint8Array.from(body), { status: fixed, headers: Object.fromEntries(entries) });
}

function isErrorBody(body: Uint8Array): boolean {
  if (body.length > 65_536) return false;
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(body));
    return typeof value === "object" && value !== null && "error" in value && !("access_token" in value);
  } catch {
    return false;
  }
}
