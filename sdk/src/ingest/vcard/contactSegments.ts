import type { Bridged, RawRecord, Remark, SegmentDefinition } from "../connector.ts";
import { contactSchema, isDay } from "../schemas/index.ts";
import { utcInstant } from "../times.ts";
import { keptLines, paramOf, splitValue, textValue } from "../vobject/lineValues.ts";
import type { Component } from "../vobject/readComponents.ts";
import type { ContentLine } from "../vobject/readContentLines.ts";

export type RawCard = { readonly component: Component; readonly id: string; readonly maxText: number };

/** Append only. */
export const contactSegments: readonly SegmentDefinition[] = [
  { name: "contacts", schema: contactSchema, toRecord: toContact },
];

/** What columns hold, all of each. */
const columnLines = new Set([
  "VERSION",
  "UID",
  "KIND",
  "X-ADDRESSBOOKSERVER-KIND",
  "FN",
  "N",
  "NICKNAME",
  "ORG",
  "TITLE",
  "ROLE",
  "EMAIL",
  "TEL",
  "ADR",
  "URL",
  "IMPP",
  "BDAY",
  "ANNIVERSARY",
  "X-ANNIVERSARY",
  "DEATHDATE",
  "NOTE",
  "CATEGORIES",
  "PHOTO",
  "LOGO",
  "SOUND",
  "REV",
]);
/** Of which a column holds the first. */
const single = new Set(["UID", "KIND", "FN", "N", "BDAY", "REV"]);
/** Parameters that say how a value is written, or that a column holds. */
const readParams = new Set(["TYPE", "ENCODING", "CHARSET", "VALUE"]);

/** Types that a column holds, or that say nothing. */
const plainTypes = new Set([
  "home",
  "work",
  "cell",
  "fax",
  "pager",
  "car",
  "main",
  "voice",
  "internet",
  "quoted-printable",
  "base64",
]);

const nameParts = ["surname", "given", "given2", "title", "credential"] as const;
const anniversaryLines: Readonly<Record<string, string>> = {
  BDAY: "birth",
  ANNIVERSARY: "wedding",
  "X-ANNIVERSARY": "wedding",
  DEATHDATE: "death",
};
const contexts = ["home", "work", "cell", "fax", "pager", "car", "main"] as const;
const noContext = "other";

function toContact(raw: RawRecord, remark: Remark): Bridged | undefined {
  const { component, id, maxText } = raw.value as RawCard;
  const { lines, children, cut } = component;
  const kept = new Set<ContentLine>();
  if (cut) remark("changed", "is cut off at the end of the file");
  for (const { repaired } of lines) if (repaired !== undefined) remark("changed", repaired);
  const all = (...names: readonly string[]): readonly ContentLine[] => lines.filter(({ name }) => names.includes(name));
  const fitting = (value: string | null, of: readonly ContentLine[]): string | null => {
    if (value === null || value.length <= maxText) return value;
    remark("changed", "has a value longer than the limit: it is kept as written, apart");
    for (const line of of) kept.add(line);
    return null;
  };
  const text = (name: string): string | null => {
    const [line] = all(name);
    if (line === undefined) return null;
    const value = textValue(line).trim();
    return value === "" ? null : fitting(value, [line]);
  };
  const list = (of: readonly ContentLine[], items: readonly unknown[]): string | null =>
    items.length === 0 ? null : fitting(JSON.stringify(items), of);
  const byContext = (of: readonly ContentLine[], read: (line: ContentLine) => string): string | null => {
    const groups = grouped(of.map((line) => [contextOf(line), read(line)]));
    return groups === null ? null : fitting(JSON.stringify(groups), of);
  };

  const name = nameOf(all("N")[0]);
  const notes = all("NOTE").map(textValue).join("\n\n");
  const rev = all("REV")[0];
  const updated = rev === undefined ? null : instantOf(rev.value);
  if (rev !== undefined && updated === null) {
    remark("changed", "has a REV that is no time");
    kept.add(rev);
  }
  const days = lines.filter((line) => Object.hasOwn(anniversaryLines, line.name));
  const media = all("PHOTO", "LOGO", "SOUND");
  const record = {
    id,
    uid: text("UID"),
    kind: (text("KIND") ?? text("X-ADDRESSBOOKSERVER-KIND"))?.toLowerCase() ?? null,
    full_name: text("FN") ?? fullNameOf(name),
    name: name === null ? null : fitting(JSON.stringify(name), all("N")),
    nicknames: list(all("NICKNAME"), words(all("NICKNAME"))),
    organizations: list(
      all("ORG"),
      all("ORG")
        .map((line) => splitValue(line, ";").filter((part) => part !== ""))
        .filter((parts) => parts.length > 0),
    ),
    titles: list(all("TITLE", "ROLE"), texts(all("TITLE", "ROLE"))),
    emails: byContext(all("EMAIL"), textValue),
    phones: byContext(all("TEL"), (line) => textValue(line).replace(/^tel:/i, "")),
    addresses: byContext(all("ADR"), (line) =>
      splitValue(line, ";")
        .filter((part) => part !== "")
        .join("\n"),
    ),
    online: list(all("URL", "IMPP"), texts(all("URL", "IMPP"))),
    birthday: dayOf(all("BDAY")[0]),
    anniversaries:
      days.length === 0
        ? null
        : fitting(
            JSON.stringify(grouped(days.map((line) => [anniversaryLines[line.name] ?? "", textValue(line)]))),
            days,
          ),
    notes: notes.trim() === "" ? null : fitting(notes, all("NOTE")),
    keywords: list(all("CATEGORIES"), words(all("CATEGORIES"))),
    media: fitting(jsonOrNull(grouped(media.map((line) => [line.name.toLowerCase(), mediumOf(line)]))), media),
    updated,
  };
  const seen = new Set<string>();
  const rest = lines.filter((line) => {
    const again = single.has(line.name) && seen.has(line.name);
    seen.add(line.name);
    // A group joins a line with its label (item1.X-ABLabel): kept whole, so that they can be joined.
    const says =
      line.group !== "" ||
      [...line.params.keys()].some((param) => !readParams.has(param)) ||
      (line.params.get("TYPE") ?? []).some((type) => !plainTypes.has(type.toLowerCase()));
    return again || kept.has(line) || !columnLines.has(line.name) || (says && line.value.length < 1000);
  });
  const extra = {
    ...keptLines(rest),
    ...(children.length === 0 ? {} : { components: children.map((child) => keptLines(child.lines)) }),
  };
  return { record, extra: Object.keys(extra).length === 0 ? undefined : extra };
}

