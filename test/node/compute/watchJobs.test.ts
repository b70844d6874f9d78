import { encodeStruct } from "@persona-protocol/sdk/contracts";
import { expect } from "chai";
import type { Hex } from "viem";
import type { Journal } from "../../../node/src/compute/journal.ts";
import { openJournal } from "../../../node/src/compute/sqliteJournal.ts";
import { watchJobs } from "../../../node/src/compute/watchJobs.ts";
import { createRandom, testSeed } from "../../helpers/random.ts";
import { randomDeployment, randomHex32, randomStruct } from "../../helpers/structs.ts";

const random = createRandom(testSeed());
const deployment = { ...randomDeployment(random), fromBlock: 0n };

type Event = { eventName: string; blockNumber: bigint; blockHash: Hex; logIndex: number; args: object };

describe("watchJobs", () => {
  let journal: Journal;
  let head: bigint;
  let events: Event[];
  /** What the node that answers has not seen. */
  let behind: bigint;
  let maxRange: bigint;
  let asked: [bigint, bigint][];
  let news: number;
  beforeEach(() => {
    journal = openJournal(":memory:");
    [head, behind, maxRange, asked, events, news] = [20n, 0n, 10_000n, [], [], 0];
  });
  afterEach(() => journal.close());

  const event = (eventName: string, blockNumber: bigint, jobId: Hex): Event => ({
    eventName,
    blockNumber,
    blockHash: randomHex32(random),
    logIndex: 0,
    args: { jobId, params: randomStruct("JobParams", random) },
  });
  /** Runs for so many looks at the chain's head. */
  async function turns(count: number, between: (turn: number) => Promise<void> | void = () => {}): Promise<void> {
    const stopping = new AbortController();
    let turn = 0;
    const client = {
      async getBlockNumber() {
        if (turn === count) {
          stopping.abort();
          throw new Error("the test is over");
        }
        await between(turn++);
        return head;
      },
      async getBlock({ blockNumber }: { blockNumber: bigint }) {
        if (blockNumber > head - behind) throw new Error("no such block");
        return {};
      },
      async getContractEvents({ fromBlock, toBlock }: { fromBlock: bigint; toBlock: bigint }) {
        asked.push([fromBlock, toBlock]);
        if (toBlock - fromBlock + 1n > maxRange) throw new Error("range too large");
        return events.filter(({ blockNumber: at }) => at >= fromBlock && at <= toBlock && at <= head - behind);
      },
    };
    const context = {
      client,
      deployment,
      config: { confirmations: 0, pollMs: 1, maxQueue: 1_000 },
      log: { warn: () => {} },
    };
    await watchJobs(
      context as unknown as Parameters<typeof watchJobs>[0],
      journal,
      () => {
        news += 1;
      },
      stopping.signal,
    );
  }

  it("default: jobs reach the journal once, and what was read is remembered", async () => {
    const [first, second] = [randomHex32(random), randomHex32(random)];
    events = [event("JobSubmitted", 3n, first), event("JobSubmitted", 20n, second)];
    await turns(3);
    expect((await journal.open()).map(({ jobId }) => jobId)).to.deep.equal([first, second]);
    expect([await journal.nextBlock(), asked.length, news]).to.deep.equal([21n, 1, 1]);
  });

  it("behavior: a node that has not come so far loses no job", async () => {
    const jobId = randomHex32(random);
    events = [event("JobSubmitted", 20n, jobId)];
    behind = 1n;
    await turns(3);
    expect(await journal.nextBlock()).to.equal(undefined);
    behind = 0n;
    await turns(1);
    expect((await journal.get(jobId))?.state.status).to.equal("seen");
  });

  it("behavior: a job that a reorganisation has moved back behind what was read is found", async () => {
    await turns(1);
    const jobId = randomHex32(random);
    events = [event("JobSubmitted", 18n, jobId)];
    head = 21n;
    await turns(1);
    expect((await journal.get(jobId))?.state.status).to.equal("seen");
  });

  it("behavior: news that is read twice is heard once", async () => {
    const jobId = randomHex32(random);
    await journal.add(jobId, encodeStruct("JobParams", randomStruct("JobParams", random)));
    const leave = async () => {
      await journal.apply(jobId, { type: "claim" });
      await journal.apply(jobId, { type: "claimLost", why: "JOB_NOT_CLAIMABLE", block: 18 });
    };
    await leave();
    events = [event("JobReopened", 19n, jobId)];
    await turns(3, async (turn) => {
      if (turn === 1) {
        expect((await journal.get(jobId))?.state.status).to.equal("seen");
        await leave();
      }
      head += 1n;
    });
    expect([(await journal.get(jobId))?.state.status, asked.length]).to.deep.equal(["left", 3]);
  });

  it("behavior: a chain that is shorter than what was read is read again from its end", async () => {
    await journal.setNextBlock(100n);
    const jobId = randomHex32(random);
    events = [event("JobSubmitted", 15n, jobId)];
    await turns(2);
    expect((await journal.get(jobId))?.state.status).to.equal("seen");
    expect(await journal.nextBlock()).to.equal(21n);
  });

  it("behavior: asks for less where a provider caps the range, however low", async () => {
    maxRange = 3n;
    const jobId = randomHex32(random);
    events = [event("JobSubmitted", 20n, jobId)];
    await turns(60);
    expect((await journal.get(jobId))?.state.status).to.equal("seen");
    expect(await journal.nextBlock()).to.equal(21n);
  });

  it("behavior: the head is read at each turn of a long way", async () => {
    head = 5_000n;
    await turns(3, () => {
      head += 1_000n;
    });
    expect(asked.map(([, to]) => to)).to.deep.equal([1_999n, 3_999n, 5_999n]);
  });
});
