import type { ErrorCode, PersonaError } from "@persona-protocol/sdk/errors";
import type { RawBatch, RecordSchema, RowGroup } from "@persona-protocol/sdk/ingest";
import type { BatchOptions, BatchRepeats, EncodedGroup, ParsedBatch } from "@persona-protocol/sdk/ingest/batches";

/** To a thread that parses and encodes. */
export type ThreadRequest =
  | { readonly step: "open"; readonly connector: string; readonly options: BatchOptions }
  | { readonly step: "parse"; readonly batch: RawBatch; readonly repeats: BatchRepeats }
  | { readonly step: "encode"; readonly schema: RecordSchema; readonly group: RowGroup };

/** What each step is answered with. */
export type ThreadAnswers = {
  readonly open: undefined;
  /** With the batch, whose memory comes back. */
  readonly parse: ParsedBatch & { readonly batch: RawBatch };
  readonly encode: EncodedGroup;
};

/** One for each request, in their order. */
export type ThreadReply =
  | { readonly problem?: never; readonly answer: ThreadAnswers[ThreadRequest["step"]] }
  | { readonly problem: ThreadProblem };

/** An error as another thread can be told it. */
export type ThreadProblem = {
  readonly code: ErrorCode;
  readonly message: string;
  readonly data: PersonaError["data"];
};
