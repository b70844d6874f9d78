import {
  type ArchiveInput,
  connectors,
  inspectInput,
  readArchive,
  type SchemaRecord,
} from "../../../sdk/src/ingest/index.ts";
import { defaultImportLimits } from "../../../sdk/src/ingest/limits.ts";
import { memoryArchive } from "./memoryArchive.ts";

export type ImportedRecords = {
  readonly connector: string;
  /** Records of each segment, as counted after removing repeats. */
  readonly counts: Readonly<Record<string, number>>;
  /** First and last time of each segment, as RFC 3339. */
  readonly times: Readonly<Record<string, readonly (string | null)[]>>;
  readonly skipped: Readonly<Record<string, number>>;
  readonly changed: Readonly<Record<string, number>>;
  /** Standard records, before repeats are removed. */
  readonly records: Readonly<Record<string, readonly SchemaRecord[]>>;
  readonly extras: readonly (Readonly<Record<string, unknown>> | undefined)[];
};

/** An import by the way every import goes, and its records as the bridges gave them. */
export async function importRecords(
  input: ArchiveInput | Readonly<Record<string, string | Uint8Array>>,
  options: readArchive.Options = {},
): Promise<ImportedRecords> {
  const archive =
    typeof input["entries"] === "function" ? (input as ArchiveInput) : memoryArchive(input as Record<string, string>);
  const { connector: id, segments, remarks } = await readArchive(archive, options);
  const connector = connectors.find((each) => each.id === id);
  if (connector === undefined) throw new Error(`no connector ${id}`);
  const timeZone = options.timeZone ?? "UTC";
  const records: Record<string, SchemaRecord[]> = Object.fromEntries(connector.segments.map(({ name }) => [name, []]));
  const extras: (Readonly<Record<string, unknown>> | undefined)[] = [];
  const limits = { ...defaultImportLimits, ...options.limits };
  for await (const raw of connector.open(inspectInput(archive), { limits, timeZone })) {
    if (raw.remark !== undefined) {
      if (raw.fields !== undefined) extras.push(raw.fields);
      continue;
    }
    const definition = connector.segments.find(({ name }) => name === raw.segment);
    const bridged = definition?.toRecord(raw, () => {}, { timeZone });
    if (bridged === undefined) continue;
    records[raw.segment]?.push(bridged.record);
    extras.push(bridged.extra);
  }
  const of = (kind: string): Record<string, number> =>
    Object.fromEntries(remarks.filter((remark) => remark.kind === kind).map(({ reason, count }) => [reason, count]));
  return {
    connector: id,
    counts: Object.fromEntries(segments.map((segment) => [segment.name, segment.records])),
    times: Object.fromEntries(
      segments.map(({ name, from, to }) => [name, [from?.toISOString() ?? null, to?.toISOString() ?? null]]),
    ),
    skipped: of("skipped"),
    changed: of("changed"),
    records,
    extras,
  };
}
