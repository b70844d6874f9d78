/**
 * DAG-CBOR (IPLD specification): the part of CBOR (RFC 8949) in which a value has one encoding. Written out because every page loads
 * it: a fifth of what a codec for all of CBOR takes. `test/sdk/storage/dagCbor.test.ts` holds it to `@ipld/dag-cbor`, value by value
 * and byte by byte; it is stricter where that one reads what it would not write.
 */

/** A link of IPLD: a CID in its binary form. */
export class Link {
  readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }
}

const UINT = 0;
const NEGATIVE = 1;
const BYTES = 2;
const TEXT = 3;
const LIST = 4;
const MAP = 5;
const TAG = 6;
const FALSE = 0xf4;
const TRUE = 0xf5;
const NULL = 0xf6;
const FLOAT64 = 0xfb;
/** Of a CID; its byte string begins with a zero. */
const LINK_TAG = 42;
const maxDepth = 512;
/** Shorter texts are faster to read letter by letter. */
const shortText = 24;

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** @throws TypeError for what DAG-CBOR has no form of: `undefined`, NaN, infinities, functions, integers beyond 64 bits */
export function encodeDagCbor(value: unknown): Uint8Array<ArrayBuffer> {
  const out = new Writer();
  write(out, value, 0);
  return out.take();
}

class Writer {
  #bytes = new Uint8Array(256);
  #view = new DataView(this.#bytes.buffer);
  #length = 0;

  /** Room for so many bytes, and where it begins. To be called before `#bytes` or `#view` is looked at: both may become others. */
  #reserve(more: number): number {
    const at = this.#length;
    this.#length += more;
    if (this.#length > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(2 * this.#bytes.length, this.#length));
      larger.set(this.#bytes.subarray(0, at));
      this.#bytes = larger;
      this.#view = new DataView(larger.buffer);
    }
    return at;
  }

  byte(value: number): void {
    const at = this.#reserve(1);
    this.#bytes[at] = value;
  }

  put(bytes: Uint8Array): void {
    const at = this.#reserve(bytes.length);
    this.#bytes.set(bytes, at);
  }

  float(value: number): void {
    const at = this.#reserve(9);
    this.#view.setUint8(at, FLOAT64);
    this.#view.setFloat64(at + 1, value);
  }

  head(major: number, argument: number | bigint): void {
    const type = major << 5;
    if (argument < 24) {
      this.byte(type | Number(argument));
      return;
    }
    const width = argument < 0x100 ? 1 : argument < 0x1_0000 ? 2 : argument < 0x1_0000_0000 ? 4 : 8;
    const at = this.#reserve(1 + width);
    this.#view.setUint8(at, type | (24 + Math.log2(width)));
    if (width === 1) this.#view.setUint8(at + 1, Number(argument));
    else if (width === 2) this.#view.setUint16(at + 1, Number(argument));
    else if (width === 4) this.#view.setUint32(at + 1, Number(argument));
    else {
      const large = BigInt(argument);
      if (large >= 2n ** 64n) throw new TypeError("an integer beyond 64 bits");
      this.#view.setBigUint64(at + 1, large);
    }
  }

  take(): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(0, this.#length);
  }
}

function write(out: Writer, value: unknown, depth: number): void {
  if (depth > maxDepth) throw new TypeError("nested too deep, or in itself");
  if (typeof value === "boolean") out.byte(value ? TRUE : FALSE);
  else if (typeof value === "bigint" || Number.isSafeInteger(value)) writeInteger(out, value as number | bigint);
  else if (typeof value === "number") writeFloat(out, value);
  else if (typeof value === "string") writeText(out, encoder.encode(value));
  else if (value === null) out.byte(NULL);
  else if (value instanceof Uint8Array) writeBytes(out, value);
  else if (Array.isArray(value)) {
    out.head(LIST, value.length);
    // Not `forEach`, which passes over holes.
    for (const item of value) write(out, item, depth + 1);
  } else if (typeof value === "object") writeObject(out, value, depth);
  else throw new TypeError(`no DAG-CBOR for ${typeof value}`);
}

function writeFloat(out: Writer, value: number): void {
  if (!Number.isFinite(value)) throw new TypeError("not a finite number");
  out.float(value);
}

function writeBytes(out: Writer, bytes: Uint8Array): void {
  out.head(BYTES, bytes.length);
  out.put(bytes);
}

function writeObject(out: Writer, value: object, depth: number): void {
  const link = linkBytes(value);
  if (link === undefined) {
    writeMap(out, value, depth);
    return;
  }
  out.head(TAG, LINK_TAG);
  out.head(BYTES, link.length + 1);
  out.byte(0);
  out.put(link);
}

function writeInteger(out: Writer, value: number | bigint): void {
  if (value >= 0) out.head(UINT, value);
  else out.head(NEGATIVE, typeof value === "bigint" ? -1n - value : -1 - value);
}

function writeText(out: Writer, bytes: Uint8Array): void {
  out.head(TEXT, bytes.length);
  out.put(bytes);
}

function writeMap(out: Writer, value: object, depth: number): void {
  const tag = Object.prototype.toString.call(value);
  if (tag !== "[object Object]") throw new TypeError(`no DAG-CBOR for ${tag}`);
  const entries = Object.entries(value).map(([name, inner]) => [encoder.encode(name), inner] as const);
  entries.sort(([left], [right]) => compareKeys(left, right));
  out.head(MAP, entries.length);
  for (const [name, inner] of entries) {
    writeText(out, name);
    write(out, inner, depth + 1);
  }
}

