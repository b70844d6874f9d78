import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readlinkSync, statSync } from "node:fs";
import { copyFile, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate as nextTurn, setTimeout as sleep } from "node:timers/promises";
import { publishDataset } from "@persona-protocol/sdk/access";
import {
  type BlobStore,
  cidOfDigest,
  confirmStored,
  createBlobStore,
  createReplicatedStore,
  generateOwnerRootKey,
  ownerKemKeyPair,
} from "@persona-protocol/sdk/storage";
import { expect } from "chai";
import type { DatasetRecord } from "../../node/src/cli/datasetRecord.ts";
import { LOOK_MS } from "../../node/src/dev/processTree.ts";
import { repositoryRoot } from "../../node/src/dev/repositoryRoot.ts";
import { generateMbox } from "../../scripts/exports/mbox.ts";
import { expectError } from "../helpers/errors.ts";
import { startHoldingProxy } from "../helpers/holdingProxy.ts";
import { createMemoryMedium } from "../helpers/memoryMedium.ts";
import { type StoreScene, startStoreScene } from "../helpers/storeScene.ts";
import { runPersona } from "../node/cli/persona.ts";
import { temporaryFolder } from "../node/ingest/temporaryFolder.ts";

/** A file system of its own, as small as is asked for, that is gone with the process. */
const canMount = spawnSync("unshare", ["--map-root-user", "--mount", "true"]).status === 0;

function startPersona(cwd: string, args: readonly string[]): ChildProcess {
  const persona = join(repositoryRoot, "node/src/cli/persona.ts");
  return spawn(process.execPath, ["--no-warnings", persona, ...args], { cwd, stdio: ["ignore", "ignore", "inherit"] });
}

type OpenFile = { readonly path: string; readonly size: number };

/** What a process has open now (Linux), files without a name too. */
function openFiles(pid: number): OpenFile[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).map((fd) => {
      const link = `/proc/${pid}/fd/${fd}`;
      return { path: readlinkSync(link), size: statSync(link).size };
    });
  } catch {
    return []; // One was closed meanwhile: the next look is as good.
  }
}

const isSpool = ({ path }: OpenFile): boolean => /\.spool-[\w-]+ \(deleted\)$/.test(path);

/** What this project leaves among the machine's temporary files; tests that run beside this one have folders of their own. */
const personaFiles = async (): Promise<string[]> =>
  (await readdir(tmpdir())).filter((name) => name.startsWith(".spool-")).sort();

