import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { connect, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { encode } from "@ipld/dag-cbor";
import { errorTable, PersonaError } from "@persona-protocol/sdk/errors";
import { expect } from "chai";
import { createPeer, type Peer, type PeerMethods, peerVersion } from "../../../node/src/enclave/runtime/peer.ts";
import { expectError } from "../../helpers/errors.ts";
import { createRandom, mutate, testSeed } from "../../helpers/random.ts";

const seed = testSeed();
/** The documented largest frame. */
const maxFrameBytes = 32 * 1024 * 1024;
const secret = "the plaintext of a post";
let release: () => void = () => {};

const methods: PeerMethods = {
  echo: async (params) => params,
  nothing: async () => undefined,
  hang: () =>
    new Promise((resolve) => {
      release = () => resolve("late");
    }),
  leak: async () => {
    throw new Error(secret);
  },
  leakType: async () => (undefined as unknown as { secret: string }).secret,
  leakCause: async () => {
    throw new PersonaError("GRANT_REVOKED", "No.", { cause: new Error(secret), data: { grant: "0x12" } });
  },
  unsendable: async () => ({ [secret]: () => secret }),
  huge: async () => new Uint8Array(maxFrameBytes),
};

function framed(value: unknown, version = peerVersion): Uint8Array {
  const body = value instanceof Uint8Array ? value : encode(value);
  const frame = Buffer.alloc(5 + body.length);
  frame.writeUInt32BE(1 + body.length);
  frame[4] = version;
  frame.set(body, 5);
  return frame;
}

describe("createPeer", function () {
  this.timeout(30_000);
  let folder: string;
  let server: Server;
  const served: Peer[] = [];
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "persona-peer-"));
    server = createServer((socket) => served.push(createPeer({ input: socket, output: socket, methods })));
    await new Promise<void>((resolve) => server.listen(join(folder, "door"), resolve));
  });
  after(async () => {
    for (const peer of served) peer.close();
    server.close();
    await rm(folder, { recursive: true });
  });

  /** A connection to the peer under test, without a peer of our own. */
  async function dial(): Promise<Socket> {
    const socket = connect(join(folder, "door"));
    await once(socket, "connect");
    socket.on("error", () => {}); // The other side may end first.
    return socket;
  }
  async function callers(): Promise<Peer> {
    const socket = await dial();
    return createPeer({ input: socket, output: socket, methods: {} });
  }
  async function says(bytes: Uint8Array): Promise<Buffer> {
    const socket = await dial();
    const chunks: Buffer[] = [];
    socket.on("data", (chunk) => chunks.push(chunk));
    socket.end(bytes);
    await once(socket, "close");
    return Buffer.concat(chunks);
  }

  it("default: values of every kind come back, in whatever pieces they travel", async () => {
    const peer = await callers();
    for (const value of [
      null,
      0,
      -1,
      2n ** 60n,
      1.5,
      "",
      "é😀",
      true,
      [1, [2]],
      { a: { b: null } },
      new Uint8Array(3_000_000).fill(7),
    ]) {
      expect(await peer.call("echo", value)).to.deep.equal(value);
    }
    expect(await peer.call("nothing", null)).to.equal(null);
    const socket = await dial();
    const answer = once(socket, "data");
    for (const byte of framed({ id: 1, method: "echo", params: "slowly" })) socket.write(Uint8Array.of(byte));
    expect(Buffer.from((await answer)[0]).includes("slowly")).to.equal(true);
    socket.destroy();
    peer.close();
  });

  it("behavior: answers find their calls, in whatever order they come", async () => {
    const peer = await callers();
    const late = peer.call("hang", null);
    const many = await Promise.all(Array.from({ length: 500 }, (_, i) => peer.call("echo", i)));
    expect(many).to.deep.equal(Array.from({ length: 500 }, (_, i) => i));
    release();
    expect(await late).to.equal("late");
    peer.close();
  });

  it("error: unknown methods, those of every object among them", async () => {
    const peer = await callers();
    for (const method of ["", "x", "toString", "constructor", "__proto__", "hasOwnProperty", "x".repeat(64)]) {
      await expectError("REQUEST_INVALID", () => peer.call(method, null));
    }
    expect(await peer.call("echo", 1)).to.equal(1);
    peer.close();
  });

  it("behavior: a known failure keeps code and data, an unknown one loses its text, and no cause crosses", async () => {
    const peer = await callers();
    const known = await expectError("GRANT_REVOKED", () => peer.call("leakCause", null));
    expect(known.data).to.deep.equal({ grant: "0x12" });
    for (const method of ["leak", "leakType", "unsendable"])
      await expectError("INTERNAL", () => peer.call(method, null));
    for (const method of ["leak", "leakType", "leakCause", "unsendable"]) {
      const bytes = await says(framed({ id: 1, method, params: null }));
      expect(
        bytes.includes("post") || bytes.includes("secret") || bytes.includes(import.meta.dirname),
        method,
      ).to.equal(false);
    }
    await expectError("LIMIT_EXCEEDED", () => peer.call("huge", null));
    peer.close();
  });

  it("error: a frame that is announced too large, cut off, empty or no CBOR ends the connection", async () => {
    const length = (bytes: number) => {
      const head = Buffer.alloc(4);
      head.writeUInt32BE(bytes);
      return head;
    };
    const before = process.memoryUsage().rss;
    const good = framed({ id: 1, method: "echo", params: 1 });
    const bad = [
      length(maxFrameBytes + 1),
      length(0xffff_ffff),
      good.subarray(0, -1),
      good.subarray(0, 3),
      length(0),
      framed(Uint8Array.of(0xff)),
      framed(Uint8Array.of(0xa0, 0xa0)),
      framed(new Uint8Array(200_000).fill(0x81)),
      framed({ id: 1 }),
      framed({ id: 1, method: "echo", params: 1 }, 0),
      framed({ id: 1, method: "echo", params: 1 }, 2),
      framed({ id: 1, method: "echo", params: 1 }, 0xa3),
      framed({ id: 1, method: "echo", params: Array.from({ length: 1_000_001 }, () => 0) }),
      framed({ id: 1, method: "echo", params: 1, more: 1 }),
      framed({ id: 1.5, method: "echo", params: 1 }),
      framed({ id: 2n ** 60n, method: "echo", params: 1 }),
      framed({ id: 1, method: "x".repeat(65), params: 1 }),
      framed({ id: 1, error: { code: "INTERNAL", message: "x".repeat(5_000), data: {} } }),
      framed([]),
      framed("text"),
    ];
    for (const bytes of bad) expect(await says(bytes)).to.have.lengthOf(0);
    expect(process.memoryUsage().rss - before, "nothing was made room for").to.be.lessThan(200 * 2 ** 20);
    const peer = await callers();
    expect(await peer.call("echo", 1)).to.equal(1);
    peer.close();
  });

  it("error: ENCLAVE_FAILED: whoever waits hears that the other side is gone, and later callers at once", async () => {
    const socket = await dial();
    const peer = createPeer({ input: socket, output: socket, methods: {} });
    const waiting = Array.from({ length: 10 }, () => peer.call("hang", null));
    const failures = Promise.all(waiting.map((call) => expectError("ENCLAVE_FAILED", () => call)));
    await peer.call("echo", 1);
    served.at(-1)?.close();
    await failures;
    await peer.closed;
    await expectError("ENCLAVE_FAILED", () => peer.call("echo", 1));
  });

  it("error: ENCLAVE_FAILED after the time limit, and an answer that comes then is dropped", async () => {
    const peer = await callers();
    await expectError("ENCLAVE_FAILED", () => peer.call("hang", null, { timeoutMs: 20 }));
    release();
    expect(await peer.call("echo", "after")).to.equal("after");
    peer.close();
  });

  it("error: LIMIT_EXCEEDED: a call that is too large leaves nothing waiting, and so do too many", async () => {
    const peer = await callers();
    const timers = () => process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
    const before = timers();
    await expectError("LIMIT_EXCEEDED", () => peer.call("echo", new Uint8Array(maxFrameBytes), { timeoutMs: 60_000 }));
    expect(timers()).to.equal(before);
    expect(await peer.call("echo", 1)).to.equal(1);
    const many = Array.from({ length: 4_096 }, () => peer.call("hang", null).catch(() => {}));
    await expectError("LIMIT_EXCEEDED", () => peer.call("hang", null));
    peer.close();
    await Promise.all(many);
  });

  it(`behavior: 2,000 changed messages end in an answer of the table or the end of the line (seed ${seed})`, async () => {
    const random = createRandom(seed);
    const messages = [
      { id: 1, method: "echo", params: { bytes: new Uint8Array(20), text: "abc", list: [1, 2, 3] } },
      { id: 2, method: "leak", params: null },
      { id: 3, value: [1, 2] },
      { id: 4, error: { code: "INTERNAL", message: "m", data: { a: "b" } } },
    ];
    const codes = new Set(Object.keys(errorTable));
    let answered = 0;
    for (let batch = 0; batch < 40; batch++) {
      const changed = Array.from({ length: 50 }, () => mutate(framed(random.pick(messages)), random));
      for (const bytes of await Promise.all(changed.map(says))) {
        expect(bytes.includes(secret)).to.equal(false);
        answered += bytes.length > 0 ? 1 : 0;
        for (const [, code] of bytes.toString("latin1").matchAll(/dcode.([A-Z_]{4,})/g))
          expect(codes.has(code ?? ""), code).to.equal(true);
      }
    }
    expect(answered).to.be.greaterThan(0);
    const peer = await callers();
    expect(await peer.call("echo", "still here")).to.equal("still here");
    peer.close();
  });
});
