import {
  type ArchiveLimits,
  cancelled,
  createZipJudge,
  encrypted,
  type LocalZipHeader,
  notZip,
  type ZipEntry,
} from "../archive/index.ts";
import { createBlobWindow } from "./blobWindow.ts";
import { cp437 } from "./cp437.ts";
import { crc32 } from "./crc32.ts";

/** Fixed parts of the records of a zip (PKWARE APPNOTE 6.3.10, 4.3.7 to 4.3.16). */
const endBytes = 22;
const locatorBytes = 20;
const end64Bytes = 56;
const entryBytes = 46;
const localBytes = 30;
const maxCommentBytes = 0xffff;
const inZip64 = 0xffffffff;

type Extra = { readonly id: number; readonly data: DataView };

/**
 * Reads and judges a zip's central directory. Strict where readers differ: nothing stands behind the archive's end, its count of
 * entries is right, and it lies in one file.
 *
 * Errors: `ARCHIVE_NOT_ZIP` (no zip, cut off, damaged), those of the judge, `ARCHIVE_NOT_FOUND`, `CANCELLED`.
 */
export async function readZipDirectory(
  blob: Blob,
  name: string,
  limits: ArchiveLimits,
  signal: AbortSignal | undefined,
): Promise<ReadonlyMap<string, ZipEntry>> {
  const read = createBlobWindow(blob, name);
  const { entryCount, directoryOffset } = await findDirectory(blob, read);
  const judge = createZipJudge({ entryCount, directoryOffset, fileSize: blob.size }, limits);
  let at = directoryOffset;
  for (let index = 0; index < entryCount; index++) {
    const abort = cancelled(signal);
    if (abort !== undefined) throw abort;
    const fixed = await read(at, entryBytes);
    if (fixed.getUint32(0, true) !== 0x02014b50) throw notZip("its directory is damaged", { position: at });
    const [flags, method] = [fixed.getUint16(8, true), fixed.getUint16(10, true)];
    // Under strong encryption the fields behind it need not be what they are called.
    if ((flags & 0x40) !== 0) throw encrypted();
    const sums = { crc32: fixed.getUint32(16, true), externalAttributes: fixed.getUint32(38, true) };
    const [packedSize, size, headerOffset] = [20, 24, 42].map((field) => fixed.getUint32(field, true));
    const [nameBytes = 0, extraBytes = 0, commentBytes = 0] = [28, 30, 32].map((field) => fixed.getUint16(field, true));
    const rest = await read(at + entryBytes, nameBytes + extraBytes + commentBytes);
    const raw = new Uint8Array(rest.buffer, rest.byteOffset, nameBytes);
    const extras = readExtras(new DataView(rest.buffer, rest.byteOffset + nameBytes, extraBytes));
    judge.add({
      name: nameOf(raw, flags, extras),
      rawName: latin1(raw),
      flags,
      method,
      ...sums,
      ...large({ size: size ?? 0, packedSize: packedSize ?? 0, headerOffset: headerOffset ?? 0 }, extras),
    });
    at += entryBytes + rest.byteLength;
  }
  return judge.finish();
}

/** What stands before a file's data. Errors: `ARCHIVE_NOT_ZIP`, `ARCHIVE_NOT_FOUND`. */
export async function readLocalHeader(blob: Blob, { headerOffset, path }: ZipEntry): Promise<LocalZipHeader> {
  const read = createBlobWindow(blob, path);
  const fixed = await read(headerOffset, localBytes);
  if (fixed.getUint32(0, true) !== 0x04034b50) throw notZip("a file's own header is damaged", { name: path });
  const header = {
    flags: fixed.getUint16(6, true),
    method: fixed.getUint16(8, true),
    packedSize: fixed.getUint32(18, true),
    size: fixed.getUint32(22, true),
  };
  const [nameBytes, extraBytes] = [fixed.getUint16(26, true), fixed.getUint16(28, true)];
  const raw = await read(headerOffset + localBytes, nameBytes);
  return {
    ...header,
    rawName: latin1(new Uint8Array(raw.buffer, raw.byteOffset, nameBytes)),
    dataOffset: headerOffset + localBytes + nameBytes + extraBytes,
  };
}

