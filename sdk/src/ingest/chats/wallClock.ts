/** Marks of writing direction, and the byte order mark: they stand in front of and between a line's parts, and mean nothing here. */
const marks = /[\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/;
const allMarks = /[\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/g;

export function withoutMarks(text: string): string {
  return marks.test(text) ? text.replace(allMarks, "") : text;
}

/** The beginning of a line as a pattern can read it, and where each of its characters stands in the line. */
export type LineHead = { readonly text: string; readonly places: readonly number[] };

const headLength = 72;

/**
 * The first characters of a line without marks, every kind of space as a space and of comma as a comma, digits of other scripts (Arabic, Persian,
 * Devanagari …) as 0 to 9. Undefined when the line begins with neither a digit nor a bracket, as most second lines do.
 */
export function lineHead(line: string): LineHead | undefined {
  let text = "";
  const places: number[] = [];
  for (let at = 0; at < line.length && text.length < headLength; at++) {
    const char = line[at] ?? "";
    const code = char.charCodeAt(0);
    if (code > 127 && marks.test(char)) continue;
    const plain = code > 127 ? plainChar(char, code) : char;
    if (text === "" && plain !== "[" && !(plain >= "0" && plain <= "9")) return undefined;
    text += plain;
    places.push(at);
  }
  places.push(Math.min(line.length, (places.at(-1) ?? -1) + 1));
  return text === "" ? undefined : { text, places };
}

/** First digits of the scripts that phones write dates in. */
const zeros = [0x0660, 0x06f0, 0x0966, 0x09e6, 0x0ae6, 0x0be6, 0x0c66, 0x0ce6, 0x0d66, 0x0e50, 0x1040, 0xff10];

function plainChar(char: string, code: number): string {
  if (code === 0xa0 || code === 0x202f || code === 0x2009 || code === 0x3000) return " ";
  // Commas of Arabic and of full width.
  if (code === 0x060c || code === 0xff0c) return ",";
  for (const zero of zeros) if (code >= zero && code < zero + 10) return String(code - zero);
  return char;
}
