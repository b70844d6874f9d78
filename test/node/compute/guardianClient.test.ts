/** Connections that a compute node makes to a guardian's real server, counted by a proxy between them. */
import { type AddressInfo, connect, createServer, type Server } from "node:net";
import { PersonaError } from "@persona-protocol/sdk/errors";
import { expect } from "chai";
import { type GuardianServer, startGuardianServer } from "../../../node/src/access/guardianServer.ts";
import { createGuardianClient } from "../../../node/src/compute/guardianClient.ts";
import { expectError } from "../../helpers/errors.ts";
import { createRandom, testSeed } from "../../helpers/random.ts";
import { randomDeployment } from "../../helpers/structs.ts";

const random = createRandom(testSeed());
/** As many as a worker's enclave asks for at once (collectKeys.ts). */
const width = 16;

describe("createGuardianClient", function () {
  this.timeout(60_000);
  let server: GuardianServer;
  let proxy: Server;
  let connections: number;
  let fails: boolean;
  before(async () => {
    const unused = async (): Promise<never> => {
      throw new Error("not asked for here");
    };
    const routes = { key: () => undefined, deposit: unused, revoke: unused, log: unused };
    const release = async (body: Uint8Array) => {
      if (fails) throw new PersonaError("RATE_LIMITED", "Too many.");
      return body;
    };
    const log = { warn: () => {} } as unknown as Parameters<typeof startGuardianServer>[0]["log"];
    server = await startGuardianServer({ host: "127.0.0.1", port: 0, log, routes: { ...routes, release } });
    proxy = createServer((socket) => {
      connections += 1;
      const upstream = connect(server.port, "127.0.0.1");
      socket.pipe(upstream).pipe(socket);
      socket.on("error", () => upstream.destroy());
      upstream.on("error", () => socket.destroy());
    });
    await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  });
  after(async () => {
    await server.close();
    await new Promise((resolve) => proxy.close(resolve));
  });

  function createClient() {
    [connections, fails] = [0, false];
    const endpoint = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    const readContract = (async () => ({ endpoint })) as never;
    return createGuardianClient({ readContract }, randomDeployment(random));
  }

  // Fetch frees a connection a moment after its answer has been read: who asks again at once may get a second one.
  it("default: release requests one after the other share a connection, or two", async () => {
    const guardians = createClient();
    for (let i = 0; i < 40; i++) {
      const body = random.bytes(50_000);
      expect(await guardians.release(1, body)).to.deep.equal(body);
    }
    expect(connections).to.be.at.most(2);
  });

  it("behavior: at most twice as many connections as requests at once, and no more for the next jobs", async () => {
    const guardians = createClient();
    for (let job = 0; job < 10; job++)
      await Promise.all(Array.from({ length: width }, () => guardians.release(1, random.bytes(50_000))));
    expect(connections).to.be.at.most(2 * width);
  });

  it("behavior: a failure ends its connection, and the next request opens one", async () => {
    const guardians = createClient();
    await guardians.release(1, random.bytes(9));
    const before = connections;
    fails = true;
    await expectError("RATE_LIMITED", () => guardians.release(1, random.bytes(9)));
    fails = false;
    await guardians.release(1, random.bytes(9));
    expect(connections).to.be.at.most(before + 2);
  });
});
