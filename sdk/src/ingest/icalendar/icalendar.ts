import { readEach } from "../claimFiles.ts";
import type { ArchiveEntry, Connector, ConnectorOpenOptions, InspectedInput, RawItem } from "../connector.ts";
import { leftOut } from "../leftOut.ts";
import { stableId } from "../stableId.ts";
import { throwIfCancelled } from "../throwIfCancelled.ts";
import { findByContent } from "../vobject/findByContent.ts";
import { keptLines, textValue } from "../vobject/lineValues.ts";
import { type Component, readComponents } from "../vobject/readComponents.ts";
import { type ContentLine, readContentLines } from "../vobject/readContentLines.ts";
import { calendarSegments, type RawEntry } from "./calendarSegments.ts";
import { createZones, type Zones } from "./zones.ts";

/**
 * Calendars: iCalendar (`.ics`) of Google Takeout, Apple, Outlook, Thunderbird and everything else; all files of an archive are read
 * together. Repetitions are not expanded: their rules stay as written, and a changed repetition is a record of its own. Journals,
 * free and busy times and what stands outside of a calendar are counted and kept apart. Organizers and participants are other
 * people, and so is what an entry with them says.
 */
export const icalendar: Connector = { id: "icalendar", segments: calendarSegments, detect, open };

const files = { ending: /\.(?:ics|ical|ifb|icalendar)$/i, beginning: /^BEGIN:(?:VCALENDAR|VEVENT)/i };

async function detect(input: InspectedInput): Promise<number> {
  return (await findByContent(input, files)).confidence;
}

const whole = (name: string): boolean => name in kinds || name === "VTIMEZONE";

const kinds: Readonly<Record<string, "events" | "tasks" | null>> = {
  VEVENT: "events",
  VTODO: "tasks",
  VJOURNAL: null,
  VFREEBUSY: null,
  VAVAILABILITY: null,
  VALARM: null,
};

async function* open(input: InspectedInput, options: ConnectorOpenOptions): AsyncGenerator<RawItem> {
  const { limits, signal, onProgress } = options;
  const { entries } = await findByContent(input, files);
  // Read twice: a zone may be defined after what is in it.
  const bytesTotal = entries.reduce((total, { size }) => total + 2 * size, 0);
  let bytesRead = 0;

  async function* counted(entry: ArchiveEntry): AsyncGenerator<Uint8Array> {
    for await (const chunk of input.read(entry.path, { maxBytes: limits.maxEntryBytes, signal })) {
      throwIfCancelled(signal);
      yield chunk;
      bytesRead += chunk.length;
      onProgress?.({ file: entry.path, bytesRead, bytesTotal });
    }
  }
  const components = (entry: ArchiveEntry): AsyncGenerator<Component> =>
    readComponents(readContentLines(counted(entry), limits.maxRecordBytes), entry.path, whole, limits);

  const seen = new Map<string, number>();
  yield* readEach(entries, "events", async function* (entry) {
    const file = entry.path;
    const zones: Zones = createZones();
    const about: Map<number, readonly ContentLine[]> = new Map();
    let calendars = 0;
    for await (const component of components(entry)) {
      if (component.name === "VTIMEZONE") zones.define(component);
      if (component.name !== "VCALENDAR") continue;
      if (calendars < 1000) about.set(calendars, component.lines);
      calendars += 1;
    }
    let calendar = 0;
    let first = true;
    for await (const component of components(entry)) {
      const { name, lines, within, position } = component;
      if (name === "VCALENDAR") {
        calendar += 1;
        first = true;
        continue;
      }
      const segment = kinds[name] ?? "events";
      const reason = whyLeftOut(component, within);
      if (reason === "") continue;
      if (reason !== undefined) {
        yield leftOut(segment, file, reason, { position, fields: plain(component) });
        continue;
      }
      const of = about.get(calendar) ?? [];
      const named = of.find((line) => line.name === "X-WR-CALNAME") ?? of.find((line) => line.name === "NAME");
      const value: RawEntry = {
        component,
        id: idOf(segment, lines, component.children, seen),
        zones,
        calendar: named === undefined ? null : textValue(named).slice(0, 10_000).toWellFormed(),
        about: first ? of : [],
        maxText: limits.maxStringLength,
      };
      first = false;
      yield { segment, value, file, position };
    }
  });
}

/** A component as it stands there, under its name. */
function plain({ name, lines, children }: Component): Readonly<Record<string, unknown>> {
  const parts = children.length === 0 ? {} : { components: children.map(plain) };
  return { [name]: { ...keptLines(lines), ...parts } };
}

/** Why this is no record; empty for what is none anywhere and need not be said. */
function whyLeftOut({ name, lines }: Component, within: readonly string[]): string | undefined {
  if (!Object.hasOwn(kinds, name)) {
    return name === "VTIMEZONE" || name === "STANDARD" || name === "DAYLIGHT" || lines.length === 0
      ? ""
      : "is of a kind that is no event and no task";
  }
  if (name === "VJOURNAL") return "is a journal entry, no event and no task";
  if (kinds[name] === null) return "says when somebody is free or busy, or is an alarm of nothing";
  return within.includes("VCALENDAR") || within.length > 0 ? undefined : "stands outside of a calendar";
}

/**
 * The uid, with the recurrence id where one repetition is meant. A uid that is there again with other content (two files,
 * two programs) gets a number; again with the same content it is a repeat. Without a uid the content is the id.
 */
function idOf(
  segment: string,
  lines: readonly ContentLine[],
  children: readonly Component[],
  seen: Map<string, number>,
): string {
  const value = (name: string): string => lines.find((line) => line.name === name)?.value.trim() ?? "";
  const content = stableId(...contentParts(lines, children));
  const uid = value("UID").toWellFormed();
  const count = (key: string): number => {
    const times = seen.get(key) ?? 0;
    seen.set(key, times + 1);
    return times;
  };
  if (uid === "") return stableId(content, String(count(`${segment} ${content}`)));
  const repetition = value("RECURRENCE-ID");
  const plain = repetition === "" ? uid : `${uid}/${repetition}`;
  const key = plain.length > 500 ? stableId(plain) : plain;
  const known = seen.get(`${segment} ${key} ${content}`);
  if (known !== undefined) return known === 0 ? key : `${key}#${known}`;
  const number = count(`${segment} ${key}`);
  seen.set(`${segment} ${key} ${content}`, number);
  return number === 0 ? key : `${key}#${number}`;
}

/** All but what an export writes anew each time. */
function contentParts(lines: readonly ContentLine[], children: readonly Component[]): string[] {
  const own = lines.filter(({ name }) => name !== "DTSTAMP").map(({ name, value }) => `${name}:${value}`);
  return [...own, ...children.flatMap((child) => [child.name, ...contentParts(child.lines, child.children)])];
}
