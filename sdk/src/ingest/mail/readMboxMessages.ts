import type { RawBatch } from "../connector.ts";
import { cutMbox } from "./cutMbox.ts";
import { asciiLine, isQuotedFrom } from "./fromLine.ts";

export type MboxMessage = {
  /** The line that begins it, without `From ` and its end. */
  readonly fromLine: string;
  /** The message, `>From ` unquoted, in the memory of its batch; empty when it was too long. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Byte offset of its From line in the file. */
  readonly position: number;
  /** It is longer than the limit and was left out. */
  readonly tooLong: boolean;
};

const LF = 0x0a;
const CR = 0x0d;
const GREATER = 0x3e;

/** The messages of an mbox, one at a time. Errors: those of {@link cutMbox}. */
export async function* readMboxMessages(
  chunks: AsyncIterable<Uint8Array>,
  file: string,
  limits: { readonly maxMessageBytes: number },
): AsyncGenerator<MboxMessage> {
  for await (const piece of cutMbox(chunks, file, limits)) {
    if (piece.bytes !== undefined) yield* mboxMessages(piece);
    else yield { fromLine: "", bytes: new Uint8Array(0), position: piece.tooLong, tooLong: true };
  }
}

/** The messages that {@link cutMbox} put into one batch. `>From ` loses one `>`, whether the writer quoted such lines once (mboxo) or every time (mboxrd). */
export function* mboxMessages({
  bytes,
  marks,
  position,
}: Pick<RawBatch, "bytes" | "marks" | "position">): Generator<MboxMessage> {
  for (let index = 0; index + 2 < marks.length; index += 3) {
    const [start = 0, end = 0, quoted = 0] = [marks[index], marks[index + 1], marks[index + 2]];
    yield message(bytes, start, end, { position: position + start, quoted: quoted === 1 });
  }
}

function message(
  bytes: Uint8Array<ArrayBuffer>,
  start: number,
  end: number,
  { position, quoted }: { readonly position: number; readonly quoted: boolean },
): MboxMessage {
  const lineEnd = bytes.indexOf(LF, start);
  const body = lineEnd < 0 || lineEnd >= end ? end : lineEnd + 1;
  // The writer puts one empty line behind each message.
  let last = end;
  if (bytes[last - 1] === LF) {
    const line = bytes[last - 2] === CR ? last - 2 : last - 1;
    if (bytes[line - 1] === LF && line > body) last = line;
  }
  const own = bytes.subarray(body, Math.max(body, last));
  return {
    fromLine: asciiLine(bytes, start).slice(5).trim(),
    bytes: quoted || isQuotedFrom(own, 0) ? unquoted(own.slice()) : own,
    position,
    tooLong: false,
  };
}

/** In place. */
function unquoted(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  let to = 0;
  let from = 0;
  let line = 0;
  while (line >= 0 && line < bytes.length) {
    if (bytes[line] === GREATER && isQuotedFrom(bytes, line)) {
      bytes.copyWithin(to, from, line);
      to += line - from;
      from = line + 1;
    }
    const end = bytes.indexOf(LF, line);
    line = end < 0 ? -1 : end + 1;
  }
  bytes.copyWithin(to, from);
  return bytes.subarray(0, to + bytes.length - from);
}
