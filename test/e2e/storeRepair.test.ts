import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type ChainClient, callContract, datasetRegistryAbi } from "@persona-protocol/sdk/contracts";
import {
  cidOfDigest,
  confirmStored,
  createGatewayReader,
  decodeManifest,
  encodeManifest,
} from "@persona-protocol/sdk/storage";
import { expect } from "chai";
import type { Hex } from "viem";
import type { DatasetRecord } from "../../node/src/cli/datasetRecord.ts";
import { startCuttingProxy } from "../helpers/cuttingProxy.ts";
import { findServer } from "../helpers/findServer.ts";
import { type S3Server, startS3 } from "../helpers/s3.ts";
import { type StoreScene, startStoreScene } from "../helpers/storeScene.ts";
import { expectRefusal, runPersona } from "../node/cli/persona.ts";
import { temporaryFolder } from "../node/ingest/temporaryFolder.ts";

describe("several stores: what is lost comes back, what is not needed goes", function () {
  this.timeout(180_000);
  const folder = temporaryFolder();
  const stop = new AbortController();
  let scene: StoreScene;

  before(async () => {
    scene = await startStoreScene(folder, stop.signal);
  });

  after(() => scene?.network.close());

  it("behavior: every node's gateway gives what the chain names, to a reader that trusts it with nothing", async () => {
    const cwd = await scene.newFolder();
    const { code, stderr } = await runPersona(scene.importCommand(cwd), cwd);
    expect(code, stderr).to.equal(0);
    const [event] = (await scene.registered()).slice(-1);
    const cid = cidOfDigest(event?.args.head.manifestDigest ?? "0x", "dag-cbor");
    for (const { gatewayPort } of scene.network.guardians)
      await confirmStored(createGatewayReader({ url: `http://127.0.0.1:${gatewayPort}` }), [cid]);
  });

  it("behavior: superseded and erased versions are let go, and nothing that is still needed", async () => {
    const cwd = await scene.newFolder();
    const stores = join(cwd, "stores.json");
    await writeFile(
      stores,
      JSON.stringify({ wanted: 1, stores: [{ name: "disk", kind: "local", path: scene.network.storeDir }] }),
    );
    const made = await runPersona(scene.importCommand(cwd, { stores }), cwd);
    expect(made.code, made.stderr).to.equal(0);
    const record = JSON.parse(made.stdout).out as string;
    const { dataset }: DatasetRecord = JSON.parse(await readFile(record, "utf8"));
    const gc = async (...flags: string[]) => {
      const args = [
        "storage",
        "gc",
        record,
        "--stores",
        stores,
        "--network",
        scene.network.runDir,
        "--rpc",
        scene.network.rpcUrl,
      ];
      const result = await runPersona([...args, "--confirmations", "0", "--json", ...flags], cwd);
      expect(result.code, result.stderr).to.equal(0);
      const plan = JSON.parse(result.stdout);
      return { ...plan, release: plan.release.map(({ cid }: { cid: string }) => cid) };
    };
    const swept = await gc("--sweep");
    expect(swept.release).to.deep.equal([]);
    // Everything is younger than a day.
    expect(swept.swept[0]).to.include({ name: "disk", removed: 0 });
    expect(swept.swept[0].kept).to.be.greaterThan(4);

    // A version without the first segment.
    const manifestCid = cidOfDigest(dataset.head.manifestDigest, "dag-cbor");
    const manifest = decodeManifest(await scene.network.store.getBlock(manifestCid));
    const [dropped, ...kept] = manifest.segments;
    const next = encodeManifest({ ...manifest, version: 2, previous: dataset.head.manifestDigest, segments: kept });
    const stored = await scene.network.store.putBlock(next.bytes, "dag-cbor");
    await confirmStored(scene.network.store, [stored.cid]);
    const registry = { address: scene.network.deployment.datasetRegistry, abi: datasetRegistryAbi } as const;
    const { keyBoxDigest, guardianSetHash } = dataset.head;
    await callContract(scene.owner, {
      ...registry,
      functionName: "publish",
      args: [dataset.datasetId, dataset.head, next.digest, keyBoxDigest, guardianSetHash, 1, []],
    });

    const leftOver = [manifestCid, dropped?.cid];
    const planned = await gc("--dry-run", "--sweep");
    expect(planned.release).to.have.members(leftOver);
    const isPinned = async (cid: string) => (await scene.network.store.stat(cid)).pinned;
    expect(await isPinned(manifestCid)).to.equal(true);
    expect((await gc()).release).to.have.members(leftOver);
    for (const cid of leftOver) expect(await isPinned(cid ?? "")).to.equal(false);
    for (const cid of [stored.cid, cidOfDigest(keyBoxDigest, "dag-cbor"), ...kept.map((segment) => segment.cid)])
      expect(await isPinned(cid)).to.equal(true);

    // Erasing can be taken back, so nothing goes; erased is for ever.
    await callContract(scene.owner, { ...registry, functionName: "eraseDataset", args: [dataset.datasetId] });
    expect((await gc("--dry-run")).release).to.have.members(leftOver);
    await ahead(scene.owner, 8 * 86_400);
    await callContract(scene.owner, { ...registry, functionName: "concludeErasure", args: [dataset.datasetId] });
    await gc();
    for (const cid of [stored.cid, cidOfDigest(keyBoxDigest, "dag-cbor"), ...kept.map((segment) => segment.cid)])
      expect(await isPinned(cid)).to.equal(false);
  });

  describe("with an S3 server", () => {
    let s3: S3Server | undefined;

    before(async function () {
      this.timeout(20 * 60_000);
      const found = findServer("s3");
      if ("reason" in found) {
        process.stderr.write(`\n  SKIPPED: no publication has met a real S3 server. ${found.reason}\n\n`);
        this.skip();
      }
      s3 = await startS3(found.binary);
    });

    after(() => s3?.stop());

    async function storesFile(cwd: string, wanted: number, endpoint: string): Promise<string> {
      const file = join(cwd, `stores-${wanted}.json`);
      await writeFile(join(cwd, "s3.json"), JSON.stringify(s3?.credentials));
      const bucket = { name: "bucket", kind: "s3", endpoint, bucket: s3?.bucket, credentialsFile: "s3.json" };
      const disk = { name: "disk", kind: "local", path: scene.network.storeDir };
      await writeFile(file, JSON.stringify({ wanted, stores: [disk, bucket] }));
      return file;
    }

    it("behavior: its connection is cut while publishing: nothing with two wanted, a dataset with one, which repair makes whole", async () => {
      const before = await scene.agree();
      for (const wanted of [2, 1]) {
        const cwd = await scene.newFolder();
        const proxy = await startCuttingProxy(s3?.port ?? 0, { afterBytes: 100_000 });
        const stores = await storesFile(cwd, wanted, proxy.url);
        const { code, stdout, stderr } = await runPersona(scene.importCommand(cwd, { stores }), cwd);
        await proxy.close();
        if (wanted === 2) {
          expect(code, stderr).to.equal(75);
          const { error } = JSON.parse(stderr.trim().split("\n").at(-1) ?? "");
          expect(error.code).to.equal("STORES_INSUFFICIENT");
          expect(error.data.bucket).to.match(/^gone/);
          expect(await scene.agree()).to.equal(before);
          continue;
        }
        expect(code, stderr).to.equal(0);
        expect(await scene.agree()).to.equal(before + 1);
        const record = JSON.parse(stdout).out as string;
        const straight = await storesFile(cwd, 2, s3?.endpoint ?? "");
        const run = (name: string) => runPersona(["storage", name, record, "--stores", straight, "--json"], cwd);
        const checked = await run("check");
        expect(checked.code, checked.stderr).to.equal(75);
        expect(checked.stderr).to.include("STORES_INSUFFICIENT");
        expect(
          JSON.parse(checked.stdout).results[0].stores.map(({ status }: { status: string }) => status),
        ).to.deep.equal(["whole", "missing"]);
        const repaired = await run("repair");
        expect(repaired.code, repaired.stderr).to.equal(0);
        expect((await run("check")).code).to.equal(0);

        // The bucket loses an object and changes another: said, and put right from the disk.
        const { results } = JSON.parse((await run("check")).stdout);
        const [manifest] = results as { cid: string }[];
        await writeFile(join(s3?.bucketDir ?? "", manifest?.cid ?? ""), "other bytes");
        const dataset: DatasetRecord = JSON.parse(await readFile(record, "utf8"));
        await rm(join(s3?.bucketDir ?? "", dataset.dataset.segments[0]?.cid ?? ""));
        const worse = await run("check");
        expect(worse.code).to.equal(75);
        const { problems } = JSON.parse(worse.stdout).results[0].stores[1];
        expect(problems.map(({ status }: { status: string }) => status)).to.have.members(["wrong", "missing"]);
        expect((await run("repair")).code).to.equal(0);
        expect((await run("check")).code).to.equal(0);
      }
    });
  });

  // Last: its dataset is nowhere else.
  describe("on two disks", () => {
    it("behavior: check and repair of a dataset on two disks, and of what a gateway still has", async () => {
      const cwd = await scene.newFolder();
      const stores = join(cwd, "stores.json");
      const gateway = {
        name: "node",
        kind: "gateway",
        url: `http://127.0.0.1:${scene.network.guardians[0]?.gatewayPort}`,
      };
      const disks = ["one", "two"].map((name) => ({ name, kind: "local", path: name }));
      await writeFile(stores, JSON.stringify({ wanted: 2, stores: [...disks, gateway] }));
      const made = await runPersona(scene.importCommand(cwd, { stores }), cwd);
      expect(made.code, made.stderr).to.equal(0);
      const record = JSON.parse(made.stdout).out as string;
      const run = (name: string, ...flags: string[]) =>
        runPersona(["storage", name, record, "--stores", stores, "--json", ...flags], cwd);
      const statuses = ({ stdout }: { stdout: string }) =>
        JSON.parse(stdout).results.map(({ stores: list }: { stores: { status: string }[] }) =>
          list.map(({ status }) => status),
        );
      // The node reads another directory.
      const fresh = await run("check", "--sample", "1");
      expect([fresh.code, statuses(fresh)]).to.deep.equal([0, Array(2).fill(["whole", "whole", "missing"])]);

      const blocks = (await readdir(join(cwd, "one", "blocks"), { recursive: true, withFileTypes: true })).filter(
        (entry) => entry.isFile(),
      );
      for (const [at, { parentPath, name }] of blocks.entries()) {
        if (at % 2 === 0) await rm(join(parentPath, name));
        else await rm(join(parentPath.replace("/one/", "/two/"), name));
      }
      const broken = await run("check");
      expect(broken.code).to.equal(75);
      expect(broken.stderr).to.include("STORES_INSUFFICIENT");
      const repaired = await run("repair");
      expect(repaired.code, repaired.stderr).to.equal(0);
      const whole = await run("check");
      expect([whole.code, statuses(whole)]).to.deep.equal([0, Array(2).fill(["whole", "whole", "missing"])]);
      expectRefusal(await runPersona(["storage", "check", record, "--stores", record], cwd), "CONFIG_INVALID");
    });
  });
});

async function ahead(client: ChainClient, seconds: number): Promise<void> {
  const request = client.request as (call: { method: string; params: unknown[] }) => Promise<Hex>;
  await request({ method: "evm_increaseTime", params: [seconds] });
  await request({ method: "evm_mine", params: [] });
}
