import { randomBytes, toHex } from "@persona-protocol/sdk/crypto";
import {
  createBlobStore,
  type DatasetVersions,
  encodeCbor,
  encodeKeyBoxHead,
  encodeManifest,
  encryptEnvelopeBytes,
  type HeadObjects,
  planGarbage,
  unpinGarbage,
} from "@persona-protocol/sdk/storage";
import { expect } from "chai";
import type { Hex } from "viem";
import { expectError } from "../../helpers/errors.ts";
import { createMemoryMedium } from "../../helpers/memoryMedium.ts";

describe("planGarbage", () => {
  const medium = createMemoryMedium();
  const store = createBlobStore(medium);
  const id = (): Hex => toHex(randomBytes(32));
  const object = async (datasetId: Hex): Promise<string> => {
    const ids = { datasetId, segment: 0, keyEpoch: 1, version: 1, dek: randomBytes(32) };
    return (await store.put(await encryptEnvelopeBytes(randomBytes(50), ids))).cid;
  };
  const keyBoxHead = (datasetId: Hex): Uint8Array =>
    encodeKeyBoxHead({ datasetId, keyEpoch: 1, nonce: id(), threshold: 2, guardians: [1, 2], segments: [] }).bytes;

  type Version = HeadObjects & { readonly manifest: string; readonly keyBox: string };

  /** A manifest with these segments and a KeyBox head, stored. */
  async function version(datasetId: Hex, number: number, segments: readonly string[]): Promise<Version> {
    const { bytes } = encodeManifest({
      datasetId,
      version: number,
      keyEpoch: 1,
      previous: null,
      catalogue: segments.map(id),
      segments: segments.map((cid, index) => ({
        index,
        version: number,
        cid,
        digest: id(),
        size: 50,
        provenance: "none",
        entry: randomBytes(40),
      })),
    });
    const manifest = await store.putBlock(bytes, "dag-cbor");
    const keyBox = await store.putBlock(keyBoxHead(datasetId), "dag-cbor");
    return { manifestDigest: manifest.digest, keyBoxDigest: keyBox.digest, manifest: manifest.cid, keyBox: keyBox.cid };
  }

  async function history(status: DatasetVersions["status"] = "active") {
    const datasetId = id();
    const [dropped, taken, added] = [await object(datasetId), await object(datasetId), await object(datasetId)];
    const old = await version(datasetId, 1, [dropped, taken]);
    const now = await version(datasetId, 2, [taken, added]);
    const dataset: DatasetVersions = { datasetId, status, head: now, former: [old] };
    return { dataset, old, now, dropped, taken, added };
  }
  const cids = (list: readonly { cid: string }[]) => list.map(({ cid }) => cid);

  it("default: what only former versions name goes; a segment that was taken over stays", async () => {
    const { dataset, old, now, dropped, taken, added } = await history();
    const plan = await planGarbage(store, [dataset]);
    expect(cids(plan.release)).to.have.members([old.manifest, old.keyBox, dropped]);
    expect(
      plan.release.every(({ why, datasetId }) => why === "superseded" && datasetId === dataset.datasetId),
    ).to.equal(true);
    expect(plan.keep).to.have.members([now.manifest, now.keyBox, taken, added]);
    expect(plan.unreadable).to.deep.equal([]);
    // A plan changes nothing.
    for (const { cid } of plan.release) expect((await store.stat(cid)).pinned).to.equal(true);
    expect((await unpinGarbage(store, plan)).released).to.have.members(cids(plan.release));
    for (const { cid } of plan.release) expect((await store.stat(cid)).pinned).to.equal(false);
    for (const cid of plan.keep) expect((await store.stat(cid)).pinned).to.equal(true);
  });

  it("behavior: of an erased dataset nothing stays, of one that is being erased everything present", async () => {
    const erased = await history("erased");
    const plan = await planGarbage(store, [erased.dataset]);
    expect(plan.keep).to.deep.equal([]);
    expect(cids(plan.release)).to.have.members([
      ...[erased.old, erased.now].flatMap(({ manifest, keyBox }) => [manifest, keyBox]),
      ...[erased.dropped, erased.taken, erased.added],
    ]);
    const erasing = await history("erasing");
    expect(cids((await planGarbage(store, [erasing.dataset])).release)).to.not.include(erasing.now.manifest);
  });

  it("behavior: a manifest that names another dataset's objects takes nothing from it", async () => {
    const victim = await history();
    const datasetId = id();
    const hostile = await version(datasetId, 1, [victim.taken, victim.added]);
    const thief: DatasetVersions = { datasetId, status: "erased", head: hostile, former: [] };
    for (const order of [
      [thief, victim.dataset],
      [victim.dataset, thief],
    ]) {
      const released = cids((await planGarbage(store, order)).release);
      expect(released).to.include(hostile.manifest);
      expect(released).to.not.include(victim.taken).and.not.include(victim.added);
    }
  });

  it("error: a writer names what is not the dataset's, to have it deleted: a backup, another's object, a file of anybody", async () => {
    // None of these is known to the plan: the other dataset is not given, and a backup is no dataset.
    const other = await history();
    const loneFile = (await store.put(randomBytes(3_000))).cid;
    const large = (await store.put(randomBytes(3 * 2 ** 20))).cid;
    const empty = (await store.put(new Uint8Array())).cid;
    const { dataset, now, dropped } = await history();
    const hostile = await version(dataset.datasetId, 2, [other.taken, loneFile, large, empty, dropped]);
    const backup = await store.putBlock(encodeCbor({ v: 1, what: "a backup" }), "dag-cbor");
    const former = [hostile, { manifestDigest: hostile.manifestDigest, keyBoxDigest: backup.digest }];
    former.push({ manifestDigest: hostile.manifestDigest, keyBoxDigest: other.now.keyBoxDigest });
    const plan = await planGarbage(store, [{ ...dataset, head: now, former }]);
    const spared = [other.taken, loneFile, large, empty, backup.cid, other.now.keyBox];
    expect(cids(plan.foreign)).to.have.members(spared);
    for (const cid of spared) expect(cids(plan.release)).to.not.include(cid);
    expect(cids(plan.release)).to.include(dropped).and.include(hostile.manifest);
  });

  it("behavior: of what is nowhere any more the pin is let go; what is damaged stays and is told", async () => {
    const { dataset, dropped, old } = await history();
    medium.blocks.delete(dropped);
    expect(cids((await planGarbage(store, [dataset])).release)).to.include(dropped);
    medium.blocks.set(old.keyBox, randomBytes(40));
    const plan = await planGarbage(store, [dataset]);
    expect(plan.unreadable).to.deep.equal([old.keyBox]);
    expect(cids(plan.release)).to.not.include(old.keyBox);
  });

  it("behavior: a KeyBox that a later version kept stays", async () => {
    const { dataset, now } = await history();
    const former = [{ manifestDigest: dataset.former[0]?.manifestDigest ?? id(), keyBoxDigest: now.keyBoxDigest }];
    expect(cids((await planGarbage(store, [{ ...dataset, former }])).release)).to.not.include(now.keyBox);
  });

  it("behavior: a former manifest that is gone, damaged or another dataset's is told, and what it named stays", async () => {
    const { dataset, old, dropped } = await history();
    const other = await history();
    medium.blocks.delete(old.manifest);
    const plan = await planGarbage(store, [
      { ...dataset, former: [...dataset.former, { ...other.old, keyBoxDigest: id() }] },
    ]);
    expect(plan.unreadable).to.have.members([old.manifest, other.old.manifest]);
    expect(cids(plan.release)).to.not.include(dropped).and.not.include(other.dropped);
  });

  it("error: a present manifest that cannot be read: nothing is garbage then", async () => {
    const [first, second] = [await history(), await history()];
    medium.blocks.delete(second.now.manifest);
    await expectError("BLOB_NOT_FOUND", () => planGarbage(store, [first.dataset, second.dataset]));
    const broken = createBlobStore({ ...medium, read: () => Promise.reject(new Error("broken disk")) });
    await expectError("STORE_FAILED", () => planGarbage(broken, [first.dataset]));
  });

  it("behavior: a store that does not let go of one lets go of the others, and it is told", async () => {
    const { dataset, dropped } = await history();
    const plan = await planGarbage(store, [dataset]);
    const stubborn = createBlobStore({
      ...medium,
      unpin: async (cid, options) => {
        if (cid === dropped) throw new Error("no");
        await medium.unpin(cid, options);
      },
    });
    const { released, failed } = await unpinGarbage(stubborn, plan);
    expect(cids(failed)).to.deep.equal([dropped]);
    expect(released).to.have.lengthOf(plan.release.length - 1);
  });
});
