import * as z from "zod";

/** What arguments and results are made of. Integers beyond 2^53 are bigints, at most 64 bits. */
export type JsonValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | readonly JsonValue[]
  | { readonly [name: string]: JsonValue };

/**
 * The part of JSON Schema (2020-12) that programs use. Everything has an end: no references, no patterns, no formats, no
 * alternatives but `null`; every string and list says how long it may be; an object has its properties and no others. So a check
 * costs no more than the value is large, and two readers cannot disagree.
 */
export type JsonSchema =
  | { readonly type: "boolean" | "null" | readonly ["boolean", "null"] }
  | {
      readonly type: "integer" | "number" | readonly ["integer" | "number", "null"];
      readonly minimum?: number | undefined;
      readonly maximum?: number | undefined;
    }
  | {
      readonly type: "string" | readonly ["string", "null"];
      /** In code points. */
      readonly maxLength: number;
      readonly enum?: readonly string[] | undefined;
    }
  | {
      readonly type: "array" | readonly ["array", "null"];
      readonly items: JsonSchema;
      readonly minItems?: number | undefined;
      readonly maxItems: number;
    }
  | {
      readonly type: "object" | readonly ["object", "null"];
      readonly properties: Readonly<Record<string, JsonSchema>>;
      /** Default: all of them. */
      readonly required?: readonly string[] | undefined;
      readonly additionalProperties: false;
    };

/** Deepest schema, hence deepest value. */
export const maxSchemaDepth = 16;
const maxProperties = 128;

const wellFormed = z.string().refine((text) => text.isWellFormed(), "not well-formed Unicode");
const name = wellFormed.min(1).max(64);
const orNull = <const name extends string>(type: name) =>
  z.union([z.literal(type), z.tuple([z.literal(type), z.literal("null")])]);
const length = z.number().int().min(0).max(1_048_576);

const schemaOfDepth = (depth: number): z.ZodType<JsonSchema> => {
  const scalars = [
    z.strictObject({ type: z.union([z.literal("null"), orNull("boolean")]) }),
    z.strictObject({
      type: z.union([orNull("integer"), orNull("number")]),
      minimum: z.number().optional(),
      maximum: z.number().optional(),
    }),
    z.strictObject({
      type: orNull("string"),
      maxLength: length,
      enum: z.array(wellFormed.max(1_024)).min(1).max(256).optional(),
    }),
  ] as const;
  if (depth >= maxSchemaDepth) return z.union(scalars) as z.ZodType<JsonSchema>;
  const inner = z.lazy(() => schemaOfDepth(depth + 1));
  return z.union([
    ...scalars,
    z.strictObject({ type: orNull("array"), items: inner, minItems: length.optional(), maxItems: length }),
    z
      .strictObject({
        type: orNull("object"),
        properties: z
          .record(name, inner)
          .refine((all) => Object.keys(all).length <= maxProperties, `more than ${maxProperties} properties`)
          .refine((all) => !Object.hasOwn(all, "__proto__"), "a property cannot be called __proto__"),
        required: z.array(name).max(maxProperties).optional(),
        additionalProperties: z.literal(false),
      })
      .refine(
        ({ properties, required = [] }) => required.every((each) => Object.hasOwn(properties, each)),
        "a required property is not among the properties",
      ),
  ]) as z.ZodType<JsonSchema>;
};

/** A schema as it came from outside. */
export const jsonSchema: z.ZodType<JsonSchema> = schemaOfDepth(1);

/**
 * Where a value first breaks a schema, as a JSON pointer with what was wanted; undefined where it fits. Names in it are the
 * schema's own: nothing of the value is quoted.
 */
export function schemaViolation(schema: JsonSchema, value: unknown, at = ""): string | undefined {
  const wanted = typeof schema.type === "string" ? schema.type : schema.type[0];
  if (value === null)
    return wanted === "null" || typeof schema.type !== "string" ? undefined : `${at || "/"}: ${wanted}`;
  return fitsType(schema, wanted, value) ? insideViolation(schema, value, at) : `${at || "/"}: ${wanted}`;
}

function fitsType(schema: JsonSchema, wanted: string, value: unknown): boolean {
  switch (wanted) {
    case "boolean":
      return typeof value === "boolean";
    case "integer":
      return isInteger(value) && inRange(schema, value);
    case "number":
      return (isInteger(value) || (typeof value === "number" && Number.isFinite(value))) && inRange(schema, value);
    case "string":
      return typeof value === "string" && value.isWellFormed() && textFits(schema, value);
    case "array":
      return Array.isArray(value);
    case "object":
      return typeof value === "object" && !Array.isArray(value) && !(value instanceof Uint8Array);
    default:
      return false;
  }
}

const isInteger = (value: unknown): value is number | bigint =>
  Number.isSafeInteger(value) || (typeof value === "bigint" && value >= -(2n ** 63n) && value < 2n ** 63n);

function inRange(schema: JsonSchema, value: number | bigint): boolean {
  const { minimum, maximum } = schema as { readonly minimum?: number; readonly maximum?: number };
  return (minimum === undefined || value >= minimum) && (maximum === undefined || value <= maximum);
}

function textFits(schema: JsonSchema, value: string): boolean {
  const { maxLength, enum: choices } = schema as { readonly maxLength: number; readonly enum?: readonly string[] };
  // A code point is one or two units: most answers need no counting.
  if (value.length > 2 * maxLength || (value.length > maxLength && [...value].length > maxLength)) return false;
  return choices === undefined || choices.includes(value);
}

function insideViolation(schema: JsonSchema, value: unknown, at: string): string | undefined {
  if ("items" in schema && Array.isArray(value)) {
    if (value.length > schema.maxItems || value.length < (schema.minItems ?? 0)) return `${at || "/"}: number of items`;
    for (const [i, item] of value.entries()) {
      const violation = schemaViolation(schema.items, item, `${at}/${i}`);
      if (violation !== undefined) return violation;
    }
  }
  if ("properties" in schema) {
    const { properties } = schema;
    const given = value as Readonly<Record<string, unknown>>;
    for (const key of schema.required ?? Object.keys(properties))
      if (!Object.hasOwn(given, key)) return `${at}/${key}: required`;
    for (const key of Object.keys(given)) {
      const inner = Object.hasOwn(properties, key) ? properties[key] : undefined;
      if (inner === undefined) return `${at || "/"}: a property that is not declared`;
      const violation = schemaViolation(inner, given[key], `${at}/${key}`);
      if (violation !== undefined) return violation;
    }
  }
  return undefined;
}
