import { decodeText } from "../text/decodeText.ts";

/** As much as is looked at to tell UTF-8 from an 8-bit charset. */
const sniffBytes = 65_536;

/**
 * The text of a bank's file. Banks declare charsets wrongly or not at all: what is UTF-8 in its first 64 KiB, with letters
 * beyond ASCII in it, is UTF-8; else it is in the charset that is declared, or in Windows-1252, which has ISO 8859-1 in it.
 *
 * @param charsetOf reads a declaration out of the beginning
 */
export async function* decodeBankText(
  chunks: AsyncIterable<Uint8Array>,
  charsetOf: (beginning: string) => string | undefined = () => undefined,
): AsyncGenerator<string> {
  const source = chunks[Symbol.asyncIterator]();
  const held: Uint8Array[] = [];
  let length = 0;
  async function* all(): AsyncGenerator<Uint8Array> {
    yield* held;
    for (;;) {
      const { value, done } = await source.next();
      if (done === true) return;
      yield value;
    }
  }
  try {
    while (length < sniffBytes) {
      const { value, done } = await source.next();
      if (done === true) break;
      // The source may use its piece again.
      held.push(value.slice());
      length += value.length;
    }
    yield* decodeText(all(), isUtf8(held) ? "utf-8" : knownCharset(charsetOf(beginningOf(held))));
  } finally {
    await source.return?.();
  }
}

function isUtf8(pieces: readonly Uint8Array[]): boolean {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let some = false;
  try {
    for (const piece of pieces) {
      some ||= piece.some((byte) => byte > 0x7f);
      // Streaming to the end: half a character at the end of what is looked at is no fault.
      decoder.decode(piece, { stream: true });
    }
    return some;
  } catch {
    return false; // TypeError: not UTF-8
  }
}

function beginningOf(pieces: readonly Uint8Array[]): string {
  let text = "";
  for (const piece of pieces) {
    text += String.fromCharCode(...piece.subarray(0, Math.max(0, 1024 - text.length)));
  }
  return text;
}

function knownCharset(name: string | undefined): string {
  if (name === undefined) return "windows-1252";
  try {
    return new TextDecoder(name).encoding;
  } catch {
    return "windows-1252"; // RangeError: a charset nobody knows
  }
}
