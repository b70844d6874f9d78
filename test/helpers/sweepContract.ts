import { randomBytes } from "@persona-protocol/sdk/crypto";
import { type BlobStore, collectBytes, encodeCbor, type SweepMedium, sweepBlocks } from "@persona-protocol/sdk/storage";
import { expect } from "chai";
import { CID } from "multiformats/cid";
import { expectError } from "./errors.ts";

const MIB = 2 ** 20;
const DAY_MS = 86_400_000;

/** What `sweepBlocks` does to a store of its own, empty at the start. `lose` takes a block away behind its back. */
export function sweepContract(
  make: () => Promise<{ store: BlobStore; medium: SweepMedium; lose(cid: string): Promise<void> }>,
): void {
  const tomorrow = () => Date.now() + 2 * DAY_MS;
  const isThere = async (store: BlobStore, cid: string) =>
    (await store.has(cid)) && store.getBlock(cid).then(() => true);

  it("behavior: a sweep deletes what no pin keeps, and nothing else", async () => {
    const { store, medium } = await make();
    const kept = await store.put(randomBytes(2 * MIB + 1));
    const named = await store.put(randomBytes(MIB + 5));
    const manifest = await store.putBlock(encodeCbor({ file: CID.parse(named.cid) }), "dag-cbor");
    await store.unpin(named.cid); // The manifest keeps it.
    const bytes = randomBytes(3 * MIB);
    const dropped = await store.put(bytes);
    await store.unpin(dropped.cid);

    expect(await sweepBlocks(store, medium)).to.include({ removed: 0, kept: 8, young: 4 });
    expect(await sweepBlocks(store, medium, { now: tomorrow(), dryRun: true })).to.include({ removed: 4, kept: 8 });
    expect(await store.has(dropped.cid)).to.equal(true);
    const swept = await sweepBlocks(store, medium, { now: tomorrow() });
    expect(swept).to.include({ removed: 4, kept: 8, young: 0 });
    expect(swept.removedBytes).to.be.within(3 * MIB, 3 * MIB + 500);
    await expectError("BLOB_NOT_FOUND", () => collectBytes(store.get(dropped.cid)));
    expect(await isThere(store, manifest.cid)).to.equal(true);
    expect(await collectBytes(store.get(kept.cid))).to.have.lengthOf(2 * MIB + 1);
    expect(await collectBytes(store.get(named.cid))).to.have.lengthOf(MIB + 5);
    // What was deleted can be put again.
    expect(await store.put(bytes)).to.deep.equal(dropped);
    expect(await collectBytes(store.get(dropped.cid))).to.have.lengthOf(3 * MIB);
  });

  it("behavior: a leaf that a pinned file shares with an unpinned one stays", async () => {
    const { store, medium } = await make();
    const leaf = randomBytes(MIB);
    const [one, other] = [await store.put(await collectBytes([leaf, randomBytes(9)])), await store.put(leaf)];
    await store.unpin(other.cid);
    await sweepBlocks(store, medium, { now: tomorrow() });
    expect(await collectBytes(store.get(one.cid))).to.have.lengthOf(MIB + 9);
  });

  it("error: a pinned node that cannot be read: nothing is deleted", async () => {
    const { store, medium, lose } = await make();
    const kept = await store.put(randomBytes(2 * MIB));
    const dropped = await store.put(randomBytes(10));
    await store.unpin(dropped.cid);
    await lose(kept.cid);
    await expectError("BLOB_NOT_FOUND", () => sweepBlocks(store, medium, { now: tomorrow() }));
    expect(await store.has(dropped.cid)).to.equal(true);
  });

  it("error: stopped by the caller", async () => {
    const { store, medium } = await make();
    await store.unpin((await store.put(randomBytes(10))).cid);
    const signal = AbortSignal.abort();
    await expectError("CANCELLED", () => sweepBlocks(store, medium, { now: tomorrow(), signal }));
  });
}
