import type { Logger } from "pino";

/** How long failures of one code are only counted, after the first. */
const windowMs = 60_000;

/**
 * Warnings that strangers can cause, without a line for each: of every code the first of a window is written, the others are
 * counted and written as one when the window is over. As many lines as there are codes, whatever comes.
 */
export type FloodLog = {
  warn(failure: { readonly code: string; readonly path: string | undefined }, message: string): void;
  /** Writes what has been counted so far. */
  close(): void;
};

export function createFloodLog(log: Pick<Logger, "warn">): FloodLog {
  const windows = new Map<string, { count: number; readonly end: () => void }>();
  return {
    warn({ code, path }, message) {
      const open = windows.get(code);
      if (open !== undefined) {
        open.count += 1;
        return;
      }
      log.warn({ code, path }, message);
      const timer = setTimeout(() => end(), windowMs).unref();
      const window = { count: 0, end: () => end() };
      const end = () => {
        clearTimeout(timer);
        windows.delete(code);
        if (window.count > 0) log.warn({ code, count: window.count, windowMs }, `${message}, more of the same code`);
      };
      windows.set(code, window);
    },
    close() {
      for (const { end } of [...windows.values()]) end();
    },
  };
}
