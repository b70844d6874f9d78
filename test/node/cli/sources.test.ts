import { readFile } from "node:fs/promises";
import { decodeGrantPackage } from "@persona-protocol/sdk";
import { publishDataset } from "@persona-protocol/sdk/access";
import { createChainView, datasetRegistryAbi } from "@persona-protocol/sdk/contracts";
import { generateOwnerRootKey, ownerKemKeyPair, sealKeystore } from "@persona-protocol/sdk/storage";
import { expect } from "chai";
import { hexToBytes, pad } from "viem";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { createChainClient } from "../../../node/src/chain/connectChain.ts";
import { encodeDatasetRecord } from "../../../node/src/cli/datasetRecord.ts";
import { type Scene, sharedScene } from "../../helpers/guardianScene.ts";
import { temporaryFolder } from "../ingest/temporaryFolder.ts";
import { expectRefusal, runPersona } from "./persona.ts";

const passphrase = "a passphrase of a test";
/** As cheap as keystores may be. */
const kdf = { m: 7_168, t: 5, p: 1 } as const;
const evidence = `0x${"5e".repeat(32)}` as const;
const enclave = { measurement: `0x${"a1".repeat(32)}`, signer: `0x${"b2".repeat(20)}` } as const;

describe("persona, origin of data and its schedule", function () {
  this.timeout(400_000);
  const folder = temporaryFolder();
  let scene: Scene;
  let look: string[];
  let sign: string[];
  let datasetId: `0x${string}`;
  const run = (...args: string[]) => runPersona(args, folder.path("."));
  const told = async (...args: string[]) => {
    const { code, stdout, stderr } = await run(...args, "--json");
    expect(code, stderr).to.equal(0);
    return JSON.parse(stdout);
  };

  before(async () => {
    scene = await sharedScene();
    const { network } = scene;
    const { deployment, store } = network;
    const key = generatePrivateKey();
    const account = privateKeyToAccount(key);
    await network.fund(account.address);
    const client = createChainClient({ rpcUrl: network.rpcUrl, chainId: deployment.chainId, account });
    const rootKey = generateOwnerRootKey();
    const segment = { records: 1, from: null, to: null, bytes: new Uint8Array(9) };
    const published = await publishDataset(
      { client, deployment, store },
      {
        segments: [
          { ...segment, name: "posts", schema: "persona:post@1" },
          {
            ...{ ...segment, name: "mail", schema: "persona:mail@1", provenance: "third-party" },
            origin: { method: "dkim", evidence, at: 1_790_000_000, enclave },
          },
        ],
        guardians: network.guardians.map(({ nodeId }) => nodeId),
        threshold: 2,
        ownerPublicKey: (await ownerKemKeyPair(rootKey)).publicKey,
      },
    );
    ({ datasetId } = published.dataset);
    await folder.write("dataset.json", encodeDatasetRecord(deployment, published, "confirmed"));
    const keystores = { "account.json": ["account", hexToBytes(key)], "root.json": ["owner-root", rootKey] } as const;
    for (const [file, [kind, secret]] of Object.entries(keystores))
      await folder.write(file, JSON.stringify(await sealKeystore({ kind, secret, passphrase, kdf })));
    await folder.write("pass", passphrase);
    look = ["--network", network.runDir, "--rpc", network.rpcUrl, "--token", network.token];
    sign = [...look, "--account", "account.json", "--passphrase-file", "pass"];
  });

  it("default: provenance show: anybody sees levels and who published, the owner what is sealed", async () => {
    const open = await told("provenance", "show", datasetId, ...look);
    expect(open).to.deep.include({ datasetId, version: 1, status: "active", isOpened: false });
    expect(open.segments).to.have.lengthOf(2);
    expect(open.segments[0]).to.deep.include({ index: 0, level: "none", version: 1, publishedBy: "owner" });
    expect(open.segments[1]).to.deep.include({ index: 1, level: "third-party", publishedBy: "owner" });
    expect(open.segments[1]).to.not.have.property("origin");
    expect(open.segments[1]).to.not.have.property("name");

    const key = ["--keystore", "root.json", "--keystore-passphrase-file", "pass"];
    const own = await told("provenance", "show", "dataset.json", ...key, ...look);
    expect(own.segments[1]).to.deep.include({ name: "mail" });
    expect(own.segments[1].origin).to.deep.equal({ method: "dkim", evidence, at: 1_790_000_000, enclave });
    const { stdout, code } = await run("provenance", "show", "dataset.json", ...key, ...look);
    expect(code).to.equal(0);
    expect(stdout).to.include("segment 1 (mail): third-party").and.include("it counts as none");
    // A key that anybody can write down, and no registry has.
    expect(own.segments[1]).to.deep.include({ enclaveRegistered: false });
    expect(stdout).to.include(`method dkim, 2026-09-21T14:13:20.000Z, evidence ${evidence}`);
    expect(stdout).to.include("segment 0 (posts): none").and.include("Nobody vouches for it");
  });

  it("default: sources: added, listed, paused, resumed and forgotten; what is due is said", async () => {
    const dir = ["--dir", "ingest"];
    const add = (...more: string[]) => [
      ...["sources", "add", "posts", "--dataset", datasetId, "--path", "export.zip"],
      ...["--grant", "writer.cbor", "--writer-keystore", "root.json", ...more, ...dir],
    ];
    const { due } = await told(...add("--every", "6h", "--jitter", "10m"));
    expect(due).to.be.within(Date.now() - 60_000, Date.now() + 600_000);
    expectRefusal(await run(...add("--every", "6h", "--cron", "* * * * *")), "USAGE");

    const [listed] = (await told("sources", "list", ...dir)).sources;
    expect(listed).to.deep.include({ id: "posts", kind: "folder", status: "active", datasetId, runs: [] });
    await told("sources", "pause", "posts", ...dir);
    expect((await run("sources", "list", ...dir)).stdout).to.include("posts  folder, paused: by hand");
    expect((await told("sources", "resume", "posts", ...dir)).due).to.be.greaterThan(Date.now());
    await told("sources", "remove", "posts", ...dir);
    expectRefusal(await run("sources", "pause", "posts", ...dir), "CONFIG_INVALID");
  });

  it("default: sources delegate: the registry has the writer, and the grant is of its key, for every later version", async () => {
    const { network, owner } = scene;
    const writer = owner.account.address;
    const key = ["--writer-keystore", "root.json", "--writer-passphrase-file", "pass", "--out", "writer.pub"];
    await told("sources", "key", ...key);
    const delegate = ["sources", "delegate", "dataset.json", "--to", writer, "--writer-key", "writer.pub"];
    const limits = ["--until", "30d", "--versions", "7", "--out", "writer.cbor", "--yes"];
    expectRefusal(await run(...delegate, "--segments", "letters", ...limits, ...sign), "SEGMENT_NOT_GRANTED", 2);
    const { versions, until } = await told(...delegate, "--segments", "mail", ...limits, ...sign);
    expect(versions).to.equal(7);
    const given = await owner.readContract({
      address: network.deployment.datasetRegistry,
      abi: datasetRegistryAbi,
      functionName: "delegationOf",
      args: [datasetId, { kind: 1, id: pad(writer, { size: 32 }) }],
    });
    expect(given).to.deep.include({ segments: 2n, maxVersions: 7, until });
    const { terms, scope } = decodeGrantPackage(await readFile(folder.path("writer.cbor")));
    expect(terms).to.deep.include({ grantee: writer, kind: 2, expiresAt: until });
    expect(scope).to.deep.include({
      segments: 2n,
      versionRule: 2,
      versionFrom: 1n,
      versionTo: 2n ** 48n - 1n,
      maxAge: 0n,
    });
    const chain = createChainView(owner, network.deployment);
    expect((await chain.dataset(datasetId, await owner.getBlockNumber())).version).to.equal(1n);
  });
});
