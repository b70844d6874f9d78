/**
 * An account that is read on schedule, by the commands alone and real processes: an authorization server (oidc-provider) with a service behind it, an
 * ingest enclave, guardians, a chain.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { publishDataset, readPublications } from "@persona-protocol/sdk/access";
import { createChainView, KeyClass } from "@persona-protocol/sdk/contracts";
import { randomBytes } from "@persona-protocol/sdk/crypto";
import { liveSources, oauthProviders } from "@persona-protocol/sdk/ingest/live";
import {
  cidOfDigest,
  decodeManifest,
  generateOwnerRootKey,
  ownerKemKeyPair,
  sealKeystore,
} from "@persona-protocol/sdk/storage";
import { expect } from "chai";
import { bytesToHex, type Hex, hexToBytes } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { createChainClient } from "../../node/src/chain/connectChain.ts";
import { encodeDatasetRecord } from "../../node/src/cli/datasetRecord.ts";
import { repositoryRoot } from "../../node/src/dev/repositoryRoot.ts";
import { type Network, startNetwork } from "../../node/src/dev/startNetwork.ts";
import { ingestBundle } from "../../node/src/enclave/bundle/enclaveBundle.ts";
import { simulatedWorkload } from "../../node/src/enclave/runtime/simulatedEvidence.ts";
import { deployOnAnvil } from "../helpers/deployedChain.ts";
import { startAuthorizationServer, type TestAuthorizationServer } from "../helpers/oauth/authorizationServer.ts";
import { expectRefusal, runPersona } from "../node/cli/persona.ts";

const passphrase = "a passphrase of a test";
/** As cheap as keystores may be. */
const kdf = { m: 7_168, t: 5, p: 1 } as const;

