import { randomBytes, sha256Hex } from "@persona-protocol/sdk/crypto";
import type { PersonaError } from "@persona-protocol/sdk/errors";
import {
  type BlobStore,
  checkStores,
  collectBytes,
  createBlobStore,
  createReplicatedStore,
  encodeCbor,
  type NamedStore,
  repairStores,
  type StoreReport,
} from "@persona-protocol/sdk/storage";
import { expect } from "chai";
import { CID } from "multiformats/cid";
import { blobStoreContract } from "../../helpers/blobStoreContract.ts";
import { expectError } from "../../helpers/errors.ts";
import { createMemoryMedium, type MemoryMedium } from "../../helpers/memoryMedium.ts";
import { createRandom } from "../../helpers/random.ts";

const MIB = 2 ** 20;
type Faulty = NamedStore & { readonly medium: MemoryMedium };

function memory(name: string, change: (medium: MemoryMedium) => Partial<MemoryMedium> = () => ({})): Faulty {
  const medium = createMemoryMedium();
  return { name, medium, store: createBlobStore({ ...medium, ...change(medium) }) };
}
const hang = (): Promise<never> => new Promise(() => {});
const fail = (code: string) => async (): Promise<never> => {
  throw Object.assign(new Error(code), { code });
};
const full = (name: string) => memory(name, () => ({ write: fail("ENOSPC") }));
const gone = (name: string) => {
  const refuse = fail("ECONNREFUSED");
  return memory(name, () => ({
    write: refuse,
    read: refuse,
    has: refuse,
    pin: refuse,
    unpin: refuse,
    isPinned: refuse,
  }));
};
const slow = (name: string) => memory(name, () => ({ write: hang, read: hang, has: hang, pin: hang, isPinned: hang }));
/** Takes everything and gives other bytes of the same length. */
const lying = (name: string) =>
  memory(name, (medium) => ({
    async read(cid) {
      const bytes = medium.blocks.get(cid);
      return bytes === undefined ? undefined : Uint8Array.from(bytes, (byte) => byte ^ 1);
    },
  }));
const fast = { stallMs: 200, finishMs: 500, hedgeMs: 20 };