describe("faults while storing: what the chain names can be read back", function () {
  this.timeout(180_000);
  const folder = temporaryFolder();
  const stop = new AbortController();
  let scene: StoreScene;

  before(async () => {
    scene = await startStoreScene(folder, stop.signal);
  });

  after(() => scene?.network.close());

  const startImport = (cwd: string, changed: Readonly<Record<string, string>> = {}): ChildProcess =>
    startPersona(cwd, scene.importCommand(cwd, changed));

  const filesBelow = async (name: string): Promise<number> => {
    const entries = await readdir(join(scene.network.storeDir, name), { recursive: true, withFileTypes: true });
    return entries.filter((entry) => entry.isFile()).length;
  };

  it("behavior: killed (kill -9) at any moment of storing, nothing is registered; later, what is registered is whole", async () => {
    const [blocks, pins] = [await filesBelow("blocks"), await filesBelow("pins")];
    const before = await scene.agree();
    const moments: readonly (readonly [string, number])[] = [
      ["blocks", blocks + 1],
      ["pins", pins + 2],
      ["blocks", -1],
    ];
    for (const [what, count] of moments) {
      // The last: as soon as a manifest or KeyBox head can be there, in the middle of read back, deposits or registration.
      const wanted = count === -1 ? (await filesBelow("pins")) + 6 : count;
      const where = count === -1 ? "pins" : what;
      const child = startImport(await scene.newFolder());
      let ended = false;
      child.once("exit", () => {
        ended = true;
      });
      while (!ended && (await filesBelow(where)) < wanted) await nextTurn();
      child.kill("SIGKILL");
      if (!ended) await once(child, "exit");
      const now = await scene.agree();
      if (count !== -1) {
        expect(child.signalCode, `${what} ${count}`).to.equal("SIGKILL");
        expect(now).to.equal(before);
      }
    }
    // What a killed process left behind does not hinder the next one.
    const cwd = await scene.newFolder();
    const count = await scene.agree();
    const { code, stderr } = await runPersona(scene.importCommand(cwd), cwd);
    expect(code, stderr).to.equal(0);
    expect(await scene.agree()).to.equal(count + 1);
  });

  it("behavior: killed (kill -9) while it reads: nothing is registered or left over, and the next import starts clean", async () => {
    const before = await scene.agree();
    // Of the store and the importer; daemons write when they like.
    const files = async () =>
      (await readdir(scene.network.runDir, { recursive: true }))
        .filter((path) => !/^(guardian-|worker-|logs)/.test(path))
        .sort();
    const [there, temporary] = [await files(), await personaFiles()];
    // Long enough to be met anywhere: some seconds of reading.
    const large = folder.path("large.mbox");
    await writeFile(large, generateMbox({ bytes: 60_000_000 }));
    for (const [moment, reached] of [
      ["the file is open", (open: readonly OpenFile[]) => open.some(({ path }) => path === large)],
      ["spools are open", (open: readonly OpenFile[]) => open.some(isSpool)],
      ["one has a megabyte", (open: readonly OpenFile[]) => open.some((each) => isSpool(each) && each.size > 1e6)],
    ] as const) {
      const cwd = await scene.newFolder();
      const [command = "", , ...flags] = scene.importCommand(cwd);
      const child = startPersona(cwd, [command, large, ...flags]);
      let ended = false;
      child.once("exit", () => {
        ended = true;
      });
      while (!ended && !reached(openFiles(child.pid ?? 0))) await sleep(LOOK_MS);
      child.kill("SIGKILL");
      if (!ended) await once(child, "exit");
      expect(child.signalCode, moment).to.equal("SIGKILL");
      expect(await readdir(cwd), moment).to.deep.equal([]);
      expect(
        (await files()).filter((path) => !there.includes(path)),
        moment,
      ).to.deep.equal([]);
      expect(await personaFiles(), moment).to.deep.equal(temporary);
      expect(await scene.agree(), moment).to.equal(before);
    }
    await rm(large);
    const cwd = await scene.newFolder();
    const { code, stderr } = await runPersona(scene.importCommand(cwd), cwd);
    expect(code, stderr).to.equal(0);
    expect(await scene.agree()).to.equal(before + 1);
  });

  it("behavior: killed while its registration is on the way: lost or mined, store and chain agree, and the record is kept", async () => {
    for (const how of ["lost", "unanswered"] as const) {
      const before = await scene.agree();
      const proxy = await startHoldingProxy(scene.network.rpcUrl, (method) =>
        method === "eth_sendRawTransaction" ? how : "no",
      );
      const cwd = await scene.newFolder();
      const child = startImport(cwd, { rpc: proxy.url });
      await proxy.held;
      child.kill("SIGKILL");
      await once(child, "exit");
      await proxy.close();
      expect(await scene.agree()).to.equal(before + (how === "lost" ? 0 : 1));
      const name = (await readdir(cwd)).find((file) => file.startsWith("dataset-")) ?? "";
      const record: DatasetRecord = JSON.parse(await readFile(join(cwd, name), "utf8"));
      expect(record.registration).to.equal("pending");
      // Registered or not, what the record names is stored: the owner can go on from it.
      await confirmStored(scene.network.store, [cidOfDigest(record.dataset.head.manifestDigest, "dag-cbor")]);
    }
  });

  (canMount ? it : it.skip)(
    `behavior: a disk that is full, at the first block and later: nothing is registered${canMount ? "" : " (skipped: no mount namespaces here)"}`,
    async () => {
      const before = await scene.agree();
      for (const kibibytes of [4, 200]) {
        const cwd = await scene.newFolder();
        const small = join(cwd, "network");
        await mkdir(join(small, "ipfs"), { recursive: true });
        await copyFile(join(scene.network.runDir, "deployment.json"), join(small, "deployment.json"));
        const script = `mount -t tmpfs -o size=${kibibytes}k tmpfs "$1" && shift && exec "$@"`;
        const persona = join(repositoryRoot, "node/src/cli/persona.ts");
        const command = [process.execPath, "--no-warnings", persona, ...scene.importCommand(cwd, { network: small })];
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
        expect(await scene.agree()).to.equal(before);
      }
    },
  );

  it("error: a store that takes everything and gives back something else: nothing is registered, no share deposited", async () => {
    const before = await scene.agree();
    const medium = createMemoryMedium();
    const liar = createBlobStore({
      ...medium,
      read: async (cid) => medium.blocks.get(cid)?.map((byte) => byte ^ 1),
    });
    const { publicKey } = await ownerKemKeyPair(generateOwnerRootKey());
    const steps: string[] = [];
    const publish = (store: BlobStore) =>
      publishDataset(
        { client: scene.owner, deployment: scene.network.deployment, store },
        {
          segments: [
            { name: "posts", schema: "persona:posts@1", records: 1, from: null, to: null, bytes: new Uint8Array(9) },
          ],
          guardians: scene.network.guardians.map(({ nodeId }) => nodeId),
          threshold: 2,
          ownerPublicKey: publicKey,
          onProgress: ({ step }) => void steps.push(step),
        },
      );
    await expectError("DIGEST_MISMATCH", () => publish(liar));
    const stores = [
      { name: "disk", store: scene.network.store },
      { name: "liar", store: liar },
    ];
    await expectError("STORES_INSUFFICIENT", () => publish(createReplicatedStore({ stores, wanted: 2 })));
    expect(steps).to.not.include("deposit");
    expect(await scene.agree()).to.equal(before);
    await publish(createReplicatedStore({ stores, wanted: 1 }));
    expect(await scene.agree()).to.equal(before + 1);
  });
});
