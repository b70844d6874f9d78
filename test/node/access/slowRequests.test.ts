import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { decode } from "@ipld/dag-cbor";
import { expect } from "chai";
import { type GuardianServer, startGuardianServer } from "../../../node/src/access/guardianServer.ts";

describe("a guardian's HTTP server, while others hold it up", () => {
  let server: GuardianServer;
  let sockets: Socket[];
  let origin: string;
  let inEnclave: (() => void)[];
  beforeEach(async () => {
    sockets = [];
    inEnclave = [];
    server = await startGuardianServer({
      host: "127.0.0.1",
      port: 0,
      log: { warn: () => {} } as unknown as Parameters<typeof startGuardianServer>[0]["log"],
      routes: {
        key: () => ({ nodeId: 1, signer: "0x", kemKey: new Uint8Array(1) }),
        release: async (body) => {
          if (body.length > 1) await new Promise<void>((resolve) => inEnclave.push(resolve));
          return body;
        },
        deposit: async () => {},
        revoke: async () => {},
        log: async () => new Uint8Array(),
      },
    });
    origin = `http://127.0.0.1:${server.port}`;
  });
  afterEach(async () => {
    for (const resolve of inEnclave) resolve();
    for (const socket of sockets) socket.destroy();
    await server.close();
  });

  /** Requests from an address of this machine whose bodies stop after one byte. */
  async function slow(count: number, localAddress: string): Promise<void> {
    const opened = Array.from({ length: count }, async () => {
      const socket = connect({ port: server.port, host: "127.0.0.1", localAddress });
      sockets.push(socket);
      socket.on("error", () => {});
      await once(socket, "connect");
      socket.write("POST /release HTTP/1.1\r\nhost: g\r\ncontent-length: 100\r\n\r\na");
    });
    await Promise.all(opened);
    // Handled in order: an answer to a later request says that the server has these.
    expect((await fetch(`${origin}/healthz`)).status).to.equal(200);
  }
  const release = (body: string) => fetch(`${origin}/release`, { method: "POST", body });

  it("behavior: bodies that do not come hold up nobody else", async () => {
    await slow(200, "127.0.0.2");
    expect((await release("x")).status).to.equal(200);
    expect((await fetch(`${origin}/key`)).status).to.equal(200);
  });

  it("behavior: nor do they keep the key and the state of health from their own address", async () => {
    await slow(200, "127.0.0.1");
    expect((await fetch(`${origin}/key`)).status).to.equal(200);
    expect((await fetch(`${origin}/healthz`)).status).to.equal(200);
    const refused = await release("x");
    const { code } = decode(new Uint8Array(await refused.arrayBuffer())) as { code: string };
    expect([refused.status, code]).to.deep.equal([503, "GUARDIANS_UNAVAILABLE"]);
  });

  it("behavior: connections of one address leave room for others", async () => {
    const opened = Array.from({ length: 400 }, async () => {
      const socket = connect({ port: server.port, host: "127.0.0.1", localAddress: "127.0.0.2" });
      sockets.push(socket);
      socket.on("error", () => {});
      await once(socket, "connect");
    });
    await Promise.all(opened);
    expect((await release("x")).status).to.equal(200);
  });

  it("behavior: one address has half of the places before the enclave; more are told to come back, and it serves again", async () => {
    const answers = [];
    for (let i = 0; i < 32; i++) {
      answers.push(release("work"));
      while (inEnclave.length <= i) await new Promise((resolve) => setImmediate(resolve));
    }
    expect((await release("x")).status).to.equal(503);
    for (const resolve of inEnclave) resolve();
    for (const answer of answers) expect((await answer).status).to.equal(200);
    expect((await release("x")).status).to.equal(200);
  });
});
