import { PersonaError } from "../errors/index.ts";
import type { ArchiveInput, Connector } from "./connector.ts";
import { connectors } from "./connectors.ts";

/** Below this a name is a coincidence: a web project also has an `account.js`. */
const leastConfidence = 0.2;

/**
 * The connector that is surest of this input; the first in the table when two are equally sure.
 *
 * Errors: `ARCHIVE_UNRECOGNISED` when none is.
 */
export async function detectConnector(
  input: ArchiveInput,
  options: { readonly signal?: AbortSignal | undefined } = {},
): Promise<Connector> {
  let best: Connector | undefined;
  let confidence = 0;
  for (const connector of connectors) {
    const own = await connector.detect(input, options);
    if (own > confidence) {
      best = connector;
      confidence = own;
    }
  }
  if (best === undefined || confidence < leastConfidence) {
    throw new PersonaError("ARCHIVE_UNRECOGNISED", "No connector recognises this archive.", {
      data: { files: input.entries().length, connectors: connectors.map(({ id }) => id).join(", ") },
    });
  }
  return best;
}
