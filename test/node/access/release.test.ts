import {
  decodeReleaseAnswer,
  releaseBundleInfo,
  releaseShareInfo,
  revoke,
  sealedHashOf,
  segmentBitmap,
} from "@persona-protocol/sdk/access";
import { type BuiltJob, decodeSealedBundle, openJobBundle } from "@persona-protocol/sdk/compute";
import {
  callContract,
  datasetRegistryAbi,
  type JobOffer,
  type JobOrder,
  jobIdOf,
  jobSpecHashOf,
  typedData,
} from "@persona-protocol/sdk/contracts";
import { generateKemKeyPair, keyIdOf, open } from "@persona-protocol/sdk/crypto";
import { combineShares, decodeKeyBoxBody, decodeKeyBoxHead, openOwnerDeks } from "@persona-protocol/sdk/storage";
import { expect } from "chai";
import { recoverTypedDataAddress } from "viem";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { nextKeyEpoch } from "../../../node/src/enclave/runtime/enclaveIdentity.ts";
import { expectError } from "../../helpers/errors.ts";
import {
  askRelease,
  type CallChoice,
  claim,
  claimedJob,
  grantPosts,
  outcomeOf,
  post,
  postJob,
  publishSegments,
  releaseBody,
  type Scene,
  sharedScene,
} from "../../helpers/guardianScene.ts";
import { createProgram } from "../../helpers/programs.ts";
import { createRandom, testSeed } from "../../helpers/random.ts";
import { randomHex32, randomStruct } from "../../helpers/structs.ts";
import { registerTestEnclave, type TestEnclave } from "../../helpers/testEnclave.ts";

const random = createRandom(testSeed());

