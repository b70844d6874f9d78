import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export type HoldingProxy = {
  readonly url: string;
  /** Settles when a request was held. */
  readonly held: Promise<void>;
  close(): Promise<void>;
};

/**
 * Stands before a chain and never answers the first request with a call that `hold` picks: whoever sent it can be killed at that instant.
 * With "lost" the chain never hears of it; with "unanswered" it does.
 */
export async function startHoldingProxy(
  target: string,
  hold: (method: string) => "lost" | "unanswered" | "no",
): Promise<HoldingProxy> {
  const { promise: held, resolve: noteHeld } = Promise.withResolvers<void>();
  const server = createServer((request, response) => {
    const forward = async () => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const body = Buffer.concat(chunks).toString();
      const calls = [JSON.parse(body)].flat() as readonly { method: string }[]; // one call, or a batch of them
      const how = calls.map(({ method }) => hold(method)).find((found) => found !== "no") ?? "no";
      if (how === "lost") return noteHeld();
      const answer = await fetch(target, { method: "POST", headers: { "content-type": "application/json" }, body });
      const text = await answer.text();
      if (how === "unanswered") return noteHeld();
      response.setHeader("content-type", "application/json").end(text);
    };
    forward().catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    held,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
