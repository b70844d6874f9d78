import { type ArchiveInput, defaultImportLimits, detectConnector } from "../../../sdk/src/ingest/index.ts";
import { checkRecord } from "../../../sdk/src/ingest/schemas/checkRecord.ts";

/**
 * Every record of an input through its connector and bridges, without writing anything: for inputs by the thousand. Fails
 * where a bridge makes a record that does not fit its schema; an import would refuse the whole file for it.
 */
export async function bridgeAll(input: ArchiveInput): Promise<number> {
  const { connector } = await detectConnector(input);
  const definitions = new Map(connector.segments.map((definition) => [definition.name, definition]));
  let records = 0;
  for await (const raw of connector.open(input, { limits: defaultImportLimits, timeZone: "UTC" })) {
    const definition = definitions.get(raw.segment);
    if (definition === undefined) throw new Error(`no segment ${raw.segment}`);
    const bridged = definition.toRecord(raw, () => {}, { timeZone: "UTC" });
    if (bridged === undefined) continue;
    const wrong = checkRecord(definition.schema, bridged.record, defaultImportLimits.maxStringLength);
    if (wrong !== undefined) throw new Error(`${definition.schema.id}: ${wrong}`);
    records += 1;
  }
  return records;
}
