import { existsSync } from "node:fs";
import { join } from "node:path";
import { decode } from "@ipld/dag-cbor";
import { type Deposit, depositBodyHash, encodeDeposit, resolveGuardians } from "@persona-protocol/sdk/access";
import { type ChainClient, createChainView, datasetIdOf, typedData } from "@persona-protocol/sdk/contracts";
import { generateKemKeyPair, randomBytes, toHex } from "@persona-protocol/sdk/crypto";
import {
  bodyForGuardian,
  encodeKeyBoxBody,
  encodeKeyBoxHead,
  type KeyBoxBody,
  type KeyBoxHead,
  makeKeyBox,
} from "@persona-protocol/sdk/storage";
import { expect } from "chai";
import type { Hex } from "viem";
import { post, type Scene, sharedScene } from "../../helpers/guardianScene.ts";
import { createRandom, mutate, testSeed } from "../../helpers/random.ts";

const seed = testSeed();

type Dealt = { readonly head: KeyBoxHead; readonly body: KeyBoxBody; readonly owner: Hex; readonly salt: Hex };

describe("a guardian's deposit", function () {
  this.timeout(60_000);
  let scene: Scene;
  let first: number;
  before(async () => {
    scene = await sharedScene();
    first = scene.network.guardians[0]?.nodeId ?? 0;
  });

  /** A KeyBox of `owner` for a dataset that is not registered yet. */
  async function deal(choice: { guardians?: readonly number[]; salt?: Hex; datasetId?: Hex } = {}): Promise<Dealt> {
    const { network, owner } = scene;
    const { deployment } = network;
    const { salt = toHex(randomBytes(32)), guardians = network.guardians.map(({ nodeId }) => nodeId) } = choice;
    const keyBox = await makeKeyBox({
      chainId: deployment.chainId,
      registry: deployment.datasetRegistry,
      datasetId: choice.datasetId ?? datasetIdOf(deployment, owner.account.address, salt),
      keyEpoch: 1,
      threshold: 2,
      guardians: await resolveGuardians(createChainView(owner, deployment), guardians),
      ownerPublicKey: (await generateKemKeyPair()).publicKey,
      deks: new Map([0, 1].map((index) => [index, randomBytes(32)])),
    });
    return { head: keyBox.head, body: keyBox.body, owner: owner.account.address, salt };
  }

  /** The deposit of a KeyBox as `signer` makes it for the first guardian. */
  async function depositOf({ head, body, owner, salt }: Dealt, signer: ChainClient = scene.owner): Promise<Deposit> {
    const { bytes, keyBoxDigest } = encodeKeyBoxHead(head);
    const own = encodeKeyBoxBody({ ...bodyForGuardian(body, first), keyBoxDigest });
    const message = { datasetId: head.datasetId, keyBoxDigest, guardian: first, bodyHash: depositBodyHash(own) };
    const signature = await signer.signTypedData(typedData.keyBoxDeposit(scene.network.deployment, message));
    return { owner, salt, head: bytes, body: own, signature };
  }

  async function outcome(deposit: Deposit): Promise<unknown> {
    const { status, body } = await post(scene, "/deposit", encodeDeposit(deposit));
    return status === 200 ? "KEPT" : (decode(body) as { code: string }).code;
  }

  const fileOf = ({ head }: Dealt) =>
    join(scene.network.runDir, "guardian-1/data/deposits", `${encodeKeyBoxHead(head).keyBoxDigest.slice(2)}.cbor`);

  it("default: an owner's shares are kept before the dataset is on chain, and again", async () => {
    const dealt = await deal();
    const deposit = await depositOf(dealt);
    expect(await outcome(deposit)).to.equal("KEPT");
    expect(await outcome(deposit)).to.equal("KEPT");
    expect(existsSync(fileOf(dealt))).to.equal(true);
  });

  it("error: OWNER_MISMATCH: signed by another, salted for another, or another's dataset", async () => {
    const { dapp, dataset, network } = scene;
    const dealt = await deal();
    expect(await outcome(await depositOf(dealt, dapp))).to.equal("OWNER_MISMATCH");
    const claimed = { ...dealt, owner: dapp.account.address };
    expect(await outcome(await depositOf(claimed, dapp)), "the id was not made for them").to.equal("OWNER_MISMATCH");
    expect(await outcome(await depositOf({ ...dealt, salt: toHex(randomBytes(32)) }))).to.equal("OWNER_MISMATCH");
    const registered = await deal({ datasetId: dataset.datasetId });
    expect(await outcome(await depositOf({ ...registered, owner: dapp.account.address }, dapp))).to.equal(
      "OWNER_MISMATCH",
    );
    expect(await outcome(await depositOf(registered)), "the chain knows the owner, no salt is needed").to.equal("KEPT");

    const deposit = await depositOf(dealt);
    const forGuardianTwo = {
      datasetId: dealt.head.datasetId,
      keyBoxDigest: encodeKeyBoxHead(dealt.head).keyBoxDigest,
      guardian: first + 1,
      bodyHash: depositBodyHash(deposit.body),
    };
    const signature = await scene.owner.signTypedData(typedData.keyBoxDeposit(network.deployment, forGuardianTwo));
    expect(await outcome({ ...deposit, signature }), "a signature for another guardian").to.equal("OWNER_MISMATCH");
    expect(existsSync(fileOf(dealt))).to.equal(false);
  });

  it("error: GUARDIAN_SET_MISMATCH: a KeyBox of other guardians", async () => {
    const others = scene.network.guardians.slice(1).map(({ nodeId }) => nodeId);
    const dealt = await deal({ guardians: others });
    expect(await outcome(await depositOf(dealt))).to.equal("GUARDIAN_SET_MISMATCH");
    expect(existsSync(fileOf(dealt))).to.equal(false);
  });

  it("error: KEYBOX_INVALID: the dealer lies about a share, or leaves one out", async () => {
    const dealt = await deal();
    const [segment, ...rest] = dealt.head.segments;
    if (segment === undefined) throw new Error("no segment");
    const [, ...shareCommitments] = segment.shareCommitments;
    const lying = { ...segment, shareCommitments: [toHex(randomBytes(32)), ...shareCommitments] };
    expect(await outcome(await depositOf({ ...dealt, head: { ...dealt.head, segments: [lying, ...rest] } }))).to.equal(
      "KEYBOX_INVALID",
    );
    const missing = { ...dealt.body, shares: dealt.body.shares.filter(({ index }) => index !== 1) };
    expect(await outcome(await depositOf({ ...dealt, body: missing }))).to.equal("KEYBOX_INVALID");
    const other = await deal();
    const deposit = await depositOf(dealt);
    const { head } = await depositOf(other);
    expect(await outcome({ ...deposit, head }), "a body of another head").to.equal("OWNER_MISMATCH");
  });

  it("error: SEALED_BOX_INVALID: a victim's shares in a KeyBox of one's own", async () => {
    const [victim, thief] = [await deal(), await deal()];
    const stolen = { ...thief.body, shares: victim.body.shares };
    expect(await outcome(await depositOf({ ...thief, body: stolen }))).to.equal("SEALED_BOX_INVALID");
    const swapped = thief.body.shares.map((share) => {
      const other = thief.body.shares.find(
        ({ index, guardian }) => index === 1 - share.index && guardian === share.guardian,
      );
      return { ...share, enc: other?.enc ?? share.enc, ct: other?.ct ?? share.ct };
    });
    expect(
      await outcome(await depositOf({ ...thief, body: { ...thief.body, shares: swapped } })),
      "segments swapped",
    ).to.equal("SEALED_BOX_INVALID");
    const everything = { ...victim, head: { ...victim.head, datasetId: thief.head.datasetId }, salt: thief.salt };
    expect(await outcome(await depositOf(everything)), "the whole KeyBox under another dataset").to.equal(
      "SEALED_BOX_INVALID",
    );
    expect(existsSync(fileOf(everything))).to.equal(false);
  });

  it(`behavior: changed deposits are refused, and the guardian goes on (seed ${seed})`, async () => {
    const random = createRandom(seed);
    const dealt = await deal();
    const bytes = encodeDeposit(await depositOf(dealt));
    const answers = new Map<string, number>();
    for (let batch = 0; batch < 10; batch++) {
      const bodies = Array.from({ length: 20 }, () => mutate(bytes, random)).filter(
        (changed) => !Buffer.from(changed).equals(bytes),
      );
      const got = await Promise.all(bodies.map((body) => post(scene, "/deposit", body)));
      for (const { status, body } of got) {
        // The salt proves nothing once the chain knows the dataset, and this one it does not know.
        expect(status, JSON.stringify(decode(body))).to.equal(400);
        const { code } = decode(body) as { code: string };
        answers.set(code, (answers.get(code) ?? 0) + 1);
      }
    }
    expect([...answers.keys()]).to.include.members(["REQUEST_INVALID", "OWNER_MISMATCH"]);
    expect([...answers.keys()]).not.to.include("INTERNAL");
    expect(await outcome(await depositOf(dealt))).to.equal("KEPT");
  });
});
