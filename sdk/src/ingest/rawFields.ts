import type { Remark } from "./connector.ts";

export type RawObject = Readonly<Record<string, unknown>>;

/**
 * A field of an untrusted object; undefined when it is not its own: what a prototype has (`constructor`) is nobody's data.
 * JSON.parse makes `__proto__` an own property like any other, so it changes nothing here.
 */
export function field(object: RawObject, name: string): unknown {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}

export function objectField(object: RawObject, name: string): RawObject | undefined {
  const value = field(object, name);
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as RawObject) : undefined;
}

/** Text, or null when there is none. Half a surrogate pair (X cuts reposts anywhere) becomes U+FFFD, and is remarked. */
export function textField(object: RawObject, name: string, remark: Remark): string | null {
  const value = field(object, name);
  if (typeof value !== "string") {
    if (value !== undefined && value !== null) remark("changed", `${name} is not text`);
    return null;
  }
  if (value.isWellFormed()) return value;
  remark("changed", `${name} held half a character`);
  return value.toWellFormed();
}

/** An id as text. X writes digits in a string; a JSON number is taken only where it is exact. */
export function idField(object: RawObject, ...names: readonly string[]): string | null {
  for (const name of names) {
    const value = field(object, name);
    if (typeof value === "string" && /^\d{1,20}$/.test(value)) return value;
    if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return String(value);
  }
  return null;
}

/** A count: X writes it as a string of digits. Null when it is absent or unreadable; the latter is remarked. */
export function countField(object: RawObject, name: string, remark: Remark): bigint | null {
  const value = field(object, name);
  if (value === undefined || value === null) return null;
  if (typeof value === "string" && /^\d{1,18}$/.test(value)) return BigInt(value);
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return BigInt(value);
  remark("changed", `${name} is not a count`);
  return null;
}

const visible = { configurable: true, enumerable: true, writable: true };

/** The fields that no column holds; undefined when there are none. `names` is short: a list is as fast as a set. */
export function withoutFields(object: RawObject, names: readonly string[]): RawObject | undefined {
  let rest: Record<string, unknown> | undefined;
  for (const name of Object.keys(object)) {
    if (names.includes(name)) continue;
    rest ??= {};
    // As an own field, whatever it is called.
    if (name === "__proto__") Object.defineProperty(rest, name, { ...visible, value: object[name] });
    else rest[name] = object[name];
  }
  return rest;
}