describe("an account that is read on schedule", function () {
  this.timeout(400_000);
  let folder: string;
  let network: Network;
  let service: TestAuthorizationServer;
  let datasetId: Hex;
  let look: string[];
  const running: ChildProcess[] = [];

  const path = (name: string) => join(folder, name);
  const run = (...args: string[]) => runPersona(args, folder);
  async function told(...args: string[]) {
    const { code, stdout, stderr } = await run(...args, "--json");
    expect(code, stderr).to.equal(0);
    return JSON.parse(stdout);
  }
  /** A command that goes on while this test does something: what it says, and its result. */
  function begin(...args: string[]) {
    const command = ["--no-warnings", join(repositoryRoot, "node/src/cli/persona.ts"), ...args, "--json"];
    const child = spawn(process.execPath, command, { cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
    running.push(child);
    const said = { stdout: "", stderr: "" };
    child.stdout.setEncoding("utf8").on("data", (text: string) => (said.stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (said.stderr += text));
    const until = async (wanted: RegExp): Promise<RegExpExecArray> => {
      for (let left = 600; left > 0; left--) {
        const match = wanted.exec(said.stdout) ?? wanted.exec(said.stderr);
        if (match !== null) return match;
        if (child.exitCode !== null) break;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      throw new Error(`${args.join(" ")} never said ${wanted}: ${said.stdout}${said.stderr}`);
    };
    return {
      until,
      async stop() {
        child.kill("SIGTERM");
        if (child.exitCode === null && child.signalCode === null) await once(child, "close");
      },
      async ended() {
        if (child.exitCode === null) await once(child, "close");
        expect(child.exitCode, said.stderr).to.equal(0);
        return JSON.parse(said.stdout);
      },
    };
  }
  const client = () =>
    createChainClient({ rpcUrl: network.rpcUrl, chainId: 31_337, account: privateKeyToAccount(key) });
  const key = bytesToHex(randomBytes(32));
  const newest = async () => {
    const owner = client();
    const { deployment } = network;
    const found = (await readPublications({ client: owner, deployment }, datasetId, await owner.getBlockNumber())).at(
      -1,
    );
    if (found === undefined) throw new Error("the dataset is not there");
    return found;
  };
  const levels = async () => {
    const { head } = await newest();
    const digest = head.manifestDigest;
    const bytes = await network.store.getBlock(cidOfDigest(digest, "dag-cbor"));
    return decodeManifest(bytes, { digest, datasetId }).segments.map(({ provenance }) => provenance);
  };
  async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
    for (let left = 450; left > 0; left--) {
      if (await isSo()) return;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    throw new Error(
      `${what} has not happened: ${(await run("sources", "list", "--dir", "ingest", "--runs", "5")).stdout}`,
    );
  }
  const state = async () => (await told("sources", "list", "--dir", "ingest")).sources[0];
  /** A person who opens the page that the command names, consents, and comes back to it. */
  async function consent(command: ReturnType<typeof begin>): Promise<void> {
    const [url] = await command.until(/https:\/\/github\.com\/login\/oauth\/authorize\S+/);
    const redirect = new URL(url).searchParams.get("redirect_uri") ?? "";
    // Whoever calls there with a state of their own is not heard.
    expect((await fetch(`${redirect}?code=stolen&state=other`)).status).to.equal(404);
    expect((await fetch(`${redirect}?${await service.browse(url)}`)).status).to.equal(200);
  }
  /** At the service: all that it has given is of no use any more. */
  async function revoke(): Promise<void> {
    for (const token of await service.secrets())
      await service.post("/login/oauth/revoke", { token, client_id: "persona-cli" });
  }

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "persona-live-"));
    service = await startAuthorizationServer();
    network = await startNetwork({
      ...{ runDir: path("network"), chain: "anvil", deploy: deployOnAnvil, port: 0 },
      ...{ guardians: 3, workers: 0, signal: new AbortController().signal },
    });
    const { deployment, store } = network;
    const account = privateKeyToAccount(key);
    await network.fund(account.address);
    const rootKey = generateOwnerRootKey();
    const segments = (liveSources.find(({ id }) => id === "github")?.segments ?? []).map(({ name, schema }) => ({
      ...{ name, schema: schema.id, records: 1, from: null, to: null, bytes: new Uint8Array(9) },
    }));
    const guardians = network.guardians.map(({ nodeId }) => nodeId);
    const { publicKey } = await ownerKemKeyPair(rootKey);
    const published = await publishDataset(
      { client: client(), deployment, store },
      { segments, guardians, threshold: 2, ownerPublicKey: publicKey },
    );
    ({ datasetId } = published.dataset);
    await writeFile(path("dataset.json"), encodeDatasetRecord(deployment, published, "confirmed"));
    const secrets = {
      "root.json": ["owner-root", rootKey],
      "account.json": ["account", hexToBytes(key)],
      "writer.json": ["owner-root", randomBytes(32)],
    } as const;
    for (const [file, [kind, secret]] of Object.entries(secrets))
      await writeFile(path(file), JSON.stringify(await sealKeystore({ kind, secret, passphrase, kdf })));
    await writeFile(path("pass"), passphrase);
    look = ["--network", network.runDir, "--rpc", network.rpcUrl, "--token", network.token];
    const sign = [...look, "--account", "account.json", "--passphrase-file", "pass"];
    await told(
      "sources",
      "key",
      "--writer-keystore",
      "writer.json",
      "--writer-passphrase-file",
      "pass",
      "--out",
      "writer.pub",
    );
    // The writer is another role of the same account here.
    const names = segments.map(({ name }) => name).join(",");
    await told(
      ...["sources", "delegate", "dataset.json", "--to", account.address, "--writer-key", "writer.pub"],
      ...["--segments", names, "--until", "30d", "--out", "writer.cbor", "--yes", ...sign],
    );
    const rpc = client().request as (call: { method: string; params: unknown[] }) => Promise<unknown>;
    await rpc({ method: "evm_increaseTime", params: [87_000] });
    await rpc({ method: "evm_mine", params: [] });

    // Where the two names lead here, and who vouches for them.
    await told("sources", "list", "--dir", "ingest");
    await writeFile(path("ingest/root.pem"), service.authority.root);
    const to = `127.0.0.1:${service.port}`;
    const routes = { "github.com:443": to, "api.github.com:443": to };
    await writeFile(path("ingest/ingest.json"), JSON.stringify({ roots: ["root.pem"], routes }));
    const server = { ...oauthProviders.github, revocation_endpoint: "https://github.com/login/oauth/revoke" };
    await writeFile(path("server.json"), JSON.stringify(server));
  });
  after(async () => {
    for (const child of running) if (child.exitCode === null) child.kill("SIGKILL");
    await network?.close();
    await service?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const dir = ["--dir", "ingest"];
  const writer = ["--writer-passphrase-file", "pass"];
  const asClient = ["--client-id", "persona-cli", "--server", "server.json", "--scopes", "repo"];
  const add = (...more: string[]) => [
    ...["sources", "add", "gh", "--kind", "github", "--dataset", datasetId, "--every", "60s", "--jitter", "0", ...dir],
    ...["--grant", "writer.cbor", "--writer-keystore", "writer.json", ...more],
  ];
  const start = () =>
    begin(
      "sources",
      "run",
      ...dir,
      ...writer,
      ...look,
      "--port",
      "0",
      "--account",
      "account.json",
      "--passphrase-file",
      "pass",
    );

  it("default: added with a consent, read, published, revoked at the service, paused and reported, consented to anew", async () => {
    const adding = begin(...add(...writer, ...asClient));
    await consent(adding);
    expect(await adding.ended()).to.deep.include({ source: "gh" });
    for (const secret of await service.secrets())
      for (const name of ["schedule.sqlite", "schedule.sqlite-wal"])
        expect((await readFile(path(`ingest/${name}`)).catch(() => Buffer.alloc(0))).includes(secret)).to.equal(false);

    const ingestor = start();
    const [, port] = await ingestor.until(/"port":(\d+)/);
    await until("the first version", async () => (await newest()).version === 2);
    // Nobody has registered this enclave's key: what it signed is nobody's word but the writer's.
    expect(new Set(await levels())).to.deep.equal(new Set(["none"]));
    await service.writeIssue();
    const asked = await fetch(`http://127.0.0.1:${port}/refresh`, {
      method: "POST",
      body: JSON.stringify({ datasetId }),
    });
    expect(asked.status).to.equal(202);
    await until("the second version", async () => (await newest()).version === 3);

    await service.writeIssue();
    await revoke();
    await until("the pause", async () => (await state()).status === "paused");
    expect(await state()).to.deep.include({ status: "paused", reason: "SOURCE_CONSENT_ENDED" });
    expect((await run("sources", "list", ...dir)).stdout).to.include("github, paused: SOURCE_CONSENT_ENDED");
    expect((await newest()).version).to.equal(3);

    const again = begin("sources", "consent", "gh", ...dir, ...writer, ...asClient);
    await consent(again);
    expect(await again.ended()).to.deep.include({ source: "gh", status: "active" });
    await until("the version after a new consent", async () => (await newest()).version === 4);
    await ingestor.stop();

    await told("sources", "pause", "gh", ...dir);
    expect(await told("sources", "remove", "gh", ...dir)).to.deep.include({ source: "gh", consentEnded: true });
    expect((await told("sources", "list", ...dir)).sources).to.deep.equal([]);
  });

  it("default: persona node start, as an ingestor: its enclave's key is on chain, and what it read is of the level ingest-enclave", async () => {
    const adding = begin(...add(...writer, ...asClient));
    await consent(adding);
    await adding.ended();
    const { version } = await newest();
    const config = {
      ...{
        role: "ingestor",
        rpcUrl: network.rpcUrl,
        deployment: "network/deployment.json",
        verifier: network.verifier,
      },
      ...{ keystore: "account.json", passphraseFile: "pass", dataDir: "ingestor", storeDir: network.storeDir },
      ...{ sourcesDir: "ingest", writerPassphraseFile: "pass", pollMs: 50 },
    };
    await writeFile(path("config.json"), JSON.stringify(config));
    const node = begin("node", "start", "--config", "config.json");
    const [, signer] = await node.until(/"signer":"(0x[0-9a-fA-F]{40})"/);
    await until("a version by the node", async () => (await newest()).version > version);
    expect(await levels()).to.include("ingest-enclave");
    const chain = createChainView(client(), network.deployment);
    const registered = await chain.enclaveKey(signer as Hex, await client().getBlockNumber());
    expect(registered.keyClass).to.equal(KeyClass.guardian);
    expect(registered.measurement).to.equal(simulatedWorkload(ingestBundle().measurement));
    // One folder, one process.
    expectRefusal(
      await run("sources", "run", ...dir, ...writer, ...look, "--account", "account.json", "--passphrase-file", "pass"),
      "NODE_RUNNING",
    );
    await node.stop();

    // Started again it has another key, and the one before is of no use.
    const again = begin("node", "start", "--config", "config.json");
    const [, next] = await again.until(/"signer":"(0x[0-9a-fA-F]{40})"/);
    expect(next).to.not.equal(signer);
    expect((await chain.enclaveKey(signer as Hex, await client().getBlockNumber())).state).to.equal("destroyed");
    const shown = await told(
      ...[
        "provenance",
        "show",
        "dataset.json",
        "--keystore",
        "root.json",
        "--keystore-passphrase-file",
        "pass",
        ...look,
      ],
    );
    const read = shown.segments.find(({ level }: { level: string }) => level === "ingest-enclave");
    expect(read).to.deep.include({ enclaveRegistered: true, publishedBy: "key" });
    await again.stop();
    await told("sources", "remove", "gh", ...dir);
  });

  it("default: by a code that is typed in elsewhere", async () => {
    const adding = begin(...add(...writer, ...asClient, "--device-code"));
    const [, page, code] = await adding.until(/Open (\S+) and type in the code (\S+)/);
    await service.browse(`${page}?user_code=${code}`);
    expect(await adding.ended()).to.deep.include({ source: "gh" });
    await told("sources", "remove", "gh", ...dir);
  });

  it("error: without client, with another service's server, or with a refusal nothing is added and nothing kept", async () => {
    expectRefusal(await run(...add()), "USAGE");
    expectRefusal(await run(...add(...writer)), "USAGE");
    expectRefusal(await run(...add(...writer, ...asClient, "--redirect-uri", "https://evil.example/")), "USAGE");
    const other = { ...oauthProviders.github, issuer: "https://evil.example" };
    await writeFile(path("other.json"), JSON.stringify(other));
    const refused = begin(...add(...writer, ...asClient, "--server", "other.json"));
    await consent(refused);
    await refused.until(/"code":"SOURCE_AUTH_INVALID"/);
    const denied = begin(...add(...writer, ...asClient));
    const [url] = await denied.until(/https:\/\/github\.com\/login\/oauth\/authorize\S+/);
    const redirect = new URL(url).searchParams.get("redirect_uri") ?? "";
    await fetch(`${redirect}?${await service.browse(url, "deny")}`);
    await denied.until(/"code":"SOURCE_AUTH_INVALID"/);
    expect((await told("sources", "list", ...dir)).sources).to.deep.equal([]);
  });
});
