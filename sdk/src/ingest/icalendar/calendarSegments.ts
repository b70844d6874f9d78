import type { BridgeContext, Bridged, RawRecord, Remark, SegmentDefinition } from "../connector.ts";
import { eventSchema, taskSchema } from "../schemas/index.ts";
import type { SchemaRecord } from "../schemas/recordSchema.ts";
import { keptLines, paramOf, splitValue, textValue } from "../vobject/lineValues.ts";
import type { Component } from "../vobject/readComponents.ts";
import type { ContentLine } from "../vobject/readContentLines.ts";
import { addDuration, type CalendarTime, calendarTime } from "./calendarTimes.ts";
import type { Zones } from "./zones.ts";

export type RawEntry = {
  readonly component: Component;
  readonly id: string;
  readonly zones: Zones;
  readonly calendar: string | null;
  /** Lines of the calendar itself, with its first entry. */
  readonly about: readonly ContentLine[];
  readonly maxText: number;
};

/** Append only. */
export const calendarSegments: readonly SegmentDefinition[] = [
  { name: "events", schema: eventSchema, toRecord: toEvent },
  { name: "tasks", schema: taskSchema, toRecord: toTask },
];

/** What the columns hold; a second one of the same name is kept apart. */
const columnLines = new Set([
  "UID",
  "RECURRENCE-ID",
  "SUMMARY",
  "DESCRIPTION",
  "DTSTART",
  "DTEND",
  "DUE",
  "DURATION",
  "COMPLETED",
  "STATUS",
  "TRANSP",
  "PERCENT-COMPLETE",
  "PRIORITY",
  "CLASS",
  "LOCATION",
  "URL",
  "CREATED",
  "LAST-MODIFIED",
]);
/** Of which a column takes all. */
const listLines = new Set(["CATEGORIES", "RRULE", "RDATE", "EXRULE", "EXDATE"]);

function toEvent(raw: RawRecord, remark: Remark, context: BridgeContext): Bridged | undefined {
  const entry = raw.value as RawEntry;
  const { first, text, time, common, bridged } = reader(entry, remark, context);
  const start = time("DTSTART");
  const written = time("DTEND");
  const duration = text("DURATION");
  let end = written?.instant ?? null;
  if (end === null && duration !== null && start !== null) {
    end = addDuration(start.instant, duration);
    if (end === null) remark("changed", "has a duration that is none");
  }
  const endDay = written?.day ?? (start?.day != null && end !== null ? end.toISOString().slice(0, 10) : null);
  const transparency = first("TRANSP")?.value.trim().toUpperCase();
  return bridged({
    ...common(start),
    start: start?.instant ?? null,
    end,
    start_date: start?.day ?? null,
    end_date: start?.day == null ? null : endDay,
    duration,
    status: text("STATUS")?.toLowerCase() ?? null,
    free_busy_status: transparency === undefined ? null : transparency === "TRANSPARENT" ? "free" : "busy",
  });
}

function toTask(raw: RawRecord, remark: Remark, context: BridgeContext): Bridged | undefined {
  const entry = raw.value as RawEntry;
  const { text, time, count, common, bridged } = reader(entry, remark, context);
  const start = time("DTSTART");
  const due = time("DUE");
  const duration = text("DURATION");
  const until = due?.instant ?? (start === null || duration === null ? null : addDuration(start.instant, duration));
  return bridged({
    ...common(due ?? start),
    start: start?.instant ?? null,
    due: until,
    due_date: due?.day ?? null,
    completed: time("COMPLETED")?.instant ?? null,
    progress: text("STATUS")?.toLowerCase() ?? null,
    percent_complete: count("PERCENT-COMPLETE", 100),
  });
}

