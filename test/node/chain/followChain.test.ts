import { encodeStruct, type JobParams } from "@persona-protocol/sdk/contracts";
import { expect } from "chai";
import { type Hex, toHex } from "viem";
import { type Clock, systemClock } from "../../../node/src/chain/clock.ts";
import { createEndpoints } from "../../../node/src/chain/endpoints/createEndpoints.ts";
import { createRpcRelay } from "../../../node/src/chain/rpcRelay.ts";
import type { ChainBatch, ChainEvent, StreamPoint } from "../../../node/src/chain/stream/chainEvent.ts";
import { defaultFinalityDepth, type FollowOptions, followChain } from "../../../node/src/chain/stream/followChain.ts";
import { type FaultyRpc, type RpcCall, startFaultyRpc } from "../../helpers/faultyRpc.ts";
import { type NewsChain, startNewsChain } from "../../helpers/newsChain.ts";
import { createRandom, testSeed } from "../../helpers/random.ts";
import { randomHex32, randomStruct } from "../../helpers/structs.ts";

const random = createRandom(testSeed());
const silent = { warn: () => {}, error: () => {}, info: () => {} };
/** Waits are asked for, and cost nothing. */
const fast: Clock = { now: () => performance.now(), sleep: (ms, signal) => systemClock.sleep(Math.min(ms, 5), signal) };

