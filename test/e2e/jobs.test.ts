/** Money, failures and dead processes, on one real network: what the demo's happy road does not meet. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type Dataset,
  fetchAccessLog,
  findOmitted,
  type GrantPackage,
  grant,
  publishDataset,
  revoke,
  revokeAll,
  settledJobs,
} from "@persona-protocol/sdk/access";
import {
  balanceOf,
  buildJob,
  cancelJob,
  failureCodes,
  grantedProgramOf,
  type Program,
  readResult,
  sendJob,
  submitJob,
  timeOutJob,
  waitForJob,
  withdraw,
} from "@persona-protocol/sdk/compute";
import { type ChainClient, grantRegistryAbi } from "@persona-protocol/sdk/contracts";
import { readArchive } from "@persona-protocol/sdk/ingest";
import { generateOwnerRootKey, ownerKemKeyPair } from "@persona-protocol/sdk/storage";
import { expect } from "chai";
import { erc20Abi } from "viem";
import { type Network, startNetwork } from "../../node/src/dev/startNetwork.ts";
import { openArchive } from "../../node/src/ingest/index.ts";
import { engagementProgram } from "../../scripts/demo/engagementProgram.ts";
import { type HostileOperator, startHostileOperator } from "../../scripts/demo/hostileOperator.ts";
import { expectedScore, readPlainArchive } from "../../scripts/demo/plainArchive.ts";
import { writeSampleArchive } from "../../scripts/demo/sampleArchive.ts";
import { type DemoContext, grantPosts, request } from "../../scripts/demo/story.ts";
import { createManifest } from "../helpers/builtPrograms.ts";
import { deployOnAnvil } from "../helpers/deployedChain.ts";
import { expectError } from "../helpers/errors.ts";
import { wasmModule } from "../helpers/wasmModule.ts";

const price = 5n * 10n ** 18n;
const fee = 10n ** 18n;
const canary = "canary of a job that fails 8d21";

describe("jobs on a real network", function () {
  this.timeout(120_000);
  const stop = new AbortController();
  let folder: string;
  let archive: string;
  let network: Network;
  let context: DemoContext;
  let owner: ChainClient;
  let dapp: ChainClient;
  let hostile: HostileOperator;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "persona-jobs-"));
    archive = join(folder, "archive.zip");
    await writeSampleArchive(archive, { posts: 300, likes: 20, seed: 3, canaries: { post: canary } });
    const runDir = join(folder, "network");
    network = await startNetwork({
      runDir,
      chain: "anvil",
      deploy: deployOnAnvil,
      port: 0,
      guardians: 3,
      workers: 2,
      signal: stop.signal,
    });
    [owner, dapp] = [await network.fundedClient(), await network.fundedClient()];
    context = { network, owner, dapp, dataset: await publish(), signal: stop.signal };
    hostile = await startHostileOperator(network);
  });
  after(async () => {
    await hostile?.stop();
    await network?.close();
    await rm(folder, { recursive: true, force: true });
  });

  async function publish(by = owner): Promise<Dataset> {
    const opened = await openArchive(archive);
    try {
      const { segments } = await readArchive(opened);
      const { publicKey } = await ownerKemKeyPair(generateOwnerRootKey());
      const guardians = network.guardians.map(({ nodeId }) => nodeId);
      const parameters = { segments, guardians, threshold: 2, ownerPublicKey: publicKey };
      return (await publishDataset({ client: by, deployment: network.deployment, store: network.store }, parameters))
        .dataset;
    } finally {
      await opened.close();
    }
  }

  const market = () => ({ client: dapp, deployment: network.deployment, store: network.store });
  const soon = () => ({ signal: AbortSignal.timeout(30_000), pollMs: 20 });
  const held = (client: ChainClient) => balanceOf(market(), network.token, client.account.address);
  const usesOf = async ({ terms }: GrantPackage) => {
    const registry = { address: network.deployment.grantRegistry, abi: grantRegistryAbi } as const;
    const hash = await owner.readContract({ ...registry, functionName: "hashTerms", args: [terms] });
    return (await owner.readContract({ ...registry, functionName: "grantOf", args: [terms.owner, hash] })).uses;
  };
  async function passTime(seconds: number): Promise<void> {
    const rpc = owner.request as (call: { method: string; params: unknown[] }) => Promise<unknown>;
    await rpc({ method: "evm_increaseTime", params: [seconds] });
    await rpc({ method: "evm_mine", params: [] });
  }

  it("default: the owner is paid for the use, and takes the money out", async () => {
    const granted = await grantPosts(context, { uses: 1 });
    const before = await held(owner);
    const job = await submitJob(market(), request(granted));
    const { rows } = await readResult(market(), job, soon());
    expect(rows[0]).to.deep.equal(expectedScore(await readPlainArchive(archive)));
    expect((await held(owner)) - before).to.equal(price);

    const token = { address: network.token, abi: erc20Abi } as const;
    const purse = () => owner.readContract({ ...token, functionName: "balanceOf", args: [owner.account.address] });
    const had = await purse();
    const due = await held(owner);
    await withdraw({ client: owner, deployment: network.deployment }, network.token);
    expect((await purse()) - had).to.equal(due);
    expect(await held(owner)).to.equal(0n);
  });

  it("behavior: of a job over two owners' datasets each finds its own releases, by the settling call and its own log", async () => {
    const other = await network.fundedClient();
    const theirs = { ...context, owner: other, dataset: await publish(other) };
    const grants = [await grantPosts(context, { uses: 1 }), await grantPosts(theirs, { uses: 1 })];
    const job = await submitJob(market(), { ...request(grants[0] as GrantPackage), grants });
    await readResult(market(), job, soon());
    for (const { owner: client, dataset } of [context, theirs]) {
      const chain = { client, deployment: network.deployment };
      const { datasetId } = dataset;
      const settled = (await settledJobs(chain, datasetId)).find(({ jobId }) => jobId === job.jobId);
      if (settled === undefined) throw new Error("the job is not among those settled");
      expect(settled.inputs).to.equal(2);
      expect(settled.own).to.have.lengthOf(1);
      expect(settled.inputHashes).to.have.lengthOf(2);
      const logs = await Promise.all(
        network.guardians.map(({ nodeId: guardian }) => fetchAccessLog(chain, { datasetId, guardian })),
      );
      const check = findOmitted(settled, logs);
      expect(check.status).to.equal("complete");
      const [counted = 0] = "guardians" in check ? check.guardians : [];
      const hiding = logs.map((log) => (log.guardian === counted ? { ...log, entries: [] } : log));
      expect(findOmitted(settled, hiding).status).to.equal("omitted");
    }
  });

  it("error: PROGRAM_FAILED: signed, the owner paid, and no log or journal quotes the data", async () => {
    const failing: Program = {
      ...engagementProgram,
      name: "fails on data",
      statement:
        "SELECT content::BIGINT AS posts, 0::BIGINT AS high_engagement_posts, $threshold::BIGINT AS score FROM posts",
    };
    const granted = await grantFor(failing);
    const before = [await held(owner), await held(dapp)] as const;
    const job = await submitJob(market(), { ...request(granted), program: failing });
    const end = await waitForJob(market(), job.jobId, soon());
    expect(end).to.deep.include({ status: "failed", code: failureCodes.PROGRAM_FAILED });
    await expectError("JOB_FAILED", () => readResult(market(), job, soon()));
    expect((await held(owner)) - before[0], "the data was read").to.equal(price);
    expect((await held(dapp)) - before[1], "a proved failure pays the node").to.equal(0n);
    expect(await usesOf(granted)).to.equal(1);
    for (const { name } of network.workers) {
      const log = await readFile(join(network.runDir, "logs", `${name}.log`), "utf8");
      expect(log).to.not.include(canary);
    }
  });

  it("error: hostile programs of version 2 end as signed failures of their own kind; the owner is paid, the next job runs", async () => {
    const recursion = wasmModule({ end: { results: [0x7e], body: [0x10, 3] } });
    const groups = { minRows: 5, minOwners: 1 };
    const animals = [
      [createManifest("js", "({ end() { for (;;); } })"), failureCodes.LIMIT_EXCEEDED],
      [createManifest("wasm", recursion), failureCodes.LIMIT_EXCEEDED],
      [
        createManifest("sql", "SELECT count(*)::BIGINT AS n FROM posts WHERE id = ''", { groups }),
        failureCodes.OUTPUT_POLICY_VIOLATED,
      ],
    ] as const;
    for (const [{ program, code }, failure] of animals) {
      const granted = await grantFor(program);
      const before = await held(owner);
      const job = await submitJob(market(), { program, code, grants: [granted], fee });
      const end = await waitForJob(market(), job.jobId, soon());
      expect(end, program.kind).to.deep.include({ status: "failed", code: failure });
      expect((await held(owner)) - before, "the data was read").to.equal(price);
    }
    const tame = createManifest(
      "js",
      "(() => { let n = 0; return { rows(t, rows) { n += rows.length }, end() { return n } } })()",
    );
    const job = await submitJob(market(), { ...tame, grants: [await grantFor(tame.program)], fee });
    const { result } = await readResult(market(), job, soon());
    expect(result).to.be.a("number").greaterThan(0);
  });

  it("behavior: a refused job is failed, signed and paid; use and price come back", async () => {
    const granted = await grantPosts(context, { uses: 2, mayNameNode: true });
    const before = [await held(owner), await held(dapp)] as const;
    const job = await sendJob(market(), await buildJob(market(), { ...request(granted), namedNode: hostile.nodeId }));
    await hostile.claim(job);
    await expectError("OWNER_MISMATCH", () => revoke({ client: dapp, deployment: network.deployment }, granted));
    await revoke({ client: owner, deployment: network.deployment }, granted);
    const { failure, settle } = await hostile.run(job);
    expect(failure).to.equal("GUARDIANS_REFUSED");
    await settle();
    const end = await waitForJob(market(), job.jobId, soon());
    expect(end).to.deep.include({ status: "failed", code: failureCodes.GUARDIANS_REFUSED });
    expect((await held(owner)) - before[0]).to.equal(0n);
    expect((await held(dapp)) - before[1]).to.equal(price);
    expect(await usesOf(granted)).to.equal(0);
  });

  it("error: an enclave signs nothing for a job that it has not claimed", async () => {
    const granted = await grantPosts(context, { uses: 1, mayNameNode: true });
    const job = await sendJob(market(), await buildJob(market(), { ...request(granted), namedNode: hostile.nodeId }));
    await expectError("JOB_NOT_CLAIMED", () => hostile.run(job));
  });

  it("behavior: revokeAll stops every grant at once, and new ones work", async () => {
    const old = await grantPosts(context, { uses: 1 });
    await revokeAll({ client: owner, deployment: network.deployment });
    await expectError("GRANT_REVOKED", () => submitJob(market(), request(old)));
    const { rows } = await readResult(
      market(),
      await submitJob(market(), request(await grantPosts(context, { uses: 1 }))),
      soon(),
    );
    expect(rows).to.have.length(1);
  });

  it("behavior: one dead guardian of three changes nothing but time", async () => {
    const granted = await grantPosts(context, { uses: 1 });
    const dead = network.guardians[0];
    process.kill(dead?.pid ?? 0, "SIGKILL");
    const { rows } = await readResult(market(), await submitJob(market(), request(granted)), soon());
    expect(rows[0]).to.deep.equal(expectedScore(await readPlainArchive(archive)));
  });

  it("behavior: a dead compute node leaves the job to the other", async () => {
    process.kill(network.workers[0]?.pid ?? 0, "SIGKILL");
    const granted = await grantPosts(context, { uses: 1 });
    const { rows } = await readResult(market(), await submitJob(market(), request(granted)), soon());
    expect(rows).to.have.length(1);
  });

  it("behavior: claimed and never settled: timed out, the owner paid, the fee returned", async () => {
    const granted = await grantPosts(context, { uses: 1, mayNameNode: true });
    const before = [await held(owner), await held(dapp)] as const;
    const job = await sendJob(market(), await buildJob(market(), { ...request(granted), namedNode: hostile.nodeId }));
    await hostile.claim(job);
    await expectError("TRANSACTION_REVERTED", () => timeOutJob(market(), job));
    await passTime(1_801);
    await timeOutJob({ client: owner, deployment: network.deployment }, job);
    expect((await waitForJob(market(), job.jobId, soon())).status).to.equal("timedOut");
    expect((await held(owner)) - before[0]).to.equal(price);
    expect((await held(dapp)) - before[1]).to.equal(fee);
  });

  it("behavior: never claimed: cancelled after the claim window, everything returned", async () => {
    const granted = await grantPosts(context, { uses: 1, mayNameNode: true });
    const before = await held(dapp);
    const job = await sendJob(market(), await buildJob(market(), { ...request(granted), namedNode: hostile.nodeId }));
    await expectError("TRANSACTION_REVERTED", () => cancelJob(market(), job));
    await passTime(601);
    await cancelJob(market(), job);
    expect((await waitForJob(market(), job.jobId, soon())).status).to.equal("cancelled");
    expect((await held(dapp)) - before).to.equal(fee + price + job.params.order.protocolFee);
    expect(await usesOf(granted)).to.equal(0);
  });

  async function grantFor(program: Program): Promise<GrantPackage> {
    const { timestamp } = await owner.getBlock();
    return grant(
      { client: owner, deployment: network.deployment },
      {
        dataset: context.dataset,
        grantee: dapp.account.address,
        segments: ["posts"],
        program: grantedProgramOf(program),
        uses: 1,
        expiresAt: Number(timestamp) + 86_400,
        price,
        token: network.token,
        maxOutputBytes: 64_000n,
      },
    );
  }
});
