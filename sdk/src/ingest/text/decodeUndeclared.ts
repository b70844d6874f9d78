import { decodeText } from "./decodeText.ts";

/** As much as is looked at to tell UTF-8 from an 8-bit charset, from the first letter beyond ASCII on. */
const sniffBytes = 65_536;

/**
 * The text of a file whose charset is declared wrongly or not at all, as banks do: what is UTF-8 in the 64 KiB behind its first letter
 * beyond ASCII is UTF-8; else it is in the charset that is declared, or in Windows-1252, which has ISO 8859-1 in it. Read once.
 *
 * @param charsetOf reads a declaration out of the beginning
 * @param onCharset told before the first text that needs it; never for a file of nothing but ASCII
 */
export async function* decodeUndeclared(
  chunks: AsyncIterable<Uint8Array>,
  charsetOf: (beginning: string) => string | undefined = () => undefined,
  onCharset: (charset: string) => void = () => {},
): AsyncGenerator<string> {
  const source = chunks[Symbol.asyncIterator]();
  const held: Uint8Array[] = [];
  let length = 0;
  let ended = false;
  async function take(): Promise<boolean> {
    const { value, done } = await source.next();
    ended = done === true;
    if (done === true) return false;
    // The source may use its piece again.
    held.push(value.slice());
    length += value.length;
    return true;
  }
  async function* all(): AsyncGenerator<Uint8Array> {
    yield* held;
    for (;;) {
      const { value, done } = await source.next();
      if (done === true) return;
      yield value;
    }
  }
  try {
    while (length < sniffBytes && (await take()));
    const declared = knownCharset(charsetOf(beginningOf(held)));
    // As long as there is nothing but ASCII, no charset has to be chosen; UTF-16 says what it is by its mark, which is none.
    while (held.every(isAscii)) {
      for (const piece of held.splice(0)) yield asciiText(piece);
      length = 0;
      if (!(await take())) return;
    }
    while (length < sniffBytes && (await take()));
    const charset = isUtf8(held, ended) ? "utf-8" : declared;
    onCharset(charset);
    yield* decodeText(all(), charset);
  } finally {
    await source.return?.();
  }
}

function isAscii(piece: Uint8Array): boolean {
  return !piece.some((byte) => byte > 0x7f);
}

function asciiText(piece: Uint8Array): string {
  return new TextDecoder().decode(piece);
}

function isUtf8(pieces: readonly Uint8Array[], isWhole: boolean): boolean {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  try {
    // Half a character at the end of what is looked at is no fault, at the file's end it is.
    for (const piece of pieces) decoder.decode(piece, { stream: true });
    if (isWhole) decoder.decode();
    return true;
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
