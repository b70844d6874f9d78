import {
  datasetIdOf,
  datasetRegistryAbi,
  enclaveBindingHashOf,
  grantHashOf,
  grantRegistryAbi,
  jobIdOf,
  jobMarketAbi,
  jobOfferHashOf,
  jobOrderHashOf,
  jobParamsHashOf,
  nodeRegistryAbi,
  receiptDigestOf,
  scopeHashOf,
  typedData,
} from "@persona-protocol/sdk/contracts";
import { datasetHeadHash } from "@persona-protocol/sdk/storage";
import { expect } from "chai";
import { AbiCoder, keccak256, type TypedDataDomain, TypedDataEncoder, type TypedDataField } from "ethers";
import { hashTypedData } from "viem";
import { structTypes } from "../../../sdk/src/contracts/typedData.ts";
import { createRandom, testSeed } from "../../helpers/random.ts";
import { randomDeployment, randomHex32, randomStruct, type StructName } from "../../helpers/structs.ts";
import { startTestChain, type TestChain } from "../../helpers/testNetwork.ts";

const seed = testSeed();
const rounds = 8;

/** Runs `check` on `rounds` draws, all started at once: the chain answers them side by side. */
async function eachRound(check: (random: ReturnType<typeof createRandom>) => Promise<void>): Promise<void> {
  await Promise.all(Array.from({ length: rounds }, (_, round) => check(createRandom(seed + round))));
}

describe("digests against the deployed contracts", function () {
  this.timeout(60_000);
  let chain: TestChain;
  before(async () => {
    chain = await startTestChain();
  });
  after(() => chain?.close());

  it(`default: a grant's hash is GrantRegistry's (seed ${seed})`, () =>
    eachRound(async (random) => {
      const terms = randomStruct("Terms", random);
      const registry = { address: chain.deployment.grantRegistry, abi: grantRegistryAbi } as const;
      const wanted = await chain.governor.readContract({ ...registry, functionName: "hashTerms", args: [terms] });
      expect(grantHashOf(chain.deployment, terms)).to.equal(wanted);
      const revocation = await chain.governor.readContract({
        ...registry,
        functionName: "revocationDigest",
        args: [wanted],
      });
      expect(hashTypedData(typedData.revoke(chain.deployment, wanted))).to.equal(revocation);
      const { owner, ownerEpoch } = terms;
      const ending = await chain.governor.readContract({
        ...registry,
        functionName: "revokeAllDigest",
        args: [owner, ownerEpoch],
      });
      expect(hashTypedData(typedData.revokeAll(chain.deployment, { owner, ownerEpoch }))).to.equal(ending);
    }));

  it("behavior: a job's parameters, receipt and id hash as in JobMarket", () =>
    eachRound(async (random) => {
      const market = { address: chain.deployment.jobMarket, abi: jobMarketAbi } as const;
      const [params, receipt] = [randomStruct("JobParams", random), randomStruct("Receipt", random)];
      const ids = [params.order.requester, randomHex32(random)] as const;
      const [paramsHash, digest, jobId] = await Promise.all([
        chain.governor.readContract({ ...market, functionName: "hashParams", args: [params] }),
        chain.governor.readContract({ ...market, functionName: "receiptDigest", args: [receipt] }),
        chain.governor.readContract({ ...market, functionName: "jobIdOf", args: ids }),
      ]);
      expect(jobParamsHashOf(params)).to.equal(paramsHash);
      expect(receiptDigestOf(chain.deployment, receipt)).to.equal(digest);
      expect(jobIdOf(chain.deployment, ...ids)).to.equal(jobId);
    }));

  it("behavior: an enclave's binding hashes as in NodeRegistry, with and without the domain", () =>
    eachRound(async (random) => {
      const registry = { address: chain.deployment.nodeRegistry, abi: nodeRegistryAbi } as const;
      const binding = randomStruct("EnclaveBinding", random);
      const [digest, hash] = await Promise.all([
        chain.governor.readContract({ ...registry, functionName: "bindingDigest", args: [binding] }),
        chain.governor.readContract({ ...registry, functionName: "hashBinding", args: [binding] }),
      ]);
      expect(hashTypedData(typedData.enclaveBinding(chain.deployment, binding))).to.equal(digest);
      expect(enclaveBindingHashOf(binding)).to.equal(hash);
    }));

  it("behavior: a dataset's id and head hash as in DatasetRegistry", () =>
    eachRound(async (random) => {
      const registry = { address: chain.deployment.datasetRegistry, abi: datasetRegistryAbi } as const;
      const owner = randomStruct("Terms", random).owner;
      const salt = randomHex32(random);
      const head = {
        manifestDigest: randomHex32(random),
        keyBoxDigest: randomHex32(random),
        guardianSetHash: randomHex32(random),
        catalogueHash: randomHex32(random),
        catalogueLength: random.integer(257),
      };
      const [datasetId, hash] = await Promise.all([
        chain.governor.readContract({ ...registry, functionName: "datasetIdOf", args: [owner, salt] }),
        chain.governor.readContract({ ...registry, functionName: "hashHead", args: [head] }),
      ]);
      expect(datasetIdOf(chain.deployment, owner, salt)).to.equal(datasetId);
      expect(datasetHeadHash(head)).to.equal(hash);
    }));
});

