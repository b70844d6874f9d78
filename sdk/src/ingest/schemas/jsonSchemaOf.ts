import type { Column, ColumnType, RecordSchema } from "./recordSchema.ts";

/**
 * The JSON Schema (2020-12) of a record as JSON and NDJSON have it. Columns stay in their order; what a column says of other
 * people is in `x-persona-others`, unless `x-persona-unless` is true of the record; the column's type is in `x-persona-type`.
 */
export function jsonSchemaOf(schema: RecordSchema): Readonly<Record<string, unknown>> {
  const [name, version] = schema.id.split(":").slice(1).join(":").split("@");
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    $id: `urn:${schema.id}`,
    title: name,
    description: `A record of the table ${schema.table}.`,
    type: "object",
    properties: Object.fromEntries(schema.columns.map((column) => [column.name, propertyOf(column)])),
    required: schema.columns.filter(({ nullable }) => !nullable).map((column) => column.name),
    additionalProperties: false,
    "x-persona-version": Number(version),
    "x-persona-table": schema.table,
    "x-persona-key": schema.key,
    "x-persona-time": schema.time,
  };
}

const forms: Readonly<Record<ColumnType, Readonly<Record<string, unknown>>>> = {
  VARCHAR: { type: "string" },
  // As digits: a schema's own numbers are floats to many readers.
  BIGINT: { type: "integer" },
  DOUBLE: { type: "number" },
  DECIMAL: { type: "string", pattern: "^-?\\d{1,20}(?:\\.\\d{1,18})?$" },
  BOOLEAN: { type: "boolean" },
  DATE: { type: "string", format: "date", pattern: "^\\d{4}-\\d{2}-\\d{2}$" },
  TIMESTAMP: { type: "string", format: "date-time" },
  JSON: {},
};

function propertyOf({ type, nullable, description, others, unless }: Column): Readonly<Record<string, unknown>> {
  const form = forms[type];
  const types = typeof form["type"] === "string" && nullable ? { ...form, type: [form["type"], "null"] } : form;
  return {
    description,
    ...types,
    "x-persona-type": type,
    ...(others === undefined ? {} : { "x-persona-others": others }),
    ...(unless === undefined ? {} : { "x-persona-unless": unless }),
  };
}
