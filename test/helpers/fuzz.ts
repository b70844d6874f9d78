import { equalBytes } from "@persona-protocol/sdk/crypto";
import { isPersonaError } from "@persona-protocol/sdk/errors";
import { createRandom, mutate, type Random, testSeed } from "./random.ts";

/** More than the objects, their copies and the collector's slack take; a reader that believes a length it is told takes more. */
const MAX_GROWTH_BYTES = 300_000_000;
/** The slowest reader takes 3 ms here; what takes so long is a loop that somebody else decides on. */
const MAX_MS = 5_000;

export type Fuzz = {
  readonly seed: number;
  /** Mutations of each kind; `npm run test:deep` raises it. */
  readonly runs: number;
  /**
   * Runs `check` on so many mutations of `original`, each one to three changes away and none equal to it. Fails where one takes
   * seconds, or all together make the process grow.
   */
  fuzz(original: Uint8Array, check: (bytes: Uint8Array, random: Random) => Promise<void>): Promise<void>;
};

/** @param runs of what is too slow for as many as `npm run test:deep` asks for */
export function createFuzz(runs = Number(process.env["PERSONA_FUZZ_RUNS"] ?? 2_000)): Fuzz {
  const seed = testSeed();
  return {
    seed,
    runs,
    async fuzz(original, check) {
      const random = createRandom(seed);
      const rssBefore = process.memoryUsage.rss();
      for (let run = 0; run < runs; run++) {
        let bytes = original;
        do {
          bytes = original;
          for (let times = random.integer(3); times >= 0 && bytes.length > 0; times--) bytes = mutate(bytes, random);
        } while (equalBytes(bytes, original));
        const from = performance.now();
        try {
          await check(bytes, random);
        } catch (cause) {
          throw new Error(`run ${run} of PERSONA_SEED=${seed}`, { cause });
        }
        if (performance.now() - from > MAX_MS) throw new Error(`run ${run} of PERSONA_SEED=${seed} took seconds`);
      }
      const grown = process.memoryUsage.rss() - rssBefore;
      if (grown > MAX_GROWTH_BYTES) throw new Error(`${runs} mutations took ${grown} bytes of memory`);
    },
  };
}

/** The value, or undefined when it was refused by an error with a code; any other error is a bug. */
export async function refusedOr<T>(work: () => T | Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (isPersonaError(error) && error.code !== "INTERNAL") return undefined;
    throw error;
  }
}
