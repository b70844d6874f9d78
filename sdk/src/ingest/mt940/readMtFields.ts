import { PersonaError } from "../../errors/index.ts";
import type { ImportLimits } from "../limits.ts";
import { readLines } from "../text/decodeText.ts";

/** Tags of MT940, MT941 and MT942, and NS, in which some banks put what 86 holds elsewhere. */
export const fieldTags: ReadonlySet<string> = new Set([
  ...["20", "21", "25", "25P", "28", "28C", "13", "13D", "34F", "60F", "60M", "61", "62F", "62M", "64", "65", "86"],
  ...["90C", "90D", "NS"],
]);

/** A field with its lines, the tag cut off; `end` is the `-` between two statements. */
export type MtField = { readonly tag: string; readonly lines: readonly string[]; readonly line: number };

/**
 * The fields of an MT940 text. A tag begins a line; one that the bank's wrapping cut in two (`:` and `86:` on the next line) is put together.
 *
 * Errors: `EXPORT_INVALID` (data: file, line): no field at all, a field longer than `maxRecordBytes`.
 */
export async function* readMtFields(
  texts: AsyncIterable<string>,
  { file, limits }: { readonly file: string; readonly limits: Pick<ImportLimits, "maxRecordBytes"> },
): AsyncGenerator<MtField> {
  let field: { tag: string; lines: string[]; line: number } | undefined;
  let length = 0;
  let before = "";
  let some = false;
  const invalid = (problem: string, line: number): PersonaError =>
    new PersonaError("EXPORT_INVALID", `${file} ${problem}.`, { data: { file, line } });

  for await (const { text: written, line } of readLines(texts, { file, maxLength: limits.maxRecordBytes })) {
    let text = before + withoutBlocks(written);
    before = "";
    if (/^:(?:\d{0,2}[A-Z]?)?$/.test(text) && text.length < 5) {
      before = text;
      continue;
    }
    const trimmed = text.trim();
    if (trimmed === "-" || trimmed === "-}" || trimmed.startsWith("-}")) {
      if (field !== undefined) yield field;
      field = undefined;
      yield { tag: "end", lines: [], line };
      continue;
    }
    const tag = /^\s*:(\d\d[A-Z]?|NS):/.exec(text);
    if (tag !== null && fieldTags.has(tag[1] ?? "")) {
      if (field !== undefined) yield field;
      text = text.slice(tag[0].length);
      field = { tag: tag[1] ?? "", lines: [text], line };
      length = text.length;
      some = true;
      continue;
    }
    if (field === undefined) continue;
    length += text.length + 1;
    if (length > limits.maxRecordBytes)
      throw invalid(`holds a field longer than ${limits.maxRecordBytes} characters`, line);
    field.lines.push(text);
  }
  if (!some) throw invalid("holds no field of an MT940 statement", 1);
  if (field !== undefined) yield field;
}

/** `{1:F01…}{2:…}{4:` in front of a statement. */
function withoutBlocks(text: string): string {
  if (!text.startsWith("{")) return text;
  const cut = text.lastIndexOf("{4:");
  return cut < 0 ? "" : text.slice(cut + 3);
}
