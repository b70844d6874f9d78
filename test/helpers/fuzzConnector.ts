import { type Connector, inspectInput, readArchive } from "../../sdk/src/ingest/index.ts";
import { memoryArchive } from "../sdk/ingest/memoryArchive.ts";
import { createFuzz, refusedOr } from "./fuzz.ts";

/** Changes each file of a sample, alone: the connector must read what is left, or refuse it by an error with a code. */
export async function fuzzConnector(
  connector: Connector,
  files: Readonly<Record<string, string | Uint8Array>>,
): Promise<void> {
  const fuzz = createFuzz();
  const runsEach = Math.ceil(fuzz.runs / Object.keys(files).length);
  for (const [name, content] of Object.entries(files)) {
    const original = typeof content === "string" ? new TextEncoder().encode(content) : content;
    await createFuzz(runsEach).fuzz(original, async (bytes) => {
      const input = memoryArchive({ [name]: bytes });
      await refusedOr(() => connector.detect(inspectInput(input)));
      await refusedOr(() => readArchive(input, { connector: connector.id }));
    });
  }
}
