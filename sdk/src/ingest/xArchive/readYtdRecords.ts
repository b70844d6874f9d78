import { PersonaError } from "../../errors/index.ts";
import type { RawBatch } from "../connector.ts";
import { cutYtdBatches, type YtdLimits } from "./cutYtdBatches.ts";

export type YtdRecord = {
  readonly value: Readonly<Record<string, unknown>>;
  /** Byte offset of the record in the file. */
  readonly position: number;
};

/**
 * The records of one file `window.YTD.<name>.part<n> = [ {…}, {…} ]`, in the memory of a batch.
 *
 * Errors: those of {@link cutYtdBatches} and {@link parseYtdBatch}.
 */
export async function* readYtdRecords(
  chunks: AsyncIterable<Uint8Array>,
  file: string,
  names: readonly string[],
  limits: YtdLimits,
): AsyncGenerator<YtdRecord> {
  for await (const batch of cutYtdBatches(chunks, file, names, limits)) yield* parseYtdBatch({ ...batch, file });
}

/**
 * Each record parsed by JSON.parse: nothing is ever evaluated as JavaScript.
 *
 * Errors: `EXPORT_INVALID` with file and byte position. The text of the file is in no message and in no cause: a
 * SyntaxError quotes it.
 */
export function* parseYtdBatch({
  bytes,
  marks,
  file,
  position,
}: Pick<RawBatch, "bytes" | "marks" | "file" | "position">): Generator<YtdRecord> {
  for (let index = 0; index + 1 < marks.length; index += 2) {
    const [start = 0, end = 0] = [marks[index], marks[index + 1]];
    const invalid = (problem: string): PersonaError =>
      new PersonaError("EXPORT_INVALID", `${file} ${problem} in the record that starts here.`, {
        data: { file, position: position + start },
      });
    let text: string;
    try {
      text = decoder.decode(bytes.subarray(start, end));
    } catch {
      throw invalid("is not valid UTF-8");
    }
    let value: Readonly<Record<string, unknown>>;
    try {
      value = JSON.parse(text) as Readonly<Record<string, unknown>>;
    } catch {
      throw invalid("is not valid JSON");
    }
    yield { value, position: position + start };
  }
}

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
