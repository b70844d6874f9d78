import { jsonLine } from "./jsonLine.ts";
import { printable } from "./runCommand.ts";

/** The result: one line of JSON (big integers as decimal text), or lines for people, harmless whatever strangers put in them. */
export function show(json: boolean, result: Readonly<Record<string, unknown>>, lines: readonly string[]): void {
  process.stdout.write(json ? jsonLine({ ok: true, ...result }) : `${printable(lines.join("\n"))}\n`);
}

export const isoTime = (unixSeconds: number): string => new Date(unixSeconds * 1_000).toISOString();
