import type { RawRecord } from "../../connector.ts";
import { calendarSegments, type RawEntry } from "../../icalendar/calendarSegments.ts";
import { createZones } from "../../icalendar/zones.ts";
import { field, objectField, type RawObject } from "../../rawFields.ts";
import type { Component } from "../../vobject/readComponents.ts";
import type { ContentLine } from "../../vobject/readContentLines.ts";
import { readCursor, writeCursor } from "../http/cursorText.ts";
import { isObject, listAt, objectOf, optionalText, readPages, requiredText, withParameter } from "../http/pages.ts";
import type { HttpSession, LiveCursor, LiveFetchOptions, LiveItem, LiveSource } from "../liveSource.ts";
import { googleClient } from "./googleClient.ts";

/**
 * Google's calendars (developers.google.com/calendar/api, v3): events of every calendar on the person's list, with the uid that the
 * `.ics` of Takeout has, and one for a changed repetition. Changes and deletions come by sync tokens; when Google has forgotten one
 * (410), its calendar is read again.
 */
export const googleCalendar: LiveSource = {
  id: "google-calendar",
  connector: "icalendar",
  segments: calendarSegments,
  hosts: ["www.googleapis.com"],
  scopes: ["https://www.googleapis.com/auth/calendar.readonly"],
  fetch,
};

/** For each calendar its sync token, and which record stands behind Google's id of an event. */
type State = {
  readonly calendars: Readonly<
    Record<string, { readonly token: string; readonly events: Readonly<Record<string, string>> }>
  >;
};

const form = 1;
const base = "https://www.googleapis.com/calendar/v3";

async function* fetch(
  session: HttpSession,
  cursor: LiveCursor | undefined,
  options: LiveFetchOptions,
): AsyncGenerator<LiveItem> {
  const client = googleClient(session, googleCalendar.hosts, options);
  const state = readCursor<State>(form, cursor);
  const kept = new Map(Object.entries(state?.calendars ?? {}));
  const listShape = "/users/me/calendarList";
  const calendars: { readonly id: string; readonly name: string | null }[] = [];
  const lists = readPages(client, `${base}${listShape}?maxResults=250`, {
    shape: listShape,
    next: nextToken,
    limits: options.limits,
  });
  for await (const page of lists) {
    for (const calendar of listAt(page, listShape, "items")) {
      const name = optionalText(calendar, "summaryOverride") ?? optionalText(calendar, "summary");
      calendars.push({ id: requiredText(calendar, "id", listShape), name });
    }
  }
  for (const [id, { events }] of kept) {
    if (calendars.some((calendar) => calendar.id === id)) continue;
    kept.delete(id);
    for (const deletion of Object.values(events)) yield { segment: "events", deletion };
  }
  for (const calendar of calendars) {
    const before = kept.get(calendar.id);
    yield* readEvents(calendar, before);
    yield { cursor: writeCursor(form, { calendars: Object.fromEntries(kept) }) };
  }
  yield { cursor: writeCursor(form, { calendars: Object.fromEntries(kept) }) };

  async function* readEvents(
    { id, name }: (typeof calendars)[number],
    before: State["calendars"][string] | undefined,
  ): AsyncGenerator<LiveItem> {
    const shape = "/calendars/{calendarId}/events";
    const root = `${base}/calendars/${encodeURIComponent(id)}/events?maxResults=2500`;
    const events = new Map(Object.entries(before?.events ?? {}));
    const old = new Map(events);
    for (const token of before === undefined ? [undefined] : [before.token, undefined]) {
      const isWhole = token === undefined;
      // Never with a sync token, which was made for the same question.
      const first = isWhole ? root : `${root}&syncToken=${encodeURIComponent(token)}`;
      let isForgotten = false;
      let next: string | null = null;
      const seen = new Set<string>();
      for await (const page of readPages(client, first, {
        shape,
        next: nextToken,
        limits: options.limits,
        allowed: [410],
      })) {
        if (page.value === undefined) {
          isForgotten = true;
          break;
        }
        next = optionalText(objectOf(page, shape), "nextSyncToken") ?? next;
        for (const event of listAt(page, shape, "items")) {
          const number = requiredText(event, "id", shape);
          seen.add(number);
          const known = old.get(number);
          if (optionalText(event, "status") === "cancelled" && !isException(event)) {
            events.delete(number);
            if (known !== undefined) yield { segment: "events", deletion: known };
            continue;
          }
          const record = recordOf(event, name, options.limits.maxStringLength);
          const { id: key } = record.value as RawEntry;
          if (known !== undefined) yield { segment: "events", deletion: known };
          if (known !== key && old.size > 0) yield { segment: "events", deletion: key };
          events.set(number, key);
          yield record;
        }
      }
      if (isForgotten) continue;
      if (isWhole) {
        for (const [number, deletion] of old) {
          if (seen.has(number)) continue;
          events.delete(number);
          yield { segment: "events", deletion };
        }
      }
      kept.set(id, { token: next ?? "", events: Object.fromEntries(events) });
      return;
    }
  }
}

