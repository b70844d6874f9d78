import { createByteWindow } from "../text/byteWindow.ts";
import { decodeText } from "../text/index.ts";

/** A line of iCalendar or vCard (RFC 5545, 3.1; RFC 6350, 3.2), unfolded. */
export type ContentLine = {
  /** In upper case, without its group. */
  readonly name: string;
  /** `item1` of `item1.TEL`; empty for none. */
  readonly group: string;
  /** Names in upper case; a value is there once for each `,`. A parameter without a name (vCard 2.1) is a TYPE. */
  readonly params: ReadonlyMap<string, readonly string[]>;
  /** As written: escapes and encodings of the value stand as they are. */
  readonly value: string;
  /** Byte offset in the file. */
  readonly position: number;
  /** Why it is not quite as written; constant text. */
  readonly repaired: string | undefined;
};

const CR = 0x0d;
const LF = 0x0a;
const strict = new TextDecoder("utf-8", { fatal: true });
const lenient = new TextDecoder("windows-1252");

/**
 * The lines of a file, unfolded byte by byte (a fold may cut a character). What real files have is taken: any line end, empty
 * lines within a folded one (Mozilla), soft breaks of quoted-printable (vCard 2.1), UTF-16 with its mark, and windows-1252
 * where a line is not UTF-8. A line longer than `maxBytes` comes empty and is said to be.
 */
export async function* readContentLines(
  chunks: AsyncIterable<Uint8Array>,
  maxBytes: number,
): AsyncGenerator<ContentLine> {
  // One buffer, not a list of pieces: a line may be folded after every byte, or have nothing between two folds.
  let buffer = new Uint8Array(1_024);
  let started = false;
  /** Of the whole line; `buffer` holds as much of it as the limit allows. */
  let length = 0;
  let position = 0;
  let soft = false;
  const mostBytes = maxBytes + 1;

  function append(bytes: Uint8Array): void {
    const kept = bytes.subarray(0, Math.max(0, mostBytes - length));
    if (length + kept.length > buffer.length && kept.length > 0) {
      const larger = new Uint8Array(Math.min(mostBytes, 2 * (length + kept.length)));
      larger.set(buffer.subarray(0, length));
      buffer = larger;
    }
    buffer.set(kept, Math.min(length, buffer.length));
    length += bytes.length;
  }

  function take(): ContentLine | undefined {
    if (!started) return undefined;
    const tooLong = length > maxBytes;
    const line = parseLine(textOf(buffer.subarray(0, tooLong ? 256 : length)), position, tooLong);
    started = false;
    length = 0;
    return line;
  }

  for await (const { bytes, at, goesOn } of physicalLines(chunks, maxBytes)) {
    const folded = bytes[0] === 0x20 || bytes[0] === 0x09;
    if (soft || goesOn || (folded && started)) {
      append(folded && !goesOn ? bytes.subarray(1) : bytes);
    } else if (bytes.length === 0) {
      continue;
    } else {
      const line = take();
      if (line !== undefined) yield line;
      position = at;
      started = true;
      append(bytes);
    }
    soft = bytes.at(-1) === 0x3d && isQuotedPrintable(buffer.subarray(0, Math.min(length, 512)));
    if (soft) length -= 1;
  }
  const line = take();
  if (line !== undefined) yield line;
}

/** Such a line goes on where it ends in `=`. */
function isQuotedPrintable(beginning: Uint8Array): boolean {
  const head = lenient.decode(beginning);
  const colon = head.indexOf(":");
  return /;(?:ENCODING=)?QUOTED-PRINTABLE/i.test(colon < 0 ? head : head.slice(0, colon));
}

