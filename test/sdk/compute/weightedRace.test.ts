import { delayPerBlock, negativeLog, raceDelay } from "@persona-protocol/sdk/compute";
import { callContract, devTokenAbi, jobMarketAbi, nodeRegistryAbi } from "@persona-protocol/sdk/contracts";
import { expect } from "chai";
import { deployContracts } from "../../../node/src/dev/deployContracts.ts";
import { openJobOnChain } from "../../helpers/openJob.ts";
import { createRandom, testSeed } from "../../helpers/random.ts";
import { randomHex32 } from "../../helpers/structs.ts";
import { registerTestEnclave } from "../../helpers/testEnclave.ts";
import { startTestChain, type TestChain } from "../../helpers/testNetwork.ts";

const seed = testSeed();
const random = createRandom(seed);
const one = 1n << 64n;

/** Fixed point of the reference: far finer than what it judges. */
const bits = 160n;
const unit = 1n << bits;

/** ln(a / b) of a ≥ b, by halving the logarithm until the series of artanh converges at once: no step is the contract's. */
function referenceLog(a: bigint, b: bigint): bigint {
  let ratio = (a * unit) / b;
  let doublings = 0n;
  while (ratio > unit + (unit >> 4n)) {
    ratio = squareRoot(ratio * unit);
    doublings += 1n;
  }
  const s = ((ratio - unit) * unit) / (ratio + unit);
  let power = s;
  let sum = 0n;
  for (let k = 1n; power !== 0n; k += 2n) {
    sum += power / k;
    power = (((power * s) / unit) * s) / unit;
  }
  return (2n * sum) << doublings;
}

function squareRoot(value: bigint): bigint {
  let root = 1n << BigInt((value.toString(2).length + 1) >> 1);
  for (;;) {
    const next = (root + value / root) >> 1n;
    if (next >= root) return root;
    root = next;
  }
}

const draws = [
  ...[1n, 2n, 3n, one - 1n, one, one / 2n, one / 2n + 1n, one / 2n - 1n],
  // Around √½, where the contract turns to the other branch, at several powers of two.
  ...[0n, 1n, 30n, 60n].flatMap((shift) => [-1n, 0n, 1n].map((by) => (13_043_817_825_332_782_212n >> shift) + by)),
  ...Array.from({ length: 64 }, (_, i) => one >> BigInt(i)),
  ...Array.from({ length: 2_000 }, () => (BigInt(randomHex32(random)) >> 192n) + 1n),
  ...Array.from({ length: 500 }, () => (BigInt(randomHex32(random)) >> BigInt(193 + random.integer(62))) + 1n),
];

describe("negativeLog", () => {
  it(`default: within 2^-30 of the true logarithm (seed ${seed})`, () => {
    for (const x of draws) {
      const wanted = referenceLog(one, x) >> (bits - 64n);
      const error = negativeLog(x) - wanted;
      expect((error < 0n ? -error : error) < 1n << 34n, `${x}: off by ${error} of 2^-64`).to.equal(true);
    }
  });

  it("behavior: never below zero, zero for 1, and never more for a larger draw, but for the error", () => {
    expect(negativeLog(one)).to.equal(0n);
    const sorted = draws.toSorted((a, b) => (a < b ? -1 : 1)).map(negativeLog);
    expect(sorted.every((log) => log >= 0n)).to.equal(true);
    expect(sorted.every((log, i) => i === 0 || log <= (sorted[i - 1] ?? 0n) + (1n << 35n))).to.equal(true);
  });
});