const nextToken = (answer: { readonly value: unknown }, url: string): string | undefined =>
  withParameter(url, "pageToken", isObject(answer.value) ? optionalText(answer.value, "nextPageToken") : null);

/** A repetition that does not take place is an entry of its own in `.ics`, too. */
const isException = (event: RawObject): boolean =>
  objectField(event, "originalStartTime") !== undefined && field(event, "summary") !== undefined;

/** An event as `.ics` writes it: the bridge of files makes the record. */
function recordOf(event: RawObject, calendar: string | null, maxText: number): RawRecord {
  const lines: ContentLine[] = [];
  const add = (name: string, value: string | null, params: Readonly<Record<string, string>> = {}) => {
    if (value === null) return;
    const named = new Map(Object.entries(params).map(([param, text]) => [param, [text]]));
    lines.push({ name, group: "", params: named, value: value.toWellFormed(), position: 0, repaired: undefined });
  };
  const text = (name: string) => optionalText(event, name);
  const uid = text("iCalUID") ?? text("id") ?? "";
  const start = objectField(event, "start");
  const original = timeOf(objectField(event, "originalStartTime"));
  addTime("DTSTART", start);
  addTime("DTEND", objectField(event, "end"));
  add("UID", uid);
  if (original !== null) add("RECURRENCE-ID", original.value, original.params);
  const rules = field(event, "recurrence");
  for (const rule of Array.isArray(rules) ? rules : []) {
    const found = typeof rule === "string" ? /^([A-Z-]{3,16})(?:;([^:]*))?:(.*)$/s.exec(rule) : null;
    if (found !== null) add(found[1] ?? "", found[3] ?? "", paramsOf(found[2] ?? ""));
  }
  addPerson("ORGANIZER", objectField(event, "organizer"));
  const attendees = field(event, "attendees");
  for (const attendee of Array.isArray(attendees) ? attendees : [])
    if (isObject(attendee)) addPerson("ATTENDEE", attendee);
  add("CREATED", basic(text("created")));
  add("DESCRIPTION", escaped(text("description")));
  add("LAST-MODIFIED", basic(text("updated")));
  add("LOCATION", escaped(text("location")));
  add("STATUS", text("status")?.toUpperCase() ?? null);
  add("SUMMARY", escaped(text("summary")));
  add("TRANSP", text("transparency")?.toUpperCase() ?? "OPAQUE");
  const visibility = text("visibility");
  if (visibility === "private" || visibility === "confidential" || visibility === "public")
    add("CLASS", visibility.toUpperCase());
  const component: Component = { name: "VEVENT", lines, children: [], within: ["VCALENDAR"], position: 0, cut: false };
  const value: RawEntry = {
    component,
    id: original === null ? uid : `${uid}/${original.value}`,
    zones: createZones(),
    calendar,
    about: [],
    maxText,
  };
  return { segment: "events", value, file: "www.googleapis.com/calendar", position: 0 };

  function addTime(name: string, time: RawObject | undefined): void {
    const found = timeOf(time);
    if (found !== null) add(name, found.value, found.params);
  }

  /** Without others there is no organizer in `.ics`, either. */
  function addPerson(name: string, person: RawObject | undefined): void {
    const email = person === undefined ? null : optionalText(person, "email");
    if (person === undefined || email === null || !Array.isArray(attendees)) return;
    const called = optionalText(person, "displayName");
    add(name, `mailto:${email}`, { CN: called ?? email });
  }
}

/** A repeated event has its own zone in `.ics`; another one is in UTC. */
function timeOf(
  time: RawObject | undefined,
): { readonly value: string; readonly params: Readonly<Record<string, string>> } | null {
  if (time === undefined) return null;
  const day = optionalText(time, "date");
  if (day !== null) return { value: day.replaceAll("-", ""), params: { VALUE: "DATE" } };
  const instant = Date.parse(optionalText(time, "dateTime") ?? "");
  if (Number.isNaN(instant)) return null;
  return { value: basic(new Date(instant).toISOString()) ?? "", params: {} };
}

/** RFC 3339 in UTC as RFC 5545 writes it, seconds. */
function basic(time: string | null): string | null {
  const instant = time === null ? Number.NaN : Date.parse(time);
  return Number.isNaN(instant) ? null : new Date(instant).toISOString().replace(/[-:]|\.\d{3}/g, "");
}

const escaped = (text: string | null): string | null =>
  text === null ? null : text.replace(/[\\;,]/g, (mark) => `\\${mark}`).replace(/\r?\n/g, "\\n");

function paramsOf(written: string): Record<string, string> {
  return Object.fromEntries(
    written.split(";").flatMap((part) => {
      const at = part.indexOf("=");
      return at < 1 ? [] : [[part.slice(0, at).toUpperCase(), part.slice(at + 1)]];
    }),
  );
}
