import { pipeline, Readable } from "node:stream";
import type { Gunzip, InflateRaw } from "node:zlib";
import { PersonaError } from "@persona-protocol/sdk/errors";
import { notZip } from "@persona-protocol/sdk/ingest/archive";

/** Largest piece that is unpacked at once. */
export const inflateBytes = 256 * 1024;

/**
 * Unpacks in pieces; the inflater stops while nobody takes them. `name` is what errors call the file.
 *
 * Errors: `ARCHIVE_NOT_ZIP` where it does not unpack, and those of `packed`.
 */
export async function* inflate(
  packed: AsyncIterable<Uint8Array>,
  inflater: InflateRaw | Gunzip,
  name: string,
): AsyncGenerator<Uint8Array> {
  const source = Readable.from(packed, { objectMode: false });
  pipeline(source, inflater, () => {
    // The error reaches the loop below, through the inflater that pipeline destroys with it.
  });
  try {
    for await (const chunk of inflater) yield chunk as Uint8Array;
  } catch (error) {
    if (error instanceof PersonaError) throw error;
    throw notZip("a file is damaged (it does not unpack)", { name }, error);
  } finally {
    source.destroy();
    inflater.destroy();
    // No read may be under way when the caller closes the file.
    if (!source.closed) await closed(source);
  }
}

/** Its own error, which pipeline gives it for the inflater's, was told already: events' `once` would tell it instead. */
function closed(source: Readable): Promise<void> {
  return new Promise((resolve) => {
    source.on("error", () => undefined).once("close", resolve);
  });
}
