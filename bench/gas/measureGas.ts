import type { MinedChainKind } from "../../node/src/dev/chainProcess.ts";
import type { GasChain } from "./chain.ts";
import { type Grant, type Job, makeScene, type Node, type Scene } from "./scene.ts";
import type { GasParts } from "./traceGas.ts";

const batch = 20;

/** Role bit and class of a guardian's key. */
const guardian = 2;

export type GasCall =
  | "registerDataset"
  | "grant"
  | "grantBySig"
  | "revoke"
  | "revokeAll"
  | "submitJob"
  | "submitJob10"
  | "claimJob"
  | "settleJob"
  | "settleManyPerJob"
  | "settleManyInlinePerJob"
  | "withdraw"
  | "registerNode"
  | "addEnclaveKey"
  | "wholeJob";

export type GasFigures = {
  readonly steady: Record<GasCall, number>;
  readonly firstUse: Record<string, number>;
  /** By call, then by opcode. */
  readonly explained: Readonly<Record<string, GasParts>>;
};

export async function measureGas(
  chain: GasChain,
  kind: MinedChainKind,
  log: (line: string) => void,
): Promise<GasFigures> {
  const scene = await makeScene(chain);
  const owner = chain.account(3);
  const operator = chain.account(4);

  log("nodes");
  const firstNode = await scene.registerNode(operator);
  const nextNode = await scene.registerNode(operator);
  await scene.registerNode(chain.account(5));
  const firstKey = await scene.addKey(firstNode.id, operator);
  const nextKey = await scene.addKey(firstNode.id, operator);
  const node = firstKey.node;

  log("grants");
  const firstDataset = await scene.registerDataset(owner);
  const nextDataset = await scene.registerDataset(owner);
  const first = await given(scene, firstDataset.dataset);
  const next = await given(scene, nextDataset.dataset);
  const bySig = await scene.grantBySig(await scene.draftGrant(nextDataset.dataset));
  const doomed = await given(scene, nextDataset.dataset);
  const revoke = await scene.revoke(doomed.grant);

  log("jobs");
  const firstJob = await road(scene, [first.grant], node);
  const firstWithdraw = await scene.withdraw(owner);
  // Owner and operator are owed something, and have had something, when the next job ends.
  await road(scene, [first.grant], node);
  await scene.withdraw(operator);
  await road(scene, [first.grant], node);
  const job = await road(scene, [next.grant], node);
  const explained = kind === "hardhat" ? await explain(chain, ["grant", "submitJob", "claimJob", "settleJob"]) : {};
  const withdraw = await scene.withdraw(owner);

  log("jobs of many");
  const owners = Array.from({ length: batch }, (_, index) => chain.account(10 + index));
  const many: Grant[] = [];
  for (const each of owners) {
    const { dataset } = await scene.registerDataset(await funded(chain, each));
    many.push((await given(scene, dataset)).grant);
  }
  for (const grant of many) await road(scene, [grant], node); // Their balances are not zero any more.
  const ten = await scene.submitJob(many.slice(0, 10));
  const settleInline = await scene.settleMany(await claimed(scene, many, node), node);
  const guardians: Node[] = [];
  for (const each of [chain.account(6), chain.account(7)]) {
    const { id } = await scene.registerNode(each, guardian);
    guardians.push((await scene.addKey(id, each, guardian)).node);
  }
  const settleHeld = await scene.settleAvailable(await claimed(scene, many, node), node, guardians);

  const firstRevokeAll = await scene.revokeAll(owner);
  const revokeAll = await scene.revokeAll(owner);
  return {
    explained,
    steady: {
      registerDataset: nextDataset.gas,
      grant: next.gas,
      grantBySig: bySig,
      revoke,
      revokeAll,
      submitJob: job.submit,
      submitJob10: ten.gas,
      claimJob: job.claim,
      settleJob: job.settle,
      settleManyPerJob: Math.round(settleHeld / batch),
      settleManyInlinePerJob: Math.round(settleInline / batch),
      withdraw,
      registerNode: nextNode.gas,
      addEnclaveKey: nextKey.gas,
      wholeJob: job.submit + job.claim + job.settle,
    },
    firstUse: {
      registerDataset: firstDataset.gas,
      grant: first.gas,
      revokeAll: firstRevokeAll,
      submitJob: firstJob.submit,
      claimJob: firstJob.claim,
      settleJob: firstJob.settle,
      withdraw: firstWithdraw,
      registerNode: firstNode.gas,
      addEnclaveKey: firstKey.gas,
    },
  };
}

async function explain(chain: GasChain, calls: readonly string[]): Promise<Record<string, GasParts>> {
  const parts: Record<string, GasParts> = {};
  for (const call of calls) parts[call] = await chain.explain(call);
  return parts;
}

async function given(scene: Scene, dataset: Parameters<Scene["draftGrant"]>[0]) {
  const grant = await scene.draftGrant(dataset);
  return { grant, gas: await scene.grant(grant) };
}

async function claimed(scene: Scene, grants: readonly Grant[], node: Node): Promise<Job[]> {
  const jobs: Job[] = [];
  for (const grant of grants) jobs.push((await scene.submitJob([grant])).job);
  for (const job of jobs) await scene.claimJob(job, node);
  return jobs;
}

async function road(scene: Scene, grants: readonly Grant[], node: Node) {
  const { job, gas: submit } = await scene.submitJob(grants);
  const claim = await scene.claimJob(job, node);
  return { submit, claim, settle: await scene.settleJob(job, node) };
}

/** Local chains fund their first accounts only. */
async function funded(chain: GasChain, account: ReturnType<GasChain["account"]>) {
  await chain.client.setBalance({ address: account.address, value: 10n ** 21n });
  return account;
}
