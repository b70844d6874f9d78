/** One Ctrl-C may arrive several times: from the terminal, and again from npm or a launcher that passes it on. */
const oneAskMs = 1_000;

/**
 * A signal that fires when somebody asks this process to stop: Ctrl-C, SIGTERM or SIGHUP. The second ask ends it at once.
 */
export function untilStopped(): AbortSignal {
  const controller = new AbortController();
  let askedAt: number | undefined;
  const exitCodes = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;
  for (const [name, code] of Object.entries(exitCodes)) {
    process.on(name, () => {
      if (askedAt !== undefined && performance.now() - askedAt > oneAskMs) process.exit(code);
      if (askedAt !== undefined) return;
      askedAt = performance.now();
      process.exitCode = code;
      controller.abort(new Error(`stopped by ${name}`));
    });
  }
  return controller.signal;
}

/** Resolves when the signal fires. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
