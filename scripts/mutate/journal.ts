import { appendFileSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import type { Judgement } from "./WorkerProcess.ts";

export type Journal = {
  readonly known: ReadonlyMap<string, Judgement>;
  readonly add: (id: string, judgement: Judgement) => void;
};

/** One line a judged mutant, so that a run that was stopped goes on where it was. */
export function openJournal(path: string): Journal {
  mkdirSync(dirname(path), { recursive: true });
  const lines = existsSync(path) ? readFileSync(path, "utf8").split("\n") : [];
  const known = new Map<string, Judgement>();
  for (const line of lines) {
    const entry = parse(line);
    if (entry !== undefined) known.set(entry.id, entry.judgement);
  }
  return {
    known,
    add: (id, judgement) => {
      known.set(id, judgement);
      appendFileSync(path, `${JSON.stringify({ id, judgement })}\n`);
    },
  };
}

/** The last line of a run that was killed may be half a line. */
function parse(line: string): { id: string; judgement: Judgement } | undefined {
  try {
    return JSON.parse(line) as { id: string; judgement: Judgement };
  } catch {
    return undefined;
  }
}
