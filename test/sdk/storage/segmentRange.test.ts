import { randomBytes } from "@persona-protocol/sdk/crypto";
import { type BlobStore, createBlobStore, encryptEnvelope, readSegmentRange } from "@persona-protocol/sdk/storage";
import { expect } from "chai";
import { expectError } from "../../helpers/errors.ts";
import { createMemoryMedium } from "../../helpers/memoryMedium.ts";

const MIB = 2 ** 20;
const ids = { datasetId: `0x${"ab".repeat(32)}`, segment: 3, keyEpoch: 2, dek: randomBytes(32) } as const;
const plaintext = randomBytes(6 * MIB);

describe("readSegmentRange", () => {
  const medium = createMemoryMedium();
  const store = createBlobStore(medium);
  let cid: string;

  before(async () => {
    ({ cid } = await store.put(
      encryptEnvelope([plaintext], { ...ids, version: 1, plaintextLength: plaintext.length }),
    ));
  });

  const read = (from: Pick<BlobStore, "get">, offset: number, length: number) =>
    readSegmentRange(from, cid, { ...ids, offset, length });

  it("default: fetches the root, the header's leaf and the two leaves of a chunk, and no other", async () => {
    medium.reads.length = 0;
    const got = await read(store, 3 * MIB + 10, 4_096);
    expect(Buffer.from(got).equals(plaintext.subarray(3 * MIB + 10, 3 * MIB + 4_106))).to.equal(true);
    expect(medium.reads.filter((one) => one === cid)).to.have.lengthOf(2);
    expect(new Set(medium.reads).size).to.equal(4);
  });

  it("behavior: leaves what it read in the store as it was", async () => {
    for (let time = 0; time < 2; time++) expect(await read(store, 0, 10)).to.deep.equal(plaintext.slice(0, 10));
  });

  it("error: a store that gives too little, too much or other bytes", async () => {
    const given = (change: (bytes: Uint8Array) => Uint8Array): Pick<BlobStore, "get"> => ({
      async *get(name, options) {
        for await (const piece of store.get(name, options)) yield options?.offset === 0 ? piece : change(piece);
      },
    });
    await expectError("ENVELOPE_INVALID", () =>
      read(
        given((bytes) => bytes.subarray(1)),
        0,
        10,
      ),
    );
    await expectError("ENVELOPE_INVALID", () =>
      read(
        given((bytes) => bytes.map((byte) => byte ^ 1)),
        0,
        10,
      ),
    );
    const more = given((bytes) => Uint8Array.from({ length: bytes.length + 5 }, (_, at) => bytes[at] ?? 0));
    await expectError("ENVELOPE_INVALID", () => read(more, 0, 10));
  });

  it("error: stopped by the caller", async () => {
    const signal = AbortSignal.abort();
    await expectError("CANCELLED", () => readSegmentRange(store, cid, { ...ids, offset: 0, length: 1, signal }));
  });
});