/** Each is valid until the next is asked for. */
async function* physicalLines(
  chunks: AsyncIterable<Uint8Array>,
  maxBytes: number,
): AsyncGenerator<{ readonly bytes: Uint8Array; readonly at: number; readonly goesOn: boolean }> {
  const window = createByteWindow(utf8Chunks(chunks));
  let offset = 0;
  let afterReturn = false;
  let goesOn = false;
  // How far no line ends, in bytes of the stream.
  let scanned = 0;
  try {
    while (await window.fill()) {
      let start = window.at;
      for (let i = Math.max(start, scanned - window.base); i < window.end; i++) {
        const byte = window.buffer[i];
        if (byte !== LF && byte !== CR) {
          afterReturn = false;
          continue;
        }
        if (!(byte === LF && afterReturn && i === start)) {
          yield { bytes: window.buffer.subarray(start, i), at: offset, goesOn };
          goesOn = false;
        }
        offset += i + 1 - start;
        start = i + 1;
        afterReturn = byte === CR;
      }
      // A line without end is handed on in parts.
      if (window.end - start > maxBytes + 2) {
        yield { bytes: window.buffer.subarray(start, window.end), at: offset, goesOn };
        goesOn = true;
        offset += window.end - start;
        start = window.end;
      }
      window.at = start;
      scanned = window.base + window.end;
    }
    if (window.end > window.at) yield { bytes: window.buffer.subarray(window.at, window.end), at: offset, goesOn };
  } finally {
    await window.close();
  }
}

/** Without a byte order mark; UTF-16 becomes UTF-8. */
async function* utf8Chunks(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let first = true;
  const source = chunks[Symbol.asyncIterator]();
  const rest: AsyncIterable<Uint8Array> = { [Symbol.asyncIterator]: () => source };
  for await (const chunk of rest) {
    if (!first) {
      yield chunk;
      continue;
    }
    first = false;
    if ((chunk[0] === 0xff && chunk[1] === 0xfe) || (chunk[0] === 0xfe && chunk[1] === 0xff)) {
      const encoder = new TextEncoder();
      for await (const text of decodeText(before(chunk, rest))) yield encoder.encode(text);
      return;
    }
    yield chunk[0] === 0xef && chunk[1] === 0xbb && chunk[2] === 0xbf ? chunk.subarray(3) : chunk;
  }
}

async function* before(chunk: Uint8Array, rest: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield chunk;
  yield* rest;
}

function textOf(bytes: Uint8Array): string {
  try {
    return strict.decode(bytes);
  } catch {
    return lenient.decode(bytes); // TypeError: not UTF-8
  }
}

/** `group.NAME;PARAM=a,"b":value`, and what stands for it in real files. */
function parseLine(text: string, position: number, tooLong = false): ContentLine {
  const params = new Map<string, string[]>();
  let at = 0;
  const end = text.length;
  while (at < end && text[at] !== ":" && text[at] !== ";" && text[at] !== "=") at += 1;
  const full = text.slice(0, at).trim().toUpperCase();
  const dot = full.lastIndexOf(".");
  const named = { name: full.slice(dot + 1), group: dot < 0 ? "" : full.slice(0, dot) };
  if (text[at] === "=" || at === end) {
    const repaired = at === end ? "is a line without a value" : "has a line with = for :";
    return { ...named, params, value: text.slice(at + 1), position, repaired };
  }
  while (text[at] === ";") {
    at += 1;
    const from = at;
    while (at < end && text[at] !== "=" && text[at] !== ";" && text[at] !== ":") at += 1;
    const name = text.slice(from, at).trim().toUpperCase();
    if (text[at] !== "=") {
      if (name !== "") addParam(params, "TYPE", name.toLowerCase());
      continue;
    }
    do {
      at += 1;
      let value = "";
      if (text[at] === '"') {
        const close = text.indexOf('"', at + 1);
        value = text.slice(at + 1, close < 0 ? end : close);
        at = close < 0 ? end : close + 1;
      }
      const plain = at;
      while (at < end && text[at] !== "," && text[at] !== ";" && text[at] !== ":") at += 1;
      addParam(params, name, value + text.slice(plain, at));
    } while (text[at] === ",");
  }
  const repaired = tooLong
    ? "has a line longer than the limit: its value is left out"
    : text[at] === ":"
      ? undefined
      : "is a line without a value";
  return { ...named, params, value: tooLong ? "" : text.slice(at + 1), position, repaired };
}

function addParam(params: Map<string, string[]>, name: string, value: string): void {
  const known = params.get(name);
  if (known === undefined) params.set(name, [value]);
  else if (known.length < 1000) known.push(value);
}
