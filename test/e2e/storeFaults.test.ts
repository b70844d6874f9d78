import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { copyFile, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { publishDataset } from "@persona-protocol/sdk/access";
import { type ChainClient, callContract, datasetRegistryAbi } from "@persona-protocol/sdk/contracts";
import {
  type BlobStore,
  cidOfDigest,
  confirmStored,
  createBlobStore,
  createGatewayReader,
  createReplicatedStore,
  decodeManifest,
  encodeManifest,
  generateOwnerRootKey,
  ownerKemKeyPair,
  sealKeystore,
} from "@persona-protocol/sdk/storage";
import { expect } from "chai";
import { type Hex, hexToBytes } from "viem";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { createChainClient } from "../../node/src/chain/connectChain.ts";
import type { DatasetRecord } from "../../node/src/cli/datasetRecord.ts";
import { repositoryRoot } from "../../node/src/dev/repositoryRoot.ts";
import { type Network, startNetwork } from "../../node/src/dev/startNetwork.ts";
import { writeSampleArchive } from "../../scripts/demo/sampleArchive.ts";
import { startCuttingProxy } from "../helpers/cuttingProxy.ts";
import { expectError } from "../helpers/errors.ts";
import { findServer } from "../helpers/findServer.ts";
import { startHoldingProxy } from "../helpers/holdingProxy.ts";
import { createMemoryMedium } from "../helpers/memoryMedium.ts";
import { type S3Server, startS3 } from "../helpers/s3.ts";
import { expectRefusal, runPersona } from "../node/cli/persona.ts";
import { temporaryFolder } from "../node/ingest/temporaryFolder.ts";

const passphrase = "a passphrase";
/** A file system of its own, as small as is asked for, that is gone with the process. */
const canMount = spawnSync("unshare", ["--map-root-user", "--mount", "true"]).status === 0;

describe("faults while storing: what the chain names can be read back", function () {
  this.timeout(180_000);
  const folder = temporaryFolder();
  const stop = new AbortController();
  let network: Network;
  let owner: ChainClient;
  let archive: string;

  before(async () => {
    archive = folder.path("archive.zip");
    await writeSampleArchive(archive, { posts: 3_000, likes: 2_000, seed: 8 });
    network = await startNetwork({
      runDir: folder.path("network"),
      chain: "hardhat",
      port: 0,
      guardians: 3,
      workers: 0,
      signal: stop.signal,
    });
    const key = generatePrivateKey();
    const account = privateKeyToAccount(key);
    await network.fund(account.address);
    owner = createChainClient({ rpcUrl: network.rpcUrl, chainId: network.deployment.chainId, account });
    const keystore = await sealKeystore({ kind: "account", secret: hexToBytes(key), passphrase });
    await folder.write("account.json", JSON.stringify(keystore));
    await folder.write("passphrase", passphrase);
  });

  after(() => network?.close());

  /** The real command and its flags. */
  function importCommand(cwd: string, changed: Readonly<Record<string, string>> = {}): string[] {
    const flags = {
      network: network.runDir,
      rpc: network.rpcUrl,
      keystore: join(cwd, "owner.json"),
      "passphrase-file": folder.path("passphrase"),
      account: folder.path("account.json"),
      guardians: network.guardians.map(({ nodeId }) => nodeId).join(","),
      threshold: "2",
      ...changed,
    };
    return [
      "import",
      archive,
      "--new-keystore",
      "--json",
      ...Object.entries(flags).flatMap(([name, value]) => [`--${name}`, value]),
    ];
  }

  let folders = 0;
  async function newFolder(): Promise<string> {
    folders += 1;
    const cwd = folder.path(`cwd-${folders}`);
    await mkdir(cwd);
    return cwd;
  }

  function startImport(cwd: string, changed: Readonly<Record<string, string>> = {}): ChildProcess {
    const persona = join(repositoryRoot, "node/src/cli/persona.ts");
    return spawn(process.execPath, ["--no-warnings", persona, ...importCommand(cwd, changed)], {
      cwd,
      stdio: ["ignore", "ignore", "inherit"],
    });
  }

  const registered = () =>
    owner.getContractEvents({
      address: network.deployment.datasetRegistry,
      abi: datasetRegistryAbi,
      eventName: "DatasetRegistered",
      fromBlock: 0n,
      strict: true,
    });

  /** Everything that the chain names is in the store, whole. @returns how many datasets there are */
  async function agree(): Promise<number> {
    const events = await registered();
    for (const { args } of events) {
      const { manifestDigest, keyBoxDigest } = args.head;
      const cids = [manifestDigest, keyBoxDigest].map((digest) => cidOfDigest(digest, "dag-cbor"));
      await confirmStored(network.store, cids);
      const manifest = decodeManifest(await network.store.getBlock(cids[0] ?? ""), { digest: manifestDigest });
      expect(manifest.segments.length).to.be.greaterThan(0);
    }
    return events.length;
  }

  const filesBelow = async (name: string): Promise<number> => {
    const entries = await readdir(join(network.storeDir, name), { recursive: true, withFileTypes: true });
    return entries.filter((entry) => entry.isFile()).length;
  };

  it("behavior: killed (kill -9) at any moment of storing, nothing is registered; later, what is registered is whole", async () => {
    const [blocks, pins] = [await filesBelow("blocks"), await filesBelow("pins")];
    const before = await agree();
    const moments: readonly (readonly [string, number])[] = [
      ["blocks", blocks + 1],
      ["pins", pins + 2],
      ["blocks", -1],
    ];
    for (const [what, count] of moments) {
      // The last: as soon as a manifest or KeyBox head can be there, in the middle of read back, deposits or registration.
      const wanted = count === -1 ? (await filesBelow("pins")) + 6 : count;
      const where = count === -1 ? "pins" : what;
      const child = startImport(await newFolder());
      let ended = false;
      child.once("exit", () => {
        ended = true;
      });
      while (!ended && (await filesBelow(where)) < wanted) await nextTurn();
      child.kill("SIGKILL");
      if (!ended) await once(child, "exit");
      const now = await agree();
      if (count !== -1) {
        expect(child.signalCode, `${what} ${count}`).to.equal("SIGKILL");
        expect(now).to.equal(before);
      }
    }
    // What a killed process left behind does not hinder the next one.
    const cwd = await newFolder();
    const count = await agree();
    const { code, stderr } = await runPersona(importCommand(cwd), cwd);
    expect(code, stderr).to.equal(0);
    expect(await agree()).to.equal(count + 1);
  });

  it("behavior: killed while its registration is on the way: lost or mined, store and chain agree, and the record is kept", async () => {
    for (const how of ["lost", "unanswered"] as const) {
      const before = await agree();
      const proxy = await startHoldingProxy(network.rpcUrl, (method) =>
        method === "eth_sendRawTransaction" ? how : "no",
      );
      const cwd = await newFolder();
      const child = startImport(cwd, { rpc: proxy.url });
      await proxy.held;
      child.kill("SIGKILL");
      await once(child, "exit");
      await proxy.close();
      expect(await agree()).to.equal(before + (how === "lost" ? 0 : 1));
      const name = (await readdir(cwd)).find((file) => file.startsWith("dataset-")) ?? "";
      const record: DatasetRecord = JSON.parse(await readFile(join(cwd, name), "utf8"));
      expect(record.registration).to.equal("pending");
      // Registered or not, what the record names is stored: the owner can go on from it.
      await confirmStored(network.store, [cidOfDigest(record.dataset.head.manifestDigest, "dag-cbor")]);
    }
  });

  (canMount ? it : it.skip)(
    `behavior: a disk that is full, at the first block and later: nothing is registered${canMount ? "" : " (skipped: no mount namespaces here)"}`,
    async () => {
      const before = await agree();
      for (const kibibytes of [4, 200]) {
        const cwd = await newFolder();
        const small = join(cwd, "network");
        await mkdir(join(small, "ipfs"), { recursive: true });
        await copyFile(join(network.runDir, "deployment.json"), join(small, "deployment.json"));
        const script = `mount -t tmpfs -o size=${kibibytes}k tmpfs "$1" && shift && exec "$@"`;
        const persona = join(repositoryRoot, "node/src/cli/persona.ts");
        const command = [process.execPath, "--no-warnings", persona, ...importCommand(cwd, { network: small })];
        const child = spawn(
          "unshare",
          ["--map-root-user", "--mount", "sh", "-c", script, "sh", join(small, "ipfs"), ...command],
          {
            cwd,
            stdio: ["ignore", "ignore", "pipe"],
          },
        );
        let stderr = "";
        child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
        const [code] = await once(child, "close");
        expect(code, stderr).to.equal(75);
        const { error } = JSON.parse(stderr.trim().split("\n").at(-1) ?? "");
        expect(error.code, stderr).to.equal("STORE_FAILED");
        expect(error.data.kind).to.equal("full");
        expect(await agree()).to.equal(before);
      }
    },
  );

  it("behavior: every node's gateway gives what the chain names, to a reader that trusts it with nothing", async () => {
    const cwd = await newFolder();
    const { code, stderr } = await runPersona(importCommand(cwd), cwd);
    expect(code, stderr).to.equal(0);
    const [event] = (await registered()).slice(-1);
    const cid = cidOfDigest(event?.args.head.manifestDigest ?? "0x", "dag-cbor");
    for (const { gatewayPort } of network.guardians)
      await confirmStored(createGatewayReader({ url: `http://127.0.0.1:${gatewayPort}` }), [cid]);
  });

  it("error: a store that takes everything and gives back something else: nothing is registered, no share deposited", async () => {
    const before = await agree();
    const medium = createMemoryMedium();
    const liar = createBlobStore({
      ...medium,
      read: async (cid) => medium.blocks.get(cid)?.map((byte) => byte ^ 1),
    });
    const { publicKey } = await ownerKemKeyPair(generateOwnerRootKey());
    const steps: string[] = [];
    const publish = (store: BlobStore) =>
      publishDataset(
        { client: owner, deployment: network.deployment, store },
        {
          segments: [
            { name: "posts", schema: "persona:posts@1", records: 1, from: null, to: null, bytes: new Uint8Array(9) },
          ],
          guardians: network.guardians.map(({ nodeId }) => nodeId),
          threshold: 2,
          ownerPublicKey: publicKey,
          onProgress: ({ step }) => void steps.push(step),
        },
      );
    await expectError("DIGEST_MISMATCH", () => publish(liar));
    const stores = [
      { name: "disk", store: network.store },
      { name: "liar", store: liar },
    ];
    await expectError("STORES_INSUFFICIENT", () => publish(createReplicatedStore({ stores, wanted: 2 })));
    expect(steps).to.not.include("deposit");
    expect(await agree()).to.equal(before);
    await publish(createReplicatedStore({ stores, wanted: 1 }));
    expect(await agree()).to.equal(before + 1);
  });

  it("behavior: superseded and erased versions are let go, and nothing that is still needed", async () => {
    const cwd = await newFolder();
    const stores = join(cwd, "stores.json");
    await writeFile(
      stores,
      JSON.stringify({ wanted: 1, stores: [{ name: "disk", kind: "local", path: network.storeDir }] }),
    );
    const made = await runPersona(importCommand(cwd, { stores }), cwd);
    expect(made.code, made.stderr).to.equal(0);
    const record = JSON.parse(made.stdout).out as string;
    const { dataset }: DatasetRecord = JSON.parse(await readFile(record, "utf8"));
    const gc = async (...flags: string[]) => {
      const args = ["storage", "gc", record, "--stores", stores, "--network", network.runDir, "--rpc", network.rpcUrl];
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
    const manifest = decodeManifest(await network.store.getBlock(manifestCid));
    const [dropped, ...kept] = manifest.segments;
    const next = encodeManifest({ ...manifest, version: 2, previous: dataset.head.manifestDigest, segments: kept });
    const stored = await network.store.putBlock(next.bytes, "dag-cbor");
    await confirmStored(network.store, [stored.cid]);
    const registry = { address: network.deployment.datasetRegistry, abi: datasetRegistryAbi } as const;
    const { keyBoxDigest, guardianSetHash } = dataset.head;
    await callContract(owner, {
      ...registry,
      functionName: "publish",
      args: [dataset.datasetId, dataset.head, next.digest, keyBoxDigest, guardianSetHash, 1, []],
    });

    const leftOver = [manifestCid, dropped?.cid];
    const planned = await gc("--dry-run", "--sweep");
    expect(planned.release).to.have.members(leftOver);
    const isPinned = async (cid: string) => (await network.store.stat(cid)).pinned;
    expect(await isPinned(manifestCid)).to.equal(true);
    expect((await gc()).release).to.have.members(leftOver);
    for (const cid of leftOver) expect(await isPinned(cid ?? "")).to.equal(false);
    for (const cid of [stored.cid, cidOfDigest(keyBoxDigest, "dag-cbor"), ...kept.map((segment) => segment.cid)])
      expect(await isPinned(cid)).to.equal(true);

    // Erasing can be taken back, so nothing goes; erased is for ever.
    await callContract(owner, { ...registry, functionName: "eraseDataset", args: [dataset.datasetId] });
    expect((await gc("--dry-run")).release).to.have.members(leftOver);
    await ahead(owner, 8 * 86_400);
    await callContract(owner, { ...registry, functionName: "concludeErasure", args: [dataset.datasetId] });
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
      const disk = { name: "disk", kind: "local", path: network.storeDir };
      await writeFile(file, JSON.stringify({ wanted, stores: [disk, bucket] }));
      return file;
    }

    it("behavior: its connection is cut while publishing: nothing with two wanted, a dataset with one, which repair makes whole", async () => {
      const before = await agree();
      for (const wanted of [2, 1]) {
        const cwd = await newFolder();
        const proxy = await startCuttingProxy(s3?.port ?? 0, { afterBytes: 100_000 });
        const stores = await storesFile(cwd, wanted, proxy.url);
        const { code, stdout, stderr } = await runPersona(importCommand(cwd, { stores }), cwd);
        await proxy.close();
        if (wanted === 2) {
          expect(code, stderr).to.equal(75);
          const { error } = JSON.parse(stderr.trim().split("\n").at(-1) ?? "");
          expect(error.code).to.equal("STORES_INSUFFICIENT");
          expect(error.data.bucket).to.match(/^gone/);
          expect(await agree()).to.equal(before);
          continue;
        }
        expect(code, stderr).to.equal(0);
        expect(await agree()).to.equal(before + 1);
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
      const cwd = await newFolder();
      const stores = join(cwd, "stores.json");
      const gateway = { name: "node", kind: "gateway", url: `http://127.0.0.1:${network.guardians[0]?.gatewayPort}` };
      const disks = ["one", "two"].map((name) => ({ name, kind: "local", path: name }));
      await writeFile(stores, JSON.stringify({ wanted: 2, stores: [...disks, gateway] }));
      const made = await runPersona(importCommand(cwd, { stores }), cwd);
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
