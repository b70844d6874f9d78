import { PersonaError } from "@persona-protocol/sdk/errors";

/** Reads a WebAssembly binary that has passed `WebAssembly.validate`; what it does not know it refuses. */
export type WasmReader = {
  readonly at: () => number;
  readonly atEnd: () => boolean;
  byte(): number;
  /** LEB128, unsigned, at most 32 bits. */
  u32(): number;
  /** A LEB128 number of any sign and size, whose value nobody needs. */
  skipLeb(): void;
  skip(bytes: number): void;
  take(bytes: number): Uint8Array;
};

export function wasmReader(bytes: Uint8Array): WasmReader {
  let at = 0;
  const byte = () => {
    const value = bytes[at++];
    if (value === undefined) throw invalidModule("it is cut off");
    return value;
  };
  return {
    at: () => at,
    atEnd: () => at >= bytes.length,
    byte,
    u32() {
      let value = 0;
      for (let shift = 0; shift < 35; shift += 7) {
        const next = byte();
        value += (next & 0x7f) * 2 ** shift;
        if (next < 0x80) return value;
      }
      throw invalidModule("a number is too long");
    },
    skipLeb() {
      while (byte() >= 0x80);
    },
    skip(count) {
      at += count;
    },
    take(count) {
      at += count;
      if (at > bytes.length) throw invalidModule("it is cut off");
      return bytes.subarray(at - count, at);
    },
  };
}

export const invalidModule = (why: string) => new PersonaError("PROGRAM_INVALID", `The module cannot be run: ${why}.`);

/** Unsigned LEB128. */
export function u32(value: number): number[] {
  const out: number[] = [];
  let rest = value;
  do {
    const low = rest % 128;
    rest = Math.floor(rest / 128);
    out.push(rest > 0 ? low + 128 : low);
  } while (rest > 0);
  return out;
}

/** Signed LEB128 of a number that is not negative. */
export function positive(value: number): number[] {
  const out = u32(value);
  const last = out.at(-1) ?? 0;
  if (last < 64) return out;
  return [...out.slice(0, -1), last + 128, 0];
}

/** A vector or section: its length, then it. */
export const counted = (count: number, body: readonly number[]): number[] => [...u32(count), ...body];

/** Collects bytes: slices of the source by reference, what is put in between by value. */
export function byteSink(): {
  push(bytes: ArrayLike<number>): void;
  length(): number;
  bytes(): Uint8Array<ArrayBuffer>;
} {
  let buffer = new Uint8Array(4_096);
  let used = 0;
  return {
    push(bytes) {
      if (used + bytes.length > buffer.length) {
        const larger = new Uint8Array(Math.max(2 * buffer.length, used + bytes.length));
        larger.set(buffer.subarray(0, used));
        buffer = larger;
      }
      buffer.set(bytes, used);
      used += bytes.length;
    },
    length: () => used,
    bytes: () => buffer.slice(0, used),
  };
}
