/** One owner's dataset, one requester's grants, and the texts and keys that no file may hold. */
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { type GrantPackage, grant, openOwnDataset, publishDataset } from "@persona-protocol/sdk/access";
import { grantedProgramOf, type JobRequest, type Program } from "@persona-protocol/sdk/compute";
import { type ChainClient, callContract, nodeRegistryAbi } from "@persona-protocol/sdk/contracts";
import { readArchive } from "@persona-protocol/sdk/ingest";
import { generateOwnerRootKey, openKeystore, ownerKemKeyPair } from "@persona-protocol/sdk/storage";
import { bytesToHex, erc20Abi } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { createChainClient } from "../../node/src/chain/connectChain.ts";
import { readProgram } from "../../node/src/cli/program/programFile.ts";
import { repositoryRoot } from "../../node/src/dev/repositoryRoot.ts";
import type { Network } from "../../node/src/dev/startNetwork.ts";
import { openArchive } from "../../node/src/ingest/index.ts";
import { canariesOf } from "../demo/canaries.ts";
import { engagementProgram, threshold } from "../demo/engagementProgram.ts";
import { readPlainArchive } from "../demo/plainArchive.ts";
import { writeSampleArchive } from "../demo/sampleArchive.ts";
import type { JobKind } from "./schedule.ts";

export type Scene = {
  readonly owner: ChainClient;
  readonly requester: ChainClient;
  request(kind: JobKind): Omit<JobRequest, "claimSeconds" | "runSeconds">;
  /** Of posts and likes, as text. */
  readonly plaintext: readonly string[];
  /** Data keys, the owner's root key and the operators' keys. */
  readonly keys: readonly Uint8Array[];
};

const price = 10n ** 18n;
const fee = 10n ** 18n;
const day = 86_400;
/** Also what a daemon may quote from a database: a number that is none. */
const failingProgram: Program = {
  ...engagementProgram,
  name: "fails on data",
  statement:
    "SELECT content::BIGINT AS posts, 0::BIGINT AS high_engagement_posts, $threshold::BIGINT AS score FROM posts",
};

/** What an account is given at a time pays so many jobs. */
const jobsPerFunding = 4_000;
/** Beside what a worker has staked: a claim that is lost with its enclave costs a bond. */
const moreStake = 8_000n * 10n ** 18n;

export async function makeScene(
  network: Network,
  { seed, jobs }: { readonly seed: number; readonly jobs: number },
  signal: AbortSignal,
): Promise<Scene> {
  const [owner, requester] = [await network.fundedClient(), await network.fundedClient()];
  for (let paid = jobsPerFunding; paid < jobs; paid += jobsPerFunding) await network.fund(requester.account.address);
  const path = join(network.runDir, "archive.zip");
  const canaries = {
    post: "canary of a post 7f3a91",
    account: "canary of an account 5c20d8",
    like: "canary of a like 91be04",
  };
  await writeSampleArchive(path, { posts: 200, likes: 50, seed, canaries });
  const plaintext = canariesOf(await readPlainArchive(path));
  const archive = await openArchive(path);
  const rootKey = generateOwnerRootKey();
  const ownerKeyPair = await ownerKemKeyPair(rootKey);
  const guardians = network.guardians.map(({ nodeId }) => nodeId);
  const { segments } = await readArchive(archive, { signal });
  const { dataset, keyBox } = await publishDataset(
    { client: owner, deployment: network.deployment, store: network.store },
    { segments, guardians, threshold: 2, ownerPublicKey: ownerKeyPair.publicKey },
  );
  await archive.close();
  await rm(path);
  const { deks } = await openOwnDataset(network, { dataset, keyBox, ownerKeyPair });

  const grantFor = async (program: Program): Promise<GrantPackage> => {
    const { timestamp } = await owner.getBlock();
    return grant(
      { client: owner, deployment: network.deployment },
      {
        dataset,
        grantee: requester.account.address,
        segments: ["posts"],
        program: grantedProgramOf(program),
        uses: 1_000_000,
        expiresAt: Number(timestamp) + 30 * day,
        price,
        token: network.token,
        maxOutputBytes: 2n ** 40n,
      },
    );
  };
  const example = async (name: string) => {
    const { manifest: program, code } = await readProgram(join(repositoryRoot, "examples/programs", name));
    return { program, code };
  };
  const [hashtags, wordCount] = [await example("hashtags"), await example("wordCount")];
  const requests: Readonly<Record<JobKind, Omit<JobRequest, "claimSeconds" | "runSeconds">>> = {
    sql: { program: engagementProgram, args: { threshold }, grants: [await grantFor(engagementProgram)], fee },
    js: { ...hashtags, args: { hashtags: ["#tea"] }, grants: [await grantFor(hashtags.program)], fee },
    wasm: { ...wordCount, grants: [await grantFor(wordCount.program)], fee },
    fails: { program: failingProgram, args: { threshold }, grants: [await grantFor(failingProgram)], fee },
  };
  const nodes = [...network.workers, ...network.guardians];
  const operators = await Promise.all(nodes.map(({ name }) => operatorKey(join(network.runDir, name))));
  for (const [index, { nodeId }] of network.workers.entries()) await stakeMore(network, nodeId, operators[index]);
  return {
    owner,
    requester,
    request: (kind) => requests[kind],
    plaintext,
    keys: [...deks.values(), rootKey, ...operators],
  };
}

async function stakeMore({ rpcUrl, deployment, token }: Network, nodeId: number, key: Uint8Array | undefined) {
  if (key === undefined) throw new RangeError(`node ${nodeId} has no operator`);
  const account = privateKeyToAccount(bytesToHex(key));
  const client = createChainClient({ rpcUrl, chainId: deployment.chainId, account });
  const registry = deployment.nodeRegistry;
  await callContract(client, { address: token, abi: erc20Abi, functionName: "approve", args: [registry, moreStake] });
  const stake = { address: registry, abi: nodeRegistryAbi, functionName: "addStake" } as const;
  await callContract(client, { ...stake, args: [nodeId, moreStake] });
}

async function operatorKey(folder: string): Promise<Uint8Array> {
  const [keystore, passphrase] = await Promise.all(
    ["keystore.json", "passphrase"].map((name) => readFile(join(folder, name), "utf8")),
  );
  return (await openKeystore(keystore ?? "", passphrase ?? "")).secret;
}
