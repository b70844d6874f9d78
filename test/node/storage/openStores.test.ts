import { mkdir } from "node:fs/promises";
import { collectBytes } from "@persona-protocol/sdk/storage";
import { expect } from "chai";
import { openStores } from "../../../node/src/storage/index.ts";
import { expectError } from "../../helpers/errors.ts";
import { temporaryFolder } from "../ingest/temporaryFolder.ts";

describe("openStores", () => {
  const folder = temporaryFolder();
  const file = (content: unknown) => folder.write("stores.json", JSON.stringify(content));
  const disk = { name: "disk", kind: "local", path: "blocks" };
  const gateway = { name: "gate", kind: "gateway", url: "http://127.0.0.1:9" };

  it("default: each kind, paths relative to the file, gateways to read from only", async () => {
    await folder.write("s3.json", JSON.stringify({ accessKeyId: "a", secretAccessKey: "b" }));
    const s3 = { name: "s3", kind: "s3", bucket: "b", endpoint: "http://127.0.0.1:9", credentialsFile: "s3.json" };
    const kubo = { name: "kubo", kind: "kubo", url: "http://127.0.0.1:9" };
    const opened = await openStores(await file({ wanted: 3, stores: [disk, kubo, s3, gateway] }));
    expect(opened.stores.map(({ name }) => name)).to.deep.equal(["disk", "kubo", "s3"]);
    expect(opened.readers.map(({ name }) => name)).to.deep.equal(["gate"]);
    expect(opened.readers[0]?.store).to.not.have.any.keys("put", "putBlock", "pin", "unpin");
    const [first] = opened.stores;
    const { cid } = (await first?.store.put(new Uint8Array(5))) ?? { cid: "" };
    expect(first === undefined ? [] : await collectBytes(first.store.get(cid))).to.have.lengthOf(5);
  });

  it("behavior: a disk that cannot be used is a store that fails, not the end of the others", async () => {
    await folder.write("a-file", "");
    const { stores } = await openStores(
      await file({ wanted: 1, stores: [disk, { name: "broken", kind: "local", path: "a-file" }] }),
    );
    await expectError("STORE_FAILED", async () => stores[1]?.store.put(new Uint8Array(1)));
    await stores[0]?.store.put(new Uint8Array(1));
  });

  it("error: what names no stores", async () => {
    await mkdir(folder.path("folder"), { recursive: true });
    const bad: unknown[] = [
      {},
      { wanted: 1, stores: [] },
      { wanted: 0, stores: [disk] },
      { wanted: 2, stores: [disk] },
      { wanted: 1, stores: [gateway] },
      { wanted: 2, stores: [disk, disk] },
      { wanted: 1, stores: [{ ...disk, password: "x" }] },
      { wanted: 1, stores: [{ ...disk, name: "\u001b[31m" }] },
      { wanted: 1, stores: [{ name: "x", kind: "ftp", url: "ftp://x" }] },
      { wanted: 1, stores: [{ name: "x", kind: "s3", bucket: "b", credentialsFile: "folder" }] },
      { wanted: 1, stores: [{ name: "x", kind: "s3", bucket: "b", credentialsFile: "stores.json" }] },
    ];
    for (const content of bad) await expectError("CONFIG_INVALID", async () => openStores(await file(content)));
    await expectError("CONFIG_INVALID", () => openStores(folder.path("nowhere.json")));
  });
});
