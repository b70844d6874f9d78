import type { ArchiveInput, ConnectorOpenOptions } from "../connector.ts";
import { createExportReader } from "../exportReader.ts";
import { createFileGuard, type FileGuard } from "../fileGuard.ts";
import { createOccurrences } from "../occurrences.ts";
import { decodeText } from "../text/decodeText.ts";
import { type CsvFields, readCsvTable } from "../text/readCsvTable.ts";
import { type CsvKind, isHeaderOf } from "./csvKind.ts";
import type { CsvFile } from "./findCsvFiles.ts";

/** A row of a known kind of file. */
export type KnownRow<Name extends string> = {
  readonly kind: Name;
  readonly fields: CsvFields;
  /** How often the same row stood in this file before; 0 for kinds that are not counted. */
  readonly occurrence: number;
  readonly file: string;
  /** Line it begins on, from 1. */
  readonly line: number;
};

/** More than any export of a service has. */
const maxColumns = 1000;

/**
 * The rows of these files, one at a time. Errors: `EXPORT_INVALID` (data: file, line).
 *
 * @param guard tells at the end which files were left out
 */
export async function* readCsvFiles<Name extends string>(
  input: ArchiveInput,
  files: readonly CsvFile<Name>[],
  kinds: Readonly<Record<Name, CsvKind>>,
  options: ConnectorOpenOptions,
  guard: FileGuard = createFileGuard(),
): AsyncGenerator<KnownRow<Name>> {
  const read = createExportReader(
    input,
    options,
    files.map(({ entry }) => entry),
  );
  for (const { entry, kind } of files) {
    const known: CsvKind = kinds[kind];
    const occurrenceOf = createOccurrences();
    const rows = () =>
      readCsvTable(decodeText(read(entry)), {
        file: entry.path,
        maxRowLength: options.limits.maxRecordBytes,
        maxColumns,
        isHeader: (cells) => isHeaderOf(kinds[kind], cells),
      });
    for await (const { fields, cells, line } of guard.pass(known.segment ?? kind, entry.path, rows))
      yield { kind, fields, occurrence: known.isCounted === true ? occurrenceOf(cells) : 0, file: entry.path, line };
  }
}
