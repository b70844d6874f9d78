import type { BlobStore } from "./blobStore.ts";
import { readEnvelopeRange } from "./envelope.ts";

/**
 * Decrypts a range of a stored object. Of its blocks only those on the way to the header and to the chunks asked for are
 * fetched, and each is checked against its CID: for a few bytes of a large object two leaves for a chunk and one for the header.
 *
 * @throws as `readEnvelopeRange` and `BlobStore.get`.
 */
export async function readSegmentRange(
  store: Pick<BlobStore, "get">,
  cid: string,
  parameters: readEnvelopeRange.Parameters & { readonly signal?: AbortSignal },
): Promise<Uint8Array<ArrayBuffer>> {
  const { signal } = parameters;
  return readEnvelopeRange(async (offset, length) => {
    const bytes = new Uint8Array(length);
    let at = 0;
    const pieces = store.get(cid, { offset, length, transient: true, ...(signal !== undefined && { signal }) });
    for await (const piece of pieces) {
      // A store that gives more than it was asked for is cut off, and the envelope judges what came.
      const part = piece.subarray(0, length - at);
      bytes.set(part, at);
      at += part.length;
    }
    return bytes.subarray(0, at);
  }, parameters);
}
