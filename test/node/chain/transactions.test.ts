import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { callContract } from "@persona-protocol/sdk/contracts";
import { isPersonaError, type PersonaError } from "@persona-protocol/sdk/errors";
import { expect } from "chai";
import { type Address, createTestClient, type Hex, http, parseEther, publicActions, toHex, walletActions } from "viem";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { systemClock } from "../../../node/src/chain/clock.ts";
import { createChainClient } from "../../../node/src/chain/connectChain.ts";
import {
  createTransactions,
  type TransactionsOptions,
} from "../../../node/src/chain/transactions/createTransactions.ts";
import { ownWrites } from "../../../node/src/chain/transactions/ownWrites.ts";
import { sqliteTransactionStore } from "../../../node/src/chain/transactions/sqliteTransactionStore.ts";
import { startChain } from "../../../node/src/dev/chainProcess.ts";
import { devAccount } from "../../../node/src/dev/devAccount.ts";
import { createProcesses } from "../../../node/src/dev/processes.ts";
import { expectError } from "../../helpers/errors.ts";
import { type FaultyRpc, startFaultyRpc } from "../../helpers/faultyRpc.ts";
import { errorSelector, tinyAbi, tinyContract } from "../../helpers/tinyContracts.ts";

const silent = { warn: () => {}, error: () => {}, info: () => {} };

