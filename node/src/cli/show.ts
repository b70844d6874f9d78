import { printable } from "./runCommand.ts";

/** The result: one line of JSON (big integers as decimal text), or lines for people, harmless whatever strangers put in them. */
export function show(json: boolean, result: Readonly<Record<string, unknown>>, lines: readonly string[]): void {
  const text = json ? toJson({ ok: true, ...result }) : printable(lines.join("\n"));
  process.stdout.write(`${text}\n`);
}

const toJson = (value: unknown): string =>
  JSON.stringify(value, (_, inner: unknown) => (typeof inner === "bigint" ? String(inner) : inner));

export const isoTime = (unixSeconds: number): string => new Date(unixSeconds * 1_000).toISOString();
