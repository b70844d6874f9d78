import { decodeCharset } from "../mail/charset.ts";
import { decodeQuotedPrintable } from "../mail/transferEncoding.ts";
import type { ContentLine } from "./readContentLines.ts";

export function paramOf(line: ContentLine, name: string): string | undefined {
  return line.params.get(name)?.[0];
}

/** Text with `\n`, `\,`, `\;` and `\\` as what they stand for, and an encoding of vCard 2.1 decoded. */
export function textValue(line: ContentLine): string {
  return unescapeValue(decodedValue(line)).toWellFormed();
}

/** The parts of a structured or listed value, each unescaped. */
export function splitValue(line: ContentLine, separator: ";" | ","): string[] {
  const text = decodedValue(line);
  const parts: string[] = [];
  let from = 0;
  for (let i = 0; i < text.length; i++) {
    if (text[i] === "\\") i += 1;
    else if (text[i] === separator) {
      parts.push(text.slice(from, i));
      from = i + 1;
    }
  }
  parts.push(text.slice(from));
  return parts.map((part) => unescapeValue(part).toWellFormed().trim());
}

function unescapeValue(text: string): string {
  if (!text.includes("\\")) return text;
  return text.replace(/\\([\\;,nN:"])/g, (_, char: string) => (char === "n" || char === "N" ? "\n" : char));
}

function decodedValue(line: ContentLine): string {
  const encoding = paramOf(line, "ENCODING") ?? line.params.get("TYPE")?.find((type) => type === "quoted-printable");
  if (encoding?.toUpperCase() !== "QUOTED-PRINTABLE") return line.value;
  const bytes = decodeQuotedPrintable(new TextEncoder().encode(line.value));
  return decodeCharset(bytes, paramOf(line, "CHARSET")).text;
}

/** Lines as they are kept for their owner: text where there are no parameters, and a list where a name is there again. */
export function keptLines(lines: readonly ContentLine[]): Record<string, unknown> {
  const kept = new Map<string, unknown[]>();
  for (const { name, group, params, value } of lines) {
    const written = params.size === 0 ? value : { params: Object.fromEntries(params), value };
    const full = group === "" ? name : `${group}.${name}`;
    const known = kept.get(full);
    if (known === undefined) kept.set(full, [written]);
    else known.push(written);
  }
  return Object.fromEntries([...kept].map(([name, all]) => [name, all.length === 1 ? all[0] : all]));
}
