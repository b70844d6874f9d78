import { PersonaError } from "@persona-protocol/sdk/errors";
import { fuelGlobal, meterWasm, stackGlobal, startFunction } from "./meterWasm.ts";
import { type WasmExports, type WasmGlobal, type WasmMemory, wasm } from "./platform.ts";
import type { FieldRow } from "./recordBatches.ts";
import { encodeRows } from "./rowBytes.ts";
import { invalidModule } from "./wasmBinary.ts";

/** Of locals and instructions of all functions that are being called: far within the stack that this process has. */
const stackBudget = 2_000_000n;

type Exports = {
  readonly memory: WasmMemory;
  persona_alloc(bytes: number): number;
  persona_begin(at: number, bytes: number): void;
  persona_rows(table: number, at: number, bytes: number): void;
  /** Where the result is, in the upper half, and how long it is. */
  persona_end(): bigint;
  readonly [fuelGlobal]: WasmGlobal;
  readonly [stackGlobal]: WasmGlobal;
  [startFunction]?(): void;
};

export type GuestOutput = { readonly json: Uint8Array; readonly fuelUsed: number };

/**
 * Runs a module by the ABI of docs/programs.md: it gets its arguments, then every record, and says its result at the end. It can call
 * nothing.
 * @throws PersonaError PROGRAM_INVALID, PROGRAM_FAILED, LIMIT_EXCEEDED
 */
export async function runWasm(
  module: Uint8Array,
  input: { readonly args: string; readonly tables: readonly AsyncIterable<readonly FieldRow[]>[] },
  limits: { readonly fuel: number; readonly memoryMb: number; readonly outputBytes: number },
): Promise<GuestOutput> {
  const metered = meterWasm(module, { maxPages: Math.min(65_536, limits.memoryMb * 16) });
  const exports = await instantiate(metered);
  const fuel = exports[fuelGlobal];
  fuel.value = BigInt(limits.fuel);
  exports[stackGlobal].value = stackBudget;

  const call = <value>(work: () => value): value => {
    try {
      return work();
    } catch (error) {
      const exceeded = fuel.value < 0n || exports[stackGlobal].value < 0n;
      if (exceeded || error instanceof RangeError)
        throw new PersonaError("LIMIT_EXCEEDED", "The module used up its fuel or its stack.");
      throw new PersonaError("PROGRAM_FAILED", "The module trapped.");
    }
  };
  const put = (bytes: Uint8Array): number => {
    const at = call(() => exports.persona_alloc(bytes.length)) >>> 0;
    if (at + bytes.length > exports.memory.buffer.byteLength)
      throw new PersonaError("PROGRAM_FAILED", "The module gave room outside of its memory.");
    new Uint8Array(exports.memory.buffer).set(bytes, at);
    return at;
  };

  call(() => exports[startFunction]?.());
  const args = new TextEncoder().encode(input.args);
  const argsAt = put(args);
  call(() => exports.persona_begin(argsAt, args.length));
  for (const [table, batches] of input.tables.entries()) {
    for await (const rows of batches) {
      for (const bytes of encodeRows(rows)) {
        const at = put(bytes);
        call(() => exports.persona_rows(table, at, bytes.length));
      }
    }
  }
  const end = BigInt.asUintN(
    64,
    call(() => exports.persona_end()),
  );
  const [at, length] = [Number(end >> 32n), Number(end & 0xffff_ffffn)];
  if (length > limits.outputBytes)
    throw new PersonaError("OUTPUT_TOO_LARGE", "The result is larger than the program's limit.");
  if (at + length > exports.memory.buffer.byteLength)
    throw new PersonaError("PROGRAM_FAILED", "The module's result is outside of its memory.");
  const json = new Uint8Array(exports.memory.buffer).slice(at, at + length);
  return { json, fuelUsed: limits.fuel - Number(fuel.value) };
}

async function instantiate(module: Uint8Array): Promise<Exports> {
  let exports: WasmExports;
  try {
    ({ exports } = (await wasm.instantiate(module, {})).instance);
  } catch (error) {
    // Its own data or elements lie outside of its memory, or the metered module is too large for the engine.
    if (error instanceof RangeError) throw new PersonaError("LIMIT_EXCEEDED", "The module's memory cannot be had.");
    throw invalidModule("it cannot be instantiated");
  }
  if (!(exports["memory"] instanceof wasm.Memory)) throw invalidModule("it exports no memory");
  for (const name of ["persona_alloc", "persona_begin", "persona_rows", "persona_end"]) {
    if (typeof exports[name] !== "function") throw invalidModule(`it exports no function ${name}`);
  }
  return exports as unknown as Exports;
}
