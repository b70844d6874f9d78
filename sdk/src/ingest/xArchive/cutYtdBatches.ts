import { PersonaError } from "../../errors/index.ts";
import { type BatchMemory, batchBytes, createBatchMemory, roomBytes } from "../batches/batchMemory.ts";
import type { RawBatch } from "../connector.ts";
import type { ImportLimits } from "../limits.ts";

/** A wrapper is about 30 bytes; `=` must come within this many. */
const maxWrapperBytes = 1024;

const BOM = [0xef, 0xbb, 0xbf] as const;
const SPACE = 0x20;
const QUOTE = 0x22;
const COMMA = 0x2c;
const SEMICOLON = 0x3b;
const EQUALS = 0x3d;
const OPEN_BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
/** `{` and `[`, `}` and `]` differ in this one bit. */
const EITHER_BRACKET = 0xdf;

export type YtdLimits = Pick<ImportLimits, "maxRecordBytes" | "maxDepth">;

/** `marks`: where each record begins and where it ends, in `bytes`. */
type YtdBatch = Pick<RawBatch, "bytes" | "marks" | "position">;

/**
 * A file `window.YTD.<name>.part<n> = [ {…}, {…} ]`, some megabytes of whole records at a time.
 *
 * The file is cut at the first `=`; what follows is found by counting brackets outside of strings, so `]` and `};` in a
 * text do no harm. Whether a record is JSON shows when it is parsed.
 *
 * Errors: `EXPORT_INVALID` with file and byte position; the records before it are given before.
 *
 * @param names accepted as `<name>`; the archive of some months says `tweet` in `tweets.js`.
 */
export async function* cutYtdBatches(
  chunks: AsyncIterable<Uint8Array>,
  file: string,
  names: readonly string[],
  limits: YtdLimits,
  memory: BatchMemory = createBatchMemory(0),
): AsyncGenerator<YtdBatch> {
  // `buffer[start..end)` is what was begun and is not whole; `base` is the file offset of buffer[0]; `at` is how far it is scanned.
  let buffer = new Uint8Array(0);
  let marks: number[] = [];
  let start = 0;
  let end = 0;
  let at = 0;
  let base = 0;
  let state: "wrapper" | "array" | "first" | "value" | "record" | "next" | "after" | "end" = "wrapper";
  let inString = false;
  let depth = 0;

  const invalid = (problem: string, position: number): PersonaError =>
    new PersonaError("EXPORT_INVALID", `${file} ${problem}.`, { data: { file, position } });

  /** The whole records so far, with their memory; what comes after them goes on in memory of its own. */
  function takeBatch(isLast = false): YtdBatch {
    const rest = buffer.subarray(start, end);
    const batch = { bytes: buffer.subarray(0, start), marks: Uint32Array.from(marks), position: base };
    buffer = isLast ? new Uint8Array(rest.length) : memory.take(Math.max(batchBytes, rest.length) + roomBytes);
    buffer.set(rest);
    base += start;
    at -= start;
    end = rest.length;
    start = 0;
    marks = [];
    return batch;
  }

  /** A failure, behind the records before it. */
  async function* scanned(): AsyncGenerator<YtdBatch> {
    for await (const chunk of chunks) {
      if (end + chunk.length > buffer.length) {
        // What stands between records and before them is not kept.
        const from = marks.length > 0 ? 0 : start;
        const needed = end - from + chunk.length;
        const target = new Uint8Array(Math.max(needed * 1.25, Math.min(needed * 4, batchBytes + roomBytes)));
        target.set(buffer.subarray(from, end));
        buffer = target;
        base += from;
        end -= from;
        at -= from;
        start -= from;
      }
      buffer.set(chunk, end);
      end += chunk.length;
      scanOn();
      if (start >= batchBytes && marks.length > 0) yield takeBatch();
    }
    if (state !== "after" && state !== "end") throw invalid("is cut off", base + end);
  }

  try {
    yield* scanned();
  } catch (error) {
    if (marks.length > 0) yield takeBatch(true);
    throw error;
  }
  if (marks.length > 0) yield takeBatch(true);

  function scanOn(): void {
    while (at < end) {
      if (state === "record") {
        at = scan(at);
        if (at - start > limits.maxRecordBytes) {
          throw invalid(`holds a record longer than ${limits.maxRecordBytes} bytes`, base + start);
        }
        if (depth > 0) break;
        marks.push(start, at);
        start = at;
        state = "next";
        continue;
      }
      if (state === "wrapper") {
        const equals = buffer.subarray(at, end).indexOf(EQUALS);
        if (equals < 0) {
          if (end - start > maxWrapperBytes) throw invalid("does not start with window.YTD… =", base + start);
          break;
        }
        at += equals + 1;
        checkWrapper(buffer.subarray(start, at - 1));
        start = at;
        state = "array";
        continue;
      }
      const byte = buffer[at] ?? 0;
      if (isSpace(byte)) {
        at += 1;
        start = at;
        continue;
      }
      if (state === "array" && byte === OPEN_BRACKET) state = "first";
      else if ((state === "first" || state === "value") && byte === OPEN_BRACE) {
        state = "record";
        start = at;
        continue;
      } else if ((state === "first" || state === "next") && byte === CLOSE_BRACKET) state = "after";
      else if (state === "next" && byte === COMMA) state = "value";
      else if (state === "after" && byte === SEMICOLON) state = "end";
      else throw invalid(problemOf[state], base + at);
      at += 1;
      start = at;
    }
  }

  /** Goes on to the end of the record or of the buffer; may stop one past the end, on an escaped byte still to come. */
  function scan(from: number): number {
    // Every byte of the export passes here: local copies, because variables shared by closures are several times slower.
    const bytes = buffer;
    const to = end;
    let quoted = inString;
    let level = depth;
    let i = from;
    while (i < to) {
      if (quoted) {
        while (i < to) {
          const byte = bytes[i];
          i += 1;
          if (byte === BACKSLASH) i += 1;
          else if (byte === QUOTE) {
            quoted = false;
            break;
          }
        }
        continue;
      }
      const byte = bytes[i] ?? 0;
      i += 1;
      // A third of X's export is indentation.
      if (byte <= SPACE) continue;
      if (byte === QUOTE) quoted = true;
      else if ((byte & EITHER_BRACKET) === OPEN_BRACKET) {
        level += 1;
        if (level > limits.maxDepth) throw invalid(`is nested deeper than ${limits.maxDepth}`, base + i - 1);
      } else if ((byte & EITHER_BRACKET) === CLOSE_BRACKET) {
        level -= 1;
        if (level === 0) break;
      }
    }
    inString = quoted;
    depth = level;
    return i;
  }

  function checkWrapper(bytes: Uint8Array): void {
    const bom = BOM.every((byte, index) => bytes[index] === byte) ? BOM.length : 0;
    const wrapper = String.fromCharCode(...bytes.subarray(bom, bom + maxWrapperBytes)).trim();
    const name = /^window\.YTD\.([a-z0-9_]+)\.part\d{1,6}$/.exec(wrapper)?.[1];
    if (name === undefined) throw invalid("does not start with window.YTD… =", 0);
    if (!names.includes(name)) throw invalid(`is wrapped as something else than ${names.join(" or ")}`, 0);
  }
}

const problemOf = {
  array: "does not hold a list",
  first: "holds something that is not a record",
  value: "holds something that is not a record",
  next: "has no comma between two records",
  after: "goes on after its list",
  end: "goes on after its list",
} as const;

function isSpace(byte: number): boolean {
  return byte === SPACE || byte === 0x0a || byte === 0x0d || byte === 0x09;
}
