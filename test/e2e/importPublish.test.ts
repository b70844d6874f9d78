import { mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createChainView } from "@persona-protocol/sdk/contracts";
import { readArchive } from "@persona-protocol/sdk/ingest";
import {
  cidOfDigest,
  collectBytes,
  datasetHeadHash,
  decodeKeyBoxBody,
  decodeManifest,
  decryptEnvelopeBytes,
  envelopeSize,
  MAX_MANIFEST_BYTES,
  openKeystore,
  openOwnerDeks,
  ownerKemKeyPair,
  verifyKeyBoxHead,
} from "@persona-protocol/sdk/storage";
import { expect } from "chai";
import type { DatasetRecord } from "../../node/src/cli/datasetRecord.ts";
import { freePort } from "../../node/src/dev/freePort.ts";
import { type Network, startNetwork } from "../../node/src/dev/startNetwork.ts";
import { openArchive } from "../../node/src/ingest/index.ts";
import { writeSampleArchive } from "../../scripts/demo/sampleArchive.ts";
import { deployOnAnvil } from "../helpers/deployedChain.ts";
import { expectRefusal, runPersona } from "../node/cli/persona.ts";
import { temporaryFolder } from "../node/ingest/temporaryFolder.ts";

const passphrase = "a passphrase ø 42";
const canary = "canary of a post 9f8e";

