import { concatBytes } from "../../crypto/bytes.ts";
import { decodeText, markedCharset } from "../text/decodeText.ts";

/** The first bytes decide; a declaration longer than this is none. */
export const declarationBytes = 256;

/** The text of an XML file, in the charset of its byte order mark or its XML declaration, UTF-8 otherwise. */
export async function* decodeXml(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const source = chunks[Symbol.asyncIterator]();
  const head: Uint8Array[] = [];
  let length = 0;
  async function* all(): AsyncGenerator<Uint8Array> {
    yield* head;
    for (;;) {
      const { value, done } = await source.next();
      if (done === true) return;
      yield value;
    }
  }
  try {
    while (length < declarationBytes) {
      const { value, done } = await source.next();
      if (done === true) break;
      // The source may use its piece again.
      head.push(value.slice());
      length += value.length;
    }
    yield* decodeText(all(), declaredCharset(concatBytes(...head)));
  } finally {
    await source.return?.();
  }
}

/** The charset of a file that begins like this, as {@link decodeXml} takes it. */
export function xmlCharset(head: Uint8Array): string {
  return markedCharset(head) ?? declaredCharset(head);
}

function declaredCharset(head: Uint8Array): string {
  const text = String.fromCharCode(...head.subarray(0, declarationBytes));
  const name = /^\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']/.exec(text)?.[1];
  // Whoever wrote UTF-16 in a declaration that can be read byte by byte did not mean it.
  if (name === undefined || /^utf-?16/i.test(name)) return "utf-8";
  try {
    return new TextDecoder(name).encoding;
  } catch {
    return "utf-8"; // RangeError: a charset nobody knows; what is not UTF-8 becomes U+FFFD
  }
}
