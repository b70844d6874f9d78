import { notZip } from "../archive/index.ts";
import { bytesOf } from "./blobBytes.ts";

const windowBytes = 2 ** 20;

/**
 * Short reads anywhere in a Blob, through one window over it: headers are read a few dozen bytes at a time.
 *
 * @returns the bytes, valid until the next read. Errors: `ARCHIVE_NOT_ZIP` when the Blob does not hold all of them, `ARCHIVE_NOT_FOUND`.
 */
export function createBlobWindow(blob: Blob, name: string): (offset: number, length: number) => Promise<DataView> {
  let window = new Uint8Array(0);
  let from = 0;
  return async (offset, length) => {
    // Offsets come from the file: 64 bits that need not be a place of this file, or of any.
    if (!Number.isSafeInteger(offset) || offset < 0 || offset + length > blob.size) {
      throw notZip("it names a place outside of itself, or is cut off", { offset, length });
    }
    if (offset < from || offset + length > from + window.length) {
      window = new Uint8Array(await bytesOf(blob.slice(offset, offset + Math.max(length, windowBytes)), name));
      from = offset;
    }
    return new DataView(window.buffer, window.byteOffset + offset - from, length);
  };
}
