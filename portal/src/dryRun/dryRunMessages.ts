import type { JsonSchema } from "@persona-protocol/sdk/compute";
import type { FieldRow } from "../../../node/src/enclave/runtime/sandbox/recordBatches.ts";

/** What page and worker say to each other. */
export type DryRunJob = {
  readonly kind: "js" | "wasm";
  readonly code: Uint8Array;
  /** The interpreter of scripts: the worker has no network to fetch it by. */
  readonly quickJs: ArrayBuffer | undefined;
  /** JSON. */
  readonly args: string;
  readonly tables: readonly {
    readonly table: string;
    readonly columns: readonly string[];
    readonly rows: readonly FieldRow[];
  }[];
  readonly result: JsonSchema;
  readonly limits: { readonly fuel: number; readonly memoryMb: number; readonly outputBytes: number };
};

export type DryRunAnswer =
  | { readonly type: "done"; readonly text: string; readonly bytes: number; readonly ms: number }
  /** A code of the SDK's table; undefined for what is no error of the program's. */
  | { readonly type: "failed"; readonly code: string | undefined; readonly message: string };
