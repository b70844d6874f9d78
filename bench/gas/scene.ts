import { randomBytes } from "node:crypto";
import { chainEvidenceOf } from "@persona-protocol/sdk/attestation";
import {
  type AbiFunction,
  type AbiParameter,
  type Account,
  type Address,
  bytesToHex,
  concat,
  encodeAbiParameters,
  type Hex,
  hexToBytes,
  keccak256,
  numberToHex,
  sha256,
  stringToHex,
} from "viem";
import { generatePrivateKey, type PrivateKeyAccount, privateKeyToAccount } from "viem/accounts";
import {
  simulatedEvidence,
  simulatedMachine,
  simulatedWorkload,
} from "../../node/src/enclave/runtime/simulatedEvidence.ts";
import type { GasChain } from "./chain.ts";
import { deployForGas, type GasDeployment } from "./deployment.ts";

const ether = 10n ** 18n;
const stake = 1_000n * ether;
const price = 3n * ether;
const fee = 2n * ether;
/** Digest of the code that runs in the enclaves. */
const runtime = keccak256(stringToHex("supervisor"));
const nodePolicy = { verifierKinds: 1, vendors: 1, minStake: stake, requesterMayNameNode: false };

/** What a result for X-Wing weighs: 1,120 bytes of key encapsulation, 16 of tag, and 64 of answer, padded to 80. */
const resultBytes = 1_216;

export type Dataset = { readonly id: Hex; readonly owner: Account };
type Terms = Readonly<Record<string, unknown>> & { readonly owner: Address; readonly datasetId: Hex };
export type Grant = { readonly terms: Terms; readonly hash: Hex; readonly owner: Account };
type EnclaveKey = { readonly key: PrivateKeyAccount; readonly kemKeyHash: Hex };
export type Node = { readonly id: number; readonly operator: Account } & EnclaveKey;
type Order = Readonly<Record<string, unknown>>;
export type Job = { readonly id: Hex; readonly order: Order; readonly offer: object; readonly specHash: Hex };

/** People and things to measure with, on one chain. Every function that sends returns what its receipt was charged. */
export type Scene = Awaited<ReturnType<typeof makeScene>>;

const random32 = (): Hex => bytesToHex(randomBytes(32));

