import { createDecipheriv, createHash, hkdfSync } from "node:crypto";
import { readFile } from "node:fs/promises";
import { deriveKemKeyPair, fromHex, toHex } from "@persona-protocol/sdk/crypto";
import {
  combineShares,
  decodeKeyBoxBody,
  decryptEnvelopeBytes,
  guardianSetHash,
  openKeystore,
  openManifestEntry,
  openOwnerDeks,
  openShare,
  verifyKeyBoxHead,
} from "@persona-protocol/sdk/storage";
import { expect } from "chai";
import type { Address, Hex } from "viem";

type Vectors = {
  readonly dek: Hex;
  readonly datasetId: Hex;
  readonly segment: number;
  readonly keyEpoch: number;
  readonly version: number;
  readonly envelope: { readonly plaintext: Hex; readonly bytes: Hex };
  readonly manifestEntry: { readonly entry: object; readonly bytes: Hex };
  readonly keyBox: {
    readonly chainId: number;
    readonly registry: Address;
    readonly guardians: readonly number[];
    readonly threshold: number;
    readonly seeds: { readonly owner: Hex; readonly guardians: readonly Hex[] };
    readonly keyBoxDigest: Hex;
    readonly head: Hex;
    readonly body: Hex;
  };
  readonly keystore: { readonly passphrase: string; readonly secret: Hex; readonly file: object };
};

describe("vectors of version 1", () => {
  let vectors: Vectors;
  let dek: Uint8Array;

  before(async () => {
    vectors = JSON.parse(await readFile(new URL("../../fixtures/storage/vectors.json", import.meta.url), "utf8"));
    dek = fromHex(vectors.dek);
  });

  it("behavior: the envelope opens", async () => {
    const { datasetId, segment, keyEpoch, version, envelope } = vectors;
    const opened = await decryptEnvelopeBytes(fromHex(envelope.bytes), { dek, datasetId, segment, keyEpoch, version });
    expect(toHex(opened)).to.equal(envelope.plaintext);
  });

  it("behavior: the envelope opens with nothing but the specification and another library", () => {
    const object = fromHex(vectors.envelope.bytes);
    const header = object.subarray(0, 152);
    const info = Buffer.concat([Buffer.from("persona/envelope/v1"), header.subarray(0, 88)]);
    const okm = Buffer.from(hkdfSync("sha256", dek, header.subarray(88, 120), info, 64));
    expect(okm.subarray(32).equals(header.subarray(120))).to.equal(true);
    const decipher = createDecipheriv(
      "aes-256-gcm",
      okm.subarray(0, 32),
      Buffer.from("000000000000000000000001", "hex"),
    );
    decipher.setAAD(header);
    decipher.setAuthTag(object.subarray(-16));
    const plaintext = Buffer.concat([decipher.update(object.subarray(152, -16)), decipher.final()]);
    expect(toHex(plaintext)).to.equal(vectors.envelope.plaintext);
  });

  it("behavior: the manifest entry opens", async () => {
    const { datasetId, segment, keyEpoch, version, manifestEntry } = vectors;
    const ids = { datasetId, segment, keyEpoch, version };
    expect(await openManifestEntry(fromHex(manifestEntry.bytes), { dek, ...ids })).to.deep.equal(manifestEntry.entry);
  });

  it("behavior: the KeyBox opens for guardians and owner", async () => {
    const { datasetId, segment, keyEpoch, keyBox } = vectors;
    const { chainId, registry, keyBoxDigest } = keyBox;
    expect(`0x${createHash("sha256").update(fromHex(keyBox.head)).digest("hex")}`).to.equal(keyBoxDigest);
    const facts = { keyBoxDigest, datasetId, keyEpoch, guardianSetHash: guardianSetHash(keyBox) };
    const head = verifyKeyBoxHead(fromHex(keyBox.head), facts);
    const body = decodeKeyBoxBody(fromHex(keyBox.body), { keyBoxDigest });
    const context = { chainId, registry, datasetId, keyEpoch, head };

    const shares = await Promise.all(
      keyBox.guardians.map(async (guardian, position) => {
        const keyPair = await deriveKemKeyPair(fromHex(keyBox.seeds.guardians[position] ?? "0x"));
        const sealed = body.shares.find((share) => share.guardian === guardian && share.index === segment);
        if (sealed === undefined) throw new Error(`no share of guardian ${guardian}`);
        return openShare({ ...context, segment, guardian, keyPair, sealed });
      }),
    );
    expect(await combineShares({ head, segment, shares: shares.slice(1) })).to.deep.equal(dek);
    const ownerKeyPair = await deriveKemKeyPair(fromHex(keyBox.seeds.owner));
    expect((await openOwnerDeks({ ...context, body, ownerKeyPair })).get(segment)).to.deep.equal(dek);
  });

  it("behavior: the keystore opens", async () => {
    const { passphrase, secret, file } = vectors.keystore;
    expect(toHex((await openKeystore(JSON.stringify(file), passphrase)).secret)).to.equal(secret);
  }).timeout(60_000);
});
