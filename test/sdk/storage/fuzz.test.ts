import { equalBytes, open, randomBytes, type SealedBox, toHex } from "@persona-protocol/sdk/crypto";
import {
  cidOfDigest,
  decodeKeyBoxBody,
  decodeKeyBoxHead,
  decodeManifest,
  decryptEnvelopeBytes,
  encodeKeyBoxBody,
  encodeKeyBoxHead,
  encodeManifest,
  encryptEnvelopeBytes,
  guardianSetHash,
  keyBoxOwnerInfo,
  openManifestEntry,
  openShare,
  readEnvelopeRange,
  sealManifestEntry,
  verifyKeyBoxHead,
} from "@persona-protocol/sdk/storage";
import { expect } from "chai";
import { createFuzz, refusedOr } from "../../helpers/fuzz.ts";
import { createKeyBox } from "../../helpers/keyBox.ts";

const { seed, runs, fuzz } = createFuzz();

describe(`mutations (PERSONA_SEED=${seed})`, function () {
  this.timeout(Math.max(60_000, runs * 30));

  it(`behavior: no envelope of ${runs} is accepted`, async () => {
    const ids = { datasetId: toHex(randomBytes(32)), segment: 1, keyEpoch: 2, dek: randomBytes(32) };
    for (const [length, padding] of [
      [0, "none"],
      [1_000, "none"],
      [1_000, "padme"],
    ] as const) {
      const envelope = await encryptEnvelopeBytes(randomBytes(length), { ...ids, version: 3, padding });
      await fuzz(envelope, async (bytes) => {
        expect(await refusedOr(() => decryptEnvelopeBytes(bytes, ids))).to.equal(undefined);
      });
    }
  });

  it(`behavior: no range of ${runs} envelopes gives other bytes than the true ones`, async () => {
    const ids = { datasetId: toHex(randomBytes(32)), segment: 1, keyEpoch: 2, dek: randomBytes(32) };
    const plaintext = randomBytes(1_000);
    const envelope = await encryptEnvelopeBytes(plaintext, { ...ids, version: 3, padding: "padme" });
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

  it(`behavior: no KeyBox head of ${runs} passes for the one on chain, and what decodes is canonical`, async () => {
    const { keyBox, context } = await createKeyBox();
    const chain = { ...context, keyBoxDigest: keyBox.keyBoxDigest, guardianSetHash: guardianSetHash(keyBox.head) };
    await fuzz(keyBox.headBytes, async (bytes) => {
      expect(await refusedOr(() => verifyKeyBoxHead(bytes, chain))).to.equal(undefined);
      const decoded = await refusedOr(() => decodeKeyBoxHead(bytes));
      if (decoded !== undefined) expect(encodeKeyBoxHead(decoded).bytes).to.deep.equal(bytes);
    });
  });

  it(`behavior: no KeyBox body of ${runs} opens to a key or share that is not the true one`, async () => {
    const box = await createKeyBox({ count: 2, deks: new Map([[3, randomBytes(32)]]) });
    const { keyBox, context, owner } = box;
    const isOriginal = (sealed: SealedBox): boolean =>
      [...keyBox.body.owner, ...keyBox.body.shares].some(
        ({ enc, ct }) => equalBytes(enc, sealed.enc) && equalBytes(ct, sealed.ct),
      );
    await fuzz(keyBox.bodyBytes, async (bytes) => {
      const body = await refusedOr(() => decodeKeyBoxBody(bytes, keyBox));
      if (body === undefined) return;
      expect(encodeKeyBoxBody(body)).to.deep.equal(bytes);
      for (const sealed of body.shares.filter((share) => !isOriginal(share))) {
        for (const { nodeId, keyPair } of box.guardians) {
          const opening = { ...context, head: keyBox.head, segment: 3, guardian: nodeId, keyPair, sealed };
          expect(await refusedOr(() => openShare(opening))).to.equal(undefined);
        }
      }
      for (const { enc, ct } of body.owner.filter((sealed) => !isOriginal(sealed))) {
        const info = keyBoxOwnerInfo({ ...context, nonce: keyBox.head.nonce, segment: 3 });
        expect(await refusedOr(() => open({ privateKey: owner.privateKey, info, enc, ct }))).to.equal(undefined);
      }
    });
  });
});