function reader({ component, id, zones, calendar, about, maxText }: RawEntry, remark: Remark, context: BridgeContext) {
  const { lines, children } = component;
  const kept = new Set<ContentLine>();
  if (component.cut) remark("changed", "is cut off at the end of the file");
  for (const { repaired } of lines) if (repaired !== undefined) remark("changed", repaired);

  const first = (name: string): ContentLine | undefined => lines.find((line) => line.name === name);
  const fitting = (value: string, of: readonly ContentLine[]): string | null => {
    if (value.length <= maxText) return value;
    remark("changed", "has a text longer than the limit: it is kept as written, apart");
    for (const line of of) kept.add(line);
    return null;
  };
  const text = (name: string): string | null => {
    const line = first(name);
    if (line === undefined) return null;
    const value = fitting(textValue(line), [line]);
    return value === null || value.trim() === "" ? null : value;
  };
  const all = (name: string): readonly ContentLine[] => lines.filter((line) => line.name === name);
  const list = (of: readonly ContentLine[], items: readonly unknown[]): string | null =>
    items.length === 0 ? null : fitting(JSON.stringify(items), of);
  const time = (name: string): CalendarTime | null => {
    const line = first(name);
    const read = calendarTime(line, zones, context, remark);
    if (read === null && line !== undefined) kept.add(line);
    return read ?? null;
  };
  const count = (name: string, most: number): bigint | null => {
    const line = first(name);
    if (line === undefined) return null;
    if (/^\d{1,3}$/.test(line.value.trim()) && Number(line.value) <= most) return BigInt(line.value.trim());
    remark("changed", "has a number that is none");
    kept.add(line);
    return null;
  };
  const common = (shown: CalendarTime | null): SchemaRecord => {
    const organizer = all("ORGANIZER");
    const attendees = all("ATTENDEE");
    const rules = lines.filter(({ name }) => listLines.has(name) && name !== "CATEGORIES");
    const attached = lines.filter(({ name }) => name === "ATTACH" || name === "IMAGE");
    const alarms = children.filter(({ name }) => name === "VALARM");
    return {
      id,
      uid: text("UID"),
      recurrence_id: text("RECURRENCE-ID"),
      calendar,
      title: text("SUMMARY"),
      description: text("DESCRIPTION"),
      local_time: shown?.local ?? null,
      time_zone: shown?.zone ?? null,
      show_without_time: shown?.day != null,
      priority: count("PRIORITY", 9),
      privacy: text("CLASS")?.toLowerCase() ?? null,
      keywords: list(
        all("CATEGORIES"),
        all("CATEGORIES").flatMap((line) => splitValue(line, ",").filter((word) => word !== "")),
      ),
      location: text("LOCATION"),
      url: text("URL"),
      organizer: list(organizer, organizer.map(personOf)),
      participants: list(attendees, attendees.map(personOf)),
      recurrence: rules.length === 0 ? null : fitting(JSON.stringify(keptLines(rules)), rules),
      alerts: list(
        [],
        alarms.map(({ lines: own }) => alertOf(own)),
      ),
      attachments: list(
        attached,
        attached.map(({ value }) => value.toWellFormed()),
      ),
      created: time("CREATED")?.instant ?? null,
      updated: (first("LAST-MODIFIED") === undefined ? time("DTSTAMP") : time("LAST-MODIFIED"))?.instant ?? null,
      is_own: organizer.length === 0 && attendees.length === 0,
    };
  };
  const bridged = (record: SchemaRecord): Bridged => {
    const seen = new Set<string>();
    const rest = lines.filter((line) => {
      const again = seen.has(line.name);
      seen.add(line.name);
      if (kept.has(line)) return true;
      return !listLines.has(line.name) && (again || !columnLines.has(line.name));
    });
    const extra = {
      ...keptLines(rest),
      ...(children.length === 0 ? {} : { components: children.map(keptComponent) }),
      ...(about.length === 0 ? {} : { of_calendar: keptLines(about) }),
    };
    return { record, extra: Object.keys(extra).length === 0 ? undefined : extra };
  };
  return { first, text, time, count, common, bridged };
}

function personOf(line: ContentLine): { readonly name: string | null; readonly email: string | null } {
  const name = paramOf(line, "CN")?.trim().toWellFormed() ?? "";
  const email = line.value
    .trim()
    .replace(/^mailto:/i, "")
    .toWellFormed();
  return { name: name === "" ? null : name, email: email === "" ? null : email };
}

function alertOf(lines: readonly ContentLine[]): { readonly trigger: string | null; readonly action: string | null } {
  const value = (name: string): string | null => lines.find((line) => line.name === name)?.value.toWellFormed() ?? null;
  return { trigger: value("TRIGGER"), action: value("ACTION") };
}

/** Depth is the reader's limit. */
function keptComponent({ name, lines, children }: Component): Record<string, unknown> {
  return {
    name,
    ...keptLines(lines),
    ...(children.length === 0 ? {} : { components: children.map(keptComponent) }),
  };
}
