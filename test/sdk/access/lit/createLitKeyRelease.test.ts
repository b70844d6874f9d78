/**
 * The adapter's own logic only: which condition it asks for, and what it refuses. The client below is a stand-in that checks a
 * condition as it is told to. No test here has met a network of Lit, and none can show that one would release anything.
 */
import { readFile } from "node:fs/promises";
import type { OpenedInput, ReleasableView, ReleaseCall } from "@persona-protocol/sdk/access";
import {
  createLitKeyRelease,
  type LitClient,
  type LitContractCondition,
  type LitSealedShare,
  releasableCondition,
} from "@persona-protocol/sdk/access/lit";
import {
  type Deployment,
  decodeStruct,
  grantHashOf,
  type JobParams,
  type JobSpec,
  jobMarketAbi,
  jobSpecHashOf,
} from "@persona-protocol/sdk/contracts";
import { keyIdOf, sha256Hex } from "@persona-protocol/sdk/crypto";
import { expect } from "chai";
import {
  type Abi,
  type AbiFunction,
  type Address,
  concat,
  decodeFunctionData,
  encodeFunctionData,
  type Hex,
  hexToBytes,
  keccak256,
  toFunctionSelector,
  zeroAddress,
  zeroHash,
} from "viem";
import { expectError } from "../../../helpers/errors.ts";
import { createRandom, testSeed } from "../../../helpers/random.ts";
import { createScopeCheck, type ScopeChoice } from "../../../helpers/scopes.ts";
import { randomDeployment, randomHex32, randomStruct } from "../../../helpers/structs.ts";

const random = createRandom(testSeed());
const releasableView: Address = "0x00000000000000000000000000000000000000A1";
const deployment: Deployment = { ...randomDeployment(random), chainId: 11_155_111 };
const chain = { name: "sepolia", id: 11_155_111 };
/** Never comes: who waits too long has a signal of its own. */
const { signal } = new AbortController();

/** A chain that allows everything: what a real one allows is in keyReleaseContract.ts. */
const chainView: ReleasableView = {
  deployment,
  block: async () => ({ number: 1n, hash: zeroHash, timestamp: 1n }),
  releasable: async () => undefined,
  job: async () => ({
    status: "claimed",
    attempt: 1,
    signer: zeroAddress,
    dueBy: 2,
    commitment: zeroHash,
    raceBlock: 1,
  }),
};
/** Some key's, whoever that is: the chain above asks nobody's name. */
const signature: Hex = `0x${"12".repeat(32)}${"22".repeat(32)}1b`;

type Job = { readonly jobId: Hex; readonly params: JobParams };

/** A job whose grant allows it, except for what is chosen otherwise. */
function createJob(choice: ScopeChoice = {}): Job & { opened: OpenedInput; call: ReleaseCall } {
  const catalogue = Array.from({ length: 5 }, () => randomHex32(random));
  const check = createScopeCheck({ catalogue, ...choice });
  const argsSalt = random.bytes(32);
  const grantHash = grantHashOf(deployment, check.terms);
  const input = { ...check.input, grantHash };
  const spec: JobSpec = { ...check.spec, argsCommitment: keccak256(concat([argsSalt, check.args])), inputs: [input] };
  const { jobId } = spec;
  const { order, offer } = randomStruct("JobParams", random);
  const inputs = [{ datasetId: check.terms.datasetId, grantHash, owner: check.terms.owner, price: 0n }];
  const params: JobParams = { order: { ...order, specHash: jobSpecHashOf(deployment, spec), inputs }, offer };
  const opened = {
    terms: check.terms,
    scope: check.scope,
    spec,
    argsSalt,
    args: check.args,
    catalogue,
  };
  const kemKey = new Uint8Array();
  const { bundleDigest } = params.order;
  const request = {
    ...randomStruct("ReleaseRequest", random),
    jobId,
    input: 0,
    attempt: 1,
    bundleDigest,
    kemKeyHash: keyIdOf(kemKey),
  };
  return {
    jobId,
    params,
    opened,
    call: { request, signature, kemKey, params, bundle: new Uint8Array() },
  };
}

