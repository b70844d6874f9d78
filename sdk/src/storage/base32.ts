import { PersonaError } from "../errors/index.ts";

/** Crockford's alphabet: no I, L, O, U, so that what is printed can be read and typed. */
const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const letterValues = new Map([...alphabet].map((letter, value) => [letter, value]));
for (const [read, meant] of ["I1", "L1", "O0"]) letterValues.set(read ?? "", letterValues.get(meant ?? "") ?? 0);

/** Five bits a letter, zero bits behind the last byte. */
export function encodeBase32(bytes: Uint8Array): string {
  let text = "";
  let bits = 0;
  let held = 0;
  for (const byte of bytes) {
    held = (held << 8) | byte;
    for (bits += 8; bits >= 5; bits -= 5) text += alphabet[(held >> (bits - 5)) & 31];
    held &= (1 << bits) - 1;
  }
  return bits === 0 ? text : text + alphabet[(held << (5 - bits)) & 31];
}

/**
 * Small letters, spaces and hyphens are as good; I and L are read as 1, O as 0.
 *
 * @throws RECOVERY_KIT_INVALID when a letter is none of the alphabet's, or bits are left that no byte has.
 */
export function decodeBase32(text: string): Uint8Array<ArrayBuffer> {
  const bytes: number[] = [];
  let bits = 0;
  let held = 0;
  for (const letter of text.toUpperCase().replace(/[\s-]/g, "")) {
    const value = letterValues.get(letter);
    if (value === undefined) throw invalid(`it holds the letter ${JSON.stringify(letter)}`);
    held = (held << 5) | value;
    bits += 5;
    if (bits < 8) continue;
    bits -= 8;
    bytes.push(held >> bits);
    held &= (1 << bits) - 1;
  }
  if (bits >= 5 || held !== 0) throw invalid("letters are missing or too many");
  return Uint8Array.from(bytes);
}

const invalid = (why: string) => new PersonaError("RECOVERY_KIT_INVALID", `The recovery kit cannot be read: ${why}.`);
