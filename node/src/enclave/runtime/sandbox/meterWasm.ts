import { wasm } from "./platform.ts";
import { byteSink, counted, invalidModule, positive, u32, type WasmReader, wasmReader } from "./wasmBinary.ts";

/** Exported by a metered module: what is left of each, as mutable i64. Below zero the module has trapped. */
export const fuelGlobal = "persona:fuel";
export const stackGlobal = "persona:stack";
/** The module's start function, where it has one: called with fuel, and not by being instantiated. */
export const startFunction = "persona:start";

/** Sections, in the order in which they stand. */
const section = {
  type: 1,
  import: 2,
  function: 3,
  table: 4,
  memory: 5,
  global: 6,
  export: 7,
  start: 8,
  element: 9,
  dataCount: 12,
  code: 10,
  data: 11,
};
const order = [1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 10, 11];

const maxLocals = 1_024;
const i64 = 0x7e;

/**
 * Makes a module count its own work and be the same everywhere: V8 has no fuel, and WebAssembly leaves the bits of a NaN and
 * the depth of the stack to the machine.
 *
 * - *Fuel.* A function pays for its instructions when it is entered, a loop for those of its body when an iteration begins, copy
 *   and fill for every eight bytes. So the count is the same on every machine and never less than what is executed.
 * - *Stack.* A function takes its locals and instructions from the stack's budget when it is entered, and gives them back.
 * - *NaN.* Where a float's bits can be seen (stores, reinterpretation, copysign) a NaN becomes the canonical one.
 * - *Memory.* Its maximum is lowered to `maxPages` of 64 KiB.
 *
 * Known are WebAssembly 1.0, sign extension, saturating conversions, copy and fill of memory; no imports.
 * @throws PersonaError PROGRAM_INVALID
 */
export function meterWasm(module: Uint8Array, limits: { readonly maxPages: number }): Uint8Array<ArrayBuffer> {
  // Only a module that is valid by itself cannot touch what is added to it.
  if (!wasm.validate(module)) throw invalidModule("it is not valid WebAssembly");
  const sections = readSections(module);
  const imports = sections.get(section.import);
  if (imports !== undefined && wasmReader(imports).u32() > 0) throw invalidModule("it has imports");
  const types = readTypes(sections.get(section.type));
  const functions = readNumbers(sections.get(section.function));
  const globals = sections.get(section.global) ?? new Uint8Array([0]);
  const fuel = wasmReader(globals).u32();

  sections.set(section.memory, lowerMemory(sections.get(section.memory), limits.maxPages));
  const zero = [i64, 1, 0x42, 0, 0x0b];
  sections.set(section.global, appended(globals, 2, [...zero, ...zero]));
  const start = sections.get(section.start);
  const more = [exportOf(fuelGlobal, 3, fuel), exportOf(stackGlobal, 3, fuel + 1)];
  if (start !== undefined) more.push(exportOf(startFunction, 0, wasmReader(start).u32()));
  sections.delete(section.start);
  const exported = sections.get(section.export) ?? new Uint8Array([0]);
  sections.set(section.export, appended(exported, more.length, more.flat()));
  const code = sections.get(section.code);
  if (code !== undefined) sections.set(section.code, meterCode(code, { types, functions, fuel }));

  const out = byteSink();
  out.push(module.subarray(0, 8));
  for (const id of order) {
    const body = sections.get(id);
    if (body === undefined) continue;
    out.push([id, ...u32(body.length)]);
    out.push(body);
  }
  return out.bytes();
}

/** Custom sections (names, debug information) are left out. */
function readSections(module: Uint8Array): Map<number, Uint8Array> {
  const reader = wasmReader(module);
  reader.skip(8);
  const sections = new Map<number, Uint8Array>();
  while (!reader.atEnd()) {
    const id = reader.byte();
    const body = reader.take(reader.u32());
    if (id === 0) continue;
    if (!order.includes(id)) throw invalidModule("it has a section that is not known");
    sections.set(id, body);
  }
  return sections;
}

type FunctionType = { readonly params: number; readonly results: readonly number[] };

function readTypes(body: Uint8Array | undefined): FunctionType[] {
  if (body === undefined) return [];
  const reader = wasmReader(body);
  return Array.from({ length: reader.u32() }, () => {
    if (reader.byte() !== 0x60) throw invalidModule("a type is not a function's");
    const params = reader.u32();
    reader.skip(params);
    const results = [...reader.take(reader.u32())];
    return { params, results };
  });
}

