import { PersonaError } from "../../errors/index.ts";
import type { ImportLimits } from "../limits.ts";
import { type ByteWindow, createByteWindow } from "./byteWindow.ts";
import { parseExactJson } from "./json.ts";

/** A value of a JSON file that one of the wanted places names. */
export type JsonValue = {
  /** Index of the wanted place. */
  readonly place: number;
  /** Where it stands: names of members, and indexes of elements as text. */
  readonly path: readonly string[];
  /** Out of JSON.parse; whole numbers beyond 2^53 are bigint. */
  readonly value: unknown;
  /** Byte offset in the file. */
  readonly position: number;
  /** With `withText`: as the source wrote it. */
  readonly text?: string;
};

/**
 * The values at some places of a JSON file of any size, in the file's order, one at a time: `["locations", "*"]` is each
 * element of the list `locations`, `["*"]` each of a file that is a list, `[]` the whole value. `*` also stands for any
 * member of an object. What is not wanted is skipped, and only its brackets are looked at.
 *
 * With `sequence`, a file of any number of values, one after the other (NDJSON): the places are those of each.
 *
 * Errors: `EXPORT_INVALID` (data: file, position): not JSON, neither a list nor an object where something in one is wanted, cut off, not UTF-8, nested deeper than `maxDepth`, a wanted value
 * longer than `maxRecordBytes`.
 */
export async function* readJsonValues(
  chunks: AsyncIterable<Uint8Array>,
  places: readonly (readonly string[])[],
  options: ReadJsonOptions,
): AsyncGenerator<JsonValue> {
  const window = createByteWindow(chunks);
  try {
    yield* scanValues(window, places, options);
  } finally {
    await window.close();
  }
}

export type ReadJsonOptions = {
  readonly file: string;
  readonly limits: Pick<ImportLimits, "maxRecordBytes" | "maxDepth">;
  readonly sequence?: boolean;
  readonly withText?: boolean;
};

