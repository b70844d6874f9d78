/**
 * The last few values of one attribute: in exports of millions of elements most attributes have one of a few. To compare costs less
 * than to find the end, cut out, look for entities and hash, and what comes again is the same string, which everything after it is
 * quicker with.
 */
export type UsualValues = {
  /** What the value that begins at `at` says; undefined when it is none of these. Its length as written: {@link length}. */
  find(text: string, at: number): string | undefined;
  /** UTF-16 units that the value found last takes in the text. */
  length(): number;
  /** A value that {@link find} did not know: as written, and what it says. */
  add(written: string, value: string): void;
};

const most = 4;
/** Longer ones are not worth their memory. */
const maxLength = 512;
/** Below this score values differ too much: only now and then is one kept, in case that they have stopped. */
const leastScore = -16;
const mostScore = 16;
const triedAgain = 64;

export function createUsualValues(): UsualValues {
  const written: string[] = [];
  const values: string[] = [];
  let next = 0;
  let score = 0;
  let waited = 0;
  let found = 0;
  return {
    find(text, at) {
      for (let place = 0; place < written.length; place++) {
        const known = written[place] ?? "";
        if (!isValue(text, at, known)) continue;
        if (score < mostScore) score += 1;
        found = known.length;
        return values[place];
      }
      return undefined;
    },
    length: () => found,
    add(text, value) {
      if (score > leastScore) score -= 1;
      else {
        waited += 1;
        if (written.length > 0) written.length = 0;
        if (waited % triedAgain !== 0) return;
      }
      if (text.length > maxLength) return;
      written[next] = ownCopy(text);
      values[next] = value === text ? (written[next] ?? "") : ownCopy(value);
      next = (next + 1) % most;
    },
  };
}

/** Whether this stands there, and `"` behind it. Where it does, nothing is as quick as to cut it out: no character is copied. */
export function isValue(text: string, at: number, value: string): boolean {
  const end = at + value.length;
  return text.charCodeAt(end) === DOUBLE && text.slice(at, end) === value;
}

const DOUBLE = 0x22;

/** The same text in memory of its own: a piece of another would keep all of that. */
function ownCopy(text: string): string {
  return ` ${text}`.slice(1);
}
