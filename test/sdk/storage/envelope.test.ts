import { aeadDecrypt, concatBytes, hkdfSha256, importAeadKey, randomBytes, utf8 } from "@persona-protocol/sdk/crypto";
import { isPersonaError } from "@persona-protocol/sdk/errors";
import {
  collectBytes,
  decryptEnvelope,
  decryptEnvelopeBytes,
  ENVELOPE_CHUNK_BYTES,
  ENVELOPE_HEADER_BYTES,
  encryptEnvelope,
  encryptEnvelopeBytes,
  envelopeSize,
  padmeLength,
  parseEnvelopeHeader,
  readEnvelopeRange,
} from "@persona-protocol/sdk/storage";
import { expect } from "chai";
import type { Hex } from "viem";
import { expectError } from "../../helpers/errors.ts";
import { createRandom } from "../../helpers/random.ts";
import { openSecond, sealSecond } from "../../helpers/secondEnvelope.ts";
import { twoKeyCiphertext } from "../../helpers/twoKeyCiphertext.ts";

const SEALED_CHUNK = ENVELOPE_CHUNK_BYTES + 16;
const datasetId: Hex = `0x${"ab".repeat(32)}`;
const ids = { datasetId, segment: 3, keyEpoch: 2 } as const;
const dek = new Uint8Array(32).fill(5);
const random = createRandom(1);

/** Three chunks, the last of 5,000 bytes. */
const plaintext = random.bytes(2 * ENVELOPE_CHUNK_BYTES + 5_000);
let envelope: Uint8Array;

before(async () => {
  envelope = await encryptEnvelopeBytes(plaintext, { ...ids, dek, version: 9 });
});

const chunk = (index: number, of: Uint8Array = envelope): Uint8Array =>
  of.subarray(ENVELOPE_HEADER_BYTES + index * SEALED_CHUNK, ENVELOPE_HEADER_BYTES + (index + 1) * SEALED_CHUNK);
const header = (of: Uint8Array = envelope): Uint8Array => of.subarray(0, ENVELOPE_HEADER_BYTES);
const decrypt = (bytes: Uint8Array): Promise<Uint8Array> => decryptEnvelopeBytes(bytes, { ...ids, dek });

