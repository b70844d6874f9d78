/** What {@link recordEnd} says when there is no end: the record goes on behind the bytes, or it is no plain record. */
export const goesOn = -1;
export const isOther = -2;

const name = [0x3c, 0x52, 0x65, 0x63, 0x6f, 0x72, 0x64] as const; // <Record

/** As many bytes as it takes to know that a record begins. */
export const startBytes = name.length + 1;

/** Where the next `<Record ` stands, in `bytes[from..end)`; -1 when there is none. */
export function recordStart(bytes: Uint8Array, from: number, end: number): number {
  let at = bytes.indexOf(LESS, from);
  while (at >= 0 && at + startBytes <= end) {
    if (isRecord(bytes, at)) return at;
    at = bytes.indexOf(LESS, at + 1);
  }
  return -1;
}

function isRecord(bytes: Uint8Array, at: number): boolean {
  for (let index = 0; index < name.length; index++) if (bytes[at + index] !== name[index]) return false;
  return (bytes[at + name.length] ?? GREATER) <= SPACE;
}

/**
 * Behind the `Record` that begins at `start`, with all that is in it, blanks before it apart. Counts tags over quotes: whether they
 * match, and everything else that makes XML, is judged by who parses the record, and where that accepts it, it ends here. A comment or
 * the like makes it another thing, as does anything but a record.
 */
export function recordEnd(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end && (bytes[at] ?? 0) <= SPACE) at += 1;
  if (at + startBytes > end) {
    for (let index = 0; at + index < end && index < name.length; index++) {
      if (bytes[at + index] !== name[index]) return isOther;
    }
    return goesOn;
  }
  if (!isRecord(bytes, at)) return isOther;
  let depth = 0;
  for (;;) {
    if (at + 1 >= end) return goesOn;
    const next = bytes[at + 1];
    if (next === BANG || next === QUESTION) return isOther;
    if (next === SLASH) {
      while (at < end && bytes[at] !== GREATER) at += 1;
      depth -= 1;
    } else {
      at = tagEnd(bytes, at + 1, end);
      if (bytes[at - 1] !== SLASH) depth += 1;
    }
    if (at >= end) return goesOn;
    at += 1;
    if (depth === 0) return at;
    while (at < end && bytes[at] !== LESS) at += 1;
  }
}

/** Place of the `>` that ends a start tag; `end` when it is not there. */
function tagEnd(bytes: Uint8Array, from: number, end: number): number {
  let at = from;
  while (at < end) {
    const byte = bytes[at];
    if (byte === GREATER) return at;
    at += 1;
    if (byte !== DOUBLE && byte !== SINGLE) continue;
    while (at < end && bytes[at] !== byte) at += 1;
    at += 1;
  }
  return end;
}

const SPACE = 0x20;
const BANG = 0x21;
const DOUBLE = 0x22;
const SINGLE = 0x27;
const SLASH = 0x2f;
const LESS = 0x3c;
const GREATER = 0x3e;
const QUESTION = 0x3f;
