// Run as a process of its own, whose memory is measured: puts an envelope of argv[3] plaintext bytes into a new store at
// argv[2], reads it back whole and in ranges, and writes one line of JSON.
import { createHash } from "node:crypto";
import { createSha256, fromHex, toHex } from "@persona-protocol/sdk/crypto";
import { decryptEnvelope, encryptEnvelope, readSegmentRange } from "@persona-protocol/sdk/storage";
import { createLocalIpfs } from "../../node/src/storage/index.ts";

const [, , path, length] = process.argv;
if (path === undefined || length === undefined) throw new Error("usage: largeObject.ts DIRECTORY BYTES");
const plaintextLength = Number(length);
const PIECE = 2 ** 16;
const ids = {
  datasetId: `0x${"d1".repeat(32)}`,
  segment: 0,
  keyEpoch: 1,
  dek: fromHex(`0x${"42".repeat(32)}`),
} as const;

/** Different everywhere, and computable at any place: a piece is the digest of its number, over and over. */
function pieceAt(index: number): Buffer {
  return Buffer.alloc(PIECE, createHash("sha256").update(String(index)).digest());
}
function* source(): Generator<Uint8Array, void, undefined> {
  for (let at = 0; at < plaintextLength; at += PIECE) yield pieceAt(at / PIECE).subarray(0, plaintextLength - at);
}
function expected(offset: number, size: number): Buffer {
  const [first, last] = [Math.floor(offset / PIECE), Math.floor((offset + size - 1) / PIECE)];
  const pieces = Array.from({ length: last - first + 1 }, (_, at) => pieceAt(first + at));
  return Buffer.concat(pieces).subarray(offset - first * PIECE, offset - first * PIECE + size);
}

const store = await createLocalIpfs({ path, durable: false });
const envelope = encryptEnvelope(source(), { ...ids, version: 1, plaintextLength, padding: "padme", transient: true });
const { cid, size } = await store.put(envelope);

const wanted = createHash("sha256");
for (const piece of source()) wanted.update(piece);
const got = createSha256();
let bytes = 0;
for await (const piece of decryptEnvelope(store.get(cid, { transient: true }), { ...ids, transient: true })) {
  got.update(piece);
  bytes += piece.length;
}
const ranges: boolean[] = [];
for (const [offset, count] of [
  [0, 10],
  [2 ** 30 - 5, 10],
  [plaintextLength - 3, 3],
] as const) {
  const range = await readSegmentRange(store, cid, { ...ids, offset, length: count });
  ranges.push(expected(offset, count).equals(range));
}
const isSame = toHex(got.digest()) === `0x${wanted.digest("hex")}`;
const peakRssMB = Math.round(process.resourceUsage().maxRSS / 1_024);
process.stdout.write(`${JSON.stringify({ cid, size, bytes, isSame, ranges, peakRssMB })}\n`);
