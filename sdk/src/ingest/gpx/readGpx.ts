import { PersonaError } from "../../errors/index.ts";
import type { ImportLimits } from "../limits.ts";
import type { RawTrackPoint } from "../tracks/trackPoint.ts";
import { childOf, plainValue, readXml, textOf, type XmlElement } from "../xml/index.ts";

const containers = new Set(["gpx", "trk", "rte", "trkseg"]);
const kinds: Readonly<Record<string, RawTrackPoint["kind"]>> = { trkpt: "track", rtept: "route", wpt: "waypoint" };

export type GpxPoint = { readonly point: RawTrackPoint; readonly position: number };

/**
 * The points of a GPX file, in its order.
 *
 * @param workout id of the workout that the file is the route of
 *
 * Errors: `EXPORT_INVALID` (data: file, position) when it is not a GPX file.
 */
export async function* readGpx(
  chunks: AsyncIterable<Uint8Array>,
  {
    file,
    limits,
    workout = null,
  }: {
    readonly file: string;
    readonly limits: Pick<ImportLimits, "maxRecordBytes" | "maxDepth">;
    readonly workout?: string | null;
  },
): AsyncGenerator<GpxPoint> {
  let isFirst = true;
  let track: string | null = null;
  let ordinal = 0;
  let tracks = 0;
  for await (const { kind, element, position } of readXml(chunks, { file, limits, containers })) {
    if (isFirst && element.name !== "gpx") {
      throw new PersonaError("EXPORT_INVALID", `${file} is not a GPX file.`, { data: { file, position } });
    }
    isFirst = false;
    if (kind === "open" && (element.name === "trk" || element.name === "rte")) {
      tracks += 1;
      track = null;
      ordinal = 0;
    }
    if (kind !== "element") continue;
    if (element.name === "name" && tracks > 0) track = element.text === "" ? null : element.text;
    const is = Object.hasOwn(kinds, element.name) ? kinds[element.name] : undefined;
    if (is === undefined) continue;
    yield { point: pointOf(element, { kind: is, track, workout, ordinal }), position };
    ordinal += 1;
  }
}

/** Names in extensions, whoever's: Garmin's TrackPointExtension, Strava's power, Apple's accuracies. */
const columns = {
  speed: ["speed"],
  course: ["course"],
  horizontalAccuracy: ["hAcc"],
  verticalAccuracy: ["vAcc"],
  heartRate: ["hr", "heartrate"],
  cadence: ["cad", "cadence", "RunCadence"],
  power: ["power", "PowerInWatts"],
  temperature: ["atemp", "temp"],
  distance: ["distance"],
} as const;

function pointOf(
  element: XmlElement,
  place: Pick<RawTrackPoint, "kind" | "track" | "workout" | "ordinal">,
): RawTrackPoint {
  const found: Partial<Record<keyof typeof columns, string>> = {};
  const extra = new Map<string, unknown>();
  for (const child of element.children) {
    if (child.name === "ele" || child.name === "time") continue;
    if (child.name === "extensions") takeExtensions(child, found, extra);
    else if (child.name === "speed" || child.name === "course") found[child.name] ??= child.text;
    else extra.set(child.name, plainValue(child));
  }
  for (const [name, value] of Object.entries(element.attributes)) {
    if (name !== "lat" && name !== "lon") extra.set(`@${name}`, value);
  }
  const name = place.kind === "waypoint" ? textOf(element, "name") : place.track;
  return {
    ...place,
    track: name,
    time: childOf(element, "time")?.text ?? null,
    latitude: element.attributes["lat"] ?? null,
    longitude: element.attributes["lon"] ?? null,
    elevation: childOf(element, "ele")?.text ?? null,
    ...found,
    extra: extra.size === 0 ? undefined : Object.fromEntries(extra),
  };
}

/** Extensions nest (`gpxtpx:TrackPointExtension`); what has a column goes there, the rest stays as it is. */
function takeExtensions(
  element: XmlElement,
  found: Partial<Record<keyof typeof columns, string>>,
  extra: Map<string, unknown>,
): void {
  for (const child of element.children) {
    const column = columnOf(child.name);
    if (child.children.length > 0) takeExtensions(child, found, extra);
    else if (column !== undefined && found[column] === undefined) found[column] = child.text;
    else extra.set(child.name, plainValue(child));
  }
}

function columnOf(name: string): keyof typeof columns | undefined {
  for (const [column, names] of Object.entries(columns)) {
    if ((names as readonly string[]).includes(name)) return column as keyof typeof columns;
  }
  return undefined;
}
