/** The README's example as a person runs it, and ethers and viem owners beside each other on one real network. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createPersonaClient, encodeGrantPackage, grantedProgramOf, type PersonaClient } from "@persona-protocol/sdk";
import { createGuardianRelease, type ReleaseCall } from "@persona-protocol/sdk/access";
import { createChainView, typedData } from "@persona-protocol/sdk/contracts";
import { generateKemKeyPair, keyIdOf } from "@persona-protocol/sdk/crypto";
import { codeOfReason } from "@persona-protocol/sdk/errors";
import { readArchive } from "@persona-protocol/sdk/ingest";
import { generateOwnerRootKey, ownerKemKeyPair } from "@persona-protocol/sdk/storage";
import { expect } from "chai";
import { parseEther } from "viem";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { engagement } from "../../examples/engagement.ts";
import { exampleAccount } from "../../examples/localNetwork.ts";
import { repositoryRoot } from "../../node/src/dev/repositoryRoot.ts";
import { type Network, startNetwork } from "../../node/src/dev/startNetwork.ts";
import { openArchive } from "../../node/src/ingest/index.ts";
import { expectedScore, readPlainArchive } from "../../scripts/demo/plainArchive.ts";
import { writeSampleArchive } from "../../scripts/demo/sampleArchive.ts";
import { shownPart, withExample } from "../../scripts/syncReadme.ts";
import { deployOnAnvil } from "../helpers/deployedChain.ts";
import { expectError } from "../helpers/errors.ts";

const stop = new AbortController();

describe("examples/score.ts", function () {
  this.timeout(120_000);
  let folder: string;
  let network: Network;
  let owner: PersonaClient;
  let archive: string;
  let dataset: Awaited<ReturnType<PersonaClient["publishDataset"]>>["dataset"];

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "persona-example-"));
    archive = join(folder, "archive.zip");
    await writeSampleArchive(archive, { posts: 400, likes: 20, seed: 7 });
    network = await startNetwork({
      runDir: join(folder, "network"),
      chain: "anvil",
      deploy: deployOnAnvil,
      port: 0,
      guardians: 3,
      workers: 1,
      signal: stop.signal,
    });
    const { deployment, store } = network;
    owner = createPersonaClient({ client: await network.fundedClient(), deployment, store });
    dataset = await publish(owner);
  });

  after(async () => {
    await network?.close();
    await rm(folder, { recursive: true, force: true });
  });

  async function publish(persona: PersonaClient) {
    const opened = await openArchive(archive);
    try {
      const { segments } = await readArchive(opened);
      const { publicKey } = await ownerKemKeyPair(generateOwnerRootKey());
      const guardians = network.guardians.map(({ nodeId }) => nodeId);
      return (await persona.publishDataset({ segments, guardians, threshold: 2, ownerPublicKey: publicKey })).dataset;
    } finally {
      await opened.close();
    }
  }

  async function grantTo(persona: PersonaClient, of: typeof dataset, grantee = exampleAccount.address) {
    const { timestamp } = await persona.client.getBlock();
    return persona.grantAndWait({
      dataset: of,
      grantee,
      segments: ["posts"],
      program: grantedProgramOf(engagement),
      uses: 2,
      expiresAt: Number(timestamp) + 86_400,
      price: parseEther("1"),
      token: network.token,
      maxOutputBytes: 16_000n,
    });
  }

  async function runExample(environment: Record<string, string>) {
    const env = {
      ...process.env,
      PERSONA_NETWORK: network.runDir,
      PERSONA_RPC: network.rpcUrl,
      NODE_NO_WARNINGS: "1",
      ...environment,
    };
    const child = spawn(process.execPath, [join(repositoryRoot, "examples/score.ts")], {
      env,
      stdio: ["ignore", "pipe", "pipe"],
    });
    let [stdout, stderr] = ["", ""];
    child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    const [code] = await once(child, "close");
    return { code, stdout, stderr };
  }

  it("default: a dApp has the numbers that the plain archive gives, and the receipt's job", async () => {
    const granted = await grantTo(owner, dataset);
    await writeFile(join(network.runDir, "posts.grant"), encodeGrantPackage(granted));
    const { code, stdout, stderr } = await runExample({});
    expect(code, stderr).to.equal(0);
    const { job, ...score } = JSON.parse(stdout);
    expect(score).to.deep.equal(expectedScore(await readPlainArchive(archive)));
    expect(score.posts).to.be.greaterThan(100);
    const end = await owner.waitForJob(job, { signal: AbortSignal.timeout(10_000) });
    expect(end.status).to.equal("settled");

    await owner.revokeAndWait(granted);
    const again = await runExample({});
    expect(again.code).to.equal(1);
    expect(again.stderr).to.include("GRANT_REVOKED");
  });

  it("behavior: createGuardianRelease carries a guardian's signed refusal to a stranger", async () => {
    const { deployment } = network;
    const [guardian] = network.guardians;
    const granted = await grantTo(owner, dataset, owner.client.account.address);
    const { jobId, params, bundle } = await owner.buildJob({
      program: engagement,
      grants: [granted],
      args: { threshold: 1 },
      fee: 0n,
    });
    const stranger = privateKeyToAccount(generatePrivateKey());
    const kem = await generateKemKeyPair();
    const request = {
      jobId,
      attempt: 1,
      guardian: guardian?.nodeId ?? 0,
      input: 0,
      kemKeyHash: keyIdOf(kem.publicKey),
      bundleDigest: params.order.bundleDigest,
    };
    const signature = await stranger.signTypedData(typedData.releaseRequest(deployment, request));
    const call: ReleaseCall = { request, signature, kemKey: kem.publicKey, params, bundle };
    const guardians = createGuardianRelease(createChainView(owner.client, deployment));
    const signal = AbortSignal.timeout(10_000);
    const answer = await guardians.release({ call }, { signal });
    expect(answer.status === "refused" && codeOfReason(answer.refusal.reason)).to.equal("NODE_KEY_UNKNOWN");
    const nobody = { ...call, request: { ...request, guardian: 99 } };
    await expectError("GUARDIANS_UNAVAILABLE", () => guardians.release({ call: nobody }, { signal }));
  });
});

describe("scripts/syncReadme.ts", () => {
  it("default: the README shows the example's marked part, in at most 20 lines of code", async () => {
    const source = await readFile(join(repositoryRoot, "examples/score.ts"), "utf8");
    const shown = shownPart(source);
    const code = shown.split("\n").filter((line) => line.trim() !== "" && !line.trim().startsWith("//"));
    expect(code.length).to.be.at.most(20);
    const readme = "# Title\n<!-- example:start -->\nold\n<!-- example:end -->\nrest\n";
    const synced = withExample(readme, shown);
    expect(synced).to.equal(
      `# Title\n<!-- example:start -->\n\`\`\`ts\n${shown}\n\`\`\`\n<!-- example:end -->\nrest\n`,
    );
    expect(withExample(synced, shown)).to.equal(synced);
  });

  it("error: no markers, or too many", () => {
    for (const readme of [
      "",
      "<!-- example:end --><!-- example:start -->",
      "<!-- example:start --><!-- example:start --><!-- example:end -->",
    ]) {
      expect(() => withExample(readme, "x")).to.throw("README.md needs one");
    }
    expect(() => shownPart("no markers")).to.throw("has no // example:start");
  });
});
