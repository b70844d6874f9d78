import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { expect } from "chai";
import { createRpcRelay, type RpcRelay } from "../../../node/src/chain/rpcRelay.ts";
import { expectError } from "../../helpers/errors.ts";

type Call = { readonly id: number; readonly method: string; readonly params: unknown };

describe("createRpcRelay", () => {
  let server: Server;
  let relay: RpcRelay;
  let bodies: (Call | Call[])[];
  let connections: number;
  /** What the endpoint does with a request; the default answers each call with its own method and parameters. */
  let answer: (value: Call | Call[], response: ServerResponse, request: IncomingMessage) => void;

  const results = (value: Call | Call[]): unknown => {
    const one = ({ id, method, params }: Call) => ({ jsonrpc: "2.0", id, result: { method, params } });
    return Array.isArray(value) ? value.map(one).reverse() : one(value);
  };

  beforeEach(async () => {
    bodies = [];
    connections = 0;
    answer = (value, response) => response.end(JSON.stringify(results(value)));
    server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        const value = JSON.parse(Buffer.concat(chunks).toString()) as Call | Call[];
        bodies.push(value);
        answer(value, response, request);
      });
    });
    server.on("connection", () => {
      connections += 1;
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    relay = createRpcRelay(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  });

  afterEach(async () => {
    relay.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  const read = (method: string, params: unknown = []) => relay.request({ method, params });

  it("default: calls of one turn go together, each gets its own result, in whatever order they come", async () => {
    const calls = Array.from({ length: 5 }, (_, i) => read(`m${i}`, [i]));
    expect(await Promise.all(calls)).to.deep.equal(
      Array.from({ length: 5 }, (_, i) => ({ method: `m${i}`, params: [i] })),
    );
    expect(bodies).to.have.lengthOf(1);
  });

  it("behavior: a single call is no batch, and the connection stays open", async () => {
    expect(await read("one", ["a"])).to.deep.equal({ method: "one", params: ["a"] });
    expect(await read("two")).to.deep.equal({ method: "two", params: [] });
    expect(bodies.every((body) => !Array.isArray(body))).to.equal(true);
    expect(connections).to.equal(1);
  });

  it("behavior: more calls than a batch holds go in several", async () => {
    const calls = Array.from({ length: 150 }, (_, i) => read("many", [i]));
    expect(await Promise.all(calls)).to.have.lengthOf(150);
    expect(bodies.map((body) => (Array.isArray(body) ? body.length : 1))).to.have.members([64, 64, 22]);
  });

  it("behavior: null is an answer", async () => {
    answer = (_, response) => response.end('{"jsonrpc":"2.0","id":0,"result":null}');
    expect(await read("block")).to.equal(null);
  });

  it("error: one call's error is its own", async () => {
    answer = (value, response) => {
      const [first, second] = value as [Call, Call];
      response.end(
        JSON.stringify([
          { id: first.id, error: { code: -32_000, message: "reverted" } },
          { id: second.id, result: "0x1" },
        ]),
      );
    };
    const [one, two] = [read("one"), read("two")];
    await expectError("CHAIN_UNREACHABLE", () => one);
    expect(await two).to.equal("0x1");
  });

  const hostile: Record<string, (value: Call | Call[], response: ServerResponse) => void> = {
    "another status": (value, response) => response.writeHead(500).end(JSON.stringify(results(value))),
    "a redirect": (_, response) => response.writeHead(307, { location: "http://127.0.0.1:1/" }).end(),
    "no JSON": (_, response) => response.end("<html>"),
    nothing: (_, response) => response.end(),
    "one error for all": (_, response) =>
      response.end('{"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"no batches"}}'),
    "another id": (_, response) => response.end('[{"id":7,"result":"0x1"},{"id":8,"result":"0x1"}]'),
    "no result": (_, response) => response.end('[{"id":0},{"id":1}]'),
    "ids that are texts": (_, response) => response.end('[{"id":"0","result":"0x1"},{"id":"1","result":"0x1"}]'),
    "half an answer": (_, response) => {
      response.writeHead(200, { "content-length": 100 });
      response.write('[{"id":0,');
      setImmediate(() => response.destroy());
    },
    "no answer": (_, response) => void response.destroy(),
  };
  for (const [what, does] of Object.entries(hostile)) {
    it(`error: CHAIN_UNREACHABLE for ${what}, and the next read is served`, async () => {
      const good = answer;
      answer = does;
      const calls = [read("one"), read("two")];
      for (const call of calls) call.catch(() => {});
      for (const call of calls) await expectError("CHAIN_UNREACHABLE", () => call);
      answer = good;
      expect(await read("again")).to.deep.equal({ method: "again", params: [] });
    });
  }

  it("error: an endless answer is cut off, and does not fill the memory", async function () {
    this.timeout(30_000);
    answer = (_, response) => {
      const piece = Buffer.alloc(1 << 20, 0x20);
      const pour = () => {
        while (!response.destroyed && response.write(piece));
        if (!response.destroyed) response.once("drain", pour);
      };
      pour();
    };
    const before = process.memoryUsage().rss;
    await expectError("CHAIN_UNREACHABLE", () => read("endless"));
    expect(process.memoryUsage().rss - before).to.be.lessThan(128 * 1024 * 1024);
  });

  it("behavior: an idle connection that the endpoint has dropped is made anew, once", async () => {
    const good = answer;
    await read("first");
    answer = (_, response) => {
      answer = good;
      response.destroy();
    };
    expect(await read("second")).to.deep.equal({ method: "second", params: [] });
    expect([connections, bodies.length]).to.deep.equal([2, 3]);
    answer = (_, response) => void response.destroy();
    await expectError("CHAIN_UNREACHABLE", () => read("third"));
    expect(bodies).to.have.lengthOf(5);
  });

  it("error: an endpoint that is not there", async () => {
    const gone = createRpcRelay("http://127.0.0.1:9/");
    await expectError("CHAIN_UNREACHABLE", () => gone.request({ method: "any", params: [] }));
    gone.close();
  });
});
