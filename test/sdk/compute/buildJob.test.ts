import type { GrantPackage } from "@persona-protocol/sdk/access";
import { buildJob, decodeSealedBundle } from "@persona-protocol/sdk/compute";
import { type ChainClient, jobIdOf } from "@persona-protocol/sdk/contracts";
import { generateKemKeyPair, keyIdOf } from "@persona-protocol/sdk/crypto";
import { encodeCbor } from "@persona-protocol/sdk/storage";
import { expect } from "chai";
import { type Address, BaseError } from "viem";
import { expectError } from "../../helpers/errors.ts";
import { createProgram } from "../../helpers/programs.ts";
import { createRandom, testSeed } from "../../helpers/random.ts";
import { startStandIns } from "../../helpers/standInGuardians.ts";
import { randomDeployment, randomHex32, randomStruct } from "../../helpers/structs.ts";

const seed = testSeed();
const random = createRandom(seed);
const deployment = randomDeployment(random);
const address = (nodeId: number): Address => `0x${String(nodeId).padStart(40, "0")}`;

describe("buildJob", () => {
  let kemKey: Uint8Array;
  let standIns: Awaited<ReturnType<typeof startStandIns>>;
  let down: readonly number[];

  before(async () => {
    ({ publicKey: kemKey } = await generateKemKeyPair());
    standIns = await startStandIns([4, 5, 6, 7, 8], (nodeId) => ({
      status: 200,
      body: down.includes(nodeId)
        ? new TextEncoder().encode("<html>down for maintenance</html>")
        : encodeCbor({ nodeId, signer: address(nodeId), kemKey }),
    }));
  });
  after(() => standIns.close());
  beforeEach(() => {
    down = [];
  });

  function context() {
    const reads: Record<string, (argument: never) => unknown> = {
      tokenOf: () => ({ allowed: true, protocolFeeBps: 150, burnedUnit: 0n, collected: 0n }),
      nodeOf: (nodeId: number) => {
        if (nodeId === 99) throw new BaseError("The contract reverted.");
        return { operator: address(1), endpoint: standIns.endpoint(nodeId), roles: 1 };
      },
      enclaveKeyOf: (signer: Address) => ({
        nodeId: Number(BigInt(signer).toString(16)),
        keyClass: 2,
        state: 2, // draining
        sealUntil: 0,
        openUntil: 2 ** 32,
        measurement: randomHex32(random),
        kemKeyHash: keyIdOf(kemKey),
      }),
      keyStatusOf: () => ({ state: 2, banned: false }),
    };
    const client = {
      account: { address: address(3) },
      getBlock: async () => ({ number: 1n, hash: randomHex32(random), timestamp: 1_000n }),
      readContract: async (call: { functionName: string; args: never[] }) =>
        reads[call.functionName]?.(call.args[0] as never),
    };
    return { client: client as unknown as ChainClient, deployment };
  }

  function grantOf(guardians: readonly number[], threshold: number): GrantPackage {
    const catalogue = [randomHex32(random)];
    return {
      terms: randomStruct("Terms", random),
      scope: { ...randomStruct("Scope", random), segments: 1n },
      signature: undefined,
      dataset: {
        version: 1,
        keyEpoch: 1,
        head: {
          manifestDigest: randomHex32(random),
          keyBoxDigest: randomHex32(random),
          guardianSetHash: randomHex32(random),
          catalogueHash: randomHex32(random),
          catalogueLength: 1,
        },
        catalogue,
        guardians,
        threshold,
      },
    };
  }

  async function sealedTo(grants: readonly GrantPackage[]) {
    const { bundle, params } = await buildJob(context(), { program: createProgram(), grants, fee: 1n });
    const { keys } = decodeSealedBundle(bundle, params.order.bundleDigest);
    return keys.map(({ guardian, inputs }) => [guardian, [...inputs]]);
  }

  it(`default: sealed to every guardian, draining ones too, each with its inputs (seed ${seed})`, async () => {
    expect(await sealedTo([grantOf([4, 5, 6], 2), grantOf([6, 7, 8], 3)])).to.deep.equal([
      [4, [0]],
      [5, [0]],
      [6, [0, 1]],
      [7, [1]],
      [8, [1]],
    ]);
  });

  it("default: the protocol fee of fee and prices, rounded down; the windows asked for, or the defaults", async () => {
    const grants = [grantOf([4, 5], 2), grantOf([4, 5], 2)];
    const prices = grants.reduce((sum, { terms }) => sum + terms.price, 0n);
    const built = await buildJob(context(), { program: createProgram(), grants, fee: 99n });
    const { order, offer } = built.params;
    expect(order.protocolFee).to.equal(((prices + 99n) * 150n) / 10_000n);
    expect(order.inputs.map(({ price }) => price)).to.deep.equal(grants.map(({ terms }) => terms.price));
    expect(built.jobId).to.equal(jobIdOf(deployment, address(3), built.salt));
    expect(offer).to.include({ claimBy: 1_600, runSeconds: 1_200, namedNode: 0 });
    const windows = { claimSeconds: 5, runSeconds: 7 };
    const asked = await buildJob(context(), { program: createProgram(), grants, fee: 1n, ...windows });
    expect(asked.params.offer).to.include({ claimBy: 1_005, runSeconds: 7 });
  });

  it("behavior: t of n are enough, whatever the others do", async () => {
    down = [5];
    expect(await sealedTo([grantOf([4, 5, 6], 2)])).to.deep.equal([
      [4, [0]],
      [6, [0]],
    ]);
    down = [5, 8];
    expect(await sealedTo([grantOf([4, 5, 6], 2), grantOf([6, 7, 8, 99], 2)])).to.deep.equal([
      [4, [0]],
      [6, [0, 1]],
      [7, [1]],
    ]);
  });

  it("error: GUARDIANS_UNAVAILABLE: fewer than one input's threshold, and who they are", async () => {
    down = [7];
    const grants = [grantOf([4, 5, 6], 2), grantOf([6, 7, 99], 2)];
    const { data, message } = await expectError("GUARDIANS_UNAVAILABLE", () => sealedTo(grants));
    expect(data).to.deep.equal({
      input: 1,
      datasetId: grants[1]?.terms.datasetId,
      threshold: 2,
      reachable: 1,
      "guardian 7": "GUARDIANS_UNAVAILABLE: The guardian's answer is malformed.",
      "guardian 99": "The contract reverted.",
    });
    expect(message).to.include("guardian 7");
  });

  it("error: GUARDIANS_UNAVAILABLE: a guardian named twice is one", async () => {
    await expectError("GUARDIANS_UNAVAILABLE", () => sealedTo([grantOf([4, 4], 2)]));
  });
});
