import type { ArchiveEntry, ArchiveInput, ConnectorOpenOptions } from "./connector.ts";
import { throwIfCancelled } from "./throwIfCancelled.ts";

/**
 * Reads files of an export within its limits, tells how far it is, and ends when the import is cancelled.
 * `entries` are all that will be read: their sizes make the total.
 */
export function createEntryReader(
  input: ArchiveInput,
  { limits, signal, onProgress }: Pick<ConnectorOpenOptions, "limits" | "signal" | "onProgress">,
  entries: readonly ArchiveEntry[],
): (entry: ArchiveEntry) => AsyncGenerator<Uint8Array> {
  const bytesTotal = entries.reduce((total, { size }) => total + size, 0);
  let bytesRead = 0;
  return async function* readEntry({ path }) {
    for await (const chunk of input.read(path, { maxBytes: limits.maxEntryBytes, signal })) {
      throwIfCancelled(signal);
      yield chunk;
      bytesRead += chunk.length;
      onProgress?.({ file: path, bytesRead, bytesTotal });
    }
  };
}
