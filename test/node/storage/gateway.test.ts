import { mkdtemp, readdir, readFile, rm, truncate } from "node:fs/promises";
import { createServer, type RequestListener } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { randomBytes, sha256Hex } from "@persona-protocol/sdk/crypto";
import {
  type BlobStore,
  carHeader,
  carSectionHead,
  cidOfDigest,
  collectBytes,
  createBlobStore,
  createGatewayReader,
  encodeCbor,
  readerOf,
} from "@persona-protocol/sdk/storage";
import { expect } from "chai";
import { base36 } from "multiformats/bases/base36";
import { CID } from "multiformats/cid";
import { freePort } from "../../../node/src/dev/freePort.ts";
import { createLocalIpfs, type GatewayServer, startGatewayServer } from "../../../node/src/storage/index.ts";
import { blobReaderContract } from "../../helpers/blobStoreContract.ts";
import { expectError } from "../../helpers/errors.ts";
import { createMemoryMedium } from "../../helpers/memoryMedium.ts";

const MIB = 2 ** 20;

describe("startGatewayServer and createGatewayReader", () => {
  let path: string;
  let store: BlobStore;
  let server: GatewayServer;
  let url: string;
  const log: unknown[] = [];

  before(async () => {
    path = await mkdtemp(join(tmpdir(), "persona-gateway-"));
    store = await createLocalIpfs({ path, durable: false });
    server = await startGatewayServer({
      host: "127.0.0.1",
      port: 0,
      store: readerOf(store),
      log: { warn: (...entry: unknown[]) => void log.push(entry) },
    });
    url = `http://127.0.0.1:${server.port}`;
  });

  after(async () => {
    await server.close();
    await rm(path, { recursive: true, force: true });
  });

  blobReaderContract(
    () => createGatewayReader({ url }),
    () => store,
  );

  /** A reader that notes what it asks for. */
  function watched(): { reader: ReturnType<typeof createGatewayReader>; asked: string[] } {
    const asked: string[] = [];
    const noting: typeof fetch = (input, init) => {
      asked.push(String(input).replace(url, ""));
      return fetch(input, init);
    };
    return { reader: createGatewayReader({ url: `${url}/`, fetch: noting }), asked };
  }

  it("behavior: a file, or a range of it, is one request", async () => {
    const bytes = randomBytes(5 * MIB);
    const { cid } = await store.put(bytes);
    const { reader, asked } = watched();
    await collectBytes(reader.get(cid));
    expect(asked).to.have.lengthOf(1);
    const range = await collectBytes(reader.get(cid, { offset: 3 * MIB - 10, length: 20 }));
    expect(Buffer.from(range).equals(bytes.subarray(3 * MIB - 10, 3 * MIB + 10))).to.equal(true);
    expect(asked).to.have.lengthOf(2);
    const answer = await fetch(`${url}${asked[1]}`);
    // The root and the two leaves that the range touches.
    expect((await answer.arrayBuffer()).byteLength).to.be.within(2 * MIB, 2 * MIB + 1_000);
  });

  it("behavior: blocks that repeat are read, whether the gateway sends them again or not", async () => {
    const { cid } = await store.put(new Uint8Array(4 * MIB));
    const ask = async (dups: string) =>
      (
        await fetch(`${url}/ipfs/${cid}?format=car`, { headers: { accept: `application/vnd.ipld.car; dups=${dups}` } })
      ).arrayBuffer();
    expect((await ask("n")).byteLength).to.be.lessThan(2 * MIB);
    expect((await ask("y")).byteLength).to.be.greaterThan(4 * MIB);
    const once: typeof fetch = (input, init) =>
      fetch(input, {
        ...init,
        headers: { accept: new Headers(init?.headers).get("accept")?.replace("dups=y", "dups=n") ?? "" },
      });
    for (const reader of [createGatewayReader({ url }), createGatewayReader({ url, fetch: once })])
      expect(await collectBytes(reader.get(cid))).to.have.lengthOf(4 * MIB);
  });

  it("behavior: raw blocks, as the specification has them", async () => {
    const bytes = encodeCbor({ a: 1 });
    const { cid } = await store.putBlock(bytes, "dag-cbor");
    const answer = await fetch(`${url}/ipfs/${cid}?format=raw`);
    expect(answer.status).to.equal(200);
    expect(answer.headers.get("content-type")).to.equal("application/vnd.ipld.raw");
    expect(answer.headers.get("x-content-type-options")).to.equal("nosniff");
    expect(answer.headers.get("content-disposition")).to.equal(`attachment; filename="${cid}.bin"`);
    expect(answer.headers.get("access-control-allow-origin")).to.equal(null);
    expect(new Uint8Array(await answer.arrayBuffer())).to.deep.equal(bytes);
    const etag = answer.headers.get("etag") ?? "";
    expect((await fetch(`${url}/ipfs/${cid}?format=raw`, { headers: { "if-none-match": etag } })).status).to.equal(304);
    const head = await fetch(`${url}/ipfs/${cid}`, { method: "HEAD", headers: { accept: "application/vnd.ipld.raw" } });
    expect([head.status, head.headers.get("content-length")]).to.deep.equal([200, String(bytes.length)]);
    // The same CID in another base is the same block.
    const other = CID.parse(cid).toString(base36);
    expect((await fetch(`${url}/ipfs/${other}?format=raw`)).status).to.equal(200);
  });

  it("behavior: scope all follows an object to the files it names, entity does not", async () => {
    const file = await store.put(randomBytes(2 * MIB));
    const object = await store.putBlock(encodeCbor({ file: CID.parse(file.cid) }), "dag-cbor");
    const size = async (scope: string) =>
      (await (await fetch(`${url}/ipfs/${object.cid}?format=car&dag-scope=${scope}`)).arrayBuffer()).byteLength;
    expect(await size("block")).to.be.lessThan(500);
    expect(await size("entity")).to.be.lessThan(500);
    expect(await size("all")).to.be.greaterThan(2 * MIB);
  });

  it("error: an object with more links than any of ours is cut, and costs no memory", async () => {
    const { cid } = await store.put(new Uint8Array(10));
    const link = CID.parse(cid);
    const wide = await store.putBlock(encodeCbor(Array.from({ length: 20_000 }, () => link)), "dag-cbor");
    const outcome = await fetch(`${url}/ipfs/${wide.cid}?format=car&dag-scope=all`).then((answer) =>
      answer.arrayBuffer().then(
        () => "whole",
        () => "cut",
      ),
    );
    expect(outcome).to.equal("cut");
    expect((await fetch(`${url}/ipfs/${wide.cid}?format=raw`)).status).to.equal(200);
  });

  it("error: what a gateway like this does not answer", async () => {
    const { cid } = await store.put(new Uint8Array(10));
    const absent = cidOfDigest(randomBytes(32), "raw");
    const statuses: readonly (readonly [string, number, RequestInit?])[] = [
      [`/ipfs/${absent}?format=raw`, 404],
      [`/ipfs/${absent}?format=car`, 404],
      [`/ipfs/${absent}?format=raw`, 412, { headers: { "cache-control": "only-if-cached" } }],
      [`/ipfs/${cid}`, 406],
      [`/ipfs/${cid}?format=tar`, 406],
      [`/ipfs/${cid}/a?format=raw`, 400],
      [`/ipfs/${cid}%2f..%2f..?format=raw`, 400],
      ["/ipfs/QmdfTbBqBPQ7VNxZEYEj14VmRuZBkqFbiwReogJgS1zR1n?format=raw", 400],
      [`/ipns/${cid}?format=raw`, 400],
      ["/", 400],
      [`/ipfs/${cid}?format=car&dag-scope=everything`, 400],
      [`/ipfs/${cid}?format=car&entity-bytes=1`, 400],
      [`/ipfs/${cid}?format=car&entity-bytes=1:${"9".repeat(400)}`, 400],
      [`/ipfs/${cid}?format=car&car-version=2`, 400],
      [`/ipfs/${cid}?format=raw&${"x".repeat(2_000)}`, 400],
      [`/ipfs/${cid}?format=raw`, 405, { method: "POST" }],
      [`/ipfs/${cid}?format=raw`, 405, { method: "DELETE" }],
    ];
    for (const [target, status, init] of statuses) {
      const answer = await fetch(`${url}${target}`, init);
      expect(answer.status, `${init?.method ?? "GET"} ${target}`).to.equal(status);
      expect((await answer.text()).length).to.be.lessThan(200);
    }
    expect(await store.has(cid)).to.equal(true);
  });

  it("error: a damaged block never leaves; a CAR that reaches it is cut", async () => {
    const { cid } = await store.put(randomBytes(3 * MIB));
    const leaf = (await store.put(randomBytes(MIB))).cid;
    const whole = await store.put(
      await collectBytes([randomBytes(MIB), await collectBytes(store.get(leaf)), randomBytes(MIB)]),
    );
    await damage(leaf);
    expect((await fetch(`${url}/ipfs/${leaf}?format=raw`)).status).to.equal(500);
    const cut = await fetch(`${url}/ipfs/${whole.cid}?format=car`)
      .then((answer) => answer.arrayBuffer())
      .catch(() => "cut");
    expect(cut).to.equal("cut");
    await expectError("STORE_FAILED", () => collectBytes(createGatewayReader({ url }).get(whole.cid)));
    expect(await collectBytes(createGatewayReader({ url }).get(cid))).to.have.lengthOf(3 * MIB);
  });

  it("error: who asks for much and reads nothing is told to come back later, and gives way when it goes", async () => {
    const { cid } = await store.put(randomBytes(24 * MIB));
    const small = await store.put(new Uint8Array(10));
    const status = async () => (await fetch(`${url}/ipfs/${small.cid}?format=raw`)).status;
    const sockets = await Promise.all(
      Array.from({ length: 32 }, async () => {
        const socket = connect(server.port, "127.0.0.1");
        socket.on("error", () => {});
        await new Promise<void>((resolve) => socket.once("connect", resolve));
        socket.write(`GET /ipfs/${cid}?format=car HTTP/1.1\r\nhost: x\r\n\r\n`);
        // The head of the answer is there: it is under way.
        await new Promise<void>((resolve) => socket.once("data", () => resolve(void socket.pause())));
        return socket;
      }),
    );
    expect(await status()).to.equal(429);
    const gone = sockets.map((socket) => new Promise<void>((resolve) => socket.once("close", () => resolve())));
    for (const socket of sockets) socket.destroy();
    await Promise.all(gone);
    // The server hears of it a moment later.
    for (let tries = 0; tries < 200 && (await status()) === 429; tries++);
    expect(await status()).to.equal(200);
  });

  it("error: requests that never end are not waited for", async () => {
    const sockets = await Promise.all(
      Array.from({ length: 40 }, async () => {
        const socket = connect(server.port, "127.0.0.1");
        socket.on("error", () => {});
        await new Promise<void>((resolve) => socket.once("connect", resolve));
        socket.write("GET /ipfs/"); // and no more
        return socket;
      }),
    );
    const { cid } = await store.put(new Uint8Array(10));
    expect((await fetch(`${url}/ipfs/${cid}?format=raw`)).status).to.equal(200);
    for (const socket of sockets) socket.destroy();
  });

  async function damage(cid: string): Promise<void> {
    const before = await store.getBlock(cid);
    for (const entry of await readdir(join(path, "blocks"), { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const file = join(entry.parentPath, entry.name);
      if (Buffer.from(before).equals(await readFile(file))) await truncate(file, before.length - 1);
    }
  }
});

describe("createGatewayReader before a hostile gateway", () => {
  const bytes = randomBytes(100);
  const leaf = cidOfDigest(sha256Hex(bytes), "raw");
  const file = cidOfDigest(`0x${"12".repeat(32)}`, "dag-pb");

  async function against(listener: RequestListener, work: (url: string) => Promise<void>): Promise<void> {
    const server = createServer(listener);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    try {
      await work(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    } finally {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  }
  const read = (url: string, cid = leaf) => collectBytes(createGatewayReader({ url, timeoutMs: 300 }).get(cid));

  it("error: other bytes are an error with both digests", async () => {
    const lie = randomBytes(100);
    await against(
      (_, response) => void response.end(lie),
      async (url) => {
        const error = await expectError("DIGEST_MISMATCH", () => read(url));
        expect(error.data).to.deep.equal({ cid: leaf, got: sha256Hex(lie), wanted: sha256Hex(bytes) });
      },
    );
  });

  it("error: bytes without end are cut off", async () => {
    let sent = 0;
    await against(
      (_, response) => {
        const more = () => {
          while (!response.destroyed && response.write(Buffer.alloc(65_536))) sent += 65_536;
        };
        response.on("drain", more).on("error", () => {});
        more();
      },
      async (url) => {
        await expectError("STORE_FAILED", () => createGatewayReader({ url }).getBlock(leaf));
        expect(sent).to.be.lessThan(16 * MIB);
      },
    );
  });

  it("error: a redirect is not followed", async () => {
    let visited = 0;
    await against(
      (_, response) => {
        visited += 1;
        response.end(bytes);
      },
      async (elsewhere) => {
        await against(
          (_, response) => void response.writeHead(302, { location: elsewhere }).end(),
          async (url) => {
            await expectError("STORE_FAILED", () => read(url));
            await expectError("STORE_FAILED", () => createGatewayReader({ url }).has(leaf));
          },
        );
        expect(visited).to.equal(0);
      },
    );
  });

  it("error: silence is slow, nobody is gone, and both are said", async () => {
    await against(
      () => {},
      async (url) => {
        for (const cid of [leaf, file]) {
          const error = await expectError("STORE_FAILED", () => read(url, cid));
          expect(error.data["kind"]).to.equal("slow");
        }
      },
    );
    const nobody = `http://127.0.0.1:${await freePort(0)}`;
    const error = await expectError("STORE_FAILED", () => read(nobody));
    expect(error.data["kind"]).to.equal("gone");
    await expectError("CONFIG_INVALID", () => createGatewayReader({ url: "file:///etc/passwd" }));
  });

  it("error: a CAR with wrong, foreign, huge or broken sections gives no byte that is not the file's", async () => {
    const children = [randomBytes(MIB), randomBytes(77)];
    const medium = createMemoryMedium();
    const { cid } = await createBlobStore(medium).put(await collectBytes(children));
    const section = (block: string, value: Uint8Array) => [carSectionHead(block, value.length), value];
    const root = medium.blocks.get(cid) ?? new Uint8Array();
    const cars: readonly (readonly [string, readonly Uint8Array[], "whole" | "mismatch"])[] = [
      ["nothing", [], "whole"],
      ["no header", [randomBytes(500)], "whole"],
      ["root only", [carHeader(cid), ...section(cid, root)], "whole"],
      ["another file's block", [carHeader(cid), ...section(cid, root), ...section(leaf, bytes)], "whole"],
      [
        "a length of 4 GiB",
        [carHeader(cid), ...section(cid, root), Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0x0f)],
        "whole",
      ],
      ["a cut section", [carHeader(cid), ...section(cid, root).map((part) => part.subarray(0, 20))], "whole"],
      ["an identity CID", [carHeader(cid), Uint8Array.of(4, 1, 0x55, 0, 0)], "whole"],
      ["a lie about the root", [carHeader(cid), ...section(cid, randomBytes(90))], "mismatch"],
    ];
    for (const [what, car, outcome] of cars) {
      await against(
        (request, response) => {
          const wanted = /\/ipfs\/([a-z0-9]+)\?format=(raw|car)/.exec(request.url ?? "");
          const body = wanted?.[2] === "car" ? Buffer.concat(car) : medium.blocks.get(wanted?.[1] ?? "");
          if (body === undefined) response.writeHead(404).end();
          else response.end(body);
        },
        async (url) => {
          if (outcome === "mismatch") await expectError("DIGEST_MISMATCH", () => read(url, cid));
          else expect(Buffer.concat(children).equals(await read(url, cid)), what).to.equal(true);
        },
      );
    }
  });
});
