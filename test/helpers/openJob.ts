import {
  type ChainClient,
  callContract,
  datasetIdOf,
  datasetRegistryAbi,
  grantHashOf,
  grantRegistryAbi,
  type JobParams,
  jobIdOf,
  jobMarketAbi,
  type Terms,
} from "@persona-protocol/sdk/contracts";
import { erc20Abi, type Hex } from "viem";
import type { LocalDeployment } from "../../node/src/dev/deployContracts.ts";
import { createRandom, testSeed } from "./random.ts";
import { randomHex32, randomStruct } from "./structs.ts";

const random = createRandom(testSeed());
const nodePolicy = { verifierKinds: 1, vendors: 1, minStake: 0n, requesterMayNameNode: false };

/** A dataset, a grant of it and an open job, by the contracts alone: nothing of it can be opened or run. */
export async function openJobOnChain(
  { deployment, token }: Pick<LocalDeployment, "deployment" | "token">,
  { owner, requester }: { readonly owner: ChainClient; readonly requester: ChainClient },
): Promise<{ readonly terms: Terms; readonly jobId: Hex; readonly params: JobParams }> {
  const salt = randomHex32(random);
  const digests = [randomHex32(random), randomHex32(random), randomHex32(random)] as const;
  const registry = { address: deployment.datasetRegistry, abi: datasetRegistryAbi } as const;
  await callContract(owner, {
    ...registry,
    functionName: "registerDataset",
    args: [salt, ...digests, [randomHex32(random)]],
  });
  const now = Number((await owner.getBlock()).timestamp);
  const terms: Terms = {
    ...randomStruct("Terms", random),
    owner: owner.account.address,
    grantee: requester.account.address,
    datasetId: datasetIdOf(deployment, owner.account.address, salt),
    kind: 1,
    maxUses: 3,
    price: 7n,
    token,
    notBefore: 0,
    expiresAt: now + 100_000,
    keyEpoch: 1,
    ownerEpoch: 0,
    measurementEpoch: now,
    followUpgrades: true,
    maxOutputBytes: 10_000n,
    nodePolicy,
  };
  await callContract(owner, {
    address: deployment.grantRegistry,
    abi: grantRegistryAbi,
    functionName: "grant",
    args: [terms],
  });
  const { specHash, bundleDigest } = randomStruct("JobOrder", random);
  const offer = { claimBy: now + 1_000, runSeconds: 500, namedNode: 0, nodePolicy };
  const order = { specHash, bundleDigest, token, fee: 5n, maxOutputBytes: 2_000 };
  const request = { salt: randomHex32(random), ...order, offer };
  const grantHash = grantHashOf(deployment, terms);
  const inputs = [{ datasetId: terms.datasetId, grantHash, owner: terms.owner, price: 7n }];
  // One per cent of 12 is nothing.
  const params = { order: { ...order, requester: requester.account.address, protocolFee: 0n, inputs }, offer };
  await callContract(requester, {
    address: token,
    abi: erc20Abi,
    functionName: "approve",
    args: [deployment.jobMarket, 12n],
  });
  const submit = { address: deployment.jobMarket, abi: jobMarketAbi, functionName: "submitJob" } as const;
  await callContract(requester, { ...submit, args: [request, [terms]] });
  return { terms, jobId: jobIdOf(deployment, requester.account.address, request.salt), params };
}
