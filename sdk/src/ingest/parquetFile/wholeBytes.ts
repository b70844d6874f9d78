import { PersonaError } from "../../errors/index.ts";

/** Errors: `ARCHIVE_TOO_LARGE` when they are more than `maxBytes`. */
export async function wholeBytes(
  chunks: AsyncIterable<Uint8Array>,
  { file, maxBytes }: { readonly file: string; readonly maxBytes: number },
): Promise<Uint8Array<ArrayBuffer>> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of chunks) {
    length += chunk.length;
    if (length > maxBytes)
      throw new PersonaError(
        "ARCHIVE_TOO_LARGE",
        `${file} is longer than ${maxBytes} bytes, and can only be read whole.`,
        {
          data: { file, maxBytes },
        },
      );
    pieces.push(chunk.slice());
  }
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}
