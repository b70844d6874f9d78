import { spawn } from "node:child_process";
import { once } from "node:events";
import { request } from "node:https";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { createTestAuthority, type TestAuthority } from "../testCertificates.ts";

export type AuthorizationServerSettings = {
  readonly skewSeconds?: number;
  readonly accessSeconds?: number;
  readonly codeSeconds?: number;
  readonly deviceSeconds?: number;
  readonly dpop?: boolean;
  readonly dpopNonce?: boolean;
};

export type TestAuthorizationServer = {
  readonly port: number;
  readonly authority: TestAuthority;
  /**
   * A person with a browser: goes to the address, consents (`all`, `deny`, or one scope), and comes back with what the
   * application's page is called with.
   */
  browse(url: string, consent?: string): Promise<string>;
  /** A request as anybody may send one. */
  post(
    path: string,
    form: Readonly<Record<string, string>>,
  ): Promise<{ readonly status: number; readonly body: string }>;
  /** What the service was asked, in order. */
  log(): Promise<readonly { readonly path: string; readonly status: number; readonly scheme: string }[]>;
  /** The person writes one more issue. */
  writeIssue(): Promise<void>;
  /** Every code, verifier and token that it was shown or has given. */
  secrets(): Promise<readonly string[]>;
  stop(): Promise<void>;
};

const main = fileURLToPath(new URL("serverMain.ts", import.meta.url));
let shared: TestAuthority | undefined;

/** A real authorization server in a process of its own, with a service that takes its tokens; both answer as GitHub's. */
export async function startAuthorizationServer(
  settings: AuthorizationServerSettings = {},
): Promise<TestAuthorizationServer> {
  shared ??= createTestAuthority();
  const authority = shared;
  const certificate = authority.issue(["github.com", "api.github.com"]);
  const child = spawn(process.execPath, ["--no-warnings", main, JSON.stringify({ ...settings, ...certificate })], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const [line] = (await once(createInterface(child.stdout), "line")) as [string];
  const { port } = JSON.parse(line) as { readonly port: number };

  const { ask, browse } = clientOf(port, authority.root);
  return {
    port,
    authority,
    browse,
    async post(path, form) {
      const body = new URLSearchParams(form).toString();
      const headers = { "content-type": "application/x-www-form-urlencoded", "content-length": String(body.length) };
      return ask(new URL(path, "https://github.com"), { method: "POST", headers, body });
    },
    log: async () => JSON.parse((await ask(new URL("https://github.com/test/log"))).body) as never,
    writeIssue: async () => void (await ask(new URL("https://github.com/test/issue"))),
    secrets: async () => JSON.parse((await ask(new URL("https://github.com/test/secrets"))).body) as never,
    async stop() {
      child.stdin.end();
      if (child.exitCode === null) await once(child, "exit");
    },
  };
}

/** Requests to the server, and a browser that goes to it. */
export function clientOf(port: number, root: string) {
  async function ask(
    url: URL,
    {
      method = "GET",
      headers = {},
      body,
    }: { readonly method?: string; readonly headers?: Record<string, string>; readonly body?: string } = {},
  ): Promise<{
    readonly status: number;
    readonly location: string | undefined;
    readonly cookies: readonly string[];
    readonly body: string;
  }> {
    const outgoing = request({
      host: "127.0.0.1",
      port,
      servername: url.hostname,
      ca: root,
      method,
      path: `${url.pathname}${url.search}`,
      headers: { host: url.host, ...headers },
    });
    outgoing.end(body);
    const [incoming] = await once(outgoing, "response");
    const pieces: Buffer[] = [];
    for await (const piece of incoming) pieces.push(piece as Buffer);
    return {
      status: incoming.statusCode ?? 0,
      location: incoming.headers.location,
      cookies: incoming.headers["set-cookie"] ?? [],
      body: Buffer.concat(pieces).toString(),
    };
  }

  async function browse(start: string, consent = "all"): Promise<string> {
    const cookies = new Map<string, string>();
    let url = new URL(start);
    let form: string | undefined;
    for (let step = 0; step < 30; step++) {
      const headers = {
        cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join("; "),
        "x-consent": consent,
        ...(form === undefined
          ? {}
          : { "content-type": "application/x-www-form-urlencoded", "content-length": String(form.length) }),
      };
      const answer = await ask(url, {
        method: form === undefined ? "GET" : "POST",
        headers,
        ...(form === undefined ? {} : { body: form }),
      });
      for (const cookie of answer.cookies) {
        const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
        if (value === "") cookies.delete(name);
        else cookies.set(name, value);
      }
      form = undefined;
      if (answer.location !== undefined) {
        url = new URL(answer.location, url);
        if (url.hostname !== "github.com") return url.search.slice(1);
        continue;
      }
      const action = /<form[^>]+action="([^"]+)"/.exec(answer.body)?.[1];
      if (answer.status !== 200 || action === undefined) return answer.body;
      url = new URL(action, url);
      const inputs = [...answer.body.matchAll(/<input[^>]+name="([^"]+)"[^>]*value="([^"]*)"/g)];
      form = new URLSearchParams(inputs.map(([, name = "", value = ""]): [string, string] => [name, value])).toString();
    }
    throw new Error("the browser went in a circle");
  }

  return { ask, browse };
}