describe("a guardian's release", function () {
  this.timeout(60_000);
  let scene: Scene;
  let other: TestEnclave;
  /** Claimed by the scene's worker, its grant good: what is asked about it decides. */
  let job: BuiltJob;
  before(async () => {
    scene = await sharedScene();
    other = await registerTestEnclave(scene.network, await scene.network.fundedClient());
    job = await claimedJob(scene);
  });

  it("default: two of three guardians give the very key the owner made", async () => {
    const { network, worker, dataset, keyBox, ownerKeys } = scene;
    const head = decodeKeyBoxHead(keyBox.head);
    const jobSpecHash = jobSpecHashOf(network.deployment, job.spec);
    const signer = worker.identity.account.address;
    const shares: { position: number; share: Uint8Array }[] = [];
    for (const { nodeId: guardian, signer: guardianSigner } of network.guardians.slice(1)) {
      const answer = await askRelease(scene, job, { guardian });
      if (answer.status !== "released") throw new Error(`refused: ${answer.refusal.reason}`);
      const { release, keys, signature } = answer;
      expect(release).to.include({
        jobId: job.jobId,
        jobSpecHash,
        datasetId: dataset.datasetId,
        segments: 1n,
        signer,
        guardian,
      });
      expect(release.sealedHash).to.equal(sealedHashOf(keys));
      expect(await recoverTypedDataAddress({ ...typedData.release(network.deployment, release), signature })).to.equal(
        guardianSigner,
      );

      const { privateKey } = worker.identity.kem;
      const info = releaseBundleInfo(network.deployment, { jobId: job.jobId, guardian, signer });
      const bundleKey = await open({ privateKey, info, ...keys.bundleKey });
      const sealed = decodeSealedBundle(job.bundle, job.params.order.bundleDigest);
      expect((await openJobBundle(sealed, job.jobId, bundleKey)).spec).to.deep.equal(job.spec);
      expect(
        keys.shares.map(({ index }) => index),
        "no share that was not asked for",
      ).to.deep.equal([0]);
      for (const { index, enc, ct } of keys.shares) {
        const bound = releaseShareInfo({ jobSpecHash, datasetId: dataset.datasetId, segment: index, guardian, signer });
        shares.push({
          position: head.guardians.indexOf(guardian),
          share: await open({ privateKey, info: bound, enc, ct }),
        });
      }
    }
    const { chainId, datasetRegistry: registry } = network.deployment;
    const body = decodeKeyBoxBody(keyBox.body);
    const wanted = await openOwnerDeks({
      chainId,
      registry,
      datasetId: dataset.datasetId,
      keyEpoch: 1,
      head,
      body,
      ownerKeyPair: ownerKeys,
    });
    expect(await combineShares({ head, segment: 0, shares })).to.deep.equal(wanted.get(0));
  });

  it("behavior: the same request again gets the same bytes, one after the other and at once", async () => {
    const body = await releaseBody(scene, await claimedJob(scene));
    const atOnce = await Promise.all(Array.from({ length: 6 }, () => post(scene, "/release", body)));
    const later = await post(scene, "/release", body);
    for (const answer of [...atOnce, later]) {
      expect(decodeReleaseAnswer(answer.body).status).to.equal("released");
      expect(Buffer.from(answer.body).equals(later.body)).to.equal(true);
    }
  });

  it("error: replayed by another enclave, registered or not, or with another KEM key than the signed one", async () => {
    const stolen = await generateKemKeyPair();
    expect(await outcomeOf(scene, job, { enclave: other })).to.equal("JOB_CLAIMED_BY_OTHER");
    const stranger = privateKeyToAccount(generatePrivateKey());
    expect(await outcomeOf(scene, job, { account: stranger })).to.equal("NODE_KEY_UNKNOWN");
    expect(await outcomeOf(scene, job, { call: { kemKey: stolen.publicKey } })).to.equal("REQUEST_INVALID");
    const swapped: CallChoice = {
      account: stranger,
      request: { kemKeyHash: keyIdOf(stolen.publicKey) },
      call: { kemKey: stolen.publicKey },
    };
    expect(await outcomeOf(scene, job, swapped)).to.equal("NODE_KEY_UNKNOWN");
  });

  it("behavior: the next key epoch under the same signer, without a new quote; another epoch's key opens nothing of it", async () => {
    const { identity } = scene.worker;
    const epochs = [await nextKeyEpoch(identity), await nextKeyEpoch(identity)] as const;
    const [{ kem, kemKeyHash }, other] = epochs;
    expect(new Set([kemKeyHash, other.kemKeyHash, identity.kemKeyHash]).size).to.equal(3);
    const claimed = await claimedJob(scene);
    const choice = { request: { kemKeyHash }, call: { kemKey: kem.publicKey } };
    const answer = decodeReleaseAnswer((await post(scene, "/release", await releaseBody(scene, claimed, choice))).body);
    if (answer.status !== "released") throw new Error("refused");
    const { guardian, jobId, signer } = answer.release;
    const info = releaseBundleInfo(scene.network.deployment, { jobId, guardian, signer });
    const box = { info, ...answer.keys.bundleKey };
    expect(await open({ privateKey: kem.privateKey, ...box })).to.have.lengthOf(32);
    for (const key of [other.kem.privateKey, identity.kem.privateKey])
      await expectError("SEALED_BOX_INVALID", () => open({ privateKey: key, ...box }));
  });

  it("error: a guardian's key does not compute", async () => {
    const guardian = await registerTestEnclave(scene.network, await scene.network.fundedClient(), "guardian");
    expect(await outcomeOf(scene, job, { enclave: guardian })).to.equal("NODE_KEY_UNKNOWN");
  });

  it("error: a signature with any bit flipped is somebody else's or nobody's", async () => {
    const answer = await askRelease(scene, job);
    expect(answer.status).to.equal("released");
    for (let round = 0; round < 20; round++) {
      const signature = Buffer.from(random.bytes(65));
      const body = Buffer.from(await releaseBody(scene, job));
      const at = body.indexOf(Buffer.from("697369676e6174757265", "hex")) + 12;
      const bit = random.integer(64 * 8);
      body[at + (bit >> 3)] = (body[at + (bit >> 3)] ?? 0) ^ (1 << (bit & 7));
      const got = await post(scene, "/release", round === 0 ? replaced(body, at, signature) : body);
      if (got.status === 400) continue;
      expect(decodeReleaseAnswer(got.body)).to.have.nested.property("refusal.reason", 2);
    }
  });

  it("error: what the request says of itself does not fit the job", async () => {
    const claims: CallChoice[] = [
      { request: { guardian: scene.network.guardians[1]?.nodeId ?? 0 } },
      { request: { attempt: 2 } },
      { request: { attempt: 0 } },
      { request: { bundleDigest: randomHex32(random) } },
    ];
    for (const choice of claims)
      expect(await outcomeOf(scene, job, choice), JSON.stringify(choice)).to.equal("REQUEST_INVALID");
    const elsewhere = { request: { jobId: randomHex32(random) } };
    expect(await outcomeOf(scene, job, elsewhere), "the chain has no such job").to.equal("JOB_UNKNOWN");
    const another = { request: { jobId: (await claimedJob(scene)).jobId } };
    expect(await outcomeOf(scene, job, another), "another job's id").to.equal("JOB_PARAMS_MISMATCH");
  });

  it("error: JOB_PARAMS_MISMATCH: parameters that are not the chain's", async () => {
    const { order, offer } = job.params;
    const orders: Partial<JobOrder>[] = [
      { specHash: randomHex32(random) },
      { fee: 0n },
      { protocolFee: order.protocolFee + 1n },
      { maxOutputBytes: 4_000_000 },
      { inputs: [] },
      { inputs: order.inputs.map((input) => ({ ...input, owner: scene.dapp.account.address })) },
    ];
    const offers: Partial<JobOffer>[] = [
      { claimBy: offer.claimBy + 1 },
      { runSeconds: offer.runSeconds + 1 },
      { namedNode: 9 },
      { nodePolicy: { ...offer.nodePolicy, verifierKinds: 0 } },
    ];
    const changed = [
      ...orders.map((change) => [change, { order: { ...order, ...change }, offer }] as const),
      ...offers.map((change) => [change, { order, offer: { ...offer, ...change } }] as const),
    ];
    for (const [change, params] of changed) {
      const got = await outcomeOf(scene, job, { call: { params } });
      expect(got, Object.keys(change).join()).to.equal("JOB_PARAMS_MISMATCH");
    }
  });

  it("error: BUNDLE_INVALID: another job's bundle, a changed one, none", async () => {
    const another = await postJob(scene);
    const changed = Uint8Array.from(job.bundle);
    changed[40] = (changed[40] ?? 0) ^ 1;
    for (const bundle of [another.bundle, changed, new Uint8Array(), job.bundle.subarray(1)]) {
      expect(await outcomeOf(scene, job, { call: { bundle } })).to.equal("BUNDLE_INVALID");
    }
    const copied = await claimedJob(scene, {}, { bundleDigest: job.params.order.bundleDigest });
    expect(await outcomeOf(scene, copied, { call: { bundle: job.bundle } })).to.equal("BUNDLE_INVALID");
  });

  it("error: JOB_SPEC_MISMATCH: the chain holds another spec or size than the bundle", async () => {
    const spec = await claimedJob(scene, {}, { specHash: randomHex32(random) });
    expect(await outcomeOf(scene, spec)).to.equal("JOB_SPEC_MISMATCH");
    const size = await claimedJob(scene, {}, { maxOutputBytes: 4_096 });
    expect(await outcomeOf(scene, size)).to.equal("JOB_SPEC_MISMATCH");
  });

  it("error: what the Scope does not allow", async () => {
    const program = { ...createProgram(), statement: "SELECT 1::BIGINT AS n" };
    expect(await outcomeOf(scene, await claimedJob(scene, { program }))).to.equal("PROGRAM_NOT_GRANTED");
    expect(await outcomeOf(scene, await claimedJob(scene, { segments: [segmentBitmap([1])] }))).to.equal(
      "SEGMENT_NOT_GRANTED",
    );
    const granted = await grantPosts(scene);
    const wider = { ...granted, scope: { ...granted.scope, segments: 3n } };
    expect(await outcomeOf(scene, await claimedJob(scene, { grants: [wider] })), "a Scope opened wider").to.equal(
      "SCOPE_MISMATCH",
    );
  });

  it("error: DATASET_HEAD_MISMATCH: the owner has published since", async () => {
    const { dataset } = await publishSegments(scene.network, scene.owner, scene.ownerKeys.publicKey);
    const late = await claimedJob(scene, { grants: [await grantPosts(scene, { dataset })] });
    expect(await outcomeOf(scene, late)).to.equal("RELEASED");
    const { datasetId, head } = dataset;
    const registry = { address: scene.network.deployment.datasetRegistry, abi: datasetRegistryAbi } as const;
    const next = [randomHex32(random), head.keyBoxDigest, head.guardianSetHash, 1, []] as const;
    await callContract(scene.owner, { ...registry, functionName: "publish", args: [datasetId, head, ...next] });
    expect(await outcomeOf(scene, late), "an answer given before is not repeated either").to.equal(
      "DATASET_HEAD_MISMATCH",
    );
    await callContract(scene.owner, { ...registry, functionName: "eraseDataset", args: [datasetId] });
    expect(await outcomeOf(scene, late)).to.equal("DATASET_ERASED");
  });
});

