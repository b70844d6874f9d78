// An authorization server (oidc-provider) and a service that takes its tokens, as a process of its own, at 127.0.0.1 by TLS.
// It answers as github.com and api.github.com: whoever asks it has routed these names here.
// Configuration as JSON in the argument; prints {"port": …}. Ends with its stdin.
import { createHash } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:https";

type Settings = {
  readonly key: string;
  readonly cert: string;
  /** Seconds that its clock is ahead. */
  readonly skewSeconds?: number;
  readonly accessSeconds?: number;
  readonly codeSeconds?: number;
  readonly deviceSeconds?: number;
  readonly dpop?: boolean;
  readonly dpopNonce?: boolean;
};

const settings = JSON.parse(process.argv[2] ?? "{}") as Settings;
const offsetMs = (settings.skewSeconds ?? 0) * 1_000;
if (offsetMs !== 0) {
  // Before anything of the server is loaded.
  const Real = Date;
  const Skewed = class extends Real {
    constructor(...args: [] | [number | string]) {
      if (args.length === 0) super(Real.now() + offsetMs);
      else super(args[0]);
    }
    static override now(): number {
      return Real.now() + offsetMs;
    }
  };
  globalThis.Date = Skewed as DateConstructor;
}

// @ts-expect-error: it has no types
const { Provider } = await import("oidc-provider");
const { calculateJwkThumbprint, jwtVerify, EmbeddedJWK } = await import("jose");

const issuer = "https://github.com";
const api = "api.github.com";
const provider = new Provider(issuer, {
  clients: [
    {
      client_id: "persona-test",
      token_endpoint_auth_method: "none",
      application_type: "web",
      grant_types: ["authorization_code", "refresh_token", "urn:ietf:params:oauth:grant-type:device_code"],
      response_types: ["code"],
      redirect_uris: ["https://app.example/callback"],
    },
    {
      // A program on its person's own machine: any port of loopback (RFC 8252).
      client_id: "persona-cli",
      token_endpoint_auth_method: "none",
      application_type: "native",
      grant_types: ["authorization_code", "refresh_token", "urn:ietf:params:oauth:grant-type:device_code"],
      response_types: ["code"],
      redirect_uris: ["http://127.0.0.1/callback"],
    },
  ],
  scopes: ["repo", "read:user", "user:email"],
  routes: {
    authorization: "/login/oauth/authorize",
    token: "/login/oauth/access_token",
    device_authorization: "/login/device/code",
    code_verification: "/login/device",
    revocation: "/login/oauth/revoke",
  },
  features: {
    devInteractions: { enabled: false },
    deviceFlow: { enabled: true },
    revocation: { enabled: true },
    dPoP: {
      enabled: settings.dpop === true,
      ...(settings.dpopNonce === true ? { nonceSecret: Buffer.alloc(32, 7), requireNonce: () => true } : {}),
    },
  },
  pkce: { required: () => true },
  issueRefreshToken: async () => true,
  rotateRefreshToken: true,
  interactions: { url: (_: unknown, { uid }: { readonly uid: string }) => `/consent/${uid}` },
  findAccount: async (_: unknown, accountId: string) => ({ accountId, claims: async () => ({ sub: accountId }) }),
  cookies: { keys: ["of this test alone"] },
  ttl: {
    AccessToken: settings.accessSeconds ?? 3_600,
    AuthorizationCode: settings.codeSeconds ?? 60,
    RefreshToken: 86_400,
    DeviceCode: settings.deviceSeconds ?? 600,
    Interaction: 600,
    Grant: 86_400,
    Session: 86_400,
  },
});

/** Everything secret that went through it: what nobody else may have. */
const secrets = new Set<string>(["canary-7f3a"]);
type Granted = {
  readonly body: Readonly<Record<string, unknown>>;
  readonly oidc: { readonly params: Readonly<Record<string, unknown>> };
};
provider.on("grant.success", ({ body, oidc: { params } }: Granted) => {
  for (const value of [
    body["access_token"],
    body["refresh_token"],
    params["code"],
    params["code_verifier"],
    params["refresh_token"],
  ])
    if (typeof value === "string") secrets.add(value);
});

type Details = {
  readonly prompt: { readonly name: string };
  readonly params: { readonly client_id: string; readonly scope?: string };
  readonly grantId?: string;
};

