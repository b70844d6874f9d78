import type { ErrorCode, PersonaError } from "@persona-protocol/sdk/errors";
import type { ParquetSummary, RecordSchema, RowGroup } from "@persona-protocol/sdk/ingest";
import type { SpoolKey } from "./diskSpool.ts";

/** To the thread that encodes. `sink` names one segment. */
export type EncodeRequest = { readonly sink: number } & (
  | { readonly step: "open"; readonly schema: RecordSchema; readonly folder: string }
  | { readonly step: "add"; readonly group: RowGroup }
  | { readonly step: "finish" }
  | { readonly step: "discard" }
);

/** One for each request, in their order. */
export type EncodeReply =
  | {
      readonly problem?: never;
      /** Of `open`: the spool's descriptor. */
      readonly fd?: number;
      readonly finished?: ParquetSummary & { readonly spool: SpoolKey };
    }
  | { readonly problem: EncodeProblem };

/** An error as another thread can be told it. */
export type EncodeProblem = {
  readonly code: ErrorCode;
  readonly message: string;
  readonly data: PersonaError["data"];
};