describe("raceDelay", () => {
  const entry = () => ({
    seed: randomHex32(random),
    jobId: randomHex32(random),
    attempt: 1,
    nodeId: 1,
    unit: 4n,
    weight: 10n ** 21n,
    totalWeight: 4n * 10n ** 21n,
  });

  it("default: at most 64 blocks; who weighs more waits less; twice the unit, twice the time", () => {
    for (let round = 0; round < 200; round++) {
      const node = entry();
      const delay = raceDelay(node);
      expect(delay <= 64n * delayPerBlock).to.equal(true);
      expect(raceDelay({ ...node, weight: node.weight * 2n }) <= delay).to.equal(true);
      const doubled = raceDelay({ ...node, unit: 8n });
      expect(doubled === 64n * delayPerBlock || doubled / 2n === delay).to.equal(true);
    }
    expect(raceDelay({ ...entry(), weight: 1n, totalWeight: 10n ** 30n })).to.equal(64n * delayPerBlock);
  });

  it(`behavior: nodes come first in proportion to their weights (seed ${seed})`, () => {
    const [races, weights] = [3_000, [1n, 2n, 5n]] as const;
    const wins = [0, 0, 0];
    for (let round = 0; round < races; round++) {
      const race = { ...entry(), totalWeight: 8n, unit: 1n };
      const delays = weights.map((weight, i) => raceDelay({ ...race, weight, nodeId: i + 1 }));
      const first = delays.indexOf(delays.toSorted((a, b) => Number(a - b))[0] ?? 0n);
      wins[first] = (wins[first] ?? 0) + 1;
    }
    for (const [i, weight] of weights.entries()) {
      const share = Number(weight) / 8;
      // Five standard deviations.
      const margin = 5 * Math.sqrt((share * (1 - share)) / races);
      expect((wins[i] ?? 0) / races).to.be.within(share - margin, share + margin);
    }
  });

  it("behavior: an attempt, a job, a node and a seed each draw anew", () => {
    const node = { ...entry(), unit: 1n, totalWeight: 10n ** 21n };
    const others = [{ attempt: 2 }, { nodeId: 2 }, { jobId: randomHex32(random) }, { seed: randomHex32(random) }];
    const all = [node, ...others.map((change) => ({ ...node, ...change }))].map(raceDelay);
    expect(new Set(all).size).to.equal(all.length);
  });
});

describe("raceDelay against the deployed market", function () {
  this.timeout(90_000);
  let chain: TestChain;
  before(async () => {
    chain = await startTestChain();
  });
  after(() => chain?.close());

  it("default: JobMarket.raceOf says the same, for nodes of different stakes, job after job", async () => {
    const { governor } = chain;
    const unit = 3n;
    const racing = { ...chain, ...(await deployContracts(governor, { raceUnit: unit })) };
    const { deployment, token } = racing;
    const registry = { address: deployment.nodeRegistry, abi: nodeRegistryAbi } as const;
    const market = { address: deployment.jobMarket, abi: jobMarketAbi } as const;
    const fundedClient = async () => {
      const client = await chain.fundedClient();
      const mint = { address: token, abi: devTokenAbi, functionName: "mint" } as const;
      await callContract(governor, { ...mint, args: [client.account.address, 10n ** 22n] });
      return client;
    };
    const nodes = [];
    for (const stake of [10n ** 21n, 2n * 10n ** 21n, 77n * 10n ** 18n])
      nodes.push(await registerTestEnclave(racing, await fundedClient(), "worker", stake));
    const requester = await fundedClient();
    for (let round = 0; round < 5; round++) {
      const { jobId } = await openJobOnChain(racing, { requester, owner: requester });
      const { raceBlock: at } = await governor.readContract({ ...market, functionName: "jobOf", args: [jobId] });
      await mine(chain, 3);
      const seed = (await governor.getBlock({ blockNumber: BigInt(at) + 1n })).hash;
      for (const { identity, nodeId } of nodes) {
        const signer = identity.account.address;
        const claimer = await governor.readContract({ ...registry, functionName: "claimerOf", args: [signer] });
        const wanted = await governor.readContract({ ...market, functionName: "raceOf", args: [jobId, signer] });
        const { weight, totalWeight } = claimer;
        const delay = raceDelay({ seed, jobId, attempt: 1, nodeId, unit, weight, totalWeight });
        expect(wanted).to.deep.equal([BigInt(at) + 2n + delay / delayPerBlock, delay]);
      }
    }
  });
});

async function mine({ governor }: TestChain, blocks: number): Promise<void> {
  const request = governor.request as (call: { method: string; params: unknown[] }) => Promise<unknown>;
  await request({ method: "hardhat_mine", params: [`0x${blocks.toString(16)}`] });
}
