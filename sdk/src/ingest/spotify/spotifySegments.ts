import type { Bridged, RawRecord, Remark, SegmentDefinition } from "../connector.ts";
import { occurrenceId } from "../occurrences.ts";
import { field, type RawObject, textField, withoutFields } from "../rawFields.ts";
import { listenSchema } from "../schemas/index.ts";
import { skipped } from "../skipped.ts";
import { type Listen, listenFields } from "./listenOf.ts";

export type RawListen = {
  readonly listen: Listen;
  readonly source: RawObject;
  /** How many listens that look the same came before it in its file. */
  readonly occurrence: number;
  /** It is a listen of the same file again. */
  readonly isRepeat: boolean;
};

export const spotifySegments: readonly SegmentDefinition[] = [
  { name: "listens", schema: listenSchema, toRecord: toListen },
];

const held = [
  ...listenFields,
  "platform",
  "conn_country",
  "reason_start",
  "reason_end",
  "shuffle",
  "skipped",
  "offline",
  "incognito_mode",
];
const flags: ReadonlySet<string> = new Set(["shuffle", "skipped", "offline", "incognito_mode"]);
const played: ReadonlySet<string> = new Set(["msPlayed", "ms_played"]);

function toListen(raw: RawRecord, remark: Remark): Bridged | undefined {
  const value = raw.value as RawListen | undefined;
  if (value === undefined) return skipped(remark, "is no object");
  const { listen, source, occurrence, isRepeat } = value;
  if (isRepeat) return skipped(remark, "repeats a listen of the same file");
  if (listen.ended === null) remark("changed", "its time cannot be read");
  if (listen.durationMs === null) remark("changed", "its duration cannot be read");
  const record = {
    id: occurrenceId(listen.parts, occurrence),
    ended: listen.ended,
    duration_ms: listen.durationMs === null ? null : BigInt(listen.durationMs),
    kind: listen.kind,
    title: listen.title,
    artist: listen.artist,
    album: listen.album,
    uri: listen.uri,
    platform: textField(source, "platform", remark),
    country: textField(source, "conn_country", remark),
    reason_start: textField(source, "reason_start", remark),
    reason_end: textField(source, "reason_end", remark),
    is_shuffled: flagOf(source, "shuffle"),
    is_skipped: flagOf(source, "skipped"),
    is_offline: flagOf(source, "offline"),
    is_private: flagOf(source, "incognito_mode"),
  };
  return { record, extra: filled(withoutFields(source, heldOf(source))) };
}

/** Older rows have 0 and 1, or null. */
function flagOf(source: RawObject, name: string): boolean | null {
  const flag = field(source, name);
  if (flag === 0 || flag === 1) return flag === 1;
  return typeof flag === "boolean" ? flag : null;
}

/** What the columns hold; what they could not take stays with the rest. */
function heldOf(source: RawObject): readonly string[] {
  return held.filter((name) => {
    const value = field(source, name);
    if (flags.has(name)) return flagOf(source, name) !== null;
    return typeof value === (played.has(name) ? "number" : "string");
  });
}

/** Null says nothing: a row has it for all that it is not. */
function filled(rest: RawObject | undefined): RawObject | undefined {
  if (rest === undefined) return undefined;
  const entries = Object.entries(rest).filter(([, value]) => value !== null);
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}
