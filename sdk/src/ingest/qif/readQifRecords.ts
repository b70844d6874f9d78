import { PersonaError } from "../../errors/index.ts";
import type { ImportLimits } from "../limits.ts";
import { readLines } from "../text/decodeText.ts";

/** A record: the lines up to `^`, each with its first letter apart. */
export type QifRecord = {
  /** The last `!` header, lower case, without its mark: `type:bank`, `account`. */
  readonly section: string;
  readonly fields: readonly { readonly code: string; readonly text: string }[];
  /** From 1. */
  readonly line: number;
};

/** The records of a QIF text. Errors: `EXPORT_INVALID` (data: file, line) when it begins without a header, or a record is too long. */
export async function* readQifRecords(
  texts: AsyncIterable<string>,
  { file, limits }: { readonly file: string; readonly limits: Pick<ImportLimits, "maxRecordBytes"> },
): AsyncGenerator<QifRecord> {
  let section: string | undefined;
  let fields: { code: string; text: string }[] = [];
  let from = 1;
  let length = 0;
  const invalid = (problem: string, line: number): PersonaError =>
    new PersonaError("EXPORT_INVALID", `${file} ${problem}.`, { data: { file, line } });

  for await (const { text, line } of readLines(texts, { file, maxLength: limits.maxRecordBytes })) {
    const code = text.trimStart().charAt(0);
    if (code === "") continue;
    if (code === "!") {
      if (fields.length > 0 && section !== undefined) yield { section, fields, line: from };
      fields = [];
      length = 0;
      section = text
        .trim()
        .slice(1)
        .toLowerCase()
        .replace(/\s*:\s*/, ":");
      continue;
    }
    if (section === undefined) throw invalid("does not begin with a header", line);
    if (code === "^") {
      if (fields.length > 0) yield { section, fields, line: from };
      fields = [];
      length = 0;
      continue;
    }
    if (fields.length === 0) from = line;
    length += text.length + 1;
    if (length > limits.maxRecordBytes)
      throw invalid(`holds a record longer than ${limits.maxRecordBytes} characters`, line);
    fields.push({ code, text: text.trimStart().slice(1).trim() });
  }
  if (section === undefined) throw invalid("does not begin with a header", 1);
  // The last record of a file that was cut by hand has no mark of its end.
  if (fields.length > 0) yield { section, fields, line: from };
}