/** A shorter one first, then byte by byte. */
function compareKeys(left: Uint8Array, right: Uint8Array): number {
  if (left.length !== right.length) return left.length - right.length;
  const at = left.findIndex((byte, i) => byte !== right[i]);
  return at === -1 ? 0 : (left[at] ?? 0) - (right[at] ?? 0);
}

/** Of a {@link Link}, and of a CID of `multiformats`, which says so by holding its bytes twice. */
function linkBytes(value: object): Uint8Array | undefined {
  if (value instanceof Link) return value.bytes;
  const { "/": slash, bytes } = value as { readonly "/"?: unknown; readonly bytes?: unknown };
  return bytes instanceof Uint8Array && slash === bytes ? bytes : undefined;
}

/**
 * The value of bytes that are its encoding, and nothing behind it. Integers beyond 2^53 are bigints, links {@link Link}s; byte
 * strings are copies.
 *
 * @throws Error for everything else
 */
export function decodeDagCbor(bytes: Uint8Array): unknown {
  const reader: Reader = { bytes, view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), at: 0 };
  const value = read(reader, 0);
  if (reader.at !== bytes.length) throw new RangeError("bytes behind the value");
  return value;
}

type Reader = { readonly bytes: Uint8Array; readonly view: DataView; at: number };

function read(reader: Reader, depth: number): unknown {
  if (depth > maxDepth) throw new RangeError("nested too deep");
  const first = reader.view.getUint8(reader.at++);
  if (first === FALSE || first === TRUE) return first === TRUE;
  if (first === NULL) return null;
  if (first === FLOAT64) return readFloat(reader);
  const major = first >> 5;
  const argument = readArgument(reader, first & 31);
  if (major === UINT) return argument;
  if (major === NEGATIVE) return negative(argument);
  const size = Number(argument);
  // An item is a byte at least: nothing is made for a length that cannot be.
  if (major <= MAP && size > reader.bytes.length - reader.at) throw new RangeError("longer than its bytes");
  switch (major) {
    case BYTES:
      return take(reader, size).slice();
    case TEXT:
      return readText(take(reader, size));
    case LIST:
      return Array.from({ length: size }, () => read(reader, depth + 1));
    case MAP:
      return readMap(reader, size, depth);
    case TAG:
      return readLink(reader, size);
    default:
      throw new RangeError("no value of DAG-CBOR");
  }
}

/** In the fewest bytes that hold it. */
function readArgument(reader: Reader, info: number): number | bigint {
  if (info < 24) return info;
  const { view, at } = reader;
  if (info > 27) throw new RangeError("no length of DAG-CBOR");
  reader.at += 2 ** (info - 24);
  if (info === 24) return atLeast(24, view.getUint8(at));
  if (info === 25) return atLeast(0x100, view.getUint16(at));
  if (info === 26) return atLeast(0x1_0000, view.getUint32(at));
  const large = view.getBigUint64(at);
  if (large < 0x1_0000_0000n) throw new RangeError("an integer in more bytes than it needs");
  const number = Number(large);
  return Number.isSafeInteger(number) ? number : large;
}

function atLeast(least: number, value: number): number {
  if (value < least) throw new RangeError("an integer in more bytes than it needs");
  return value;
}

function negative(argument: number | bigint): number | bigint {
  const number = -1 - Number(argument);
  return Number.isSafeInteger(number) ? number : -1n - BigInt(argument);
}

function readFloat(reader: Reader): number {
  const value = reader.view.getFloat64(reader.at);
  reader.at += 8;
  // Minus zero among them: it is the integer 0.
  if (!Number.isFinite(value) || Number.isSafeInteger(value)) throw new RangeError("a float that has another form");
  return value;
}

function take(reader: Reader, length: number): Uint8Array {
  const start = reader.at;
  reader.at += length;
  return reader.bytes.subarray(start, reader.at);
}

function readText(bytes: Uint8Array): string {
  if (bytes.length > shortText) return decoder.decode(bytes);
  let text = "";
  for (const byte of bytes) {
    if (byte > 0x7f) return decoder.decode(bytes);
    text += String.fromCharCode(byte);
  }
  return text;
}

function readMap(reader: Reader, size: number, depth: number): object {
  const map: Record<string, unknown> = {};
  let before: Uint8Array | undefined;
  for (let i = 0; i < size; i++) {
    const first = reader.view.getUint8(reader.at++);
    if (first >> 5 !== TEXT) throw new RangeError("a key that is no text");
    const length = Number(readArgument(reader, first & 31));
    if (length > reader.bytes.length - reader.at) throw new RangeError("longer than its bytes");
    const key = take(reader, length);
    if (before !== undefined && compareKeys(before, key) >= 0) throw new RangeError("keys out of order, or one twice");
    before = key;
    const name = readText(key);
    const value = read(reader, depth + 1);
    // Assigned, it would be the map's prototype.
    if (name === "__proto__")
      Object.defineProperty(map, name, { value, configurable: true, enumerable: true, writable: true });
    else map[name] = value;
  }
  return map;
}

function readLink(reader: Reader, tag: number): Link {
  const bytes = tag === LINK_TAG ? read(reader, maxDepth) : undefined;
  if (!(bytes instanceof Uint8Array) || bytes[0] !== 0) throw new RangeError("a tag that is no link");
  return new Link(bytes.subarray(1));
}
