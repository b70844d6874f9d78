/** Owners and grantees that are contracts (ERC-1271), in front of real guardians and a real chain. */
import { decode } from "@ipld/dag-cbor";
import { encodeLogQuery, fetchAccessLog, logTypedData, revokeAtGuardians } from "@persona-protocol/sdk/access";
import { createChainView } from "@persona-protocol/sdk/contracts";
import { expect } from "chai";
import { type Hex, keccak256, toHex } from "viem";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { createChainClient } from "../../../node/src/chain/connectChain.ts";
import { contractClient, deployAccount } from "../../helpers/contractAccount.ts";
import { expectError } from "../../helpers/errors.ts";
import {
  claimedJob,
  endpointOf,
  grantPosts,
  outcomeOf,
  publishSegments,
  type Scene,
  sharedScene,
} from "../../helpers/guardianScene.ts";

describe("an owner that is a contract", function () {
  this.timeout(120_000);
  let scene: Scene;
  /** The scene, with an owner whose address is a contract. */
  let theirs: Scene;
  const key = privateKeyToAccount(generatePrivateKey());

  before(async () => {
    scene = await sharedScene();
    const payer = await scene.network.fundedClient();
    const owner = await contractClient(payer, key);
    const published = await publishSegments(scene.network, owner, scene.ownerKeys.publicKey);
    theirs = { ...scene, owner, ...published };
  });

  it("default: deposits shares, grants, and revokes at its guardians by its contract's word", async () => {
    expect((await scene.owner.getCode({ address: theirs.owner.account.address }))?.length).to.be.greaterThan(2);
    const grant = await grantPosts(theirs);
    const job = await claimedJob(theirs, { grants: [grant] });
    expect(await outcomeOf(theirs, job)).to.equal("RELEASED");
    const done = await revokeAtGuardians({ client: theirs.owner, deployment: scene.network.deployment }, grant);
    expect(done.map(({ error }) => error)).to.deep.equal(done.map(() => undefined));
    expect(await outcomeOf(theirs, job)).to.equal("GRANT_REVOKED");
  });

  it("error: OWNER_MISMATCH: signed by a key that the contract does not know", async () => {
    const grant = await grantPosts(theirs);
    const job = await claimedJob(theirs, { grants: [grant] });
    const stranger = privateKeyToAccount(generatePrivateKey());
    const signTypedData = async (message: Parameters<typeof stranger.signTypedData>[0]) =>
      stranger.signTypedData(message);
    const forged = { ...theirs.owner, signTypedData } as Scene["owner"];
    const done = await revokeAtGuardians({ client: forged, deployment: scene.network.deployment }, grant);
    for (const { error } of done) expect(error).to.include({ code: "OWNER_MISMATCH" });
    expect(await outcomeOf(theirs, job)).to.equal("RELEASED");
  });
});

