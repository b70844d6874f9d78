/** Guardians that die, come back, are replaced and change their keys: real processes, and a segment that must open. */
import { existsSync } from "node:fs";
import { cp, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { releaseShareInfo, replaceGuardians } from "@persona-protocol/sdk/access";
import { callContract, datasetRegistryAbi, jobSpecHashOf, nodeRegistryAbi } from "@persona-protocol/sdk/contracts";
import { open } from "@persona-protocol/sdk/crypto";
import { combineShares, decodeKeyBoxHead } from "@persona-protocol/sdk/storage";
import { expect } from "chai";
import type { ManagedProcess } from "../../node/src/dev/processes.ts";
import { startDaemon } from "../../node/src/dev/startNetwork.ts";
import { expectError } from "../helpers/errors.ts";
import {
  askRelease,
  claimedJob,
  outcomeOf,
  publishSegments,
  type Scene,
  startScene,
} from "../helpers/guardianScene.ts";
import { openThroughGuardians, sharesOf } from "../helpers/openThroughGuardians.ts";
import { registerTestEnclave } from "../helpers/testEnclave.ts";
import { runPersona } from "../node/cli/persona.ts";

describe("guardians come and go", function () {
  this.timeout(120_000);
  let scene: Scene;
  const plaintext = new Uint8Array(9);
  /** Process ids of the daemons that run now, by name. */
  const running = new Map<string, number>();

  before(async () => {
    scene = await startScene(4);
    for (const { name, pid } of scene.network.guardians) running.set(name, pid);
  });
  after(async () => {
    await scene?.network.close();
    if (scene !== undefined) await rm(scene.network.runDir, { recursive: true, force: true });
  });

  const ids = () => scene.network.guardians.map(({ nodeId }) => nodeId);
  const folder = (name: string) => join(scene.network.runDir, name);

  async function kill(...names: string[]): Promise<void> {
    for (const name of names) process.kill(running.get(name) ?? 0, "SIGKILL");
    for (const name of names) while (existsSync(`/proc/${running.get(name)}`)) await new Promise(setImmediate);
  }

  async function start(...names: string[]): Promise<{ signer: string }[]> {
    const started: [string, ManagedProcess][] = names.map((name) => [
      name,
      startDaemon(scene.network.processes, `${name}-${Date.now()}`, join(folder(name), "config.json")),
    ]);
    return Promise.all(
      started.map(async ([name, daemon]) => {
        const ready = JSON.parse(await daemon.ready) as { pid: number; signer: string };
        running.set(name, ready.pid);
        return ready;
      }),
    );
  }

  it("default: n - t dead guardians change nothing but time; one fewer than t gives nothing", async () => {
    const [, , third = 0, fourth = 0] = ids();
    await kill("guardian-1", "guardian-2");
    expect(await openThroughGuardians(scene, [third, fourth])).to.deep.equal(plaintext);
    await expectError("SHARES_INSUFFICIENT", () => openThroughGuardians(scene, [third]));
    await start("guardian-1", "guardian-2");
  });

  it("behavior: all guardians are killed together, come back, and everything still opens", async () => {
    const names = scene.network.guardians.map(({ name }) => name);
    const signers = scene.network.guardians.map(({ signer }) => signer);
    await kill(...names);
    expect((await start(...names)).map(({ signer }) => signer)).to.deep.equal(signers);
    const [first = 0, second = 0, third = 0, fourth = 0] = ids();
    for (const pair of [
      [first, second],
      [second, third],
      [fourth, first],
    ]) {
      expect(await openThroughGuardians(scene, pair)).to.deep.equal(plaintext);
    }
  });

  it("error: shares released for one job do not open in another", async () => {
    const { network, worker, dataset } = scene;
    const [guardian = 0] = ids();
    const [one, other] = [await claimedJob(scene), await claimedJob(scene)];
    const answer = await askRelease(scene, one, { guardian });
    if (answer.status !== "released") throw new Error("refused");
    const [sealed] = answer.keys.shares;
    if (sealed === undefined) throw new Error("no share");
    const opening = (job: typeof one) => () =>
      open({
        privateKey: worker.identity.kem.privateKey,
        info: releaseShareInfo({
          jobSpecHash: jobSpecHashOf(network.deployment, job.spec),
          datasetId: dataset.datasetId,
          segment: 0,
          guardian,
          signer: worker.identity.account.address,
        }),
        ...sealed,
      });
    expect(await opening(one)()).to.have.length(33);
    await expectError("SEALED_BOX_INVALID", opening(other));
  });

  it("behavior: a guardian is replaced, the data untouched; shares of before and after do not mix", async () => {
    const { network, owner, ownerKeys } = scene;
    const own = { ...scene, ...(await publishSegments(network, owner, ownerKeys.publicKey, ids().slice(0, 3))) };
    const [first = 0, second = 0, third = 0, fourth = 0] = ids();
    const before = await sharesOf(own, await claimedJob(own), [first, second]);
    const context = { client: owner, deployment: network.deployment, store: network.store };
    const replaced = await replaceGuardians(context, {
      dataset: own.dataset,
      keyBox: own.keyBox,
      ownerKeyPair: ownerKeys,
      guardians: [second, third, fourth],
      threshold: 2,
    });
    expect(replaced.dataset.segments).to.deep.equal(own.dataset.segments);
    expect(replaced.dataset).to.include({ version: 2, keyEpoch: 1 });
    const after: Scene = { ...own, ...replaced };
    expect(await openThroughGuardians(after, [third, fourth])).to.deep.equal(plaintext);
    expect(await openThroughGuardians(after, [fourth, second])).to.deep.equal(plaintext);
    const job = await claimedJob(after);
    expect(await outcomeOf(after, job, { guardian: first }), "the bundle is not sealed to it").to.equal(
      "BUNDLE_INVALID",
    );

    const [held] = await sharesOf(after, job, [third]);
    const head = decodeKeyBoxHead(replaced.keyBox.head);
    const mixed = [
      ...before.slice(1).map(({ share }) => ({ position: 0, share })),
      ...(held === undefined ? [] : [held]),
    ];
    const error = await expectError("KEYBOX_INVALID", () => combineShares({ head, segment: 0, shares: mixed }));
    expect(error.data).to.include({ culprit: "guardian", guardian: second });
  });

  describe("persona node rotate", () => {
    const data = () => join(folder("guardian-1"), "data");
    const rotate = () =>
      runPersona(
        ["node", "rotate", "--config", join(folder("guardian-1"), "config.json"), "--json"],
        scene.network.runDir,
      );

    it("error: while the guardian serves", async () => {
      const { code, stderr } = await rotate();
      expect(code).to.equal(1);
      expect(stderr).to.contain("NODE_RUNNING");
    });

    it("behavior: shares move to the next period's key; the old one is destroyed, and of no use brought back", async () => {
      const { network, owner, ownerKeys } = scene;
      const erased = await publishSegments(network, owner, ownerKeys.publicKey);
      const registry = { address: network.deployment.datasetRegistry, abi: datasetRegistryAbi } as const;
      await callContract(owner, { ...registry, functionName: "eraseDataset", args: [erased.dataset.datasetId] });
      await passTime(scene, 7 * 86_400);
      await callContract(owner, { ...registry, functionName: "concludeErasure", args: [erased.dataset.datasetId] });

      // An enclave key of a worker lasts seven days.
      scene = { ...scene, worker: await registerTestEnclave(network, await network.fundedClient()) };
      const [first = 0, second = 0] = ids();
      const [old] = network.guardians;
      const deposits = await readdir(join(data(), "deposits"));
      await kill("guardian-1");
      const stale = join(network.runDir, "stale");
      // Without the socket that the killed daemon left.
      await cp(data(), stale, { recursive: true, filter: (file) => !file.endsWith(".sock") });

      const { code, stdout, stderr } = await rotate();
      expect(code, stderr).to.equal(0);
      const rotation = JSON.parse(stdout);
      expect(rotation).to.include({ nodeId: first, from: old?.signer, destroyed: 1, resealed: deposits.length - 1 });
      expect(rotation.to).to.not.equal(old?.signer);
      const nodes = { address: network.deployment.nodeRegistry, abi: nodeRegistryAbi } as const;
      const key = await owner.readContract({ ...nodes, functionName: "enclaveKeyOf", args: [rotation.from] });
      expect(key.state).to.equal(4); // destroyed
      const gone = `${erased.dataset.head.keyBoxDigest.slice(2)}.cbor`;
      expect(await readdir(join(data(), "deposits"))).to.have.members(deposits.filter((name) => name !== gone));

      const [ready] = await start("guardian-1");
      expect(ready?.signer).to.equal(rotation.to);
      expect(await openThroughGuardians(scene, [first, second])).to.deep.equal(plaintext);

      // A host that has kept the sealed keys and shares of before.
      await kill("guardian-1");
      const next = await readFile(join(data(), "enclave-keys.sealed"));
      await cp(stale, data(), { recursive: true, force: true });
      const again = await runPersona(
        ["node", "start", "--config", join(folder("guardian-1"), "config.json"), "--json"],
        scene.network.runDir,
      );
      expect(again.code).to.not.equal(0);
      expect(again.stderr).to.contain("NODE_KEY_INACTIVE");
      expect(next).to.not.deep.equal(await readFile(join(data(), "enclave-keys.sealed")));
    });
  });
});

async function passTime({ owner }: Scene, seconds: number): Promise<void> {
  const rpc = owner.request as (call: { method: string; params: unknown[] }) => Promise<unknown>;
  await rpc({ method: "evm_increaseTime", params: [seconds] });
  await rpc({ method: "evm_mine", params: [] });
}
