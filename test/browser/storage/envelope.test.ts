import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { request as httpRequest } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BlobStore, encryptEnvelopeBytes } from "@persona-protocol/sdk/storage";
import { expect } from "chai";
import type { Hex } from "viem";
import { createLocalIpfs, startGatewayServer } from "../../../node/src/storage/index.ts";
import { describeInBrowser, type TestPage } from "../../helpers/browser.ts";
import { openSecond, sealSecond } from "../../helpers/secondEnvelope.ts";

type StoragePage = typeof import("../pages/storagePage.ts");

const vectors = JSON.parse(await readFile(new URL("../../vectors/envelope.json", import.meta.url), "utf8")) as {
  readonly dek: Hex;
  readonly datasetId: Hex;
  readonly segment: number;
  readonly keyEpoch: number;
  readonly version: number;
  readonly accepted: readonly {
    readonly name: string;
    readonly plaintextLength: number;
    readonly padding?: "padme";
    readonly salt: Hex;
    readonly sha256: Hex;
    readonly cid: string;
  }[];
  readonly refused: readonly {
    readonly name: string;
    readonly of: string;
    readonly slices: readonly (readonly [number, number])[] | null;
    readonly set: Readonly<Record<string, number>>;
    readonly dek?: Hex;
    readonly error: string;
  }[];
};
const bytesOf = (hex: Hex): Buffer => Buffer.from(hex.slice(2), "hex");
const { datasetId, segment, keyEpoch, version } = vectors;
const dek = bytesOf(vectors.dek);
const ids = { datasetId: bytesOf(datasetId), segment, keyEpoch, version };
const key = { datasetId, segment, keyEpoch, dek: new Uint8Array(dek) };
const pattern = (length: number): Buffer => Buffer.from(Uint8Array.from({ length }, (_, at) => at % 251));
const objects = new Map(
  vectors.accepted.map(({ name, plaintextLength, salt, padding }) => [
    name,
    sealSecond(pattern(plaintextLength), dek, bytesOf(salt), ids, padding !== undefined),
  ]),
);
const objectOf = (name: string): Buffer => objects.get(name) ?? expect.fail(`no vector is called ${name}`);
const plain = (bytes: Buffer): Uint8Array => new Uint8Array(bytes);
const pathOf = (name: string): string => `/objects/${name.replaceAll(" ", "-")}`;
const sha256 = (bytes: Buffer): string => `0x${createHash("sha256").update(bytes).digest("hex")}`;

describeInBrowser("envelopes in Chromium", (open) => {
  let page: TestPage<StoragePage>;
  before(async () => {
    const module = new URL("../pages/storagePage.ts", import.meta.url);
    const worker = new URL("../pages/openWorker.ts", import.meta.url);
    page = await open<StoragePage>({ module, modules: { "/worker.js": worker } });
    for (const [name, object] of objects) page.site.route(pathOf(name), plain(object));
    expect(await page.call("hasNodeCrypto")).to.equal(false);
  });

  it("default: every vector that must open does, as a stream of the network, and has its CID", async () => {
    for (const { name, plaintextLength, cid, sha256: digest } of vectors.accepted) {
      expect(sha256(objectOf(name)), name).to.equal(digest);
      const opened = await page.call("openDownload", key, pathOf(name));
      expect(opened, name).to.deep.equal({ bytes: plaintextLength, sha256: sha256(pattern(plaintextLength)) });
      expect(await page.call("cidOf", pathOf(name)), name).to.equal(cid);
    }
  });

  it("behavior: what a page seals from a File, an implementation of the document alone opens", async () => {
    for (const length of [0, 1, 2 ** 20 + 70_001]) {
      const object = Buffer.from(await page.call("sealFile", key, version, plain(pattern(length))));
      expect(openSecond(object, dek, ids).equals(pattern(length)), `${length}`).to.equal(true);
    }
  });

  it("behavior: a worker opens one as it comes", async () => {
    const { bytes, wrong } = await page.call("openInWorker", key, pathOf("three chunks"));
    expect({ bytes, wrong }).to.deep.equal({ bytes: 2 ** 21 + 5, wrong: 0 });
  });

  it("error: every vector that must be refused is, with its code", async () => {
    for (const vector of vectors.refused) {
      const dekOf = vector.dek === undefined ? dek : bytesOf(vector.dek);
      const { of, slices, set } = vector;
      const code = await page.call("openChanged", { ...key, dek: plain(dekOf) }, pathOf(of), slices, set);
      expect(code, vector.name).to.equal(vector.error);
    }
  });
});

describeInBrowser("ranges in Chromium", (open) => {
  const plaintext = pattern(5 * 2 ** 20 + 11);
  let path: string;
  let store: BlobStore;
  let gateway: Awaited<ReturnType<typeof startGatewayServer>>;
  let page: TestPage<StoragePage>;
  let cid: string;
  let served = 0;

  before(async () => {
    path = await mkdtemp(join(tmpdir(), "persona-browser-"));
    store = await createLocalIpfs({ path, durable: false });
    cid = (await store.put(await encryptEnvelopeBytes(plaintext, { ...key, version }))).cid;
    gateway = await startGatewayServer({ host: "127.0.0.1", port: 0, store, log: { warn: () => {} } });
    const module = new URL("../pages/storagePage.ts", import.meta.url);
    page = await open<StoragePage>({ module });
    // A site that puts a gateway below its own name, as who runs both would.
    page.site.route("/ipfs/", (request, response) => {
      const { method, url, headers } = request;
      httpRequest({ host: "127.0.0.1", port: gateway.port, path: url, method, headers }, (answer) => {
        answer.on("data", (data: Buffer) => {
          served += data.length;
        });
        response.writeHead(answer.statusCode ?? 500, answer.headers);
        answer.pipe(response);
      }).end();
    });
  });

  after(async () => {
    await gateway?.close();
    if (path !== undefined) await rm(path, { recursive: true, force: true });
  });

  it("default: a range comes from a real gateway, and little else is fetched", async () => {
    for (const [offset, length] of [
      [3 * 2 ** 20 + 5, 4_096],
      [2 ** 21 - 10, 20],
      [plaintext.length - 1, 1],
    ] as const) {
      served = 0;
      const range = await page.call("readRange", key, page.site.origin, cid, { offset, length });
      expect(Buffer.from(range).equals(plaintext.subarray(offset, offset + length))).to.equal(true);
      // Header and chunk lie in two leaves each, of 1 MiB, at most.
      expect(served).to.be.lessThan(4.1 * 2 ** 20);
    }
  });

  it("behavior: a page of another site learns nothing from a gateway: not even whether it holds an object", async () => {
    const url = `http://127.0.0.1:${gateway.port}`;
    const absent = "bafkreib4e7umuwrbye6gcptbqibb4tuxqojuo72mtcakkusmsns3j5tokm";
    expect(await store.has(absent)).to.equal(false);
    for (const asked of [cid, absent]) {
      expect(await page.call("askGateway", url, asked)).to.equal("STORE_FAILED");
      expect(await page.call("see", `${url}/ipfs/${asked}?format=raw`)).to.equal("TypeError");
    }
    expect((await fetch(`${url}/ipfs/${cid}?format=raw`)).status, "it does hold it").to.equal(200);
  });
});
