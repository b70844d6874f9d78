import "../app/noEval.ts";
import variant from "@jitl/quickjs-ng-wasmfile-release-sync";
import { schemaViolation } from "@persona-protocol/sdk/compute";
import { isPersonaError, PersonaError } from "@persona-protocol/sdk/errors";
import { newQuickJSWASMModuleFromVariant, newVariant, type QuickJSSyncVariant } from "quickjs-emscripten-core";
import { parseJsonResult } from "../../../node/src/enclave/runtime/sandbox/jsonResult.ts";
import { rawNumber } from "../../../node/src/enclave/runtime/sandbox/platform.ts";
import { runJs } from "../../../node/src/enclave/runtime/sandbox/runJs.ts";
import { type GuestOutput, runWasm } from "../../../node/src/enclave/runtime/sandbox/runWasm.ts";
import type { DryRunAnswer, DryRunJob } from "./dryRunMessages.ts";

/**
 * Runs one program, once, by the very files that run it in an enclave, in a thread that the page ends when its time is over. A program
 * is given no function of this thread; and this thread has no way out of it but its one answer, whatever may break out of the program's
 * own world: neither by the browser's rule (docs/portal.md), nor by what is left here.
 */
type Scope = { onmessage?: (event: { readonly data: DryRunJob }) => void; postMessage(answer: DryRunAnswer): void };
const scope = globalThis as unknown as Scope;
const waysOut = ["fetch", "XMLHttpRequest", "WebSocket", "WebTransport", "EventSource", "Worker", "importScripts"];
const stores = ["indexedDB", "caches", "BroadcastChannel"];
for (const name of [...waysOut, ...stores]) Object.defineProperty(globalThis, name, { value: undefined });

/** More of a result is on no screen. */
const mostShown = 20_000;

scope.onmessage = ({ data }) => {
  const from = performance.now();
  run(data)
    .then(({ json }) => {
      const value = parseJsonResult(json);
      const violation = schemaViolation(data.result, value);
      if (violation !== undefined)
        throw new PersonaError("OUTPUT_POLICY_VIOLATED", `The result is not what the program declares: ${violation}.`);
      const text = JSON.stringify(value, (_, inner) => (typeof inner === "bigint" ? rawNumber(`${inner}`) : inner), 2);
      const ms = Math.round(performance.now() - from);
      scope.postMessage({ type: "done", text: text.slice(0, mostShown), bytes: json.length, ms });
    })
    .catch((error: unknown) => {
      const code = isPersonaError(error) ? error.code : error instanceof RangeError ? "LIMIT_EXCEEDED" : undefined;
      scope.postMessage({ type: "failed", code, message: error instanceof Error ? error.message : "it stopped" });
    });
};

async function run({ kind, code, quickJs, args, tables, limits }: DryRunJob): Promise<GuestOutput> {
  const given = tables.map(({ table, columns, rows }) => ({ table, columns, batches: once(rows) }));
  if (kind === "wasm") return runWasm(code, { args, tables: given.map(({ batches }) => batches) }, limits);
  if (quickJs === undefined) throw new Error("there is no interpreter");
  // Its types are those of a CommonJS module.
  const loaded = newVariant(variant as unknown as QuickJSSyncVariant, { wasmBinary: quickJs });
  const interpreter = await newQuickJSWASMModuleFromVariant(loaded);
  return runJs(interpreter, new TextDecoder().decode(code), { args, tables: given }, limits);
}

async function* once<T>(value: T): AsyncGenerator<T> {
  yield value;
}