describe("the log of an owner that is a contract", function () {
  this.timeout(120_000);
  const key = privateKeyToAccount(generatePrivateKey());

  it("default: its key reads page by page what was released; what another key has signed is refused", async () => {
    const scene = await sharedScene();
    const { deployment } = scene.network;
    const owner = await contractClient(await scene.network.fundedClient(), key);
    const theirs = { ...scene, owner, ...(await publishSegments(scene.network, owner, scene.ownerKeys.publicKey)) };
    const job = await claimedJob(theirs, { grants: [await grantPosts(theirs)] });
    const guardian = scene.network.guardians[0]?.nodeId ?? 0;
    expect(await outcomeOf(theirs, job, { guardian })).to.equal("RELEASED");
    const wide = await claimedJob(theirs, { grants: [await grantPosts(theirs)], segments: [2n] });
    expect(await outcomeOf(theirs, wide, { guardian })).to.equal("SEGMENT_NOT_GRANTED");

    const asked = { datasetId: theirs.dataset.datasetId, guardian, pageEntries: 1 };
    const { entries } = await fetchAccessLog({ client: owner, deployment }, asked);
    expect(entries.map(({ kind, jobId }) => [kind, jobId])).to.deep.equal([
      ["release", job.jobId],
      ["refusal", wide.jobId],
    ]);
    // As `persona log --account`: the key by itself, without the wallet around it. The query names no owner.
    const { rpcUrl } = scene.network;
    const keyAlone = createChainClient({ rpcUrl, chainId: deployment.chainId, account: key });
    expect((await fetchAccessLog({ client: keyAlone, deployment }, asked)).entries).to.deep.equal(entries);
    for (const other of [scene.owner, await contractClient(scene.dapp, privateKeyToAccount(generatePrivateKey()))])
      await expectError("OWNER_MISMATCH", () => fetchAccessLog({ client: other, deployment }, asked));
  });

  it("error: OWNER_MISMATCH, REQUEST_INVALID: longer than any signature, none, and for another page than was signed", async () => {
    const scene = await sharedScene();
    const { deployment, guardians } = scene.network;
    const guardian = guardians[0]?.nodeId ?? 0;
    const owner = await contractClient(await scene.network.fundedClient(), key);
    const { dataset } = await publishSegments(scene.network, owner, scene.ownerKeys.publicKey);
    const { timestamp } = await scene.owner.getBlock();
    const query = { datasetId: dataset.datasetId, guardian, from: 0, limit: 9, since: 0, issuedAt: Number(timestamp) };
    const signature = await owner.signTypedData(logTypedData.query(deployment, query));
    const ask = async (changed: object, signed: Hex): Promise<string> => {
      const text = encodeLogQuery({ ...query, ...changed, signature: signed });
      const response = await fetch(new URL(`/log?q=${text}`, await endpointOf(scene, guardian)));
      const body = new Uint8Array(await response.arrayBuffer());
      return response.ok ? "shown" : String((decode(body) as { code: string }).code);
    };
    expect(await ask({}, signature)).to.equal("shown");
    expect(await ask({ from: 1 }, signature)).to.equal("OWNER_MISMATCH");
    expect(await ask({ datasetId: scene.dataset.datasetId }, signature)).to.equal("OWNER_MISMATCH");
    expect(await ask({ issuedAt: query.issuedAt - 301 }, signature)).to.equal("REQUEST_INVALID");
    expect(await ask({}, toHex(new Uint8Array(2_048).fill(1)))).to.equal("OWNER_MISMATCH");
    for (const length of [0, 2_049])
      expect(await ask({}, toHex(new Uint8Array(length).fill(1))), `${length}`).to.equal("REQUEST_INVALID");
  });
});

describe("ChainView.signedBy", function () {
  this.timeout(60_000);
  const digest = keccak256(toHex("a message"));
  const key = privateKeyToAccount(generatePrivateKey());

  it("default: asks the contract at that block; an account without code signs nothing", async () => {
    const { network, owner } = await sharedScene();
    const view = createChainView(owner, network.deployment);
    const wallet = await deployAccount(owner, "SmartWallet", [key.address]);
    const { number } = await view.block("latest");
    const signature = await key.sign({ hash: digest });
    expect(await view.signedBy(wallet.address, digest, signature, number)).to.equal(true);
    expect(await view.signedBy(wallet.address, keccak256(digest), signature, number)).to.equal(false);
    expect(await view.signedBy(key.address, digest, signature, number)).to.equal(false);
    // Before it was deployed.
    expect(await view.signedBy(wallet.address, digest, signature, number - 1n)).to.equal(false);
    // A signature of any length comes to the contract whole.
    for (const length of [0, 1, 31, 33, 2_048])
      expect(await view.signedBy(wallet.address, digest, toHex(new Uint8Array(length)), number)).to.equal(false);
  });

  it("error: contracts that burn gas, answer a megabyte, or too little, have not signed", async () => {
    const { network, owner } = await sharedScene();
    const view = createChainView(owner, network.deployment);
    const signature: Hex = `0x${"11".repeat(65)}`;
    for (const name of ["GasBurner", "ReturnBomb", "ShortAnswer"] as const) {
      const { address } = await deployAccount(owner, name);
      const { number } = await view.block("latest");
      expect(await view.signedBy(address, digest, signature, number), name).to.equal(false);
    }
    expect(await view.signedBy(network.token, digest, signature, (await view.block("latest")).number)).to.equal(false);
  });
});