function texts(lines: readonly ContentLine[]): string[] {
  return lines.map((line) => textValue(line).trim()).filter((text) => text !== "");
}

function words(lines: readonly ContentLine[]): string[] {
  return lines.flatMap((line) => splitValue(line, ",")).filter((word) => word !== "");
}

/** Lists by their names; null when nothing is in them. Only names that are known here become names. */
function grouped(items: readonly (readonly [string, string])[]): Record<string, string[]> | null {
  const groups = new Map<string, string[]>();
  for (const [name, value] of items) {
    if (value.trim() === "") continue;
    const known = groups.get(name);
    if (known === undefined) groups.set(name, [value.trim()]);
    else known.push(value.trim());
  }
  return groups.size === 0 ? null : Object.fromEntries(groups);
}

function jsonOrNull(value: unknown): string | null {
  return value === null ? null : JSON.stringify(value);
}

/** `work fax`: what is known of the types, in one order. */
function contextOf(line: ContentLine): string {
  const types = (line.params.get("TYPE") ?? []).flatMap((type) => type.toLowerCase().split(","));
  const known = contexts.filter((context) => types.includes(context));
  return known.length === 0 ? noContext : known.join(" ");
}

function nameOf(line: ContentLine | undefined): Record<string, string[]> | null {
  if (line === undefined) return null;
  return grouped(splitValue(line, ";").map((part, index) => [nameParts[index] ?? "more", part]));
}

/** As it is said: title, given, second, surname, suffix. */
function fullNameOf(name: Record<string, string[]> | null): string | null {
  if (name === null) return null;
  const order = ["title", "given", "given2", "surname", "credential"];
  return order.flatMap((part) => name[part] ?? []).join(" ") || null;
}

/** A whole day; what is no day, or one without a year, stays in anniversaries. */
function dayOf(line: ContentLine | undefined): string | null {
  const found = /^(\d{4})-?(\d{2})-?(\d{2})(?:T.*)?$/.exec(line?.value.trim() ?? "");
  const day = found === null ? "" : `${found[1]}-${found[2]}-${found[3]}`;
  return isDay(day) && !day.startsWith("0000") ? day : null;
}

function instantOf(text: string): Date | null {
  const found =
    /^(\d{4})-?(\d{2})-?(\d{2})(?:T(\d{2}):?(\d{2}):?(\d{2})(?:[.,]\d{1,9})?(?:Z|([+-])(\d{2}):?(\d{2})?)?)?$/.exec(
      text.trim(),
    );
  if (found === null) return null;
  const [, year, month, day, hour, minute, second, sign, zoneHours, zoneMinutes] = found;
  const local = utcInstant({
    year: Number(year),
    month: Number(month),
    day: Number(day),
    hour: Number(hour ?? 0),
    minute: Number(minute ?? 0),
    second: Number(second ?? 0),
  });
  if (local === null || sign === undefined) return local;
  const ahead = (Number(zoneHours) * 60 + Number(zoneMinutes ?? 0)) * 60_000;
  return new Date(local.getTime() + (sign === "-" ? ahead : -ahead));
}

/** An address, or the bytes as a data: address. */
function mediumOf(line: ContentLine): string {
  const encoding = (paramOf(line, "ENCODING") ?? "").toLowerCase();
  const types = line.params.get("TYPE") ?? [];
  if (encoding !== "b" && encoding !== "base64" && !types.includes("base64")) return textValue(line);
  const subtype = types.find((type) => /^[a-z0-9.+/-]{2,40}$/i.test(type) && type !== "base64")?.toLowerCase() ?? "";
  const family = line.name === "SOUND" ? "audio" : "image";
  const type = subtype === "" ? "application/octet-stream" : subtype.includes("/") ? subtype : `${family}/${subtype}`;
  return `data:${type};base64,${line.value.replace(/[^A-Za-z0-9+/=]+/g, "")}`;
}
