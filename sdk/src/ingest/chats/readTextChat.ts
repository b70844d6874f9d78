import { PersonaError } from "../../errors/index.ts";
import type { TextLine } from "../text/index.ts";
import type { DateNumbers } from "./dateOrder.ts";

/** The dated beginning of a message in a text file. */
export type ChatStart = {
  readonly numbers: DateNumbers;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  /** The clock has 12 hours. */
  readonly isHalfDay: boolean;
  /** Date and time as they stand in the file. */
  readonly localTime: string;
  /** The line behind them. */
  readonly rest: string;
};

export type ChatEntry = Omit<ChatStart, "rest"> & {
  /** Null for what the app itself wrote. */
  readonly sender: string | null;
  readonly text: string;
  /** Line of the file, from 1. */
  readonly line: number;
};

/**
 * Entries of a chat that an app wrote as text: each begins on a dated line, and goes on in the lines behind it that have no date.
 * What stands in front of the first is undated and given with `start` undefined, once, so that it can be told of.
 */
export async function* readTextChat(
  lines: AsyncIterable<TextLine>,
  parseStart: (line: string) => ChatStart | undefined,
  { file, maxLength }: { readonly file: string; readonly maxLength: number },
): AsyncGenerator<ChatEntry | "undated"> {
  let undated = 0;
  let open: { readonly start: ChatStart; readonly line: number; readonly more: string[]; length: number } | undefined;
  for await (const { text, line } of lines) {
    const start = parseStart(text);
    if (start !== undefined) {
      if (open !== undefined) yield entryOf(open);
      open = { start, line, more: [], length: 0 };
    } else if (open !== undefined) {
      open.more.push(text);
      open.length += text.length + 1;
      if (open.length > maxLength) {
        throw new PersonaError("EXPORT_INVALID", `${file} holds a message longer than ${maxLength} characters.`, {
          data: { file, line: open.line },
        });
      }
    } else {
      undated += text.length + 1;
      if (undated > maxLength) {
        throw new PersonaError("EXPORT_INVALID", `${file} holds no dated line in its first ${maxLength} characters.`, {
          data: { file, line },
        });
      }
      if (text.trim() !== "") yield "undated";
    }
  }
  if (open !== undefined) yield entryOf(open);
}

function entryOf(open: {
  readonly start: ChatStart;
  readonly line: number;
  readonly more: readonly string[];
}): ChatEntry {
  const { rest, ...start } = open.start;
  const { sender, text } = splitSender(rest);
  // The files end in a line end, and some apps put an empty line between messages.
  const whole = open.more.length === 0 ? text : [text, ...open.more].join("\n").trimEnd();
  return { ...start, sender, text: whole, line: open.line };
}

/**
 * The sender stands in front of the first `: `. A line without one is the app's own (`You were added`), and so is one whose
 * quote is still open there: `Kari changed the subject to "Boats: ropes"`.
 */
function splitSender(rest: string): { readonly sender: string | null; readonly text: string } {
  const colon = rest.search(/:(?:[ \u00a0\u202f]|$)/);
  if (colon <= 0) return { sender: null, text: rest };
  const sender = rest.slice(0, colon);
  const quotes = sender.split('"').length - 1;
  if (quotes % 2 === 1 || count(sender, "“") !== count(sender, "”")) return { sender: null, text: rest };
  return { sender, text: rest.slice(colon + 2) };
}

function count(text: string, part: string): number {
  return text.split(part).length - 1;
}
