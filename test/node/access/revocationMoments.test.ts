/** What revoking, new keys and erasing undo, and what they do not: real guardians, a real chain, a worker whose key the test holds. */
import { existsSync } from "node:fs";
import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { decode } from "@ipld/dag-cbor";
import {
  fetchAccessLog,
  inputReleasesHash,
  releaseShareInfo,
  releasesHashOf,
  renewKeys,
  revoke,
} from "@persona-protocol/sdk/access";
import type { BuiltJob } from "@persona-protocol/sdk/compute";
import {
  callContract,
  createChainView,
  datasetRegistryAbi,
  grantHashOf,
  grantRegistryAbi,
  jobMarketAbi,
  jobOfferHashOf,
  jobSpecHashOf,
  typedData,
} from "@persona-protocol/sdk/contracts";
import { open, sha256Hex } from "@persona-protocol/sdk/crypto";
import { codeOfReason } from "@persona-protocol/sdk/errors";
import {
  collectBytes,
  combineShares,
  decodeKeyBoxBody,
  decodeKeyBoxHead,
  decryptEnvelope,
  openOwnerDeks,
} from "@persona-protocol/sdk/storage";
import { expect } from "chai";
import type { Hex } from "viem";
import { allGone } from "../../../node/src/dev/processTree.ts";
import { startDaemon } from "../../../node/src/dev/startNetwork.ts";
import { expectError } from "../../helpers/errors.ts";
import {
  askRelease,
  claim,
  claimedJob,
  grantPosts,
  outcomeOf,
  post,
  postJob,
  publishSegments,
  type Scene,
  sharedScene,
  startScene,
} from "../../helpers/guardianScene.ts";
import { createRandom, testSeed } from "../../helpers/random.ts";
import { randomHex32 } from "../../helpers/structs.ts";

const random = createRandom(testSeed());

