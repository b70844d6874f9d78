import { readFile, writeFile } from "node:fs/promises";
import { createPersonaClient, encodeGrantPackage, type PersonaClient } from "@persona-protocol/sdk";
import { sealKeystore } from "@persona-protocol/sdk/storage";
import { expect } from "chai";
import { hexToBytes } from "viem";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { createChainClient } from "../../../node/src/chain/connectChain.ts";
import { encodeDatasetRecord } from "../../../node/src/cli/datasetRecord.ts";
import { examples } from "../../../node/src/cli/examples.ts";
import { publishSegments, type Scene, sharedScene } from "../../helpers/guardianScene.ts";
import { createProgram } from "../../helpers/programs.ts";
import { hasTerminal, typeAtPersona } from "../../helpers/terminal.ts";
import { temporaryFolder } from "../ingest/temporaryFolder.ts";
import { drivesTerminal, expectRefusal, runPersona } from "./persona.ts";

const passphrase = "a passphrase of a test";
/** As cheap as keystores may be. */
const kdf = { m: 7_168, t: 5, p: 1 } as const;

type Told = {
  readonly datasets: readonly { readonly status: string }[];
  readonly grants: readonly { readonly state: string }[];
  readonly all: boolean;
  readonly status: string;
  readonly datasetId: string;
  readonly appId: string;
};

