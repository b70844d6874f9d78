const LF = 0x0a;
const firstLine = /^ {0,20}(\d{1,15})[ \r]*$/;
/** Longer than any such line. */
const maxLineBytes = 64;

/** The parts of a file as Apple Mail keeps a mail: its length on a line, the mail, and a property list of what Mail noted. */
export type Emlx = {
  readonly mail: Uint8Array<ArrayBuffer>;
  /** Flags and dates, as a property list in XML; empty when there is none. */
  readonly notes: Uint8Array<ArrayBuffer>;
};

export const emlxName = /\.emlx$/i;

/** Undefined when it does not begin as one: then it may be a mail as it is. A length beyond the file is that of the file. */
export function parseEmlx(bytes: Uint8Array<ArrayBuffer>): Emlx | undefined {
  const line = bytes.subarray(0, maxLineBytes).indexOf(LF);
  if (line < 0) return undefined;
  const found = firstLine.exec(String.fromCharCode(...bytes.subarray(0, line)));
  if (found === null) return undefined;
  const end = Math.min(bytes.length, line + 1 + Number(found[1]));
  return { mail: bytes.subarray(line + 1, end), notes: bytes.subarray(end) };
}
