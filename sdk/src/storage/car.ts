import { CID } from "multiformats/cid";
import { concatBytes } from "../crypto/index.ts";
import { MAX_BLOCK_BYTES } from "./blobStore.ts";
import { type ByteReader, type ByteSource, createByteReader } from "./byteStream.ts";
import { encodeCbor } from "./cbor.ts";

/**
 * CARv1 (IPLD specification "Content Addressable aRchives"): `varint ‖ header`, then `varint ‖ CID ‖ block` for each block.
 * What is read here is no more trusted than the connection it came over: the caller checks each block against its CID.
 */
export type CarBlock = { readonly cid: string; readonly bytes: Uint8Array };

/** A header names roots; one root takes 58 bytes, and nobody needs many. */
const MAX_HEADER_BYTES = 4_096;
/** Version 1, codec, sha2-256, 32 bytes: the only CIDs of this protocol. */
const CID_BYTES = 36;

export function carHeader(root: string): Uint8Array {
  const header = encodeCbor({ version: 1, roots: [CID.parse(root)] });
  return concatBytes(varint(header.length), header);
}

/** What comes before a block's own bytes. */
export function carSectionHead(cid: string, blockBytes: number): Uint8Array {
  const binary = CID.parse(cid).bytes;
  return concatBytes(varint(binary.length + blockBytes), binary);
}

/**
 * The blocks of a CAR, one at a time. The roots in its header are not looked at: who reads has asked for one already.
 *
 * @throws RangeError when the bytes are not a CAR, hold a CID of another kind or a block that is too large, or end early.
 */
export async function* readCar(source: ByteSource): AsyncGenerator<CarBlock, void, undefined> {
  const reader = createByteReader(source);
  try {
    const headerBytes = await takeVarint(reader, MAX_HEADER_BYTES);
    if (headerBytes === undefined || (await reader.take(headerBytes)) === undefined) throw new RangeError("no CAR");
    for (;;) {
      const length = await takeVarint(reader, CID_BYTES + MAX_BLOCK_BYTES);
      if (length === undefined) return;
      const section = length < CID_BYTES ? undefined : await reader.take(length);
      if (section === undefined) throw new RangeError("a CAR that ends early");
      yield { cid: decodeCid(section.subarray(0, CID_BYTES)), bytes: section.subarray(CID_BYTES) };
    }
  } finally {
    await reader.close();
  }
}

function decodeCid(bytes: Uint8Array): string {
  try {
    return CID.decode(bytes).toString();
  } catch (cause) {
    throw new RangeError("a CID of another kind", { cause });
  }
}

/** Undefined at the end of the source. */
async function takeVarint(reader: ByteReader, max: number): Promise<number | undefined> {
  let value = 0;
  for (let shift = 0; shift < 28; shift += 7) {
    const byte = (await reader.take(1))?.[0];
    if (byte === undefined && shift === 0) return undefined;
    if (byte === undefined) break;
    value += (byte & 0x7f) * 2 ** shift;
    if (byte >= 0x80) continue;
    if (value > max) break;
    return value;
  }
  throw new RangeError("a length that no CAR of ours has");
}

function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) + 0x80);
  return Uint8Array.of(...bytes, rest);
}
