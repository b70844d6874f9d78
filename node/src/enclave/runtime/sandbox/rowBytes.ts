import type { FieldRow, FieldValue } from "./recordBatches.ts";

/** A batch for a module: whole rows, of about so many bytes together. */
const batchBytes = 64 * 1024;

/** First byte of a value. */
const tag = { null: 0, false: 1, true: 2, integer: 3, float: 4, text: 5 };

/**
 * Rows as a module reads them: value after value, each a tag and, by it, nothing, int64, float64 or uint32 length ‖ UTF-8, all
 * little-endian. The bytes of a batch are used again for the next.
 */
export function* encodeRows(rows: readonly FieldRow[]): Generator<Uint8Array> {
  let buffer = new Uint8Array(2 * batchBytes);
  let view = new DataView(buffer.buffer);
  let at = 0;
  const room = (bytes: number) => {
    if (at + bytes <= buffer.length) return;
    const larger = new Uint8Array(Math.max(2 * buffer.length, at + bytes));
    larger.set(buffer.subarray(0, at));
    buffer = larger;
    view = new DataView(buffer.buffer);
  };
  const put = (value: FieldValue) => {
    if (typeof value === "string") {
      // A code unit is at most three bytes.
      room(5 + 3 * value.length);
      const { written } = encoder.encodeInto(value, buffer.subarray(at + 5));
      view.setUint8(at, tag.text);
      view.setUint32(at + 1, written, true);
      at += 5 + written;
      return;
    }
    room(9);
    if (typeof value === "bigint") {
      view.setUint8(at, tag.integer);
      view.setBigInt64(at + 1, value, true);
      at += 9;
    } else if (typeof value === "number") {
      view.setUint8(at, tag.float);
      view.setFloat64(at + 1, value, true);
      at += 9;
    } else {
      view.setUint8(at, value === null ? tag.null : value ? tag.true : tag.false);
      at += 1;
    }
  };
  for (const row of rows) {
    for (const value of row) put(value);
    if (at >= batchBytes) {
      yield buffer.subarray(0, at);
      at = 0;
    }
  }
  if (at > 0) yield buffer.subarray(0, at);
}

const encoder = new TextEncoder();
