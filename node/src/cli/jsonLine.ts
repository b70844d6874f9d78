/**
 * One line for programs (big integers as decimal text), which may end up at a terminal all the same: what would drive it, turn its
 * direction or hide is written as an escape of JSON. Whoever parses it gets every character.
 */
export function jsonLine(value: unknown): string {
  const text = JSON.stringify(value, (_, inner: unknown) => (typeof inner === "bigint" ? String(inner) : inner));
  return `${harmlessJson(text)}\n`;
}

/** JSON that was made already. */
export const harmlessJson = (json: string): string => json.replaceAll(driving, escaped);

/** C0 controls are escaped by JSON itself. */
const driving = /[\u007f-\u009f\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cn}]/gu;

const escaped = (character: string): string =>
  Array.from(
    { length: character.length },
    (_, i) => `\\u${character.charCodeAt(i).toString(16).padStart(4, "0")}`,
  ).join("");
