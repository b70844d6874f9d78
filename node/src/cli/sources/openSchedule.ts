import { mkdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { PersonaError } from "@persona-protocol/sdk/errors";
import type { ScheduledSource } from "../../ingest/schedule/scheduledSource.ts";
import { openScheduleJournal, type ScheduleJournal } from "../../ingest/schedule/scheduleJournal.ts";

export type ScheduleFlags = { readonly dir: string; readonly json: boolean };

/** The schedule of a folder, made when it is not there. The caller closes it. */
export async function openSchedule(dir: string): Promise<ScheduleJournal> {
  const folder = resolve(dir);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  return openScheduleJournal(join(folder, "schedule.sqlite"));
}

export async function withSchedule<result>(
  { dir }: Pick<ScheduleFlags, "dir">,
  work: (journal: ScheduleJournal) => result,
): Promise<result> {
  const journal = await openSchedule(dir);
  try {
    return work(journal);
  } finally {
    journal.close();
  }
}

/** @throws PersonaError CONFIG_INVALID when there is none of this name */
export async function withSource<result>(
  name: string,
  flags: Pick<ScheduleFlags, "dir">,
  work: (journal: ScheduleJournal, source: ScheduledSource) => result,
): Promise<result> {
  return withSchedule(flags, (journal) => {
    const source = journal.source(name);
    if (source !== undefined) return work(journal, source);
    const has = journal
      .sources()
      .map(({ id }) => id)
      .join(" ");
    throw new PersonaError("CONFIG_INVALID", "There is no source of this name.", { data: { source: name, has } });
  });
}

export const whenText = (ms: number | undefined): string => (ms === undefined ? "never" : new Date(ms).toISOString());
