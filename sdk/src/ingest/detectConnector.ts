import { PersonaError } from "../errors/index.ts";
import type { ArchiveInput, Connector } from "./connector.ts";
import { connectors } from "./connectors.ts";
import { refuseHtmlExport } from "./htmlExport.ts";
import { inspectInput } from "./inspectInput.ts";

/** Below this a name is a coincidence: a web project also has an `account.js`. */
const leastConfidence = 0.05;
/** From here on a connector is worth naming beside the one that was chosen. */
const worthNaming = 0.3;

/**
 * The connector that is surest of this input; the first in the table when two are equally sure.
 *
 * Errors: `ARCHIVE_UNRECOGNISED` when none is, and when there is no connector of the `id` that was asked for.
 */
export async function detectConnector(
  input: ArchiveInput,
  options: detectConnector.Options = {},
): Promise<detectConnector.ReturnType> {
  const { id, signal } = options;
  if (typeof id === "object") return { connector: id, also: [] };
  if (id !== undefined) {
    const connector = connectors.find((each) => each.id === id);
    if (connector === undefined) throw unrecognised(`There is no connector ${id}.`, input);
    return { connector, also: [] };
  }
  const inspected = inspectInput(input, { signal });
  const sure: { connector: Connector; confidence: number }[] = [];
  for (const connector of connectors) {
    const confidence = await connector.detect(inspected);
    if (confidence >= leastConfidence) sure.push({ connector, confidence });
  }
  // Stable: of two that are equally sure, the first in the table stays first.
  sure.sort((a, b) => b.confidence - a.confidence);
  const [best, ...others] = sure;
  // Nobody knows it, or only those who take anything.
  if (best === undefined || best.confidence < worthNaming) await refuseHtmlExport(inspected);
  if (best === undefined) throw unrecognised("No connector recognises this archive.", input);
  const also = others.filter(({ confidence }) => confidence >= worthNaming).map(({ connector }) => connector.id);
  return { connector: best.connector, also };
}

export declare namespace detectConnector {
  type Options = {
    /** Takes this connector, whatever the others think; one of the table by its id. */
    readonly id?: string | Connector | undefined;
    readonly signal?: AbortSignal | undefined;
  };
  type ReturnType = {
    readonly connector: Connector;
    /** Ids of others that would read something of it: a Takeout holds mail, calendars and places in one archive. */
    readonly also: readonly string[];
  };
}

function unrecognised(problem: string, input: ArchiveInput): PersonaError {
  return new PersonaError("ARCHIVE_UNRECOGNISED", problem, {
    data: { files: input.entries().length, connectors: connectors.map(({ id }) => id).join(", ") },
  });
}
