export type {
  ArchiveEntry,
  ArchiveInput,
  ArchiveReadOptions,
  Connector,
  ConnectorOpenOptions,
  ImportProgress,
  ImportRemark,
  RawRecord,
  Remark,
  SegmentDefinition,
} from "./connector.ts";
export { connectors } from "./connectors.ts";
export { detectConnector } from "./detectConnector.ts";
export { type ImportedSegment, readArchive } from "./importArchive.ts";
export { defaultImportLimits, type ImportLimits } from "./limits.ts";
export { createParquetWriter, type ParquetFile, type ParquetRecordWriter, writeParquet } from "./parquet.ts";
export * from "./schemas/index.ts";
export { xArchive } from "./xArchive/xArchive.ts";
