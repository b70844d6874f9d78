/** An invented owner's life on a local network, so that every view has something to show. All of it real: keys, jobs, receipts. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createPersonaClient, type PersonaClient, type Program } from "@persona-protocol/sdk";
import { appTypedData, setBackup, submitDomainProof } from "@persona-protocol/sdk/access";
import { appRegistryAbi, callContract, contractCall, type KnownDeployment } from "@persona-protocol/sdk/contracts";
import { keyIdOf, sha256Hex, utf8 } from "@persona-protocol/sdk/crypto";
import { type ArchiveInput, type ImportedSegment, readArchive } from "@persona-protocol/sdk/ingest";
import {
  generateOwnerRootKey,
  makeRecoveryKit,
  ownerKemKeyPair,
  storeOwnerBackup,
} from "@persona-protocol/sdk/storage";
import { type Hex, keccak256, parseEther, stringToBytes, toHex } from "viem";
import { createChainClient } from "../../node/src/chain/connectChain.ts";
import { devAccount } from "../../node/src/dev/devAccount.ts";
import type { Network } from "../../node/src/dev/startNetwork.ts";
import { plainDeployment } from "../../node/src/enclave/runtime/deploymentSchema.ts";
import { openArchive } from "../../node/src/ingest/index.ts";
import { type DatasetRecord, forBackup, keptGrant, toBase64 } from "../../portal/src/vault/records.ts";
import { engagementProgram, threshold } from "../demo/engagementProgram.ts";
import { writeSampleArchive } from "../demo/sampleArchive.ts";
import { generateCalendar } from "../exports/icalendar.ts";

const kitPassphrase = "only for the local network";
const domain = "polls.civic.example.org";
const day = 86_400;

/** A program that ends with an error of its own: what a failure looks like. */
const failingProgram: Program = {
  ...engagementProgram,
  name: "yearly-average",
  description: "The average engagement of a year. Its maker has forgotten that a year can be without posts.",
  statement: "SELECT error('no posts in this year')::BIGINT AS score FROM posts LIMIT 1",
  args: [],
  result: { columns: [{ name: "score", type: "bigint", nullable: true }], maxRows: 1 },
};

export type Seed = {
  /** What `portal.config.json` says. */
  readonly config: unknown;
  readonly owner: PersonaClient;
  readonly ownerKey: Hex;
  readonly dapp: PersonaClient;
  readonly dappKey: Hex;
  readonly records: readonly DatasetRecord[];
  readonly rootKeyId: Hex;
};

/** @param network of `startNetwork`; the owner and the dApp are accounts that every local chain funds */
export async function seedPortal(
  network: Network,
  options: { readonly rpcUrl?: string; readonly onProgress?: (text: string) => void } = {},
): Promise<Seed> {
  const { onProgress = () => {} } = options;
  const { deployment, store, token, rpcUrl: direct } = network;
  const { chainId, ownerKeys } = deployment;
  const [ownerAccount, dappAccount] = [devAccount(1), devAccount(2)];
  for (const { address } of [ownerAccount, dappAccount]) await network.fund(address);
  const guardians = network.guardians.map(({ nodeId }) => nodeId);
  const personaOf = (account: typeof ownerAccount) =>
    createPersonaClient({
      client: createChainClient({ rpcUrl: direct, chainId, account }),
      deployment,
      storage: store,
      token,
      guardians,
    });
  const [owner, dapp] = [personaOf(ownerAccount), personaOf(dappAccount)];

  onProgress("an app, with a proved domain");
  await registerApp(network, dapp);

  onProgress("two datasets of an invented owner");
  const rootKey = generateOwnerRootKey();
  const { publicKey } = await ownerKemKeyPair(rootKey);
  const archive = join(network.runDir, "seed-archive.zip");
  await writeSampleArchive(archive, { posts: 400, likes: 60, seed: 11 });
  const opened = await openArchive(archive);
  const posts = await readArchive(opened).finally(() => opened.close());
  const calendar = await readArchive(oneFile("calendar.ics", utf8([...generateCalendar({ events: 80 })].join(""))));
  const records: DatasetRecord[] = [];
  for (const [title, segments] of [
    ["X archive", posts.segments],
    ["Calendar", calendar.segments],
  ] as const)
    records.push(await publish(owner, { title, segments, publicKey, guardians }));
  const [posted] = records;
  if (posted === undefined) throw new Error("nothing was published");

  onProgress("a request that was granted, and two jobs under it");
  const request = (program: Program, why: string, more: { price?: bigint; uses?: number } = {}) =>
    dapp.requestAccess({
      program,
      segments: ["posts"],
      why,
      uses: more.uses ?? 3,
      expiresIn: "30d",
      price: more.price ?? parseEther("1"),
    });
  const text = await request(engagementProgram, "To pay people whose posts others like to read.");
  const asked = (await owner.readAccessRequest(text)).request;
  const granted = await owner.grantAndWait({ request: asked, dataset: posted.dataset });
  for (const args of [{ threshold }, { threshold: threshold * 2 }]) {
    const job = await dapp.submitJob({ program: engagementProgram, grants: [granted], args, maxFee: parseEther("3") });
    await job.result({ signal: AbortSignal.timeout(60_000), pollMs: 50 });
  }

  onProgress("a job that fails, a grant that has ended, one that was only signed");
  const failingText = await request(failingProgram, "For a chart of the years.", { uses: 1, price: 0n });
  const failing = (await owner.readAccessRequest(failingText)).request;
  const failed = await owner.grantAndWait({ request: failing, dataset: posted.dataset });
  const job = await dapp.submitJob({ program: failingProgram, grants: [failed], fee: parseEther("1") });
  await dapp.waitForJob(job.jobId, { signal: AbortSignal.timeout(60_000), pollMs: 50 });
  const ended = await owner.grantAndWait({ request: asked, dataset: posted.dataset, uses: 1 });
  await owner.revokeAndWait(ended);
  const signed = await owner.signGrant({ request: asked, dataset: posted.dataset, uses: 1, expiresIn: 7 * day });

  onProgress("a backup, a recovery kit, a request that waits");
  const now = Number((await owner.client.getBlock()).timestamp);
  records[0] = {
    ...posted,
    portal: {
      ...(posted.portal ?? { title: "X archive", ranges: [] }),
      grants: [granted, ended, signed]
        .map((grant) => keptGrant(grant, now, text))
        .concat(keptGrant(failed, now, failingText)),
    },
  };
  const digest = await storeOwnerBackup(store, rootKey, utf8(JSON.stringify(records.map(forBackup))));
  await setBackup({ client: owner.client, deployment }, digest);
  const owns = { rootKey, chainId, ownerKeys, owner: ownerAccount.address };
  const kit = await makeRecoveryKit({ ...owns, passphrase: kitPassphrase });
  await writeFile(join(network.runDir, "recovery-kit.txt"), kit, { mode: 0o600 });
  const waiting = await request(
    {
      ...engagementProgram,
      name: "reach-of-posts",
      description: "How many of your posts were widely read, and how widely.",
    },
    "We publish how far posts about our town travel. Your numbers go into a sum over everybody who takes part; your name does not.",
    { price: parseEther("2"), uses: 4 },
  );

  const config = {
    network: {
      name: "Local test network",
      chainId,
      rpcUrls: [options.rpcUrl ?? direct],
      currency: { name: "Ether", symbol: "ETH", decimals: 18 },
      simulated: true,
    },
    deployment: plainDeployment(deployment),
    token: { address: token, symbol: "TEST", decimals: 18 },
    stores: [{ name: "this machine", kind: "http", url: "./store" }],
    wanted: 1,
    guardians: network.guardians.map(({ nodeId }) => nodeId),
    test: { owner: ownerAccount.address, kit, kitPassphrase, requests: [waiting] },
  };
  const rootKeyId = keyIdOf(publicKey);
  return { config, owner, ownerKey: keyOf(1), dapp, dappKey: keyOf(2), records, rootKeyId };
}

