import type { PersonaError } from "@persona-protocol/sdk/errors";
import { expect } from "chai";
import { toHex } from "viem";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import type { Clock } from "../../../node/src/chain/clock.ts";
import { systemClock } from "../../../node/src/chain/clock.ts";
import { openChain } from "../../../node/src/chain/openChain.ts";
import { expectError } from "../../helpers/errors.ts";
import { type FaultyRpc, startFaultyRpc } from "../../helpers/faultyRpc.ts";
import { type NewsChain, startNewsChain } from "../../helpers/newsChain.ts";
import { createRandom, testSeed } from "../../helpers/random.ts";
import { randomDeployment } from "../../helpers/structs.ts";

const random = createRandom(testSeed());
const silent = { warn: () => {}, error: () => {}, info: () => {} };

describe("chain endpoints", function () {
  this.timeout(60_000);
  let chain: NewsChain;
  /** The same rules, other blocks: a fork. */
  let fork: NewsChain;
  let proxies: FaultyRpc[];
  let closes: (() => Promise<void>)[];
  let now: number;
  /** Moved by the tests: rests and checks end when they say. */
  const clock: Clock = { now: () => now, sleep: systemClock.sleep };
  before(async () => {
    [chain, fork] = await Promise.all([startNewsChain(), startNewsChain()]);
    await chain.mine(10);
    // Begun in the same second, they would be alike.
    await fork.cancel(1n);
    await fork.mine(12);
  });
  after(async () => {
    await chain?.close();
    await fork?.close();
  });
  beforeEach(async () => {
    proxies = await Promise.all([1, 2, 3].map(() => startFaultyRpc(chain.url)));
    closes = [];
    now = 0;
  });
  afterEach(async () => {
    await Promise.all(closes.map((close) => close()));
    await Promise.all(proxies.map((proxy) => proxy.close()));
  });

  async function open(count: number, onAlarm: (error: PersonaError) => void = () => {}) {
    const deployment = { ...randomDeployment(random), chainId: 31_337, jobMarket: chain.market };
    const account = privateKeyToAccount(generatePrivateKey());
    const urls = proxies.slice(0, count).map(({ url }) => url);
    const opened = await openChain({ urls, deployment, account, clock, log: silent, onAlarm });
    closes.push(opened.close);
    return opened;
  }
  const nth = (index: number): FaultyRpc => {
    const proxy = proxies[index];
    if (proxy === undefined) throw new RangeError("no such proxy");
    return proxy;
  };
  const states = ({ endpoints }: Awaited<ReturnType<typeof open>>) => endpoints.health().map(({ state }) => state);
  const head = { method: "eth_blockNumber", params: [] };

  it("default: the first endpoint is asked, and the next when it fails; the failed one rests, and comes back", async () => {
    const opened = await open(2);
    nth(0).fault = () => "drop";
    expect(await opened.client.getBlockNumber()).to.equal(await chain.client.getBlockNumber());
    expect(await opened.endpoints.request(head)).to.equal(toHex(await chain.client.getBlockNumber()));
    expect(states(opened)).to.deep.equal(["ill", "well"]);
    // Nobody waits for it meanwhile.
    nth(0).calls.length = 0;
    for (let i = 0; i < 5; i++) await opened.client.getBlockNumber();
    expect(nth(0).calls.length).to.equal(0);
    nth(0).fault = () => undefined;
    now = 120_000;
    await opened.client.getBlockNumber();
    expect(states(opened)).to.deep.equal(["well", "well"]);
    expect(nth(0).calls.length).to.equal(1);
  });

  it("behavior: an endpoint that is down at the start is left for later", async () => {
    nth(0).fault = () => "drop";
    const opened = await open(2);
    expect(await opened.client.getChainId()).to.equal(31_337);
  });

  it("behavior: a rate limit, an internal error and a status move the call on; the contract's no does not", async () => {
    const opened = await open(2);
    for (const fault of [
      { status: 429 },
      { status: 500 },
      { error: { code: -32_603, message: "Internal error" } },
      { error: { code: -32_005, message: "limit exceeded" } },
    ] as const) {
      now += 120_000;
      nth(0).fault = () => fault;
      expect(await opened.client.getBlockNumber()).to.equal(await chain.client.getBlockNumber());
    }
    now += 120_000;
    nth(0).fault = () => ({ error: { code: 3, message: "execution reverted" } });
    nth(1).calls.length = 0;
    const failed = await opened.client.call({ to: chain.market }).then(
      () => false,
      () => true,
    );
    expect([failed, nth(1).calls.length]).to.deep.equal([true, 0]);
  });

  it("behavior: a signed transaction goes to every endpoint, and one that takes it is enough", async () => {
    const opened = await open(3);
    const [account] = await chain.client.getAddresses();
    await chain.client.setBalance({ address: opened.client.account?.address ?? "0x", value: 10n ** 18n });
    nth(0).fault = ({ method }) => (method === "eth_sendRawTransaction" ? { status: 500 } : undefined);
    const hash = await opened.client.sendTransaction({ to: account ?? "0x", value: 1n });
    const { status } = await chain.client.waitForTransactionReceipt({ hash });
    expect(status).to.equal("success");
    for (const proxy of proxies)
      expect(proxy.calls.filter(({ method }) => method === "eth_sendRawTransaction").length).to.equal(1);
  });

  it("error: one of three that tells of another chain is not asked, and somebody is told once", async () => {
    const alarms: PersonaError[] = [];
    const opened = await open(3, (error) => alarms.push(error));
    nth(0).target = fork.url;
    await opened.endpoints.check();
    expect(states(opened)).to.deep.equal(["outvoted", "well", "well"]);
    expect(opened.endpoints.pick().name).to.equal(new URL(nth(1).url).host);
    await opened.endpoints.check();
    await opened.endpoints.check();
    expect(alarms.map(({ code, data }) => [code, data["outvoted"]])).to.deep.equal([
      ["CHAIN_DISAGREES", new URL(nth(0).url).host],
    ]);
    // It comes back when it has come to its senses; another time is another alarm.
    nth(0).target = chain.url;
    await opened.endpoints.check();
    expect(states(opened)).to.deep.equal(["well", "well", "well"]);
  });

  it("error: one against one has no majority: nothing new is read until they agree", async () => {
    const alarms: PersonaError[] = [];
    const opened = await open(2, (error) => alarms.push(error));
    nth(1).target = fork.url;
    await opened.endpoints.check();
    await opened.endpoints.check();
    expect(alarms.map(({ code }) => code)).to.deep.equal(["CHAIN_DISAGREES"]);
    expect(opened.endpoints.disagreement()?.code).to.equal("CHAIN_DISAGREES");
    await expectError("CHAIN_DISAGREES", () => opened.endpoints.pick());
    // What was begun can be brought to its end.
    expect(await opened.client.getBlockNumber()).to.equal(await chain.client.getBlockNumber());
    nth(1).target = chain.url;
    await opened.endpoints.check();
    expect(opened.endpoints.disagreement()).to.equal(undefined);
  });

  it("behavior: an endpoint far behind the others is asked last, and disagrees with nobody", async () => {
    const opened = await open(3);
    const { number, hash } = await chain.client.getBlock({ blockNumber: 0n });
    nth(0).fault = ({ method, params: [tag] }) =>
      method === "eth_getBlockByNumber" && tag === "latest"
        ? { change: (block) => ({ ...(block as object), number: toHex(number ?? 0n), hash }) }
        : undefined;
    await opened.endpoints.check();
    expect(states(opened)).to.deep.equal(["lagging", "well", "well"]);
    expect(opened.endpoints.ranked().at(-1)).to.equal(0);
    expect(opened.endpoints.disagreement()).to.equal(undefined);
  });

  it("error: an endpoint of another chain is refused at the start; none that answers, too", async () => {
    nth(1).fault = ({ method }) => (method === "eth_chainId" ? { result: "0x1" } : undefined);
    await expectError("CHAIN_WRONG", () => open(2));
    for (const proxy of proxies) proxy.fault = () => "drop";
    await expectError("CHAIN_UNREACHABLE", () => open(3));
  });
});
