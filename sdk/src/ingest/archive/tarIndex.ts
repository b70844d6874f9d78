import { hostile, notZip, tooLarge } from "./archiveErrors.ts";
import type { ArchiveLimits } from "./archiveLimits.ts";
import { entryPath } from "./entryPath.ts";

/** Where a file's bytes stand in the unpacked archive. */
export type TarEntry = { readonly path: string; readonly size: number; readonly offset: number };

const block = 512;
/** Longest name or pax header that is read; both are held whole. */
const maxHeaderBytes = 64 * 1024;

/** Whether these first bytes are a tar's: its magic, or (older ones) a header whose checksum is right. */
export function isTar(head: Uint8Array): boolean {
  if (head.length < block) return false;
  return head.subarray(0, block).some((byte) => byte !== 0) && checksumHolds(head.subarray(0, block));
}

/**
 * Reads the headers of a tar (POSIX ustar and pax, GNU long names) as its bytes go by. Links, devices and paths outside of the
 * archive are refused, as everywhere.
 *
 * Errors: `ARCHIVE_NOT_ZIP` (cut off, damaged, of a kind we do not read), `ARCHIVE_HOSTILE`, `ARCHIVE_TOO_LARGE`.
 */
export function createTarIndex(limits: ArchiveLimits): TarIndex {
  const entries = new Map<string, TarEntry>();
  const header = new Uint8Array(block);
  let headerLength = 0;
  /** Bytes until the next header, and what becomes of them. */
  let skip = 0;
  let special: { readonly type: string; readonly bytes: Uint8Array; length: number } | undefined;
  let next: { path?: string; size?: number } = {};
  let position = 0;
  let seen = 0;
  let ended = false;

  function add(bytes: Uint8Array): void {
    let at = 0;
    while (at < bytes.length && !ended) {
      if (skip > 0) {
        const part = bytes.subarray(at, at + skip);
        if (special !== undefined) {
          const wanted = part.subarray(0, special.bytes.length - special.length);
          special.bytes.set(wanted, special.length);
          special.length += wanted.length;
        }
        skip -= part.length;
        at += part.length;
        position += part.length;
        if (skip === 0 && special !== undefined) endSpecial(special);
        continue;
      }
      const part = bytes.subarray(at, at + block - headerLength);
      header.set(part, headerLength);
      headerLength += part.length;
      at += part.length;
      position += part.length;
      if (headerLength === block) {
        headerLength = 0;
        readHeader();
      }
    }
  }

  function readHeader(): void {
    if (header.every((byte) => byte === 0)) {
      ended = true;
      return;
    }
    if (!checksumHolds(header)) throw notZip("a header of it is damaged", { position: position - block });
    seen += 1;
    if (seen > limits.maxEntries) {
      throw hostile("it holds more files than any real export", { maxEntries: limits.maxEntries });
    }
    const type = String.fromCharCode(header[156] || 0x30);
    const size = next.size ?? numberAt(header, 124, 12);
    skip = Math.ceil(size / block) * block;
    if (type === "x" || type === "L" || type === "g") {
      if (size > maxHeaderBytes) throw hostile("a file name is longer than any real one", { bytes: size });
      special = { type, bytes: new Uint8Array(size), length: 0 };
      return;
    }
    const name = next.path ?? nameOf(header);
    next = {};
    if (type === "5") return;
    if (type === "1" || type === "2") throw hostile("it holds a link", { name });
    if (type === "3" || type === "4" || type === "6") throw hostile("it holds a device or a pipe", { name });
    if (type !== "0" && type !== "7") throw notZip("it holds a file of a kind that is not supported", { name, type });
    const path = entryPath(name);
    if (size > limits.maxEntryBytes) {
      throw tooLarge("a file is larger than the limit", { name, bytes: size, maxEntryBytes: limits.maxEntryBytes });
    }
    if (entries.has(path)) throw hostile("two of its files have the same name", { name });
    entries.set(path, { path, size, offset: position });
  }

  function endSpecial({ type, bytes }: { readonly type: string; readonly bytes: Uint8Array }): void {
    special = undefined;
    if (type === "L") next.path = textOf(bytes);
    if (type === "x") next = { ...next, ...paxFields(bytes) };
  }

  return {
    add,
    finish() {
      if (!ended && (skip > 0 || headerLength > 0)) throw notZip("it is cut off", { bytes: position });
      return entries;
    },
  };
}

export type TarIndex = {
  /** The next bytes of the archive. */
  add(bytes: Uint8Array): void;
  finish(): ReadonlyMap<string, TarEntry>;
};

/** POSIX pax: lines of `length key=value`, where the length counts itself. */
function paxFields(bytes: Uint8Array): { path?: string; size?: number } {
  const fields: { path?: string; size?: number } = {};
  for (let at = 0; at < bytes.length; ) {
    const space = bytes.indexOf(0x20, at);
    const length = space < 0 ? Number.NaN : Number(textOf(bytes.subarray(at, space)));
    if (!Number.isInteger(length) || length <= space - at || at + length > bytes.length) {
      throw notZip("a header of it is damaged", { header: "pax" });
    }
    const [key, ...value] = textOf(bytes.subarray(space + 1, at + length - 1)).split("=");
    if (key === "path") fields.path = value.join("=");
    if (key === "size") {
      fields.size = Number(value.join("="));
      if (!Number.isSafeInteger(fields.size) || fields.size < 0) throw hostile("a file has an impossible size");
    }
    at += length;
  }
  return fields;
}

function nameOf(header: Uint8Array): string {
  const isUstar = textOf(header.subarray(257, 262)) === "ustar";
  // GNU's own form has times where POSIX has the prefix.
  const isPosix = isUstar && header[262] === 0;
  const prefix = isPosix ? textOf(header.subarray(345, 500)) : "";
  const name = textOf(header.subarray(0, 100));
  return prefix === "" ? name : `${prefix}/${name}`;
}

/** Octal text, or GNU's binary form for what is too large for it. */
function numberAt(header: Uint8Array, at: number, length: number): number {
  if (((header[at] ?? 0) & 0x80) !== 0) {
    let value = (header[at] ?? 0) & 0x7f;
    for (const byte of header.subarray(at + 1, at + length)) value = value * 256 + byte;
    if (!Number.isSafeInteger(value)) throw hostile("a file has an impossible size");
    return value;
  }
  const text = textOf(header.subarray(at, at + length)).trim();
  if (!/^[0-7]*$/.test(text)) throw notZip("a header of it is damaged", { field: at });
  return text === "" ? 0 : Number.parseInt(text, 8);
}

/** The sum of the header's bytes, with spaces in place of the sum itself. */
function checksumHolds(header: Uint8Array): boolean {
  const written = /^\s*([0-7]+)/.exec(textOf(header.subarray(148, 156)))?.[1];
  if (written === undefined) return false;
  let sum = 8 * 0x20;
  for (const [index, byte] of header.entries()) if (index < 148 || index >= 156) sum += byte;
  return sum === Number.parseInt(written, 8);
}

/** Up to the first NUL; bytes that are not UTF-8 become U+FFFD. */
function textOf(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end));
}