/** Fields of a struct and of those inside it, as ethers wants them. */
function ethersTypes(name: StructName): Record<string, TypedDataField[]> {
  const inner = structTypes[name]
    .map(({ type }) => type.replace("[]", ""))
    .filter((type) => Object.hasOwn(structTypes, type));
  const own = { [name]: structTypes[name].map((field) => ({ ...field })) };
  return Object.assign(own, ...inner.map((type) => ethersTypes(type as StructName)));
}

/** The ABI type of a struct in the notation of ethers. */
function ethersTuple(name: StructName): string {
  const fields = structTypes[name].map(({ type }) => {
    const inner = type.replace("[]", "");
    if (!Object.hasOwn(structTypes, inner)) return type;
    return `${ethersTuple(inner as StructName)}${type.endsWith("[]") ? "[]" : ""}`;
  });
  return `tuple(${fields.join(",")})`;
}

const inOrder = (name: StructName, value: object): unknown[] =>
  structTypes[name].map((field) => {
    const inner = field.type.replace("[]", "") as StructName;
    const part: unknown = (value as Record<string, unknown>)[field.name];
    if (!Object.hasOwn(structTypes, inner)) return part;
    return Array.isArray(part) ? part.map((item: object) => inOrder(inner, item)) : inOrder(inner, part as object);
  });

describe("digests against ethers", () => {
  const messages = [
    ["terms", "Terms"],
    ["jobSpec", "JobSpec"],
    ["receipt", "Receipt"],
    ["releaseRequest", "ReleaseRequest"],
    ["release", "Release"],
    ["refusal", "Refusal"],
    ["enclaveBinding", "EnclaveBinding"],
    ["keyBoxDeposit", "KeyBoxDeposit"],
  ] as const;

  for (const [kind, name] of messages) {
    it(`default: ${name} (seed ${seed})`, () => {
      const random = createRandom(seed);
      for (let round = 0; round < 25; round++) {
        const deployment = { ...randomDeployment(random), chainId: 1 + random.integer(2 ** 31) };
        const message = randomStruct(name, random);
        const data = typedData[kind](deployment, message as never) as Parameters<typeof hashTypedData>[0];
        const wanted = TypedDataEncoder.hash({ ...data.domain } as TypedDataDomain, ethersTypes(name), message);
        expect(hashTypedData(data)).to.equal(wanted);
      }
    });
  }

  it("default: Scope, which has no domain", () => {
    const random = createRandom(seed);
    for (let round = 0; round < 25; round++) {
      const scope = randomStruct("Scope", random);
      expect(scopeHashOf(scope)).to.equal(TypedDataEncoder.from(ethersTypes("Scope")).hash(scope));
    }
  });

  it("default: JobParams, whose halves are hashed as ABI bytes", () => {
    const random = createRandom(seed);
    const coder = AbiCoder.defaultAbiCoder();
    const hashOf = (name: StructName, value: object) =>
      keccak256(coder.encode([ethersTuple(name)], [inOrder(name, value)]));
    for (let round = 0; round < 25; round++) {
      const params = randomStruct("JobParams", random);
      const halves = [hashOf("JobOrder", params.order), hashOf("JobOffer", params.offer)];
      expect([jobOrderHashOf(params.order), jobOfferHashOf(params.offer)]).to.deep.equal(halves);
      expect(jobParamsHashOf(params)).to.equal(keccak256(coder.encode(["bytes32", "bytes32"], halves)));
    }
  });

  it("behavior: no two kinds of message, deployments or fields share a digest", () => {
    const random = createRandom(seed);
    const deployment = randomDeployment(random);
    const elsewhere = { ...deployment, chainId: deployment.chainId + 1 };
    const digests = messages.flatMap(([kind, name]) => {
      const message = randomStruct(name, random);
      return [deployment, elsewhere].map((d) => hashTypedData(typedData[kind](d, message as never) as never));
    });
    expect(new Set(digests).size).to.equal(digests.length);
  });
});