describe("followChain", function () {
  this.timeout(60_000);
  let chain: NewsChain;
  let proxy: FaultyRpc;
  let clean: Hex;
  let params: JobParams;
  before(async () => {
    chain = await startNewsChain();
    proxy = await startFaultyRpc(chain.url);
    params = randomStruct("JobParams", random);
  });
  after(async () => {
    await proxy?.close();
    await chain?.close();
  });
  beforeEach(async () => {
    clean = await chain.snapshot();
    proxy.fault = () => undefined;
    proxy.calls.length = 0;
  });
  afterEach(async () => chain.revert(clean));

  /** A caller that remembers what it was told, as a journal does. */
  function follow(changes: Partial<FollowOptions> & { readonly urls?: readonly string[] } = {}) {
    const stopping = new AbortController();
    const batches: ChainBatch[] = [];
    const { urls = [proxy.url], ...rest } = changes;
    const relays = urls.map((url) => ({ url, ...createRpcRelay(url) }));
    const source = createEndpoints({ endpoints: relays, chainId: 31_337, clock: fast, log: silent });
    let heard = () => {};
    const ended = followChain({
      source,
      market: chain.market,
      fromBlock: chain.fromBlock,
      point: undefined,
      confirmations: 0,
      pollMs: 5,
      clock: fast,
      log: silent,
      signal: stopping.signal,
      ...rest,
      async deliver(batch) {
        await rest.deliver?.(batch);
        batches.push(batch);
        heard();
      },
    });
    const events = (): readonly ChainEvent[] => batches.flatMap((batch) => batch.events);
    return {
      events,
      batches,
      source,
      jobs: () => events().flatMap((event) => (event.type === "job" ? [event] : [])),
      point: (): StreamPoint | undefined => batches.at(-1)?.point,
      async until(test: () => boolean): Promise<void> {
        while (!test())
          await new Promise<void>((resolve) => {
            heard = resolve;
          });
      },
      async stop(): Promise<void> {
        stopping.abort();
        await ended;
        for (const relay of relays) relay.close();
      },
    };
  }
  const told = (stream: ReturnType<typeof follow>, block: bigint) => () =>
    Number(stream.point()?.nextBlock ?? -1) > block;
  const logsAsked = () => proxy.calls.filter(({ method }) => method === "eth_getLogs").length;
  /** Of a question for logs: how many blocks. */
  const span = ({ params: [filter] }: RpcCall): number => {
    const { fromBlock, toBlock } = filter as { fromBlock?: Hex; toBlock?: Hex };
    return fromBlock === undefined ? 1 : Number(toBlock) - Number(fromBlock) + 1;
  };

  it("default: tells each job once, in order, with its parameters", async () => {
    await chain.submit(1n, params);
    const stream = follow();
    await chain.submit(2n, params, 2);
    const last = await chain.cancel(1n);
    await stream.until(told(stream, last));
    await stream.stop();
    expect(stream.jobs().map(({ jobId, news }) => [BigInt(jobId), news.name])).to.deep.equal([
      [1n, "submitted"],
      [3n, "submitted"],
      [2n, "submitted"],
      [1n, "cancelled"],
    ]);
    const [{ news }] = stream.jobs() as [ReturnType<typeof stream.jobs>[number]];
    expect(news.name === "submitted" && news.params).to.deep.equal(encodeStruct("JobParams", params));
  });

  it("behavior: goes on from the point that was written, and tells nothing twice", async () => {
    const last = await chain.submit(1n, params);
    const first = follow();
    await first.until(told(first, last));
    await first.stop();
    const point = JSON.parse(JSON.stringify(first.point())) as StreamPoint;
    const next = await chain.submit(2n, params);
    const second = follow({ point });
    await second.until(told(second, next));
    await second.stop();
    expect(second.jobs().map(({ jobId }) => BigInt(jobId))).to.deep.equal([2n]);
  });

  it("behavior: a batch that could not be written is told again", async () => {
    const last = await chain.submit(1n, params);
    let failures = 2;
    const stream = follow({
      deliver: () => {
        if (failures-- > 0) throw new Error("the disk is full");
      },
    });
    await stream.until(told(stream, last));
    await stream.stop();
    expect(stream.jobs().length).to.equal(1);
  });

  it("behavior: waits for confirmations, and does not hear of what is replaced meanwhile", async () => {
    const stream = follow({ confirmations: 3 });
    const base = await chain.client.getBlockNumber();
    const fork = await chain.snapshot();
    await chain.submit(1n, params);
    await chain.mine(2);
    await stream.until(told(stream, base));
    await chain.revert(fork);
    const moved = await chain.submit(2n, params);
    await chain.mine(3);
    await stream.until(told(stream, moved));
    await stream.stop();
    expect(stream.events().map(({ type }) => type)).to.deep.equal(["job"]);
    expect(stream.jobs().map(({ jobId }) => BigInt(jobId))).to.deep.equal([2n]);
  });

  it("behavior: a reorganisation says from which block, which news vanished, and tells what came in its place", async () => {
    await chain.submit(1n, params);
    const fork = await chain.snapshot();
    const from = (await chain.client.getBlockNumber()) + 1n;
    await chain.submit(2n, params);
    const last = await chain.submit(3n, params);
    const stream = follow();
    await stream.until(told(stream, last));
    await chain.revert(fork);
    await chain.submit(3n, { ...params, offer: { ...params.offer, namedNode: 7 } });
    await chain.mine(8);
    await stream.until(told(stream, last + 6n));
    await stream.stop();
    const reorg = stream.events().find(({ type }) => type === "reorg");
    expect(reorg).to.deep.equal({
      type: "reorg",
      fromBlock: from,
      vanished: [2n, 3n].map((job) => ({ jobId: chain.idOf(job), name: "submitted" })),
      deep: false,
    });
    expect(stream.jobs().map(({ jobId }) => BigInt(jobId))).to.deep.equal([1n, 2n, 3n, 3n]);
  });

  it("behavior: finds after a restart what was replaced meanwhile", async () => {
    const fork = await chain.snapshot();
    const last = await chain.submit(1n, params);
    const first = follow();
    await first.until(told(first, last));
    await first.stop();
    await chain.revert(fork);
    await chain.mine(3);
    const second = follow({ point: first.point() });
    await second.until(told(second, last + 1n));
    await second.stop();
    expect(second.events().find(({ type }) => type === "reorg")).to.deep.include({
      fromBlock: last,
      vanished: [{ jobId: chain.idOf(1n), name: "submitted" }],
    });
  });

  it("behavior: a fork below the final blocks is told as deep, and everything from there on is told again", async () => {
    const fork = await chain.snapshot();
    await chain.submit(1n, params);
    await chain.mine(20);
    const stream = follow({ finalityDepth: 4 });
    await stream.until(told(stream, await chain.client.getBlockNumber()));
    expect(stream.events().some(({ type }) => type === "finalize")).to.equal(true);
    await chain.revert(fork);
    await chain.submit(1n, params);
    await chain.mine(30);
    await stream.until(told(stream, await chain.client.getBlockNumber()));
    await stream.stop();
    const reorg = stream.events().find(({ type }) => type === "reorg");
    expect(reorg).to.deep.include({ deep: true });
    expect(stream.jobs().map(({ jobId }) => BigInt(jobId))).to.deep.equal([1n, 1n]);
  });

  it("default: a block is final with sixty-four above it, and is told of once", async () => {
    const first = await chain.submit(1n, params);
    await chain.mine(defaultFinalityDepth);
    const stream = follow();
    await stream.until(told(stream, first + BigInt(defaultFinalityDepth)));
    await stream.stop();
    const finals = stream.events().flatMap((event) => (event.type === "finalize" ? [event.block.number] : []));
    expect(finals).to.deep.equal([first]);
  });

  it("behavior: the trail stays short on a long way", async () => {
    await chain.mine(400);
    const stream = follow({ finalityDepth: 8 });
    await stream.until(told(stream, await chain.client.getBlockNumber()));
    await chain.mine(100);
    await stream.until(told(stream, await chain.client.getBlockNumber()));
    await stream.stop();
    expect(stream.point()?.trail.length).to.be.below(8 + 14);
  });

  it("behavior: asks for less where a provider caps blocks or results, in words or silently", async () => {
    for (let job = 0n; job < 30n; job += 3n) {
      await chain.submit(100n * job, params, 60);
      await chain.mine(40);
    }
    const last = await chain.client.getBlockNumber();
    const providers: ReadonlyArray<(call: RpcCall) => ReturnType<FaultyRpc["fault"]>> = [
      (call) =>
        span(call) > 90
          ? { error: { code: -32_602, message: "eth_getLogs is limited to a 90 block range" } }
          : undefined,
      (call) =>
        span(call) > 100 ? { error: { code: -32_005, message: "query returned more than 100 results" } } : undefined,
      // Only the first 500: nobody says so.
      () => ({ change: (logs) => (logs as unknown[]).slice(0, 500) }),
      () => ({ change: (logs) => (logs as unknown[]).slice(-500) }),
    ];
    for (const provider of providers) {
      proxy.fault = (call) => (call.method === "eth_getLogs" ? provider(call) : undefined);
      const stream = follow({ finalityDepth: 8 });
      await stream.until(told(stream, last));
      await stream.stop();
      expect(stream.jobs().length).to.equal(600);
      expect(new Set(stream.jobs().map(({ jobId }) => jobId)).size).to.equal(600);
    }
  });

  it("behavior: one block with more than a provider lists is read from its receipts", async () => {
    await chain.submit(0n, params, 700);
    await chain.mine(20);
    proxy.fault = ({ method }) =>
      method === "eth_getLogs"
        ? { error: { code: -32_005, message: "query returned more than 600 results" } }
        : undefined;
    const stream = follow({ finalityDepth: 8, confirmations: 8 });
    await stream.until(told(stream, (await chain.client.getBlockNumber()) - 10n));
    await stream.stop();
    expect(stream.jobs().length).to.equal(700);
  });

  it("behavior: rate limits, dropped lines, errors and nonsense delay the news and lose none", async () => {
    let turn = 0;
    const faults: readonly ReturnType<FaultyRpc["fault"]>[] = [
      "drop",
      { status: 429 },
      { status: 503 },
      { error: { code: -32_005, message: "daily request count exceeded, request rate limited" } },
      { error: { code: -32_603, message: "Internal error" } },
      { result: null },
      { result: { number: "0x1", hash: toHex(7, { size: 32 }) } },
      { result: [{ address: chain.market }] },
      { result: "0x" },
    ];
    // Two of three calls fail, each time otherwise.
    proxy.fault = () => (++turn % 3 === 0 ? undefined : faults[random.integer(faults.length)]);
    const stream = follow();
    for (let job = 1n; job <= 10n; job++) await chain.submit(job, params);
    const last = await chain.client.getBlockNumber();
    const timer = setTimeout(() => (proxy.fault = () => undefined), 3_000);
    await stream.until(told(stream, last));
    clearTimeout(timer);
    await stream.stop();
    expect(stream.jobs().map(({ jobId }) => Number(jobId))).to.deep.equal([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(stream.events().some(({ type }) => type === "reorg")).to.equal(false);
  });

  it("behavior: an endpoint that lags behind its own news takes nothing back", async () => {
    const last = await chain.submit(1n, params);
    const stream = follow();
    await stream.until(told(stream, last));
    const relay = createRpcRelay(chain.url);
    const old = await relay.request({ method: "eth_getBlockByNumber", params: [toHex(last - 1n), false] });
    relay.close();
    let asked = 0;
    proxy.fault = ({ method, params: [tag] }) => {
      if (method !== "eth_getBlockByNumber" || tag !== "latest") return undefined;
      asked += 1;
      return { result: old };
    };
    while (asked < 5) await fast.sleep(5);
    proxy.fault = () => undefined;
    const next = await chain.submit(2n, params);
    await stream.until(told(stream, next));
    await stream.stop();
    expect(stream.events().map(({ type }) => type)).to.deep.equal(["job", "job"]);
  });

  it("behavior: news that an endpoint hides is seen in the block's filter, and asked for alone", async () => {
    proxy.fault = ({ method, params: [filter] }) =>
      method === "eth_getLogs" && !("blockHash" in (filter as object)) ? { result: [] } : undefined;
    const stream = follow();
    const last = await chain.submit(1n, params);
    await stream.until(told(stream, last));
    await stream.stop();
    expect(stream.jobs().map(({ jobId }) => BigInt(jobId))).to.deep.equal([1n]);
    expect(logsAsked()).to.be.greaterThan(1);
  });

  it("error: one of three endpoints on another fork is outvoted: nothing of it is told, and nothing taken back", async () => {
    const fork = await startNewsChain();
    const others = await Promise.all([startFaultyRpc(chain.url), startFaultyRpc(chain.url)]);
    try {
      await fork.cancel(9n);
      await fork.mine(12);
      await chain.submit(1n, params);
      await chain.mine(10);
      const stream = follow({ urls: [proxy.url, ...others.map(({ url }) => url)] });
      await stream.until(told(stream, await chain.client.getBlockNumber()));
      proxy.target = fork.url;
      await stream.source.check();
      const last = await chain.submit(2n, params);
      await stream.until(told(stream, last));
      await stream.stop();
      expect(stream.events().map(({ type }) => type)).to.deep.equal(["job", "job"]);
    } finally {
      proxy.target = chain.url;
      await Promise.all(others.map((other) => other.close()));
      await fork.close();
    }
  });

  it("behavior: an endpoint that fails in the middle of a catch-up is left for another", async () => {
    const other = await startFaultyRpc(chain.url);
    try {
      for (let job = 1n; job <= 5n; job++) {
        await chain.submit(job, params);
        await chain.mine(30);
      }
      let asked = 0;
      proxy.fault = ({ method }) => (method === "eth_getLogs" && ++asked > 1 ? "drop" : undefined);
      const stream = follow({ urls: [proxy.url, other.url], finalityDepth: 4 });
      await stream.until(told(stream, await chain.client.getBlockNumber()));
      await stream.stop();
      expect(stream.jobs().map(({ jobId }) => Number(jobId))).to.deep.equal([1, 2, 3, 4, 5]);
    } finally {
      await other.close();
    }
  });

  it("error: logs of other contracts, blocks, topics or shapes are not believed", async () => {
    const last = await chain.submit(1n, params);
    const relay = createRpcRelay(chain.url);
    const where = { fromBlock: toHex(last), toBlock: toHex(last), address: chain.market };
    const [log] = (await relay.request({ method: "eth_getLogs", params: [where] })) as [Record<string, unknown>];
    relay.close();
    const lies: readonly object[] = [
      { ...log, address: `0x${"11".repeat(20)}` },
      { ...log, blockHash: randomHex32(random) },
      { ...log, blockNumber: toHex(last + 5n) },
      { ...log, topics: [randomHex32(random)] },
      { ...log, topics: [(log["topics"] as Hex[])[0]] },
      { ...log, data: "0x" },
      { ...log, data: "zz" },
      { ...log, logIndex: null },
      { ...log, removed: true },
    ];
    for (const lie of lies) {
      let lied = 0;
      proxy.fault = ({ method }) => {
        if (method !== "eth_getLogs") return undefined;
        lied += 1;
        return { result: [lie] };
      };
      const stream = follow();
      while (lied < 2) await fast.sleep(2);
      expect(stream.jobs()).to.deep.equal([]);
      proxy.fault = () => undefined;
      await stream.until(told(stream, last));
      await stream.stop();
      expect(stream.jobs().length).to.equal(1);
    }
  });
});
