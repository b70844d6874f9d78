import { globSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { runSuite } from "../test/runSuite.ts";

/** A layer has fuzz tests when there is a file `fuzz….test.ts` of it: nothing else has to be registered. */
const layers = ["storage", "ingest", "provenance", "access", "compute", "attestation", "enclave"] as const;
export type FuzzedLayer = (typeof layers)[number];

const root = fileURLToPath(new URL("../..", import.meta.url));

/** Of the process that reads: whoever keeps something of each object ends it. Without a bound V8 lets garbage lie for long, which looks alike. */
const heapMb = 200;

const filesOf = (layer: FuzzedLayer): string[] =>
  globSync(`test/{sdk,node}/${layer}/fuzz*.test.ts`, { cwd: root }).sort();

export const fuzzedLayers: readonly FuzzedLayer[] = layers.filter((layer) => filesOf(layer).length > 0);

/**
 * Runs the fuzz tests of a layer, with so many mutations of each kind.
 *
 * @returns false when a test failed, or none ran.
 */
export async function runMutations(
  layer: FuzzedLayer,
  options: { readonly mutations: number; readonly seed: string | undefined },
): Promise<boolean> {
  const stop = new AbortController();
  const onSignal = (): void => stop.abort();
  process.on("SIGINT", onSignal).on("SIGTERM", onSignal);
  try {
    const { failed, problem } = await runSuite(
      [
        `--max-old-space-size=${heapMb}`,
        fileURLToPath(import.meta.resolve("mocha/bin/mocha.js")),
        "--reporter",
        fileURLToPath(new URL("../test/mochaReporter.ts", import.meta.url)),
        ...filesOf(layer),
      ],
      {
        root,
        env: {
          ...process.env,
          PERSONA_FUZZ_RUNS: String(options.mutations),
          // Its generator has 32 bits.
          ...(options.seed !== undefined && { PERSONA_SEED: String(BigInt(options.seed) & 0xffff_ffffn) }),
        },
        onOutput: (chunk) => process.stdout.write(chunk),
        signal: stop.signal,
      },
    );
    if (problem !== undefined) process.stderr.write(`${layer}: ${problem}\n`);
    return failed === 0;
  } finally {
    process.off("SIGINT", onSignal).off("SIGTERM", onSignal);
  }
}
