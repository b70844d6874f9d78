/** The wallet is lost, and the device with it: what comes back, by which way, and what a thief of any part gets. */
import { copyFile, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { ChainClient } from "@persona-protocol/sdk/contracts";
import { createChainView } from "@persona-protocol/sdk/contracts";
import { readArchive } from "@persona-protocol/sdk/ingest";
import {
  cidOfDigest,
  collectBytes,
  decodeKeyBoxBody,
  decodeManifest,
  decryptEnvelopeBytes,
  generateOwnerRootKey,
  type KeystoreKind,
  openKeystore,
  openOwnerDeks,
  ownerKemKeyPair,
  sealKeystore,
  verifyKeyBoxHead,
} from "@persona-protocol/sdk/storage";
import { expect } from "chai";
import { type Address, hexToBytes } from "viem";
import { generatePrivateKey, privateKeyToAddress } from "viem/accounts";
import type { DatasetRecord } from "../../node/src/cli/datasetRecord.ts";
import { type Network, startNetwork } from "../../node/src/dev/startNetwork.ts";
import { openArchive } from "../../node/src/ingest/index.ts";
import { writeSampleArchive } from "../../scripts/demo/sampleArchive.ts";
import { deployOnAnvil } from "../helpers/deployedChain.ts";
import { expectRefusal, runPersona } from "../node/cli/persona.ts";
import { temporaryFolder } from "../node/ingest/temporaryFolder.ts";

const passphrase = "a passphrase ø 43";
const canary = "canary of a post 77ab";
const day = 86_400;

describe("persona recovery", function () {
  this.timeout(180_000);
  const folder = temporaryFolder();
  let network: Network;
  let archive: string;
  let passphraseFile: string;
  let owner: Address;
  let second: Address;
  let datasetId: string;
  const people: Address[] = [];
  const home = (who: string) => folder.path(who);

  before(async () => {
    archive = folder.path("archive.zip");
    await writeSampleArchive(archive, { posts: 30, likes: 3, seed: 5, canaries: { post: canary } });
    passphraseFile = await folder.write("passphrase", `${passphrase}\n`);
    const signal = new AbortController().signal;
    const runDir = folder.path("network");
    network = await startNetwork({
      runDir,
      chain: "anvil",
      deploy: deployOnAnvil,
      port: 0,
      guardians: 2,
      workers: 0,
      signal,
    });
    owner = await createHome("owner");
    second = await createHome("second");
    for (const name of ["anna", "bert", "cleo"]) people.push(await createHome(name));
    await createHome("thief");
    const guardians = network.guardians.map(({ nodeId }) => nodeId).join(",");
    const imported = await run("owner", [
      ...["import", archive, "--network", network.runDir, "--rpc", network.rpcUrl, "--guardians", guardians],
      ...["--threshold", "2", "--keystore", "root.json", "--passphrase-file", passphraseFile],
      ...["--account", "account.json", "--out", "record.json"],
    ]);
    ({ datasetId } = imported as { datasetId: string });
    for (const name of ["anna", "bert", "cleo"]) await makeCard(name);
    await persona("owner", "kit", { owner, "kit-passphrase-file": passphraseFile, out: folder.path("kit.txt") });
    await persona("owner", "plan", {
      people: ["anna", "bert", "cleo"].map((name) => join(home(name), "card.json")).join(","),
      threshold: "2",
      "delay-days": "3",
      "second-wallet": second,
      "out-dir": folder.path("packets"),
    });
    await persona("owner", "backup", { records: "record.json" });

    // The phone falls into the sea: wallet, keystore and record are gone.
    await rm(home("owner"), { recursive: true });
    await createHome("device");
    await makeCard("device");
  });
  after(() => network?.close());

  /** A folder with an account that has ether, and a root key: a person's, or a device's. */
  async function createHome(name: string): Promise<Address> {
    await mkdir(home(name));
    const privateKey = generatePrivateKey();
    await writeKeystore(join(home(name), "account.json"), "account", hexToBytes(privateKey));
    await writeKeystore(join(home(name), "root.json"), "owner-root", generateOwnerRootKey());
    const address = privateKeyToAddress(privateKey);
    await network.fund(address);
    return address;
  }

  /** The weakest Argon2id that readers take: the test is not about it. */
  async function writeKeystore(file: string, kind: KeystoreKind, secret: Uint8Array): Promise<void> {
    const keystore = await sealKeystore({ kind, secret, passphrase, kdf: { m: 7_168, t: 5, p: 1 } });
    await writeFile(file, JSON.stringify(keystore));
  }

  async function run(who: string, args: readonly string[]): Promise<Record<string, unknown>> {
    const { code, stdout, stderr } = await runPersona([...args, "--json"], home(who));
    expect(code, `${args.join(" ")}\n${stderr}`).to.equal(0);
    expect(stdout + stderr).to.not.include(canary);
    return JSON.parse(stdout);
  }

  function argsOf(step: string, flags: Readonly<Record<string, string>>): string[] {
    const own = { account: "account.json", "account-passphrase-file": passphraseFile };
    const chain = { network: network.runDir, rpc: network.rpcUrl };
    const key = { keystore: "root.json", "passphrase-file": passphraseFile };
    const needs = {
      kit: { ...key, network: network.runDir },
      restore: key,
      card: { ...own, ...key },
      plan: { ...own, ...chain, ...key },
      backup: { ...own, ...chain, ...key },
      approve: { ...own, ...chain, ...key },
      finish: { ...own, ...chain, ...key },
      records: { ...own, ...chain, ...key },
    }[step] ?? { ...own, ...chain };
    const all = Object.entries({ ...needs, ...flags });
    return ["recovery", step, ...all.flatMap(([name, value]) => [`--${name}`, value])];
  }
  const persona = (who: string, step: string, flags: Readonly<Record<string, string>>) => run(who, argsOf(step, flags));
  const makeCard = (who: string) => persona(who, "card", { out: "card.json" });
  const packetOf = (at: number) => folder.path(`packets/packet-${people[at]?.toLowerCase()}.json`);
  const device = () => join(home("device"), "card.json");
  const approval = (at: number, requester: Address, card = device()) => {
    const name = ["anna", "bert", "cleo"][at] ?? "";
    const out = folder.path(`answer-${at}-${Math.random()}.json`);
    return { name, out, flags: { owner, requester, packet: packetOf(at), device: card, out } };
  };

  async function refused(
    who: string,
    step: string,
    flags: Readonly<Record<string, string>>,
    code: string,
    exit: number,
  ) {
    expectRefusal(await runPersona(argsOf(step, flags), home(who)), code, exit);
  }

  async function passTime(seconds: number): Promise<void> {
    const client = await network.fundedClient();
    const rpc = client.request as (call: { method: string; params: unknown[] }) => Promise<unknown>;
    await rpc({ method: "evm_increaseTime", params: [seconds] });
    await rpc({ method: "evm_mine", params: [] });
  }

  /** Every segment, decrypted with a keystore and a record alone, is what the archive held. */
  async function expectOpens(keystoreFile: string, recordFile: string): Promise<void> {
    const record: DatasetRecord = JSON.parse(await readFile(recordFile, "utf8"));
    const { secret } = await openKeystore(await readFile(keystoreFile, "utf8"), passphrase);
    const bytesOf = (text: string) => new Uint8Array(Buffer.from(text, "base64"));
    const { head } = record.dataset;
    const ids = { datasetId: record.dataset.datasetId, keyEpoch: record.dataset.keyEpoch };
    const deks = await openOwnerDeks({
      ...ids,
      chainId: record.chainId,
      registry: network.deployment.datasetRegistry,
      head: verifyKeyBoxHead(bytesOf(record.keyBox.head), { ...head, ...ids }),
      body: decodeKeyBoxBody(bytesOf(record.keyBox.body), head),
      ownerKeyPair: await ownerKemKeyPair(secret),
    });
    const block = await network.store.getBlock(cidOfDigest(head.manifestDigest, "dag-cbor"));
    const opened = await openArchive(archive);
    const imported = await readArchive(opened);
    const segments = [...imported.segments, ...imported.ownerOnly.filter(({ records }) => records > 0)];
    await opened.close();
    for (const { index, cid } of decodeManifest(block, { digest: head.manifestDigest }).segments) {
      const dek = deks.get(index) ?? new Uint8Array();
      const plaintext = await decryptEnvelopeBytes(await collectBytes(network.store.get(cid)), {
        ...ids,
        segment: index,
        dek,
      });
      expect(Buffer.from(plaintext).equals(segments[index]?.bytes ?? Buffer.alloc(0))).to.equal(true);
    }
  }

  it("default: two of three people bring everything back to a new device, after the delay and not before", async () => {
    const [anna = owner] = people;
    await persona("anna", "request", { owner, device: device(), packet: packetOf(0) });
    const early = approval(1, anna);
    await refused(early.name, "approve", early.flags, "RECOVERY_TOO_EARLY", 75);
    await passTime(3 * day);
    const approvals = [approval(1, anna), approval(2, anna)];
    for (const { name, flags } of approvals) await persona(name, "approve", flags);

    const finish = {
      ...{ owner, requester: anna, device: "root.json", "device-passphrase-file": passphraseFile },
      keystore: "restored.json",
      "records-dir": "records",
    };
    await refused("device", "finish", { ...finish, answers: approvals[0]?.out ?? "" }, "SHARES_INSUFFICIENT", 75);
    // Answers that somebody has taken on the way open for no other device.
    const answers = approvals.map(({ out }) => out).join(",");
    await refused("thief", "finish", { ...finish, answers }, "SHARES_INSUFFICIENT", 75);
    const finished = await persona("device", "finish", { ...finish, answers });
    expect(finished).to.deep.include({ liars: [] });
    const records = await readdir(join(home("device"), "records"));
    expect(records).to.deep.equal([`dataset-${datasetId}.json`]);
    await expectOpens(join(home("device"), "restored.json"), join(home("device"), "records", records[0] ?? ""));
  });

  it("behavior: the kit and its passphrase bring everything back, at once and with nobody's help", async () => {
    const kit = folder.path("kit.txt");
    await refused("thief", "restore", { kit, keystore: "x.json" }, "KEYSTORE_PASSPHRASE_WRONG", 1);
    await persona("device", "restore", { kit, "kit-passphrase-file": passphraseFile, keystore: "from-kit.json" });
    await persona("device", "records", { owner, keystore: "from-kit.json", "records-dir": "kit-records" });
    await expectOpens(
      join(home("device"), "from-kit.json"),
      join(home("device"), "kit-records", `dataset-${datasetId}.json`),
    );
  });

  it("error: nobody has asked, a stranger asks, another device than asked for, a veto: no share", async () => {
    const [, bert = owner, cleo = owner] = people;
    const without = approval(0, cleo);
    await refused(without.name, "approve", without.flags, "RECOVERY_REFUSED", 2);
    const byThief = { owner, device: device(), packet: packetOf(0) };
    await refused("thief", "request", byThief, "TRANSACTION_REVERTED", 1);

    await persona("bert", "request", { owner, device: device(), packet: packetOf(1) });
    await refused("thief", "veto", { owner, requester: bert }, "TRANSACTION_REVERTED", 1);
    await passTime(3 * day);
    const elsewhere = approval(0, bert, join(home("cleo"), "card.json"));
    await refused(elsewhere.name, "approve", elsewhere.flags, "RECOVERY_REFUSED", 2);
    await persona("second", "veto", { owner, requester: bert });
    const vetoed = approval(0, bert);
    await refused(vetoed.name, "approve", vetoed.flags, "RECOVERY_REFUSED", 2);
    await refused("bert", "request", { owner, device: device(), packet: packetOf(1) }, "TRANSACTION_REVERTED", 1);
  });

  it("behavior: the second wallet takes the dataset over, after its delay and not before", async () => {
    await refused("second", "take-over", { dataset: datasetId }, "TRANSACTION_REVERTED", 1);
    await persona("second", "request", { owner, device: device() });
    await refused("second", "take-over", { dataset: datasetId }, "TRANSACTION_REVERTED", 1);
    await passTime(3 * day);
    await refused("thief", "take-over", { dataset: datasetId }, "TRANSACTION_REVERTED", 1);
    await persona("second", "take-over", { dataset: datasetId });
    const client: ChainClient = await network.fundedClient();
    const chain = createChainView(client, network.deployment);
    const dataset = await chain.dataset(datasetId as `0x${string}`, (await chain.block("latest")).number);
    expect(dataset).to.include({ owner: second, keyEpoch: 2, status: "active" });
  });

  it("behavior: who has taken it over and has the root key publishes the data under new keys; nobody else does", async () => {
    const [keystore, record] = [join(home("device"), "from-kit.json"), folder.path("taken.json")];
    await copyFile(join(home("device"), "kit-records", `dataset-${datasetId}.json`), record);
    const renew = [
      ...["rotate", record, "--yes", "--network", network.runDir, "--rpc", network.rpcUrl, "--keystore", keystore],
      ...["--passphrase-file", passphraseFile, "--account", "account.json"],
    ];
    const before = await readFile(record, "utf8");
    expectRefusal(await runPersona(renew, home("thief")), "OWNER_MISMATCH", 2);
    expect(await readFile(record, "utf8")).to.equal(before);
    expect(await run("second", renew)).to.include({ datasetId, version: 2, keyEpoch: 2, out: record });
    await expectOpens(keystore, record);
    expect(await run("second", renew), "again").to.include({ version: 3, keyEpoch: 3 });
    await expectOpens(keystore, record);
  });

  it("error: flags that contradict each other", async () => {
    const key = { keystore: join(home("device"), "root.json"), owner, out: folder.path("no.txt") };
    await refused("device", "kit", key, "USAGE", 1);
    await refused("device", "request", { owner: "0x12", device: device() }, "USAGE", 1);
  });
});
