import type { Remark } from "../connector.ts";
import { validInstant } from "../times.ts";
import type { FitValue } from "./baseTypes.ts";

type Fields = ReadonlyMap<number, FitValue>;

/** 1989-12-31T00:00:00Z */
const epochMs = 631_065_600_000;
/** Below this a time counts from when the device was switched on, the protocol says. */
const leastInstant = 0x1000_0000;

/** The instant of a FIT time. One that may count from when the device was switched on is taken as it stands, and remarked. */
export function fitInstant(seconds: FitValue | null | undefined, remark: Remark): Date | null {
  if (typeof seconds !== "number") return null;
  if (seconds < leastInstant) remark("changed", "a time may count from when the device was switched on");
  return validInstant(epochMs + seconds * 1000);
}

/** A number of the profile: raw / scale - offset. */
export function scaled(fields: Fields, number: number, scale = 1, offset = 0): number | null {
  const value = fields.get(number);
  return typeof value === "number" && Number.isFinite(value) ? value / scale - offset : null;
}

/** Semicircles as degrees, to the seventh decimal: a semicircle is 84 nanodegrees. */
export function fitDegrees(fields: Fields, number: number, most: 90 | 180, remark: Remark): number | null {
  const value = scaled(fields, number);
  if (value === null) return null;
  const angle = Math.round(value * (180 / 2 ** 31) * 1e7) / 1e7;
  if (Math.abs(angle) <= most) return angle;
  remark("changed", "a position is not on this planet");
  return null;
}

/** Fields that no column holds, by their number or the name a developer gave them; undefined when there are none. */
export function otherFields(
  fields: Fields,
  known: readonly number[],
  developer: ReadonlyMap<string, FitValue> = new Map(),
): Readonly<Record<string, unknown>> | undefined {
  const rest = [
    ...[...fields].filter(([number]) => !known.includes(number)).map(([number, value]) => [`field_${number}`, value]),
    ...developer,
  ].map(([name, value]) => [name, plain(value as FitValue)] as const);
  return rest.length === 0 ? undefined : Object.fromEntries(rest);
}

/** As JSON can hold it: no NaN, no infinity. */
function plain(value: FitValue): unknown {
  if (typeof value === "number") return Number.isFinite(value) ? value : null;
  return Array.isArray(value) ? value.map(plain) : value;
}
