import { mkdir, readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { decode } from "@ipld/dag-cbor";
import { nodeRegistryAbi } from "@persona-protocol/sdk/contracts";
import { isPersonaError } from "@persona-protocol/sdk/errors";
import { sealKeystore } from "@persona-protocol/sdk/storage";
import { expect } from "chai";
import { type Address, hexToBytes } from "viem";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { askReplica, reachReplicas } from "../../../node/src/access/replicas.ts";
import { allGone } from "../../../node/src/dev/processTree.ts";
import { startDaemon } from "../../../node/src/dev/startNetwork.ts";
import { expectError } from "../../helpers/errors.ts";
import {
  claimedJob,
  endpointOf,
  outcomeOf,
  publishSegments,
  type Scene,
  sharedScene,
} from "../../helpers/guardianScene.ts";

type Ready = { nodeId: number; signer: Address; port: number; pid: number; enclavePid: number };
type Kept = { keys: Address; boxes: { replica: Address; box: Uint8Array }[] };

describe("a guardian whose platform seals nothing, and its replica", function () {
  this.timeout(120_000);
  let scene: Scene;
  let own: Scene;
  let urls: string[];
  let guardian: Ready;
  let replica: Ready;
  before(async () => {
    scene = await sharedScene();
    urls = [`http://127.0.0.1:${await freePort()}`];
    await prepare("kept", { replicaUrls: urls });
    const waiting = start("kept");
    const nodeId = await nodeIdOf("kept");
    await prepareReplica(nodeId);
    replica = await start("replica");
    guardian = await waiting;
    const [first] = scene.network.guardians;
    const { network, owner, ownerKeys } = scene;
    const guardians = [first?.nodeId ?? 0, guardian.nodeId];
    own = { ...scene, ...(await publishSegments(network, owner, ownerKeys.publicKey, guardians)) };
  });

  const folderOf = (name: string) => join(scene.network.runDir, name);
  const configOf = (name: string) => join(folderOf(name), "config.json");
  const start = async (name: string) => {
    const daemon = startDaemon(scene.network.processes, `${name}-${starts++}`, configOf(name));
    return JSON.parse(await daemon.ready) as Ready;
  };
  let starts = 0;
  const kill = async ({ pid, enclavePid }: Ready) => {
    process.kill(pid, "SIGKILL");
    await allGone([pid, enclavePid]);
  };
  const kept = async () => decode(await readFile(join(folderOf("kept"), "data/enclave-keys.sealed"))) as Kept;
  const keyOf = (signer: Address) =>
    scene.owner.readContract({
      address: scene.network.deployment.nodeRegistry,
      abi: nodeRegistryAbi,
      functionName: "enclaveKeyOf",
      args: [signer],
    });

  it("behavior: killed with its enclave, it comes back with its keys from a replica that was itself started again", async () => {
    const asked = async () => outcomeOf(own, await claimedJob(own), { guardian: guardian.nodeId });
    expect(await asked()).to.equal("RELEASED");
    expect(await kept()).to.have.property("keys", guardian.signer);
    await kill(replica);
    replica = await start("replica");
    // Its keys are others now, and it is given the guardian's anew.
    while (!(await kept()).boxes.some((box) => box.replica === replica.signer)) await sleep(50);
    await kill(guardian);
    const again = await start("kept");
    expect(again).to.include({ nodeId: guardian.nodeId, signer: guardian.signer });
    expect(again.enclavePid).to.not.equal(guardian.enclavePid);
    guardian = again;
    expect(await asked()).to.equal("RELEASED");
  });

  it("error: a replica gives keys to attested enclaves of this guardian only", async () => {
    const [reached] = await reachReplicas(urls, guardian.nodeId);
    if (reached === undefined) throw new Error("the replica does not answer");
    expect(await reachReplicas(urls, guardian.nodeId + 1)).to.deep.equal([]);
    const { keys, boxes } = await kept();
    const box = boxes.find((each) => each.replica === reached.signer)?.box ?? new Uint8Array();
    const codeOf = async (changes: object) => {
      try {
        await askReplica(reached, { keys, box, signer: reached.signer, kemKey: reached.kemKey, ...changes });
      } catch (error) {
        if (isPersonaError(error)) return error.code;
        throw error;
      }
      return "given";
    };
    const stranger = scene.network.guardians[0]?.nodeId ?? 0;
    const [other] = await reachReplicas([await endpointOf(scene, stranger)], stranger);
    if (other === undefined) throw new Error("the other guardian does not answer");
    expect(await codeOf({ signer: privateKeyToAccount(generatePrivateKey()).address })).to.equal("NODE_KEY_UNKNOWN");
    expect(await codeOf({ signer: other.signer, kemKey: other.kemKey })).to.equal("NODE_KEY_UNKNOWN");
    expect(await codeOf({ box: box.with(1_150, (box[1_150] ?? 0) ^ 1) })).to.equal("SEALED_BOX_INVALID");
    expect(await codeOf({ keys: reached.signer })).to.equal("SEALED_BOX_INVALID");
    expect(await codeOf({ keys: "me" })).to.equal("REQUEST_INVALID");
  });

  it("error: REPLICA_UNAVAILABLE: without a replica it does not start, and takes no other keys", async () => {
    await kill(replica);
    await kill(guardian);
    const before = await readFile(join(folderOf("kept"), "data/enclave-keys.sealed"));
    const { data } = await expectError("PROCESS_FAILED", () => start("kept"));
    expect(await readFile(String(data["log"]), "utf8")).to.include("REPLICA_UNAVAILABLE");
    expect(await readFile(join(folderOf("kept"), "data/enclave-keys.sealed"))).to.deep.equal(before);
    expect(await keyOf(guardian.signer)).to.include({ state: 1 });
  });

  async function prepare(name: string, changes: object): Promise<void> {
    const folder = folderOf(name);
    await mkdir(folder, { recursive: true });
    const key = generatePrivateKey();
    await scene.network.fund(privateKeyToAccount(key).address);
    const base = JSON.parse(await readFile(configOf("guardian-1"), "utf8")) as object;
    const keystore = await sealKeystore({ kind: "account", secret: hexToBytes(key), passphrase: "a passphrase" });
    await writeFile(join(folder, "keystore.json"), JSON.stringify(keystore));
    await writeFile(join(folder, "passphrase"), "a passphrase");
    await writeFile(configOf(name), JSON.stringify({ ...base, ...changes }));
  }

  /** The same operator's, as a key is registered by it. */
  async function prepareReplica(nodeId: number): Promise<void> {
    await mkdir(folderOf("replica"), { recursive: true });
    const { replicaUrls: _, ...base } = JSON.parse(await readFile(configOf("kept"), "utf8")) as Record<string, unknown>;
    const port = Number(new URL(urls[0] ?? "").port);
    const paths = { keystore: "../kept/keystore.json", passphraseFile: "../kept/passphrase" };
    await writeFile(configOf("replica"), JSON.stringify({ ...base, ...paths, replicaOf: nodeId, port }));
  }

  async function nodeIdOf(name: string): Promise<number> {
    for (;;) {
      const text = await readFile(join(folderOf(name), "data/node.json"), "utf8").catch(() => undefined);
      if (text !== undefined) return (JSON.parse(text) as { nodeId: number }).nodeId;
      await sleep(50);
    }
  }
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
