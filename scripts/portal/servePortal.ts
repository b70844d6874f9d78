import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { extname, join } from "node:path";
import { type Listening, listen } from "../../node/src/listen.ts";
import { workerPolicy } from "../../portal/dev/policies.ts";

const types: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".wasm": "application/wasm",
  ".json": "application/json",
};

export type PortalServer = Listening & { readonly origin: string };

/**
 * Serves the built page as any web server would, below any path, with its settings beside it. `routes` answer below `/store` and the
 * like; `scripts` are put in front of the page's own (the test wallet of a local network).
 */
export async function servePortal(options: servePortal.Options): Promise<PortalServer> {
  const { dist, config, path = "/", scripts = [] } = options;
  const page = readFileSync(join(dist, "index.html"), "utf8");
  const [, policy = ""] = /http-equiv="Content-Security-Policy" content="([^"]+)"/.exec(page) ?? [];
  const extra = scripts.map((_, i) => `<script type="module" src="./local-${i}.js"></script>`).join("");
  const served = new Map<string, string | Uint8Array>([
    ["index.html", page.replace("</body>", `${extra}</body>`)],
    ["portal.config.json", JSON.stringify(config)],
    ...scripts.map((script, i) => [`local-${i}.js`, script] as const),
  ]);

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://portal");
    if (!pathname.startsWith(path)) return void response.writeHead(404).end();
    const rest = pathname.slice(path.length);
    for (const [prefix, route] of Object.entries(options.routes ?? {})) {
      if (rest === prefix || rest.startsWith(`${prefix}/`))
        return route(rest.slice(prefix.length), searchParams, request, response);
    }
    const name = rest === "" ? "index.html" : rest;
    const body = served.get(name) ?? fileOf(dist, name);
    if (body === undefined) return void response.writeHead(404).end();
    response
      .writeHead(200, {
        "content-type": types[extname(name)] ?? "application/octet-stream",
        // A page that may not be framed cannot be clicked through another one; a `meta` cannot say so.
        "content-security-policy": name.startsWith("assets/") ? workerPolicy : `${policy}; frame-ancestors 'none'`,
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
        "cross-origin-opener-policy": "same-origin-allow-popups",
        "permissions-policy": "camera=(), microphone=(), geolocation=()",
        "cache-control": name.startsWith("assets/") ? "public, max-age=31536000, immutable" : "no-cache",
      })
      .end(request.method === "HEAD" ? undefined : body);
  }

  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      process.stderr.write(`${String(error)}\n`);
      if (!response.headersSent) response.writeHead(500);
      response.end();
    });
  });
  const listening = await listen(server, { host: "127.0.0.1", port: options.port, name: "The page" });
  return { ...listening, origin: `http://127.0.0.1:${listening.port}` };
}

export type Route = (
  path: string,
  query: URLSearchParams,
  request: IncomingMessage,
  response: ServerResponse,
) => void | Promise<void>;

export declare namespace servePortal {
  type Options = {
    readonly dist: string;
    /** 0 picks a free one. */
    readonly port: number;
    readonly config: unknown;
    /** Where it is served, with a slash at its end. Default: the root. */
    readonly path?: string;
    readonly scripts?: readonly string[];
    readonly routes?: Readonly<Record<string, Route>>;
  };
}

function fileOf(dist: string, name: string): Uint8Array | undefined {
  // Names that the build made, and nothing else.
  if (!/^(?:assets\/)?[\w.-]+$/.test(name) || name.includes("..")) return undefined;
  try {
    return readFileSync(join(dist, name));
  } catch {
    return undefined;
  }
}