describe("encryptEnvelope", () => {
  it("default", async () => {
    expect(envelope).to.have.lengthOf(envelopeSize(plaintext.length));
    expect(Buffer.from(await decrypt(envelope)).equals(plaintext)).to.equal(true);
    expect(parseEnvelopeHeader(header())).to.deep.equal({
      ...ids,
      version: 9,
      plaintextLength: plaintext.length,
      isPadded: false,
      chunkCount: 3,
    });
  });

  it("behavior: the header is laid out byte for byte as the specification says", () => {
    const hex = Buffer.from(header()).toString("hex");
    expect(hex.slice(0, 176)).to.equal(
      [
        "50534e31",
        "01",
        "01",
        "14",
        "00",
        "ab".repeat(32),
        "00000003",
        "00000002",
        "0000000000000009",
        "0000000000201388",
        "0000000000000003",
        "00".repeat(16),
      ].join(""),
    );
    const okm = hkdfSha256({
      ikm: dek,
      salt: envelope.subarray(88, 120),
      info: concatBytes(utf8("persona/envelope/v1"), envelope.subarray(0, 88)),
      length: 64,
    });
    expect(okm.slice(32)).to.deep.equal(envelope.slice(120, 152));
  });

  it("behavior: every length around a chunk's end comes back", async () => {
    for (const length of [0, 1, 15, 16, 17, ENVELOPE_CHUNK_BYTES - 1, ENVELOPE_CHUNK_BYTES, ENVELOPE_CHUNK_BYTES + 1]) {
      const part = plaintext.subarray(0, length);
      const sealed = await encryptEnvelopeBytes(part, { ...ids, dek, version: 0 });
      expect(sealed).to.have.lengthOf(envelopeSize(length));
      expect(Buffer.from(await decrypt(sealed)).equals(part), `length ${length}`).to.equal(true);
    }
  });

  it("behavior: pieces of any size in give the same out", async () => {
    async function* pieces(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
      let at = 0;
      while (at < bytes.length) {
        const size = random.pick([0, 1, 1_000, 65_536, ENVELOPE_CHUNK_BYTES, 1_500_000]);
        yield bytes.subarray(at, at + size);
        at += size;
      }
    }
    const parameters = { ...ids, dek, version: 1, plaintextLength: plaintext.length };
    const sealed = await collectBytes(encryptEnvelope(pieces(plaintext), parameters));
    const opened = await collectBytes(decryptEnvelope(pieces(sealed), { ...ids, dek }));
    expect(Buffer.from(opened).equals(plaintext)).to.equal(true);
  });

  it("behavior: a source may use one buffer for all its pieces", async () => {
    const buffer = new Uint8Array(300_000);
    function* pieces(bytes: Uint8Array): Generator<Uint8Array, void, undefined> {
      for (let at = 0; at < bytes.length; at += buffer.length) {
        const piece = bytes.subarray(at, at + buffer.length);
        buffer.set(piece);
        yield buffer.subarray(0, piece.length);
      }
    }
    const parameters = { ...ids, dek, version: 1, plaintextLength: plaintext.length };
    const sealed = await collectBytes(encryptEnvelope(pieces(plaintext), parameters));
    expect(Buffer.from(await decrypt(sealed)).equals(plaintext)).to.equal(true);
  });

  it("behavior: the same data twice shares neither salt nor ciphertext", async () => {
    const again = await encryptEnvelopeBytes(plaintext, { ...ids, dek, version: 9 });
    expect(again.slice(88, 120)).not.to.deep.equal(envelope.slice(88, 120));
    expect(Buffer.from(chunk(0, again)).equals(chunk(0))).to.equal(false);
  });

  it("behavior: reading stops the source when the reader stops", async () => {
    let stopped = false;
    async function* source(): AsyncGenerator<Uint8Array, void, undefined> {
      try {
        for (;;) yield new Uint8Array(100_000);
      } finally {
        stopped = true;
      }
    }
    for await (const _ of encryptEnvelope(source(), { ...ids, dek, version: 0, plaintextLength: 2 ** 40 })) break;
    const stream = encryptEnvelope(source(), { ...ids, dek, version: 0, plaintextLength: 2 ** 40 });
    await stream.next();
    await stream.next();
    await stream.return();
    expect(stopped).to.equal(true);
  });

  it("behavior: what is collected is whole, whatever the caller says of transient pieces", async () => {
    const sealed = await encryptEnvelopeBytes(plaintext, { ...ids, dek, version: 1, transient: true });
    const opened = await decryptEnvelopeBytes(sealed, { ...ids, dek, transient: true });
    expect(Buffer.from(opened).equals(plaintext)).to.equal(true);
  });

  it("error: a source longer or shorter than announced", async () => {
    for (const plaintextLength of [plaintext.length - 1, plaintext.length + 1, 0, ENVELOPE_CHUNK_BYTES, 2 ** 30]) {
      await expectError("ENVELOPE_INVALID", () =>
        collectBytes(encryptEnvelope([plaintext], { ...ids, dek, version: 0, plaintextLength })),
      );
    }
    await expectError("ENVELOPE_INVALID", () =>
      collectBytes(encryptEnvelope([], { ...ids, dek, version: 0, plaintextLength: 1 })),
    );
  });
});

