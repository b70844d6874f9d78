import { concatBytes } from "../crypto/index.ts";

/**
 * The part of DAG-PB and UnixFS that files need (IPLD dag-pb specification; IPFS UnixFS specification), written out because
 * a reader that accepts nothing else is small enough to be sure of. Byte for byte what Kubo and ipfs-unixfs-importer make.
 */

/** A node between the root of a file and its leaves. */
export type FileNode = {
  /** Bytes of the file below this node: the sum over its links. */
  readonly fileSize: number;
  readonly links: readonly FileLink[];
};

export type FileLink = {
  /** Binary CID, 36 bytes: version 1, raw or dag-pb, sha2-256. */
  readonly cid: Uint8Array;
  /** Bytes of the file below this link (UnixFS `blocksizes`). */
  readonly fileSize: number;
  /** Bytes of all blocks below this link, as DAG-PB wants it (`Tsize`). Not trusted in reading. */
  readonly dagSize: number;
};

const TYPE_FILE = 2;
const VARINT = 0;
const LENGTH_DELIMITED = 2;

export function encodeFileNode(links: readonly FileLink[]): { readonly bytes: Uint8Array; readonly fileSize: number } {
  const fileSize = links.reduce((sum, link) => sum + link.fileSize, 0);
  const data = concatBytes(
    field(1, VARINT),
    varint(TYPE_FILE),
    field(3, VARINT),
    varint(fileSize),
    ...links.flatMap((link) => [field(4, VARINT), varint(link.fileSize)]),
  );
  // DAG-PB puts the links before the data, though their field number is the higher one.
  const parts = links.map((link) =>
    message(2, concatBytes(message(1, link.cid), message(2, new Uint8Array()), field(3, VARINT), varint(link.dagSize))),
  );
  return { bytes: concatBytes(...parts, message(1, data)), fileSize };
}

/**
 * Reads a file node. Refused, with a RangeError: anything that is not a plain file with as many sizes as links, sizes that
 * do not add up, an empty link, data beside links, unknown or repeated fields.
 */
export function decodeFileNode(bytes: Uint8Array): FileNode {
  const hashes: Uint8Array[] = [];
  const dagSizes: number[] = [];
  let data: Uint8Array | undefined;
  for (const { number, value } of fieldsOf(bytes)) {
    if (number === 1 && value instanceof Uint8Array && data === undefined) data = value;
    else if (number === 2 && value instanceof Uint8Array) {
      const link = decodeLink(value);
      hashes.push(link.cid);
      dagSizes.push(link.dagSize);
    } else throw new RangeError("not a dag-pb node");
  }
  if (data === undefined) throw new RangeError("a dag-pb node without data");

  let type: number | undefined;
  let fileSize: number | undefined;
  const sizes: number[] = [];
  for (const { number, value } of fieldsOf(data)) {
    if (typeof value !== "number") throw new RangeError("a file node with data of its own");
    if (number === 1 && type === undefined) type = value;
    else if (number === 3 && fileSize === undefined) fileSize = value;
    else if (number === 4) sizes.push(value);
    else throw new RangeError("an unknown UnixFS field");
  }
  if (type !== TYPE_FILE || fileSize === undefined) throw new RangeError("not a UnixFS file");
  if (sizes.length !== hashes.length || sizes.length === 0) throw new RangeError("links and sizes do not agree");
  // Each link must bring bytes: otherwise a small node could send a reader through blocks without end.
  if (sizes.some((size) => size === 0)) throw new RangeError("a link to nothing");
  if (sizes.reduce((sum, size) => sum + size, 0) !== fileSize) throw new RangeError("sizes do not add up");
  return {
    fileSize,
    links: hashes.map((cid, at) => ({ cid, fileSize: sizes[at] ?? 0, dagSize: dagSizes[at] ?? 0 })),
  };
}

function decodeLink(bytes: Uint8Array): { cid: Uint8Array; dagSize: number } {
  let cid: Uint8Array | undefined;
  let dagSize = 0;
  for (const { number, value } of fieldsOf(bytes)) {
    if (number === 1 && value instanceof Uint8Array && cid === undefined) cid = value;
    else if (number === 2 && value instanceof Uint8Array && value.length === 0) continue;
    else if (number === 3 && typeof value === "number") dagSize = value;
    else throw new RangeError("not a link of a file");
  }
  if (cid === undefined) throw new RangeError("a link without a CID");
  return { cid, dagSize };
}

function* fieldsOf(bytes: Uint8Array): Generator<{ number: number; value: number | Uint8Array }, void, undefined> {
  let at = 0;
  const readVarint = (): number => {
    let value = 0;
    for (let shift = 0; shift < 53; shift += 7) {
      const byte = bytes[at++];
      if (byte === undefined) break;
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) {
        if (!Number.isSafeInteger(value)) break;
        return value;
      }
    }
    throw new RangeError("not a protobuf integer");
  };
  while (at < bytes.length) {
    const key = readVarint();
    const wireType = key % 8;
    const number = (key - wireType) / 8;
    const value = readVarint();
    if (wireType === VARINT) {
      yield { number, value };
    } else if (wireType === LENGTH_DELIMITED && value <= bytes.length - at) {
      yield { number, value: bytes.subarray(at, at + value) };
      at += value;
    } else {
      throw new RangeError("not a protobuf field");
    }
  }
}

function field(number: number, wireType: number): Uint8Array {
  return Uint8Array.of(number * 8 + wireType);
}

function message(number: number, bytes: Uint8Array): Uint8Array {
  return concatBytes(field(number, LENGTH_DELIMITED), varint(bytes.length), bytes);
}

function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 0x80) {
    bytes.push((rest % 0x80) + 0x80);
    rest = Math.floor(rest / 0x80);
  }
  bytes.push(rest);
  return Uint8Array.from(bytes);
}
