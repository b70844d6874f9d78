/** One field of a header as it stands there, unfolded. `name` in lower case. */
export type HeaderField = { readonly name: string; readonly value: string };

export type HeaderBlock = {
  readonly fields: readonly HeaderField[];
  /** Lines among the fields that are none. */
  readonly junk: readonly string[];
  /** Where the body begins. */
  readonly bodyStart: number;
  /** The block is longer than `maxBytes`; `fields` are those before. */
  readonly tooLong: boolean;
};

const LF = 0x0a;
const CR = 0x0d;
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const latin = new TextDecoder("windows-1252");

/** No colon at its beginning, or it would be a boundary line (`--a:b`); white space before the colon is an old habit. */
const fieldPattern = /^((?!--)[!-9;-~]{1,256})[ \t]*:/;

/**
 * The header fields that begin at `start`. They end at an empty line; or, where a writer forgot it, at a line that is no
 * field and is not followed by one. Bytes beyond ASCII are UTF-8 (RFC 6532), or windows-1252 where they are not.
 */
export function readHeaderBlock(bytes: Uint8Array, start: number, end: number, maxBytes: number): HeaderBlock {
  const limit = Math.min(end, start + maxBytes);
  const blank = findBlankLine(bytes, start, limit);
  const tooLong = blank === undefined && limit < end;
  const blockEnd = blank?.at ?? limit;
  const text = decode(bytes.subarray(start, blockEnd));
  const lines = text.split("\n");
  const fields: HeaderField[] = [];
  const junk: string[] = [];
  let name = "";
  let parts: string[] = [];
  let offset = 0;

  const finish = (): void => {
    if (name !== "") fields.push({ name, value: parts.join(" ").trim() });
    name = "";
    parts = [];
  };

  for (let index = 0; index < lines.length; index++) {
    const line = lines[index] ?? "";
    const at = offset;
    offset += line.length + 1;
    const clean = line.endsWith("\r") ? line.slice(0, -1) : line;
    const found = fieldPattern.exec(clean);
    if (found !== null) {
      finish();
      name = (found[1] ?? "").toLowerCase();
      parts.push(clean.slice(found[0].length).trim());
    } else if ((clean.startsWith(" ") || clean.startsWith("\t")) && (name !== "" || index > 0)) {
      if (name === "") junk.push(clean);
      else parts.push(clean.trim());
    } else if (clean === "" && index === lines.length - 1) {
      break;
    } else if (fieldPattern.test(lines[index + 1] ?? "")) {
      // `From …` before the fields, or a line that was broken on the way.
      finish();
      junk.push(clean);
    } else {
      finish();
      const bodyStart = start + new TextEncoder().encode(text.slice(0, at)).length;
      // A block that was read as windows-1252 has as many characters as bytes.
      const exact = text.length === blockEnd - start ? start + at : bodyStart;
      return { fields, junk, bodyStart: exact, tooLong: false };
    }
  }
  finish();
  return { fields, junk, bodyStart: blank?.after ?? limit, tooLong };
}

/** The first field of this name (a name in lower case). */
export function fieldOf(fields: readonly HeaderField[], name: string): string | undefined {
  return fields.find((field) => field.name === name)?.value;
}

function findBlankLine(
  bytes: Uint8Array,
  start: number,
  end: number,
): { readonly at: number; readonly after: number } | undefined {
  let line = start;
  while (line < end) {
    if (bytes[line] === LF) return { at: line, after: line + 1 };
    if (bytes[line] === CR && bytes[line + 1] === LF) return { at: line, after: line + 2 };
    const lineEnd = bytes.indexOf(LF, line);
    if (lineEnd < 0 || lineEnd >= end) return undefined;
    line = lineEnd + 1;
  }
  return undefined;
}

function decode(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    return latin.decode(bytes); // TypeError: not UTF-8
  }
}
