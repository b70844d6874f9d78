import { isMap } from "../storage/decoders.ts";

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

const maxItems = 1_048_576;

/** What is wrong with a schema that came from outside; undefined where it is one. */
export function jsonSchemaProblem(value: unknown, depth = 1): string | undefined {
  if (!isMap(value)) return "schema";
  const [type, orNull] = Array.isArray(value["type"]) ? (value["type"] as readonly unknown[]) : [value["type"]];
  const wanted = fields.get(type);
  if (wanted === undefined) return "type";
  if (Array.isArray(value["type"]) && (value["type"].length !== 2 || orNull !== "null" || type === "null"))
    return "type";
  if (depth >= maxSchemaDepth && (type === "array" || type === "object")) return "too deep";
  const own = Object.keys(value);
  if (own.some((key) => key !== "type" && !Object.hasOwn(wanted, key))) return "unknown field";
  for (const [key, fits] of Object.entries(wanted)) {
    const given = Object.hasOwn(value, key) ? value[key] : undefined;
    if (!fits(given)) return key;
  }
  if (type === "array") return jsonSchemaProblem(value["items"], depth + 1);
  return type === "object" ? objectProblem(value, depth) : undefined;
}

type Fits = (value: unknown) => boolean;

const isText = (value: unknown, min: number, max: number): boolean =>
  typeof value === "string" && value.isWellFormed() && value.length >= min && value.length <= max;
const isList = (value: unknown, min: number, max: number, fits: Fits): boolean =>
  Array.isArray(value) && value.length >= min && value.length <= max && value.every(fits);
const isName: Fits = (value) => isText(value, 1, 64);
const isLength: Fits = (value) => Number.isSafeInteger(value) && Number(value) >= 0 && Number(value) <= maxItems;
const optional =
  (fits: Fits): Fits =>
  (value) =>
    value === undefined || fits(value);

const range = { minimum: optional(Number.isFinite), maximum: optional(Number.isFinite) };
/** What each type has beside `type`, and nothing else. */
const fields: ReadonlyMap<unknown, Readonly<Record<string, Fits>>> = new Map<string, Record<string, Fits>>([
  ["null", {}],
  ["boolean", {}],
  ["integer", range],
  ["number", range],
  ["string", { maxLength: isLength, enum: optional((v) => isList(v, 1, 256, (each) => isText(each, 0, 1_024))) }],
  ["array", { items: isMap, minItems: optional(isLength), maxItems: isLength }],
  [
    "object",
    {
      properties: isMap,
      required: optional((v) => isList(v, 0, maxProperties, isName)),
      additionalProperties: (v) => v === false,
    },
  ],
]);

function objectProblem({ properties, required = [] }: Readonly<Record<string, unknown>>, depth: number) {
  const all = Object.entries(properties as object);
  if (all.length > maxProperties) return "properties";
  if (all.some(([name]) => !isName(name))) return "name";
  if (Object.hasOwn(properties as object, "__proto__")) return "name";
  if ((required as readonly string[]).some((each) => !Object.hasOwn(properties as object, each))) return "required";
  for (const [name, inner] of all) {
    const problem = jsonSchemaProblem(inner, depth + 1);
    if (problem !== undefined) return `${name}: ${problem}`;
  }
  return undefined;
}

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
