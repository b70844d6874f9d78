/** Versions that writers have published, read from a real chain: what a writer may not do to others' segments, no reader takes. */
import { readDatasetVersions } from "@persona-protocol/sdk/access";
import {
  type ChainClient,
  callContract,
  createChainView,
  datasetIdOf,
  datasetRegistryAbi,
  type InputSpec,
} from "@persona-protocol/sdk/contracts";
import { randomBytes, toHex } from "@persona-protocol/sdk/crypto";
import { PersonaError } from "@persona-protocol/sdk/errors";
import {
  catalogueHash,
  cidOfDigest,
  createBlobStore,
  type DatasetHead,
  datasetHeadHash,
  encodeCbor,
  encodeManifest,
  type Manifest,
  planGarbage,
  readLinkedManifests,
} from "@persona-protocol/sdk/storage";
import { expect } from "chai";
import { type Hex, pad } from "viem";
import { readManifest } from "../../../node/src/enclave/runtime/worker/readManifest.ts";
import { expectError } from "../../helpers/errors.ts";
import { createMemoryMedium } from "../../helpers/memoryMedium.ts";
import { startTestChain, type TestChain } from "../../helpers/testNetwork.ts";

describe("versions of writers, as readers take them", function () {
  this.timeout(60_000);
  const medium = createMemoryMedium();
  const store = createBlobStore(medium);
  let chain: TestChain;
  let owner: ChainClient;
  let writer: ChainClient;
  let datasetId: Hex;
  /** The owner's version 1: two segments; the writer may change the second. */
  let first: Manifest;
  let head: DatasetHead;
  const writable = 0b10n;

  before(async () => {
    chain = await startTestChain();
    [owner, writer] = [await chain.fundedClient(), await chain.fundedClient()];
  });
  after(() => chain?.close());

  const registry = () => ({ address: chain.deployment.datasetRegistry, abi: datasetRegistryAbi }) as const;
  const id = (): Hex => toHex(randomBytes(32));
  const segment = async (index: number, version: number): Promise<Manifest["segments"][number]> => {
    const { cid, size } = await store.put(randomBytes(60));
    return { index, version, cid, digest: id(), size, provenance: "none", entry: randomBytes(40) };
  };
  const keep = async (manifest: Manifest): Promise<Hex> => {
    const { bytes, digest } = encodeManifest(manifest);
    await store.putBlock(bytes, "dag-cbor");
    return digest;
  };

  beforeEach(async () => {
    const salt = id();
    datasetId = datasetIdOf(chain.deployment, owner.account.address, salt);
    const catalogue = [id(), id()];
    const segments = [await segment(0, 1), await segment(1, 1)];
    first = { datasetId, version: 1, keyEpoch: 1, previous: null, catalogue, segments };
    const keyBox = await store.putBlock(encodeCbor(randomBytes(20)), "dag-cbor");
    head = {
      manifestDigest: await keep(first),
      keyBoxDigest: keyBox.digest,
      guardianSetHash: id(),
      catalogueHash: catalogueHash(catalogue),
      catalogueLength: 2,
    };
    const { manifestDigest, keyBoxDigest, guardianSetHash } = head;
    const made = [salt, manifestDigest, keyBoxDigest, guardianSetHash, catalogue] as const;
    await callContract(owner, { ...registry(), functionName: "registerDataset", args: made });
    const { timestamp } = await owner.getBlock();
    const args = [datasetId, head, writerOf(), writable, Number(timestamp) + 100_000, 9] as const;
    await callContract(owner, { ...registry(), functionName: "setWriter", args });
  });
  const writerOf = () => ({ kind: 1, id: pad(writer.account.address) }) as const;

  /** The writer names it on chain: the contract takes any digest. */
  async function write(manifest: Manifest, version = 2): Promise<void> {
    const manifestDigest = await keep(manifest);
    const previousHead = datasetHeadHash(head);
    const { timestamp } = await owner.getBlock();
    const deadline = Number(timestamp) + 1_000;
    const publication = {
      datasetId,
      writer: writerOf(),
      previousHead,
      version,
      keyEpoch: 1,
      manifestDigest,
      segments: writable,
      deadline,
    };
    await callContract(writer, { ...registry(), functionName: "publishAsWriter", args: [publication, head] });
    head = { ...head, manifestDigest };
  }
  const versions = async () => {
    const { number: blockNumber } = await chain.governor.getBlock();
    return readDatasetVersions(chain.governor, chain.deployment, { datasetId, blockNumber });
  };
  const read = async () => readLinkedManifests(store, await versions());
  const next = async (): Promise<Manifest> => {
    const [kept] = first.segments;
    if (kept === undefined) throw new Error("no segment");
    return { ...first, version: 2, previous: head.manifestDigest, segments: [kept, await segment(1, 2)] };
  };

  it("default: a writer's version that changes its own segment, compared back to the owner's", async () => {
    const own = await next();
    await write(own);
    const [present, before] = await read();
    expect(present.manifest).to.deep.equal(own);
    expect(present.head.written).to.equal(writable);
    expect(before?.manifest).to.deep.equal(first);
    expect(before?.head.written).to.equal(undefined);
  });

  it("behavior: garbage is not what the owner's version still names, as long as writers alone have published since", async () => {
    await write(await next());
    const plan = await planGarbage(store, [await versions()]);
    expect(plan.release).to.deep.equal([]);
    for (const { cid } of first.segments) expect(plan.keep).to.include(cid);
  });

  const attacks: readonly (readonly [string, () => Promise<Manifest>])[] = [
    ["drops another's segment", async () => ({ ...(await next()), segments: [await segment(1, 2)] })],
    ["drops its own", async () => ({ ...(await next()), segments: first.segments.slice(0, 1) })],
    ["puts another object in another's place", async () => ({ ...(await next()), segments: [await segment(0, 2)] })],
    ["changes the catalogue", async () => ({ ...(await next()), catalogue: [id(), id()] })],
    ["grows the catalogue", async () => ({ ...(await next()), catalogue: [...first.catalogue, id()] })],
    ["publishes the old manifest again, with a byte more", async () => ({ ...first, previous: id() })],
    ["names another manifest as the one before", async () => ({ ...(await next()), previous: id() })],
    ["takes another key epoch", async () => ({ ...(await next()), keyEpoch: 2 })],
  ];
  for (const [what, make] of attacks) {
    it(`error: MANIFEST_INVALID: a writer ${what}`, async () => {
      await write(await make());
      await expectError("MANIFEST_INVALID", read);
      await expectError("MANIFEST_INVALID", async () => planGarbage(store, [await versions()]));
    });
  }

  it("error: MANIFEST_INVALID: dropped in one version, hidden behind a good one", async () => {
    const bad: Manifest = { ...(await next()), segments: [await segment(1, 2)] };
    await write(bad);
    await write({ ...bad, version: 3, previous: head.manifestDigest, segments: [await segment(1, 3)] }, 3);
    await expectError("MANIFEST_INVALID", read);
  });

  it("behavior: the owner's next version ends it", async () => {
    await write({ ...(await next()), segments: [await segment(1, 2)] });
    const healed: Manifest = { ...first, version: 3, previous: head.manifestDigest };
    const { keyBoxDigest, guardianSetHash } = head;
    const args = [datasetId, head, await keep(healed), keyBoxDigest, guardianSetHash, 1, []] as const;
    await callContract(owner, { ...registry(), functionName: "publish", args });
    expect((await read()).map(({ manifest }) => manifest)).to.deep.equal([healed]);
  });

  it("error: a version in between that cannot be read says nothing of those after it", async () => {
    await write(await next());
    const cid = cidOfDigest((await versions()).former[0]?.manifestDigest ?? "0x", "dag-cbor");
    expect(medium.blocks.delete(cid)).to.equal(true);
    await expectError("BLOB_NOT_FOUND", read);
  });

  describe("as a worker's enclave takes them, which sees no events", () => {
    /** Both segments are granted, at the newest version. */
    const inEnclave = async (
      choice: { readonly withheld?: Hex; readonly head?: Partial<DatasetHead>; readonly signed?: Hex } = {},
    ) => {
      const view = createChainView(chain.governor, chain.deployment);
      const { number, hash } = await view.block("latest");
      const { version } = await view.dataset(datasetId, number);
      const { manifestDigest, keyBoxDigest } = head;
      const input: InputSpec = {
        datasetId,
        keyEpoch: 1,
        version,
        manifestDigest,
        keyBoxDigest,
        segments: 0b11n,
        grantHash: id(),
      };
      const host = {
        block: async (digest: Hex): Promise<Uint8Array> => {
          if (digest === choice.withheld) throw new PersonaError("HOST_DID_NOT_DELIVER", "Withheld.");
          return store.getBlock(cidOfDigest(digest, "dag-cbor"));
        },
      };
      const opened = { head: { ...head, ...choice.head }, catalogue: first.catalogue };
      return readManifest({ chain: view, host }, input, opened, { number, hash: choice.signed ?? hash });
    };
    const rolledBack = async (): Promise<Manifest> => {
      const own = await next();
      const [was] = own.segments;
      if (was === undefined) throw new Error("no segment");
      return { ...own, segments: [{ ...was, entry: randomBytes(40) }, ...own.segments.slice(1)] };
    };

    it("default: a writer's version that changes its own segment", async () => {
      const own = await next();
      await write(own);
      expect(await inEnclave()).to.deep.equal(own.segments);
    });

    it("error: CHAIN_DISAGREES: a chain that has another block there than the guardian has signed", async () => {
      await write(await next());
      await expectError("CHAIN_DISAGREES", () => inEnclave({ signed: id() }));
    });

    it("error: a segment that says an older version than the one that changes it", async () => {
      await write(await rolledBack());
      await expectError("MANIFEST_INVALID", () => inEnclave());
    });

    it("error: the same, and an honest version after it: what is compared goes back to where the segment was written", async () => {
      const bad = await rolledBack();
      await write(bad);
      const later = { ...bad, version: 3, previous: head.manifestDigest };
      await write({ ...later, segments: [...bad.segments.slice(0, 1), await segment(1, 3)] }, 3);
      await expectError("MANIFEST_INVALID", () => inEnclave());
      // A host that does not bring the version in between prevents the comparison, and is trusted as far as that.
      expect(await inEnclave({ withheld: later.previous })).to.have.lengthOf(2);
    });

    it("error: a granted segment that was dropped", async () => {
      const own = await next();
      await write({ ...own, segments: own.segments.slice(1) });
      await expectError("MANIFEST_INVALID", () => inEnclave());
    });

    it("error: a catalogue that the chain does not have", async () => {
      const own = await next();
      await write({ ...own, catalogue: [...own.catalogue, id()] });
      await expectError("MANIFEST_INVALID", () => inEnclave());
    });

    it("error: a head that is not the chain's, whoever says so", async () => {
      for (const field of ["guardianSetHash", "keyBoxDigest", "catalogueHash"] as const) {
        await expectError("CHAIN_DISAGREES", () => inEnclave({ head: { [field]: id() } }));
      }
    });
  });
});
