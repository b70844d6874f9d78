import * as dagCbor from "@ipld/dag-cbor";
import { expect } from "chai";
import fc from "fast-check";
import { CID } from "multiformats/cid";
import { decodeDagCbor, encodeDagCbor, Link } from "../../../sdk/src/storage/dagCbor.ts";

const seed = 20_261_123;
const cid = CID.parse("bafyreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy");

const integer = fc.oneof(
  fc.maxSafeInteger(),
  fc.bigInt({ min: -(2n ** 64n), max: 2n ** 64n - 1n }),
  fc.constantFrom(0, -0, 23, 24, 255, 256, 65_535, 65_536, 2 ** 32 - 1, 2 ** 32, -1, -24, -25, -257, 2 ** 53),
);
/** The other one loses a byte order mark (see below). */
const noMark = (value: string) => value.replaceAll("\ufeff", "");
const text = fc.oneof(
  fc.string({ unit: "grapheme" }).map(noMark),
  fc.constantFrom("__proto__", "constructor", "é", ""),
);
const { value: anyValue } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.constantFrom(null, true, false),
    integer,
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    text,
    fc.uint8Array({ maxLength: 300 }),
    fc.array(tie("value"), { maxLength: 30 }),
    fc.dictionary(text, tie("value"), { maxKeys: 30, noNullPrototype: true }),
  ),
}));

const otherDecodes = (bytes: Uint8Array): { value: unknown } | undefined => {
  try {
    const value: unknown = dagCbor.decode(bytes);
    // What it reads and would not write is not the encoding of its value.
    return Buffer.from(dagCbor.encode(value)).equals(bytes) ? { value } : undefined;
  } catch {
    return undefined;
  }
};
const weDecode = (bytes: Uint8Array): { value: unknown } | undefined => {
  try {
    return { value: decodeDagCbor(bytes) };
  } catch {
    return undefined;
  }
};

describe("encodeDagCbor", () => {
  it("default: byte for byte what @ipld/dag-cbor makes, and back", () => {
    fc.assert(
      fc.property(anyValue, (value) => {
        const bytes = encodeDagCbor(value);
        expect(Buffer.from(bytes).toString("hex")).to.equal(Buffer.from(dagCbor.encode(value)).toString("hex"));
        expect(decodeDagCbor(bytes)).to.deep.equal(dagCbor.decode(bytes));
      }),
      { seed, numRuns: 300 },
    );
  });

  it("behavior: values of every length around what is made room for", () => {
    for (let length = 0; length < 1_200; length += 7) {
      const value = { a: "x".repeat(length), b: [length, 2 ** 40, 0.5, new Uint8Array(length % 7)], c: { d: true } };
      expect(Buffer.from(encodeDagCbor(value)).equals(dagCbor.encode(value)), String(length)).to.equal(true);
    }
  });

  it("behavior: links, ours and those of multiformats", () => {
    const bytes = dagCbor.encode({ file: cid });
    expect(encodeDagCbor({ file: cid })).to.deep.equal(Uint8Array.from(bytes));
    expect(encodeDagCbor({ file: new Link(cid.bytes) })).to.deep.equal(Uint8Array.from(bytes));
    expect(decodeDagCbor(bytes)).to.deep.equal({ file: new Link(Uint8Array.from(cid.bytes)) });
  });

  it("behavior: a text keeps its byte order mark", () => {
    const marked = { "\ufeffx": "\ufeffa text of more letters than are read one by one" };
    expect(decodeDagCbor(dagCbor.encode(marked))).to.deep.equal(marked);
  });

  it("error: what DAG-CBOR has no form of", () => {
    const itself: unknown[] = [];
    itself.push(itself);
    const none = [undefined, Number.NaN, Number.POSITIVE_INFINITY, () => 1, Symbol("x"), 2n ** 64n, -(2n ** 64n) - 1n];
    for (const value of [...none, { a: undefined }, [undefined], new Map(), new Set(), itself])
      expect(() => encodeDagCbor(value), String(value?.constructor)).to.throw(TypeError);
  });
});

describe("decodeDagCbor", () => {
  it("behavior: of any bytes it takes exactly those that are the encoding of their value", () => {
    const heads = fc.constantFrom(
      0x00,
      0x18,
      0x19,
      0x1b,
      0x20,
      0x3b,
      0x41,
      0x61,
      0x78,
      0x81,
      0x9b,
      0xa1,
      0xa2,
      0xd8,
      0xf4,
      0xf6,
      0xf7,
      0xf9,
      0xfa,
      0xfb,
      0xff,
    );
    const soup = fc.array(fc.oneof(heads, fc.nat(255)), { maxLength: 40 }).map((bytes) => Uint8Array.from(bytes));
    const changed = fc.tuple(anyValue, fc.nat(), fc.nat(255)).map(([value, at, byte]) => {
      const bytes = Uint8Array.from(dagCbor.encode(value));
      bytes[at % bytes.length] = byte;
      return bytes;
    });
    const hasMark = (bytes: Uint8Array) => Buffer.from(bytes).includes("\ufeff");
    let taken = 0;
    fc.assert(
      fc.property(fc.oneof(soup, changed), (bytes) => {
        if (hasMark(bytes)) return;
        const [ours, theirs] = [weDecode(bytes), otherDecodes(bytes)];
        expect(ours === undefined, Buffer.from(bytes).toString("hex")).to.equal(theirs === undefined);
        if (ours !== undefined) expect(ours).to.deep.equal(theirs);
        taken += ours === undefined ? 0 : 1;
      }),
      { seed, numRuns: 3_000 },
    );
    // The bytes are no noise that everybody refuses.
    expect(taken).to.be.above(200);
  });

  it("error: lengths that no bytes are behind make nothing", () => {
    for (const hex of ["9bffffffffffffffff", "bb7fffffffffffffff", "5b00000000ffffffff", "7a7fffffff", "9a00ffffff"])
      expect(() => decodeDagCbor(Buffer.from(hex, "hex"))).to.throw(RangeError);
    expect(() => decodeDagCbor(new Uint8Array(100_000).fill(0x81))).to.throw(RangeError);
  });
});
