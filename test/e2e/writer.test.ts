/**
 * A dataset that an owner's writer keeps fresh, on a real network: what the schedule publishes, what a job may ask of origin and age, and what a
 * writer may not.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createPersonaClient } from "@persona-protocol/sdk";
import {
  createGuardianRelease,
  type Dataset,
  type GrantPackage,
  type GrantParameters,
  grant,
  grantRead,
  publishAsWriter,
  publishDataset,
  readPublications,
  type SegmentInput,
} from "@persona-protocol/sdk/access";
import {
  balanceOf,
  buildJob,
  failureCodes,
  grantedProgramOf,
  readDeks,
  readResult,
  requestRead,
  sendJob,
  waitForJob,
} from "@persona-protocol/sdk/compute";
import {
  type ChainClient,
  callContract,
  createChainView,
  datasetRegistryAbi,
  grantRegistryAbi,
  measurementPolicyAbi,
} from "@persona-protocol/sdk/contracts";
import { generateKemKeyPair, type KemKeyPair } from "@persona-protocol/sdk/crypto";
import { readArchive } from "@persona-protocol/sdk/ingest";
import { cidOfDigest, type DatasetHead, generateOwnerRootKey, ownerKemKeyPair } from "@persona-protocol/sdk/storage";
import { expect } from "chai";
import { type Hex, pad } from "viem";
import { createChainClient } from "../../node/src/chain/connectChain.ts";
import { createWriterRunner } from "../../node/src/compute/writerRunner.ts";
import { devAccount } from "../../node/src/dev/devAccount.ts";
import { type Network, startNetwork } from "../../node/src/dev/startNetwork.ts";
import { openArchive } from "../../node/src/ingest/index.ts";
import { readFolder } from "../../node/src/ingest/schedule/folderSource.ts";
import type { Run } from "../../node/src/ingest/schedule/scheduledSource.ts";
import { type Ingestor, startIngestor } from "../../node/src/ingest/schedule/startIngestor.ts";
import { engagementProgram, threshold } from "../../scripts/demo/engagementProgram.ts";
import { expectedScore, readPlainArchive } from "../../scripts/demo/plainArchive.ts";
import { writeSampleArchive } from "../../scripts/demo/sampleArchive.ts";
import { deployOnAnvil } from "../helpers/deployedChain.ts";
import { expectError } from "../helpers/errors.ts";
import { registerTestEnclave } from "../helpers/testEnclave.ts";

const price = 5n * 10n ** 18n;
const fee = 10n ** 18n;
const hour = 3_600;

describe("a dataset that a writer keeps fresh", function () {
  this.timeout(400_000);
  let folder: string;
  let archive: string;
  let network: Network;
  let owner: ChainClient;
  let dapp: ChainClient;
  let writer: ChainClient;
  let recipient: KemKeyPair;
  let dataset: Dataset;
  let ingestor: Ingestor;
  let runner: ReturnType<typeof createWriterRunner>;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "persona-writer-"));
    archive = join(folder, "archive.zip");
    await writeSampleArchive(archive, { posts: 60, likes: 5, seed: 3 });
    network = await startNetwork({
      ...{ runDir: join(folder, "network"), chain: "anvil", deploy: deployOnAnvil, port: 0 },
      ...{ guardians: 3, workers: 1, signal: new AbortController().signal },
    });
    [owner, dapp, writer] = [await network.fundedClient(), await network.fundedClient(), await network.fundedClient()];
    recipient = await generateKemKeyPair();
    dataset = await publish();
    const writerGrant = await delegate();
    await passTime(87_000);
    runner = createWriterRunner(
      { client: writer, deployment: network.deployment, store: network.store },
      { kinds: { folder: readFolder }, keysOf: async () => ({ grant: writerGrant, recipient }) },
    );
    const log = { info() {}, warn() {}, error() {} };
    ingestor = await startIngestor({ dir: folder, runner, log, port: 0, lookMs: 200 });
  });
  after(async () => {
    await ingestor?.stop();
    runner?.close();
    await network?.close();
    await rm(folder, { recursive: true, force: true });
  });

  const context = (client: ChainClient) => ({ client, deployment: network.deployment, store: network.store });
  const registry = () => ({ address: network.deployment.datasetRegistry, abi: datasetRegistryAbi }) as const;
  const soon = () => ({ signal: AbortSignal.timeout(60_000), pollMs: 20 });
  const held = (client: ChainClient) => balanceOf(context(dapp), network.token, client.account.address);
  const now = async () => Number((await owner.getBlock()).timestamp);

  async function publish(change: Partial<SegmentInput> = {}): Promise<Dataset> {
    const opened = await openArchive(archive);
    try {
      const { segments } = await readArchive(opened);
      const { publicKey } = await ownerKemKeyPair(generateOwnerRootKey());
      const guardians = network.guardians.map(({ nodeId }) => nodeId);
      const all = segments.map((segment) => ({ ...segment, ...change }));
      const parameters = { segments: all, guardians, threshold: 2, ownerPublicKey: publicKey };
      return (await publishDataset(context(owner), parameters)).dataset;
    } finally {
      await opened.close();
    }
  }
  const indexOf = (name: string) => dataset.segments.find((segment) => segment.name === name)?.index ?? -1;
  const postsBit = () => 1n << BigInt(indexOf("posts"));
  const writerId = (client: ChainClient) => ({ kind: 1, id: pad(client.account.address, { size: 32 }) }) as const;
  const newest = async () => {
    const found = (await readPublications(context(owner), dataset.datasetId, await owner.getBlockNumber())).at(-1);
    if (found === undefined) throw new Error("the dataset is not there");
    return found;
  };
  async function setWriter(of: {
    writer?: { kind: 1 | 2; id: Hex };
    segments?: bigint;
    until?: number;
    versions?: number;
  }) {
    const { head } = await newest();
    const until = of.until ?? (await now()) + 60 * 86_400;
    const args = [
      dataset.datasetId,
      head,
      of.writer ?? writerId(writer),
      of.segments ?? postsBit(),
      until,
      of.versions ?? 50,
    ] as const;
    await callContract(owner, { ...registry(), functionName: "setWriter", args });
  }
  async function delegate(): Promise<GrantPackage> {
    await setWriter({});
    return grantRead(context(owner), {
      ...{ dataset, grantee: writer.account.address, recipientKey: recipient.publicKey, segments: ["posts"] },
      ...{ uses: 5, expiresAt: (await now()) + 50 * 86_400, price: 0n, token: network.token, laterVersions: true },
    });
  }
  const granted = async (change: Partial<GrantParameters> = {}): Promise<GrantPackage> =>
    grant(context(owner), {
      ...{ dataset, grantee: dapp.account.address, segments: ["posts"], program: grantedProgramOf(engagementProgram) },
      ...{ uses: 3, expiresAt: (await now()) + 40 * 86_400, price, token: network.token, maxOutputBytes: 64_000n },
      ...change,
    });
  const request = (given: GrantPackage) => ({
    program: engagementProgram,
    grants: [given],
    args: { threshold },
    fee,
  });
  const usesOf = async ({ terms }: GrantPackage) => {
    const grants = { address: network.deployment.grantRegistry, abi: grantRegistryAbi } as const;
    const hash = await owner.readContract({ ...grants, functionName: "hashTerms", args: [terms] });
    return (await owner.readContract({ ...grants, functionName: "grantOf", args: [terms.owner, hash] })).uses;
  };
  async function passTime(seconds: number): Promise<void> {
    const rpc = owner.request as (call: { method: string; params: unknown[] }) => Promise<unknown>;
    await rpc({ method: "evm_increaseTime", params: [seconds] });
    await rpc({ method: "evm_mine", params: [] });
  }
  /** The source's next run, when it has ended. */
  async function run(id = "posts"): Promise<Run> {
    const { journal } = ingestor;
    const before = journal.runs(id).length;
    journal.hasten(id, Date.now());
    const until = performance.now() + 60_000;
    for (;;) {
      const [last] = journal.runs(id);
      const isOver = last !== undefined && !["running", "publishing"].includes(last.status);
      if (isOver && journal.runs(id).length > before) return last;
      if (performance.now() > until) throw new Error(`the run does not end: ${JSON.stringify(last)}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
  async function endsRefunded(given: GrantPackage, code: number, choice = {}): Promise<void> {
    const before = [await held(owner), await held(dapp), await usesOf(given)] as const;
    const job = await sendJob(context(dapp), await buildJob(context(dapp), { ...request(given), ...choice }));
    const end = await waitForJob(context(dapp), job.jobId, soon());
    expect(end).to.deep.include({ status: "failed", code });
    expect((await held(owner)) - before[0], "nothing was read").to.equal(0n);
    expect((await held(dapp)) - before[1], "the price comes back").to.equal(price);
    expect(await usesOf(given), "the use, too").to.equal(before[2]);
  }

  it("error: PROVENANCE_TOO_LOW: a job asks for more than a segment has; the price comes back", async () => {
    await endsRefunded(await granted(), failureCodes.PROVENANCE_TOO_LOW, { minimumProvenance: ["ingest-enclave"] });
    const fetched = await publish({ provenance: "ingest-enclave" });
    const given = await granted({ dataset: fetched });
    const job = { ...request(given), minimumProvenance: ["ingest-enclave"] as const };
    const sent = await sendJob(context(dapp), await buildJob(context(dapp), job));
    const { rows } = await readResult(context(dapp), sent, soon());
    expect(rows).to.have.lengthOf(1);
    await endsRefunded(given, failureCodes.PROVENANCE_TOO_LOW, { minimumProvenance: ["third-party"] });
  });

  it("default: the schedule publishes what has changed, by compare-and-swap, and nothing where nothing has", async () => {
    ingestor.journal.add(
      "posts",
      {
        ...{ kind: "folder", settings: { path: archive, connector: "x-archive" }, datasetId: dataset.datasetId },
        ...{ timing: { everySeconds: 86_400, fromMs: Date.now() + 3_600_000 }, jitterMs: 0, hosts: [] },
      },
      Date.now(),
    );
    expect(await run()).to.deep.include({ status: "published", version: 2, error: undefined });
    const { version, writer: by, head } = await newest();
    expect(version).to.equal(2);
    expect(by).to.deep.include({ kind: 1, id: writerId(writer).id.toLowerCase(), segments: postsBit() });
    expect(head).to.deep.include({
      keyBoxDigest: dataset.head.keyBoxDigest,
      guardianSetHash: dataset.head.guardianSetHash,
    });
    expect(await run()).to.deep.include({ status: "unchanged" });
    expect((await newest()).version).to.equal(2);
    await writeSampleArchive(archive, { posts: 70, likes: 5, seed: 4 });
    expect(await run()).to.deep.include({ status: "published", version: 3 });
  });

  it("behavior: under a grant with a maximum age the newest version is taken, and a job runs over what the writer wrote", async () => {
    const live = await granted({ maxAge: hour });
    const { token, deployment, store } = network;
    const persona = createPersonaClient({ client: dapp, deployment, storage: store, token });
    await writeSampleArchive(archive, { posts: 80, likes: 5, seed: 5 });
    await run();
    const job = await persona.submitJob({ ...request(live), maxPrices: price });
    expect(job.spec.inputs[0]?.version).to.equal(4n);
    const { rows } = await job.result(soon());
    expect(rows[0]).to.deep.equal(expectedScore(await readPlainArchive(archive)));

    await passTime(2 * hour);
    await expectError("DATA_TOO_OLD", () => persona.submitJob({ ...request(live), maxPrices: price }));
    const asked: number[] = [];
    const refresh = async ({ version, maxAgeSeconds }: { version: number; maxAgeSeconds: number }) => {
      asked.push(version, maxAgeSeconds);
      await writeSampleArchive(archive, { posts: 90, likes: 5, seed: 6 });
      const url = `http://127.0.0.1:${ingestor.port}/refresh`;
      const { status } = await fetch(url, { method: "POST", body: JSON.stringify({ datasetId: dataset.datasetId }) });
      expect(status).to.equal(202);
    };
    const fresh = await persona.submitJob({ ...request(live), maxPrices: price, refresh });
    expect(asked).to.deep.equal([4, hour]);
    expect(fresh.spec.inputs[0]?.version).to.equal(5n);
    expect((await fresh.result(soon())).rows[0]).to.deep.equal(expectedScore(await readPlainArchive(archive)));
  });

  it("error: DATA_TOO_OLD: guardians refuse what is too old, or published elsewhere than the job says", async () => {
    const live = await granted({ maxAge: hour });
    const at = async (change: { block?: number; index?: number } = {}): Promise<GrantPackage> => {
      const { version, head, blockNumber, transactionHash: hash } = await newest();
      const { transactionIndex } = await owner.getTransactionReceipt({ hash });
      const place = [change.block ?? Number(blockNumber), change.index ?? transactionIndex] as const;
      return { ...live, dataset: { ...live.dataset, version, head, published: place } };
    };
    // By a requester that asks nobody before.
    const sent = await sendJob(context(dapp), await buildJob(context(dapp), request(await at())));
    await readResult(context(dapp), sent, soon());
    const elsewhere = Number(await owner.getBlockNumber());
    await endsRefunded(await at({ block: elsewhere, index: 0 }), failureCodes.DATA_TOO_OLD);
    await endsRefunded(await at({ index: 7 }), failureCodes.DATA_TOO_OLD);
    await endsRefunded(await at({ block: elsewhere + 1_000 }), failureCodes.DATA_TOO_OLD);
    await passTime(hour + 60);
    await endsRefunded(await at(), failureCodes.DATA_TOO_OLD);
  });

  describe("what a writer may not", () => {
    let deks: ReadonlyMap<number, Uint8Array>;
    const content = { records: 1, from: null, to: null, bytes: new Uint8Array(9) };
    const write = async (client: ChainClient, change: Partial<publishAsWriter.Parameters> = {}) =>
      publishAsWriter(context(client), {
        ...{ datasetId: dataset.datasetId, head: (await newest()).head, writer: writerId(client), deks },
        segments: [{ index: indexOf("posts"), ...content }],
        ...change,
      });
    /** Refused, and the head is what it was. */
    async function refused(code: Parameters<typeof expectError>[0], work: () => Promise<unknown>): Promise<void> {
      const chain = createChainView(owner, network.deployment);
      const head = async () => chain.dataset(dataset.datasetId, await owner.getBlockNumber());
      const before = await head();
      await expectError(code, work);
      expect(await head()).to.deep.equal(before);
    }
    before(async () => {
      const own = await grantRead(context(owner), {
        ...{ dataset, grantee: writer.account.address, recipientKey: recipient.publicKey, segments: ["posts"] },
        ...{ uses: 5, expiresAt: (await now()) + 20 * 86_400, price: 0n, token: network.token, laterVersions: true },
      });
      await passTime(87_000);
      const { version, head } = await newest();
      const at = { ...own, dataset: { ...own.dataset, version, head } };
      const asked = await requestRead(context(writer), { grant: at, recipientKey: recipient.publicKey });
      const keyBoxHead = await network.store.getBlock(cidOfDigest(head.keyBoxDigest, "dag-cbor"));
      const provider = createGuardianRelease(createChainView(writer, network.deployment));
      const signal = AbortSignal.timeout(30_000);
      deks = await readDeks(context(writer), asked, { recipient, provider, keyBoxHead, signal });
    });

    it("error: none, revoked, expired, out of versions", async () => {
      const stranger = await network.fundedClient();
      await refused("WRITER_REFUSED", () => write(stranger));
      await setWriter({ versions: 1 });
      await write(writer);
      await refused("WRITER_REFUSED", () => write(writer));
      await setWriter({ until: (await now()) + 100 });
      await passTime(101);
      await refused("WRITER_REFUSED", () => write(writer));
      await setWriter({});
      await write(writer);
      await callContract(owner, {
        ...registry(),
        functionName: "removeWriter",
        args: [dataset.datasetId, writerId(writer)],
      });
      await refused("WRITER_REFUSED", () => write(writer));
    });

    it("error: another segment, another guardian set or KeyBox, a version of before, another writer's name", async () => {
      await setWriter({});
      const { head } = await newest();
      const likes = indexOf("likes");
      const all = new Map(deks).set(likes, new Uint8Array(32));
      // Without the segment's key nothing opens; with any key the registry decides by the bitmap.
      await refused("MANIFEST_INVALID", () => write(writer, { segments: [{ index: likes, ...content }], deks: all }));
      const raw = async (change: object, given: DatasetHead = head) => {
        const { version, keyEpoch } = await newest();
        const chain = createChainView(owner, network.deployment);
        const { headHash } = await chain.dataset(dataset.datasetId, await owner.getBlockNumber());
        const publication = {
          ...{
            datasetId: dataset.datasetId,
            writer: writerId(writer),
            previousHead: headHash,
            version: version + 1,
            keyEpoch,
          },
          ...{ manifestDigest: pad("0x1234", { size: 32 }), segments: postsBit(), deadline: (await now()) + 600 },
          ...change,
        };
        await callContract(writer, { ...registry(), functionName: "publishAsWriter", args: [publication, given] });
      };
      await refused("TRANSACTION_REVERTED", () => raw({ segments: postsBit() | (1n << BigInt(likes)) }));
      await refused("TRANSACTION_REVERTED", () => raw({}, { ...head, guardianSetHash: pad("0x1", { size: 32 }) }));
      await refused("TRANSACTION_REVERTED", () => raw({}, { ...head, keyBoxDigest: pad("0x1", { size: 32 }) }));
      await refused("TRANSACTION_REVERTED", () => raw({ keyEpoch: 2 }));
      await refused("TRANSACTION_REVERTED", () => raw({ version: 1 }));
      await refused("TRANSACTION_REVERTED", () => raw({ writer: writerId(owner) }));
      await refused("DATASET_HEAD_MISMATCH", () => write(writer, { head: dataset.head }));
    });

    it("behavior: the schedule leaves a source alone whose owner has withdrawn the delegation, until it is given again", async () => {
      await callContract(owner, {
        ...registry(),
        functionName: "removeWriter",
        args: [dataset.datasetId, writerId(writer)],
      });
      await writeSampleArchive(archive, { posts: 95, likes: 5, seed: 7 });
      const { version } = await newest();
      expect(await run()).to.deep.include({ status: "failed", error: "WRITER_REFUSED" });
      expect(ingestor.journal.source("posts")).to.deep.include({ status: "paused", reason: "WRITER_REFUSED" });
      expect((await newest()).version).to.equal(version);
      await setWriter({});
      ingestor.journal.resume("posts", Date.now());
      expect(await run()).to.deep.include({ status: "published", version: version + 1 });
    });

    it("error: an enclave whose build is banned", async () => {
      const enclave = await registerTestEnclave(network, await network.fundedClient());
      // It has no gas: somebody else pays.
      const { account } = enclave.identity;
      const sign = async (publication: Parameters<typeof account.signTypedData>[0]) =>
        account.signTypedData(publication);
      const payer = await network.fundedClient();
      const chain = createChainView(owner, network.deployment);
      const { measurement } = await chain.enclaveKey(account.address, await owner.getBlockNumber());
      const build = { kind: 2, id: measurement } as const;
      await setWriter({ writer: build });
      const { version } = await write(payer, { writer: build, sign });
      expect((await newest()).version).to.equal(version);
      await refused("WRITER_REFUSED", () => write(writer, { writer: build }));
      const governor = createChainClient({
        ...{ rpcUrl: network.rpcUrl, chainId: network.deployment.chainId, account: devAccount(0) },
      });
      const policy = { address: network.deployment.measurementPolicy, abi: measurementPolicyAbi } as const;
      await callContract(governor, { ...policy, functionName: "ban", args: [measurement] });
      await refused("WRITER_REFUSED", () => write(payer, { writer: build, sign }));
    });
  });
});
