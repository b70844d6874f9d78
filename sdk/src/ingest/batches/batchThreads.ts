import type { Connector, RawBatch } from "../connector.ts";
import { type EncodedGroup, encodeRowGroup } from "../encode/encodeRowGroup.ts";
import type { RowGroup } from "../rowGroup.ts";
import type { RecordSchema } from "../schemas/recordSchema.ts";
import { type BatchOptions, type BatchRepeats, createBatchWork, type ParsedBatch } from "./batchWork.ts";

/** {@link BatchWork} wherever it is done. The batch it is given it takes over, and gives back, for who must ask again. */
export type BatchRun = {
  parse(batch: RawBatch, repeats: BatchRepeats): Promise<ParsedBatch & { readonly batch: RawBatch }>;
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
    return { parse: async (batch, repeats) => ({ ...(await work.parse(batch, repeats)), batch }) };
  },
  encode: encodeRowGroup,
};
