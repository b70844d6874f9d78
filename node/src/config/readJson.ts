import { readFileSync } from "node:fs";
import { PersonaError } from "@persona-protocol/sdk/errors";

/** More than any configuration or deployment: somebody named the wrong file. */
const maxBytes = 1024 * 1024;

/** Lines that begin with `//` are comments. @throws PersonaError CONFIG_INVALID when the file is missing or not JSON */
export function readJson(file: string): unknown {
  try {
    const text = readFileSync(file, "utf8");
    if (text.length > maxBytes) throw new RangeError("too large");
    // A string of JSON has no line breaks: what begins a line is never inside one.
    return JSON.parse(text.replace(/^[ \t]*\/\/.*$/gm, ""));
  } catch (cause) {
    throw new PersonaError("CONFIG_INVALID", `${file} cannot be read as JSON.`, { cause });
  }
}
