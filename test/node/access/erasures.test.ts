/** When a guardian's enclave has shares destroyed: a real chain that erases, restores and reorganises. */
import { decodeLogEntry, emptyFrontier } from "@persona-protocol/sdk/access";
import {
  type ChainClient,
  callContract,
  createChainView,
  datasetIdOf,
  datasetRegistryAbi,
} from "@persona-protocol/sdk/contracts";
import { reasonOfCode } from "@persona-protocol/sdk/errors";
import { expect } from "chai";
import type { Hex } from "viem";
import { createAccessLog } from "../../../node/src/enclave/runtime/guardian/accessLog.ts";
import { createErasures, type Erasures } from "../../../node/src/enclave/runtime/guardian/erasures.ts";
import { createGuardianChain, type GuardianChain } from "../../../node/src/enclave/runtime/guardian/guardianChain.ts";
import { expectError } from "../../helpers/errors.ts";
import { createKeyBox } from "../../helpers/keyBox.ts";
import { createRandom, testSeed } from "../../helpers/random.ts";
import { randomHex32 } from "../../helpers/structs.ts";
import { startTestChain, type TestChain } from "../../helpers/testNetwork.ts";

const random = createRandom(testSeed());
const week = 7 * 24 * 3_600;
const confirmations = 3;

describe("createErasures", function () {
  this.timeout(60_000);
  let network: TestChain;
  let owner: ChainClient;
  let snapshot: unknown;
  let chain: GuardianChain;
  let erasures: Erasures;
  let datasetId: Hex;
  let keyBoxDigest: Hex;
  /** What the host has, by digest. */
  let disk: Map<Hex, { head: Uint8Array; datasetId: Hex }>;
  let lines: Uint8Array[];
  let order: string[];
  let forgotten: Hex[];
  let diskFails: boolean;
  /** Datasets of which the host has taken another deposit meanwhile. */
  let depositedAgain: Set<Hex>;

  before(async () => {
    network = await startTestChain();
    owner = await network.fundedClient();
  });
  after(() => network?.close());

  const rpc = (method: string, params: unknown[]) =>
    (network.governor.request as (call: { method: string; params: unknown[] }) => Promise<unknown>)({ method, params });
  const mine = async (blocks: number) => {
    for (let i = 0; i < blocks; i++) await rpc("evm_mine", []);
  };
  const registry = () => ({ address: network.deployment.datasetRegistry, abi: datasetRegistryAbi }) as const;
  const call = (functionName: "eraseDataset" | "restoreDataset" | "concludeErasure") =>
    callContract(owner, { ...registry(), functionName, args: [datasetId] });
  const settle = async () => erasures.settle(datasetId, await chain.look());
  /** As a host tells it whose machine's clock goes with the chain. */
  const overdue = async (...datasetIds: Hex[]) => ({
    datasetIds,
    asOf: Number((await chain.look()).confirmed.timestamp),
  });
  const passWeek = () => rpc("evm_increaseTime", [week]);

  async function keep(of: Hex): Promise<Hex> {
    const { keyBox } = await createKeyBox({ datasetId: of });
    disk.set(keyBox.keyBoxDigest, { head: keyBox.headBytes, datasetId: of });
    return keyBox.keyBoxDigest;
  }

  beforeEach(async () => {
    snapshot = await rpc("evm_snapshot", []);
    [disk, lines, order, forgotten, diskFails, depositedAgain] = [new Map(), [], [], [], false, new Set()];
    const salt = randomHex32(random);
    datasetId = datasetIdOf(network.deployment, owner.account.address, salt);
    const made = [salt, randomHex32(random), randomHex32(random), randomHex32(random), [randomHex32(random)]] as const;
    await callContract(owner, { ...registry(), functionName: "registerDataset", args: made });
    keyBoxDigest = await keep(datasetId);
    restart();
  });
  afterEach(() => rpc("evm_revert", [snapshot]));

  function restart(): void {
    chain = createGuardianChain([createChainView(owner, network.deployment)], { confirmations: BigInt(confirmations) });
    const log = createAccessLog(emptyFrontier, async (stored) => {
      lines.push(...stored.map(({ entry }) => entry));
      order.push("log");
    });
    erasures = createErasures({
      chain,
      log,
      host: {
        kept: async (of) => [...disk].flatMap(([digest, kept]) => (kept.datasetId === of ? [digest] : [])),
        deposit: async (digest) => disk.get(digest),
        async destroy(digests) {
          if (diskFails) throw new Error("the disk is gone");
          order.push("destroy");
          for (const digest of digests) disk.delete(digest);
        },
        async expire(of) {
          if (depositedAgain.has(of)) return 0;
          const digests = [...disk].flatMap(([digest, kept]) => (kept.datasetId === of ? [digest] : []));
          for (const digest of digests) disk.delete(digest);
          return digests.length;
        },
      },
      forget: (of) => forgotten.push(of),
    });
  }

  it("default: erased and confirmed: logged with its KeyBox, destroyed after that, and nothing else", async () => {
    const other = await keep(randomHex32(random));
    await call("eraseDataset");
    await passWeek();
    await call("concludeErasure");
    await mine(confirmations);
    expect(await settle()).to.equal(1);
    expect([...disk.keys()]).to.deep.equal([other]);
    expect(order).to.deep.equal(["log", "destroy"]);
    expect(forgotten).to.deep.equal([datasetId]);
    const { number } = (await chain.look()).confirmed;
    expect(lines.map((line) => ({ ...decodeLogEntry(line), salt: undefined }))).to.deep.equal([
      {
        kind: "destruction",
        reason: reasonOfCode("DATASET_ERASED"),
        jobId: keyBoxDigest,
        attempt: 0,
        input: 0,
        datasetId,
        signer: owner.account.address,
        blockNumber: number,
        salt: undefined,
      },
    ]);
    expect(await settle(), "once").to.equal(0);
    await keep(datasetId);
    expect(await erasures.sweep([datasetId]), "a deposit that was on its way is found by the next sweep").to.equal(1);
    expect([...disk.keys()]).to.deep.equal([other]);
  });

  it("behavior: erased by a block that is not confirmed yet: nothing until it is", async () => {
    await call("eraseDataset");
    await passWeek();
    await call("concludeErasure");
    for (let depth = 0; depth < confirmations; depth++) {
      expect([await settle(), await erasures.sweep([datasetId])], `${depth} blocks on it`).to.deep.equal([0, 0]);
      await mine(1);
    }
    expect([...disk.keys()]).to.deep.equal([keyBoxDigest]);
    expect(lines).to.deep.equal([]);
    expect(await erasures.sweep([datasetId])).to.equal(1);
  });

  it("behavior: the block that erased it goes away again: the shares are there for who has the dataset restored", async () => {
    await call("eraseDataset");
    await mine(confirmations);
    const before = await rpc("evm_snapshot", []);
    await passWeek();
    await call("concludeErasure");
    await mine(confirmations - 1);
    expect([await settle(), await erasures.sweep([datasetId])]).to.deep.equal([0, 0]);
    await rpc("evm_revert", [before]);
    await call("restoreDataset");
    await mine(2 * confirmations);
    expect([await settle(), await erasures.sweep([datasetId])]).to.deep.equal([0, 0]);
    expect([...disk.keys()]).to.deep.equal([keyBoxDigest]);
    expect([lines, forgotten]).to.deep.equal([[], []]);
  });

  it("behavior: pending, also past its week, and cancelled: nothing", async () => {
    await call("eraseDataset");
    await mine(confirmations);
    expect([await settle(), await erasures.sweep([datasetId])], "pending").to.deep.equal([0, 0]);
    await call("restoreDataset");
    await mine(confirmations);
    expect([await settle(), await erasures.sweep([datasetId])], "cancelled").to.deep.equal([0, 0]);
    await call("eraseDataset");
    await passWeek();
    await mine(confirmations);
    expect([await settle(), await erasures.sweep([datasetId])], "a week, and nobody concluded it").to.deep.equal([
      0, 0,
    ]);
    expect([...disk.keys()]).to.deep.equal([keyBoxDigest]);
    expect([lines, forgotten]).to.deep.equal([[], []]);
  });

  it("behavior: what nobody has registered ends when it is old, and only that", async () => {
    const never = randomHex32(random);
    const unregistered = await keep(never);
    await mine(2 * confirmations);
    expect(await erasures.sweep([datasetId, never]), "its owner still has time").to.equal(0);
    expect(await erasures.sweep([datasetId, never], await overdue(datasetId))).to.equal(0);
    expect([...disk.keys()]).to.deep.equal([keyBoxDigest, unregistered]);
    expect(await erasures.sweep([datasetId, never], await overdue(datasetId, never))).to.equal(1);
    expect([...disk.keys()]).to.deep.equal([keyBoxDigest]);
    expect([lines, forgotten]).to.deep.equal([[], [never]]);
  });

  it("behavior: registered by a block that is not confirmed yet, a dataset keeps its old shares", async () => {
    await mine(2 * confirmations);
    const salt = randomHex32(random);
    const fresh = datasetIdOf(network.deployment, owner.account.address, salt);
    const digest = await keep(fresh);
    const made = [salt, randomHex32(random), randomHex32(random), randomHex32(random), [randomHex32(random)]] as const;
    await callContract(owner, { ...registry(), functionName: "registerDataset", args: made });
    expect(await erasures.sweep([fresh], await overdue(fresh))).to.equal(0);
    expect([...disk.keys()]).to.include(digest);
  });

  it("behavior: a chain that stands still, or is read anew from its beginning, ends nothing that was registered since", async () => {
    const late = randomHex32(random);
    const digest = await keep(late);
    await mine(2 * confirmations);
    const { datasetIds, asOf } = await overdue(late);
    // What the machine's clock says is not what these endpoints have come to.
    expect(await erasures.sweep([late], { datasetIds, asOf: asOf + 1 })).to.equal(0);
    expect([...disk.keys()]).to.include(digest);
    await rpc("evm_increaseTime", [60]);
    await mine(2 * confirmations);
    expect(await erasures.sweep([late], { datasetIds, asOf: asOf + 1 })).to.equal(1);
  });

  it("behavior: deposited again while the sweep was on its way, it stays", async () => {
    const late = randomHex32(random);
    const digest = await keep(late);
    await mine(2 * confirmations);
    depositedAgain.add(late);
    expect(await erasures.sweep([late], await overdue(late))).to.equal(0);
    expect([...disk.keys()]).to.include(digest);
  });

  it("behavior: killed between the entry and the disk, it is done after the restart", async () => {
    await call("eraseDataset");
    await passWeek();
    await call("concludeErasure");
    await mine(confirmations);
    diskFails = true;
    const failed = await settle().then(
      () => false,
      () => true,
    );
    expect([failed, disk.size, lines.length]).to.deep.equal([true, 1, 1]);
    diskFails = false;
    restart();
    expect(await erasures.sweep([datasetId])).to.equal(1);
    expect([disk.size, lines.length]).to.deep.equal([0, 2]);
  });

  it("behavior: a digest that the host made up is not logged", async () => {
    const stranger = await createKeyBox();
    disk.set(stranger.keyBox.keyBoxDigest, { head: stranger.keyBox.headBytes, datasetId });
    disk.set(randomHex32(random), { head: random.bytes(50), datasetId });
    await call("eraseDataset");
    await passWeek();
    await call("concludeErasure");
    await mine(confirmations);
    expect(await settle()).to.equal(3);
    expect(lines.map((line) => decodeLogEntry(line).jobId)).to.deep.equal([keyBoxDigest]);
  });

  it("error: CHAIN_DISAGREES: endpoints that say different things destroy nothing", async () => {
    await call("eraseDataset");
    await mine(confirmations);
    const honest = createChainView(owner, network.deployment);
    const lying = {
      ...honest,
      dataset: async (...args: Parameters<typeof honest.dataset>) => ({
        ...(await honest.dataset(...args)),
        status: "erased" as const,
      }),
    };
    chain = createGuardianChain([lying, honest], { confirmations: BigInt(confirmations) });
    erasures = createErasures({
      chain,
      log: {
        append: async () => {
          throw new Error("nothing is logged");
        },
      },
      host: {
        kept: async () => [keyBoxDigest],
        deposit: async (digest) => disk.get(digest),
        destroy: async () => disk.clear(),
        expire: async () => 0,
      },
      forget: (of) => forgotten.push(of),
    });
    await expectError("CHAIN_DISAGREES", settle);
    expect([disk.size, forgotten]).to.deep.equal([1, []]);
  });
});
