import { type ArchiveInput, type Connector, inspectInput } from "../../../sdk/src/ingest/index.ts";
import { defaultImportLimits } from "../../../sdk/src/ingest/limits.ts";
import { checkRecord } from "../../../sdk/src/ingest/schemas/checkRecord.ts";
import { createFuzz, refusedOr } from "../../helpers/fuzz.ts";
import { memoryArchive } from "./memoryArchive.ts";

/** Small, so that a mutation that asks for much is refused early. */
const limits = { ...defaultImportLimits, maxRecordBytes: 65_536 };
const timeZone = "Europe/Oslo";

type Options = {
  /** Each file by itself, for a connector whose files do not need each other; among the others, as they were, else. */
  readonly alone?: boolean;
};

/**
 * Mutates one file of an export at a time, all of them together as often as one: `detect` and all records of the connector, as
 * an import asks for them. Anything but an error with a code, and any record that does not fit its schema, is a bug. Nothing is
 * written to Parquet: that would take most of the time, and test/sdk/ingest/parquet.test.ts gives the writer what fits a schema.
 */
export async function fuzzConnector(
  connector: Connector,
  files: Readonly<Record<string, string | Uint8Array>>,
  { alone = false }: Options = {},
): Promise<void> {
  const { runs } = createFuzz();
  const share = Math.ceil(runs / Object.keys(files).length);
  for (const [name, content] of Object.entries(files)) {
    const original = typeof content === "string" ? new TextEncoder().encode(content) : content;
    await createFuzz(share).fuzz(original, async (bytes, random) => {
      const input = memoryArchive({ ...(alone ? {} : files), [name]: bytes }, 1 + random.integer(300));
      await refusedOr(async () => {
        const confidence = await connector.detect(inspectInput(input));
        if (!(confidence >= 0 && confidence <= 1)) throw new Error("no confidence");
      });
      await refusedOr(() => readAll(connector, input));
    });
  }
}

async function readAll(connector: Connector, input: ArchiveInput): Promise<void> {
  for await (const raw of connector.open(input, { limits, timeZone })) {
    const definition = connector.segments.find((each) => each.name === raw.segment);
    if (definition === undefined) throw new Error(`no segment ${raw.segment}`);
    const bridged = definition.toRecord(raw, () => {}, { timeZone });
    if (bridged === undefined) continue;
    const wrong = checkRecord(definition.schema, bridged.record, limits.maxStringLength);
    if (wrong !== undefined) throw new Error(`a record that does not fit: ${wrong}`);
  }
}
