/** What becomes of mined transactions while blocks are replaced: a chain of names, and a real store. */
import { DatabaseSync } from "node:sqlite";
import { expect } from "chai";
import { type Hex, keccak256, TransactionReceiptNotFoundError, toHex, zeroAddress } from "viem";
import type { Sender } from "../../../node/src/chain/transactions/broadcast.ts";
import { createMinedTrail, followMined } from "../../../node/src/chain/transactions/followMined.ts";
import { sqliteTransactionStore } from "../../../node/src/chain/transactions/sqliteTransactionStore.ts";

const finalityDepth = 64n;
const hashOf = (text: string): Hex => keccak256(toHex(text));

type Block = { readonly hash: Hex; readonly transactions: readonly Hex[] };

/** Blocks by number, the first is 1. A fork is a name, so that the same block of two forks has two hashes. */
function scene() {
  const db = new DatabaseSync(":memory:");
  const store = sqliteTransactionStore(db);
  const it = {
    blocks: [] as Block[],
    fork: 0,
    /** What an endpoint shows so far, while it takes in other blocks. */
    shown: undefined as number | undefined,
    /** What it said of its newest block before. */
    head: undefined as { number: bigint; hash: Hex; nonce: number } | undefined,
    asked: 0,
    sent: [] as Hex[],
  };
  const blockAt = (number: bigint) => it.blocks[Number(number) - 1];
  const head = () => {
    if (it.head !== undefined) return it.head;
    const number = BigInt(it.shown ?? it.blocks.length);
    return { number, hash: blockAt(number)?.hash ?? "0x", nonce: 0 };
  };
  const client = {
    async getBlock({ blockNumber }: { blockNumber: bigint }) {
      it.asked += 1;
      return { hash: blockAt(blockNumber)?.hash ?? null };
    },
    async getTransactionReceipt({ hash }: { hash: Hex }) {
      const at = it.blocks.findIndex(({ transactions }) => transactions.includes(hash));
      const block = it.blocks[at];
      if (block === undefined || at >= (it.shown ?? it.blocks.length))
        throw new TransactionReceiptNotFoundError({ hash });
      return { transactionHash: hash, blockNumber: BigInt(at + 1), blockHash: block.hash, status: "success" };
    },
    sendRawTransaction: async ({ serializedTransaction }: { serializedTransaction: Hex }) =>
      void it.sent.push(serializedTransaction),
  };
  const log = { info() {}, warn() {}, error() {} };
  const sender = { client, store, log, clock: { now: () => 1 } } as unknown as Sender;
  const trail = createMinedTrail();
  return Object.assign(it, {
    store,
    close: () => db.close(),
    mine: (...transactions: Hex[]) =>
      void it.blocks.push({ hash: hashOf(`${it.fork} ${it.blocks.length}`), transactions }),
    /** The newest blocks are gone, with all that was in them. */
    takeBack(depth: number) {
      it.blocks.splice(it.blocks.length - depth);
      it.fork += 1;
    },
    /** A transaction of ours, as the sender has written it when it saw its block. */
    async write(nonce: number) {
      const hash = hashOf(`transaction ${nonce}`);
      const at = it.blocks.findIndex(({ transactions }) => transactions.includes(hash));
      const key = `key ${nonce}`;
      const known =
        (await store.get(key)) ??
        (await store.reserve({ key, what: "poke", to: zeroAddress, data: "0x", value: 0n, gas: 1n }, nonce, 1));
      const attempt = { hash, raw: hash, maxFeePerGas: 1n, maxPriorityFeePerGas: 1n, signedAt: 1 };
      const mined = { hash, blockNumber: BigInt(at + 1), blockHash: it.blocks[at]?.hash ?? "0x", success: true };
      await store.save({ ...known, status: "mined", attempts: [attempt], mined });
    },
    async look() {
      await followMined(sender, await store.unfinished("mined"), head(), finalityDepth, trail);
    },
    statusOf: async (nonce: number) => (await store.get(`key ${nonce}`))?.status,
  });
}

const transaction = (nonce: number): Hex => hashOf(`transaction ${nonce}`);

describe("followMined", () => {
  let it_: ReturnType<typeof scene>;
  beforeEach(() => {
    it_ = scene();
  });
  afterEach(() => it_.close());

  it("default: what lies where it was is asked for once, whatever its number", async () => {
    for (let nonce = 0; nonce < 40; nonce++) {
      it_.mine(transaction(nonce));
      await it_.write(nonce);
    }
    await it_.look();
    const first = it_.asked;
    it_.mine();
    await it_.look();
    // 39 blocks, the newest once more at the end; then only whether that one is still there.
    expect([first, it_.asked - first]).to.deep.equal([40, 1]);
  });

  it("behavior: one that was looked for in another fork than the newest block's is not held for mined", async () => {
    const [one, two, three] = [1, 2, 3].map((number) => ({ hash: hashOf(`A ${number}`), transactions: [] }));
    it_.blocks = [one, two, three] as Block[];
    it_.head = { number: 3n, hash: three?.hash ?? "0x", nonce: 0 };
    // The endpoint is several machines, and the next one answers of a fork that will not last.
    const fork = { hash: hashOf("B 2"), transactions: [transaction(0)] };
    it_.blocks = [one, fork, { hash: hashOf("B 3"), transactions: [] }] as Block[];
    await it_.write(0);
    await it_.look();
    it_.head = undefined;
    it_.blocks = [one, two, three] as Block[];
    it_.mine();
    await it_.look();
    expect(await it_.statusOf(0)).to.equal("open");
    expect(it_.sent).to.deep.equal([transaction(0)]);
  });

  it("behavior: final is what is asked for anew where it is deep enough, whatever was found before", async () => {
    it_.mine();
    it_.mine(transaction(0));
    it_.mine();
    await it_.write(0);
    await it_.look();
    // Both forks were there during that look, and it ended as it began.
    it_.blocks[1] = { hash: hashOf("another"), transactions: [] };
    for (let i = 0; i < 64; i++) it_.mine();
    await it_.look();
    expect(await it_.statusOf(0)).to.equal("open");
  });

  it("behavior: one that was not to be seen while blocks were replaced is missed later, also below a newer one", async () => {
    it_.mine();
    it_.mine(transaction(0));
    it_.mine();
    it_.mine(transaction(1));
    for (const nonce of [0, 1]) await it_.write(nonce);
    await it_.look();
    it_.takeBack(3);
    for (let i = 0; i < 5; i++) it_.mine();
    // Half of the new blocks: the second one's number is not reached.
    it_.shown = 2;
    await it_.look();
    expect([await it_.statusOf(0), await it_.statusOf(1)]).to.deep.equal(["open", "mined"]);
    it_.shown = undefined;
    it_.mine(transaction(0));
    await it_.write(0);
    await it_.look();
    expect([await it_.statusOf(0), await it_.statusOf(1)]).to.deep.equal(["mined", "open"]);
    expect(it_.sent).to.deep.equal([transaction(0), transaction(1)]);
  });
});
