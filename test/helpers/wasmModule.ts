import { counted, u32 } from "../../node/src/enclave/runtime/sandbox/wasmBinary.ts";

export type WasmFunction = {
  /** Value types: 0x7f i32, 0x7e i64, 0x7d f32, 0x7c f64. */
  readonly params?: readonly number[];
  readonly results?: readonly number[];
  readonly locals?: readonly number[];
  /** Instructions, without the last `end`. */
  readonly body: readonly number[];
};

const [i32, i64] = [0x7f, 0x7e];
const text = (value: string) => counted(value.length, [...new TextEncoder().encode(value)]);

/** The smallest module of the ABI of programs, with any part replaced. Functions 0 to 3 are alloc, begin, rows and end. */
export function wasmModule(choice: {
  readonly alloc?: WasmFunction;
  readonly begin?: WasmFunction;
  readonly end?: WasmFunction;
  /** Functions 4 and on. */
  readonly more?: readonly WasmFunction[];
  readonly start?: number;
  /** `module` and `name` of a function without parameters. */
  readonly imports?: readonly (readonly [string, string])[];
  readonly pages?: readonly [least: number, most?: number];
  /** At address 16. */
  readonly data?: string;
}): Uint8Array {
  const { imports = [], pages = [1], data = "1" } = choice;
  const functions: readonly WasmFunction[] = [
    choice.alloc ?? { params: [i32], results: [i32], body: [0x41, ...signed(1024n)] },
    choice.begin ?? { params: [i32, i32], body: [] },
    { params: [i32, i32, i32], body: [] },
    choice.end ?? { results: [i64], body: resultAt(16, data.length) },
    ...(choice.more ?? []),
  ];
  const typeOf = ({ params = [], results = [] }: WasmFunction) => [
    0x60,
    ...counted(params.length, params),
    ...counted(results.length, results),
  ];
  const section = (id: number, body: readonly number[]) => [id, ...counted(body.length, body)];
  const vector = (items: readonly (readonly number[])[]) => counted(items.length, items.flat());
  const names = ["persona_alloc", "persona_begin", "persona_rows", "persona_end"];
  const codeOf = ({ locals = [], body }: WasmFunction) => {
    const whole = [...vector(locals.map((type) => [1, type])), ...body, 0x0b];
    return counted(whole.length, whole);
  };
  return Uint8Array.from([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, vector([...functions.map(typeOf), [0x60, 0, 0]])),
    ...(imports.length === 0
      ? []
      : section(
          2,
          vector(imports.map(([module, name]) => [...text(module), ...text(name), 0, ...u32(functions.length)])),
        )),
    ...section(3, vector(functions.map((_, i) => u32(i)))),
    ...section(5, vector([[pages.length - 1, ...pages.flatMap((count) => u32(count ?? 0))]])),
    ...section(
      7,
      vector([[...text("memory"), 2, 0], ...names.map((name, i) => [...text(name), 0, ...u32(i + imports.length)])]),
    ),
    ...(choice.start === undefined ? [] : section(8, u32(choice.start))),
    ...section(10, vector(functions.map(codeOf))),
    ...section(11, vector([[0, 0x41, 16, 0x0b, ...text(data)]])),
  ]);
}

/** `i64.const (at << 32 | length)` */
export function resultAt(at: number, length: number): number[] {
  return [0x42, ...signed((BigInt(at) << 32n) | BigInt(length))];
}

/** Signed LEB128. */
export function signed(value: bigint): number[] {
  const out: number[] = [];
  for (let rest = value; ; ) {
    const low = Number(rest & 0x7fn);
    rest >>= 7n;
    const isLast = (rest === 0n && low < 64) || (rest === -1n && low >= 64);
    out.push(isLast ? low : low | 0x80);
    if (isLast) return out;
  }
}
