import { isObject } from "../jsonFiles.ts";
import { field, objectField, type RawObject } from "../rawFields.ts";
import { firstTime, labelledValues } from "./labels.ts";

/**
 * What a record of Meta's lists is told apart by, none of them having an id: its time, its texts, its addresses, and the name of its
 * first file without the folders, which changed with the years. Everything else may differ in the next export.
 */
export function recordKey(record: RawObject): string {
  const [entry] = listOf(record, "string_list_data");
  const [media] = listOf(record, "media");
  const [data] = listOf(record, "data");
  const [attachment] = listOf(record, "attachments");
  const attached = attachment === undefined ? undefined : listOf(attachment, "data")[0];
  const labels = labelledValues(record);
  const times = [
    field(record, "timestamp"),
    field(record, "creation_timestamp"),
    field(record, "taken_at"),
    field(media ?? {}, "creation_timestamp"),
    field(entry ?? {}, "timestamp"),
    firstTime(labels),
  ];
  const comment = objectField(data ?? {}, "comment") ?? {};
  const reaction = objectField(data ?? {}, "reaction") ?? {};
  const texts = [
    field(record, "title"),
    field(record, "name"),
    field(record, "url"),
    field(record, "caption"),
    field(media ?? {}, "title"),
    field(data ?? {}, "post"),
    field(comment, "comment"),
    field(reaction, "reaction"),
    field(entry ?? {}, "href"),
    field(entry ?? {}, "value"),
    ...[...labels.values()].flatMap(({ value, url }) => [value, url]),
    ...listValues(record),
  ];
  const paths = [
    field(media ?? {}, "uri"),
    field(record, "uri"),
    field(record, "path"),
    field(objectField(attached ?? {}, "media") ?? {}, "uri"),
  ];
  const text = (value: unknown): string | null =>
    typeof value === "string" || typeof value === "number" || typeof value === "bigint" ? String(value) : null;
  return JSON.stringify([
    text(times.find((time) => text(time) !== null)),
    texts.map(text),
    paths.map((path) => text(path)?.split("/").at(-1) ?? null),
  ]);
}

/** The form before 2020: a list of time, text and name, as `values`. */
function listValues(record: RawObject): readonly unknown[] {
  const values = field(record, "values");
  return Array.isArray(values) ? values : [];
}

function listOf(record: RawObject, name: string): readonly RawObject[] {
  const list = field(record, name);
  return Array.isArray(list) ? list.filter(isObject) : [];
}
