import { basename } from "node:path";
import { ToolError } from "../command/ToolError.ts";
import type { Mutant } from "./Mutant.ts";

/** Those of one contract or file name, and of them a sample that is the same for the same seed. */
export function chooseMutants(mutants: readonly Mutant[], choice: chooseMutants.Choice): readonly Mutant[] {
  const { contract, sample, seed } = choice;
  const wanted = contract === undefined ? mutants : mutants.filter((mutant) => isOf(mutant, contract));
  if (wanted.length === 0) {
    const names = [...new Set(mutants.map(({ path }) => basename(path, ".sol")))];
    throw new ToolError(`Nothing is mutated in ${JSON.stringify(contract)}; there are ${names.join(", ")}.`, 2);
  }
  if (sample === undefined || sample >= wanted.length) return wanted;
  const random = randomFrom(seed);
  const chosen = new Set(
    wanted
      .map((mutant) => ({ mutant, at: random() }))
      .sort((a, b) => a.at - b.at)
      .slice(0, sample)
      .map(({ mutant }) => mutant),
  );
  return wanted.filter((mutant) => chosen.has(mutant));
}

export declare namespace chooseMutants {
  type Choice = { readonly contract: string | undefined; readonly sample: number | undefined; readonly seed: number };
}

function isOf({ path, place }: Mutant, contract: string): boolean {
  return basename(path, ".sol") === contract || place.split(".")[0] === contract;
}

/** mulberry32: small, and the same everywhere. */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
