export { createBankCsv } from "./bankCsv/bankCsv.ts";
export { parseBankCsvMapping, type WrittenMapping } from "./bankCsv/parseMapping.ts";
export type { ImportThreads } from "./batches/batchThreads.ts";
export { openBrowserArchive } from "./browser/openBrowserArchive.ts";
export type {
  ArchiveEntry,
  ArchiveInput,
  ArchiveReadOptions,
  BatchReader,
  BridgeContext,
  Bridged,
  Connector,
  ConnectorOpenOptions,
  ImportProgress,
  ImportRemark,
  InspectedInput,
  RawBatch,
  RawItem,
  RawRecord,
  RawRemark,
  Remark,
  SegmentDefinition,
} from "./connector.ts";
export { connectors } from "./connectors.ts";
export * from "./convert/index.ts";
export { detectConnector } from "./detectConnector.ts";
export { type Imported, importArchive } from "./importArchive.ts";
export { inspectInput } from "./inspectInput.ts";
export { createKnownRecords, type KnownRecords } from "./knownRecords.ts";
export { defaultImportLimits, type ImportLimits } from "./limits.ts";
export {
  createParquetWriter,
  type ParquetFile,
  type ParquetSummary,
  type ParquetWriter,
  writeParquet,
} from "./parquet.ts";
export { type ImportedSegment, readArchive } from "./readArchive.ts";
export { createRowGroupBuffer, type RowGroup, type RowGroupBuffer } from "./rowGroup.ts";
export * from "./schemas/index.ts";
export { jsonSchemaOf } from "./schemas/jsonSchemaOf.ts";
export { recordSchemas } from "./schemas/recordSchemas.ts";
export type { SpooledSegment } from "./segmentWriter.ts";
export { type OpenSpool, openCountingSpool, openMemorySpool, type Spool, type SpooledBytes } from "./spool.ts";
export { stableId } from "./stableId.ts";
export * from "./text/index.ts";
export { createThirdPartyFilter, type ThirdParties, type ThirdPartyFilter } from "./thirdParties.ts";
export { isTimeZone, utcInstant, validInstant, type WallTime, zonedInstant } from "./times.ts";
export { xArchive } from "./xArchive/xArchive.ts";