describe("persona, what owners and requesters do", function () {
  this.timeout(400_000);
  const folder = temporaryFolder();
  let scene: Scene;
  let owner: PersonaClient;
  let record: string;
  let look: string[];
  let sign: string[];
  const run = (...args: string[]) => runPersona(args, folder.path("."));
  const told = async (...args: string[]) => {
    const { code, stdout, stderr } = await run(...args, "--json");
    expect(code, stderr).to.equal(0);
    return JSON.parse(stdout) as Told;
  };

  before(async () => {
    scene = await sharedScene();
    const { network } = scene;
    const key = generatePrivateKey();
    const account = privateKeyToAccount(key);
    await network.fund(account.address);
    const client = createChainClient({ rpcUrl: network.rpcUrl, chainId: network.deployment.chainId, account });
    const { deployment, store: storage, token } = network;
    owner = createPersonaClient({ client, deployment, storage, token });
    const published = await publishSegments(network, client, scene.ownerKeys.publicKey);
    record = await folder.write("dataset.json", encodeDatasetRecord(deployment, published, "confirmed"));
    const keystore = await sealKeystore({ kind: "account", secret: hexToBytes(key), passphrase, kdf });
    await folder.write("account.json", JSON.stringify(keystore));
    await folder.write("pass", passphrase);
    look = ["--network", network.runDir, "--rpc", network.rpcUrl, "--token", token];
    sign = [...look, "--account", "account.json", "--passphrase-file", "pass"];
  });

  const granted = async (uses = 1) =>
    owner.grantAndWait({
      dataset: JSON.parse(await readFile(record, "utf8")).dataset,
      to: scene.dapp.account.address,
      segments: ["posts"],
      program: createProgram(),
      uses,
      expiresIn: "30d",
    });

  it("default: datasets, grants, a grant revoked, and all of them", async () => {
    const address = owner.client.account.address;
    const { datasets } = await told("datasets", ...look, "--owner", address);
    expect(datasets.map(({ status }) => status)).to.deep.equal(["active"]);
    const [one, two] = [await granted(2), await granted(3)];
    await writeFile(folder.path("grant.cbor"), encodeGrantPackage(one));
    const states = async (...flags: string[]) =>
      (await told("grants", ...look, "--owner", address, ...flags)).grants.map(({ state }) => state);
    expect(await states()).to.deep.equal(["active", "active"]);
    const { all } = await told("revoke", "grant.cbor", "--yes", ...sign);
    expect(all).to.equal(false);
    expect(await states("--all")).to.deep.equal(["revoked", "active"]);
    expect((await run("revoke", "--all", "--yes", ...sign)).stdout).to.include("all grants revoked");
    expect(await states("--all")).to.deep.equal(["revoked", "revoked"]);
    expect(two.terms.maxUses).to.equal(3);
  });

  it("behavior: what cannot be undone is asked for first; who cannot be asked says --yes", async () => {
    for (const args of [
      ["revoke", "--all", ...sign],
      ["erase", record, ...sign],
      ["transfer", record, "--to", scene.dapp.account.address, ...sign],
    ])
      expectRefusal(await run(...args), "USAGE");
    const { datasets } = await told("datasets", ...look, "--owner", owner.client.account.address);
    expect(datasets[0]?.status).to.equal("active");
    const noFile = sign.slice(0, -2);
    expectRefusal(await run("revoke", "--all", "--yes", ...noFile), "USAGE");
  });

  it("behavior: a person at a terminal is asked before grants end, and yes is not the default", async function () {
    if (!hasTerminal()) {
      process.stderr.write(
        "\n  SKIPPED: nobody was asked at a terminal. This machine has no `script` of util-linux.\n\n",
      );
      this.skip();
    }
    await granted();
    const active = async () =>
      (await told("grants", ...look, "--owner", owner.client.account.address)).grants.map(({ state }) => state);
    const revokeAll = (answer: string) =>
      typeAtPersona(["revoke", "--all", ...sign], [["Go on?", answer]], folder.path("."));
    const before = await active();
    for (const answer of ["\r", "n\r", "\u0003"]) {
      const { code, screen } = await revokeAll(answer);
      expect(screen).to.include("error CANCELLED:");
      expect(code, screen).to.equal(1);
    }
    expect(await active())
      .to.deep.equal(before)
      .and.to.include("active");
    const { code, screen } = await revokeAll("y\r");
    expect(code, screen).to.equal(0);
    expect(await active()).to.deep.equal([]);
  });

  it("behavior: a dataset is erased and restored, offered, and taken only in its time", async () => {
    const secret = hexToBytes(generatePrivateKey());
    await folder.write("other.json", JSON.stringify(await sealKeystore({ kind: "account", secret, passphrase, kdf })));
    const grantBy = (account: string) =>
      run("grant", record, "--sign", "--out", "none.cbor", ...look, "--account", account, "--passphrase-file", "pass");
    expectRefusal(await grantBy("other.json"), "OWNER_MISMATCH", 2);
    expect((await told("erase", record, "--yes", ...sign)).status).to.equal("erasing");
    // Not even a signature for what nobody opens any more.
    expectRefusal(await grantBy("account.json"), "DATASET_ERASED", 2);
    expect((await run("erase", record, "--conclude", "--yes", ...sign)).code).to.not.equal(0);
    expect((await told("erase", record, "--restore", ...sign)).status).to.equal("active");
    const { datasetId } = await told("transfer", record, "--to", scene.dapp.account.address, "--yes", ...sign);
    expectRefusal(await run("transfer", datasetId, "--accept", ...sign), "TRANSACTION_REVERTED");
    expectRefusal(await run("transfer", record, ...sign), "USAGE");
  });

  it("behavior: an app is registered; a domain that is none is refused before anything is sent", async () => {
    await folder.write("app.json", "{}");
    const flags = ["app", "register", "--metadata", "app.json", ...sign];
    const { appId } = await told(...flags, "--name", "Score", "--domain", "score.example.org");
    expect(appId).to.match(/^0x[0-9a-f]{64}$/);
    expectRefusal(await run(...flags, "--name", "Score", "--domain", "127.0.0.1"), "DOMAIN_INVALID");
  });

  it("behavior: strangers' texts print harmlessly: escapes, turned directions, a megabyte", async () => {
    const evil = "\u001b[2J\u202eyes\u0007";
    const program = { ...createProgram(), name: `n${evil}`, description: evil };
    const dapp = createPersonaClient({
      client: scene.dapp,
      deployment: scene.network.deployment,
      token: scene.network.token,
    });
    const asked = await dapp.requestAccess({
      program,
      segments: [`po${evil}`],
      why: evil.repeat(50),
      uses: 1,
      expiresIn: "1d",
    });
    await folder.write("asked.txt", asked);
    const shown = await run("request", "show", "asked.txt", ...look);
    expect(shown.code, shown.stderr).to.equal(0);
    expect(shown.stdout).to.include("\\u{1b}").and.not.match(drivesTerminal);
    // So does what is for programs, and a terminal when nothing reads it; whoever parses it gets every character.
    const forPrograms = await run("request", "show", "asked.txt", "--json", ...look);
    expect(forPrograms.stdout).to.not.match(drivesTerminal);
    expect(forPrograms.stdout).to.include("\\u202e");
    expect(JSON.stringify(JSON.parse(forPrograms.stdout))).to.include("\u202e");
    await folder.write("long.txt", `${asked}${"A".repeat(2 ** 20)}`);
    expectRefusal(await run("request", "show", "long.txt", ...look), "CONFIG_INVALID");
    await folder.write(`a${evil}.txt`, evil);
    for (const command of [
      ["receipt", "verify"],
      ["request", "show"],
    ]) {
      const { code, stderr } = await run(...command, `a${evil}.txt`, ...look);
      expect(code).to.not.equal(0);
      expect(stderr).to.not.match(drivesTerminal);
    }
  });

  it("error: jobs and receipts that are none, and chains that do not answer", async () => {
    const none = `0x${"00".repeat(32)}`;
    expectRefusal(await run("job", "status", none, ...look), "JOB_UNKNOWN", 2);
    expectRefusal(await run("job", "status", "x", ...look), "USAGE");
    expectRefusal(await run("receipt", "get", none, "--out", "r.txt", ...look), "JOB_UNKNOWN", 2);
    expectRefusal(await run("provenance", "show", none, ...look), "JOB_UNKNOWN", 2);
    const down = ["--network", scene.network.runDir, "--rpc", "http://127.0.0.1:9"];
    const owner = scene.owner.account.address;
    expectRefusal(await run("grants", "--owner", owner, ...down), "CHAIN_UNREACHABLE", 75);
  });

  it("behavior: doctor says what is wrong, and how to mend it", async () => {
    const { network } = scene;
    const well = await run("doctor", "--network", network.runDir, "--rpc", network.rpcUrl);
    // Other tests of the scene have registered guardians that are gone by now.
    const [, able] = /(\d+) of \d+ answer with an attested key/.exec(well.stdout) ?? [];
    expect(Number(able)).to.be.at.least(3);
    expect(well.stdout).to.include("7 there");
    const ill = await run("doctor", "--network", network.runDir, "--rpc", "http://127.0.0.1:9");
    expect(ill.code).to.equal(1);
    expect(ill.stdout).to.include("does not answer").and.include("→ Start the chain");
  });
});

