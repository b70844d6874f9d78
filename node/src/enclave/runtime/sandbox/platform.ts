/** What Node has and the types that this project uses do not know: parts of WebAssembly's API and of JSON's. */

type Memory = { readonly buffer: ArrayBuffer };
type Global = { value: bigint };
type Constructor<instance> = { new (...args: never[]): instance; readonly prototype: instance };
export type WasmMemory = Memory;
export type WasmGlobal = Global;
export type WasmExports = Readonly<Record<string, unknown>>;

export const wasm = Reflect.get(globalThis, "WebAssembly") as {
  validate(module: Uint8Array): boolean;
  instantiate(module: Uint8Array, imports: object): Promise<{ readonly instance: { readonly exports: WasmExports } }>;
  readonly Memory: Constructor<Memory>;
};

/** A number in JSON as it is written, however large. */
export const rawNumber = Reflect.get(JSON, "rawJSON") as (source: string) => object;
