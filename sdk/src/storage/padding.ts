import type { ByteSource } from "./byteStream.ts";
import { lengthError } from "./envelopeChunks.ts";

const ZEROS = new Uint8Array(64 * 1_024);

/**
 * The source's bytes and zeros after them.
 *
 * @throws ENVELOPE_INVALID when the source has not `length` bytes: zeros must not stand for what is missing.
 */
export async function* paddedSource(
  source: ByteSource,
  { length, paddedLength }: { readonly length: number; readonly paddedLength: number },
): AsyncGenerator<Uint8Array, void, undefined> {
  let given = 0;
  for await (const piece of source) {
    given += piece.length;
    if (given > length) throw lengthError(length);
    yield piece;
  }
  if (given !== length) throw lengthError(length);
  for (let left = paddedLength - length; left > 0; left -= ZEROS.length) yield ZEROS.subarray(0, left);
}

/** The first `length` bytes. The rest is read, since whether all is authentic is known only at its end, and dropped. */
export async function* trimmed(
  pieces: AsyncIterable<Uint8Array<ArrayBuffer>>,
  length: number,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
  let left = length;
  for await (const piece of pieces) {
    const part = piece.subarray(0, left);
    left -= part.length;
    if (part.length > 0) yield part;
  }
}