describe("createReplicatedStore", () => {
  const three = ["a", "b", "c"].map((name) => memory(name));
  const shared = createReplicatedStore({ stores: three, wanted: 2 });
  blobStoreContract(() => shared);

  it("default: every store has every block, under the same CID", async () => {
    const { cid } = await shared.put(randomBytes(3 * MIB + 1));
    for (const { store } of three) expect((await store.stat(cid)).pinned).to.equal(true);
    await shared.confirm(cid);
  });

  it("behavior: one bad store of three, of every kind, costs nothing but time and is reported", async () => {
    for (const [bad, status] of [
      [full("bad"), "full"],
      [gone("bad"), "gone"],
      [slow("bad"), "slow"],
    ] as const) {
      const reports: StoreReport[] = [];
      const store = createReplicatedStore({
        stores: [bad, memory("b"), memory("c")],
        wanted: 2,
        onReport: (report) => void reports.push(report),
        ...fast,
      });
      const bytes = randomBytes(2 * MIB + 9);
      const { cid } = await store.put(bytes);
      expect(reports.map(({ store: name, status: got }) => [name, got])).to.deep.equal([["bad", status]]);
      await store.confirm(cid);
      expect(Buffer.from(await collectBytes(store.get(cid))).equals(bytes)).to.equal(true);
      const object = await store.putBlock(encodeCbor({ a: status }), "dag-cbor");
      expect(await store.getBlock(object.cid)).to.deep.equal(encodeCbor({ a: status }));
    }
  });

  it("behavior: a store that lies is passed over, reported with both digests, and asked last from then on", async () => {
    const liar = lying("liar");
    const reports: StoreReport[] = [];
    const store = createReplicatedStore({
      stores: [liar, memory("honest")],
      wanted: 1,
      onReport: (report) => void reports.push(report),
    });
    const bytes = randomBytes(8 * MIB);
    const { cid } = await store.put(bytes);
    expect(Buffer.from(await collectBytes(store.get(cid))).equals(bytes)).to.equal(true);
    expect(reports[0]).to.include({
      store: "liar",
      cid,
      status: "wrong",
      wanted: sha256Hex(liar.medium.blocks.get(cid) ?? bytes),
    });
    expect(reports.every(({ got, wanted }) => got !== undefined && got !== wanted)).to.equal(true);
    // The blocks that were asked for before its first lie was known.
    expect(reports.length).to.be.lessThan(6);
  });

  it("behavior: half the blocks here, half there, and a store that dies in the middle", async () => {
    const [one, other] = [memory("one"), memory("other")];
    const store = createReplicatedStore({ stores: [one, other], wanted: 2 });
    const bytes = randomBytes(6 * MIB);
    const { cid } = await store.put(bytes);
    [...one.medium.blocks.keys()].forEach((block, at) => {
      (at % 2 === 0 ? one : other).medium.blocks.delete(block);
    });
    expect(Buffer.from(await collectBytes(store.get(cid))).equals(bytes)).to.equal(true);
    await expectError("STORES_INSUFFICIENT", () => store.confirm(cid));
  });

  it("error: fewer than wanted say what each of the others had", async () => {
    const store = createReplicatedStore({ stores: [full("disk"), gone("far"), memory("c")], wanted: 2, ...fast });
    const check = (error: PersonaError) => {
      expect(error.data).to.include({ wanted: 2, got: 1, disk: "full: ENOSPC", far: "gone: ECONNREFUSED" });
    };
    check(await expectError("STORES_INSUFFICIENT", () => store.putBlock(encodeCbor(1), "dag-cbor")));
    const error = await expectError("STORES_INSUFFICIENT", () => store.put(randomBytes(3 * MIB)));
    expect(error.data).to.include({ wanted: 2, disk: "full: ENOSPC", far: "gone: ECONNREFUSED" });
  });

  it("error: a source is read no further when too few stores are left", async () => {
    let pieces = 0;
    async function* endless(): AsyncGenerator<Uint8Array, void, undefined> {
      for (;;) {
        pieces += 1;
        yield new Uint8Array(MIB);
      }
    }
    const store = createReplicatedStore({ stores: [full("a"), memory("b")], wanted: 2, ...fast });
    await expectError("STORES_INSUFFICIENT", () => store.put(endless()));
    expect(pieces).to.be.lessThan(50);
  });

  it("error: too few stores left ends it at once, although another hangs and looks at no signal", async () => {
    const stuck = memory("stuck", () => ({ pin: hang }));
    const silent = memory("silent", () => ({ write: hang }));
    for (const other of [stuck, silent]) {
      const patience = { stallMs: 60_000, finishMs: 60_000 };
      const store = createReplicatedStore({ stores: [full("disk"), other], wanted: 2, ...patience });
      const from = performance.now();
      await expectError("STORES_INSUFFICIENT", () => store.put(randomBytes(3 * MIB)));
      expect(performance.now() - from).to.be.lessThan(5_000);
    }
  });

  it("error: CANCELLED: told to stop while the source gives nothing, or a store takes nothing", async () => {
    async function* stalling(): AsyncGenerator<Uint8Array, void, undefined> {
      yield randomBytes(MIB);
      await hang();
    }
    const patience = { stallMs: 60_000, finishMs: 60_000 };
    for (const [source, stores] of [
      [stalling(), [memory("a"), memory("b")]],
      [randomBytes(4 * MIB), [slow("a"), slow("b")]],
    ] as const) {
      const store = createReplicatedStore({ stores, wanted: 1, ...patience });
      const from = performance.now();
      await expectError("CANCELLED", () => store.put(source, { signal: AbortSignal.timeout(100) }));
      expect(performance.now() - from).to.be.lessThan(5_000);
    }
  });

  it("error: all stores fail while the source gives nothing", async () => {
    async function* stalling(): AsyncGenerator<Uint8Array, void, undefined> {
      yield randomBytes(8 * MIB);
      await hang();
    }
    const store = createReplicatedStore({ stores: [full("a"), full("b")], wanted: 1, stallMs: 60_000 });
    const from = performance.now();
    await expectError("STORES_INSUFFICIENT", () => store.put(stalling()));
    expect(performance.now() - from).to.be.lessThan(5_000);
  });

  it("error: a store that keeps a block under another CID has not kept it", async () => {
    const { store: honest } = memory("x");
    const wrong = {
      name: "wrong",
      store: { ...honest, putBlock: async () => honest.putBlock(encodeCbor("other"), "dag-cbor") },
    };
    const reports: StoreReport[] = [];
    const store = createReplicatedStore({
      stores: [wrong, memory("b")],
      wanted: 2,
      onReport: (report) => void reports.push(report),
    });
    await expectError("STORES_INSUFFICIENT", () => store.putBlock(encodeCbor({ a: 1 }), "dag-cbor"));
    expect(reports.map(({ store, status }) => [store, status])).to.deep.equal([["wrong", "wrong"]]);
  });

  it("behavior: reading back takes as long as blocks keep coming; a store that stops is slow", async () => {
    const patient = memory("patient", (medium) => ({
      async read(cid) {
        await new Promise((resolve) => setTimeout(resolve, 200));
        return medium.blocks.get(cid);
      },
    }));
    // Far above what a busy machine adds to one block.
    const times = { stallMs: 1_000, finishMs: 1_200, hedgeMs: 20 };
    const store = createReplicatedStore({ stores: [patient], wanted: 1, ...times });
    const { cid } = await store.put(randomBytes(40 * MIB));
    const from = performance.now();
    await store.confirm(cid);
    expect(performance.now() - from).to.be.greaterThan(times.finishMs);

    let reads = 0;
    const stopping = createReplicatedStore({
      stores: [
        memory("stops", (medium) => ({ read: async (block) => (++reads > 2 ? hang() : medium.blocks.get(block)) })),
      ],
      wanted: 1,
      ...times,
    });
    const stored = await stopping.put(randomBytes(4 * MIB));
    const error = await expectError("STORES_INSUFFICIENT", () => stopping.confirm(stored.cid));
    expect(String(error.data["stops"])).to.match(/^slow/);
  });

  it("error: stores that took the bytes and cannot give them back confirm nothing", async () => {
    const store = createReplicatedStore({ stores: [lying("a"), memory("b")], wanted: 2, ...fast });
    const { cid } = await store.put(randomBytes(2 * MIB));
    const error = await expectError("STORES_INSUFFICIENT", () => store.confirm(cid));
    expect(String(error.data["a"])).to.match(/^wrong/);
  });

  it("error: all stores lie: both digests, never data", async () => {
    const store = createReplicatedStore({ stores: [lying("a"), lying("b")], wanted: 2 });
    const { cid } = await store.put(randomBytes(100));
    const error = await expectError("DIGEST_MISMATCH", () => collectBytes(store.get(cid)));
    expect(error.data).to.include.keys("got", "wanted");
  });

  it("error: unpinning that one store did not hear of", async () => {
    const store = createReplicatedStore({ stores: [memory("a"), gone("b")], wanted: 1, ...fast });
    const { cid } = await store.put(randomBytes(10));
    await expectError("STORES_INSUFFICIENT", () => store.unpin(cid));
  });

  it("error: a wanted count that cannot be, two stores of one name", async () => {
    for (const wanted of [0, 3, 1.5, Number.NaN])
      await expectError("CONFIG_INVALID", () => createReplicatedStore({ stores: [memory("a"), memory("b")], wanted }));
    await expectError("CONFIG_INVALID", () => createReplicatedStore({ stores: [memory("a"), memory("a")], wanted: 1 }));
  });
});

