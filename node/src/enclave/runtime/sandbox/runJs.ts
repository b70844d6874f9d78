import { PersonaError } from "@persona-protocol/sdk/errors";
import type { QuickJSContext, QuickJSHandle, QuickJSWASMModule } from "quickjs-emscripten-core";
import type { FieldRow, FieldValue } from "./recordBatches.ts";
import type { GuestOutput } from "./runWasm.ts";

const rowsPerCall = 1_024;
const stackBytes = 512 * 1024;

/**
 * Takes away what differs from run to run, freezes what is left, and keeps the functions that this side calls out of the
 * program's reach.
 */
const prelude = `(() => {
  "use strict";
  for (const name of ["Date", "performance", "WeakRef", "FinalizationRegistry", "SharedArrayBuffer", "Atomics", "queueMicrotask"]) delete globalThis[name];
  delete Math.random;
  const { parse, stringify } = JSON;
  const seen = new Set();
  const freeze = (value) => {
    if ((typeof value !== "object" && typeof value !== "function") || value === null || seen.has(value)) return;
    seen.add(value);
    Object.freeze(value);
    freeze(Object.getPrototypeOf(value));
    for (const { value: inner, get, set } of Object.values(Object.getOwnPropertyDescriptors(value))) [inner, get, set].forEach(freeze);
  };
  for (const name of Object.getOwnPropertyNames(globalThis)) if (name !== "globalThis") freeze(globalThis[name]);
  [function* () {}, async () => {}, async function* () {}, [][Symbol.iterator](), new Map().entries(), new Set().entries(), "".matchAll(/x/g)].forEach((each) => freeze(Object.getPrototypeOf(each)));
  return (program) => ({
    begin: (args) => { if (program.begin !== undefined) program.begin(parse(args)); },
    rows: (table, rows) => { if (program.rows !== undefined) program.rows(table, parse(rows)); },
    end: () => stringify(program.end()),
  });
})()`;

/**
 * Runs a script by docs/programs.md in QuickJS, which is WebAssembly itself: `({ begin(args) {}, rows(table, records) {}, end() { return … } })`.
 * @throws PersonaError PROGRAM_INVALID, PROGRAM_FAILED, LIMIT_EXCEEDED
 */
export async function runJs(
  quickJs: QuickJSWASMModule,
  script: string,
  input: {
    readonly args: string;
    readonly tables: readonly {
      readonly table: string;
      readonly columns: readonly string[];
      readonly batches: AsyncIterable<readonly FieldRow[]>;
    }[];
  },
  limits: { readonly fuel: number; readonly memoryMb: number; readonly outputBytes: number },
): Promise<GuestOutput> {
  const runtime = quickJs.newRuntime();
  runtime.setMemoryLimit(limits.memoryMb * 1024 * 1024);
  runtime.setMaxStackSize(stackBytes);
  let steps = 0;
  runtime.setInterruptHandler(() => ++steps > limits.fuel);
  const context = runtime.newContext();
  const guest = openGuest(context, script, () => steps > limits.fuel);

  guest.call("begin", [input.args]);
  for (const { table, columns, batches } of input.tables) {
    for await (const rows of batches)
      for (let at = 0; at < rows.length; at += rowsPerCall)
        guest.call("rows", [table, recordsJson(rows.slice(at, at + rowsPerCall), columns)]);
  }
  const json = guest.call("end", []);
  if (json === undefined) throw new PersonaError("OUTPUT_POLICY_VIOLATED", "The script's result is no JSON value.");
  const bytes = new TextEncoder().encode(json);
  if (bytes.length > limits.outputBytes)
    throw new PersonaError("OUTPUT_TOO_LARGE", "The result is larger than the program's limit.");
  return { json: bytes, fuelUsed: steps };
}

function openGuest(context: QuickJSContext, script: string, isOutOfFuel: () => boolean) {
  const failed = (error: QuickJSHandle | undefined, code: "PROGRAM_FAILED" | "PROGRAM_INVALID") => {
    // Its message is the program's own words, and could be data: only its kind is looked at.
    const message = error === undefined ? "" : textOf(context, error, "message");
    const name = error === undefined ? "" : textOf(context, error, "name");
    // A program that throws such an error itself says so of itself.
    const exceeded =
      isOutOfFuel() ||
      error === undefined ||
      (name === "InternalError" && /memory|stack/.test(message)) ||
      (name === "RangeError" && /call stack/.test(message)) ||
      context.typeof(error) === "null";
    return exceeded
      ? new PersonaError("LIMIT_EXCEEDED", "The script used up its steps, memory or stack.")
      : new PersonaError(code, "The script failed.");
  };
  const evaluate = (code: string, name: string): QuickJSHandle => {
    const result = context.evalCode(code, name, { type: "global" });
    if (result.error) throw failed(result.error, name === "program" ? "PROGRAM_INVALID" : "PROGRAM_FAILED");
    return result.value;
  };
  const wrap = evaluate(prelude, "prelude");
  const wrapped = context.callFunction(wrap, context.undefined, evaluate(script, "program"));
  if (wrapped.error) throw failed(wrapped.error, "PROGRAM_INVALID");
  const guest = wrapped.value;
  return {
    call(name: "begin" | "rows" | "end", args: readonly string[]): string | undefined {
      const handles = args.map((text) => context.newString(text));
      const result = context.callFunction(context.getProp(guest, name), context.undefined, ...handles);
      for (const handle of handles) handle.dispose();
      if (result.error) throw failed(result.error, "PROGRAM_FAILED");
      const text = context.typeof(result.value) === "string" ? context.getString(result.value) : undefined;
      result.value.dispose();
      return text;
    },
  };
}

function textOf(context: QuickJSContext, error: QuickJSHandle, property: "name" | "message"): string {
  if (context.typeof(error) !== "object") return "";
  const handle = context.getProp(error, property);
  return context.typeof(handle) === "string" ? context.getString(handle) : "";
}

/** Integers beyond 2^53 as text: the language has no such number. */
function recordsJson(rows: readonly FieldRow[], columns: readonly string[]): string {
  const names = ["owner", ...columns].map((name) => JSON.stringify(name));
  const records = rows.map((row) => `{${row.map((value, i) => `${names[i]}:${jsonOf(value)}`).join(",")}}`);
  return `[${records.join(",")}]`;
}

function jsonOf(value: FieldValue): string {
  if (typeof value !== "bigint") return JSON.stringify(value);
  return Number.isSafeInteger(Number(value)) ? String(value) : `"${value}"`;
}
