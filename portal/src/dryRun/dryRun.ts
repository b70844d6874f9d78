import quickJsUrl from "@jitl/quickjs-ng-wasmfile-release-sync/wasm?url";
import type { ProgramArgs, ProgramManifest } from "@persona-protocol/sdk/compute";
import { encodeArgs } from "@persona-protocol/sdk/compute";
import { isErrorCode, PersonaError } from "@persona-protocol/sdk/errors";
import { startWorker } from "../worker/startWorker.ts";
import type { DryRunAnswer, DryRunJob } from "./dryRunMessages.ts";
import workerUrl from "./dryRunWorker.ts?worker&url";
import { fieldRows, type Sample } from "./sample.ts";

export type DryRunResult = Extract<DryRunAnswer, { type: "done" }>;
export type Runnable = ProgramManifest & { readonly kind: "js" | "wasm" };

/** What a page gives to a stranger's program, however much it would have in an enclave. */
export const mostTimeMs = 10_000;
const mostMemoryMb = 256;

export const timeOf = ({ limits }: Runnable): number => Math.min(limits.timeMs, mostTimeMs);

/**
 * Runs a program on a sample, in a thread of its own, which is ended with it.
 * @throws PersonaError ARGS_NOT_GRANTED, PROGRAM_INVALID, PROGRAM_FAILED, LIMIT_EXCEEDED, OUTPUT_TOO_LARGE, OUTPUT_POLICY_VIOLATED
 */
export async function dryRun(
  program: Runnable,
  { code, args, sample }: { readonly code: Uint8Array; readonly args: ProgramArgs; readonly sample: Sample },
): Promise<DryRunResult> {
  encodeArgs(program, args);
  const { limits, kind, result } = program;
  const job: DryRunJob = {
    kind,
    code,
    quickJs: kind === "js" ? await interpreter() : undefined,
    args: JSON.stringify(args),
    tables: program.tables.map(({ table, schema, columns = [] }) => ({
      table,
      columns,
      rows: fieldRows(sample.get(schema) ?? [], schema, columns),
    })),
    result,
    limits: {
      fuel: limits.fuel ?? 1,
      memoryMb: Math.min(limits.memoryMb, mostMemoryMb),
      outputBytes: limits.outputBytes,
    },
  };
  const worker = startWorker(workerUrl);
  return new Promise<DryRunResult>((resolve, reject) => {
    const over = () => reject(new PersonaError("LIMIT_EXCEEDED", `It was ended after ${timeOf(program)} ms.`));
    setTimeout(over, timeOf(program));
    worker.onerror = (event) => reject(new Error(event.message || "the browser could not start the program"));
    worker.onmessage = ({ data }: { data: DryRunAnswer }) => {
      if (data.type === "done") return resolve(data);
      const { code: named, message } = data;
      reject(named !== undefined && isErrorCode(named) ? new PersonaError(named, message) : new Error(message));
    };
    worker.postMessage(job);
  }).finally(() => worker.terminate());
}

/** The very bytes that the page was built with. */
async function interpreter(): Promise<ArrayBuffer> {
  const answer = await fetch(quickJsUrl, { integrity: __QUICKJS_INTEGRITY__ });
  if (!answer.ok) throw new Error(`the interpreter of scripts is not beside the page (status ${answer.status})`);
  return answer.arrayBuffer();
}