/** What a person does on the page of consent: the test's browser says it in a header. */
async function consent(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const details = (await provider.interactionDetails(request, response)) as Details;
  const choice = String(request.headers["x-consent"] ?? "all");
  const finish = (result: object) =>
    provider.interactionFinished(request, response, result, { mergeWithLastSubmission: true });
  if (details.prompt.name === "login") return finish({ login: { accountId: "kari" } });
  if (choice === "deny") return finish({ error: "access_denied" });
  const grant = new provider.Grant({ accountId: "kari", clientId: details.params.client_id });
  const asked = (details.params.scope ?? "").split(" ");
  const given = choice === "all" ? asked : asked.filter((scope) => scope === choice);
  grant.addOIDCScope(given.join(" "));
  const refused = asked.filter((scope) => !given.includes(scope));
  if (refused.length > 0) grant.rejectOIDCScope(refused.join(" "));
  return finish({ consent: { grantId: await grant.save() } });
}

const log: { path: string; status: number; scheme: string }[] = [];
const issues = [
  {
    html_url: "https://github.com/kari/boats/issues/1",
    user: { html_url: "https://github.com/kari" },
    title: "Rope",
    body: "too short, says canary-7f3a",
    created_at: "2024-01-01T00:00:00Z",
    updated_at: "2024-01-01T00:00:00Z",
    labels: [],
    assignees: [],
  },
];
const answers: Readonly<Record<string, unknown>> = {
  "/user": { login: "kari", html_url: "https://github.com/kari" },
  "/user/repos": [
    {
      full_name: "kari/boats",
      name: "boats",
      html_url: "https://github.com/kari/boats",
      owner: { html_url: "https://github.com/kari" },
      private: false,
      fork: false,
    },
  ],
  "/repos/kari/boats/issues": issues,
  "/repos/kari/boats/issues/comments": [],
  "/repos/kari/boats/pulls/comments": [],
  "/repos/kari/boats/comments": [],
};

async function service(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? "/", `https://${api}`);
  const [scheme = "", value = ""] = (request.headers.authorization ?? "").split(" ");
  const refuse = (error: string) => {
    log.push({ path: url.pathname, status: 401, scheme });
    response.writeHead(401, { "www-authenticate": `${scheme === "DPoP" ? "DPoP" : "Bearer"} error="${error}"` });
    response.end();
  };
  const token = await provider.AccessToken.find(value);
  if (token === undefined || token.isExpired) return refuse("invalid_token");
  if (token.jkt !== undefined) {
    const proof = String(request.headers["dpop"] ?? "");
    if (scheme !== "DPoP") return refuse("invalid_token");
    try {
      const { payload, protectedHeader } = await jwtVerify(proof, EmbeddedJWK, { typ: "dpop+jwt", clockTolerance: 30 });
      const isBound = (await calculateJwkThumbprint(protectedHeader.jwk ?? {})) === token.jkt;
      const isTimely = Math.abs((payload.iat ?? 0) - Date.now() / 1_000) < 60;
      const ath = createHash("sha256").update(value).digest("base64url");
      if (!isBound || !isTimely || payload["ath"] !== ath || payload["htm"] !== request.method)
        return refuse("invalid_dpop_proof");
    } catch {
      return refuse("invalid_dpop_proof");
    }
  }
  const answer = answers[url.pathname];
  log.push({ path: url.pathname, status: answer === undefined ? 404 : 200, scheme });
  response.writeHead(answer === undefined ? 404 : 200, { "content-type": "application/json; charset=utf-8" });
  response.end(JSON.stringify(answer ?? { message: "Not Found" }));
}

const callback = provider.callback();
const server = createServer({ key: settings.key, cert: settings.cert }, (request, response) => {
  const host = request.headers.host ?? "";
  // Node's own would be of the real clock.
  response.setHeader("date", new Date().toUTCString());
  const path = request.url ?? "/";
  const fail = (error: unknown) => {
    response.writeHead(500);
    response.end(String(error));
  };
  if (path === "/test/secrets") response.end(JSON.stringify([...secrets]));
  else if (path === "/test/log") response.end(JSON.stringify(log));
  else if (path === "/test/issue") {
    const [first] = issues;
    const number = issues.length + 1;
    if (first !== undefined)
      issues.push({ ...first, html_url: `https://github.com/kari/boats/issues/${number}`, title: `Sail ${number}` });
    response.end();
  } else if (host === api) service(request, response).catch(fail);
  else if (path.startsWith("/consent/")) consent(request, response).catch(fail);
  else void callback(request, response);
});
server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  process.stdout.write(`${JSON.stringify({ port: typeof address === "object" ? address?.port : 0 })}\n`);
});
process.stdin.resume();
process.stdin.on("end", () => process.exit(0));
