import { mkdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { secondsOf } from "@persona-protocol/sdk";
import { PersonaError } from "@persona-protocol/sdk/errors";
import { requireTiming, type Timing } from "../../ingest/schedule/dueTimes.ts";
import type { Run, ScheduledSource, SourceSpec } from "../../ingest/schedule/scheduledSource.ts";
import { openScheduleJournal, type ScheduleJournal } from "../../ingest/schedule/scheduleJournal.ts";
import { parseHex32, parseWhole } from "../parse.ts";
import { show } from "../show.ts";

type Folder = { readonly dir: string; readonly json: boolean };

type AddFlags = Folder & {
  readonly dataset: string;
  readonly kind: string;
  readonly path?: string;
  readonly connector?: string;
  readonly keepThirdParties?: boolean;
  readonly every?: string;
  readonly cron?: string;
  readonly timeZone: string;
  readonly jitter: string;
  readonly grant: string;
  readonly writerKeystore: string;
};

/** The schedule of a folder, made when it is not there. The caller closes it. */
export async function openSchedule(dir: string): Promise<ScheduleJournal> {
  const folder = resolve(dir);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  return openScheduleJournal(join(folder, "schedule.sqlite"));
}

/** `persona sources add NAME` */
export async function sourcesAdd(name: string, flags: AddFlags): Promise<void> {
  if (!/^[\w-]{1,64}$/.test(name))
    throw new PersonaError("USAGE", "A source's name is letters, digits, hyphens and underscores.", { data: { name } });
  const now = Date.now();
  const timing = timingOf(flags, now);
  requireTiming(timing);
  const { kind, path, connector, grant, writerKeystore, jitter } = flags;
  if (kind !== "folder") throw new PersonaError("USAGE", "--kind takes folder.", { data: { kind } });
  if (path === undefined) throw new PersonaError("USAGE", "A source of the kind folder needs --path.");
  const spec: SourceSpec = {
    kind,
    settings: {
      path: resolve(path),
      grant: resolve(grant),
      writerKeystore: resolve(writerKeystore),
      ...(connector === undefined ? {} : { connector }),
      ...(flags.keepThirdParties === true ? { thirdParties: "keep" } : {}),
    },
    datasetId: parseHex32(flags.dataset, "--dataset").toLowerCase(),
    timing,
    jitterMs: jitter === "0" ? 0 : Math.min(secondsOf(jitter) * 1_000, 86_400_000),
    hosts: [],
  };
  await withSchedule(flags, (journal) => {
    journal.add(name, spec, now);
    const due = journal.dueOf(name) ?? null;
    show(flags.json, { source: name, due }, [`${name} is due ${whenText(due ?? undefined)}`]);
  });
}

function timingOf({ every, cron, timeZone }: AddFlags, now: number): Timing {
  if ((every === undefined) === (cron === undefined)) throw new PersonaError("USAGE", "Say either --every or --cron.");
  return every === undefined ? { cron: cron ?? "", timeZone } : { everySeconds: secondsOf(every), fromMs: now };
}

/** `persona sources list` */
export async function sourcesList(flags: Folder & { readonly runs: string }): Promise<void> {
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

const whenText = (ms: number | undefined): string => (ms === undefined ? "never" : new Date(ms).toISOString());

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
export async function sourcesPause(name: string, flags: Folder): Promise<void> {
  await withSource(name, flags, (journal) => {
    journal.pause(name, "by hand", Date.now());
    show(flags.json, { source: name, status: "paused" }, [`${name} is paused`]);
  });
}

/** `persona sources resume NAME` */
export async function sourcesResume(name: string, flags: Folder): Promise<void> {
  await withSource(name, flags, (journal) => {
    journal.resume(name, Date.now());
    const due = journal.dueOf(name) ?? null;
    show(flags.json, { source: name, status: "active", due }, [`${name} is due ${whenText(due ?? undefined)}`]);
  });
}

/** `persona sources remove NAME` */
export async function sourcesRemove(name: string, flags: Folder): Promise<void> {
  await withSource(name, flags, (journal) => {
    journal.remove(name);
    show(flags.json, { source: name }, [`${name} is forgotten`]);
  });
}

async function withSource(name: string, flags: Folder, work: (journal: ScheduleJournal) => void): Promise<void> {
  await withSchedule(flags, (journal) => {
    if (journal.source(name) === undefined)
      throw new PersonaError("CONFIG_INVALID", "There is no source of this name.", {
        data: {
          source: name,
          has: journal
            .sources()
            .map(({ id }) => id)
            .join(" "),
        },
      });
    work(journal);
  });
}

async function withSchedule({ dir }: Folder, work: (journal: ScheduleJournal) => void): Promise<void> {
  const journal = await openSchedule(dir);
  try {
    work(journal);
  } finally {
    journal.close();
  }
}
