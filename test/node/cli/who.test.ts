import { writeFile } from "node:fs/promises";
import {
  buildGrant,
  encodeGrantPackage,
  makeRecoveryPlan,
  type Readers,
  requestRecovery,
  revoke,
  setCustody,
  whoCanRead,
} from "@persona-protocol/sdk/access";
import { grantedProgramOf } from "@persona-protocol/sdk/compute";
import { grantHashOf } from "@persona-protocol/sdk/contracts";
import { generateOwnerRootKey, ownerKemKeyPair } from "@persona-protocol/sdk/storage";
import { expect } from "chai";
import type { Hex } from "viem";
import { encodeDatasetRecord } from "../../../node/src/cli/datasetRecord.ts";
import { encodeCarried } from "../../../node/src/cli/recovery/recoveryFiles.ts";
import { grantPosts, publishSegments, type Scene, sharedScene } from "../../helpers/guardianScene.ts";
import { createProgram } from "../../helpers/programs.ts";
import { temporaryFolder } from "../ingest/temporaryFolder.ts";
import { expectRefusal, runPersona } from "./persona.ts";

describe("persona who", function () {
  this.timeout(60_000);
  const folder = temporaryFolder();
  let scene: Scene;
  let published: Pick<Scene, "dataset" | "keyBox">;
  let record: string;
  let common: string[];
  before(async () => {
    scene = await sharedScene();
    const { network } = scene;
    published = await publishSegments(network, scene.owner, scene.ownerKeys.publicKey);
    record = await folder.write("dataset.json", encodeDatasetRecord(network.deployment, published, "confirmed"));
    common = ["--network", network.runDir, "--rpc", network.rpcUrl];
  });
  const ask = (choice: Partial<Parameters<typeof whoCanRead>[1]> = {}) =>
    whoCanRead({ client: scene.owner, deployment: scene.network.deployment }, { ...published.dataset, ...choice });

  it("default: guardians by operator, grants while they are good, and the enclaves that could run them", async () => {
    const { deployment, guardians } = scene.network;
    const before = await ask();
    expect(before.grants).to.deep.equal([]);
    expect(before.guardians).to.deep.include({ threshold: 2, operators: 3, fewestOperators: 2, operatorsAlone: [] });
    expect(before.guardians.members.map(({ nodeId }) => nodeId)).to.deep.equal(guardians.map(({ nodeId }) => nodeId));
    expect(before.enclaves.some(({ nodeId, simulated }) => nodeId === scene.worker.nodeId && simulated)).to.equal(true);

    const grant = await grantPosts(scene, { dataset: published.dataset });
    const closed = await ask();
    expect(closed.grants[0]).to.deep.include({ grantee: scene.dapp.account.address, usesLeft: 3, opened: undefined });
    const { grants } = await ask({ known: [grant] });
    expect(grants[0]?.opened).to.deep.include({ kind: "compute", programId: grant.scope.programId, segments: [0] });
    expect((await ask({ known: [grant], segment: 1 })).grants, "the grant does not cover likes").to.deep.equal([]);

    await revoke({ client: scene.owner, deployment }, grant);
    expect((await ask()).grants).to.deep.equal([]);
  });

  it("behavior: one operator with as many guardians as the threshold is named", async () => {
    const [first = 0] = published.dataset.guardians;
    const { guardians } = await ask({ guardians: [first, first, 2] });
    expect(guardians.fewestOperators).to.equal(1);
    expect(guardians.operatorsAlone).to.have.length(1);
  });

  it("behavior: the command says what a grant would add before it is signed, in words and as JSON", async () => {
    const { network, dapp, owner } = scene;
    const program = createProgram();
    const planned = await buildGrant(
      { client: owner, deployment: network.deployment },
      {
        dataset: published.dataset,
        grantee: dapp.account.address,
        segments: ["posts"],
        program: grantedProgramOf(program),
        uses: 3,
        expiresAt: Number((await owner.getBlock()).timestamp) + 100_000,
        price: 1n,
        token: network.token,
        maxOutputBytes: 64_000n,
      },
    );
    const file = folder.path("grant.cbor");
    await writeFile(file, encodeGrantPackage(planned));
    const run = (...args: string[]) => runPersona(["who", record, ...common, ...args], folder.path("."));
    const text = await run("--with-grant", file);
    expect(text.code, text.stderr).to.equal(0);
    expect(text.stdout).to.include(`IF SIGNED ${dapp.account.address}: results of program ${planned.scope.programId}`);
    const json = await run("--with-grant", file, "--segment", "posts", "--json");
    const readers = JSON.parse(json.stdout.trimEnd().split("\n").at(-1) ?? "") as Readers;
    expect(readers.grants.map(({ grantHash, state }) => [grantHash, state])).to.deep.equal([
      [grantHashOf(network.deployment, planned.terms), "planned"],
    ]);
    expectRefusal(await run("--segment", "letters"), "SEGMENT_NOT_GRANTED", 2);
  });

  it("behavior: who could come by the root key: people, second wallet, and a request that is open", async () => {
    const { network } = scene;
    const { chainId, ownerKeys } = network.deployment;
    const owner = await network.fundedClient();
    const [person, other] = [await network.fundedClient(), await network.fundedClient()];
    const own = await publishSegments(network, owner, scene.ownerKeys.publicKey);
    const file = await folder.write("own.json", encodeDatasetRecord(network.deployment, own, "confirmed"));
    const run = (...args: string[]) => runPersona(["who", file, ...common, ...args], folder.path("."));
    expect((await run()).stdout).to.include("nothing is registered for its recovery");

    const plan = await makeRecoveryPlan({
      chainId,
      ownerKeys,
      owner: owner.account.address,
      rootKey: generateOwnerRootKey(),
      threshold: 2,
      people: await Promise.all(
        [person, other].map(async ({ account: { address } }) => ({
          address,
          publicKey: (await ownerKemKeyPair(generateOwnerRootKey())).publicKey,
        })),
      ),
    });
    const { deployment } = network;
    const secondWallet = scene.dapp.account.address;
    await setCustody({ client: owner, deployment }, { ...plan, secondWallet, delay: 2 * 86_400 });
    const deviceKeyId: Hex = `0x${"7d".repeat(32)}`;
    const ids = { owner: owner.account.address, plan: plan.onChain, deviceKeyId };
    await requestRecovery({ client: person, deployment }, ids);

    const packet = await folder.write("packet.json", encodeCarried("packet", plan.packets[0] ?? new Uint8Array()));
    const { stdout, stderr } = await run("--packet", packet);
    expect(stdout, stderr).to.include("any 2 of 2 people together: after 2 days without a veto");
    expect(stdout).to.include(`person ${other.account.address}`);
    expect(stdout).to.include(`second wallet ${secondWallet}: takes the datasets after 2 days`);
    expect(stdout).to.include(`OPEN REQUEST by person ${person.account.address}, for device ${deviceKeyId}`);
    const json = JSON.parse((await run("--json")).stdout.trimEnd().split("\n").at(-1) ?? "") as Readers;
    expect(json.rootKey.custody).to.deep.equal({ rootKeyId: plan.rootKeyId, version: 1, delay: 2 * 86_400 });
    expect(json.rootKey.people).to.deep.equal({ planHash: plan.planHash });
    expect(json.rootKey.requests[0]).to.deep.include({ requester: person.account.address, counts: false });
    const stranger = await folder.write("stranger.json", encodeCarried("answer", plan.packets[0] ?? new Uint8Array()));
    expectRefusal(await run("--packet", stranger), "RECOVERY_INVALID");
  });
});