async function* scanValues(
  window: ByteWindow,
  places: readonly (readonly string[])[],
  { file, limits, sequence = false, withText = false }: ReadJsonOptions,
): AsyncGenerator<JsonValue> {
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  const stack: Frame[] = [];
  const all = places.map((_, index) => index);

  const invalid = (problem: string, at = window.at): PersonaError =>
    new PersonaError("EXPORT_INVALID", `${file} ${problem}.`, { data: { file, position: window.base + at } });

  await skipByteOrderMark();
  for (;;) {
    if (!(await skipSpace())) {
      if (stack.length === 0 && sequence) return;
      throw invalid("is cut off");
    }
    // At the start of a value.
    const frame = stack.at(-1);
    const depth = stack.length;
    const here =
      frame === undefined ? all : frame.live.filter((place) => matches(places[place]?.[depth - 1], frame.key));
    const place = here.find((index) => places[index]?.length === depth);
    const byte = window.buffer[window.at];
    const isContainer = byte === OPEN_BRACE || byte === OPEN_BRACKET;
    let opened = false;
    if (place !== undefined) {
      window.keep = window.at;
      await skipValue(limits.maxRecordBytes);
      const position = window.base + window.keep;
      const { text, value } = parse(window.buffer.subarray(window.keep, window.at), window.keep);
      window.keep = -1;
      yield { place, path: stack.map(({ key }) => key), value, position, ...(withText ? { text } : {}) };
    } else if (isContainer && here.length > 0) {
      stack.push({ isList: byte === OPEN_BRACKET, key: "0", index: 0, live: here });
      window.at += 1;
      opened = true;
    } else {
      // What is wanted lies in a list or an object, and this is none: passed over, the file would seem to hold nothing.
      if (depth === 0 && !isContainer && !sequence) throw invalid("holds neither a list nor an object of JSON");
      await skipValue(Number.POSITIVE_INFINITY);
    }

    if (!(await toNextValue(opened))) {
      if (sequence) continue;
      if (await skipSpace()) throw invalid("goes on after its end");
      return;
    }
  }

  /** From behind a value, or behind an opening bracket, to the next value. @returns false when the outermost one has ended */
  async function toNextValue(opened: boolean): Promise<boolean> {
    let first = opened;
    for (let frame = stack.at(-1); frame !== undefined; frame = stack.at(-1)) {
      if (!(await skipSpace())) throw invalid("is cut off");
      const byte = window.buffer[window.at];
      if (byte === (frame.isList ? CLOSE_BRACKET : CLOSE_BRACE)) {
        window.at += 1;
        stack.pop();
        first = false;
        continue;
      }
      if (!first) {
        if (byte !== COMMA) throw invalid("has no comma between two values");
        window.at += 1;
        if (!(await skipSpace())) throw invalid("is cut off");
      }
      if (frame.isList) {
        if (!first) frame.index += 1;
        frame.key = String(frame.index);
      } else frame.key = await readKey();
      return true;
    }
    return false;
  }

  async function readKey(): Promise<string> {
    if (window.buffer[window.at] !== QUOTE) throw invalid("has a member without a name");
    window.keep = window.at;
    await skipString(limits.maxRecordBytes);
    const key = String(parse(window.buffer.subarray(window.keep, window.at), window.keep).value);
    window.keep = -1;
    if (!(await skipSpace()) || window.buffer[window.at] !== COLON) throw invalid("has a name without a value");
    window.at += 1;
    return key;
  }

  async function skipValue(maxBytes: number): Promise<void> {
    const byte = window.buffer[window.at] ?? 0;
    if (byte === QUOTE) return skipString(maxBytes);
    if (byte === OPEN_BRACE || byte === OPEN_BRACKET) return skipContainer(maxBytes);
    let length = 0;
    for (;;) {
      while (window.at < window.end) {
        const next = window.buffer[window.at] ?? 0;
        if (next <= SPACE || next === COMMA || next === CLOSE_BRACE || next === CLOSE_BRACKET) {
          if (length === 0) throw invalid("has no value where one belongs");
          return;
        }
        window.at += 1;
        length += 1;
        if (length > maxScalarBytes) throw invalid("holds something that is no JSON");
      }
      if (!(await window.fill())) return;
    }
  }

  async function skipString(maxBytes: number): Promise<void> {
    const from = window.base + window.at;
    window.at += 1;
    let escaped = false;
    for (;;) {
      const { buffer, end } = window;
      let at = window.at;
      while (at < end) {
        const byte = buffer[at];
        at += 1;
        if (escaped) escaped = false;
        else if (byte === BACKSLASH) escaped = true;
        else if (byte === QUOTE) {
          window.at = at;
          return;
        }
      }
      window.at = at;
      if (window.base + at - from > maxBytes) throw tooLong(maxBytes);
      if (!(await window.fill())) throw invalid("is cut off");
    }
  }

  async function skipContainer(maxBytes: number): Promise<void> {
    const from = window.base + window.at;
    let level = 0;
    let quoted = false;
    let escaped = false;
    for (;;) {
      // Every byte of an export passes here: local copies, because variables shared by closures are several times slower.
      const { buffer, end } = window;
      let at = window.at;
      while (at < end) {
        const byte = buffer[at] ?? 0;
        at += 1;
        if (quoted) {
          if (escaped) escaped = false;
          else if (byte === BACKSLASH) escaped = true;
          else if (byte === QUOTE) quoted = false;
        } else if (byte === QUOTE) quoted = true;
        else if ((byte & EITHER_BRACKET) === OPEN_BRACKET) {
          level += 1;
          if (level + stack.length > limits.maxDepth) throw invalid(`is nested deeper than ${limits.maxDepth}`, at - 1);
        } else if ((byte & EITHER_BRACKET) === CLOSE_BRACKET) {
          level -= 1;
          if (level === 0) break;
        }
      }
      window.at = at;
      if (window.base + at - from > maxBytes) throw tooLong(maxBytes);
      if (level === 0) return;
      if (!(await window.fill())) throw invalid("is cut off");
    }
  }

  function tooLong(maxBytes: number): PersonaError {
    return invalid(`holds a record longer than ${maxBytes} bytes`, Math.max(window.keep, 0));
  }

  /** @returns false at the end of the file */
  async function skipSpace(): Promise<boolean> {
    for (;;) {
      while (window.at < window.end) {
        const byte = window.buffer[window.at] ?? 0;
        if (byte !== SPACE && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return true;
        window.at += 1;
      }
      if (!(await window.fill())) return false;
    }
  }

  async function skipByteOrderMark(): Promise<void> {
    while (window.end < BOM.length && (await window.fill()));
    if (BOM.every((byte, index) => window.buffer[index] === byte)) window.at = BOM.length;
  }

  function parse(bytes: Uint8Array, at: number): { readonly text: string; readonly value: unknown } {
    let text: string;
    try {
      text = decoder.decode(bytes);
    } catch {
      throw invalid("is not valid UTF-8 in the record that starts here", at);
    }
    try {
      return { text, value: parseExactJson(text) };
    } catch {
      throw invalid("is not valid JSON in the record that starts here", at);
    }
  }
}

/** A list or an object that is open, and the wanted places that may lie in it. */
type Frame = { readonly isList: boolean; key: string; index: number; readonly live: readonly number[] };

function matches(step: string | undefined, key: string): boolean {
  return step === "*" || step === key;
}

/** Longest number that anybody writes. */
const maxScalarBytes = 400;
const BOM = [0xef, 0xbb, 0xbf] as const;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const SPACE = 0x20;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
/** Braces and brackets differ in this bit alone. */
const EITHER_BRACKET = 0xff & ~0x20;
