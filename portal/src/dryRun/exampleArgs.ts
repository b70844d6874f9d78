import type { JsonSchema, JsonValue } from "@persona-protocol/sdk/compute";

/** Some value of a form: what an app might ask with. Not what it will ask with: that is its choice each time. */
export function exampleOf(schema: JsonSchema): JsonValue {
  const type = Array.isArray(schema.type) ? schema.type[0] : schema.type;
  switch (type) {
    case "boolean":
      return true;
    case "integer":
    case "number": {
      const { minimum = Number.NEGATIVE_INFINITY, maximum = Number.POSITIVE_INFINITY } = schema as Bounds;
      return Math.min(Math.max(1, minimum), maximum);
    }
    case "string": {
      const { maxLength, enum: some } = schema as Extract<JsonSchema, { maxLength: number }>;
      return some?.[0] ?? "#sun".slice(0, maxLength);
    }
    case "array": {
      const { items, minItems = 0, maxItems } = schema as Extract<JsonSchema, { maxItems: number }>;
      return Array.from({ length: Math.min(Math.max(1, minItems), maxItems, 16) }, () => exampleOf(items));
    }
    case "object": {
      const { properties } = schema as Extract<JsonSchema, { additionalProperties: false }>;
      return Object.fromEntries(Object.entries(properties).map(([name, inner]) => [name, exampleOf(inner)]));
    }
    default:
      return null;
  }
}

type Bounds = { readonly minimum?: number; readonly maximum?: number };
