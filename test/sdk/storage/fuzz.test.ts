import { equalBytes, randomBytes, toHex } from "@persona-protocol/sdk/crypto";
import {
  cidOfDigest,
  decodeManifest,
  decryptEnvelopeBytes,
  encodeManifest,
  encryptEnvelopeBytes,
  openManifestEntry,
  readEnvelopeRange,
  sealManifestEntry,
} from "@persona-protocol/sdk/storage";
import { expect } from "chai";
import { fuzzKeyBoxBodies, fuzzKeyBoxHeads, refusedOr } from "../../deep/keyBoxFuzz.ts";
import { createRandom, mutate, type Random, testSeed } from "../../helpers/random.ts";

const seed = testSeed();
/** Mutations of each kind; `npm run test:deep` raises it. */
const runs = Number(process.env["PERSONA_FUZZ_RUNS"] ?? 2_000);

/** Runs `check` on mutations that differ from `original`: one to three of them, one on top of the other. */
async function fuzz(original: Uint8Array, check: (bytes: Uint8Array, random: Random) => Promise<void>): Promise<void> {
  const random = createRandom(seed);
  for (let run = 0; run < runs; run++) {
    let bytes = original;
    for (let times = random.integer(3); times >= 0 && bytes.length > 0; times--) bytes = mutate(bytes, random);
    if (equalBytes(bytes, original)) continue;
    try {
      await check(bytes, random);
    } catch (cause) {
      throw new Error(`run ${run} of PERSONA_SEED=${seed}`, { cause });
    }
  }
}

describe(`mutations (PERSONA_SEED=${seed})`, function () {
  this.timeout(Math.max(60_000, runs * 30));

  it(`behavior: no envelope of ${runs} is accepted`, async () => {
    const ids = { datasetId: toHex(randomBytes(32)), segment: 1, keyEpoch: 2, dek: randomBytes(32) };
    for (const length of [0, 1_000]) {
      const envelope = await encryptEnvelopeBytes(randomBytes(length), { ...ids, version: 3 });
      await fuzz(envelope, async (bytes) => {
        expect(await refusedOr(() => decryptEnvelopeBytes(bytes, ids))).to.equal(undefined);
      });
    }
  });

  it(`behavior: no range of ${runs} envelopes gives other bytes than the true ones`, async () => {
    const ids = { datasetId: toHex(randomBytes(32)), segment: 1, keyEpoch: 2, dek: randomBytes(32) };
    const plaintext = randomBytes(1_000);
    const envelope = await encryptEnvelopeBytes(plaintext, { ...ids, version: 3 });
    await fuzz(envelope, async (bytes, random) => {
      const [offset, length] = [random.integer(1_100), 1 + random.integer(100)];
      const readRange = async (at: number, count: number): Promise<Uint8Array> => bytes.subarray(at, at + count);
      const got = await refusedOr(() => readEnvelopeRange(readRange, { ...ids, offset, length }));
      // Bytes beyond the one chunk are never looked at, so an extension may pass; other bytes may not.
      if (got !== undefined) expect(got).to.deep.equal(plaintext.slice(offset, offset + length));
    });
  });

  it(`behavior: no manifest of ${runs} passes for the one on chain, and what decodes is canonical`, async () => {
    const datasetId = toHex(randomBytes(32));
    const ids = { datasetId, segment: 0, keyEpoch: 1, version: 1, dek: randomBytes(32) };
    const nameSalt = toHex(randomBytes(32));
    const entry = await sealManifestEntry({ name: "a", schema: "b", count: 1, from: null, to: null, nameSalt }, ids);
    const { bytes: original, digest } = encodeManifest({
      datasetId,
      version: 2,
      keyEpoch: 1,
      previous: toHex(randomBytes(32)),
      catalogue: [toHex(randomBytes(32))],
      segments: [
        {
          index: 0,
          version: 1,
          cid: cidOfDigest(randomBytes(32), "raw"),
          digest: toHex(randomBytes(32)),
          size: 9,
          provenance: "none",
          entry,
        },
      ],
    });
    await fuzz(original, async (bytes) => {
      expect(await refusedOr(() => decodeManifest(bytes, { digest }))).to.equal(undefined);
      const decoded = await refusedOr(() => decodeManifest(bytes));
      if (decoded === undefined) return;
      expect(encodeManifest(decoded).bytes).to.deep.equal(bytes);
      const [segment] = decoded.segments;
      if (segment === undefined || equalBytes(segment.entry, entry)) return;
      expect(await refusedOr(() => openManifestEntry(segment.entry, ids))).to.equal(undefined);
    });
  });

  it(`behavior: no KeyBox head of ${runs} passes for the one on chain, and what decodes is canonical`, () =>
    fuzzKeyBoxHeads({ count: runs, seed }));

  it(`behavior: no KeyBox body of ${runs} opens to a key or share that is not the true one`, () =>
    fuzzKeyBoxBodies({ count: runs, seed }));
});
