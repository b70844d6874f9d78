import { type ChainView, createAgreeingNodeView, type EnclaveKeyState } from "@persona-protocol/sdk/contracts";
import { generateKemKeyPair, keyIdOf } from "@persona-protocol/sdk/crypto";
import { PersonaError } from "@persona-protocol/sdk/errors";
import { encodeCbor } from "@persona-protocol/sdk/storage";
import { expect } from "chai";
import type { Address } from "viem";
import { findGuardians, resolveGuardians } from "../../../sdk/src/access/resolveGuardians.ts";
import { expectError } from "../../helpers/errors.ts";
import { createRandom, testSeed } from "../../helpers/random.ts";
import { type StandInAnswer, startStandIns } from "../../helpers/standInGuardians.ts";
import { randomDeployment, randomHex32 } from "../../helpers/structs.ts";

const random = createRandom(testSeed());
const now = 1_000;
const address = (nodeId: number): Address => `0x${String(nodeId).padStart(40, "0")}`;

describe("resolveGuardians", () => {
  const nodeIds = [4, 7, 9];
  let kemKey: Uint8Array;
  let standIns: Awaited<ReturnType<typeof startStandIns>>;
  /** What node 7 does; the others are honest. */
  let answer: Partial<StandInAnswer>;
  let key: Partial<EnclaveKeyState>;
  let endpoint: string | undefined;

  before(async () => {
    ({ publicKey: kemKey } = await generateKemKeyPair());
    standIns = await startStandIns(nodeIds, (nodeId) => ({
      status: 200,
      body: encodeCbor({ nodeId, signer: address(nodeId), kemKey }),
      ...(nodeId === 7 ? answer : {}),
    }));
  });
  after(() => standIns.close());
  beforeEach(() => {
    answer = {};
    key = {};
    endpoint = undefined;
  });

  const unused = () => {
    throw new Error("not asked for");
  };
  function chainView(): ChainView {
    return {
      deployment: randomDeployment(random),
      block: async () => ({ number: 1n, hash: randomHex32(random), timestamp: BigInt(now) }),
      node: async (nodeId) => ({
        operator: address(1),
        endpoint: (nodeId === 7 ? endpoint : undefined) ?? standIns.endpoint(nodeId),
        roles: 1,
      }),
      enclaveKey: async (signer) => ({
        nodeId: Number(BigInt(signer).toString(16)),
        keyClass: 2,
        state: "active",
        sealUntil: now + 1,
        openUntil: now + 2,
        measurement: randomHex32(random),
        kemKeyHash: keyIdOf(kemKey),
        banned: false,
        ...(signer === address(7) ? key : {}),
      }),
      releasable: unused,
      readable: unused,
      dataset: unused,
      job: unused,
      signedBy: unused,
    };
  }

  const found = async () => {
    const { guardians, failures } = await findGuardians(chainView(), nodeIds);
    const why = failures.map(({ nodeId, error }) => [nodeId, error instanceof PersonaError ? error.code : error.name]);
    return { guardians: guardians.map(({ nodeId }) => nodeId), failures: why };
  };

  it("default: all of them, in the order they were asked for", async () => {
    const guardians = await resolveGuardians(chainView(), nodeIds);
    expect(guardians.map(({ nodeId }) => nodeId)).to.deep.equal(nodeIds);
    for (const { kemPublicKey } of guardians) expect(kemPublicKey).to.deep.equal(kemKey);
    expect(await found()).to.deep.equal({ guardians: nodeIds, failures: [] });
  });

  it("behavior: a key that is draining, or past sealing, still opens and takes no shares", async () => {
    for (const [change, code] of [
      [{ state: "draining" }, "NODE_KEY_INACTIVE"],
      [{ sealUntil: now }, "NODE_KEY_EXPIRED"],
    ] as const) {
      key = change;
      await expectError(code, () => resolveGuardians(chainView(), nodeIds));
      expect(await found()).to.deep.equal({ guardians: nodeIds, failures: [] });
    }
  });

  it("error: one that fails vetoes publishing, and only itself where one job's key is sealed", async () => {
    const good = encodeCbor({ nodeId: 7, signer: address(7), kemKey });
    const cases: readonly (readonly [() => void, string])[] = [
      [() => (answer = { status: 500 }), "GUARDIANS_UNAVAILABLE"],
      [() => (answer = { body: new Uint8Array() }), "GUARDIANS_UNAVAILABLE"],
      [() => (answer = { body: good.subarray(0, -1) }), "GUARDIANS_UNAVAILABLE"],
      [() => (answer = { body: new TextEncoder().encode("<html>") }), "GUARDIANS_UNAVAILABLE"],
      [() => (answer = { body: encodeCbor({ signer: "0x12", kemKey }) }), "GUARDIANS_UNAVAILABLE"],
      [() => (answer = { body: encodeCbor({ signer: address(7), kemKey: kemKey.slice(1) }) }), "GUARDIANS_UNAVAILABLE"],
      [() => (answer = { body: new Uint8Array(17 * 1_024) }), "GUARDIANS_UNAVAILABLE"],
      [() => (answer = { body: encodeCbor({ signer: address(4), kemKey }) }), "NODE_KEY_UNKNOWN"],
      [() => (endpoint = ""), "GUARDIANS_UNAVAILABLE"],
      [() => (endpoint = "no address"), "GUARDIANS_UNAVAILABLE"],
      [() => (endpoint = "http://127.0.0.1:1"), "GUARDIANS_UNAVAILABLE"],
      [() => (key = { keyClass: 1 }), "NODE_KEY_UNKNOWN"],
      [() => (key = { kemKeyHash: randomHex32(random) }), "NODE_KEY_UNKNOWN"],
      [() => (key = { state: "frozen" }), "NODE_KEY_INACTIVE"],
      [() => (key = { banned: true }), "MEASUREMENT_BANNED"],
      [() => (key = { sealUntil: now, openUntil: now }), "NODE_KEY_EXPIRED"],
    ];
    for (const [change, code] of cases) {
      [answer, key, endpoint] = [{}, {}, undefined];
      change();
      expect(
        (await expectError(code as "NODE_KEY_UNKNOWN", () => resolveGuardians(chainView(), nodeIds))).code,
      ).to.equal(code);
      expect(await found(), String(change)).to.deep.equal({ guardians: [4, 9], failures: [[7, code]] });
    }
  });

  describe("by several endpoints", () => {
    /** Says that node 7 is another one, of whoever runs the endpoint, whose key is theirs. */
    const hostile = (): ChainView => ({
      ...chainView(),
      node: async (nodeId) => ({
        operator: address(1),
        endpoint: standIns.endpoint(nodeId === 7 ? 4 : nodeId),
        roles: 1,
      }),
      enclaveKey: async (...of) => ({ ...(await chainView().enclaveKey(...of)), nodeId: 7 }),
    });
    /** Both have this block. */
    const same = randomHex32(random);
    const at = (head: bigint, of: ChainView): ChainView => ({
      ...of,
      block: async (tag) => ({ number: tag === "latest" ? head : tag, hash: same, timestamp: BigInt(now) }),
      enclaveKey: async (...asked) => ({ ...(await of.enclaveKey(...asked)), measurement: same }),
    });

    it("default: one alone is believed, and can name its own key; several that agree name the same guardians", async () => {
      expect((await resolveGuardians(hostile(), [7])).map(({ endpoint: where }) => where)).to.deep.equal([
        standIns.endpoint(4),
      ]);
      const nodes = createAgreeingNodeView([at(5n, chainView()), at(9n, chainView())]);
      expect((await resolveGuardians(nodes, nodeIds)).map(({ nodeId }) => nodeId)).to.deep.equal(nodeIds);
    });

    it("error: CHAIN_DISAGREES: one of several lies, ahead of the others or behind; nothing is sealed", async () => {
      for (const head of [9n, 3n, 5n]) {
        const nodes = createAgreeingNodeView([at(5n, chainView()), at(head, hostile()), at(6n, chainView())]);
        await expectError("CHAIN_DISAGREES", () => resolveGuardians(nodes, [7]));
      }
    });

    it("error: CHAIN_DISAGREES: other blocks of one number, or one that is left far behind", async () => {
      const forked = { ...at(5n, chainView()), block: chainView().block };
      for (const nodes of [
        createAgreeingNodeView([at(1n, chainView()), forked]),
        createAgreeingNodeView([at(5n, chainView()), at(22n, chainView())]),
      ])
        await expectError("CHAIN_DISAGREES", () => nodes.block("latest"));
    });
  });

  it("error: a bug is not a guardian's failure", async () => {
    const chain = { ...chainView(), enclaveKey: unused };
    const error = await findGuardians(chain, nodeIds).catch((thrown) => thrown);
    expect(error).to.be.an("error").with.property("message", "not asked for");
  });
});
