export { decodeText, readLines, type TextLine, wholeText } from "./decodeText.ts";
export { exactJsonText, parseExactJson } from "./json.ts";
export { type CsvOptions, type CsvRow, readCsvRows } from "./readCsvRows.ts";
export { type CsvFields, type CsvRecord, cellOf, readCsvTable } from "./readCsvTable.ts";
export { type JsonValue, type ReadJsonOptions, readJsonValues } from "./readJsonValues.ts";
