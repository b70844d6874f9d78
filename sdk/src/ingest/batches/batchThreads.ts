import type { Connector, RawBatch } from "../connector.ts";
import { type EncodedGroup, encodeRowGroup } from "../encode/encodeRowGroup.ts";
import type { RowGroup } from "../rowGroup.ts";
import type { RecordSchema } from "../schemas/recordSchema.ts";
import {
  type BatchOptions,
  type BatchRepeats,
  createBatchWork,
  type FinishedBatch,
  type ParsedBatch,
} from "./batchWork.ts";

/** {@link BatchWork} wherever it is done. A batch's two steps are done by the same thread; what it is given it may take over. */
export type BatchRun = {
  parse(id: number, batch: RawBatch): Promise<ParsedBatch>;
  finish(id: number, repeats: BatchRepeats): Promise<FinishedBatch>;
};

/** Where an import's heavy work is done. */
export type ImportThreads = {
  /** Batches worth having under way: while some are worked on, the next are cut. */
  readonly batchesUnderWay: number;
  open(connector: Connector, options: BatchOptions): Promise<BatchRun>;
  /** A promise when it is done elsewhere. */
  encode(schema: RecordSchema, group: RowGroup): EncodedGroup | Promise<EncodedGroup>;
};

/** On the thread that asks. */
export const thisThread: ImportThreads = {
  batchesUnderWay: 1,
  async open(connector, options) {
    const work = createBatchWork(connector, options);
    return { parse: (id, batch) => work.parse(id, batch), finish: (id, repeats) => work.finish(id, repeats) };
  },
  encode: encodeRowGroup,
};
