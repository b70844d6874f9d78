import { PersonaError } from "../../errors/index.ts";
import { type BatchMemory, batchBytes, createBatchMemory, roomBytes } from "../batches/batchMemory.ts";
import type { RawBatch } from "../connector.ts";
import { asciiLine, beginsMessage, firstByte, isFrom, isQuotedFrom, maxLineBytes } from "./fromLine.ts";

/** `marks`: of each message its beginning and end in `bytes`, and 1 where it holds a quoted From line, 0 otherwise. */
type MboxBatch = Pick<RawBatch, "bytes" | "marks" | "position">;

/** Place of a message that is longer than the limit and is left out. */
type TooLong = { readonly tooLong: number; readonly bytes?: undefined };

const LF = 0x0a;
const CR = 0x0d;
const UPPER_C = 0x43;
const LOWER_C = 0x63;
const GREATER = 0x3e;
const UPPER_F = 0x46;

/**
 * An mbox, some megabytes of whole messages at a time; of a message over the limit its place. A byte scan: the only lines looked
 * at are those that begin with `F` or `>`.
 *
 * mbox has no standard that all keep (RFC 4155 is one of several), so what begins a message is decided here: a line
 * `From <anything> <date with time and year>` after an empty line or before a header field; or the short forms
 * `From -` (Thunderbird) and `From <id@anything>` (Google Takeout), which need both. `From Russia with love` is text.
 * Where a line `From …` of any form stands exactly behind what Content-Length counts, it begins a message. What looks like such a line
 * within is text only where that is so, and was so of every message before: a program that writes the field (mboxcl, mboxcl2) writes it
 * for all. Elsewhere it is the sender's, who could guess it such that it hides the next mail, and is not believed.
 *
 * Errors: `EXPORT_INVALID` when the file does not begin with such a line.
 */
