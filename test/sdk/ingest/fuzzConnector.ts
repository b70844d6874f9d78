import { type Connector, inspectInput } from "../../../sdk/src/ingest/index.ts";
import { createFuzz, refusedOr } from "../../helpers/fuzz.ts";
import { bridgeAll } from "./connectorRecords.ts";
import { memoryArchive } from "./memoryArchive.ts";

/** Small limits, so that a mutation that asks for much is refused early. */
const limits = { maxRecordBytes: 65_536 };

/**
 * Mutates one file of an export at a time, the others as they are: recognised or not, read or refused by an error with a code. Any
 * other error, and any record that does not fit its schema, is a bug.
 */
export async function fuzzConnector(
  connector: Connector,
  files: Readonly<Record<string, string | Uint8Array>>,
): Promise<void> {
  const { runs } = createFuzz();
  const runsEach = Math.ceil(runs / Object.keys(files).length);
  for (const [name, content] of Object.entries(files)) {
    const original = typeof content === "string" ? new TextEncoder().encode(content) : content;
    await createFuzz(runsEach).fuzz(original, async (bytes, random) => {
      const input = memoryArchive({ ...files, [name]: bytes }, 1 + random.integer(300));
      await refusedOr(async () => {
        const confidence = await connector.detect(inspectInput(input));
        if (!(confidence >= 0 && confidence <= 1)) throw new Error("no confidence");
      });
      await refusedOr(() => bridgeAll(connector, input, { limits, timeZone: "Europe/Oslo" }));
    });
  }
}