describe("the order of a guardian's refusals", function () {
  this.timeout(60_000);
  let scene: Scene;
  let other: TestEnclave;
  const bundle = random.bytes(200);
  before(async () => {
    scene = await sharedScene();
    other = await registerTestEnclave(scene.network, await scene.network.fundedClient());
  });

  it("behavior: the request, then the key, before anything of the job", async () => {
    const open = await postJob(scene);
    const stranger = privateKeyToAccount(generatePrivateKey());
    const bundleDigest = randomHex32(random);
    expect(await outcomeOf(scene, open, { account: stranger, request: { bundleDigest } })).to.equal("REQUEST_INVALID");
    const jobId = randomHex32(random);
    expect(await outcomeOf(scene, open, { account: stranger, request: { jobId } })).to.equal("NODE_KEY_UNKNOWN");
    expect(await outcomeOf(scene, open, { account: stranger, call: { bundle } })).to.equal("NODE_KEY_UNKNOWN");
    expect(await outcomeOf(scene, open, { account: stranger, request: { attempt: 9 } })).to.equal("NODE_KEY_UNKNOWN");
  });

  it("behavior: the job unknown, its parameters, its claim, its claimer, then the bundle", async () => {
    const open = await postJob(scene);
    const { requester, bundleDigest } = open.params.order;
    const { order, offer } = randomStruct("JobParams", random);
    const { datasetId } = scene.dataset;
    const jobId = jobIdOf(scene.network.deployment, requester, randomHex32(random));
    const inputs = [{ datasetId, grantHash: jobId, owner: requester, price: 0n }];
    const params = { order: { ...order, requester, bundleDigest, inputs }, offer };
    expect(await outcomeOf(scene, { ...open, jobId, params }, { call: { bundle } })).to.equal("JOB_UNKNOWN");

    const mismatched = { ...open.params, order: { ...open.params.order, fee: 9n } };
    expect(await outcomeOf(scene, open, { call: { params: mismatched, bundle } })).to.equal("JOB_PARAMS_MISMATCH");
    expect(await outcomeOf(scene, open, { call: { bundle } })).to.equal("JOB_NOT_CLAIMED");
    await claim(scene, open, scene.worker);
    expect(await outcomeOf(scene, open, { enclave: other, call: { bundle } })).to.equal("JOB_CLAIMED_BY_OTHER");
    expect(await outcomeOf(scene, open, { enclave: other, request: { attempt: 2 } })).to.equal("JOB_CLAIMED_BY_OTHER");
    expect(await outcomeOf(scene, open, { call: { bundle } })).to.equal("BUNDLE_INVALID");
  });

  it("behavior: the bundle, the spec, the input, the grant, then the Scope's rules in their order", async () => {
    const program = { ...createProgram(), statement: "SELECT 1::BIGINT AS n" };
    const segments = [segmentBitmap([1])];
    const granted = await grantPosts(scene, { uses: 9 });
    const both = await claimedJob(scene, { grants: [granted], program, segments });
    const wrongSpec = await claimedJob(
      scene,
      { grants: [granted], program, segments },
      { specHash: randomHex32(random) },
    );
    expect(await outcomeOf(scene, both)).to.equal("PROGRAM_NOT_GRANTED");
    await revoke({ client: scene.owner, deployment: scene.network.deployment }, granted);
    expect(await outcomeOf(scene, both)).to.equal("GRANT_REVOKED");
    expect(await outcomeOf(scene, both, { request: { input: 3 } })).to.equal("INPUT_UNKNOWN");
    expect(await outcomeOf(scene, wrongSpec)).to.equal("JOB_SPEC_MISMATCH");
    expect(await outcomeOf(scene, wrongSpec, { call: { bundle } })).to.equal("BUNDLE_INVALID");
  });
});

function replaced(body: Buffer, at: number, by: Uint8Array): Uint8Array {
  const copy = Uint8Array.from(body);
  copy.set(by, at);
  return copy;
}
