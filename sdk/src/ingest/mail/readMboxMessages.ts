import { PersonaError } from "../../errors/index.ts";
import { createByteWindow } from "../text/byteWindow.ts";

export type MboxMessage = {
  /** The line that begins it, without `From ` and its end. */
  readonly fromLine: string;
  /** A copy of the message, `>From ` unquoted; empty when it was too long. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Byte offset of its From line in the file. */
  readonly position: number;
  /** It is longer than the limit and was left out. */
  readonly tooLong: boolean;
};

const LF = 0x0a;
const CR = 0x0d;
const GREATER = 0x3e;
const UPPER_F = 0x46;
const FROM = [0x46, 0x72, 0x6f, 0x6d, 0x20] as const;
const BOM = [0xef, 0xbb, 0xbf] as const;

/** A From line and the line after it are looked at as far as this; longer ones are text. */
const maxLineBytes = 1024;

/**
 * The messages of an mbox, one at a time. A byte scan: the only lines looked at are those that begin with `F` or `>`.
 *
 * mbox has no standard that all keep (RFC 4155 is one of several), so what begins a message is decided here: a line
 * `From <anything> <date with time and year>` after an empty line or before a header field; or the short forms
 * `From -` (Thunderbird) and `From <id@anything>` (Google Takeout), which need both. `From Russia with love` is text.
 * Content-Length is not believed: a sender who guesses well would hide the next mail.
 * `>From ` loses one `>`, whether the writer quoted such lines once (mboxo) or every time (mboxrd).
 *
 * Errors: `EXPORT_INVALID` when the file does not begin with such a line.
 */
export async function* readMboxMessages(
  chunks: AsyncIterable<Uint8Array>,
  file: string,
  { maxMessageBytes }: { readonly maxMessageBytes: number },
): AsyncGenerator<MboxMessage> {
  const window = createByteWindow(chunks);
  try {
    if (!(await skipToFirst(window, file))) return;
    let start = window.at;
    let position = window.base + start;
    let scanned = start;
    let tooLong = false;
    let quoted = false;
    let ended = false;
    while (!ended) {
      window.keep = start;
      const before = window.base;
      ended = !(await window.fill());
      start -= window.base - before;
      scanned -= window.base - before;
      const { buffer, end } = window;
      const bytes = buffer.subarray(0, end);
      // What follows a line's end must be there before it is looked at.
      const until = ended ? end : end - 2 * maxLineBytes;
      while (scanned < until) {
        const lineEnd = bytes.indexOf(LF, scanned);
        if (lineEnd < 0 || lineEnd >= until) {
          if (lineEnd < 0) scanned = end;
          break;
        }
        scanned = lineEnd + 1;
        const next = bytes[scanned];
        if (next === GREATER) quoted ||= isQuotedFrom(bytes, scanned);
        if (next !== UPPER_F || !beginsMessage(bytes, scanned)) continue;
        yield message(bytes, start, scanned, { position, tooLong, quoted });
        start = scanned;
        position = window.base + start;
        tooLong = false;
        quoted = false;
      }
      window.at = scanned;
      if (!ended && end - start > maxMessageBytes) {
        tooLong = true;
        // Its From line has been seen; the rest need not be held. What stands before the next line's beginning stays.
        start = Math.max(start, Math.min(scanned, until) - 4);
      }
    }
    yield message(window.buffer.subarray(0, window.end), start, window.end, { position, tooLong, quoted });
  } finally {
    await window.close();
  }
}

/** Whether this is how an mbox begins: a byte order mark and empty lines apart. */
export function beginsAsMbox(head: Uint8Array): boolean {
  return beginsMessage(head, firstByte(head), true);
}

/** @returns false when the file has nothing in it, as a mailbox without mail */
async function skipToFirst(window: ReturnType<typeof createByteWindow>, file: string): Promise<boolean> {
  window.keep = 0;
  let ended = false;
  while (!ended && window.end < 2 * maxLineBytes) ended = !(await window.fill());
  const bytes = window.buffer.subarray(0, window.end);
  window.at = firstByte(bytes);
  if (window.at === window.end) return false;
  if (FROM.every((byte, index) => bytes[window.at + index] === byte)) return true;
  throw new PersonaError("EXPORT_INVALID", `${file} does not begin as an mbox: no From line.`, {
    data: { file, position: window.at },
  });
}

function firstByte(bytes: Uint8Array): number {
  let at = BOM.every((byte, index) => bytes[index] === byte) ? BOM.length : 0;
  while (bytes[at] === LF || bytes[at] === CR) at += 1;
  return at;
}

function message(
  bytes: Uint8Array,
  start: number,
  end: number,
  { position, tooLong, quoted }: { readonly position: number; readonly tooLong: boolean; readonly quoted: boolean },
): MboxMessage {
  if (tooLong) return { fromLine: "", bytes: new Uint8Array(0), position, tooLong };
  const lineEnd = bytes.indexOf(LF, start);
  const body = lineEnd < 0 || lineEnd >= end ? end : lineEnd + 1;
  // The writer puts one empty line behind each message.
  let last = end;
  if (bytes[last - 1] === LF) {
    const line = bytes[last - 2] === CR ? last - 2 : last - 1;
    if (bytes[line - 1] === LF && line > body) last = line;
  }
  const copy = bytes.slice(body, Math.max(body, last)) as Uint8Array<ArrayBuffer>;
  return {
    fromLine: asciiLine(bytes, start).slice(5).trim(),
    bytes: quoted || isQuotedFrom(copy, 0) ? unquoted(copy) : copy,
    position,
    tooLong,
  };
}

/** Whether the line at `at` begins a message. `first` is the first line of a file. */
function beginsMessage(bytes: Uint8Array, at: number, first = false): boolean {
  for (const [index, byte] of FROM.entries()) if (bytes[at + index] !== byte) return false;
  const line = asciiLine(bytes, at);
  const rest = line.slice(5).trim();
  const dated = rest.length < 512 && /\b\d{1,2}:\d{2}(?::\d{2})?\b/.test(rest) && /\b(?:19|20)\d{2}\b/.test(rest);
  const short = rest === "-" || /^[^\s@]+@\S+$/.test(rest);
  if (!dated && !short) return false;
  const afterEmpty = first || isEmptyLineBefore(bytes, at);
  const lineEnd = bytes.indexOf(LF, at);
  const beforeField = lineEnd >= 0 && /^>?[!-9;-~]+[ \t]*:|^>From /.test(asciiLine(bytes, lineEnd + 1));
  return dated ? afterEmpty || beforeField : afterEmpty && beforeField;
}

function isEmptyLineBefore(bytes: Uint8Array, at: number): boolean {
  const before = bytes[at - 2];
  return before === LF || (before === CR && bytes[at - 3] === LF);
}

function asciiLine(bytes: Uint8Array, at: number): string {
  let text = "";
  for (let i = at; i < bytes.length && i - at < maxLineBytes && bytes[i] !== LF; i++) {
    text += String.fromCharCode(bytes[i] ?? 0);
  }
  return text;
}

/** `>From `, `>>From ` … at this place. */
function isQuotedFrom(bytes: Uint8Array, at: number): boolean {
  let i = at;
  while (bytes[i] === GREATER) i += 1;
  return i > at && FROM.every((byte, index) => bytes[i + index] === byte);
}

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
