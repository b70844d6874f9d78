/** One suite of promises, and three who make them: guardians, the adapter to Lit over a recorded client, and a keeper in this process. */
import { rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import {
  createGuardianRelease,
  createMemoryKeyRelease,
  encodeReleaseAnswer,
  revoke,
} from "@persona-protocol/sdk/access";
import {
  createLitKeyRelease,
  type LitClient,
  type LitSealedShare,
  releasableCondition,
} from "@persona-protocol/sdk/access/lit";
import { type ChainView, createChainView } from "@persona-protocol/sdk/contracts";
import { expect } from "chai";
import type { Address } from "viem";
import { askRelease, claimedJob, grantPosts, type Scene, startScene } from "../../helpers/guardianScene.ts";
import { describeKeyRelease, type KeeperRequest, type KeyReleaseBackend } from "../../helpers/keyReleaseContract.ts";
import { sharesOf } from "../../helpers/openThroughGuardians.ts";
import { createRecordedLit, deployReleasableView, type RecordedLit, sessionOf } from "../../helpers/recordedLit.ts";
import { startStandIns } from "../../helpers/standInGuardians.ts";
import { registerTestEnclave } from "../../helpers/testEnclave.ts";

describe("keepers of shares", function () {
  this.timeout(90_000);
  let scene: Scene;
  let shares: Uint8Array[];
  let lit: RecordedLit;
  let releasableView: Address;
  // One of its own: deadlines pass in it.
  before(async () => {
    scene = await startScene();
    const guardians = scene.network.guardians.map(({ nodeId }) => nodeId);
    const held = await sharesOf(scene, await claimedJob(scene), guardians);
    shares = held.toSorted((a, b) => a.position - b.position).map(({ share }) => share);
    lit = createRecordedLit(scene.owner);
    releasableView = await deployReleasableView(scene.owner, scene.network.deployment);
  });
  after(async () => {
    await scene.network.close();
    await rm(scene.network.runDir, { recursive: true, force: true });
  });
  const viewOf = ({ network, owner }: Scene): ChainView => createChainView(owner, network.deployment);

  const guardianAt = (view: ChainView, endpoint: string) =>
    createGuardianRelease({
      block: view.block,
      node: async (nodeId, number) => ({ ...(await view.node(nodeId, number)), endpoint }),
    });
  const guardians: KeyReleaseBackend = {
    name: "guardians",
    keeper: async (request) => createGuardianRelease(viewOf(request.scene)),
    lieIs: "REQUEST_INVALID",
    async lying({ scene, job, position }) {
      const guardian = scene.network.guardians[position]?.nodeId ?? 0;
      const answer = await askRelease(scene, job, { guardian });
      if (answer.status === "refused") throw new Error("refused");
      const [box, ...rest] = answer.keys.shares;
      if (box === undefined) throw new Error("no share");
      const keys = { ...answer.keys, shares: [{ ...box, ct: flipped(box.ct) }, ...rest] };
      const body = encodeReleaseAnswer({ ...answer, keys });
      const standIns = await startStandIns([guardian], () => ({ status: 200, body }));
      return { provider: guardianAt(viewOf(scene), standIns.endpoint(guardian)), close: standIns.close };
    },
    async silent({ scene }) {
      const server = createServer(() => {});
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      const close = () => {
        server.close();
        server.closeAllConnections();
      };
      const { port } = server.address() as AddressInfo;
      return { provider: guardianAt(viewOf(scene), `http://127.0.0.1:${port}`), close };
    },
  };

  /** Sealed by whoever likes to, under the job's condition: what a careful owner refuses to seal must still not come out. */
  const litKeeper = async (request: KeeperRequest, client: LitClient = lit.client) => {
    const { job, enclave } = request;
    const { jobId, params } = job;
    const evmContractConditions = [releasableCondition({ chain: "local", releasableView, jobId, params, input: 0 })];
    const sealed: LitSealedShare[] = [];
    for (const { index, share } of request.shares) {
      const made = await lit.client.encrypt({ evmContractConditions, dataToEncrypt: share });
      sealed.push({ jobId, input: 0, index, ...made });
    }
    return createLitKeyRelease({
      client,
      chainView: viewOf(request.scene),
      chain: { name: "local", id: 31_337 },
      localNetwork: true,
      releasableView,
      sessionSigs: () => sessionOf(enclave.identity.account),
      sealed: async () => sealed,
    });
  };
  const close = () => {};
  const litBackend: KeyReleaseBackend = {
    name: "lit",
    keeper: litKeeper,
    lieIs: "DIGEST_MISMATCH",
    async lying(request) {
      const decrypt: LitClient["decrypt"] = async (asked) => {
        const { decryptedData } = await lit.client.decrypt(asked);
        return { decryptedData: flipped(decryptedData) };
      };
      return { provider: await litKeeper(request, { ...lit.client, decrypt }), close };
    },
    async silent(request) {
      const decrypt: LitClient["decrypt"] = () => new Promise(() => {});
      return { provider: await litKeeper(request, { ...lit.client, decrypt }), close };
    },
  };

  const memoryKeeper = (
    request: KeeperRequest,
    view = viewOf(request.scene),
    change = (share: Uint8Array) => share,
  ) => {
    const keeper = createMemoryKeyRelease(view);
    const input = request.opened.spec.inputs[0];
    if (input === undefined) throw new Error("no input");
    keeper.hold(
      input,
      request.shares.map(({ index, share }) => ({ index, share: change(share) })),
    );
    return keeper;
  };
  const memory: KeyReleaseBackend = {
    name: "memory",
    keeper: async (request) => memoryKeeper(request),
    lieIs: "KEYBOX_INVALID",
    lying: async (request) => ({ provider: memoryKeeper(request, viewOf(request.scene), flipped), close }),
    silent: async (request) => {
      const view = { ...viewOf(request.scene), block: () => new Promise<never>(() => {}) };
      return { provider: memoryKeeper(request, view), close };
    },
  };

  for (const backend of [guardians, litBackend, memory]) describeKeyRelease(backend, () => ({ scene, shares }));

  describe("the recorded client of Lit", () => {
    it("behavior: refuses by its own reading of the chain, without the adapter: a stranger, a revoked grant", async () => {
      const grant = await grantPosts(scene);
      const job = await claimedJob(scene, { grants: [grant] });
      const { jobId, params } = job;
      const evmContractConditions = [releasableCondition({ chain: "local", releasableView, jobId, params, input: 0 })];
      const dataToEncrypt = Uint8Array.of(1, 2, 3);
      const sealed = await lit.client.encrypt({ evmContractConditions, dataToEncrypt });
      const ask = async (account: Parameters<typeof sessionOf>[0]) =>
        lit.client
          .decrypt({ ...sealed, evmContractConditions, chain: "local", sessionSigs: await sessionOf(account) })
          .then(({ decryptedData }) => decryptedData, String);
      const other = await registerTestEnclave(scene.network, await scene.network.fundedClient());
      expect(await ask(scene.worker.identity.account)).to.deep.equal(dataToEncrypt);
      expect(await ask(other.identity.account)).to.contain("NotAuthorized");
      await revoke({ client: scene.owner, deployment: scene.network.deployment }, grant);
      expect(await ask(scene.worker.identity.account)).to.contain("NotAuthorized");
      expect(lit.asked.slice(-3).map(({ ok }) => ok)).to.deep.equal([true, false, false]);
    });
  });
});

function flipped(bytes: Uint8Array): Uint8Array {
  const copy = Uint8Array.from(bytes);
  copy[5] = (copy[5] ?? 0) ^ 1;
  return copy;
}