function readNumbers(body: Uint8Array | undefined): number[] {
  if (body === undefined) return [];
  const reader = wasmReader(body);
  return Array.from({ length: reader.u32() }, () => reader.u32());
}

function lowerMemory(body: Uint8Array | undefined, maxPages: number): Uint8Array {
  if (body === undefined) throw invalidModule("it has no memory");
  const reader = wasmReader(body);
  const count = reader.u32();
  const flags = reader.byte();
  if (count !== 1 || flags > 1) throw invalidModule("it needs exactly one memory, not shared, of 32 bits");
  const least = reader.u32();
  const most = flags === 1 ? Math.min(reader.u32(), maxPages) : maxPages;
  if (least > most) throw invalidModule("its memory begins larger than the program's limit");
  return Uint8Array.from([1, 1, ...u32(least), ...u32(most)]);
}

function appended(body: Uint8Array, more: number, bytes: readonly number[]): Uint8Array {
  const reader = wasmReader(body);
  const count = reader.u32();
  const out = byteSink();
  out.push(u32(count + more));
  out.push(body.subarray(reader.at()));
  out.push(bytes);
  return out.bytes();
}

const exportOf = (name: string, kind: 0 | 3, index: number) => [
  ...counted(name.length, [...new TextEncoder().encode(name)]),
  kind,
  ...u32(index),
];

type Meter = { readonly types: readonly FunctionType[]; readonly functions: readonly number[]; readonly fuel: number };

function meterCode(body: Uint8Array, meter: Meter): Uint8Array {
  const reader = wasmReader(body);
  const count = reader.u32();
  const out = byteSink();
  out.push(u32(count));
  for (let i = 0; i < count; i++) {
    const type = meter.types[meter.functions[i] ?? -1];
    if (type === undefined) throw invalidModule("a function has no type");
    const metered = meterFunction(reader.take(reader.u32()), type, meter.fuel);
    out.push(u32(metered.length));
    out.push(metered);
  }
  return out.bytes();
}

/** An instruction of a function's body: where it is, and how many blocks are open around it. */
type Instruction = { readonly opcode: number; readonly from: number; readonly to: number; readonly depth: number };

function meterFunction(body: Uint8Array, type: FunctionType, fuel: number): Uint8Array {
  const [result] = type.results;
  if (type.results.length > 1) throw invalidModule("a function has several results");
  const reader = wasmReader(body);
  const groups = reader.u32();
  const from = reader.at();
  let locals = 0;
  for (let i = 0; i < groups; i++) {
    locals += reader.u32();
    reader.byte();
  }
  if (type.params + locals > maxLocals) throw invalidModule(`a function has more than ${maxLocals} locals`);
  const declared = body.subarray(from, reader.at());
  const instructions = readInstructions(reader);
  const costs = costOfRegions(instructions, locals);
  const weight = 16 + type.params + locals + instructions.length;

  const own = { i32: type.params + locals, f32: type.params + locals + 1, f64: type.params + locals + 2 };
  const out = byteSink();
  out.push(u32(groups + 3));
  out.push(declared);
  out.push([1, 0x7f, 1, 0x7d, 1, 0x7c]);
  out.push(pay(fuel, [0x42, ...positive(costs.get(-1) ?? 0)]));
  out.push(pay(fuel + 1, [0x42, ...positive(weight)]));
  // The body is a block: whatever leaves the function leaves it, and the stack is given back behind it.
  out.push([0x02, result ?? 0x40]);
  for (const [i, { opcode, from: begin, to, depth }] of instructions.entries()) {
    const bytes = body.subarray(begin, to);
    const last = i === instructions.length - 1;
    if (opcode === 0x0f) out.push([0x0c, ...u32(depth)]);
    else if (last)
      out.push([0x0b, 0x23, ...u32(fuel + 1), 0x42, ...positive(weight), 0x7c, 0x24, ...u32(fuel + 1), 0x0b]);
    else {
      out.push(beforeOf(opcode, bytes, own, fuel));
      out.push(bytes);
    }
    if (opcode === 0x03) out.push(pay(fuel, [0x42, ...positive(costs.get(i) ?? 0)]));
  }
  return out.bytes();
}

