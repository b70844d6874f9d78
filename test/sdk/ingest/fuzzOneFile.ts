import { type Connector, defaultImportLimits, inspectInput } from "../../../sdk/src/ingest/index.ts";
import { checkRecord } from "../../../sdk/src/ingest/schemas/checkRecord.ts";
import { createFuzz, refusedOr } from "../../helpers/fuzz.ts";
import { memoryArchive } from "./memoryArchive.ts";

/** Small limits, so that a mutation that asks for much is refused early. */
const limits = { ...defaultImportLimits, maxRecordBytes: 65_536 };

/** Mutations of a file: recognised or not, read or refused by an error with a code, and every record fits its schema. */
export async function fuzzConnector(connector: Connector, file: string, original: Uint8Array): Promise<void> {
  await createFuzz().fuzz(original, async (bytes, random) => {
    const input = memoryArchive({ [file]: bytes }, 1 + random.integer(300));
    await refusedOr(async () => {
      const confidence = await connector.detect(inspectInput(input));
      if (!(confidence >= 0 && confidence <= 1)) throw new Error("no confidence");
    });
    await refusedOr(async () => {
      for await (const raw of connector.open(input, { limits, timeZone: "Europe/Oslo" })) {
        const segment = connector.segments.find(({ name }) => name === raw.segment);
        if (segment === undefined) throw new Error(`no segment ${raw.segment}`);
        const bridged = segment.toRecord(raw, () => undefined, { timeZone: "Europe/Oslo" });
        if (bridged === undefined) continue;
        const wrong = checkRecord(segment.schema, bridged.record, limits.maxStringLength);
        if (wrong !== undefined) throw new Error(wrong);
      }
    });
  });
}