export async function makeScene(chain: GasChain) {
  const contracts = await deployForGas(chain, simulatedWorkload(runtime));
  const { governor, token, datasets, grants, nodes, market } = contracts;
  const requester = chain.account(2);
  await chain.send(token, "mint", [requester.address, 1_000_000n * ether], governor);
  await chain.send(token, "approve", [market.address, 2n ** 256n - 1n], requester);

  return {
    ...contracts,
    requester,

    /** Three segments, as a small export has. */
    async registerDataset(owner: Account): Promise<{ dataset: Dataset; gas: number }> {
      const salt = random32();
      const id = await chain.read<Hex>(datasets, "datasetIdOf", [owner.address, salt]);
      const args = [salt, random32(), random32(), random32(), [random32(), random32(), random32()]];
      return { gas: await chain.send(datasets, "registerDataset", args, owner), dataset: { id, owner } };
    },

    async draftGrant({ id, owner }: Dataset, maxUses = 100): Promise<Grant> {
      const now = Number((await chain.client.getBlock()).timestamp);
      const terms = {
        owner: owner.address,
        grantee: requester.address,
        datasetId: id,
        kind: 1,
        maxUses,
        price,
        token: token.address,
        notBefore: now - 60,
        expiresAt: now + 90 * 86_400,
        keyEpoch: 1,
        ownerEpoch: await chain.read<number>(grants, "ownerEpochOf", [owner.address]),
        measurementEpoch: now - 60,
        followUpgrades: false,
        maxOutputBytes: 1_000_000n,
        nodePolicy,
        scopeHash: random32(),
        salt: random32(),
      };
      return { terms, hash: await chain.read<Hex>(grants, "hashTerms", [terms]), owner };
    },

    grant: ({ terms, owner }: Grant) => chain.send(grants, "grant", [terms], owner),
    grantBySig: async ({ terms, hash, owner }: Grant) =>
      chain.send(grants, "grantBySig", [terms, await sign(owner, hash)], requester),
    revoke: ({ hash, owner }: Grant) => chain.send(grants, "revoke", [hash], owner),
    revokeAll: (owner: Account) => chain.send(grants, "revokeAll", [], owner),

    async registerNode(operator: Account, roles = 1): Promise<{ id: number; gas: number }> {
      await chain.send(token, "mint", [operator.address, 2n * stake], governor);
      await chain.send(token, "approve", [nodes.address, 2n ** 256n - 1n], operator);
      const gas = await chain.send(nodes, "registerNode", [roles, stake, "https://node.example"], operator);
      return { id: await chain.read<number>(nodes, "nodeCount"), gas };
    },

    async addKey(id: number, operator: Account, keyClass = 1): Promise<{ node: Node; gas: number }> {
      const key = { key: privateKeyToAccount(generatePrivateKey()), kemKeyHash: random32() };
      const args = await evidence(chain, contracts, operator, key, keyClass);
      return { node: { id, operator, ...key }, gas: await chain.send(nodes, "addEnclaveKey", [id, ...args], operator) };
    },
    renewKey: async (node: Node, keyClass = 1): Promise<number> =>
      chain.send(nodes, "renewEnclaveKey", await evidence(chain, contracts, node.operator, node, keyClass), requester),
    /** One more machine of the simulated model, whose CA and TCB level are known. */
    registerPlatform: (platform: string): Promise<number> =>
      chain.send(contracts.pcks, "registerPck", [bytesToHex(simulatedMachine(platform).pck.der)], requester),
    poke: ({ key }: Node): Promise<number> => chain.send(nodes, "poke", [key.address], requester),

    async submitJob(list: readonly Grant[]): Promise<{ job: Job; gas: number }> {
      const sorted = list.toSorted((a, b) => (a.terms.datasetId < b.terms.datasetId ? -1 : 1));
      const now = Number((await chain.client.getBlock()).timestamp);
      const offer = { claimBy: now + 3_600, runSeconds: 1_800, namedNode: 0, nodePolicy };
      const [salt, specHash, bundleDigest] = [random32(), random32(), random32()];
      const request = { salt, specHash, bundleDigest, token: token.address, fee, maxOutputBytes: 2_048, offer };
      const id = await chain.read<Hex>(market, "jobIdOf", [requester.address, salt]);
      const gas = await chain.send(market, "submitJob", [request, sorted.map(({ terms }) => terms)], requester);
      const order = {
        requester: requester.address,
        specHash,
        bundleDigest,
        token: token.address,
        fee,
        protocolFee: (fee + price * BigInt(sorted.length)) / 100n,
        maxOutputBytes: 2_048,
        inputs: sorted.map(({ terms, hash }) => ({
          datasetId: terms.datasetId,
          grantHash: hash,
          owner: terms.owner,
          price,
        })),
      };
      return { gas, job: { id, order, offer, specHash } };
    },

    /** Waits for the node's turn in the race, in blocks. */
    async claimJob({ id, order, offer }: Job, { operator, key }: Node): Promise<number> {
      await chain.mine(2); // The block of the seed, and one that can read its hash.
      const [opensAt] = await chain.read<readonly [bigint, bigint]>(market, "raceOf", [id, key.address]);
      const head = Number(await chain.client.getBlockNumber());
      if (Number(opensAt) > head) await chain.mine(Number(opensAt) - head);
      const args = [id, offer, hashOf(contracts, "order", order), key.address];
      return chain.send(market, "claimJob", args, operator);
    },

    settleJob: async (job: Job, { operator, key }: Node) =>
      chain.send(market, "settleJob", [await settlement(chain, contracts, job, key)], operator),

    settleMany: async (jobs: readonly Job[], { operator, key }: Node) =>
      chain.send(
        market,
        "settleMany",
        [await Promise.all(jobs.map((job) => settlement(chain, contracts, job, key)))],
        operator,
      ),

    /** Two guardians' word for all results: they are not in the transaction. */
    async settleAvailable(jobs: readonly Job[], { operator, key }: Node, guardians: readonly Node[]): Promise<number> {
      const settlements = await Promise.all(
        jobs.map(async (job) => ({ ...(await settlement(chain, contracts, job, key)), ciphertext: "0x" })),
      );
      const digest = await chain.read<Hex>(market, "availabilityDigest", [settlements]);
      const proofs = await Promise.all(
        guardians
          .toSorted((a, b) => a.id - b.id)
          .map(async (guardian) => ({
            signer: guardian.key.address,
            signature: await guardian.key.sign({ hash: digest }),
          })),
      );
      return chain.send(market, "settleAvailable", [settlements, proofs], operator);
    },

    withdraw: (account: Account) => chain.send(market, "withdraw", [token.address], account),
  };
}