/** Keeps what is encrypted by its condition, as identity-based encryption does, and asks `allows` before it decrypts. */
function createStandIn(allows: (condition: LitContractCondition) => boolean = () => true) {
  const kept = new Map<string, Uint8Array>();
  const asked: LitContractCondition[] = [];
  const nameOf = (conditions: LitContractCondition[], hash: string) => `${JSON.stringify(conditions)}${hash}`;
  const client: LitClient = {
    async encrypt({ evmContractConditions, dataToEncrypt }) {
      const dataToEncryptHash = sha256Hex(dataToEncrypt).slice(2);
      kept.set(nameOf(evmContractConditions, dataToEncryptHash), dataToEncrypt.slice());
      return { ciphertext: "c3RhbmQtaW4=", dataToEncryptHash };
    },
    async decrypt({ evmContractConditions, dataToEncryptHash }) {
      asked.push(...evmContractConditions);
      const decryptedData = kept.get(nameOf(evmContractConditions, dataToEncryptHash));
      if (decryptedData === undefined || !evmContractConditions.every(allows))
        throw new Error("NodeAccessControlConditionsReturnedNotAuthorized");
      return { decryptedData };
    },
  };
  return { client, asked };
}

function createRelease(client: LitClient, sealed: LitSealedShare[] = []) {
  const config = {
    client,
    chainView,
    chain,
    releasableView,
    sessionSigs: async () => ({}),
    sealed: async () => sealed,
  };
  return createLitKeyRelease(config);
}

/** Index 1 is what the helper's jobs ask for. */
const shares = [{ index: 1, share: random.bytes(33) }];

describe("releasableCondition", () => {
  const { jobId, params } = createJob();
  const condition = releasableCondition({ chain: "sepolia", releasableView, jobId, params, input: 3 });

  /** What Lit's client 7.3.1 keeps of a condition before hashing it: name and type of each parameter. */
  const canonicalAbi = ({ functionAbi }: LitContractCondition): Abi => {
    const nameAndType = ({ name, type }: { name: string; type: string }) => ({ name, type });
    return [
      { ...functionAbi, inputs: functionAbi.inputs.map(nameAndType), outputs: functionAbi.outputs.map(nameAndType) },
    ];
  };

  it("default: says `ok = true` of releasable, for this job, input and whoever asks", () => {
    expect(condition).to.deep.include({
      contractAddress: releasableView,
      chain: "sepolia",
      functionName: "releasable",
    });
    expect(condition.returnValueTest).to.deep.equal({ key: "ok", comparator: "=", value: "true" });
    const signer: Address = "0x00000000000000000000000000000000000000b2";
    const args = condition.functionParams.map((text) => (text === ":userAddress" ? signer : text));
    const data = encodeFunctionData({ abi: canonicalAbi(condition), functionName: "releasable", args });
    expect(data.slice(0, 10)).to.equal(toFunctionSelector("releasable(bytes32,bytes,uint256,address)"));
    const { args: decoded = [] } = decodeFunctionData({ abi: canonicalAbi(condition), data });
    expect(decoded[0]).to.equal(jobId);
    expect(decodeStruct("JobParams", hexToBytes(decoded[1] as Hex))).to.deep.equal(params);
    expect(decoded.slice(2).map(String)).to.deep.equal(["3", "0x00000000000000000000000000000000000000b2"]);
  });

  it("behavior: fits the schema of Lit's v7 line: strings, and no fields that it does not know", () => {
    expect(condition.functionParams.every((text) => typeof text === "string")).to.equal(true);
    expect(Object.keys(condition).sort()).to.deep.equal([
      "chain",
      "conditionType",
      "contractAddress",
      "functionAbi",
      "functionName",
      "functionParams",
      "returnValueTest",
    ]);
    expect(Object.keys(condition.functionAbi).sort()).to.deep.equal([
      "inputs",
      "name",
      "outputs",
      "stateMutability",
      "type",
    ]);
    for (const parameter of [...condition.functionAbi.inputs, ...condition.functionAbi.outputs]) {
      expect(Object.keys(parameter).sort()).to.deep.equal(["name", "type"]);
    }
  });

  it("behavior: names and answers of JobMarket.releasable, whose struct Lit cannot express", () => {
    const own: AbiFunction | undefined = (jobMarketAbi as Abi).find(
      (item): item is AbiFunction => item.type === "function" && item.name === "releasable",
    );
    expect(own?.outputs.map(({ name, type }) => ({ name, type }))).to.deep.equal(condition.functionAbi.outputs);
    const others = ({ inputs }: { readonly inputs: readonly { readonly type: string }[] }) =>
      inputs.map(({ type }) => type).toSpliced(1, 1);
    expect(own === undefined ? [] : others(own)).to.deep.equal(others(condition.functionAbi));
    // The reason for the view. When the market itself takes bytes one day, the view can go.
    expect(own?.inputs[1]?.type).to.equal("tuple");
  });

  it("behavior: another job, input, view or chain is another condition", () => {
    const base = { chain: "sepolia", releasableView, jobId, params, input: 0 };
    const others = [
      base,
      { ...base, input: 1 },
      { ...base, chain: "base" },
      { ...base, jobId: createJob().jobId },
      { ...base, params: createJob().params },
      { ...base, releasableView: deployment.jobMarket },
    ];
    expect(new Set(others.map((other) => JSON.stringify(releasableCondition(other)))).size).to.equal(others.length);
  });
});

