import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { suiteOf } from "./nearSuites.ts";
import type { Finding } from "./WorkerProcess.ts";

/**
 * What a judgement rests on: texts, by what they are the texts of, hashed. Of a killed mutant each test contract that fails
 * is enough by itself; of any other all of them are needed.
 */
export type Basis = Readonly<Record<string, string>>;
type Entry = { readonly id: string; readonly judgement: Finding; readonly basis: Basis };

/** One line a judged mutant, so that a run that was stopped goes on where it was, and one after a change does what is new. */
export class Journal {
  readonly #path: string;
  readonly #entries = new Map<string, Entry>();

  constructor(path: string) {
    this.#path = path;
    mkdirSync(dirname(path), { recursive: true });
    for (const line of existsSync(path) ? readFileSync(path, "utf8").split("\n") : []) {
      const entry = parse(line);
      if (entry !== undefined) this.#entries.set(entry.id, entry);
    }
    // Without what was said twice, and the half line of a run that was killed.
    writeFileSync(path, [...this.#entries.values()].map(lineOf).join(""));
  }

  /** What is known and still true. */
  known(id: string, basisNow: (judgement: Finding) => Basis): Finding | undefined {
    const entry = this.#entries.get(id);
    if (entry === undefined) return undefined;
    const { judgement, basis } = entry;
    const now = basisNow(judgement);
    if (judgement.status !== "killed") return holds(basis, now) && holds(now, basis) ? judgement : undefined;
    const by = judgement.by.filter((title) => {
      const hash = basis[suiteOf(title)];
      return hash !== undefined && hash === now[suiteOf(title)];
    });
    return by.length === 0 ? undefined : { ...judgement, by };
  }

  add(entry: Entry): void {
    this.#entries.set(entry.id, entry);
    appendFileSync(this.#path, lineOf(entry));
  }
}

function holds(basis: Basis, now: Basis): boolean {
  return Object.entries(basis).every(([name, hash]) => now[name] === hash);
}

function lineOf(entry: Entry): string {
  return `${JSON.stringify(entry)}\n`;
}

function parse(line: string): Entry | undefined {
  try {
    return JSON.parse(line) as Entry;
  } catch {
    return undefined;
  }
}
