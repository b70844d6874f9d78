import { PersonaError } from "@persona-protocol/sdk/errors";

/** What a check finds: undefined where all is well, otherwise why not, in a sentence without anything secret. */
export type Check = { readonly name: CheckName; readonly run: () => Promise<string | undefined> };

/** Each is one label of a metric: their number is bounded. */
export const checkNames = ["duty", "chain", "enclave", "key", "journal", "balance", "store", "claims"] as const;
type CheckName = (typeof checkNames)[number];

type CheckResult = {
  readonly name: CheckName;
  readonly ok: boolean;
  readonly reason: string;
  readonly tookMs: number;
};

export type Readiness = { readonly ready: boolean; readonly checks: readonly CheckResult[] };

/** A probe asks every few seconds, and several may ask at once: the chain is not asked for each of them. */
const maxAgeMs = 1_000;
const timeoutMs = 5_000;

/** Runs all checks side by side, each within a bounded time; one that hangs or throws has failed. */
export function createReadiness(options: {
  readonly checks: readonly Check[];
  readonly clock?: () => number;
  readonly timeoutMs?: number;
}): { judge(): Promise<Readiness> } {
  const { checks, clock = () => performance.now(), timeoutMs: limitMs = timeoutMs } = options;
  let last: { readonly at: number; readonly result: Promise<Readiness> } | undefined;

  const judgeOne = async ({ name, run }: Check): Promise<CheckResult> => {
    const from = clock();
    const { promise: late, resolve } = Promise.withResolvers<string>();
    const timer = setTimeout(() => resolve(`no answer within ${limitMs / 1_000} seconds`), limitMs);
    const reason = await Promise.race([run(), late]).catch((error: unknown) =>
      error instanceof PersonaError ? `${error.code}: ${error.shortMessage}` : "the check itself failed",
    );
    clearTimeout(timer);
    return { name, ok: reason === undefined, reason: reason ?? "", tookMs: Math.round(clock() - from) };
  };

  return {
    judge() {
      if (last !== undefined && clock() - last.at < maxAgeMs) return last.result;
      const result = Promise.all(checks.map(judgeOne)).then((results) => ({
        ready: results.every(({ ok }) => ok),
        checks: results,
      }));
      last = { at: clock(), result };
      return result;
    },
  };
}
