import { encodeStruct } from "@persona-protocol/sdk/contracts";
import { expect } from "chai";
import type { Hex } from "viem";
import type { ChainEvent, JobNews } from "../../../node/src/chain/stream/chainEvent.ts";
import { openJournal, type SqliteJournal } from "../../../node/src/compute/sqliteJournal.ts";
import { takeNews } from "../../../node/src/compute/takeNews.ts";
import { createRandom, testSeed } from "../../helpers/random.ts";
import { randomHex32, randomStruct } from "../../helpers/structs.ts";

const random = createRandom(testSeed());

describe("takeNews", () => {
  let journal: SqliteJournal;
  let jobId: Hex;
  beforeEach(() => {
    journal = openJournal(":memory:");
    jobId = randomHex32(random);
  });
  afterEach(() => journal.close());

  const submitted = (): JobNews => ({
    name: "submitted",
    requester: "0x01",
    params: encodeStruct("JobParams", randomStruct("JobParams", random)),
  });
  const by = { nodeId: 1, signer: "0x02" } as const;
  const job = (news: JobNews, block: number, id = jobId): ChainEvent => ({
    type: "job",
    jobId: id,
    news,
    block: { number: BigInt(block), hash: randomHex32(random) },
    logIndex: 0,
    transactionHash: "0x03",
  });
  const reorg = (from: number): ChainEvent => ({ type: "reorg", fromBlock: BigInt(from), vanished: [], deep: false });
  const point = (block: number) => ({ v: 1, nextBlock: String(block), trail: [] }) as const;
  const take = (events: readonly ChainEvent[], maxQueue = 10) =>
    takeNews(journal, { events, point: point(99) }, { maxQueue, log: { warn: () => {} } });
  const stateOf = async (id = jobId) => (await journal.get(id))?.state;

  it("default: a job that is posted is seen, and how far the chain was told is written last", async () => {
    expect(await take([job(submitted(), 5)])).to.equal(true);
    expect(await stateOf()).to.deep.equal({ status: "seen" });
    expect(await journal.point()).to.deep.equal(point(99));
  });

  it("behavior: the same batch again changes nothing, whatever has become of the job", async () => {
    const events = [job(submitted(), 5)];
    await take(events);
    await journal.apply(jobId, { type: "claim" });
    await journal.apply(jobId, { type: "claimed", attempt: 1, signer: "0xaa", block: 6 });
    const before = await journal.get(jobId);
    await take(events);
    expect(await journal.get(jobId)).to.deep.equal(before);
  });

  it("behavior: history is not worked through: what is over at the end of a batch is not begun", async () => {
    const events = [job(submitted(), 5), job({ name: "claimed", attempt: 1, dueBy: 9, ...by }, 6)];
    expect(await take([...events, job({ name: "settled", ...by }, 7)])).to.equal(false);
    expect(await stateOf()).to.equal(undefined);
  });

  it("behavior: what another has claimed need not be looked at; what is ours is the steps' own business", async () => {
    await take([job(submitted(), 5)]);
    await take([job({ name: "claimed", attempt: 1, dueBy: 9, ...by }, 6)]);
    expect(await stateOf()).to.deep.equal({ status: "left", why: "JOB_CLAIMED_BY_OTHER", block: 6 });
    await take([job({ name: "reopened", code: 0, attempt: 2, ...by }, 8)]);
    expect(await stateOf(), "and comes back").to.deep.equal({ status: "seen" });

    await journal.apply(jobId, { type: "claim" });
    await take([job({ name: "claimed", attempt: 2, dueBy: 9, ...by }, 9)]);
    expect(await stateOf()).to.deep.equal({ status: "claiming" });
  });

  it("behavior: a claim and a receipt of ours that come back after a reorganisation are no other's", async () => {
    await journal.setNodeId(by.nodeId);
    for (const news of [
      { name: "claimed", attempt: 1, dueBy: 9, ...by },
      { name: "settled", ...by },
    ] as const) {
      jobId = randomHex32(random);
      await take([job(submitted(), 5)]);
      expect(await take([job(news, 6)]), "it is looked at").to.equal(true);
      expect(await stateOf()).to.deep.equal({ status: "seen" });
      await take([job({ ...news, nodeId: 2 }, 7)]);
      expect((await stateOf())?.status).to.equal("left");
    }
  });

  it("behavior: a reorganisation takes back, and what the new blocks hold is news again", async () => {
    await take([job(submitted(), 5), job({ name: "claimed", attempt: 1, dueBy: 9, ...by }, 7)]);
    expect((await stateOf())?.status).to.equal("left");
    expect(await take([reorg(7)])).to.equal(true);
    expect(await stateOf(), "the other's claim is gone").to.deep.equal({ status: "seen" });
    await journal.apply(jobId, { type: "declined", why: "JOB_NOT_CLAIMABLE", block: 7 });
    await take([reorg(5), job(submitted(), 8)]);
    expect(await stateOf(), "posted again").to.deep.equal({ status: "seen" });
  });

  it("behavior: no more wait than may; those that do stay", async () => {
    const ids = [1, 2, 3].map(() => randomHex32(random));
    await take(
      ids.map((id) => job(submitted(), 5, id)),
      2,
    );
    const states = await Promise.all(ids.map(stateOf));
    expect(states.map((state) => state?.status)).to.deep.equal(["seen", "seen", undefined]);
    await journal.apply(ids[0] as Hex, { type: "claim" });
    await take([job(submitted(), 6, ids[2])], 2);
    expect((await stateOf(ids[2]))?.status, "there is room again").to.equal("seen");
  });
});
