/** The index over a real chain with real jobs: what its API says is what the contracts say. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type GrantPackage, grantHash, revoke } from "@persona-protocol/sdk/access";
import { grantRegistryAbi, nodeRegistryAbi } from "@persona-protocol/sdk/contracts";
import { expect } from "chai";
import { freePort } from "../../node/src/dev/freePort.ts";
import { repositoryRoot } from "../../node/src/dev/repositoryRoot.ts";
import { type Network, startNetwork } from "../../node/src/dev/startNetwork.ts";
import { type DemoContext, grantPosts, runJob } from "../../scripts/demo/story.ts";
import { publishSample } from "../helpers/publishedSample.ts";

const installed = existsSync(join(repositoryRoot, "indexer/node_modules/ponder/package.json"));
const jobs = 3;

describe("the index", function () {
  this.timeout(240_000);
  if (!installed) {
    it.skip("starts and answers (skipped: indexer/ is not installed; npm run indexer:test installs it)", () => {});
    return;
  }
  const stop = new AbortController();
  let folder: string;
  let network: Network;
  let context: DemoContext;
  let child: ChildProcess | undefined;
  let url: string;
  let log = "";

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "persona-index-"));
    const runDir = join(folder, "network");
    network = await startNetwork({ runDir, chain: "hardhat", port: 0, guardians: 2, workers: 1, signal: stop.signal });
    const [owner, dapp] = [await network.fundedClient(), await network.fundedClient()];
    const dataset = await publishSample({ network, owner, folder }, { posts: 50, likes: 5, seed: 4 });
    context = { network, owner, dapp, dataset, signal: stop.signal };
  });
  after(async () => {
    if (child !== undefined && child.exitCode === null) {
      child.kill("SIGTERM");
      await once(child, "exit");
    }
    await network?.close();
    await rm(folder, { recursive: true, force: true });
  });

  async function start(): Promise<void> {
    const port = await freePort(0);
    url = `http://127.0.0.1:${port}`;
    child = spawn(
      process.execPath,
      [
        "--no-warnings",
        join(repositoryRoot, "scripts/indexer.ts"),
        "--network",
        network.runDir,
        "--rpc",
        network.rpcUrl,
        "--port",
        String(port),
        "--dir",
        join(folder, "index"),
      ],
      { cwd: repositoryRoot, stdio: ["ignore", "pipe", "pipe"] },
    );
    child.stdout?.setEncoding("utf8").on("data", (text: string) => (log += text));
    child.stderr?.setEncoding("utf8").on("data", (text: string) => (log += text));
    for (;;) {
      if (child.exitCode !== null) throw new Error(log);
      const ready = await fetch(`${url}/ready`).then(
        ({ status }) => status === 200,
        () => false,
      );
      if (ready) return;
      await sleep(100);
    }
  }

  async function ask(query: string): Promise<Record<string, { items: Record<string, unknown>[] }>> {
    const response = await fetch(`${url}/graphql`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ query }),
    });
    const { data, errors } = (await response.json()) as { data: never; errors?: unknown };
    if (errors !== undefined) throw new Error(JSON.stringify(errors));
    return data;
  }

  const hashOf = (granted: GrantPackage) => grantHash(network.deployment, granted);

  /** It follows the chain: what has just been mined comes a moment later. */
  async function until(query: string, wanted: (items: Record<string, unknown>[]) => boolean) {
    for (;;) {
      const items = Object.values(await ask(query))[0]?.items ?? [];
      if (wanted(items)) return items;
      if (child?.exitCode !== null) throw new Error(log);
      await sleep(100);
    }
  }

  it("default: datasets, grants, jobs and nodes of the past and of now, by GraphQL", async () => {
    const { owner, dapp, dataset } = context;
    const before = await grantPosts(context, { uses: jobs });
    const past = await runJob(context, before);
    await start();
    const ids = [past.jobId];
    for (let i = 1; i < jobs; i++) ids.push((await runJob(context, before)).jobId);

    const found = await until(
      `{ jobs(where: { requester: "${dapp.account.address.toLowerCase()}" }, orderBy: "submittedBlock") { items { id status attempt nodeId signer code fee inputs { items { grantHash datasetId owner } } } } }`,
      (items) => items.length === jobs && items.every(({ status }) => status === "settled"),
    );
    expect(found.map(({ id }) => id)).to.deep.equal(ids);
    const [worker] = network.workers;
    for (const job of found) {
      expect(job).to.include({
        code: 0,
        nodeId: worker?.nodeId,
        signer: worker?.signer.toLowerCase(),
        fee: String(10n ** 18n),
      });
      expect((job["inputs"] as { items: object[] }).items).to.deep.equal([
        { grantHash: hashOf(before), datasetId: dataset.datasetId, owner: owner.account.address.toLowerCase() },
      ]);
    }

    const nodes = await until(
      '{ nodes(orderBy: "id") { items { id operator roles stake settled failed keys { items { signer state openUntil } } } } }',
      (items) => items.some(({ settled }) => settled === jobs),
    );
    for (const node of nodes) {
      const known = await owner.readContract({
        address: network.deployment.nodeRegistry,
        abi: nodeRegistryAbi,
        functionName: "nodeOf",
        args: [node["id"] as number],
      });
      expect(node).to.include({
        operator: known.operator.toLowerCase(),
        roles: known.roles,
        stake: String(known.stake),
        settled: known.settled,
        failed: known.failed,
      });
    }
    expect(nodes).to.have.length(3);

    const [row] = await until(
      `{ datasets { items { id owner status version keyEpoch grants { items { hash maxUses revoked } } } } }`,
      (items) => items.length === 1,
    );
    expect(row).to.deep.include({
      id: dataset.datasetId,
      owner: owner.account.address.toLowerCase(),
      status: "active",
      version: "1",
      keyEpoch: 1,
    });
    expect(row?.["grants"]).to.deep.equal({ items: [{ hash: hashOf(before), maxUses: jobs, revoked: false }] });
  });

  it("behavior: a revocation shows", async () => {
    const { owner } = context;
    const granted = await grantPosts(context, { uses: 1 });
    await revoke({ client: owner, deployment: network.deployment }, granted);
    const registry = { address: network.deployment.grantRegistry, abi: grantRegistryAbi } as const;
    const known = await owner.readContract({
      ...registry,
      functionName: "grantOf",
      args: [owner.account.address, hashOf(granted)],
    });
    expect(known.status).to.equal(2);
    await until(
      `{ grants(where: { hash: "${hashOf(granted)}" }) { items { revoked } } }`,
      ([row]) => row?.["revoked"] === true,
    );
  });

  it("behavior: SQL reads, and changes nothing", async () => {
    const sql = async (text: string) =>
      fetch(
        `${url}/sql/db?sql=${encodeURIComponent(JSON.stringify({ json: { sql: text, params: [], typings: [] } }))}`,
      );
    const count = await sql("SELECT count(*) AS n FROM job WHERE status = 'settled'");
    expect(count.status, await count.clone().text()).to.equal(200);
    expect(await count.text()).to.contain(String(jobs));
    for (const text of [
      "DELETE FROM job",
      "INSERT INTO owner VALUES ('0x00', 1)",
      "DROP TABLE job",
      "SELECT pg_sleep(60)",
      "COPY job TO '/tmp/x'",
    ])
      expect((await sql(text)).status, text).to.be.within(400, 599);
    const [row] = await until("{ jobs { totalCount items { id } } }", (items) => items.length === jobs);
    expect(row).to.be.an("object");
  });
});
