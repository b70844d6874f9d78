import { PersonaError } from "../../../errors/index.ts";
import type { LiveCursor } from "../liveSource.ts";

/** A cursor is JSON of its source's own, with the number of its form. */
export function writeCursor(form: number, state: Readonly<Record<string, unknown>>): LiveCursor {
  return JSON.stringify({ form, ...state });
}

/** What was written; undefined when there is none, or it is of another form: then everything is read again. @throws CONFIG_INVALID */
export function readCursor<T>(form: number, cursor: LiveCursor | undefined): Partial<T> | undefined {
  if (cursor === undefined) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(cursor);
  } catch (cause) {
    throw new PersonaError("CONFIG_INVALID", "The cursor is none that a source has written.", { cause });
  }
  if (typeof value !== "object" || value === null || !("form" in value)) {
    throw new PersonaError("CONFIG_INVALID", "The cursor is none that a source has written.");
  }
  return value.form === form ? (value as Partial<T>) : undefined;
}