/** `global -= amount`, and a trap where that is below zero. */
function pay(global: number, amount: readonly number[]): number[] {
  const index = u32(global);
  return [0x23, ...index, ...amount, 0x7d, 0x24, ...index, 0x23, ...index, 0x42, 0, 0x53, 0x04, 0x40, 0x00, 0x0b];
}

/** What goes before an instruction: its dynamic cost, or a canonical NaN where a float's bits become visible. */
function beforeOf(
  opcode: number,
  bytes: Uint8Array,
  own: { readonly i32: number; readonly f32: number; readonly f64: number },
  fuel: number,
): number[] {
  switch (opcode) {
    case 0xfc: {
      if (bytes[1] !== 10 && bytes[1] !== 11) return [];
      const length = u32(own.i32);
      return [0x21, ...length, ...pay(fuel, [0x20, ...length, 0xad, 0x42, 3, 0x88]), 0x20, ...length];
    }
    case 0x38:
    case 0xbc:
    case 0x98: {
      const kept = u32(own.f32);
      return [0x22, ...kept, 0x43, 0, 0, 0xc0, 0x7f, 0x20, ...kept, 0x20, ...kept, 0x5b, 0x1b];
    }
    case 0x39:
    case 0xbd:
    case 0xa6: {
      const kept = u32(own.f64);
      return [0x22, ...kept, 0x44, 0, 0, 0, 0, 0, 0, 0xf8, 0x7f, 0x20, ...kept, 0x20, ...kept, 0x61, 0x1b];
    }
    default:
      return [];
  }
}

/** Instructions by the loop they are in (its index), or the function (−1). */
function costOfRegions(instructions: readonly Instruction[], locals: number): Map<number, number> {
  const costs = new Map([[-1, 1 + locals]]);
  const open: number[] = [-1];
  for (const [i, { opcode }] of instructions.entries()) {
    const region = open.at(-1) ?? -1;
    if (opcode === 0x02 || opcode === 0x04) open.push(region);
    else if (opcode === 0x03) open.push(i);
    else if (opcode === 0x0b) open.pop();
    const inside = opcode === 0x03 ? i : region;
    costs.set(inside, (costs.get(inside) ?? 0) + 1);
  }
  return costs;
}

function readInstructions(reader: WasmReader): Instruction[] {
  const instructions: Instruction[] = [];
  let depth = 0;
  while (!reader.atEnd()) {
    const from = reader.at();
    const opcode = reader.byte();
    skipImmediates(opcode, reader);
    instructions.push({ opcode, from, to: reader.at(), depth });
    if (opcode >= 0x02 && opcode <= 0x04) depth++;
    else if (opcode === 0x0b) depth--;
  }
  return instructions;
}

function skipImmediates(opcode: number, reader: WasmReader): void {
  const count = numbersAfter(opcode);
  if (count !== undefined) for (let i = 0; i < count; i++) reader.skipLeb();
  else if (opcode === 0x0e) for (let left = reader.u32() + 1; left > 0; left--) reader.skipLeb();
  else if (opcode === 0x43) reader.skip(4);
  else if (opcode === 0x44) reader.skip(8);
  else if (opcode === 0xfc) reader.skip(bytesAfterPrefixed(reader.u32()));
  else throw invalidModule(`it uses an instruction that is not known (0x${opcode.toString(16)})`);
}

/** LEB128 numbers after an opcode; undefined where something else follows. */
function numbersAfter(opcode: number): number | undefined {
  if (opcode <= 0x01 || opcode === 0x05 || opcode === 0x0b || opcode === 0x0f) return 0;
  if (opcode === 0x1a || opcode === 0x1b || (opcode >= 0x45 && opcode <= 0xc4)) return 0;
  if (opcode >= 0x02 && opcode <= 0x04) return 1;
  if (opcode === 0x0c || opcode === 0x0d || opcode === 0x10) return 1;
  if ((opcode >= 0x20 && opcode <= 0x24) || (opcode >= 0x3f && opcode <= 0x42)) return 1;
  if (opcode === 0x11 || (opcode >= 0x28 && opcode <= 0x3e)) return 2;
  return undefined;
}

/** Saturating conversions, copy, fill. */
function bytesAfterPrefixed(sub: number): number {
  if (sub <= 7) return 0;
  if (sub === 10) return 2;
  if (sub === 11) return 1;
  throw invalidModule(`it uses an instruction that is not known (0xfc ${sub})`);
}
