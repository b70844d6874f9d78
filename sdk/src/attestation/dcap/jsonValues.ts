import { type AttestationRule, RuleBroken } from "../rules.ts";
import { bytesOfHex } from "./collateral.ts";

/** Reads the members of Intel's JSON; what is missing or of another type breaks `rule`. Unknown members are left alone. */
export type JsonObject = {
  string(name: string): string;
  /** A whole number from 0 to `max`. */
  number(name: string, max: number): number;
  /** Hex digits, as Intel writes bytes. */
  bytes(name: string, length: number): Uint8Array;
  /** "2025-06-19T10:56:11Z" as Unix seconds. */
  time(name: string): number;
  object(name: string): JsonObject;
  /** Undefined where there is none. */
  optionalObject(name: string): JsonObject | undefined;
  objects(name: string): readonly JsonObject[];
  optionalObjects(name: string): readonly JsonObject[];
  optionalStrings(name: string): readonly string[];
};

/** @throws RuleBroken when `text` is no JSON object. */
export function readJson(text: string, rule: AttestationRule): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new RuleBroken(rule, "The text is no JSON.");
  }
  return jsonObject(value, rule, "text");
}

function jsonObject(value: unknown, rule: AttestationRule, at: string): JsonObject {
  const broken = (name: string, wanted: string): RuleBroken => new RuleBroken(rule, `${at}.${name} is not ${wanted}.`);
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw broken("", "an object");
  const members = new Map<string, unknown>(Object.entries(value));
  const list = (name: string): readonly unknown[] => {
    const found = members.get(name);
    if (!Array.isArray(found)) throw broken(name, "a list");
    return found;
  };
  const self: JsonObject = {
    string(name) {
      const found = members.get(name);
      if (typeof found !== "string") throw broken(name, "a text");
      return found;
    },
    number(name, max) {
      const found = members.get(name);
      if (typeof found !== "number" || !Number.isInteger(found) || found < 0 || found > max) {
        throw broken(name, `a whole number up to ${max}`);
      }
      return found;
    },
    bytes(name, length) {
      const text = self.string(name);
      if (text.length !== 2 * length || !/^[0-9a-fA-F]*$/.test(text)) throw broken(name, `${length} bytes of hex`);
      return bytesOfHex(text);
    },
    time(name) {
      const text = self.string(name);
      const milliseconds = Date.parse(text);
      if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(text) || Number.isNaN(milliseconds)) throw broken(name, "a time");
      return milliseconds / 1000;
    },
    object: (name) => jsonObject(members.get(name), rule, `${at}.${name}`),
    optionalObject: (name) => (members.has(name) ? self.object(name) : undefined),
    objects: (name) => list(name).map((item, index) => jsonObject(item, rule, `${at}.${name}[${index}]`)),
    optionalObjects: (name) => (members.has(name) ? self.objects(name) : []),
    optionalStrings(name) {
      if (!members.has(name)) return [];
      return list(name).map((item) => {
        if (typeof item !== "string") throw broken(name, "a list of texts");
        return item;
      });
    },
  };
  return self;
}
