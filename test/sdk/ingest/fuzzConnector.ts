import { type ArchiveInput, type Connector, inspectInput } from "../../../sdk/src/ingest/index.ts";
import { defaultImportLimits } from "../../../sdk/src/ingest/limits.ts";
import { checkRecord } from "../../../sdk/src/ingest/schemas/checkRecord.ts";
import { createFuzz, refusedOr } from "../../helpers/fuzz.ts";
import { memoryArchive } from "./memoryArchive.ts";

/**
 * Mutates one file of an export at a time: `detect` and all records of the connector, as an import asks for them. Anything but
 * an error with a code, and any record that does not fit its schema, is a bug.
 */
export async function fuzzConnector(connector: Connector, files: Readonly<Record<string, string>>): Promise<void> {
  const names = Object.keys(files);
  for (const name of names) {
    const { fuzz } = createFuzz(Math.ceil(Number(process.env["PERSONA_FUZZ_RUNS"] ?? 2_000) / names.length));
    await fuzz(new TextEncoder().encode(files[name]), async (bytes) => {
      const input = memoryArchive({ ...files, [name]: bytes });
      await connector.detect(inspectInput(input));
      await refusedOr(() => readAll(connector, input));
    });
  }
}

async function readAll(connector: Connector, input: ArchiveInput): Promise<void> {
  const limits = { ...defaultImportLimits, maxRecordBytes: 100_000 };
  for await (const raw of connector.open(input, { limits, timeZone: "UTC" })) {
    const definition = connector.segments.find((each) => each.name === raw.segment);
    if (definition === undefined) throw new Error(`no segment ${raw.segment}`);
    const bridged = definition.toRecord(raw, () => {}, { timeZone: "UTC" });
    if (bridged === undefined) continue;
    const wrong = checkRecord(definition.schema, bridged.record, limits.maxStringLength);
    if (wrong !== undefined) throw new Error(`a record that does not fit: ${wrong}`);
  }
}
