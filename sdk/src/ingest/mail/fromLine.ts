const LF = 0x0a;
const CR = 0x0d;
const FROM = [0x46, 0x72, 0x6f, 0x6d, 0x20] as const;
const BOM = [0xef, 0xbb, 0xbf] as const;
const GREATER = 0x3e;

/** A From line and the line after it are looked at as far as this; longer ones are text. */
export const maxLineBytes = 1024;

/** Whether this is how an mbox begins: a byte order mark and empty lines apart. */
export function beginsAsMbox(head: Uint8Array): boolean {
  return beginsMessage(head, firstByte(head), true);
}

/** Where the first line of a file begins: behind a byte order mark and empty lines. */
export function firstByte(bytes: Uint8Array): number {
  let at = BOM.every((byte, index) => bytes[index] === byte) ? BOM.length : 0;
  while (bytes[at] === LF || bytes[at] === CR) at += 1;
  return at;
}

/** Whether the line at `at` begins a message. `first` is the first line of a file. */
export function beginsMessage(bytes: Uint8Array, at: number, first = false): boolean {
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

/** The line at this place, as far as lines are looked at. */
export function asciiLine(bytes: Uint8Array, at: number): string {
  let text = "";
  for (let i = at; i < bytes.length && i - at < maxLineBytes && bytes[i] !== LF; i++) {
    text += String.fromCharCode(bytes[i] ?? 0);
  }
  return text;
}

/** `>From `, `>>From ` … at this place. */
export function isQuotedFrom(bytes: Uint8Array, at: number): boolean {
  let i = at;
  while (bytes[i] === GREATER) i += 1;
  return i > at && FROM.every((byte, index) => bytes[i + index] === byte);
}

/** Whether `From ` stands here. */
export function isFrom(bytes: Uint8Array, at: number): boolean {
  return FROM.every((byte, index) => bytes[at + index] === byte);
}
