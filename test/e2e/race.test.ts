/** Daemons of a market with a race: each waits for its turn, and the chain's own numbers say whose it was. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { delayPerBlock, raceDelay } from "@persona-protocol/sdk/compute";
import { jobMarketAbi, nodeRegistryAbi } from "@persona-protocol/sdk/contracts";
import { expect } from "chai";
import { type Address, type Hex, parseEther } from "viem";
import { type Network, startNetwork } from "../../node/src/dev/startNetwork.ts";
import { type DemoContext, grantPosts, runJob } from "../../scripts/demo/story.ts";
import { deployOnAnvil } from "../helpers/deployedChain.ts";
import { publishSample } from "../helpers/publishedSample.ts";

const unit = 2n;
const jobs = 3;

describe("a race for jobs", function () {
  this.timeout(180_000);
  const stop = new AbortController();
  let folder: string;
  let network: Network;
  let context: DemoContext;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "persona-race-"));
    const runDir = join(folder, "network");
    const size = { guardians: 2, workers: 2, raceUnit: unit };
    network = await startNetwork({
      runDir,
      chain: "anvil",
      deploy: deployOnAnvil,
      port: 0,
      ...size,
      signal: stop.signal,
    });
    const [owner, dapp] = [await network.fundedClient(), await network.fundedClient()];
    const dataset = await publishSample({ network, owner, folder }, { posts: 50, likes: 5, seed: 4 });
    context = { network, owner, dapp, dataset, signal: stop.signal };
  });
  after(async () => {
    await network?.close();
    await rm(folder, { recursive: true, force: true });
  });

  it("default: every job is claimed, by a node whose turn had come, and ends with a result", async () => {
    const granted = await grantPosts(context, { uses: jobs });
    for (let i = 0; i < jobs; i++) {
      const { jobId, verified } = await runJob(context, granted);
      expect(verified).to.equal(true);
      const { posted, claimed, signer } = await eventsOf(jobId);
      const opensAt = posted + 2n + (await delayOf(jobId, posted, signer)) / delayPerBlock;
      expect(claimed >= opensAt, `claimed at ${claimed}, its turn came at ${opensAt}`).to.equal(true);
    }
  });

  async function eventsOf(jobId: Hex): Promise<{ posted: bigint; claimed: bigint; signer: Address }> {
    const { jobMarket: address, fromBlock } = network.deployment;
    const range = { address, abi: jobMarketAbi, args: { jobId }, fromBlock, strict: true } as const;
    const [submission] = await context.owner.getContractEvents({ ...range, eventName: "JobSubmitted" });
    const [claim] = await context.owner.getContractEvents({ ...range, eventName: "JobClaimed" });
    if (submission === undefined || claim === undefined) throw new Error("no events");
    return { posted: submission.blockNumber, claimed: claim.blockNumber, signer: claim.args.signer };
  }

  async function delayOf(jobId: Hex, posted: bigint, signer: Address): Promise<bigint> {
    const registry = { address: network.deployment.nodeRegistry, abi: nodeRegistryAbi } as const;
    const claimer = await context.owner.readContract({ ...registry, functionName: "claimerOf", args: [signer] });
    const { nodeId, weight, totalWeight } = claimer;
    // Two workers that have burned nothing: half of each one's stake counts, and guardians do not race.
    expect([weight, totalWeight]).to.deep.equal([parseEther("500"), parseEther("1000")]);
    const seed = (await context.owner.getBlock({ blockNumber: posted + 1n })).hash;
    return raceDelay({ seed, jobId, attempt: 1, nodeId, unit, weight, totalWeight });
  }
});