export async function* cutMbox(
  chunks: AsyncIterable<Uint8Array>,
  file: string,
  {
    maxMessageBytes,
    memory = createBatchMemory(0),
  }: { readonly maxMessageBytes: number; readonly memory?: BatchMemory | undefined },
): AsyncGenerator<MboxBatch | TooLong> {
  // `buffer[start..end)` is the message that is read; those before it are in `marks`. `base` is the file offset of buffer[0].
  let buffer = new Uint8Array(0);
  let marks: number[] = [];
  let start = 0;
  let scanned = 0;
  let end = 0;
  let base = 0;
  let position = 0;
  let begun = false;
  let tooLong = false;
  let quoted = false;
  let inHeader = true;
  let contentLength: number | undefined;
  /** Where in the file the body ends by its Content-Length. */
  let bodyEnd: number | undefined;
  /** So far each message has ended where its Content-Length says. */
  let isCounted = true;

  function append(chunk: Uint8Array): void {
    if (end + chunk.length > buffer.length) {
      const from = marks.length > 0 ? 0 : start;
      const needed = end - from + chunk.length;
      const target = new Uint8Array(Math.max(needed * 1.25, Math.min(needed * 4, batchBytes + roomBytes)));
      target.set(buffer.subarray(from, end));
      buffer = target;
      moveBack(from);
    }
    buffer.set(chunk, end);
    end += chunk.length;
  }

  function moveBack(by: number): void {
    base += by;
    start -= by;
    scanned -= by;
    end -= by;
  }

  /** The whole messages so far, with their memory; the one that is read goes on in memory of its own. */
  function takeBatch(isLast = false): MboxBatch {
    const rest = buffer.subarray(start, end);
    const batch = { bytes: buffer.subarray(0, start), marks: Uint32Array.from(marks), position: base };
    buffer = isLast ? new Uint8Array(rest.length) : memory.take(Math.max(batchBytes, rest.length) + roomBytes);
    buffer.set(rest);
    moveBack(start);
    marks = [];
    return batch;
  }

  /** Whether the file begins as an mbox; undefined when there is nothing in it. */
  function begin(): boolean | undefined {
    begun = true;
    start = firstByte(buffer.subarray(0, end));
    scanned = start;
    position = base + start;
    return start === end ? undefined : isFrom(buffer, start);
  }

  /** Goes on to the end, or as far as what follows a line's end must be there before it is looked at. */
  function* scan(ended: boolean): Generator<MboxBatch | TooLong> {
    const ahead = ended ? 0 : 2 * maxLineBytes;
    let bytes = buffer.subarray(0, end);
    let until = end - ahead;
    while (scanned < until) {
      const lineEnd = bytes.indexOf(LF, scanned);
      if (lineEnd < 0 || lineEnd >= until) {
        if (lineEnd < 0) scanned = end;
        break;
      }
      scanned = lineEnd + 1;
      const next = bytes[scanned];
      if (inHeader) {
        if (next === LF || (next === CR && bytes[scanned + 1] === LF)) {
          inHeader = false;
          bodyEnd = contentLength === undefined ? undefined : base + scanned + (next === LF ? 1 : 2) + contentLength;
        } else if (next === UPPER_C || next === LOWER_C) contentLength ??= contentLengthAt(bytes, scanned);
      }
      if (next === GREATER) quoted ||= isQuotedFrom(bytes, scanned);
      if (next !== UPPER_F) continue;
      if (isCounted && bodyEnd !== undefined && base + scanned < bodyEnd && isFrom(bytes, scanned)) {
        const isText = endsAt(bodyEnd - base, ended);
        if (isText === undefined) {
          // Looked at again when the end of the body is here.
          scanned = lineEnd;
          break;
        }
        if (isText) continue;
      }
      if (!beginsMessage(bytes, scanned) && !(isFrom(bytes, scanned) && isBehind(bodyEnd, base + scanned))) continue;
      isCounted &&= isBehind(bodyEnd, base + scanned);
      inHeader = true;
      contentLength = undefined;
      bodyEnd = undefined;
      if (tooLong) yield { tooLong: position };
      else marks.push(start, scanned, quoted ? 1 : 0);
      start = scanned;
      position = base + start;
      tooLong = false;
      quoted = false;
      if (start >= batchBytes && marks.length > 0) {
        yield takeBatch();
        bytes = buffer.subarray(0, end);
        until = end - ahead;
      }
    }
    if (!ended && end - start > maxMessageBytes) {
      if (marks.length > 0) yield takeBatch();
      tooLong = true;
      // Its From line has been seen; the rest need not be held. What stands before the next line's beginning stays.
      start = Math.max(start, Math.min(scanned, end - 2 * maxLineBytes) - 4);
    }
  }

  /** Whether a message ends at `place` of the buffer; undefined when that is not here yet. */
  function endsAt(place: number, ended: boolean): boolean | undefined {
    if (place - start > maxMessageBytes) return false;
    if (!ended && place + maxLineBytes > end) return undefined;
    if (place > end) return false;
    const next = place + (buffer[place] === LF ? 1 : buffer[place] === CR && buffer[place + 1] === LF ? 2 : 0);
    return next >= end || isFrom(buffer.subarray(0, end), next);
  }

  const invalid = (): PersonaError =>
    new PersonaError("EXPORT_INVALID", `${file} does not begin as an mbox: no From line.`, {
      data: { file, position: start },
    });

  for await (const chunk of chunks) {
    append(chunk);
    if (!begun) {
      if (end < 2 * maxLineBytes) continue;
      if (begin() === false) throw invalid();
    }
    yield* scan(false);
  }
  if (!begun) {
    const isMbox = begin();
    if (isMbox === undefined) return;
    if (!isMbox) throw invalid();
  }
  yield* scan(true);
  if (tooLong) {
    if (marks.length > 0) yield takeBatch(true);
    yield { tooLong: position };
  } else {
    marks.push(start, end, quoted ? 1 : 0);
    start = end;
    yield takeBatch(true);
  }
}

function contentLengthAt(bytes: Uint8Array, at: number): number | undefined {
  const found = /^content-length[ \t]*:[ \t]*(\d{1,12})[ \t]*\r?$/i.exec(asciiLine(bytes, at));
  return found === null ? undefined : Number(found[1]);
}

/** The writer puts one empty line between. */
function isBehind(bodyEnd: number | undefined, place: number): boolean {
  return bodyEnd !== undefined && place >= bodyEnd && place <= bodyEnd + 2;
}
