import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";

/** What is served below a path: bytes, or whatever a listener answers. */
export type SiteRoute = Uint8Array | RequestListener;

/** A web site on a free port of loopback. `localhost` is a secure context, and a name that passkeys can belong to. */
export type BrowserSite = {
  readonly origin: string;
  /** Serves this below `path` (the longest that fits counts), from now on. */
  route(path: string, answer: SiteRoute): void;
  close(): Promise<void>;
};

export async function startBrowserSite(): Promise<BrowserSite> {
  const routes = new Map<string, SiteRoute>();
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://localhost");
    const [path] = [...routes.keys()]
      .filter((each) => pathname.startsWith(each))
      .sort((one, other) => other.length - one.length);
    const answer = path === undefined ? undefined : routes.get(path);
    if (typeof answer === "function") answer(request, response);
    else if (answer === undefined) response.writeHead(404).end();
    else response.writeHead(200, { "content-type": typeOf(pathname), "content-length": answer.length }).end(answer);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    origin: `http://localhost:${(server.address() as AddressInfo).port}`,
    route: (path, answer) => void routes.set(path, answer),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function typeOf(path: string): string {
  if (path.endsWith(".js")) return "text/javascript";
  return path.endsWith(".html") ? "text/html; charset=utf-8" : "application/octet-stream";
}
