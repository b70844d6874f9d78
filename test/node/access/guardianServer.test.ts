import { once } from "node:events";
import { connect } from "node:net";
import { decode, encode } from "@ipld/dag-cbor";
import { maxDepositBytes, maxReleaseCallBytes } from "@persona-protocol/sdk/access";
import { expect } from "chai";
import { endpointOf, post, type Scene, sharedScene } from "../../helpers/guardianScene.ts";
import { createRandom, testSeed } from "../../helpers/random.ts";

const seed = testSeed();

describe("a guardian's HTTP server", function () {
  this.timeout(60_000);
  let scene: Scene;
  let endpoint: URL;
  /** A request whose body stops after one byte; how long the server let it wait. */
  let slow: Promise<number>;
  before(async () => {
    scene = await sharedScene();
    endpoint = new URL(await endpointOf(scene, scene.network.guardians[0]?.nodeId ?? 0));
    const from = performance.now();
    slow = raw(head("/release", "content-length: 100"), "a").then(() => performance.now() - from);
  });

  /** What the server says to these raw bytes until it closes the connection. */
  async function raw(...parts: readonly (string | Uint8Array)[]): Promise<string> {
    const socket = connect(Number(endpoint.port), endpoint.hostname);
    await once(socket, "connect");
    const chunks: Buffer[] = [];
    socket.on("data", (chunk) => chunks.push(chunk));
    socket.on("error", () => {}); // A server that has heard enough may reset.
    for (const part of parts) socket.write(part);
    await once(socket, "close");
    return Buffer.concat(chunks).toString("latin1");
  }

  const head = (path: string, ...fields: readonly string[]) =>
    [`POST ${path} HTTP/1.1`, "host: guardian", ...fields, "", ""].join("\r\n");
  const healthy = async () => (await fetch(new URL("/healthz", endpoint))).status;

  it("default: says its key, and that it is well", async () => {
    expect(await healthy()).to.equal(200);
    const [guardian] = scene.network.guardians;
    const key = decode(new Uint8Array(await (await fetch(new URL("/key", endpoint))).arrayBuffer())) as Record<
      string,
      unknown
    >;
    expect(Object.keys(key).sort()).to.deep.equal(["kemKey", "nodeId", "signer"]);
    // Pages of owners read it, and every other answer, refusals too.
    for (const path of ["/key", "/healthz", "/nothing"]) {
      const { headers } = await fetch(new URL(path, endpoint));
      expect(headers.get("access-control-allow-origin"), path).to.equal("*");
    }
    expect(key).to.include({ nodeId: guardian?.nodeId, signer: guardian?.signer });
  });

  it("error: other paths and methods", async () => {
    for (const [method, path] of [
      ["GET", "/"],
      ["GET", "/release"],
      ["POST", "/key"],
      ["PUT", "/deposit"],
      ["DELETE", "/deposit"],
      ["GET", "/key?x=1"],
      ["POST", "/release/"],
      ["GET", "/../../etc/passwd"],
      ["GET", "//key"],
    ] as const) {
      const { status } = await fetch(`${endpoint.origin}${path}`, { method });
      expect(status, `${method} ${path}`).to.equal(404);
    }
  });

  it("error: a body larger than allowed, announced or not", async () => {
    for (const [path, max] of [
      ["/release", maxReleaseCallBytes],
      ["/deposit", maxDepositBytes],
    ] as const) {
      const announced = await raw(head(path, `content-length: ${max + 1}`));
      expect(announced, path)
        .to.match(/^HTTP\/1\.1 400 /)
        .and.to.contain("REQUEST_INVALID");
      const chunk = new Uint8Array(max + 1);
      const chunked = await raw(
        head(path, "transfer-encoding: chunked"),
        `${chunk.length.toString(16)}\r\n`,
        chunk,
        "\r\n0\r\n\r\n",
      );
      expect(chunked, path)
        .to.match(/^HTTP\/1\.1 400 /)
        .and.to.contain("REQUEST_INVALID");
    }
    expect(await healthy()).to.equal(200);
  });

  it(`error: garbage, which never gets through to more than REQUEST_INVALID (seed ${seed})`, async () => {
    const random = createRandom(seed);
    const bodies = [new Uint8Array(), encode(null), encode({ v: 1 }), encode([]), new Uint8Array(1_000).fill(0x81)];
    for (let round = 0; round < 100; round++) bodies.push(random.bytes(random.integer(400)));
    for (const path of ["/release", "/deposit"]) {
      const answers = await Promise.all(bodies.map((body) => post(scene, path, body)));
      for (const { status, body } of answers) {
        // 64 are served at once; the others are told to come back.
        const { code } = decode(body) as { code: string };
        expect(`${status} ${code}`).to.be.oneOf(["400 REQUEST_INVALID", "503 GUARDIANS_UNAVAILABLE"]);
      }
    }
    expect(await healthy()).to.equal(200);
  });

  it("error: what is not HTTP", async () => {
    const random = createRandom(seed);
    for (const bytes of [
      random.bytes(200),
      Buffer.from("GET / HTTP/9.9\r\n\r\n"),
      Buffer.from(`GET /${"x".repeat(20_000)} HTTP/1.1\r\n\r\n`),
    ]) {
      expect(await raw(bytes)).to.match(/^HTTP\/1\.1 4\d\d /);
    }
  });

  it("error: a body that never comes: cut off in seconds, while others are served", async () => {
    expect(await healthy()).to.equal(200);
    expect(await slow).to.be.lessThan(15_000);
  });
});
