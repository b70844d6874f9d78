import type { ErrorCode, PersonaError } from "@persona-protocol/sdk/errors";
import type { RawBatch, RecordSchema, RowGroup } from "@persona-protocol/sdk/ingest";
import type {
  BatchOptions,
  BatchRepeats,
  EncodedGroup,
  FinishedBatch,
  ParsedBatch,
} from "@persona-protocol/sdk/ingest/batches";

/** To a thread that parses and encodes. */
export type ThreadRequest =
  | { readonly step: "open"; readonly connector: string; readonly options: BatchOptions }
  | { readonly step: "parse"; readonly id: number; readonly batch: RawBatch }
  | { readonly step: "finish"; readonly id: number; readonly repeats: BatchRepeats }
  | { readonly step: "encode"; readonly schema: RecordSchema; readonly group: RowGroup };

/** What each step is answered with. */
export type ThreadAnswers = {
  readonly open: undefined;
  readonly parse: ParsedBatch;
  readonly finish: FinishedBatch;
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
