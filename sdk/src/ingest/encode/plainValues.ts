import type { ColumnType, ColumnValue } from "../schemas/recordSchema.ts";
import { type GrowingBytes, reserve } from "./growingBytes.ts";

/** A value as a column stores it: texts, whole numbers, and instants and days as numbers. */
export type StoredValue = string | bigint | number | boolean;

/** DECIMAL(38, 18): a whole number of its last digit, in 16 bytes. */
export const decimal = { precision: 38, scale: 18 };

export function storedValue(type: ColumnType, value: Exclude<ColumnValue, null>): StoredValue {
  if (value instanceof Date) return value.getTime();
  if (typeof value !== "string") return value;
  if (type === "DECIMAL") return unscaled(value);
  return type === "DATE" ? Date.parse(`${value}T00:00:00Z`) / 86_400_000 : value;
}

function unscaled(text: string): bigint {
  const [whole = "", fraction = ""] = text.split(".");
  return BigInt(whole + fraction.padEnd(decimal.scale, "0"));
}

/** Appends a value in Parquet's PLAIN encoding; a BOOLEAN as a byte, see {@link packBooleans}. */
export function appendPlain(target: GrowingBytes, type: ColumnType, value: StoredValue): void {
  if (typeof value === "string") {
    appendText(target, value);
    return;
  }
  reserve(target, 16);
  const { view, length } = target;
  switch (type) {
    case "BOOLEAN":
      view.setUint8(length, value === true ? 1 : 0);
      target.length += 1;
      return;
    case "DATE":
      view.setInt32(length, value as number, true);
      target.length += 4;
      return;
    case "DOUBLE":
      view.setFloat64(length, value as number, true);
      target.length += 8;
      return;
    case "TIMESTAMP":
      view.setInt32(length, value as number, true);
      view.setInt32(length + 4, Math.floor((value as number) / 2 ** 32), true);
      target.length += 8;
      return;
    case "DECIMAL":
      view.setBigInt64(length, (value as bigint) >> 64n);
      view.setBigUint64(length + 8, BigInt.asUintN(64, value as bigint));
      target.length += 16;
      return;
    default:
      view.setBigInt64(length, value as bigint, true);
      target.length += 8;
  }
}

const encoder = new TextEncoder();
/** Shorter texts are copied here: the platform takes longer to be asked. */
const shortText = 48;

function appendText(target: GrowingBytes, text: string): void {
  const { length } = text;
  reserve(target, 4 + 3 * length);
  const { bytes } = target;
  const start = target.length + 4;
  let written = 0;
  if (length <= shortText) {
    for (; written < length; written++) {
      const code = text.charCodeAt(written);
      if (code > 0x7f) break;
      bytes[start + written] = code;
    }
  }
  if (written < length) written = encoder.encodeInto(text, bytes.subarray(start)).written;
  target.view.setUint32(target.length, written, true);
  target.length = start + written;
}

/** Bytes of 0 and 1 as bits, in place. */
export function packBooleans(target: GrowingBytes): void {
  const { bytes, length } = target;
  const size = Math.ceil(length / 8);
  for (let at = 0; at < size; at++) {
    let packed = 0;
    for (let bit = 0; bit < 8 && at * 8 + bit < length; bit++) packed |= (bytes[at * 8 + bit] ?? 0) << bit;
    bytes[at] = packed;
  }
  target.length = size;
}
