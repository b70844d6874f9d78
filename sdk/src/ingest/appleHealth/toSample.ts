import type { Bridged, Remark } from "../connector.ts";
import { stableId } from "../stableId.ts";
import { plainValue, type XmlElement } from "../xml/index.ts";
import { createAppleDates } from "./appleDate.ts";
import { openMHealthType } from "./openMHealthType.ts";

const usual = [
  "type",
  "sourceName",
  "sourceVersion",
  "device",
  "unit",
  "creationDate",
  "startDate",
  "endDate",
  "value",
];
const columns = new Set(usual);
const date = createAppleDates();

/** A `Record`, whatever it measures, in the standard schema. */
export function toSample(element: XmlElement, remark: Remark): Bridged | undefined {
  const { attributes } = element;
  const type = attributes["type"];
  if (type === undefined || type === "") {
    remark("skipped", "has no type");
    return undefined;
  }
  const created = attributes["creationDate"];
  const creation = created === undefined ? null : date(created);
  if (created !== undefined && creation === null) remark("changed", "creationDate is not a date");
  const started = attributes["startDate"];
  const start = started === undefined ? null : date(started);
  if (start === null) remark("changed", "startDate is not a date");
  const ended = attributes["endDate"];
  const end = ended === undefined ? null : date(ended);
  if (ended !== undefined && end === null) remark("changed", "endDate is not a date");
  const written = attributes["value"];
  const value = written === undefined ? null : numberOf(written);
  let extra: Record<string, unknown> | undefined;
  let place = 0;
  for (const name in attributes) {
    // In the order that Apple writes them there is nothing to look up.
    if (name === usual[place]) {
      place += 1;
      continue;
    }
    if (columns.has(name)) continue;
    extra ??= {};
    extra[name] = attributes[name];
  }
  const source = attributes["sourceName"] ?? null;
  const record = {
    // Times as instants: an export writes them in the zone the telephone is in that day. Its address of `device` changes too.
    id: stableId(
      type,
      source,
      start?.millis ?? started ?? null,
      end?.millis ?? ended ?? null,
      creation?.millis ?? created ?? null,
      attributes["unit"] ?? null,
      written ?? null,
    ),
    type: openMHealthType(type),
    source_type: type,
    start_date_time: start?.date ?? null,
    end_date_time: end?.date ?? null,
    value,
    value_text: value === null ? (written ?? null) : null,
    unit: attributes["unit"] ?? null,
    source_name: source,
    source_version: attributes["sourceVersion"] ?? null,
    device: attributes["device"] ?? null,
    creation_date_time: creation?.date ?? null,
    metadata: metadataOf(element.children),
  };
  return { record, extra };
}

/** `MetadataEntry` by its key, and every other child (lists of single beats) by its name, as JSON; null when there are none. */
export function metadataOf(children: readonly XmlElement[]): string | null {
  if (children.length === 0) return null;
  const [only] = children;
  if (children.length === 1 && only?.name === "MetadataEntry") {
    // Most records that have metadata have this much.
    const { key, value } = only.attributes;
    if (key !== undefined && value !== undefined && isPair(only)) {
      return pairOf(key, value);
    }
  }
  const values = new Map<string, unknown>();
  let number = 1;
  for (const child of children) {
    const { key, value } = child.attributes;
    const isPlain = child.name === "MetadataEntry" && key !== undefined && value !== undefined && isPair(child);
    let name = isPlain ? key : child.name;
    while (values.has(name)) {
      number += 1;
      name = `${child.name} ${number}`;
    }
    values.set(name, isPlain ? value : plainValue(child));
  }
  return JSON.stringify(Object.fromEntries(values));
}

let lastKey: string | undefined;
let lastValue: string | undefined;
let lastPair = "";

/** An object of one field as JSON; mostly it is the one before. */
function pairOf(key: string, value: string): string {
  if (key !== lastKey || value !== lastValue) {
    lastKey = key;
    lastValue = value;
    lastPair = `{${JSON.stringify(key)}:${JSON.stringify(value)}}`;
  }
  return lastPair;
}

/** No more than two attributes, and nothing inside. */
function isPair({ attributes, children }: XmlElement): boolean {
  let count = 0;
  for (const _ in attributes) count += 1;
  return count === 2 && children.length === 0;
}

function numberOf(text: string): number | null {
  // Number takes hexadecimal, blanks and Infinity, which no measured value is.
  if (!/^[-+.\d]/.test(text)) return null;
  const value = Number(text);
  return Number.isFinite(value) && !/^[-+]?0[xob]/i.test(text) ? value : null;
}