type ReadWindow = ReturnType<typeof createBlobWindow>;

async function findDirectory(
  blob: Blob,
  read: ReadWindow,
): Promise<{ readonly entryCount: number; readonly directoryOffset: number }> {
  const tailBytes = Math.min(blob.size, locatorBytes + endBytes + maxCommentBytes);
  const tailOffset = blob.size - tailBytes;
  const tail = await read(tailOffset, tailBytes);
  let end = tailBytes - endBytes;
  while (end >= 0 && tail.getUint32(end, true) !== 0x06054b50) end -= 1;
  if (end < 0) throw notZip("it is no zip, or is cut off", { bytes: blob.size });
  if (tail.getUint16(end + 20, true) !== tailBytes - end - endBytes) throw notZip("something stands behind its end");
  const locator = end - locatorBytes;
  if (locator >= 0 && tail.getUint32(locator, true) === 0x07064b50) {
    const end64 = await read(uint64(tail, locator + 8), end64Bytes);
    if (end64.getUint32(0, true) !== 0x06064b50) throw notZip("its directory is damaged");
    if (end64.getUint32(16, true) !== 0) throw notZip("it is one part of several");
    return { entryCount: uint64(end64, 32), directoryOffset: uint64(end64, 48) };
  }
  if (tail.getUint16(end + 4, true) !== 0) throw notZip("it is one part of several");
  return { entryCount: tail.getUint16(end + 10, true), directoryOffset: tail.getUint32(end + 16, true) };
}

function readExtras(bytes: DataView): Extra[] {
  const extras: Extra[] = [];
  for (let at = 0; at + 4 <= bytes.byteLength; ) {
    const [id, length] = [bytes.getUint16(at, true), bytes.getUint16(at + 2, true)];
    if (at + 4 + length > bytes.byteLength) throw notZip("a file's extra fields are damaged");
    extras.push({ id, data: new DataView(bytes.buffer, bytes.byteOffset + at + 4, length) });
    at += 4 + length;
  }
  return extras;
}

type Places = { readonly size: number; readonly packedSize: number; readonly headerOffset: number };

/** What does not fit into 32 bits stands in the zip64 field: only that, and in this order. */
function large({ size, packedSize, headerOffset }: Places, extras: readonly Extra[]): Places {
  const field = extras.find(({ id }) => id === 1)?.data;
  if (field === undefined) return { size, packedSize, headerOffset };
  let at = 0;
  const whole = (value: number): number => {
    if (value !== inZip64) return value;
    if (at + 8 > field.byteLength) throw notZip("a file's zip64 field is damaged");
    at += 8;
    return uint64(field, at - 8);
  };
  return { size: whole(size), packedSize: whole(packedSize), headerOffset: whole(headerOffset) };
}

/** Info-ZIP's Unicode path where it belongs to this very name, else UTF-8 or code page 437 by the flag. */
function nameOf(raw: Uint8Array, flags: number, extras: readonly Extra[]): string {
  for (const { id, data } of extras) {
    if (id !== 0x7075 || data.byteLength < 6 || data.getUint8(0) !== 1) continue;
    if (data.getUint32(1, true) !== crc32(raw)) continue;
    return new TextDecoder("utf-8", { ignoreBOM: true }).decode(
      new Uint8Array(data.buffer, data.byteOffset + 5, data.byteLength - 5),
    );
  }
  return (flags & 0x800) !== 0 ? new TextDecoder("utf-8", { ignoreBOM: true }).decode(raw) : cp437(raw);
}

function uint64(view: DataView, at: number): number {
  // Beyond 2^53 it is no place of any file: judged where it is used, inexact as it is.
  return Number(view.getBigUint64(at, true));
}

function latin1(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}
