const maxDepth = 64;

export type StrictJson =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly problem: "not-json" | "too-deep" | "name-repeated" };

/**
 * JSON that every reader reads alike: no name twice in an object (one reader keeps the first, another the last), at most 64 levels
 * deep. Where the platform tells a number's source, whole numbers of `wholeNumbers` that are written in another way than by their
 * digits become NaN: `1.0` and `1e0` are the same number to us, and another text to whoever signs.
 */
export function parseStrictJson(text: string, wholeNumbers: readonly string[] = []): StrictJson {
  try {
    const problem = scan(text);
    if (problem !== undefined) return { ok: false, problem };
    return { ok: true, value: JSON.parse(text, wholeNumbers.length === 0 ? undefined : digitsOnly(wholeNumbers)) };
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof RangeError) return { ok: false, problem: "not-json" };
    throw error;
  }
}

/** Nesting and names; whether it is JSON at all is left to the parser. */
function scan(text: string): "too-deep" | "name-repeated" | undefined {
  // Of each open object the names so far; null for an array.
  const open: (Set<string> | null)[] = [];
  let nameNext = false;
  for (let at = 0; at < text.length; at++) {
    const char = text[at];
    if (char === '"') {
      const end = endOfString(text, at);
      const names = open.at(-1);
      if (nameNext && names) {
        // Escapes: "a" and "\u0061" are one name.
        const name = String(JSON.parse(text.slice(at, end)));
        if (names.has(name)) return "name-repeated";
        names.add(name);
        nameNext = false;
      }
      at = end - 1;
    } else if (char === "{" || char === "[") {
      open.push(char === "{" ? new Set() : null);
      nameNext = char === "{";
      if (open.length > maxDepth) return "too-deep";
    } else if (char === "}" || char === "]") {
      open.pop();
      nameNext = false;
    } else if (char === ",") nameNext = open.at(-1) instanceof Set;
  }
  return undefined;
}

/** @returns the place after its closing quote, or the end of the text */
function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    if (text[at] === "\\") at += 1;
    else if (text[at] === '"') return at + 1;
  }
  return text.length;
}

function digitsOnly(names: readonly string[]) {
  return (name: string, value: unknown, context?: { readonly source?: string }): unknown =>
    typeof value === "number" && names.includes(name) && !/^\d+$/.test(context?.source ?? "0") ? Number.NaN : value;
}

/** A JSON object, neither array nor null. */
export function isJsonObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** An own property; `toString` and `__proto__` of a hostile or an empty object are nothing. */
export function ownProperty(value: unknown, name: string): unknown {
  return isJsonObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
}