describe("transactions", function () {
  this.timeout(60_000);
  let folder: string;
  let proxy: FaultyRpc;
  let stopChain: () => Promise<void>;
  let chain: ReturnType<typeof connect>;
  let counter: Address;
  let clean: Hex;
  let db: DatabaseSync;
  let key: Hex;
  let stops: (() => Promise<void>)[];

  const connect = (url: string) =>
    createTestClient({
      mode: "hardhat",
      transport: http(url),
      account: devAccount(0),
      cacheTime: 0,
      pollingInterval: 10,
    })
      .extend(publicActions)
      .extend(walletActions);
  const deploy = async (data: Hex): Promise<Address> => {
    const hash = await chain.sendTransaction({ data, chain: null, gas: 500_000n });
    const { contractAddress } = await chain.waitForTransactionReceipt({ hash });
    return contractAddress as Address;
  };
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "persona-transactions-"));
    const processes = createProcesses(folder);
    stopChain = () => processes.stopAll();
    const url = await startChain(processes, "hardhat", 0, AbortSignal.timeout(60_000));
    proxy = await startFaultyRpc(url);
    chain = connect(url);
    counter = await deploy(tinyContract("counter"));
  });
  after(async () => {
    await proxy?.close();
    await stopChain?.();
    await rm(folder, { recursive: true, force: true });
  });
  beforeEach(async () => {
    clean = await chain.snapshot();
    proxy.fault = () => undefined;
    db = new DatabaseSync(":memory:");
    stops = [];
    key = generatePrivateKey();
    await chain.setBalance({ address: privateKeyToAccount(key).address, value: parseEther("10") });
  });
  afterEach(async () => {
    await Promise.all(stops.map((stop) => stop()));
    db.close();
    await chain.setAutomine(true);
    await chain.revert({ id: clean });
  });

  /** A daemon's part that sends; stopped without warning, as a crash would. */
  function start(changes: Partial<TransactionsOptions> = {}) {
    const stopping = new AbortController();
    const account = privateKeyToAccount(key);
    const store = sqliteTransactionStore(db);
    const client = createChainClient({ rpcUrl: proxy.url, chainId: 31_337, account });
    const limits = { maxFeePerGas: 10n ** 12n, maxPriorityFeePerGas: 10n ** 11n };
    const transactions = createTransactions({
      store,
      client,
      account,
      limits,
      clock: systemClock,
      log: silent,
      floor: parseEther("1"),
      pollMs: 10,
      bumpAfterMs: 60_000,
      signal: stopping.signal,
      ...changes,
    });
    const stop = async () => {
      stopping.abort();
      await transactions.ended;
    };
    stops.push(stop);
    return { ...transactions, store, client, account, stop };
  }
  const poke = (address: Address = counter, value = 0n) =>
    ({ address, abi: tinyAbi, functionName: "poke", args: [value] }) as const;
  const pokes = async () => Number(await chain.getStorageAt({ address: counter, slot: "0x0" }));
  const until = async (test: () => boolean | Promise<boolean>): Promise<void> => {
    while (!(await test())) await systemClock.sleep(10);
  };

  it("default: one key is one transaction, at once and after a restart", async () => {
    const first = start();
    const [a, b] = await Promise.all([first.send(poke(), { key: "a" }), first.send(poke(), { key: "a" })]);
    await first.stop();
    const again = await start().send(poke(), { key: "a" });
    expect([a.status, b.transactionHash, again.transactionHash]).to.deep.equal([
      "success",
      a.transactionHash,
      a.transactionHash,
    ]);
    expect(await pokes()).to.equal(1);
  });

  it("behavior: many at once, and two workers of one account, take each nonce once", async () => {
    const workers = [start(), start()] as const;
    const keys = Array.from({ length: 12 }, (_, i) => `k${i}`);
    const receipts = await Promise.all(
      keys.flatMap((name, i) => [
        workers[i % 2 === 0 ? 0 : 1].send(poke(counter, BigInt(i)), { key: name }),
        // The same work reaches both.
        workers[i % 2 === 0 ? 1 : 0].send(poke(counter, BigInt(i)), { key: name }),
      ]),
    );
    expect(new Set(receipts.map(({ transactionHash }) => transactionHash)).size).to.equal(12);
    expect(await pokes()).to.equal(12);
  });

  it("behavior: lines that are cut before or after a transaction was taken double nothing", async () => {
    let sent = 0;
    proxy.fault = ({ method }) => {
      if (method !== "eth_sendRawTransaction") return undefined;
      sent += 1;
      if (sent % 3 === 0) return "drop";
      if (sent % 3 === 1)
        return {
          change: () => {
            throw new Error("the answer is lost");
          },
        };
      return undefined;
    };
    const { send } = start({ bumpAfterMs: 100 });
    await Promise.all([1, 2, 3, 4, 5, 6].map((i) => send(poke(counter, BigInt(i)), { key: `k${i}` })));
    expect(await pokes()).to.equal(6);
  });

  it("behavior: what was written and not sent before a crash is sent after it, in the bytes that were written", async () => {
    proxy.fault = ({ method }) => (method === "eth_sendRawTransaction" ? "drop" : undefined);
    const first = start();
    const lost = codeOf(first.send(poke(), { key: "a" }));
    await until(async () => (await first.store.get("a"))?.attempts.length === 1);
    await first.stop();
    expect(await lost).to.equal("CANCELLED");
    const written = await first.store.get("a");
    proxy.fault = () => undefined;
    const second = start();
    await until(async () => (await second.store.get("a"))?.status === "mined");
    expect(await pokes()).to.equal(1);
    expect((await second.store.get("a"))?.mined?.hash).to.equal(written?.attempts[0]?.hash);
  });

  it("behavior: a nonce that was taken and not signed before a crash is signed after it", async () => {
    const first = start();
    await first.stop();
    const intent = { key: "a", what: "poke", to: counter, data: "0x", value: 0n, gas: 60_000n } as const;
    await first.store.reserve(intent, 0, Date.now());
    const second = start();
    const receipt = await second.send(poke(), { key: "a" });
    expect(receipt.status).to.equal("success");
  });

  it("behavior: a stuck transaction is replaced by one with higher fees, and mined once", async () => {
    await chain.setAutomine(false);
    const { send, store } = start({ bumpAfterMs: 100 });
    const receipt = send(poke(), { key: "a" });
    await until(async () => ((await store.get("a"))?.attempts.length ?? 0) >= 3);
    await chain.mine({ blocks: 1 });
    const { transactionHash } = await receipt;
    const stored = await store.get("a");
    const tips = stored?.attempts.map(({ maxPriorityFeePerGas }) => maxPriorityFeePerGas) ?? [];
    for (const [i, tip] of tips.entries()) if (i > 0) expect(tip * 10n >= (tips[i - 1] ?? 0n) * 11n).to.equal(true);
    expect(stored?.attempts.some(({ hash }) => hash === transactionHash)).to.equal(true);
    expect(await pokes()).to.equal(1);
  });

  it("behavior: fees stay below their limits, whatever an endpoint advises", async () => {
    proxy.fault = ({ method }) =>
      method === "eth_maxPriorityFeePerGas" ? { result: toHex(parseEther("1")) } : undefined;
    const { send, store } = start();
    await send(poke(), { key: "a" });
    const [attempt] = (await store.get("a"))?.attempts ?? [];
    expect(attempt?.maxPriorityFeePerGas).to.equal(10n ** 11n);
  });

  it("behavior: a transaction that the pool has dropped is sent again", async () => {
    await chain.setAutomine(false);
    const { send, store } = start({ bumpAfterMs: 300 });
    const receipt = send(poke(), { key: "a" });
    await until(async () => (await chain.getTransactionCount({ ...pendingOf(key) })) === 1);
    const [attempt] = (await store.get("a"))?.attempts ?? [];
    await chain.dropTransaction({ hash: attempt?.hash ?? "0x" });
    await until(async () => (await chain.getTransactionCount({ ...pendingOf(key) })) === 1);
    await chain.mine({ blocks: 1 });
    expect((await receipt).status).to.equal("success");
    expect(await pokes()).to.equal(1);
  });

  it("behavior: a transaction that a reorganisation has taken out is sent again", async () => {
    const fork = await chain.snapshot();
    const { send, store } = start();
    await send(poke(), { key: "a" });
    await chain.revert({ id: fork });
    expect(await pokes()).to.equal(0);
    await chain.mine({ blocks: 3 });
    await until(async () => (await pokes()) === 1);
    await until(async () => (await store.get("a"))?.status === "mined");
  });

  it("behavior: deep in the chain it is final, keeps no bytes, and still answers a repeat", async () => {
    const { send, store } = start({ finalityDepth: 4 });
    const { transactionHash } = await send(poke(), { key: "a" });
    await chain.mine({ blocks: 5 });
    await until(async () => (await store.get("a"))?.status === "final");
    expect((await store.get("a"))?.data).to.equal("0x");
    expect((await send(poke(), { key: "a" })).transactionHash).to.equal(transactionHash);
    await store.prune(Date.now() + 1);
    expect(await store.get("a")).to.equal(undefined);
  });

  it("error: the contract's own words, before anything is sent and in the block; a repeat tries again", async () => {
    const gate = await deploy(tinyContract({ failsWith: errorSelector("JobNotOpen") }));
    await chain.setAutomine(false);
    const { send, store } = start();
    const both = [send(poke(gate), { key: "a" }), codeOf(send(poke(gate), { key: "b" }))] as const;
    await until(async () => (await chain.getTransactionCount({ ...pendingOf(key) })) === 2);
    await chain.mine({ blocks: 1 });
    const winner = await Promise.race([both[0].then(() => "a"), both[1]]).catch(() => "b");
    expect(winner).to.equal("a");
    expect(await both[1]).to.equal("JOB_NOT_CLAIMABLE");
    await chain.setAutomine(true);
    const nonces = await chain.getTransactionCount({ ...pendingOf(key) });
    expect(await codeOf(send(poke(gate), { key: "b" }))).to.equal("JOB_NOT_CLAIMABLE");
    expect(await codeOf(send(poke(gate), { key: "c" }))).to.equal("JOB_NOT_CLAIMABLE");
    // Both were refused by the simulation: nothing was sent, and no nonce was taken.
    expect(await chain.getTransactionCount({ ...pendingOf(key) })).to.equal(nonces);
    expect(await store.get("c")).to.equal(undefined);
  });

  it("behavior: calls without a key go through the same sender", async () => {
    const { send, client, store } = start();
    const own = ownWrites(client, { send });
    const [a, b] = await Promise.all([callContract(own, poke()), callContract(own, poke(counter, 2n))]);
    expect([a.status, b.status, await pokes()]).to.deep.equal(["success", "success", 2]);
    expect((await store.byHash(a.transactionHash))?.what).to.equal("poke");
    const gate = await deploy(tinyContract({ failsWith: errorSelector("JobNotOpen") }));
    await callContract(own, poke(gate));
    await expectError("JOB_NOT_CLAIMABLE", () => callContract(own, poke(gate)));
  });

  it("behavior: below the floor nothing new is begun; an empty account is told of before anything is written", async () => {
    const { send, mayClaim, store, status, account } = start();
    await until(() => status().balance !== undefined);
    expect(mayClaim()).to.equal(true);
    await chain.setBalance({ address: account.address, value: parseEther("0.9") });
    await send(poke(), { key: "a" });
    await until(() => !mayClaim());
    await chain.setBalance({ address: account.address, value: 1n });
    expect(await codeOf(send(poke(), { key: "b" }))).to.equal("GAS_EMPTY");
    expect(await store.get("b")).to.equal(undefined);
  });

  it("behavior: a nonce that another program has used is told of, and the transaction gets the next one", async () => {
    await chain.setAutomine(false);
    const alarms: PersonaError[] = [];
    const { send, client } = start({ onAlarm: (error) => alarms.push(error), believeAfterMs: 200 });
    const receipt = send(poke(), { key: "a" });
    await until(async () => (await chain.getTransactionCount({ ...pendingOf(key) })) === 1);
    const fees = { maxFeePerGas: 10n ** 12n, maxPriorityFeePerGas: 10n ** 12n };
    await client.sendTransaction({ to: client.account.address, value: 1n, nonce: 0, gas: 21_000n, ...fees });
    await chain.setAutomine(true);
    const timer = setInterval(() => void chain.mine({ blocks: 1 }).catch(() => {}), 50);
    expect((await receipt).status).to.equal("success");
    clearInterval(timer);
    expect(alarms.map(({ code }) => code)).to.deep.equal(["NONCE_TAKEN"]);
    expect(await pokes()).to.equal(1);
  });

  it("behavior: a transaction whose receipt comes late is not sent a second time", async () => {
    let hidden = 0;
    proxy.fault = ({ method }) => {
      if (method !== "eth_getTransactionReceipt" || hidden >= 20) return undefined;
      hidden += 1;
      return { result: null };
    };
    const timer = setInterval(() => void chain.mine({ blocks: 1 }).catch(() => {}), 20);
    const { send, account } = start();
    expect((await send(poke(), { key: "a" })).status).to.equal("success");
    clearInterval(timer);
    expect([hidden, await pokes(), await chain.getTransactionCount({ address: account.address })]).to.deep.equal([
      20, 1, 1,
    ]);
  });

  it("behavior: a store that was lost goes on where the chain is", async () => {
    const first = start();
    await first.send(poke(), { key: "a" });
    await first.send(poke(), { key: "b" });
    await first.stop();
    db.close();
    db = new DatabaseSync(":memory:");
    const second = start();
    await second.send(poke(), { key: "c" });
    expect([await pokes(), (await second.store.get("c"))?.nonce]).to.deep.equal([3, 2]);
  });

  it("behavior: a nonce that is missing below ours is filled", async () => {
    const first = start();
    await first.stop();
    // As after a disk that came back from an older copy: the store believes in nonces that the chain has not seen.
    const intent = { what: "poke", to: counter, data: "0x", value: 0n, gas: 60_000n } as const;
    await first.store.reserve({ ...intent, key: "a" }, 2, Date.now());
    const timer = setInterval(() => void chain.mine({ blocks: 1 }).catch(() => {}), 50);
    const second = start({ bumpAfterMs: 500, believeAfterMs: 200 });
    await until(async () => (await second.store.get("a"))?.status === "mined");
    clearInterval(timer);
    expect(await pokes()).to.equal(1);
  });
});

const pendingOf = (key: Hex) => ({ address: privateKeyToAccount(key).address, blockTag: "pending" }) as const;

/** The error's code, or the receipt's status. */
const codeOf = (sent: Promise<{ readonly status: string }>): Promise<string> =>
  sent.then(
    ({ status }) => status,
    (error: unknown) => (isPersonaError(error) ? error.code : String(error)),
  );
