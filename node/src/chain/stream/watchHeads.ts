import { z } from "zod";
import type { Clock } from "../clock.ts";

/** Says when there may be a new block. */
export type HeadWatch = {
  /** Resolves at the next sign of a new block, after `ms`, or with the signal. */
  untilNews(ms: number, signal: AbortSignal): Promise<void>;
  /** Whether the subscription stands: without it the caller's polling is all there is. */
  readonly connected: () => boolean;
  /** Resolves after the signal. */
  readonly ended: Promise<void>;
};

const message = z.object({ method: z.literal("eth_subscription") });
const subscribe = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "eth_subscribe", params: ["newHeads"] });
const firstPauseMs = 500;
const longestPauseMs = 60_000;
/** A line that is open and says nothing for so long is taken for dead. */
const silenceMs = 90_000;
const longestMessage = 64 * 1024;

/**
 * A websocket subscription to new blocks, opened again whenever it ends. What it says is believed in nothing but that it is time to
 * look; a line that is down, silent or mad costs only the time until the next poll.
 */
export function watchHeads(options: {
  readonly url: string;
  readonly clock: Clock;
  readonly onState?: (connected: boolean) => void;
  readonly signal: AbortSignal;
}): HeadWatch {
  const { url, clock, signal, onState = () => {} } = options;
  const waiting = new Set<() => void>();
  let connected = false;
  /** A head that came while nobody waited. */
  let news = false;

  const onHead = () => {
    news = waiting.size === 0;
    for (const wake of waiting) wake();
  };
  const set = (now: boolean) => {
    if (connected === now) return;
    connected = now;
    onState(now);
    // What came while the line was down is looked for at once.
    if (now) onHead();
  };

  /** @returns whether it ever stood */
  const once = (): Promise<boolean> =>
    new Promise((resolve) => {
      const socket = new WebSocket(url);
      let stood = false;
      let heard = clock.now();
      const over = new AbortController();
      const end = () => {
        if (over.signal.aborted) return;
        over.abort();
        signal.removeEventListener("abort", end);
        set(false);
        socket.close();
        resolve(stood);
      };
      signal.addEventListener("abort", end, { once: true });
      socket.addEventListener("open", () => socket.send(subscribe));
      socket.addEventListener("error", end);
      socket.addEventListener("close", end);
      socket.addEventListener("message", ({ data }: { readonly data: unknown }) => {
        if (typeof data !== "string" || data.length > longestMessage) return end();
        heard = clock.now();
        if (isHead(data)) {
          stood = true;
          set(true);
          onHead();
        } else if (isAccepted(data)) {
          stood = true;
          set(true);
        } else end();
      });
      void (async () => {
        while (!over.signal.aborted) {
          await clock.sleep(silenceMs / 3, over.signal);
          if (clock.now() - heard > silenceMs) end();
        }
      })();
    });

  const keep = async (): Promise<void> => {
    let pauseMs = firstPauseMs;
    while (!signal.aborted) {
      pauseMs = (await once()) ? firstPauseMs : Math.min(pauseMs * 2, longestPauseMs);
      await clock.sleep(pauseMs, signal);
    }
  };

  return {
    connected: () => connected,
    ended: keep(),
    async untilNews(ms, waitSignal) {
      if (news) {
        news = false;
        return;
      }
      const woken = new AbortController();
      const wake = () => woken.abort();
      waiting.add(wake);
      try {
        await clock.sleep(ms, AbortSignal.any([waitSignal, woken.signal]));
      } finally {
        waiting.delete(wake);
      }
    },
  };
}

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};
const isHead = (text: string): boolean => message.safeParse(parse(text)).success;
const isAccepted = (text: string): boolean =>
  z.object({ id: z.literal(1), result: z.string() }).safeParse(parse(text)).success;
