import { type ChainClient, callContract, type Receipt } from "@persona-protocol/sdk/contracts";
import { expect } from "chai";
import { BaseError, bytesToHex, type Hex } from "viem";
import { createReceiptBringer, type Ending } from "../../../node/src/compute/bringReceipts.ts";
import type { WorkerContext } from "../../../node/src/compute/jobSteps.ts";
import { createRandom, testSeed } from "../../helpers/random.ts";
import { randomDeployment, randomHex32, randomStruct } from "../../helpers/structs.ts";

const random = createRandom(testSeed());
const deployment = randomDeployment(random);

type Sent = { readonly functionName: string; readonly ids: readonly Hex[] };

describe("createReceiptBringer", () => {
  let sent: Sent[];
  let bad: Set<Hex>;
  /** Lets transactions into a block; before, they are under way. */
  let mine: () => void;
  let bring: WorkerContext["bring"];
  beforeEach(() => {
    sent = [];
    bad = new Set();
    const { promise: mined, resolve } = Promise.withResolvers<void>();
    mine = resolve;
    const client = {
      async writeContract({ functionName, args }: { functionName: string; args: readonly unknown[] }) {
        const ids = idsOf(functionName, args[0]);
        sent.push({ functionName, ids });
        if (ids.some((id) => bad.has(id))) throw new BaseError("reverted");
        return "0x01";
      },
      async waitForTransactionReceipt() {
        await mined;
        return { status: "success", blockNumber: 7n };
      },
    };
    const send = ((call: Parameters<typeof callContract>[1]) =>
      callContract(client as unknown as ChainClient, call)) as unknown as WorkerContext["send"];
    ({ bring } = createReceiptBringer({ send, deployment }, { info: () => {} } as unknown as WorkerContext["log"]));
  });
  const idsOf = (functionName: string, first: unknown): Hex[] => {
    if (functionName === "failJob") return [first as Hex];
    const list = functionName === "settleMany" ? (first as { jobId: Hex }[]) : [first as { jobId: Hex }];
    return list.map(({ jobId }) => jobId);
  };
  const ending = (change: Partial<Receipt> = {}, more: Partial<Ending> = {}): Ending => ({
    jobId: randomHex32(random),
    params: randomStruct("JobParams", random),
    receipt: { ...randomStruct("Receipt", random), code: 0, ...change },
    signature: "0x00",
    ciphertext: "0x0011",
    ...more,
  });
  const names = () => sent.map(({ functionName }) => functionName);

  it("default: one alone goes at once, and those that come meanwhile go together", async () => {
    const first = ending();
    const brought = [bring(first)];
    expect(sent, "at once").to.deep.equal([{ functionName: "settleJob", ids: [first.jobId] }]);
    const others = [ending(), ending(), ending()];
    brought.push(...others.map(bring));
    mine();
    expect(await Promise.all(brought)).to.deep.equal([7, 7, 7, 7]);
    expect(sent[1]).to.deep.equal({ functionName: "settleMany", ids: others.map(({ jobId }) => jobId) });
    await bring(ending());
    expect(names()).to.deep.equal(["settleJob", "settleMany", "settleJob"]);
  });

  it("behavior: one bad receipt in a batch stops none of the others", async () => {
    const brought = [ending(), ending(), ending(), ending()].map((one, i) => {
      if (i === 2) bad.add(one.jobId);
      return bring(one);
    });
    mine();
    const ends = await Promise.allSettled(brought);
    expect(ends.map(({ status }) => status)).to.deep.equal(["fulfilled", "fulfilled", "rejected", "fulfilled"]);
    expect(names()).to.deep.equal(["settleJob", "settleMany", "settleJob", "settleJob", "settleJob"]);
  });

  it("behavior: failures and results of several inputs go alone", async () => {
    const several = { releases: [randomHex32(random), randomHex32(random)] };
    const brought = [ending(), ending({ code: 33 }), ending({}, several)].map(bring);
    mine();
    await Promise.all(brought);
    expect(names()).to.deep.equal(["settleJob", "failJob", "settleJob"]);
  });

  it("behavior: no batch is larger than a transaction may be", async () => {
    const ciphertext = bytesToHex(random.bytes(4_096));
    const many = Array.from({ length: 60 }, (_, i) => ending({}, i % 2 === 0 ? { ciphertext } : {}));
    const brought = many.map(bring);
    mine();
    await Promise.all(brought);
    const batches = sent.filter(({ functionName }) => functionName === "settleMany").map(({ ids }) => ids);
    expect(batches.flat()).to.have.members(many.slice(1).map(({ jobId }) => jobId));
    expect(Math.max(...batches.map(({ length }) => length))).to.be.at.most(16);
  });
});
