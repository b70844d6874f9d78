/** An object of more than 1,024 leaves: two levels of UnixFS nodes, through a real store on a disk. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { envelopeSize } from "@persona-protocol/sdk/storage";
import { expect } from "chai";
import { importByteStream } from "ipfs-unixfs-importer";
import { fixedSize } from "ipfs-unixfs-importer/chunker";
import { balanced } from "ipfs-unixfs-importer/layout";
import type { CID } from "multiformats/cid";
import { createLocalIpfs } from "../../node/src/storage/index.ts";

/** Two whole leaves above a gibibyte, and some bytes. */
const LENGTH = 2 ** 30 + 2 ** 21 + 12_345;

describe("an object of more than a gibibyte", function () {
  this.timeout(10 * 60_000);
  let path: string;
  before(async () => {
    path = await mkdtemp(join(tmpdir(), "persona-large-"));
  });
  after(() => rm(path, { recursive: true, force: true }));

  it("default: goes in and comes back in less than 300 MB of memory, under the CID that other IPFS software gives it", async () => {
    const script = fileURLToPath(new URL("../helpers/largeObject.ts", import.meta.url));
    const child = spawn(process.execPath, ["--no-warnings", script, path, String(LENGTH)], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    let output = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => (output += text));
    const [code] = await once(child, "close");
    expect(code).to.equal(0);
    const { cid, peakRssMB, ...rest } = JSON.parse(output);
    const size = envelopeSize(LENGTH, "padme");
    expect(rest).to.deep.equal({ size, bytes: LENGTH, isSame: true, ranges: [true, true, true] });
    expect(peakRssMB).to.be.lessThan(300);

    const store = await createLocalIpfs({ path, durable: false });
    const imported = await importByteStream(
      store.get(cid),
      { put: async (key: CID) => key },
      {
        cidVersion: 1,
        rawLeaves: true,
        chunker: fixedSize({ chunkSize: 2 ** 20 }),
        layout: balanced({ maxChildrenPerNode: 1_024 }),
      },
    );
    expect(imported.cid.toString()).to.equal(cid);
  });
});