/** The secret of an account that everybody has. */
function keyOf(index: number): Hex {
  const { privateKey } = devAccount(index).getHdKey();
  if (privateKey === null) throw new Error("a mnemonic's account has a key");
  return toHex(privateKey);
}

async function publish(
  persona: PersonaClient,
  of: {
    readonly title: string;
    readonly segments: readonly ImportedSegment[];
    readonly publicKey: Uint8Array;
    /** Node ids: daemons that start side by side get them in any order. */
    readonly guardians: readonly number[];
  },
): Promise<DatasetRecord> {
  const { title, segments, publicKey, guardians } = of;
  const { chainId, datasetRegistry } = persona.deployment;
  const { dataset, keyBox } = await persona.publishDataset({
    segments,
    guardians,
    threshold: 2,
    ownerPublicKey: publicKey,
  });
  const seconds = (date: Date | null) => (date === null ? null : Math.floor(date.getTime() / 1_000));
  return {
    v: 1,
    kind: "persona-dataset",
    chainId,
    datasetRegistry,
    registration: "confirmed",
    dataset,
    keyBox: { head: toBase64(keyBox.head), body: toBase64(keyBox.body) },
    portal: { title, ranges: segments.map(({ from, to }) => [seconds(from), seconds(to)] as const), grants: [] },
  };
}

/** The governor attests a domain that nobody could look at: on a local network that proves nothing, and shows what it looks like. */
async function registerApp(network: Network, dapp: PersonaClient): Promise<void> {
  const { deployment } = network;
  const { appRegistry: address, chainId } = deployment;
  const account = dapp.client.account.address;
  const { appId } = await dapp.registerAppAndWait({
    name: "Civic Polls",
    domain,
    metadataDigest: sha256Hex(utf8("invented")),
  });
  await dapp.sendCalls([
    contractCall({ address, abi: appRegistryAbi, functionName: "setAccount", args: [appId, account, true] }),
    contractCall({ address, abi: appRegistryAbi, functionName: "acceptAccount", args: [appId] }),
  ]);
  const governor = createChainClient({ rpcUrl: network.rpcUrl, chainId, account: devAccount(0) });
  await callContract(governor, {
    address,
    abi: appRegistryAbi,
    functionName: "allowAttestor",
    args: [governor.account.address],
  });
  const checkedAt = Number((await governor.getBlock()).timestamp);
  const proof = {
    appId,
    domainHash: keccak256(stringToBytes(domain)),
    owner: account,
    checkedAt,
    expiresAt: checkedAt + 30 * day,
    evidenceHash: sha256Hex(utf8("invented")),
  };
  const signature = await governor.signTypedData(appTypedData.domainProof(deployment as KnownDeployment, proof));
  await submitDomainProof({ client: governor, deployment }, { proof, attestor: governor.account.address, signature });
}

function oneFile(path: string, bytes: Uint8Array): ArchiveInput {
  return {
    entries: () => [{ path, size: bytes.length }],
    async *read() {
      yield bytes;
    },
  };
}