describe("persona import", function () {
  this.timeout(120_000);
  const folder = temporaryFolder();
  const stop = new AbortController();
  let network: Network;
  let archive: string;
  let passphraseFile: string;
  let account: string;
  let address: `0x${string}`;

  before(async () => {
    archive = folder.path("archive.zip");
    await writeSampleArchive(archive, { posts: 40, likes: 5, seed: 4, canaries: { post: canary } });
    passphraseFile = await folder.write("passphrase", `${passphrase}\n`);
    account = folder.path("account.json");
    const made = await runPersona(
      ["keystore", "new", "--kind", "account", "--out", account, "--passphrase-file", passphraseFile, "--json"],
      folder.path("."),
    );
    expect(made.code, made.stderr).to.equal(0);
    ({ address } = JSON.parse(made.stdout));
    network = await startNetwork({
      runDir: folder.path("network"),
      chain: "anvil",
      deploy: deployOnAnvil,
      port: 0,
      guardians: 3,
      workers: 0,
      signal: stop.signal,
    });
    const rich = await network.fundedClient();
    const hash = await rich.sendTransaction({ to: address, value: 10n ** 18n });
    await rich.waitForTransactionReceipt({ hash });
  });

  after(() => network?.close());

  /** All flags of an import that succeeds, some of them replaced or, with undefined, left out. */
  function flags(cwd: string, changed: Readonly<Record<string, string | undefined>> = {}): string[] {
    const all = {
      network: network.runDir,
      rpc: network.rpcUrl,
      keystore: join(cwd, "owner.json"),
      "new-keystore": "",
      "passphrase-file": passphraseFile,
      account,
      guardians: network.guardians.map(({ nodeId }) => nodeId).join(","),
      threshold: "2",
      ...changed,
    };
    return Object.entries(all).flatMap(([name, value]) =>
      value === undefined ? [] : value === "" ? [`--${name}`] : [`--${name}`, value],
    );
  }

  async function newFolder(): Promise<string> {
    const cwd = folder.path(`cwd-${Math.random()}`);
    await mkdir(cwd);
    return cwd;
  }

  /** Fails as it should, and leaves no file behind. */
  async function refused(
    error: string,
    changed: Readonly<Record<string, string | undefined>>,
    exit = 1,
  ): Promise<void> {
    const cwd = await newFolder();
    expectRefusal(await runPersona(["import", archive, ...flags(cwd, changed)], cwd), error, exit);
    expect(await readdir(cwd), error).to.deep.equal([]);
  }

  it("default: publishes, and the owner opens it again with keystore and record alone", async () => {
    const cwd = await newFolder();
    const { code, stdout, stderr } = await runPersona(["import", archive, ...flags(cwd), "--json"], cwd);
    expect(code, stderr).to.equal(0);
    const report = JSON.parse(stdout);
    expect(report).to.deep.include({ ok: true, dryRun: false, out: join(cwd, `dataset-${report.datasetId}.json`) });
    expect((await readdir(cwd)).sort()).to.deep.equal([`dataset-${report.datasetId}.json`, "owner.json"]);
    for (const file of [report.out, join(cwd, "owner.json")]) expect((await stat(file)).mode & 0o777).to.equal(0o600);

    const record: DatasetRecord = JSON.parse(await readFile(report.out, "utf8"));
    expect(JSON.stringify(record) + stdout + stderr).to.not.include(canary);
    expect(record.registration).to.equal("confirmed");
    const { datasetId, head } = record.dataset;
    const client = await network.fundedClient();
    const chain = createChainView(client, network.deployment);
    const { number } = await chain.block("latest");
    const onChain = await chain.dataset(datasetId, number);
    expect(onChain).to.include({
      owner: address.length === 42 ? record.dataset.owner : "",
      status: "active",
      headHash: datasetHeadHash(head),
    });
    expect(record.dataset.owner.toLowerCase()).to.equal(address.toLowerCase());

    const { secret } = await openKeystore(await readFile(join(cwd, "owner.json"), "utf8"), passphrase);
    const bytesOf = (text: string) => new Uint8Array(Buffer.from(text, "base64"));
    const keyBoxHead = verifyKeyBoxHead(bytesOf(record.keyBox.head), { ...head, datasetId, keyEpoch: 1 });
    const deks = await openOwnerDeks({
      chainId: record.chainId,
      registry: network.deployment.datasetRegistry,
      datasetId,
      keyEpoch: 1,
      head: keyBoxHead,
      body: decodeKeyBoxBody(bytesOf(record.keyBox.body), { keyBoxDigest: head.keyBoxDigest }),
      ownerKeyPair: await ownerKemKeyPair(secret),
    });
    const manifest = decodeManifest(
      await network.store.getBlock(cidOfDigest(head.manifestDigest, "dag-cbor"), { maxBytes: MAX_MANIFEST_BYTES }),
      { digest: head.manifestDigest, datasetId, keyEpoch: 1, version: 1 },
    );
    const opened = await openArchive(archive);
    const imported = await readArchive(opened);
    const segments = [...imported.segments, ...imported.ownerOnly.filter(({ records }) => records > 0)];
    await opened.close();
    for (const { index, cid } of manifest.segments) {
      const ciphertext = await collectBytes(network.store.get(cid));
      // What the public sees is a step, not the length.
      expect(ciphertext).to.have.lengthOf(envelopeSize(segments[index]?.bytes.length ?? 0, "padme"));
      const plaintext = await decryptEnvelopeBytes(ciphertext, {
        datasetId,
        segment: index,
        keyEpoch: 1,
        version: 1,
        dek: deks.get(index) ?? new Uint8Array(),
      });
      expect(Buffer.from(plaintext).equals(segments[index]?.bytes ?? Buffer.alloc(0)), segments[index]?.name).to.equal(
        true,
      );
    }
  });

  it("behavior: a keystore that is there is used, and --out is where the record goes", async () => {
    const cwd = await newFolder();
    const keystore = join(cwd, "owner.json");
    const made = await runPersona(
      ["keystore", "new", "--kind", "owner-root", "--out", keystore, "--passphrase-file", passphraseFile],
      cwd,
    );
    expect(made.code, made.stderr).to.equal(0);
    const before = await readFile(keystore, "utf8");
    const out = join(cwd, "mine.json");
    const { code, stdout, stderr } = await runPersona(
      ["import", archive, ...flags(cwd, { keystore, "new-keystore": undefined, out })],
      cwd,
    );
    expect(code, stderr).to.equal(0);
    expect(stdout)
      .to.include("mine.json")
      .and.to.match(/posts\s*│.*│\s*40\s*│/);
    expect(await readFile(keystore, "utf8")).to.equal(before);
    expect((await readdir(cwd)).sort()).to.deep.equal(["mine.json", "owner.json"]);
  });

  /** An archive of posts with these ids, unpacked, and followers by their accounts. */
  async function xFolder(name: string, posts: readonly number[], followers: readonly number[]): Promise<string> {
    const path = folder.path(name);
    await mkdir(join(path, "data"), { recursive: true });
    const write = (file: string, part: string, records: readonly object[]) =>
      writeFile(join(path, "data", `${file}.js`), `window.YTD.${part}.part0 = ${JSON.stringify(records)}`);
    const account = { email: "k@example.org", username: "kari", accountId: "1", createdAt: "2009-04-01T10:20:30.000Z" };
    await write("account", "account", [{ account }]);
    await write(
      "tweets",
      "tweets",
      posts.map((id) => ({
        tweet: {
          id_str: String(id),
          full_text: `post ${id}`,
          created_at: "Thu Jun 01 12:30:00 +0000 2023",
          unheard: id,
        },
      })),
    );
    await write(
      "follower",
      "follower",
      followers.map((id) => ({ follower: { accountId: String(id) } })),
    );
    return path;
  }

  it("behavior: the same archive again adds nothing and sends nothing; a newer one adds only what is new", async () => {
    const cwd = await newFolder();
    const out = join(cwd, "mine.json");
    const first = await xFolder("x-1", [101, 102, 103], [7, 8]);
    const published = await runPersona(["import", first, ...flags(cwd, { out }), "--json"], cwd);
    expect(published.code, published.stderr).to.equal(0);
    const readRecord = async (): Promise<DatasetRecord> => JSON.parse(await readFile(out, "utf8"));
    const before = await readRecord();
    const into = flags(cwd, { "new-keystore": undefined, guardians: undefined, threshold: undefined, dataset: out });
    const client = await network.fundedClient();
    const transactions = () => client.getTransactionCount({ address });
    const sent = await transactions();

    const again = await runPersona(["import", first, ...into, "--json"], cwd);
    expect(again.code, again.stderr).to.equal(0);
    const nothing = JSON.parse(again.stdout);
    expect(nothing).to.deep.include({ gasUsed: null, version: 1, datasetId: before.dataset.datasetId });
    expect(
      nothing.segments.map(({ records }: { records: number }) => records).every((each: number) => each === 0),
    ).to.equal(true);
    expect(nothing.ownerOnly.every(({ records }: { records: number }) => records === 0)).to.equal(true);
    expect(nothing.skipped).to.deep.include({ segment: "posts", reason: "is in the dataset already", count: 3 });
    expect(await transactions()).to.equal(sent);
    expect(await readRecord()).to.deep.equal(before);

    // Post 101 was deleted at the source, 104 and a follower are new.
    const newer = await xFolder("x-2", [102, 103, 104], [7, 8, 9]);
    const added = await runPersona(["import", newer, ...into, "--json"], cwd);
    expect(added.code, added.stderr).to.equal(0);
    const report = JSON.parse(added.stdout);
    const counts = Object.fromEntries(
      [...report.segments, ...report.ownerOnly].map(({ name, records }: { name: string; records: number }) => [
        name,
        records,
      ]),
    );
    expect(counts).to.include({ account: 0, posts: 1, followers: 1, extra: 1, people: 1 });
    expect(report.dataset).to.deep.include({ name: "posts", held: 3, found: 2 });
    expect(report.version).to.equal(2);
    const after = await readRecord();
    expect(after.registration).to.equal("confirmed");
    expect(after.dataset.segments.slice(0, before.dataset.segments.length)).to.deep.equal(before.dataset.segments);
    expect(
      after.dataset.segments.slice(before.dataset.segments.length).map(({ name, records }) => [name, records]),
    ).to.deep.equal([
      ["posts", 1],
      ["followers", 1],
      ["extra", 1],
      ["people", 1],
    ]);
    expect(await transactions()).to.equal(sent + 1);
    const chain = createChainView(client, network.deployment);
    const { number } = await chain.block("latest");
    expect((await chain.dataset(after.dataset.datasetId, number)).headHash).to.equal(
      datasetHeadHash(after.dataset.head),
    );
    expect((await readdir(cwd)).sort()).to.deep.equal(["mine.json", "owner.json"]);

    // Both versions together are known the next time, also where the last import was killed before it wrote its record.
    await writeFile(out, `${JSON.stringify(before, null, 2)}\n`);
    expectRefusal(await runPersona(["import", newer, ...into], cwd), "DATASET_HEAD_MISMATCH", 2);
    await writeFile(`${out}.2-left.next`, `${JSON.stringify({ ...after, registration: "pending" }, null, 2)}\n`);
    const third = await runPersona(["import", newer, ...into], cwd);
    expect(third.code, third.stderr).to.equal(0);
    expect(third.stdout)
      .to.include("nothing was sent")
      .and.to.include("posts: 1 of the dataset are not in this export");
    expect(await readRecord()).to.deep.equal(after);
    expect((await readdir(cwd)).sort()).to.deep.equal(["mine.json", "owner.json"]);
    expect(await transactions()).to.equal(sent + 1);
    expectRefusal(await runPersona(["import", newer, ...into, "--guardians", "1,2"], cwd), "USAGE", 1);
  });

  it("error: what is missing or wrong in the flags", async () => {
    await refused("USAGE", { guardians: undefined, account: undefined });
    await refused("USAGE", { threshold: "4" });
  });

  it("error: no network there, and a chain where nobody listens", async () => {
    const bad = folder.path("bad-network");
    await mkdir(bad);
    await refused("DEPLOYMENT_UNKNOWN", { network: bad });
    await writeFile(join(bad, "deployment.json"), "{}");
    await refused("DEPLOYMENT_UNKNOWN", { network: bad });
    await writeFile(join(bad, "deployment.json"), await readFile(join(network.runDir, "deployment.json")));
    await refused("DEPLOYMENT_UNKNOWN", { network: bad });
    expect(await readdir(bad)).to.deep.equal(["deployment.json"]);
    await refused("CHAIN_UNREACHABLE", { rpc: `http://127.0.0.1:${await freePort(0)}` }, 75);
  });

  it("error: keys that do not open, are of another kind, or would be written over", async () => {
    const wrong = await folder.write("wrong-passphrase", "not it");
    await Promise.all([
      refused("KEYSTORE_PASSPHRASE_WRONG", { "account-passphrase-file": wrong }),
      refused("KEYSTORE_INVALID", { keystore: account, "new-keystore": undefined }),
      refused("CONFIG_INVALID", { keystore: account }),
      refused("CONFIG_INVALID", { out: account }),
    ]);
  });

  it("error: a registration that is not mined leaves the record, which says so, and the message says where", async () => {
    const cwd = await newFolder();
    const poor = join(cwd, "poor.json");
    const made = await runPersona(
      ["keystore", "new", "--kind", "account", "--out", poor, "--passphrase-file", passphraseFile, "--json"],
      cwd,
    );
    // Enough to be asked for a transaction, not enough to pay for it.
    const rich = await network.fundedClient();
    const hash = await rich.sendTransaction({ to: JSON.parse(made.stdout).address, value: 1n });
    await rich.waitForTransactionReceipt({ hash });

    const { code, stderr } = await runPersona(["import", archive, ...flags(cwd, { account: poor }), "--json"], cwd);
    expect(code, stderr).not.to.equal(0);
    const { data } = JSON.parse(stderr.trim().split("\n").at(-1) ?? "").error;
    expect((await readdir(cwd)).sort()).to.deep.equal([`dataset-${data.datasetId}.json`, "owner.json", "poor.json"]);
    expect(data.record).to.equal(join(cwd, `dataset-${data.datasetId}.json`));
    const record: DatasetRecord = JSON.parse(await readFile(data.record, "utf8"));
    expect(record.registration).to.equal("pending");
    const chain = createChainView(rich, network.deployment);
    const { number } = await chain.block("latest");
    expect((await chain.dataset(record.dataset.datasetId, number)).status).to.equal("none");
  });

  it("error: an account without ether, guardians that are not there, an archive that is bad: nothing is registered", async () => {
    const poor = folder.path("poor.json");
    await runPersona(
      ["keystore", "new", "--kind", "account", "--out", poor, "--passphrase-file", passphraseFile],
      folder.path("."),
    );
    await refused("GAS_INSUFFICIENT", { account: poor });

    const cwd = await newFolder();
    expectRefusal(
      await runPersona(["import", await folder.write("bad.zip", "no zip"), ...flags(cwd)], cwd),
      "ARCHIVE_NOT_ZIP",
    );
    expect(await readdir(cwd)).to.deep.equal([]);

    // The new root key was written before the guardians were asked; it is whole, and nothing else is there.
    const tried = await runPersona(["import", archive, ...flags(cwd, { guardians: "77,78" })], cwd);
    expect(tried.code).to.be.oneOf([1, 75]);
    expect(tried.stderr).to.match(/error (GUARDIANS_UNAVAILABLE|TRANSACTION_REVERTED|NODE_KEY_UNKNOWN)/);
    expect(await readdir(cwd)).to.deep.equal(["owner.json"]);
    await openKeystore(await readFile(join(cwd, "owner.json"), "utf8"), passphrase);
  });
});