describe("decryptEnvelope", () => {
  it("behavior: truncation anywhere is an error", async () => {
    for (const length of [
      0,
      1,
      151,
      152,
      153,
      1_000,
      152 + SEALED_CHUNK,
      152 + 2 * SEALED_CHUNK,
      envelope.length - 1,
    ]) {
      await expectError("ENVELOPE_INVALID", () => decrypt(envelope.subarray(0, length)));
    }
  });

  it("behavior: extension is an error", async () => {
    await expectError("ENVELOPE_INVALID", () => decrypt(concatBytes(envelope, Uint8Array.of(0))));
    await expectError("ENVELOPE_INVALID", () => decrypt(concatBytes(envelope, chunk(2))));
  });

  it("behavior: reordered, repeated and left out chunks are errors", async () => {
    const [first, second, last] = [chunk(0), chunk(1), chunk(2)];
    for (const order of [
      [second, first, last],
      [first, first, last],
      [second, second, last],
      [first, last],
      [last],
      [first, second, first],
      [first, second, last, last],
    ]) {
      await expectError("ENVELOPE_INVALID", () => decrypt(concatBytes(header(), ...order)));
    }
  });

  it("behavior: a chunk of another object of the same segment, key and length does not fit", async () => {
    const other = await encryptEnvelopeBytes(plaintext, { ...ids, dek, version: 9 });
    for (const place of [0, 1, 2]) {
      const chunks = [0, 1, 2].map((index) => chunk(index, index === place ? other : envelope));
      await expectError("ENVELOPE_INVALID", () => decrypt(concatBytes(header(), ...chunks)));
    }
    await expectError("ENVELOPE_INVALID", () => decrypt(concatBytes(header(other), envelope.subarray(152))));
  });

  it("behavior: a header cannot be rewritten to pass a prefix off as the whole", async () => {
    const prefix = new Uint8Array(envelope.subarray(0, 152 + SEALED_CHUNK));
    const view = new DataView(prefix.buffer);
    view.setBigUint64(56, BigInt(ENVELOPE_CHUNK_BYTES));
    view.setBigUint64(64, 1n);
    await expectError("KEY_COMMITMENT_MISMATCH", () => decrypt(prefix));
  });

  it("behavior: each flipped bit of the header is an error", async () => {
    const changed = Uint8Array.from(envelope);
    for (let bit = 0; bit < ENVELOPE_HEADER_BYTES * 8; bit++) {
      // The flip of before goes back: each differs from the envelope in one bit.
      changed.set(envelope.subarray(0, ENVELOPE_HEADER_BYTES));
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      // Fields that must have one value are refused as they are read; where another value would be possible (version,
      // a length of as many chunks, salt, commitment) the commitment refuses.
      const error = await decrypt(changed).then(
        () => undefined,
        (cause: unknown) => cause,
      );
      const codes = isPersonaError(error) ? [error.code] : [];
      expect(codes, `bit ${bit}`).to.have.lengthOf(1);
      expect(["ENVELOPE_INVALID", "KEY_COMMITMENT_MISMATCH"]).to.include.members(codes);
      if (bit >= 88 * 8) expect(codes).to.deep.equal(["KEY_COMMITMENT_MISMATCH"]);
    }
  }).timeout(60_000); // 1,216 of them

  it("behavior: a flipped bit of any chunk or tag is an error", async () => {
    for (const at of [
      152,
      152 + 500_000,
      151 + SEALED_CHUNK,
      152 + SEALED_CHUNK,
      envelope.length - 17,
      envelope.length - 1,
    ]) {
      const changed = Uint8Array.from(envelope);
      changed[at] = (changed[at] ?? 0) ^ 1;
      await expectError("ENVELOPE_INVALID", () => decrypt(changed));
    }
  });

  it("error: another key", async () => {
    for (const wrong of [randomBytes(32), dek.map((byte, at) => (at === 31 ? byte ^ 1 : byte))]) {
      await expectError("KEY_COMMITMENT_MISMATCH", () => decryptEnvelopeBytes(envelope, { ...ids, dek: wrong }));
    }
  });

  it("error: another dataset, segment, key epoch or version than expected", async () => {
    const wrong = [{ datasetId: `0x${"ac".repeat(32)}` as Hex }, { segment: 4 }, { keyEpoch: 3 }, { version: 8 }];
    for (const change of wrong) {
      const error = await expectError("ENVELOPE_INVALID", () =>
        decryptEnvelopeBytes(envelope, { ...ids, dek, ...change }),
      );
      expect(error.data["field"]).to.equal(Object.keys(change)[0]);
    }
    expect(await decryptEnvelopeBytes(envelope, { ...ids, dek, version: 9 })).to.have.lengthOf(plaintext.length);
  });

  it("error: larger than the reader allows, before anything is read", async () => {
    let pieces = 0;
    async function* source(): AsyncGenerator<Uint8Array, void, undefined> {
      for (const piece of [envelope.subarray(0, 152), envelope.subarray(152)]) {
        pieces++;
        yield piece;
      }
    }
    await expectError("ENVELOPE_INVALID", () =>
      collectBytes(decryptEnvelope(source(), { ...ids, dek, maxPlaintextBytes: 1_000 })),
    );
    expect(pieces).to.equal(1);
  });

  it("error: one ciphertext crafted to open under two keys opens only under the one it commits to", async () => {
    const [deks, data] = [[randomBytes(32), randomBytes(32)] as const, randomBytes(64)];
    const genuine = await encryptEnvelopeBytes(data, { ...ids, dek: deks[0], version: 1 });
    const head = genuine.subarray(0, 152);
    const keyOf = (ikm: Uint8Array): Uint8Array =>
      hkdfSha256({
        ikm,
        salt: head.subarray(88, 120),
        info: concatBytes(utf8("persona/envelope/v1"), head.subarray(0, 88)),
        length: 64,
      }).subarray(0, 32);
    const keys = [keyOf(deks[0]), keyOf(deks[1])] as const;
    const nonce = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1);
    const crafted = twoKeyCiphertext({ keys, nonce, aad: head, ciphertext: randomBytes(64) });
    // AES-GCM itself is content with both keys:
    const [one, two] = await Promise.all(
      keys.map(async (key) => aeadDecrypt(await importAeadKey(key, "decrypt"), nonce, crafted, head)),
    );
    expect(one).not.to.deep.equal(two);
    // The envelope is not:
    const object = concatBytes(head, crafted);
    expect(await decryptEnvelopeBytes(object, { ...ids, dek: deks[0] })).to.deep.equal(one);
    await expectError("KEY_COMMITMENT_MISMATCH", () => decryptEnvelopeBytes(object, { ...ids, dek: deks[1] }));
    // Nor can the header commit to both: with the other key's commitment the first key is refused, and the header differs.
    const foreign = await encryptEnvelopeBytes(data, { ...ids, dek: deks[1], version: 1 });
    const swapped = concatBytes(head.subarray(0, 120), foreign.subarray(120, 152), crafted);
    for (const key of deks) {
      await expectError("KEY_COMMITMENT_MISMATCH", () => decryptEnvelopeBytes(swapped, { ...ids, dek: key }));
    }
  });
});

