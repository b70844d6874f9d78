/** The places before a guardian's enclave, by whom they are taken; rates over HTTP: limitsOverHttp.test.ts. */
import { Agent, request } from "node:http";
import { expect } from "chai";
import { addressNetwork } from "../../../node/src/access/addressNetwork.ts";
import { startGuardianServer } from "../../../node/src/access/guardianServer.ts";
import { createLogger } from "../../../node/src/operations/createLogger.ts";

describe("addressNetwork", () => {
  it("default: an IPv4 address is its own, of IPv6 the first four groups count", () => {
    const cases: readonly (readonly [string | undefined, string])[] = [
      ["192.0.2.7", "192.0.2.7"],
      ["::ffff:192.0.2.7", "192.0.2.7"],
      ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
      ["2001:0db8:0001:0002::1", "2001:db8:1:2::/64"],
      ["2001:db8::9", "2001:db8:0:0::/64"],
      ["2001:db8::1:2:3:4:5", "2001:db8:0:1::/64"],
      ["64:ff9b::192.0.2.7", "64:ff9b:0:0::/64"],
      ["fe80::1%eth0", "fe80:0:0:0::/64"],
      ["::1", "0:0:0:0::/64"],
      [undefined, ""],
    ];
    for (const [address, network] of cases) expect(addressNetwork(address), address).to.equal(network);
  });
});

describe("places before the enclave", function () {
  this.timeout(60_000);

  it("error: GUARDIANS_UNAVAILABLE for who has half of them; everybody else is served", async () => {
    let working = 0;
    const end = Promise.withResolvers<void>();
    const unused = async (): Promise<never> => {
      throw new Error("not asked for");
    };
    const server = await startGuardianServer({
      ...{ host: "127.0.0.1", port: 0, log: createLogger({ role: "guardian", destination: { write() {} } }) },
      routes: {
        ...{ key: () => undefined, deposit: unused, revoke: unused, log: unused },
        async release() {
          working += 1;
          await end.promise;
          return new Uint8Array(8);
        },
      },
    });
    const agent = new Agent({ keepAlive: true });
    const ask = (localAddress: string) =>
      new Promise<number>((resolve, reject) => {
        const place = { host: "127.0.0.1", port: server.port, path: "/release", method: "POST", agent, localAddress };
        const sent = request({ ...place, headers: { "content-length": 4 } }, (answer) => {
          answer.resume();
          answer.on("end", () => resolve(answer.statusCode ?? 0));
        });
        sent.on("error", reject);
        sent.end("abcd");
      });
    const answers: Promise<number>[] = [];
    /** Begins one more, and waits until it is at work. */
    const hold = async (address: string) => {
      const before = working;
      answers.push(ask(address));
      while (working === before) await new Promise((resolve) => setTimeout(resolve, 1));
    };
    try {
      for (let i = 0; i < 32; i++) await hold("127.0.0.2");
      expect(await ask("127.0.0.2")).to.equal(503);
      for (let i = 0; i < 8; i++) await hold("127.0.0.3");
      expect(await ask("127.0.0.3")).to.equal(503);
      await hold("127.0.0.4");
      end.resolve();
      expect(new Set(await Promise.all(answers))).to.deep.equal(new Set([200]));
    } finally {
      end.resolve();
      agent.destroy();
      await server.close();
    }
  });
});
