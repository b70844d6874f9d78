/** Batches to endpoints that take them, refuse them, or answer them wrongly: a real chain behind a real proxy. */
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { ChainClient } from "@persona-protocol/sdk/contracts";
import { expect } from "chai";
import { type Hex, parseEther } from "viem";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { createChainClient } from "../../../node/src/chain/connectChain.ts";
import { startTestChain, type TestChain } from "../../helpers/testNetwork.ts";

type Call = { readonly id: number; readonly method: string };

describe("batchingFetch", function () {
  this.timeout(60_000);
  let chain: TestChain;
  let proxy: Server;
  let url: string;
  /** What came: the number of calls of each request, 0 for one that is no list. */
  let seen: number[] = [];
  let methods: string[] = [];
  /** Answers a batch in the place of the chain; false lets it through. */
  let onBatch: (
    calls: readonly Call[],
    response: ServerResponse,
    answers: () => Promise<unknown[]>,
  ) => Promise<boolean>;
  let client: ChainClient;

  before(async () => {
    chain = await startTestChain();
    proxy = createServer(async (request, response) => {
      let text = "";
      for await (const part of request) text += part;
      const body = JSON.parse(text) as Call | Call[];
      seen.push(Array.isArray(body) ? body.length : 0);
      methods.push(...(Array.isArray(body) ? body : [body]).map(({ method }) => method));
      const ask = async (content: string): Promise<string> =>
        (
          await fetch(chain.rpcUrl, { method: "POST", body: content, headers: { "content-type": "application/json" } })
        ).text();
      const answers = async (): Promise<unknown[]> => JSON.parse(await ask(text)) as unknown[];
      if (Array.isArray(body) && (await onBatch(body, response, answers))) return;
      response.setHeader("content-type", "application/json");
      response.end(await ask(text));
    });
    await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
    url = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  });
  after(async () => {
    proxy?.close();
    proxy?.closeAllConnections();
    await chain?.close();
  });
  beforeEach(() => {
    onBatch = async () => false;
    client = createChainClient({ rpcUrl: url, chainId: 31_337, account: privateKeyToAccount(generatePrivateKey()) });
    [seen, methods] = [[], []];
  });

  const rich = (): Hex => chain.governor.account.address;
  /** Three reads of one turn, whose answers cannot be taken for each other. */
  const readThree = async () =>
    Promise.all([
      client.getChainId(),
      client.getBalance({ address: `0x${"00".repeat(19)}99` }),
      client.getCode({ address: chain.deployment.jobMarket }),
    ]);
  const expectThree = ([id, balance, code]: Awaited<ReturnType<typeof readThree>>): void => {
    expect(id).to.equal(31_337);
    expect(balance).to.equal(0n);
    expect(code?.length).to.be.greaterThan(1_000);
  };
  const json = (response: ServerResponse, value: unknown, status = 200): true => {
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(value));
    return true;
  };
  const refusal = { jsonrpc: "2.0", id: null, error: { code: -32_600, message: "batches are not supported" } };

  it("default: reads of one turn go in one request, one alone goes as it is", async () => {
    expectThree(await readThree());
    expect(seen).to.deep.equal([3]);
    expect(await client.getChainId()).to.equal(31_337);
    expect(seen).to.deep.equal([3, 0]);
  });

  for (const [name, answer] of [
    ["one error in the place of the answers", (response: ServerResponse) => json(response, refusal)],
    ["status 400", (response: ServerResponse) => json(response, refusal, 400)],
    ["status 405 and no JSON", (response: ServerResponse) => Boolean(response.writeHead(405).end("no"))],
    ["a list with one error", (response: ServerResponse) => json(response, [refusal])],
    ["an empty list", (response: ServerResponse) => json(response, [])],
    ["a page", (response: ServerResponse) => Boolean(response.end("<html>"))],
  ] as const) {
    it(`behavior: an endpoint that answers a batch with ${name} is asked one by one, and not by batches again`, async () => {
      onBatch = async (_, response) => answer(response);
      expectThree(await readThree());
      expect(seen).to.deep.equal([3, 0, 0, 0]);
      expectThree(await readThree());
      expect(seen.slice(4)).to.deep.equal([0, 0, 0]);
    });
  }

  it("behavior: answers in another order are each the right call's", async () => {
    onBatch = async (_, response, answers) => json(response, (await answers()).reverse());
    expectThree(await readThree());
    expect(seen).to.deep.equal([3]);
  });

  it("behavior: a list that lacks an answer, has one twice, or one of a stranger, is not believed at all", async () => {
    const spoilt: ((all: unknown[]) => unknown[])[] = [
      (all) => all.slice(1),
      (all) => [...all.slice(1), all[1]],
      (all) => [...all.slice(1), { ...(all[0] as object), id: 987_654_321 }],
      (all) => [...all, { ...(all[0] as object), id: 987_654_321 }],
    ];
    for (const spoil of spoilt) {
      onBatch = async (_, response, answers) => json(response, spoil(await answers()));
      client = createChainClient({ rpcUrl: url, chainId: 31_337, account: privateKeyToAccount(generatePrivateKey()) });
      expectThree(await readThree());
    }
  });

  it("behavior: a call that fails fails alone", async () => {
    const [id, failed] = await Promise.allSettled([
      client.getChainId(),
      client.request({ method: "eth_nothing" } as never),
    ]);
    expect(id).to.deep.equal({ status: "fulfilled", value: 31_337 });
    expect(failed.status).to.equal("rejected");
    onBatch = async (_, response) => json(response, refusal);
    const again = await Promise.allSettled([client.getChainId(), client.request({ method: "eth_nothing" } as never)]);
    expect(again.map(({ status }) => status)).to.deep.equal(["fulfilled", "rejected"]);
  });

  it("behavior: a transaction is never part of a batch, so that it is never sent twice", async () => {
    onBatch = async (_, response) => json(response, refusal, 500);
    const sender = chain.governor;
    const request = await sender.prepareTransactionRequest({
      to: client.account.address,
      value: parseEther("1"),
      chain: null,
    } as never);
    const serializedTransaction = await sender.account.signTransaction?.(request as never);
    if (serializedTransaction === undefined) throw new Error("not signed");
    const [hash, id] = await Promise.all([client.sendRawTransaction({ serializedTransaction }), client.getChainId()]);
    await client.waitForTransactionReceipt({ hash });
    expect(id).to.equal(31_337);
    expect(methods.filter((method) => method === "eth_sendRawTransaction")).to.have.lengthOf(1);
    expect(await client.getBalance({ address: client.account.address })).to.equal(parseEther("1"));
  });

  it("error: an endpoint that is overloaded is not asked the more, nor taken for one without batches", async () => {
    onBatch = async (_, response) => json(response, refusal, 429);
    const outcomes = await Promise.allSettled([client.getChainId(), client.getBalance({ address: rich() })]);
    expect(outcomes.map(({ status }) => status)).to.deep.equal(["rejected", "rejected"]);
    expect(seen).to.deep.equal([2]);
    onBatch = async () => false;
    expectThree(await readThree());
    expect(seen).to.deep.equal([2, 3]);
  });
});
