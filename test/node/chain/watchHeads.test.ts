import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { expect } from "chai";
import { systemClock } from "../../../node/src/chain/clock.ts";
import { watchHeads } from "../../../node/src/chain/stream/watchHeads.ts";
import { type NewsChain, startNewsChain } from "../../helpers/newsChain.ts";

describe("watchHeads", function () {
  this.timeout(30_000);
  let chain: NewsChain;
  let stopping: AbortController;
  before(async () => {
    chain = await startNewsChain();
  });
  after(() => chain?.close());
  beforeEach(() => {
    stopping = new AbortController();
  });
  afterEach(() => stopping.abort());

  const watch = (url: string, states: boolean[] = []) =>
    watchHeads({ url, clock: systemClock, onState: (state) => states.push(state), signal: stopping.signal });
  const until = async (test: () => boolean): Promise<void> => {
    while (!test()) await systemClock.sleep(5);
  };
  /** A minute is longer than the test may take: only news ends it. */
  const longMs = 60_000;

  it("default: a new block ends the wait", async () => {
    const heads = watch(chain.url.replace("http", "ws"));
    await until(heads.connected);
    await heads.untilNews(longMs, stopping.signal); // That it stands now.
    const waiting = heads.untilNews(longMs, stopping.signal);
    await chain.mine(1);
    await waiting;
    // One that comes while nobody waits is not forgotten.
    await chain.mine(1);
    await heads.untilNews(longMs, stopping.signal);
  });

  it("behavior: the wait ends by itself where nothing listens, and with the signal", async () => {
    const heads = watch("ws://127.0.0.1:9");
    await heads.untilNews(10, stopping.signal);
    expect(heads.connected()).to.equal(false);
    const waiting = heads.untilNews(longMs, stopping.signal);
    stopping.abort();
    await waiting;
    await heads.ended;
  });

  it("error: a line that ends, or is no websocket, is opened again", async () => {
    const sockets: Duplex[] = [];
    const server: Server = createServer((_, response) => response.writeHead(404).end());
    server.on("upgrade", (_, socket: Duplex) => {
      sockets.push(socket);
      socket.on("error", () => {});
      socket.end("HTTP/1.1 500 no\r\n\r\n");
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const states: boolean[] = [];
    watch(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`, states);
    await until(() => sockets.length >= 2);
    stopping.abort();
    server.close();
    expect(states).to.deep.equal([]);
  });
});
