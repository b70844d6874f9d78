import type { Run, ScheduledSource } from "../../ingest/schedule/scheduledSource.ts";
import { parseWhole } from "../parse.ts";
import { show } from "../show.ts";
import { type ScheduleFlags, whenText, withSchedule, withSource } from "./openSchedule.ts";

/** `persona sources list` */
export async function sourcesList(flags: ScheduleFlags & { readonly runs: string }): Promise<void> {
  const most = parseWhole(flags.runs, "--runs", 1, 1_000);
  await withSchedule(flags, (journal) => {
    const sources = journal.sources().map((source) => ({
      ...source,
      due: journal.dueOf(source.id) ?? null,
      runs: journal.runs(source.id, most),
    }));
    show(flags.json, { sources }, [
      sources.length === 0 ? "There is no source here." : "sources",
      ...sources.flatMap(({ runs, due, ...source }) => [
        `  ${source.id}  ${stateText(source, due ?? undefined)}`,
        ...runs.map((run) => `    ${runText(run)}`),
      ]),
    ]);
  });
}

function stateText({ kind, status, reason, failures }: ScheduledSource, due: number | undefined): string {
  if (status === "paused") return `${kind}, paused: ${reason}`;
  return `${kind}, due ${whenText(due)}${failures === 0 ? "" : `, ${failures} failures in a row`}`;
}

function runText({ slot, through, count, status, attempt, error, version }: Run): string {
  if (status === "missed") return `${count} missed, ${whenText(slot)} to ${whenText(through)}: caught up by the next`;
  const what = version === undefined || status !== "published" ? "" : ` as version ${version}`;
  return `${whenText(slot)}  ${status}${what}${attempt > 1 ? `, attempt ${attempt}` : ""}${error === undefined ? "" : ` (${error})`}`;
}

/** `persona sources pause NAME` */
export async function sourcesPause(name: string, flags: ScheduleFlags): Promise<void> {
  await withSource(name, flags, (journal) => {
    journal.pause(name, "by hand", Date.now());
    show(flags.json, { source: name, status: "paused" }, [`${name} is paused`]);
  });
}

/** `persona sources resume NAME` */
export async function sourcesResume(name: string, flags: ScheduleFlags): Promise<void> {
  await withSource(name, flags, (journal) => {
    journal.resume(name, Date.now());
    const due = journal.dueOf(name) ?? null;
    show(flags.json, { source: name, status: "active", due }, [`${name} is due ${whenText(due ?? undefined)}`]);
  });
}
