/** Owners and grantees that are contracts (ERC-1271), in front of real guardians and a real chain. */
import { revokeAtGuardians } from "@persona-protocol/sdk/access";
import { createChainView } from "@persona-protocol/sdk/contracts";
import { expect } from "chai";
import { type Hex, keccak256, toHex } from "viem";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { contractClient, deployAccount } from "../../helpers/contractAccount.ts";
import {
  claimedJob,
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
