import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { zeroAddress } from "viem";
import { watchKey } from "../../../node/src/compute/watchKey.ts";

type Context = Parameters<typeof watchKey>[0];

const silent = { info() {}, warn() {}, error() {} };
const good = { state: 1, registeredAt: 0, openUntil: 1_000_000 };
const hour = 3_600_000;

function scene() {
  const stopping = new AbortController();
  const it = { key: good, reads: 0, registered: 0, fails: false };
  const client = {
    async readContract() {
      it.reads += 1;
      if (it.fails) throw new Error("the endpoint is away");
      return it.key;
    },
    getBlock: async () => ({ timestamp: 10n }),
  };
  const start = (everyMs: number) =>
    watchKey({ client, deployment: { nodeRegistry: zeroAddress }, log: silent } as unknown as Context, zeroAddress, {
      signal: stopping.signal,
      everyMs,
      async registerAgain() {
        it.registered += 1;
        it.key = good;
      },
    });
  return Object.assign(it, { start, stop: () => stopping.abort() });
}

const until = async (done: () => boolean): Promise<void> => {
  while (!done()) await sleep(2);
};

describe("watchKey", () => {
  it("behavior: a key that a reorganisation has taken is registered again, as soon as somebody asks", async () => {
    const it_ = scene();
    const watch = it_.start(hour);
    it_.key = { ...good, state: 0 };
    watch.lookNow();
    await until(() => it_.registered === 1);
    it_.stop();
    expect(await watch.ended).to.equal(undefined);
  });

  it("behavior: an endpoint that is away is asked again; a key that is frozen ends it", async () => {
    const it_ = scene();
    it_.fails = true;
    const watch = it_.start(5);
    await until(() => it_.reads > 2);
    it_.fails = false;
    it_.key = { ...good, state: 3 };
    expect(await watch.ended).to.include({ atOnce: true });
    expect(it_.registered).to.equal(0);
  });
});