describe("createLitKeyRelease", () => {
  it("default: seals a share for a job and hands it out, marked as unsigned", async () => {
    const { jobId, params, opened, call } = createJob();
    const { client, asked } = createStandIn();
    const sealed = await createRelease(client).seal({ jobId, params, input: 0, opened, shares });
    expect(sealed[0]).to.include({ jobId, input: 0, index: 1 });
    const answer = await createRelease(client, sealed).release({ call, opened }, { signal });
    expect(answer).to.deep.equal({ status: "unsigned", shares });
    expect(asked).to.deep.equal([releasableCondition({ chain: "sepolia", releasableView, jobId, params, input: 0 })]);
  });

  it("error: a grant whose Scope is private", async () => {
    const { jobId, params, opened, call } = createJob();
    const { client, asked } = createStandIn();
    const sealed = await createRelease(client).seal({ jobId, params, input: 0, opened, shares });
    const release = createRelease(client, sealed);
    await expectError("SCOPE_MISMATCH", () => release.release({ call }, { signal }));
    const { scope: _, ...withoutScope } = opened;
    await expectError("SCOPE_MISMATCH", () =>
      release.release({ call, opened: withoutScope as OpenedInput }, { signal }),
    );
    await expectError("SCOPE_MISMATCH", () =>
      release.seal({ jobId, params, input: 0, opened: withoutScope as OpenedInput, shares }),
    );
    const other = { ...opened, scope: { ...opened.scope, salt: randomHex32(random) } };
    await expectError("SCOPE_MISMATCH", () => release.release({ call, opened: other }, { signal }));
    await expectError("SCOPE_MISMATCH", () => release.seal({ jobId, params, input: 0, opened: other, shares }));
    expect(asked).to.deep.equal([]);
  });

  it("error: what the Scope does not allow is refused before anything is sealed or asked", async () => {
    const refusals = [
      ["PROGRAM_NOT_GRANTED", { scope: { programId: randomHex32(random) } }],
      ["SEGMENT_NOT_GRANTED", { input: { segments: 0b1000n } }],
      ["ARGS_NOT_GRANTED", { args: Uint8Array.of(0xa1, 0x61, 0x61, 0x01) }],
      ["OUTPUT_NOT_GRANTED", { scope: { minOwners: 2 } }],
      ["VERSION_NOT_GRANTED", { input: { version: 9n } }],
    ] as const;
    for (const [code, choice] of refusals) {
      const { jobId, params, call, ...job } = createJob(choice);
      // Of how many owners the job is, is not for the asker to say.
      const opened = { ...job.opened, owners: 9 };
      const { client, asked } = createStandIn();
      await expectError(code, () => createRelease(client).seal({ jobId, params, input: 0, opened, shares }));
      await expectError(code, () => createRelease(client).release({ call, opened }, { signal }));
      expect(asked).to.deep.equal([]);
    }
  });

  it("error: another job's spec, arguments, grant or input", async () => {
    const [one, two] = [createJob(), createJob()];
    const { client } = createStandIn();
    const { jobId, params, opened } = one;
    const seal = (shown: OpenedInput, input = 0) =>
      createRelease(client).seal({ jobId, params, input, opened: shown, shares });
    await expectError("JOB_SPEC_MISMATCH", () => seal(two.opened));
    await expectError("JOB_SPEC_MISMATCH", () => seal({ ...opened, argsSalt: random.bytes(32) }));
    await expectError("GRANT_UNKNOWN", () => seal({ ...opened, terms: two.opened.terms, scope: two.opened.scope }));
    await expectError("INPUT_UNKNOWN", () => seal(opened, 1));
  });

  it("error: a segment the job does not ask for, and what is no share", async () => {
    const { jobId, params, opened } = createJob();
    const release = createRelease(createStandIn().client);
    const seal = (index: number, share: Uint8Array) =>
      release.seal({ jobId, params, input: 0, opened, shares: [{ index, share }] });
    await expectError("SEGMENT_NOT_GRANTED", () => seal(2, random.bytes(33)));
    await expectError("REQUEST_INVALID", () => seal(1, new Uint8Array()));
    await expectError("REQUEST_INVALID", () => seal(1, random.bytes(65)));
  });

  it("error: what was sealed for another job is not asked for, and does not open", async () => {
    const [one, two] = [createJob(), createJob()];
    const { client } = createStandIn();
    const sealed = await createRelease(client).seal({ ...one, input: 0, shares });
    await expectError("SHARE_UNKNOWN", () =>
      createRelease(client, sealed).release({ call: two.call, opened: two.opened }, { signal }),
    );
    const relabelled = sealed.map((share) => ({
      ...share,
      jobId: two.jobId,
    }));
    await expectError("GUARDIANS_UNAVAILABLE", () =>
      createRelease(client, relabelled).release({ call: two.call, opened: two.opened }, { signal }),
    );
  });

  it("error: the network says no, gives other bytes, or nothing at all", async () => {
    const { jobId, params, opened, call } = createJob();
    const refusing = createStandIn(() => false);
    const sealed = await createRelease(refusing.client).seal({ jobId, params, input: 0, opened, shares });
    await expectError("GUARDIANS_UNAVAILABLE", () =>
      createRelease(refusing.client, sealed).release({ call, opened }, { signal }),
    );
    const lying: LitClient = { ...refusing.client, decrypt: async () => ({ decryptedData: random.bytes(33) }) };
    await expectError("DIGEST_MISMATCH", () => createRelease(lying, sealed).release({ call, opened }, { signal }));
    const silent: LitClient = { ...refusing.client, decrypt: () => new Promise(() => {}) };
    await expectError("GUARDIANS_UNAVAILABLE", () =>
      createRelease(silent, sealed).release({ call, opened }, { signal: AbortSignal.timeout(20) }),
    );
    const down: LitClient = { ...refusing.client, encrypt: () => Promise.reject(new Error("no network")) };
    await expectError("GUARDIANS_UNAVAILABLE", () =>
      createRelease(down).seal({ jobId, params, input: 0, opened, shares }),
    );
    const throwing = (): never => {
      throw new TypeError("not connected");
    };
    const broken: LitClient = { encrypt: throwing, decrypt: throwing };
    for (const work of [
      () => createRelease(broken).seal({ jobId, params, input: 0, opened, shares }),
      () => createRelease(broken, sealed).release({ call, opened }, { signal }),
    ]) {
      const { cause } = await expectError("GUARDIANS_UNAVAILABLE", work);
      expect(cause).to.be.instanceOf(TypeError);
    }
    const wrongHash: LitClient = {
      ...refusing.client,
      encrypt: async () => ({ ciphertext: "", dataToEncryptHash: "00" }),
    };
    await expectError("DIGEST_MISMATCH", () =>
      createRelease(wrongHash).seal({ jobId, params, input: 0, opened, shares }),
    );
  });

  it("error: a chain that Lit cannot read, or another than the deployment's", async () => {
    const { client } = createStandIn();
    const config = { client, chainView, chain, releasableView, sessionSigs: async () => ({}), sealed: async () => [] };
    await expectError("CHAIN_WRONG", () => createLitKeyRelease({ ...config, chain: { name: "base", id: 8_453 } }));
    for (const id of [31_337, 1_337]) {
      const view = { ...chainView, deployment: { ...deployment, chainId: id } };
      const local = { ...config, chainView: view, chain: { name: "sepolia", id } };
      await expectError("CONFIG_INVALID", () => createLitKeyRelease(local));
      expect(createLitKeyRelease({ ...local, localNetwork: true }).id).to.equal("lit");
    }
  });
});

describe("docs/lit.md", () => {
  it("default: its code does what it says, as it stands", async () => {
    const text = await readFile(new URL("../../../../docs/lit.md", import.meta.url), "utf8");
    const [, code = ""] = /```ts\nimport .*\n([\s\S]*?)```/.exec(text) ?? [];
    const { jobId, params, opened, call } = createJob();
    const names = {
      ...{
        createLitKeyRelease,
        litNodeClient: createStandIn().client,
        chainView,
        releasableView,
        opened,
        call,
        signal,
      },
      ...{ sessionSigs: async () => ({}), job: { jobId, params }, shares },
    };
    const AsyncFunction = (async () => {}).constructor as FunctionConstructor;
    const run = new AsyncFunction(...Object.keys(names), `"use strict";\n${code}\nreturn answer;`);
    expect(await run(...Object.values(names))).to.deep.equal({ status: "unsigned", shares });
  });
});
