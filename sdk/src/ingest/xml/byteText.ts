/** Node's, where it is there: a text of bytes in one step. */
type ByteSlices = Uint8Array & { latin1Slice(from: number, to: number): string };
type NodeBuffer = { from(buffer: ArrayBufferLike, offset: number, length: number): ByteSlices };

const { Buffer: nodeBuffer } = globalThis as unknown as { readonly Buffer?: Partial<NodeBuffer> };
/** Arguments of one call. */
const atOnce = 8_192;
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/**
 * UTF-8 as it is, a unit for each byte: markup is ASCII, and so are most values. One letter beyond Latin-1 would make all of the text
 * around it twice as long, and slower to search and to compare. What is cut out of it goes through {@link utf8Of}.
 */
export function byteText(bytes: Uint8Array, from: number, to: number): string {
  const end = Math.min(to, bytes.length);
  const buffer = nodeBuffer?.from?.(bytes.buffer, bytes.byteOffset, bytes.length);
  if (buffer?.latin1Slice !== undefined) return buffer.latin1Slice(from, end);
  let text = "";
  for (let at = from; at < end; at += atOnce) {
    text += String.fromCharCode(...bytes.subarray(at, Math.min(end, at + atOnce)));
  }
  return text;
}

/** The text that such a text says. What is no UTF-8 becomes U+FFFD, as everywhere. */
export function utf8Of(text: string): string {
  return isBeyondAscii.test(text) ? decoder.decode(Uint8Array.from(text, (unit) => unit.charCodeAt(0))) : text;
}

const isBeyondAscii = /[\u0080-\u00ff]/;
