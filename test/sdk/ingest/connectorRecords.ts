import {
  type ArchiveInput,
  type Connector,
  defaultImportLimits,
  detectConnector,
  type ImportLimits,
  inspectInput,
  readArchive,
  type SchemaRecord,
} from "../../../sdk/src/ingest/index.ts";
import { checkRecord } from "../../../sdk/src/ingest/schemas/checkRecord.ts";

export type BridgedAll = {
  readonly records: Readonly<Record<string, readonly SchemaRecord[]>>;
  readonly extra: readonly unknown[];
  /** `<kind> <segment>: <reason>`, each time. */
  readonly remarks: readonly string[];
};

/**
 * All that a connector makes of an input, repeats included, without a store or a Parquet file. Fails where a bridge makes a record that
 * does not fit its schema; an import would refuse the whole file for it.
 */
export async function bridgeAll(
  connector: Connector,
  input: ArchiveInput,
  options: { readonly timeZone?: string; readonly limits?: Partial<ImportLimits> } = {},
): Promise<BridgedAll> {
  const { timeZone = "UTC" } = options;
  const records: Record<string, SchemaRecord[]> = Object.fromEntries(connector.segments.map(({ name }) => [name, []]));
  const extra: unknown[] = [];
  const remarks: string[] = [];
  const limits = { ...defaultImportLimits, ...options.limits };
  for await (const raw of connector.open(inspectInput(input), { limits, timeZone })) {
    if (raw.remark !== undefined) {
      remarks.push(`${raw.remark} ${raw.segment}: ${raw.reason}`);
      if (raw.fields !== undefined) extra.push(raw.fields);
      continue;
    }
    const segment = connector.segments.find(({ name }) => name === raw.segment);
    if (segment === undefined) throw new Error(`no segment ${raw.segment}`);
    const bridged = segment.toRecord(raw, (kind, reason) => remarks.push(`${kind} ${raw.segment}: ${reason}`), {
      timeZone,
    });
    if (bridged === undefined) continue;
    const wrong = checkRecord(segment.schema, bridged.record, limits.maxStringLength);
    if (wrong !== undefined) throw new Error(`${segment.schema.id}: ${wrong}`);
    records[raw.segment]?.push(bridged.record);
    if (bridged.extra !== undefined) extra.push(bridged.extra);
  }
  return { records, extra, remarks };
}

/** {@link bridgeAll} by the connector that is surest of the input. */
export async function bridgeDetected(input: ArchiveInput): Promise<BridgedAll> {
  const { connector } = await detectConnector(input);
  return bridgeAll(connector, input);
}

/** What `persona import --dry-run` says of an input: `connector name=records from…to`, segments without records left out. */
export async function summary(input: ArchiveInput): Promise<string> {
  const { connector, segments } = await readArchive(input);
  const filled = segments.filter(({ records }) => records > 0);
  return [connector, ...filled.map(({ name, records, from, to }) => `${name}=${records} ${iso(from)}…${iso(to)}`)].join(
    " | ",
  );
}

function iso(time: Date | null): string {
  return time === null ? "" : time.toISOString().replace(".000Z", "Z").replace("T00:00:00Z", "");
}
