/**
 * A stranger's text, harmless to print: on one line (or on several, when asked), without escape sequences, without characters that
 * turn the reading direction, hide, or pile up on others, and of bounded length. What was there is shown as its code (`\u{1b}`),
 * never dropped: a name that was made to deceive must not look like the one it imitates.
 *
 * For everything that owners, requesters, operators, programs and exports choose: names, descriptions, domains, endpoints, texts
 * of results. Letters of every script, and emoji, stay as they are. It does not judge look-alike letters.
 */
export function printable(text: string, options: printable.Options = {}): string {
  const { maxLength = 200, lines = false } = options;
  let out = "";
  let taken = 0;
  let marks = 0;
  for (const character of text) {
    if (taken === maxLength) return `${out}… (${text.length} in all)`;
    taken += 1;
    if (character === "\n" && lines) {
      out += "\n";
      marks = 0;
      continue;
    }
    marks = combining.test(character) ? marks + 1 : 0;
    out += marks > maxMarks || unprintable.test(character) ? codeOf(character) : character;
  }
  return out;
}

export declare namespace printable {
  type Options = {
    /** Characters (code points) that are shown at most. Default 200. */
    readonly maxLength?: number | undefined;
    /** Line feeds stay. Default false: a text cannot pretend to be the next line of what it is printed in. */
    readonly lines?: boolean | undefined;
  };
}

/** More on one letter is no language's spelling; it is a way to paint over other lines. */
const maxMarks = 4;
const combining = /\p{M}/u;
/**
 * Controls (Cc: C0 and C1), formats (Cf: bidirectional marks, zero-width characters, tags), lone surrogates (Cs), private use (Co),
 * unassigned (Cn), line and paragraph separators (Zl, Zp), and letters that look like nothing at all.
 */
const unprintable = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}\u{115f}\u{1160}\u{3164}\u{ffa0}\u{2800}]/u;

const codeOf = (character: string): string => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
