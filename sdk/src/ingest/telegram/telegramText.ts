import { isObject } from "../jsonFiles.ts";
import { field, type RawObject } from "../rawFields.ts";

/** `text` is a text, or a list of texts and `{ type, text }`, which follow each other without anything between. */
export function telegramText(message: RawObject): string | null {
  const text = field(message, "text");
  if (typeof text === "string") return text.toWellFormed();
  if (!Array.isArray(text)) return null;
  let whole = "";
  for (const part of text) {
    const piece: unknown = isObject(part) ? field(part, "text") : part;
    if (typeof piece === "string") whole += piece;
  }
  return whole.toWellFormed();
}
