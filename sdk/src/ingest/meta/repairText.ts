import { isObject } from "../jsonFiles.ts";

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
/**
 * A text of Meta's exports as it was written: they write each byte of its UTF-8 as a character of its own (`Ã\u0085se` for `Åse`). A text
 * that is no UTF-8 when it is read that way stays: newer exports write some right.
 */
export function repairText(text: string): string {
  // UTF-8 whose bytes are taken for characters has some above ASCII, and none above U+00FF.
  if (!/[\u0080-\u00ff]/.test(text) || /[\u0100-\uffff]/.test(text)) return text;
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at++) bytes[at] = text.charCodeAt(at);
  try {
    return decoder.decode(bytes);
  } catch {
    return text;
  }
}

/** A value of JSON with each of its texts repaired, names of members too. It is no deeper than the reader allows. */
export function repaired(value: unknown): unknown {
  if (typeof value === "string") return repairText(value);
  if (Array.isArray(value)) return value.map(repaired);
  if (!isObject(value)) return value;
  // fromEntries makes `__proto__` a member like any other.
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [repairText(name), repaired(item)]));
}
