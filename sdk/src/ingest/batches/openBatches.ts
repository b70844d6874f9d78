import type { BatchReader, ConnectorOpenOptions, InspectedInput, RawItem } from "../connector.ts";

/** {@link Connector.open} of a connector that reads in batches: cuts and parses, one batch after the other. */
export async function* openBatches(
  reader: BatchReader,
  input: InspectedInput,
  options: ConnectorOpenOptions,
): AsyncGenerator<RawItem> {
  for await (const piece of reader.cut(input, options)) {
    if (piece.bytes === undefined) {
      yield piece;
      continue;
    }
    const items: RawItem[] = [];
    let failure: unknown;
    try {
      await reader.parse(piece, options, (item) => items.push(item));
    } catch (error) {
      failure = error;
    }
    // What was read before it is given before the error, as it stands in the file.
    yield* items;
    if (failure !== undefined) throw failure;
  }
}
