import type { ArchiveEntry, ArchiveInput, ConnectorOpenOptions } from "./connector.ts";
import { throwIfCancelled } from "./throwIfCancelled.ts";

/** Reads files of an export within the import's limits and tells of its progress. */
export type ExportReader = (entry: ArchiveEntry) => AsyncGenerator<Uint8Array>;

/** @param entries all files that will be read; a file that is read twice counts twice, give it twice */
export function createExportReader(
  input: ArchiveInput,
  options: Pick<ConnectorOpenOptions, "limits" | "signal" | "onProgress">,
  entries: readonly ArchiveEntry[],
): ExportReader {
  const { limits, signal, onProgress } = options;
  const bytesTotal = entries.reduce((total, { size }) => total + size, 0);
  let bytesRead = 0;
  return async function* read(entry) {
    for await (const chunk of input.read(entry.path, { maxBytes: limits.maxEntryBytes, signal })) {
      throwIfCancelled(signal);
      yield chunk;
      bytesRead += chunk.length;
      onProgress?.({ file: entry.path, bytesRead, bytesTotal });
    }
  };
}