describe("readEnvelopeRange", () => {
  type Read = readonly [offset: number, length: number];
  const recording = (): { reads: Read[]; readRange: readEnvelopeRange.ReadRange } => {
    const reads: Read[] = [];
    return {
      reads,
      readRange: async (offset, length) => {
        reads.push([offset, length]);
        return envelope.subarray(offset, offset + length);
      },
    };
  };
  const read = (readRange: readEnvelopeRange.ReadRange, offset: number, length: number): Promise<Uint8Array> =>
    readEnvelopeRange(readRange, { ...ids, dek, offset, length });

  it("default: fetches the header and one chunk for a small range", async () => {
    const { reads, readRange } = recording();
    const got = await read(readRange, ENVELOPE_CHUNK_BYTES + 10, 4_096);
    expect(
      Buffer.from(got).equals(plaintext.subarray(ENVELOPE_CHUNK_BYTES + 10, ENVELOPE_CHUNK_BYTES + 4_106)),
    ).to.equal(true);
    expect(reads).to.deep.equal([
      [0, 152],
      [152 + SEALED_CHUNK, SEALED_CHUNK],
    ]);
  });

  it("behavior: any range is the slice of the plaintext", async () => {
    const { readRange } = recording();
    const C = ENVELOPE_CHUNK_BYTES;
    const edges = [0, 1, C - 1, C, C + 1, 2 * C - 1, 2 * C, 2 * C + 4_999, 2 * C + 5_000, 2 * C + 5_001, 9 * C];
    for (const offset of edges) {
      for (const length of [0, 1, 16, C, C + 1, 3 * C]) {
        const got = await read(readRange, offset, length);
        expect(Buffer.from(got).equals(plaintext.subarray(offset, offset + length)), `${offset}+${length}`).to.equal(
          true,
        );
      }
    }
  });

  it("error: a short, swapped or changed chunk", async () => {
    const lie =
      (change: (bytes: Uint8Array) => Uint8Array): readEnvelopeRange.ReadRange =>
      async (offset, length) => {
        const bytes = envelope.subarray(offset, offset + length);
        return offset === 0 ? bytes : change(bytes);
      };
    await expectError("ENVELOPE_INVALID", () =>
      read(
        lie((bytes) => bytes.subarray(1)),
        0,
        10,
      ),
    );
    await expectError("ENVELOPE_INVALID", () =>
      read(
        lie(() => chunk(1)),
        0,
        10,
      ),
    );
    await expectError("ENVELOPE_INVALID", () =>
      read(
        lie((bytes) => bytes.map((byte) => byte ^ 1)),
        0,
        10,
      ),
    );
  });

  it("error: another key or other ids, also where the range is empty", async () => {
    const { readRange } = recording();
    await expectError("KEY_COMMITMENT_MISMATCH", () =>
      readEnvelopeRange(readRange, { ...ids, dek: randomBytes(32), offset: 0, length: 0 }),
    );
    await expectError("ENVELOPE_INVALID", () =>
      readEnvelopeRange(readRange, { ...ids, segment: 0, dek, offset: 0, length: 1 }),
    );
    await expectError("INTERNAL", () => read(readRange, -1, 1));
  });
});

