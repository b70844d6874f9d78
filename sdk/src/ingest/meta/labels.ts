import { idText, isObject } from "../jsonFiles.ts";
import { field, objectField, type RawObject } from "../rawFields.ts";

/** A field of Meta's lists of labelled values. */
export type Labelled = { readonly value: string | null; readonly url: string | null; readonly timestamp: unknown };

/**
 * The labelled values of a record, in each of the forms that Meta writes: `string_map_data` by label, `string_list_data` without
 * labels, and `label_values` (since 2024). Labels are in the owner's language.
 */
export function labelledValues(record: RawObject): ReadonlyMap<string, Labelled> {
  const found = new Map<string, Labelled>();
  for (const [label, item] of Object.entries(objectField(record, "string_map_data") ?? {})) {
    if (isObject(item)) found.set(label, labelled(item));
  }
  const values = field(record, "label_values");
  for (const item of Array.isArray(values) ? values.filter(isObject) : []) {
    const label = idText(field(item, "label")) ?? idText(field(item, "title"));
    if (label !== null && !found.has(label)) found.set(label, labelled(item));
  }
  return found;
}

function labelled(item: RawObject): Labelled {
  const timestamp = field(item, "timestamp") ?? field(item, "timestamp_value");
  return { value: textOf(item, "value"), url: textOf(item, "href"), timestamp };
}

function textOf(item: RawObject, name: string): string | null {
  const text = field(item, name);
  return typeof text === "string" ? text.toWellFormed() : null;
}

/** The first of these labels that there is. */
export function byLabel(values: ReadonlyMap<string, Labelled>, ...labels: readonly string[]): Labelled | undefined {
  for (const label of labels) {
    const found = values.get(label);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The first of them that has a time; labels of times are translated, their place is not. */
export function firstTime(values: ReadonlyMap<string, Labelled>): unknown {
  for (const { timestamp } of values.values()) if (typeof timestamp === "number" && timestamp > 0) return timestamp;
  return undefined;
}
