import { PersonaError } from "@persona-protocol/sdk/errors";

const maxDepth = 16;

/**
 * The value that a program's JSON says, exactly one: two keys of one name, half of a surrogate pair, a number too large for any
 * float or deep nesting is no result. Integers beyond 2^53 are bigints.
 * @throws PersonaError OUTPUT_POLICY_VIOLATED
 */
export function parseJsonResult(json: Uint8Array): unknown {
  const wrong = (why: string) => new PersonaError("OUTPUT_POLICY_VIOLATED", `The result is no JSON: ${why}.`);
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(json);
  } catch {
    throw wrong("it is not UTF-8");
  }
  const { colons, depth } = survey(text);
  if (depth > maxDepth) throw wrong(`it nests deeper than ${maxDepth}`);
  let names = 0;
  let value: unknown;
  try {
    value = JSON.parse(text, (_key, inner: unknown, { source }: { readonly source?: string } = {}) => {
      if (typeof inner === "object" && inner !== null && !Array.isArray(inner)) names += Object.keys(inner).length;
      if (typeof inner === "string" && !inner.isWellFormed()) throw wrong("a text is not well-formed Unicode");
      if (typeof inner !== "number") return inner;
      if (!Number.isFinite(inner)) throw wrong("a number is out of range");
      return source !== undefined && !Number.isSafeInteger(inner) && /^-?\d+$/.test(source) ? BigInt(source) : inner;
    });
  } catch (error) {
    throw error instanceof PersonaError ? error : wrong("it does not parse");
  }
  // Each pair has one colon; a name that came twice has left one value.
  if (names !== colons) throw wrong("a name comes twice");
  return value;
}

/** Colons and deepest nesting outside of texts. */
function survey(text: string): { readonly colons: number; readonly depth: number } {
  let colons = 0;
  let depth = 0;
  let deepest = 0;
  for (let i = 0; i < text.length; i++) {
    const char = text.charCodeAt(i);
    if (char === 0x22) {
      for (i++; i < text.length && text.charCodeAt(i) !== 0x22; i++) if (text.charCodeAt(i) === 0x5c) i++;
    } else if (char === 0x3a) colons++;
    else if (char === 0x5b || char === 0x7b) deepest = Math.max(deepest, ++depth);
    else if (char === 0x5d || char === 0x7d) depth--;
  }
  return { colons, depth: deepest };
}
