import { PersonaError } from "../../errors/index.ts";

/**
 * The text of a stream, in pieces. A byte order mark decides (UTF-8, UTF-16); else `charset`, which is UTF-8 unless said.
 * Bytes that are not of the charset become U+FFFD.
 */
export async function* decodeText(chunks: AsyncIterable<Uint8Array>, charset = "utf-8"): AsyncGenerator<string> {
  let decoder: InstanceType<typeof TextDecoder> | undefined;
  let first = new Uint8Array(0);
  for await (const chunk of chunks) {
    if (decoder !== undefined) {
      yield decoder.decode(chunk, { stream: true });
      continue;
    }
    first = joined(first, chunk);
    if (first.length < 3) continue;
    decoder = new TextDecoder(markedCharset(first) ?? charset);
    yield decoder.decode(first, { stream: true });
  }
  decoder ??= new TextDecoder(markedCharset(first) ?? charset);
  yield first.length < 3 ? decoder.decode(first) : decoder.decode();
}

/** Errors: `EXPORT_INVALID` when the text is longer than `maxLength` UTF-16 units. */
export async function wholeText(
  chunks: AsyncIterable<Uint8Array>,
  { file, maxLength, charset }: { readonly file: string; readonly maxLength: number; readonly charset?: string },
): Promise<string> {
  let text = "";
  for await (const piece of decodeText(chunks, charset)) {
    text += piece;
    if (text.length > maxLength) {
      throw new PersonaError("EXPORT_INVALID", `${file} is longer than a file of its kind is.`, {
        data: { file, maxLength },
      });
    }
  }
  return text;
}

export type TextLine = {
  readonly text: string;
  /** From 1. */
  readonly line: number;
};

/**
 * The lines of a text without their ends: CR LF, LF or a lone CR.
 *
 * Errors: `EXPORT_INVALID` for a line longer than `maxLength` UTF-16 units.
 */
export async function* readLines(
  texts: AsyncIterable<string>,
  { file, maxLength }: { readonly file: string; readonly maxLength: number },
): AsyncGenerator<TextLine> {
  let rest = "";
  let line = 0;
  let afterReturn = false;
  const tooLong = (): PersonaError =>
    new PersonaError("EXPORT_INVALID", `${file} has a line that is longer than ${maxLength} characters.`, {
      data: { file, line: line + 1 },
    });
  for await (const piece of texts) {
    if (piece === "") continue;
    const text = afterReturn && piece.startsWith("\n") ? piece.slice(1) : piece;
    afterReturn = piece.endsWith("\r");
    const parts = text.split(/\r\n|\n|\r/);
    const last = parts.pop() ?? "";
    for (const part of parts) {
      const whole = rest + part;
      rest = "";
      if (whole.length > maxLength) throw tooLong();
      line += 1;
      yield { text: whole, line };
    }
    rest += last;
    if (rest.length > maxLength) throw tooLong();
  }
  if (rest !== "") yield { text: rest, line: line + 1 };
}

/** What a byte order mark says; undefined where there is none. */
export function markedCharset(bytes: Uint8Array): string | undefined {
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) return "utf-8";
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return "utf-16le";
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return "utf-16be";
  return undefined;
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}
