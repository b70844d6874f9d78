import { randomUUID } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PersonaError } from "@persona-protocol/sdk/errors";
import type { Logger } from "pino";
import type { NodeConfig } from "../config/nodeConfig.ts";
import type { Journal, Suspect } from "./journal.ts";
import { openJournal } from "./sqliteJournal.ts";

/** What a worker keeps its jobs in: a file of its own, or a database that it shares. */
type WorkerJournal = Journal & {
  /** Jobs during whose step the process before this one ended. */
  readonly suspects: readonly Suspect[];
  /** Called when there is something to do that this process has not brought itself. */
  onNews(wake: () => void): void;
};

/** Jobs that a worker holds beside those that it runs: their receipts are on the way. */
const settlingAtOnce = 4;

/** @throws PersonaError CONFIG_INVALID, JOURNAL_UNUSABLE */
export async function openWorkerJournal(
  config: Pick<NodeConfig, "dataDir" | "journalUrlFile" | "crashLimit" | "maxJobs">,
  log: Pick<Logger, "warn">,
): Promise<WorkerJournal> {
  const { dataDir, journalUrlFile, crashLimit: limit, maxJobs } = config;
  if (journalUrlFile === undefined)
    return { ...openJournal(join(dataDir, "journal.sqlite"), { limit }), onNews: () => {} };
  const url = readUrl(journalUrlFile);
  // Loaded where it is asked for: no other worker pays for it.
  const { openSharedJournal } = await import("./shared/sharedJournal.ts");
  return openSharedJournal({ url, worker: nameIn(dataDir), atOnce: maxJobs + settlingAtOnce, limit, log });
}

function readUrl(file: string): string {
  let text: string;
  try {
    text = readFileSync(file, "utf8").trim();
  } catch (cause) {
    throw new PersonaError("CONFIG_INVALID", "The file of the shared journal's URL cannot be read.", {
      data: { file },
      cause,
    });
  }
  if (URL.canParse(text) && /^postgres(ql)?:$/.test(new URL(text).protocol)) return text;
  // Not what it holds: that may be a password.
  throw new PersonaError("CONFIG_INVALID", "The file of the shared journal's URL holds no postgres:// URL.", {
    data: { file },
  });
}

/** The worker's name in the shared journal, for as long as it has its data directory: chosen by chance, once. */
function nameIn(dataDir: string): string {
  const file = join(dataDir, "worker-name");
  try {
    writeFileSync(file, `worker-${randomUUID()}`, { flag: "wx", mode: 0o600 });
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
  }
  return readFileSync(file, "utf8");
}
