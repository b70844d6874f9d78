import { stableId } from "../stableId.ts";

/** How many alike are remembered for sure; alike messages further apart than this count as one. */
const remembered = 20_000;

/**
 * Tells records apart whose source gives them no id: the same text sent twice in one minute is two messages. Bounded: two
 * generations of what was seen last.
 *
 * @returns how often this text came before, 0 the first time
 */
export function createOccurrences(): (text: string) => number {
  let current = new Map<string, number>();
  let previous = new Map<string, number>();
  return (text) => {
    // Long texts are not kept, their hashes are.
    const key = text.length > 64 ? stableId(text) : text;
    const before = current.get(key) ?? previous.get(key) ?? 0;
    if (current.size >= remembered && !current.has(key)) {
      previous = current;
      current = new Map();
    }
    current.set(key, before + 1);
    return before;
  };
}