describe("checkStores and repairStores", () => {
  async function dataset(stores: readonly NamedStore[]): Promise<{ manifest: string; files: string[] }> {
    const store = createReplicatedStore({ stores, wanted: stores.length });
    const files = [(await store.put(randomBytes(3 * MIB))).cid, (await store.put(randomBytes(10))).cid];
    const manifest = await store.putBlock(encodeCbor({ files: files.map((cid) => CID.parse(cid)) }), "dag-cbor");
    return { manifest: manifest.cid, files };
  }
  const statuses = (stores: readonly { store: string; status: string }[]) =>
    Object.fromEntries(stores.map(({ store, status }) => [store, status]));

  it("default: all is whole, everywhere, and every block was read", async () => {
    const stores = [memory("a"), memory("b")];
    const { manifest } = await dataset(stores);
    const result = await checkStores(stores, manifest);
    expect(result).to.deep.include({ blocks: 6, copies: 2, lost: [] });
    for (const check of result.stores) expect(check).to.include({ status: "whole", checked: 6, blocks: 6 });
  });

  it("behavior: what is wrong, missing, unpinned or away is said of each store, with both digests of a lie", async () => {
    const [good, wrong, missing, unpinned] = ["good", "wrong", "missing", "unpinned"].map((name) => memory(name)) as [
      Faulty,
      Faulty,
      Faulty,
      Faulty,
    ];
    const { manifest, files } = await dataset([good, wrong, missing, unpinned]);
    const leaf = files[1] ?? "";
    wrong.medium.blocks.set(leaf, Uint8Array.of(1));
    missing.medium.blocks.delete(leaf);
    await unpinned.store.unpin(manifest);
    const away = [gone("gone"), slow("slow")];
    const result = await checkStores([good, wrong, missing, unpinned, ...away], manifest, { stallMs: 50, hedgeMs: 10 });
    expect(statuses(result.stores)).to.deep.equal({
      good: "whole",
      wrong: "wrong",
      missing: "missing",
      unpinned: "unpinned",
      gone: "gone",
      slow: "slow",
    });
    expect(result.copies).to.equal(1);
    expect(result.stores[1]?.problems).to.have.lengthOf(1);
    expect(result.stores[1]?.problems[0]).to.include({ cid: leaf, got: sha256Hex(Uint8Array.of(1)) });
    // A store that does not answer is not asked for everything.
    expect(result.stores[5]?.checked).to.be.lessThan(6 + 1);
  });

  it("behavior: a sample reads so many leaves, others each time, and finds a lie sooner or later", async () => {
    const store = memory("a");
    const { manifest } = await dataset([store]);
    const random = createRandom(3);
    const [bad] = [...store.medium.blocks].find(([cid]) => CID.parse(cid).code === 0x55) ?? [""];
    store.medium.blocks.set(bad, new Uint8Array(5));
    let found = 0;
    for (let round = 0; round < 40; round++) {
      const { stores } = await checkStores([store], manifest, { sample: 1, random: (below) => random.integer(below) });
      expect(stores[0]?.checked).to.equal(3);
      if (stores[0]?.status === "wrong") found += 1;
    }
    // A quarter of the leaves is bad.
    expect(found).to.be.within(3, 20);
  });

  it("behavior: repair restores every store from copies of which none is whole", async () => {
    const [a, b] = [memory("a"), memory("b")];
    const { manifest } = await dataset([a, b]);
    [...a.medium.blocks.keys()].forEach((block, at) => {
      if (at % 2 === 0) a.medium.blocks.delete(block);
      else b.medium.blocks.set(block, randomBytes(7));
    });
    const empty = memory("empty");
    const { before, after, restored, failed } = await repairStores([a, b, empty], manifest);
    expect(statuses(before.stores)).to.deep.equal({ a: "missing", b: "wrong", empty: "missing" });
    expect(statuses(after.stores)).to.deep.equal({ a: "whole", b: "whole", empty: "whole" });
    expect(restored.filter(({ store }) => store === "empty")).to.have.lengthOf(3);
    expect(failed).to.deep.equal([]);
    const again = await repairStores([a, b, empty], manifest);
    expect(again.restored).to.deep.equal([]);
  });

  it("behavior: a store that is only read from is left alone; one that cannot be repaired is reported", async () => {
    const [source, target, disk] = [memory("source"), memory("target"), full("disk")];
    const { manifest } = await dataset([source]);
    const reader: NamedStore<Pick<BlobStore, "get" | "getBlock" | "has" | "stat">> = source;
    const { after, failed } = await repairStores([target, disk], manifest, { sources: [reader] });
    expect(statuses(after.stores)).to.deep.equal({ target: "whole", disk: "missing", source: "whole" });
    expect(failed.every(({ store, status }) => store === "disk" && status === "full")).to.equal(true);
    expect(failed.length).to.be.greaterThan(0);
  });

  it("error: a block that no store has is lost, and said so", async () => {
    const [a, b] = [memory("a"), memory("b")];
    const { manifest, files } = await dataset([a, b]);
    for (const { medium } of [a, b]) medium.blocks.delete(files[0] ?? "");
    const { lost, copies } = await checkStores([a, b], manifest);
    expect([lost, copies]).to.deep.equal([[files[0]], 0]);
    const { failed, after } = await repairStores([a, b], manifest);
    expect(after.lost).to.deep.equal([files[0]]);
    expect(failed.map(({ cid, status }) => [cid, status])).to.deep.equal([
      [files[0], "missing"],
      [files[0], "missing"],
    ]);
  });
});
