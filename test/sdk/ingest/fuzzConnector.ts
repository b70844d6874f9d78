import { type Connector, inspectInput } from "../../../sdk/src/ingest/index.ts";
import { createFuzz, refusedOr } from "../../helpers/fuzz.ts";
import { bridgeAll } from "./connectorRecords.ts";
import { memoryArchive } from "./memoryArchive.ts";

/** Small, so that a mutation that asks for much is refused early. */
const limits = { maxRecordBytes: 65_536 };

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
      await refusedOr(() => bridgeAll(connector, input, { limits, timeZone: "Europe/Oslo" }));
    });
  }
}