async function settlement(chain: GasChain, contracts: GasDeployment, job: Job, key: PrivateKeyAccount) {
  const ciphertext = bytesToHex(randomBytes(resultBytes));
  const receipt = {
    jobId: job.id,
    jobSpecHash: job.specHash,
    attempt: 1,
    code: 0,
    ciphertextDigest: sha256(ciphertext),
    plaintextCommitment: random32(),
    releasesHash: random32(),
    outputBytes: resultBytes,
  };
  const digest = await chain.read<Hex>(contracts.market, "receiptDigest", [receipt]);
  const offerHash = hashOf(contracts, "offer", job.offer);
  return {
    jobId: job.id,
    order: job.order,
    offerHash,
    receipt,
    signature: await key.sign({ hash: digest }),
    ciphertext,
  };
}

/** keccak(abi(JobOrder)) or keccak(abi(JobOffer)), by the ABI of the market itself. */
function hashOf({ market }: GasDeployment, half: "order" | "offer", value: object): Hex {
  const [params] = (market.abi as AbiFunction[]).find(({ name }) => name === "hashParams")?.inputs ?? [];
  const components: readonly AbiParameter[] =
    params && "components" in params ? (params.components as AbiParameter[]) : [];
  const component = components.find(({ name }) => name === half);
  if (!component) throw new Error(`hashParams takes no ${half}.`);
  return keccak256(encodeAbiParameters([component], [value]));
}

/** Arguments of `addEnclaveKey` behind the node's id, and of `renewEnclaveKey`. */
async function evidence(
  chain: GasChain,
  { nodes, verifier }: GasDeployment,
  operator: Account,
  { key, kemKeyHash }: EnclaveKey,
  keyClass: number,
) {
  // A simulation runs in the newest block itself, which does not know its own hash.
  const block = await chain.client.getBlock({ blockNumber: (await chain.client.getBlockNumber()) - 1n });
  const binding = {
    chainId: await chain.client.getChainId(),
    registry: nodes.address,
    signer: key.address,
    kemKeyHash,
    operator: operator.address,
    keyClass,
    blockNumber: block.number,
    blockHash: block.hash,
    epoch: 1n,
  };
  const bound = await chain.read<Hex>(nodes, "hashBinding", [binding]);
  const report = concat([key.address, bound, stringToHex("PSN1"), numberToHex(0, { size: 8 })]);
  const quote = await simulatedEvidence(runtime).quote(hexToBytes(report));
  const digest = await chain.read<Hex>(nodes, "bindingDigest", [binding]);
  const possession = await key.sign({ hash: digest });
  return [binding, bytesToHex(chainEvidenceOf(quote)), verifier.address, possession];
}

function sign(account: Account, hash: Hex): Promise<Hex> {
  if (!("sign" in account) || !account.sign) throw new Error("This account signs no digests.");
  return account.sign({ hash });
}