describe("the moments of revocation", function () {
  this.timeout(60_000);
  let scene: Scene;
  let published: Pick<Scene, "dataset" | "keyBox">;
  before(async () => {
    scene = await sharedScene();
  });
  beforeEach(async () => {
    published = await publishSegments(scene.network, scene.owner, scene.ownerKeys.publicKey);
  });
  const context = () => ({ client: scene.owner, deployment: scene.network.deployment });
  const guardians = () => scene.network.guardians.map(({ nodeId }) => nodeId);
  const registry = () => ({ address: scene.network.deployment.datasetRegistry, abi: datasetRegistryAbi }) as const;
  const grantOf = () => grantPosts(scene, { dataset: published.dataset });
  const outcomes = (job: BuiltJob) => Promise.all(guardians().map((guardian) => outcomeOf(scene, job, { guardian })));

  /** The data key, from the shares of these guardians, as the worker's enclave rebuilds it. */
  async function keyFrom(job: BuiltJob, asked: readonly number[]): Promise<{ dek: Uint8Array; signatures: Hex[] }> {
    const { network, worker } = scene;
    const { datasetId } = published.dataset;
    const head = decodeKeyBoxHead(published.keyBox.head);
    const jobSpecHash = jobSpecHashOf(network.deployment, job.spec);
    const { account, kem } = worker.identity;
    const shares: { position: number; share: Uint8Array }[] = [];
    const signatures: Hex[] = [];
    for (const guardian of asked) {
      const answer = await askRelease(scene, job, { guardian });
      if (answer.status !== "released") throw new Error(`refused: ${answer.refusal.reason}`);
      const [box] = answer.keys.shares;
      if (box === undefined) throw new Error("no share");
      const info = releaseShareInfo({ jobSpecHash, datasetId, segment: 0, guardian, signer: account.address });
      const share = await open({ privateKey: kem.privateKey, info, enc: box.enc, ct: box.ct });
      shares.push({ position: head.guardians.indexOf(guardian), share });
      signatures.push(answer.signature);
    }
    return { dek: await combineShares({ head, segment: 0, shares }), signatures };
  }

  /** The owner's own way in, to compare with. */
  async function ownerKey(): Promise<Uint8Array | undefined> {
    const head = decodeKeyBoxHead(published.keyBox.head);
    const keyBoxDigest = sha256Hex(published.keyBox.head);
    const body = decodeKeyBoxBody(published.keyBox.body, { keyBoxDigest });
    const { chainId, datasetRegistry } = scene.network.deployment;
    const deks = await openOwnerDeks({
      chainId,
      registry: datasetRegistry,
      datasetId: published.dataset.datasetId,
      keyEpoch: published.dataset.keyEpoch,
      head,
      body,
      ownerKeyPair: scene.ownerKeys,
    });
    return deks.get(0);
  }

  /** Of the first segment, with a key that somebody has. */
  async function plaintextOf({ datasetId, version, keyEpoch, segments }: Scene["dataset"], dek: Uint8Array) {
    const ids = { datasetId, segment: 0, keyEpoch, version, dek };
    return collectBytes(decryptEnvelope(scene.network.store.get(segments[0]?.cid ?? ""), ids));
  }

  async function settle(job: BuiltJob, signatures: readonly Hex[]): Promise<void> {
    const { deployment } = scene.network;
    const ciphertext = Uint8Array.from(random.bytes(64));
    const { order, offer } = job.params;
    const receipt = {
      jobId: job.jobId,
      jobSpecHash: order.specHash,
      attempt: 1,
      code: 0,
      ciphertextDigest: sha256Hex(ciphertext),
      plaintextCommitment: randomHex32(random),
      releasesHash: releasesHashOf([inputReleasesHash(signatures)]),
      outputBytes: ciphertext.length,
    };
    const signature = await scene.worker.identity.account.signTypedData(typedData.receipt(deployment, receipt));
    const hex = `0x${Buffer.from(ciphertext).toString("hex")}` as const;
    const offerHash = jobOfferHashOf(offer);
    const settlement = { jobId: job.jobId, order, offerHash, receipt, signature, ciphertext: hex };
    const market = { address: deployment.jobMarket, abi: jobMarketAbi } as const;
    await callContract(scene.worker.client, { ...market, functionName: "settleJob", args: [settlement] });
  }
  const statusOf = async ({ jobId }: BuiltJob) => {
    const chain = createChainView(scene.owner, scene.network.deployment);
    return (await chain.job(jobId, (await chain.block("latest")).number)).status;
  };

  it("before the release: no share leaves any guardian; the job's use stays counted", async () => {
    const grant = await grantOf();
    const job = await claimedJob(scene, { grants: [grant] });
    await revoke(context(), grant);
    expect(await outcomes(job)).to.deep.equal(["GRANT_REVOKED", "GRANT_REVOKED", "GRANT_REVOKED"]);
    const { grantRegistry: address } = scene.network.deployment;
    const args = [scene.owner.account.address, grantHashOf(scene.network.deployment, grant.terms)] as const;
    const call = { address, abi: grantRegistryAbi, functionName: "grantOf", args } as const;
    expect((await scene.owner.readContract(call)).uses, "not undone").to.equal(1);
  });

  it("after the release and before the result: nobody releases more or again; the key that was released still opens, and the job is still paid", async () => {
    const grant = await grantOf();
    const job = await claimedJob(scene, { grants: [grant] });
    const { dek, signatures } = await keyFrom(job, guardians().slice(0, 2));
    await revoke(context(), grant);
    expect(await outcomes(job)).to.deep.equal(["GRANT_REVOKED", "GRANT_REVOKED", "GRANT_REVOKED"]);
    expect(dek, "not undone").to.deep.equal(await ownerKey());
    await settle(job, signatures);
    expect(await statusOf(job), "not undone").to.equal("settled");
  });

  it("after the result: the grant buys no other job; receipt and result stay", async () => {
    const grant = await grantOf();
    const job = await claimedJob(scene, { grants: [grant] });
    const { signatures } = await keyFrom(job, guardians().slice(1));
    await settle(job, signatures);
    await revoke(context(), grant);
    expect(await statusOf(job), "not undone").to.equal("settled");
    await expectError("GRANT_REVOKED", () => postJob(scene, { grants: [grant] }));
    expect(await outcomes(job)).to.deep.equal(["JOB_NOT_CLAIMED", "JOB_NOT_CLAIMED", "JOB_NOT_CLAIMED"]);
  });

  it("new keys: every grant and job of the epoch before is refused; who has an old key still opens the old ciphertext", async () => {
    const grant = await grantOf();
    const job = await claimedJob(scene, { grants: [grant] });
    const waiting = await postJob(scene, { grants: [grant] });
    const { dek } = await keyFrom(job, guardians().slice(0, 2));
    const { dataset: old } = published;
    const { store } = scene.network;
    published = await renewKeys({ ...context(), store }, { ...published, ownerKeyPair: scene.ownerKeys });
    await claim(scene, waiting, scene.worker);
    for (const asked of [job, waiting])
      expect(await outcomes(asked)).to.deep.equal(["KEY_EPOCH_OLD", "KEY_EPOCH_OLD", "KEY_EPOCH_OLD"]);
    expect(await plaintextOf(old, dek), "not undone").to.deep.equal(new Uint8Array(9));
    await expectError("KEY_COMMITMENT_MISMATCH", () => plaintextOf(published.dataset, dek));

    const again = await keyFrom(await claimedJob(scene, { grants: [await grantOf()] }), guardians().slice(1));
    expect(again.dek).to.deep.equal(await ownerKey());
    expect(again.dek).to.not.deep.equal(dek);
    expect(await plaintextOf(published.dataset, again.dek)).to.deep.equal(new Uint8Array(9));
    expect(published.dataset.segments.map(({ name }) => name)).to.deep.equal(["posts", "likes"]);
  });

  it("erasing: nothing is released from that block on; taken back within the week everything counts again; released keys are not called back", async () => {
    const grant = await grantOf();
    const job = await claimedJob(scene, { grants: [grant] });
    const { dek } = await keyFrom(job, guardians().slice(0, 2));
    const { datasetId } = published.dataset;
    await callContract(scene.owner, { ...registry(), functionName: "eraseDataset", args: [datasetId] });
    expect(await outcomes(job)).to.deep.equal(["DATASET_ERASED", "DATASET_ERASED", "DATASET_ERASED"]);
    expect(dek, "not undone").to.deep.equal(await ownerKey());
    await callContract(scene.owner, { ...registry(), functionName: "restoreDataset", args: [datasetId] });
    expect(await outcomes(job)).to.deep.equal(["RELEASED", "RELEASED", "RELEASED"]);
  });

  describe("a week later", () => {
    before(async () => {
      // Its clock goes on by more than a worker's key lives: nobody else's scene.
      scene = await startScene();
    });
    after(async () => {
      await scene.network.close();
      await rm(scene.network.runDir, { recursive: true, force: true });
      scene = await sharedScene();
    });
    const folderOf = (name: string) => join(scene.network.runDir, name, "data/deposits");
    const fileIn = (name: string) => join(folderOf(name), `${published.dataset.head.keyBoxDigest.slice(2)}.cbor`);

    it("erased for good: each guardian destroys its shares, logs it and takes none again, whatever else it keeps stays; keys that were released and the owner's own copy still open the data", async () => {
      const kept = await publishSegments(scene.network, scene.owner, scene.ownerKeys.publicKey);
      const job = await claimedJob(scene, { grants: [await grantOf()] });
      const { dek } = await keyFrom(job, guardians().slice(0, 2));
      const { datasetId, head } = published.dataset;
      const names = scene.network.guardians.map(({ name }) => name);
      const deposit = await readFile(fileIn(names[0] ?? ""));
      const rpc = scene.owner.request as (call: { method: string; params: unknown[] }) => Promise<unknown>;
      await callContract(scene.owner, { ...registry(), functionName: "eraseDataset", args: [datasetId] });
      expect(await outcomes(job)).to.deep.equal(["DATASET_ERASED", "DATASET_ERASED", "DATASET_ERASED"]);
      await rpc({ method: "evm_increaseTime", params: [7 * 24 * 3_600] });
      await rpc({ method: "evm_mine", params: [] });
      await outcomes(job);
      expect(
        names.map((name) => existsSync(fileIn(name))),
        "erasing",
      ).to.deep.equal([true, true, true]);

      await callContract(scene.owner, { ...registry(), functionName: "concludeErasure", args: [datasetId] });
      for (let i = 0; i < 2; i++) await rpc({ method: "evm_mine", params: [] });
      // Two see it by a request, the third when it starts.
      const [first, second, third] = scene.network.guardians;
      if (first === undefined || second === undefined || third === undefined) throw new Error("three guardians");
      for (const { nodeId } of [first, second])
        expect(await outcomeOf(scene, job, { guardian: nodeId }), "a reason that comes first").to.equal(
          "NODE_KEY_EXPIRED",
        );
      process.kill(third.pid, "SIGKILL");
      await allGone([third.enclavePid]);
      const config = join(scene.network.runDir, third.name, "config.json");
      await startDaemon(scene.network.processes, `${third.name}-again`, config).ready;
      while (existsSync(fileIn(third.name))) await new Promise(setImmediate);
      expect(names.map((name) => existsSync(fileIn(name)))).to.deep.equal([false, false, false]);
      const left = `${kept.dataset.head.keyBoxDigest.slice(2)}.cbor`;
      for (const name of names) expect(await readdir(folderOf(name))).to.include(left);

      for (const guardian of guardians()) {
        const { entries } = await fetchAccessLog(context(), { datasetId, guardian });
        const destroyed = entries.filter(({ kind }) => kind === "destruction");
        expect(destroyed.map(({ jobId, reason }) => [jobId, codeOfReason(reason)])).to.deep.equal([
          [head.keyBoxDigest, "DATASET_ERASED"],
        ]);
      }
      const again = await post(scene, "/deposit", new Uint8Array(deposit), first.nodeId);
      expect([again.status, (decode(again.body) as { code: string }).code]).to.deep.equal([400, "DATASET_ERASED"]);
      expect(dek, "not undone").to.deep.equal(await ownerKey());
    });
  });
});
