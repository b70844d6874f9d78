import { expect } from "chai";
import { append, createGrowingBytes } from "../../../../sdk/src/ingest/encode/growingBytes.ts";
import { appendHybrid } from "../../../../sdk/src/ingest/encode/hybrid.ts";
import { compressSnappy } from "../../../../sdk/src/ingest/encode/snappy.ts";
import { createRandom, testSeed } from "../../../helpers/random.ts";

function roundTrip(bytes: Uint8Array): number {
  const source = createGrowingBytes(1);
  append(source, bytes);
  // What lay in the memory before is not part of it.
  source.bytes.fill(0x61, source.length);
  const packed = createGrowingBytes(1);
  compressSnappy(source, packed);
  const back = unpacked(packed.bytes.subarray(0, packed.length));
  if (Buffer.compare(back, bytes) !== 0) throw new Error(`${bytes.length} bytes came back as others`);
  return packed.length;
}

describe("compressSnappy", () => {
  it("default: a decoder written from the format's description gives the bytes back, of every length and kind", () => {
    const random = createRandom(testSeed());
    for (let length = 0; length < 200; length++) {
      roundTrip(new Uint8Array(length));
      roundTrip(Uint8Array.from({ length }, (_, index) => index));
      roundTrip(Uint8Array.from({ length }, () => random.integer(255)));
    }
    for (const length of [4_095, 65_535, 65_536, 65_600, 70_000, 300_000]) {
      expect(roundTrip(new Uint8Array(length))).to.be.lessThan(100 + length / 20);
      // A period longer than what can be referred to, and one just short of it.
      for (const period of [1, 3, 4, 5, 60, 64, 65, 68, 2_047, 2_048, 65_535, 65_536]) {
        const once = Uint8Array.from({ length: period }, () => random.integer(255));
        roundTrip(Uint8Array.from({ length }, (_, index) => once[index % period] ?? 0));
      }
      expect(roundTrip(Uint8Array.from({ length }, () => random.integer(255)))).to.be.lessThan(
        length + length / 100 + 16,
      );
    }
  });

  it("behavior: texts become shorter", () => {
    const text = new TextEncoder().encode(Array.from({ length: 5_000 }, (_, index) => `tide ${index} berth`).join(" "));
    expect(roundTrip(text)).to.be.lessThan(text.length / 2);
  });
});

describe("appendHybrid", () => {
  it("default: runs and groups, by a decoder written from the format's description", () => {
    const random = createRandom(testSeed());
    for (let bits = 0; bits <= 24; bits++) {
      for (let round = 0; round < 20; round++) {
        const values: number[] = [];
        const size = random.integer(120);
        while (values.length < size) {
          const value = bits === 0 ? 0 : random.integer(2 ** bits - 1);
          const times = random.integer(3) === 0 ? 1 + random.integer(30) : 1;
          for (let i = 0; i < times; i++) values.push(value);
        }
        const target = createGrowingBytes(1);
        appendHybrid(target, Uint32Array.from(values), values.length, bits);
        expect(decoded(target.bytes.subarray(0, target.length), values.length, bits)).to.deep.equal(values);
      }
    }
  });
});

function decoded(bytes: Uint8Array, count: number, bits: number): number[] {
  const values: number[] = [];
  let at = 0;
  while (values.length < count) {
    let header = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++] ?? 0;
      header += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) break;
    }
    if (header % 2 === 0) {
      let value = 0;
      for (let shift = 0; shift < bits; shift += 8) value += (bytes[at++] ?? 0) * 2 ** shift;
      for (let i = 0; i < header / 2; i++) values.push(value);
      continue;
    }
    const groups = (header - 1) / 2;
    for (let index = 0; index < groups * 8; index++) {
      let value = 0;
      for (let bit = 0; bit < bits; bit++) {
        const place = index * bits + bit;
        value += (((bytes[at + (place >> 3)] ?? 0) >> (place & 7)) & 1) * 2 ** bit;
      }
      values.push(value);
    }
    at += groups * bits;
  }
  return values.slice(0, count);
}

/** Only what a decoder must take: a copy of four to eleven bytes, one with two bytes of offset, literals. */
function unpacked(bytes: Uint8Array): Uint8Array {
  let at = 0;
  let length = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = bytes[at++] ?? 0;
    length += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80) break;
  }
  const out = new Uint8Array(length);
  let to = 0;
  while (at < bytes.length) {
    const tag = bytes[at++] ?? 0;
    if ((tag & 3) === 0) {
      let size = tag >> 2;
      if (size >= 60) {
        const places = size - 59;
        size = 0;
        for (let place = 0; place < places; place++) size += (bytes[at++] ?? 0) * 2 ** (8 * place);
      }
      out.set(bytes.subarray(at, at + size + 1), to);
      at += size + 1;
      to += size + 1;
      continue;
    }
    if ((tag & 3) === 3) throw new Error("a copy with four bytes of offset");
    const isShort = (tag & 3) === 1;
    const size = isShort ? 4 + ((tag >> 2) & 7) : 1 + (tag >> 2);
    const offset = isShort ? ((tag >> 5) << 8) + (bytes[at++] ?? 0) : (bytes[at++] ?? 0) + (bytes[at++] ?? 0) * 256;
    if (offset === 0 || offset > to) throw new Error("a copy of what is not there");
    for (let i = 0; i < size; i++, to++) out[to] = out[to - offset] ?? 0;
  }
  if (to !== length) throw new Error(`${to} bytes instead of ${length}`);
  return out;
}
