/** What a thread of an import needs, and no more: loading all of ingest takes a second. */
export { type EncodedGroup, encodeRowGroup } from "../encode/encodeRowGroup.ts";
export { loadBatchConnector } from "./batchConnectors.ts";
export type { BatchRun, ImportThreads } from "./batchThreads.ts";
export {
  type BatchOptions,
  type BatchRepeats,
  type BatchWork,
  createBatchWork,
  type FinishedBatch,
  type ParsedBatch,
} from "./batchWork.ts";
