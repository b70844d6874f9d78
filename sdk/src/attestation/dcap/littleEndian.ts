/** Two bytes of `bytes` at `at`, little-endian. The caller has checked the length. */
export function u16At(bytes: Uint8Array, at: number): number {
  return (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8);
}

/** Four bytes of `bytes` at `at`, little-endian. The caller has checked the length. */
export function u32At(bytes: Uint8Array, at: number): number {
  return u16At(bytes, at) + u16At(bytes, at + 2) * 65_536;
}

export function isZero(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0);
}

export function u16le(value: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.of(value, value >>> 8);
}

export function u32le(value: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.of(value, value >>> 8, value >>> 16, value >>> 24);
}
