export { convertRecords, readRecords, writeRecords } from "./convertRecords.ts";
export { type ReadRecordsOptions, type RecordFormat, recordFormats } from "./format.ts";
