import { openBatches } from "../batches/openBatches.ts";
import { claimFiles, detectFiles, type FileKind } from "../claimFiles.ts";
import type {
  ArchiveEntry,
  ArchiveInput,
  Connector,
  ConnectorOpenOptions,
  InspectedInput,
  RawBatch,
  RawItem,
} from "../connector.ts";
import { createExportReader } from "../exportReader.ts";
import { readGpx } from "../gpx/readGpx.ts";
import { leftOut } from "../leftOut.ts";
import type { ImportLimits } from "../limits.ts";
import { healthSegments } from "../tracks/healthSegments.ts";
import { type RawTrackPoint, toTrackPoint } from "../tracks/trackPoint.ts";
import type { XmlElement } from "../xml/index.ts";
import { xmlRootOf } from "../xml/index.ts";
import { cutHealthExport, parseRecords } from "./cutHealthExport.ts";
import type { HealthItem } from "./readHealthExport.ts";
import { toSample } from "./toSample.ts";
import { type RawWorkout, toWorkout } from "./toWorkout.ts";

const kind: FileKind = {
  label: "an Apple Health export",
  extensions: ["apple_health_export/export.xml"],
  sharedExtensions: [".xml"],
  recognise: (head) => (xmlRootOf(head)?.name === "HealthData" ? 1 : 0),
};

/**
 * The export of Apple's Health app ("Export All Health Data": a zip with `export.xml` and `workout-routes/*.gpx`), of any size.
 * Samples are its records, those inside correlations too; workouts keep their events and statistics; tracks are the points of
 * their routes. What is neither (daily sums, the person's own characteristics, documents of clinics) is counted and kept apart. Devices carry
 * the names their owner gave them; nobody else is in it, unless an app writes names into its metadata.
 */
export const appleHealth: Connector = {
  id: "apple-health",
  segments: healthSegments<XmlElement, RawWorkout, RawTrackPoint>({
    sample: toSample,
    workout: toWorkout,
    point: toTrackPoint,
  }),
  async detect(input) {
    const confidence = await detectFiles(input, kind);
    // The zip has hundreds of routes, and one file that says whose they are.
    return confidence >= 0.6 ? 1 : confidence;
  },
  open: (input, options) => openBatches({ cut, parse }, input, options),
  batches: { cut, parse },
};

async function* cut(input: InspectedInput, options: ConnectorOpenOptions): AsyncGenerator<RawItem | RawBatch> {
  const exports = await claimFiles(input, kind, options);
  const routes = routeFiles(input, exports);
  const count = createExportReader(input, options, [...exports, ...routes]);
  const { limits, memory } = options;
  /** Path of a route, from its first folder on, to the workout it belongs to. */
  const workouts = new Map<string, string>();
  for (const entry of exports) {
    const { path: file } = entry;
    for await (const found of cutHealthExport(count(entry), { file, limits, memory })) {
      if ("bytes" in found) {
        yield { ...found, content: "records", file, marks: new Uint32Array(0) };
        continue;
      }
      if (found.kind === "workout") for (const route of found.workout.routes) workouts.set(route, found.workout.id);
      yield itemOf(found, file);
    }
  }
  for (const route of routes) {
    const { path: file } = route;
    const workout = workouts.get(file.slice(file.lastIndexOf("workout-routes/"))) ?? null;
    for await (const { point, position } of readGpx(count(route), { file, limits, workout })) {
      yield { segment: "tracks", value: point, file, position };
    }
  }
}

function parse(batch: RawBatch, { limits }: { readonly limits: ImportLimits }, give: (item: RawItem) => void): void {
  for (const item of parseRecords(batch, limits)) give(itemOf(item, batch.file));
}

function itemOf(found: HealthItem, file: string): RawItem {
  const { position } = found;
  if (found.kind === "sample") return { segment: "samples", value: found.element, file, position };
  if (found.kind === "point") return { segment: "tracks", value: found.point, file, position };
  if (found.kind === "workout") return { segment: "workouts", value: found.workout, file, position };
  return leftOut("samples", file, found.reason, { position, fields: found.fields });
}

/** The GPX files beside an export. */
function routeFiles(input: ArchiveInput, exports: readonly ArchiveEntry[]): readonly ArchiveEntry[] {
  const folders = new Set(exports.map(({ path }) => `${path.slice(0, path.lastIndexOf("/") + 1)}workout-routes/`));
  return input.entries().filter(({ path }) => {
    const folder = path.slice(0, path.lastIndexOf("/") + 1);
    return folders.has(folder) && path.toLowerCase().endsWith(".gpx");
  });
}