describe("padding", () => {
  const read = (object: Uint8Array) => decryptEnvelopeBytes(object, { ...ids, dek });
  const seal = (bytes: Uint8Array) => encryptEnvelopeBytes(bytes, { ...ids, dek, version: 9, padding: "padme" });

  it("default: lengths of one step make objects of one size, and each comes back as it was", async () => {
    const sizes = new Set<number>();
    for (const length of [2 ** 20 + 1, 2 ** 20 + 20_000, 2 ** 20 + 32_768]) {
      const bytes = random.bytes(length);
      const object = await seal(bytes);
      sizes.add(object.length);
      expect(object).to.have.lengthOf(envelopeSize(length, "padme"));
      const fields = parseEnvelopeHeader(header(object));
      expect(fields).to.include({ plaintextLength: 2 ** 20 + 32_768, isPadded: true, chunkCount: 2 });
      expect(Buffer.from(await read(object)).equals(bytes), `${length}`).to.equal(true);
    }
    expect([...sizes]).to.deep.equal([152 + 2 ** 20 + 32_768 + 2 * 16]);
  });

  it("behavior: steps are those of the paper: at most 12 % more, few lengths, never less", () => {
    // Table of a by-hand computation: 9 = 1001 has an exponent of two binary digits, so 1010; and so on.
    for (const [length, padded] of [
      [0, 0],
      [1, 1],
      [2, 2],
      [8, 8],
      [9, 10],
      [1_000, 1_024],
      [1_025, 1_088],
      [2 ** 20, 2 ** 20],
      [2 ** 20 + 1, 2 ** 20 + 2 ** 15],
      [2 ** 40 + 1, 2 ** 40 + 2 ** 34],
      [2 ** 52 - 1, 2 ** 52],
      [2 ** 52, 2 ** 52],
    ] as const) {
      expect(padmeLength(length), `${length}`).to.equal(padded);
    }
    const steps = new Set<number>();
    for (let length = 0; length < 70_000; length++) {
      const padded = padmeLength(length);
      steps.add(padded);
      expect(padded >= length && padded <= length * 1.12, `${length}`).to.equal(true);
      expect(padmeLength(padded), `${length}`).to.equal(padded);
    }
    expect(steps.size).to.be.lessThan(220);
  });

  it("behavior: chunks of nothing but padding", async () => {
    const bytes = Buffer.alloc(2 ** 26 + 1, "some text of no special length");
    const object = await seal(bytes);
    expect(parseEnvelopeHeader(header(object))).to.include({ plaintextLength: 2 ** 26 + 2 ** 21, chunkCount: 66 });
    expect(Buffer.from(await read(object)).equals(bytes)).to.equal(true);
    // They are read, and must be whole, although nothing of them is given out.
    const changed = Uint8Array.from(object);
    changed[object.length - 20] = (changed[object.length - 20] ?? 0) ^ 1;
    await expectError("ENVELOPE_INVALID", () => read(changed));
    await expectError("ENVELOPE_INVALID", () => read(object.subarray(0, -1_048_592)));
  });

  it("behavior: a range ends where the content does", async () => {
    const bytes = random.bytes(2 ** 20 + 100);
    const object = await seal(bytes);
    const range = async (offset: number, length: number) =>
      readEnvelopeRange(async (at, size) => object.subarray(at, at + size), { ...ids, dek, offset, length });
    expect(Buffer.from(await range(2 ** 20 - 10, 2 ** 30)).equals(bytes.subarray(2 ** 20 - 10))).to.equal(true);
    expect(await range(bytes.length, 5)).to.have.lengthOf(0);
  });

  it("behavior: the hidden length is another for each object", async () => {
    const [one, two] = [await seal(new Uint8Array(1_000)), await seal(new Uint8Array(1_000))];
    expect(one.subarray(72, 80)).not.to.deep.equal(two.subarray(72, 80));
    expect(Buffer.from(one.subarray(80, 88)).equals(Buffer.alloc(8))).to.equal(true);
  });

  it("error: padding must not stand for bytes that the source did not give", async () => {
    for (const given of [999, 1_001, 1_024]) {
      const parameters = { ...ids, dek, version: 9, plaintextLength: 1_000, padding: "padme" } as const;
      await expectError("ENVELOPE_INVALID", () => collectBytes(encryptEnvelope([new Uint8Array(given)], parameters)));
    }
  });

  it("error: a true key around a length that the padding does not fit", async () => {
    const salt = Buffer.from(random.bytes(32));
    const named = { datasetId: Buffer.from(datasetId.slice(2), "hex"), segment: 3, keyEpoch: 2, version: 9 };
    for (const lie of [0, 992, 1_025, 2 ** 52]) {
      const object = sealSecond(Buffer.alloc(1_000), Buffer.from(dek), salt, named, lie);
      const error = await expectError("ENVELOPE_INVALID", () => read(object));
      expect(error.data).to.include({ paddedBytes: 1_024 });
      expect(() => openSecond(object, Buffer.from(dek), named)).to.throw("ENVELOPE_INVALID");
    }
    const honest = sealSecond(Buffer.alloc(1_000), Buffer.from(dek), salt, named, true);
    expect(await read(honest)).to.have.lengthOf(1_000);
  });
});
