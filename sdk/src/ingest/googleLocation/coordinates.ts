import { isObject } from "../jsonFiles.ts";
import { field, type RawObject } from "../rawFields.ts";

export type Coordinates = { readonly latitude: number; readonly longitude: number };

/**
 * A place in any of Google's forms: `latitudeE7` and `longitudeE7` of an object, `59.911°, 10.75°`, `geo:59.911,10.75`. Undefined when
 * it is none, is `geo:nan`, or lies on no globe.
 */
export function coordinatesOf(value: unknown): Coordinates | undefined {
  if (typeof value === "string") return ofText(value);
  if (!isObject(value)) return undefined;
  const text = field(value, "latLng") ?? field(value, "LatLng");
  if (text !== undefined) return coordinatesOf(text);
  return (
    checked(degreesE7(value, "latitudeE7", "latE7"), degreesE7(value, "longitudeE7", "lngE7")) ??
    checked(plain(value, "latitude"), plain(value, "longitude"))
  );
}

function ofText(text: string): Coordinates | undefined {
  if (text.length > 100) return undefined;
  const found = /^\s*(?:geo:)?(-?\d{1,3}(?:\.\d{1,20})?)°?\s*,\s*(-?\d{1,3}(?:\.\d{1,20})?)°?\s*$/.exec(text);
  return found === null ? undefined : checked(Number(found[1]), Number(found[2]));
}

function degreesE7(value: RawObject, ...names: readonly string[]): number | undefined {
  for (const name of names) {
    const number = field(value, name);
    if (typeof number !== "number") continue;
    // Some years of exports wrote numbers above 2^31 for what is negative.
    const whole = number > 1_800_000_000 ? number - 4_294_967_296 : number;
    return whole / 1e7;
  }
  return undefined;
}

function plain(value: RawObject, name: string): number | undefined {
  const number = field(value, name);
  return typeof number === "number" ? number : undefined;
}

function checked(latitude: number | undefined, longitude: number | undefined): Coordinates | undefined {
  if (latitude === undefined || longitude === undefined) return undefined;
  return Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180 ? { latitude, longitude } : undefined;
}
