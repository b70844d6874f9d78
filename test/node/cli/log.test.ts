import { readFile, writeFile } from "node:fs/promises";
import { sealKeystore } from "@persona-protocol/sdk/storage";
import { expect } from "chai";
import { hexToBytes } from "viem";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { createChainClient } from "../../../node/src/chain/connectChain.ts";
import { encodeDatasetRecord } from "../../../node/src/cli/datasetRecord.ts";
import {
  askRelease,
  claimedJob,
  grantPosts,
  publishSegments,
  type Scene,
  sharedScene,
} from "../../helpers/guardianScene.ts";
import { temporaryFolder } from "../ingest/temporaryFolder.ts";
import { expectRefusal, runPersona } from "./persona.ts";

describe("persona log", function () {
  this.timeout(60_000);
  const folder = temporaryFolder();
  let scene: Scene;
  let record: string;
  let common: string[];
  before(async () => {
    scene = await sharedScene();
    const { network } = scene;
    const key = generatePrivateKey();
    const account = privateKeyToAccount(key);
    await network.fund(account.address);
    const owner = createChainClient({ rpcUrl: network.rpcUrl, chainId: network.deployment.chainId, account });
    const published = await publishSegments(network, owner, scene.ownerKeys.publicKey);
    record = await folder.write("dataset.json", encodeDatasetRecord(network.deployment, published, "confirmed"));
    const passphrase = "a passphrase ø 42";
    const keystore = await sealKeystore({ kind: "account", secret: hexToBytes(key), passphrase });
    const file = await folder.write("account.json", JSON.stringify(keystore));
    const passphraseFile = await folder.write("passphrase", passphrase);
    common = [
      "--network",
      network.runDir,
      "--rpc",
      network.rpcUrl,
      "--account",
      file,
      "--passphrase-file",
      passphraseFile,
    ];
    const theirs = { ...scene, owner };
    const job = await claimedJob(theirs, { grants: [await grantPosts(theirs, { dataset: published.dataset })] });
    for (const { nodeId: guardian } of network.guardians) await askRelease(scene, job, { guardian });
  });

  it("default: each guardian's entries, proved; the heads are kept, and the next time held against", async () => {
    const first = await runPersona(["log", record, ...common, "--json"], folder.path("."));
    expect(first.code, first.stderr).to.equal(0);
    const said = JSON.parse(first.stdout.trimEnd().split("\n").at(-1) ?? "");
    expect(said.guardians).to.have.length(3);
    for (const { entries } of said.guardians)
      expect(entries.map(({ kind }: { kind: string }) => kind)).to.deep.equal(["release"]);
    const heads = JSON.parse(await readFile(`${record}.heads.json`, "utf8"));
    expect(Object.keys(heads)).to.have.length(3);

    const text = await runPersona(["log", record, ...common], folder.path("."));
    expect(text.code, text.stderr).to.equal(0);
    expect(text.stdout).to.match(/guardian 1: 1 entries about this dataset, proved in a log of \d+/);
  });

  it("error: GUARDIAN_LOG_INVALID: the log that was there the last time is gone", async () => {
    const file = `${record}.heads.json`;
    const heads = JSON.parse(await readFile(file, "utf8"));
    // The head of another log of the same size: what a guardian that has rewritten its history would have to explain.
    const [first, second] = Object.values(heads);
    await writeFile(file, JSON.stringify({ ...heads, 1: second === heads[1] ? first : second }));
    const { code, stderr } = await runPersona(["log", record, ...common], folder.path("."));
    expect(code).to.equal(1);
    expect(stderr).to.include("GUARDIAN_LOG_INVALID");
  });

  it("error: CONFIG_INVALID: what is no record", async () => {
    const other = await folder.write("other.json", "{}");
    expectRefusal(await runPersona(["log", other, ...common], folder.path(".")), "CONFIG_INVALID");
  });
});
