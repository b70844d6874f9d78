import { PersonaError } from "../../errors/index.ts";
import type { Bridged, RawRecord, Remark, SegmentDefinition } from "../connector.ts";
import type { ImportLimits } from "../limits.ts";
import { occurrenceId } from "../occurrences.ts";
import { rowSchema } from "../schemas/index.ts";

/** A record of a generic connector, as JSON text already. */
export type RawRow = {
  readonly text: string;
  readonly number: number;
  /** How often the same record came before in this input. */
  readonly occurrence: number;
  /** What was taken in a way that must be said. */
  readonly changes?: readonly string[];
};

export const rowSegments: readonly SegmentDefinition[] = [{ name: "records", schema: rowSchema, toRecord }];

function toRecord({ value, file }: RawRecord, remark: Remark): Bridged {
  const { text, number, occurrence, changes = [] } = value as RawRow;
  for (const change of changes) remark("changed", change);
  return { record: { id: occurrenceId(["row", text], occurrence), file, number: BigInt(number), row: text } };
}

/** Ends an import whose records are together longer than any file may be: a small file can repeat one value a million times. */
export function createOutputGuard(limits: ImportLimits): (text: string, file: string) => void {
  let length = 0;
  return (text, file) => {
    length += text.length;
    if (length > limits.maxEntryBytes)
      throw new PersonaError("ARCHIVE_TOO_LARGE", `${file} holds more than the limit.`, { data: { file, length } });
  };
}
