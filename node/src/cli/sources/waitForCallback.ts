import { createServer } from "node:http";
import { PersonaError } from "@persona-protocol/sdk/errors";
import { listen } from "../../listen.ts";

const patienceMs = 10 * 60_000;

/**
 * A page on loopback that a service sends its person back to (RFC 8252 7.3).
 * @param redirectUri as the application was registered with: `http://127.0.0.1:PORT/PATH`, without a port any free one
 * @throws PersonaError USAGE, PORT_IN_USE
 */
export async function waitForCallback(redirectUri = "http://127.0.0.1/callback"): Promise<{
  readonly redirectUri: string;
  /** The query that the person came back with. @throws PersonaError CANCELLED */
  answer(state: string, signal: AbortSignal): Promise<string>;
  close(): void;
}> {
  const url = URL.parse(redirectUri);
  const isLoopback =
    url?.protocol === "http:" && ["127.0.0.1", "localhost"].includes(url.hostname) && url.search === "";
  if (url === null || !isLoopback)
    throw new PersonaError("USAGE", "--redirect-uri is http://127.0.0.1:PORT/PATH: nobody else's page gets the code.");
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  promise.catch(() => {}); // Whoever asks hears of it.
  let wanted: string | undefined;
  const server = createServer((request, response) => {
    const got = URL.parse(request.url ?? "", url.origin);
    const isIt = request.method === "GET" && got?.pathname === url.pathname && got.searchParams.get("state") === wanted;
    response.writeHead(isIt ? 200 : 404, {
      "content-type": "text/plain; charset=utf-8",
      "referrer-policy": "no-referrer",
      "cache-control": "no-store",
      connection: "close",
    });
    // Of another page that calls here with a state of its own nothing is taken.
    response.end(isIt ? "Thank you. You may close this page.\n" : "Nothing is waited for here.\n");
    if (isIt && got !== null) resolve(got.search.slice(1));
  });
  const { port, close } = await listen(server, {
    host: "127.0.0.1",
    port: Number(url.port),
    name: "The page that the service sends you back to",
  });
  url.port = String(port);
  return {
    redirectUri: url.href,
    async answer(state, signal) {
      wanted = state;
      const end = (why: string) => () => reject(new PersonaError("CANCELLED", why));
      const timer = setTimeout(end("Nobody came back from the service within ten minutes."), patienceMs);
      const stopped = end("The consent was not waited for.");
      signal.addEventListener("abort", stopped, { once: true });
      try {
        return await promise;
      } finally {
        clearTimeout(timer);
        signal.removeEventListener("abort", stopped);
      }
    },
    close: () => void close(),
  };
}