describe("persona completion", () => {
  it("behavior: every command has --json and an example in its help, of commands and flags that there are", async () => {
    const { stdout } = await runPersona(["completion", "bash"], process.cwd());
    const words = new Map(
      [...stdout.matchAll(/^ +"persona ([^"]+)"\) words="([^"]*)"/gm)].map(([, path = "", list = ""]) => [
        path,
        list.split(" "),
      ]),
    );
    const leaves = [...words].filter(([path]) => ![...words.keys()].some((other) => other.startsWith(`${path} `)));
    expect(leaves.length).to.be.above(45);
    const aliases = new Map([
      ["who-can-read", "who"],
      ["recovery create", "recovery kit"],
    ]);
    for (const [name, list] of leaves) {
      const path = aliases.get(name) ?? name;
      if (path !== "completion") expect(list, path).to.include("--json");
      const shown = examples[path];
      expect(shown, `${path} has no example`).to.be.an("array").and.to.not.have.length(0);
      for (const line of shown ?? []) {
        expect(line.replace("who-can-read", "who"), name).to.include(`persona ${path}`);
        for (const [flag] of line.matchAll(/(?<= )--[a-z-]+/g)) expect(list, line).to.include(flag);
      }
    }
    const help = await runPersona(["receipt", "get", "--help"], process.cwd());
    expect(help.stdout).to.include("Example:\n  persona receipt get 0x…");
  });

  it("default: scripts of every command; bash completes by them", async () => {
    const folder = process.cwd();
    const { stdout } = await runPersona(["completion", "bash"], folder);
    expect(stdout)
      .to.include('"persona receipt") words="get verify')
      .and.include("complete -o default -F _persona persona");
    expect((await runPersona(["completion", "fish"], folder)).stdout).to.include("__fish_use_subcommand");
    expectRefusal(await runPersona(["completion", "tcsh"], folder), "USAGE");
  });
});
